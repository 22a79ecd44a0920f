"""Skills as container images, made from nothing and run by Docker and Podman as strictly as in their jail."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import grpc
import pytest
from engines import NAMES, Engine
from harness import MODEL, Home, from_env, wait_for

GENERATED = pathlib.Path(__file__).parent.parent / "skills" / "example-python" / "generated"
sys.path.insert(0, str(GENERATED))
from sarai.skill.v1 import skill_pb2, skill_pb2_grpc  # noqa: E402

SKILLS = ("sql", "extract", "markdown", "python")
SIZE_MAX = 40_000_000
NOBODY = 65534
SERVING = b"\x08\x01"


@pytest.fixture(scope="module", params=NAMES)
def engine(request):
    own = Engine(request.param)
    yield own
    own.close()


def image(home, engine, name, *more):
    done = home.run("skill", "image", name, "--json", *more, env=engine.env)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@contextlib.contextmanager
def running(home, engine, name, *more):
    """The image runs in here; gives the process, and what it said when it served."""
    process = subprocess.Popen(
        home.command("skill", "image", name, "--json", "--run", *more),
        env=home.env(**engine.env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        lines = [process.stdout.readline() for _ in range(2)]
        assert lines[1], process.stderr.read()
        yield process, json.loads(lines[1])
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        process.stdout.close()
        process.stderr.close()


def connect(socket):
    """Without the option, the socket's path would stand where HTTP wants a host."""
    return grpc.insecure_channel(f"unix:{socket}", options=[("grpc.default_authority", "localhost")])


def health(socket, service):
    """grpc.health.v1 by hand: a message with one text, and one with one number."""
    request = b"\x0a" + bytes([len(service)]) + service.encode()
    with connect(socket) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check", lambda raw: raw, lambda raw: raw)
        return check(request, timeout=10)


def infer(socket, arguments):
    with connect(socket) as channel:
        request = skill_pb2.InferRequest(id="1", arguments=json.dumps(arguments), language="en")
        return skill_pb2_grpc.SkillStub(channel).Infer(request, timeout=30)


def process_of(container):
    """The container's one process as it is seen here; the engine counts in a namespace of its own."""
    for cgroup in pathlib.Path("/proc").glob("[0-9]*/cgroup"):
        with contextlib.suppress(OSError):
            if container in cgroup.read_text() and "/skill/bin/" in (cgroup.parent / "cmdline").read_text():
                return int(cgroup.parent.name)
    raise AssertionError(f"nothing runs in {container}")


@pytest.mark.parametrize("name", [*SKILLS, "draft"])
def test_an_image_is_small_and_starts_as_nobody(home, engine, name):
    (made,) = image(home, engine, name)
    assert made["image"].startswith(f"saraiskill.{name}:v") and made["engine"] == engine.name, made
    assert made["bytes"] <= SIZE_MAX, made
    known = engine.get(f"/images/{made['image']}/json")
    assert known["Size"] <= SIZE_MAX, known["Size"]
    assert known["Config"]["User"] == f"{NOBODY}:{NOBODY}"
    # One layer: what was put into it here, upon nothing.
    assert len(known["RootFS"]["Layers"]) == 1


def test_an_image_runs_with_no_more_than_the_skills_jail(home, engine):
    limits = json.loads(home.run("skill", "show", "sql", "--json").stdout)["limits"]
    with running(home, engine, "sql") as (_, said):
        assert health(said["socket"], "sarai.skill.v1.Skill") == SERVING
        held = engine.get(f"/containers/{said['container']}/json")
        host, pid = held["HostConfig"], process_of(said["container"])
        status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
        names = {kind: os.readlink(f"/proc/{pid}/ns/{kind}") for kind in ("net", "pid", "ipc", "mnt", "uts")}
        mounts = [line.split() for line in pathlib.Path(f"/proc/{pid}/mounts").read_text().splitlines()]
        interfaces = pathlib.Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]
    assert status["Uid"].split() == [str(NOBODY)] * 4 and status["Gid"].split() == [str(NOBODY)] * 4
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    for kind, name in names.items():
        assert name != os.readlink(f"/proc/self/ns/{kind}"), kind
    assert [line.split(":")[0].strip() for line in interfaces] in (["lo"], []), interfaces
    options = {at: set(flags.split(",")) for _, at, _, flags, *_ in mounts}
    assert "ro" in options["/"] and {"nosuid", "nodev", "noexec"} <= options["/tmp"], options
    writable = {at for at, flags in options.items() if "rw" in flags and not at.startswith(("/dev", "/proc", "/sys"))}
    assert writable == {"/tmp", "/run/sarai"}, writable
    assert host["Memory"] == host["MemorySwap"] == limits["memory_bytes"]
    assert host["PidsLimit"] == limits["pids"]
    assert host["ReadonlyRootfs"] and not host["Privileged"]


