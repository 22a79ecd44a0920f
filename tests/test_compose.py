"""deploy/compose: what it says is what the manifests say, and it runs."""

import json
import pathlib
import shutil
import subprocess
import tomllib

import pytest
from engines import Engine
from harness import MODEL, from_env, wait_for
from test_skill_images import SERVING, health

ROOT = pathlib.Path(__file__).parent.parent
UNITS = {"B": 1, "MB": 10**6, "GB": 10**9}
PAGE = 4096


def manifest(skill):
    return tomllib.loads((ROOT / "skills" / skill / "sarai.skill.toml").read_text())


def size(text):
    number, unit = text.split()
    return int(number) * UNITS[unit]


class Project:
    """A copy of deploy/compose with its images made, on an engine of its own."""

    def __init__(self, folder):
        self.engine = Engine("docker")
        self.folder = shutil.copytree(ROOT / "deploy" / "compose", folder / "compose")
        models = folder / "models"
        models.mkdir()
        (self.model,) = (shutil.copy(file, models) for file in from_env("SARAI_TEST_MODEL_DIR").glob("SmolLM2*.gguf"))
        # A container's user is nobody outside, too.
        pathlib.Path(self.model).chmod(0o644)
        name = pathlib.Path(self.model).name
        self.env = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder),
            "SARAI_HOME": str(folder / "home"),
            "SARAI_LLAMA_BIN": str(from_env("SARAI_LLAMA_BIN")),
            "SARAI_MODELS": str(models),
            "SARAI_MODEL": MODEL,
            "SARAI_MODEL_FILE": name,
            "SARAI_DRAFT_FILE": name,
        } | self.engine.env

    def run(self, *command, timeout=120):
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def compose(self, *arguments):
        return self.run("docker-compose", "--ansi", "never", *arguments)

    def inside(self, *arguments):
        return self.compose("exec", "-T", "serve", "/bin/sarai", *arguments)

    def close(self):
        self.engine.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    own = Project(tmp_path_factory.mktemp("c"))
    try:
        own.run("./prepare.sh", str(from_env("SARAI_BIN")))
        own.compose("up", "--detach")
        yield own
        own.compose("down", "--volumes")
    finally:
        own.close()


def containers(project):
    """What the engine holds each service to."""
    held = [project.engine.get(f"/containers/{one['Id']}/json") for one in project.engine.containers()]
    return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in held}


def test_three_containers_run_with_next_to_nothing(project):
    held = containers(project)
    assert set(held) == {"serve", "sql", "draft"}
    for name, one in held.items():
        host = one["HostConfig"]
        assert one["Config"]["User"] == "65534:65534", name
        assert host["NetworkMode"] == "none" and host["IpcMode"] == "none", name
        assert host["ReadonlyRootfs"] and not host["Privileged"], name
        assert host["CapDrop"] == ["ALL"] and not host["CapAdd"], name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert host["Memory"] == host["MemorySwap"] > 0 and host["PidsLimit"] > 0, name
        assert {"noexec", "nosuid", "nodev"} <= set(host["Tmpfs"]["/tmp"].split(",")), name


@pytest.mark.parametrize("skill", ["sql", "draft"])
def test_a_skill_is_held_to_its_manifest(project, skill):
    said, one = manifest(skill), containers(project)[skill]
    limits, host = said["limits"], one["HostConfig"]
    assert one["Config"]["Image"] == f"saraiskill.{skill}:v{said['version']}"
    assert host["Memory"] == size(limits["memory"]) and host["PidsLimit"] == limits["pids"]
    ulimits = {limit["Name"]: limit["Hard"] for limit in host["Ulimits"]}
    # Besides what the engine itself was started with.
    assert ulimits | {"nofile": limits["open_files"], "fsize": size(limits.get("file", "16 MB")), "core": 0} == ulimits
    assert f"size={max(size(limits['tmp']), PAGE)}" in host["Tmpfs"]["/tmp"].split(",")
    calls = next(option for option in host["SecurityOpt"] if option.startswith("seccomp="))
    printed = subprocess.run([from_env("SARAI_BIN"), "jail", "seccomp"], capture_output=True, text=True, env=project.env)
    assert json.loads(calls.removeprefix("seccomp=")) == json.loads(printed.stdout)
    (source,) = (mount["Source"] for mount in one["Mounts"] if mount["Destination"] == "/run/sarai")
    service = {"sql": "sarai.skill.v1.Skill", "draft": "sarai.engine.v1.Engine"}[skill]
    socket = pathlib.Path(source) / "skill.sock"
    wait_for("its socket", socket.exists)
    wait_for("its health", lambda: serves(socket, service), 60)


def serves(socket, service):
    try:
        return health(socket, service) == SERVING
    except Exception:  # noqa: BLE001
        return False


def test_the_assistant_answers_in_its_container(project):
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    assert containers(project)["serve"]["Config"]["Image"] == f"sarai:v{version}"

    def ready():
        try:
            return project.inside("status", "--json")
        except AssertionError:
            # Its exit code says that it is not.
            return None

    wait_for("the model to be ready", ready, 60)
    answer = json.loads(project.inside("ask", "--json", "--max-tokens", "8", "Say hello."))
    assert answer["text"].strip(), answer