def test_python_is_whole_in_its_image(home, engine):
    code = "import datetime, json, math, random, re, statistics\nprint(json.dumps([math.comb(10, 3), statistics.mean([1, 3])]))"
    with running(home, engine, "python") as (_, said):
        reply = infer(said["socket"], {"code": code})
    assert "[120, 2]" in reply.answer.text, reply


def test_what_is_interrupted_or_killed_leaves_no_container(home, engine):
    with running(home, engine, "extract") as (process, said):
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert engine.containers() == []
    with running(home, engine, "extract") as (process, said):
        process.kill()
        process.wait(10)
        assert [one["Id"] for one in engine.containers()] == [said["container"]]
    image(home, engine, "extract", "--run", "--probe")
    wait_for("the container to be removed", lambda: engine.containers() == [])


def test_the_guesser_serves_its_model(home, engine):
    home.models.unlink()
    home.models.mkdir()
    for file in from_env("SARAI_TEST_MODEL_DIR").glob("SmolLM2*.gguf"):
        # A container's user is nobody outside, too.
        pathlib.Path(shutil.copy(file, home.models)).chmod(0o644)
    with running(home, engine, "draft", "--model", MODEL) as (_, said):
        assert health(said["socket"], "sarai.engine.v1.Engine") == SERVING


def test_what_cannot_be_an_image_is_said(home, engine):
    without = home.run("skill", "image", "draft", "--run", env=engine.env)
    assert without.returncode == 1 and "--model" in without.stderr
    nobody = home.run("skill", "image", "sql", env={"DOCKER_HOST": f"unix://{home.dir}/none.sock"})
    assert nobody.returncode == 1 and "none.sock" in nobody.stderr
    own = home.dir / "skills" / "talk"
    own.mkdir(parents=True)
    (own / "SKILL.md").write_text("---\nname: talk\ndescription: Only words.\n---\nBe kind.\n")
    words = home.run("skill", "image", "talk", env=engine.env)
    assert words.returncode == 1 and "talk" in words.stderr


def test_a_skill_that_runs_with_the_computers_programs_names_them(engine):
    with Home() as home:
        own = home.dir / "skills" / "shell"
        (own / "bin").mkdir(parents=True)
        (own / "SKILL.md").write_text("---\nname: shell\ndescription: A script.\n---\n")
        (own / "bin" / "run").write_text("#!/bin/sh\nexit 3\n")
        (own / "bin" / "run").chmod(0o755)
        manifest = own / "sarai.skill.toml"
        manifest.write_text('version = "1.0.0"\ncommand = ["bin/run"]\nroot = "system"\n')
        assert home.run("skill", "trust", "--yes", "shell").returncode == 0
        refused = home.run("skill", "image", "shell", env=engine.env)
        assert refused.returncode == 1 and "[image]" in refused.stderr, refused.stderr
        manifest.write_text(manifest.read_text() + '[image]\nprograms = ["sh"]\n')
        (made,) = image(home, engine, "shell")
        assert made["bytes"] <= SIZE_MAX
        # It ends at once, and somebody says so.
        ended = home.run("skill", "image", "shell", "--run", env=engine.env)
        assert ended.returncode == 1 and "saraiskill.shell" in ended.stderr, ended.stderr
