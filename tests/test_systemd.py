"""SARAi as a service of a real systemd, in a user's session of its own: it starts, jails its model, answers, comes back, goes.

That a unit is well formed says little: one that forbade a single system call too many had every check pass, and no model
started.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import uuid

import pytest
from harness import CODER, from_env

NOBODY = 65534
HIERARCHIES = [pathlib.Path("/sys/fs/cgroup", name) for name in ("", "unified", "systemd", "memory", "pids")]

STEPS = """
sarai() { "$SARAI" "$@"; }
main() { systemctl --user show sarai.service --property "$1" --value; }
sarai service install || exit 1
for try in $(seq 60); do sarai ask "Di hola." > first && break; sleep 1; done
sarai doctor --json > doctor.json
sarai service status --json > status.json
kill -KILL "$(main MainPID)"
for try in $(seq 60); do [ "$(main NRestarts)" = 1 ] && sarai ask "Di hola." > second && break; sleep 1; done
main NRestarts > restarts
sarai service uninstall || exit 1
pgrep --uid nobody --list-full sarai > left
true
"""


@pytest.fixture
def home():
    # Neither in /tmp, which the service has to itself, nor where only root may look.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sarai año ", dir="/opt"))
    programs = folder / "bin"
    programs.mkdir()
    for name in ("SARAI_BIN", "SARAI_LLAMA_BIN", "SARAI_JAIL_BIN"):
        shutil.copy(from_env(name), programs)
    models = folder / ".local/share/sarai/models"
    models.mkdir(parents=True)
    (model,) = from_env("SARAI_TEST_MODEL_DIR").glob(f"{CODER}*.gguf")
    shutil.copy(model, models)
    config = folder / ".config/sarai"
    config.mkdir(parents=True)
    (config / "sarai.yaml").write_text(f"model:\n  default: {CODER}\nserver:\n  port: 0\n")
    subprocess.run(["chown", "--recursive", f"{NOBODY}:{NOBODY}", str(folder)], check=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def cgroup():
    name = f"sarai-test-{uuid.uuid4().hex[:8]}"
    made = [hierarchy / name for hierarchy in HIERARCHIES if (hierarchy / "cgroup.procs").exists()]
    for folder in made:
        folder.mkdir()
    yield name
    for folder in made:
        for inner in sorted(folder.rglob("*/"), reverse=True):
            inner.rmdir()
        folder.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may begin a session of somebody else")
def test_a_service_of_a_real_systemd(home, cgroup):
    session = pathlib.Path(__file__).parent / "user-session"
    own = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", str(session), str(home), cgroup]
    steps = ["env", f"SARAI={home}/bin/sarai", "bash", "-c", f"cd {str(home)!r}; {STEPS}"]
    run = subprocess.run([*own, *steps], capture_output=True, text=True, timeout=300)
    said = lambda name: (home / name).read_text() if (home / name).exists() else ""
    assert run.returncode == 0, run
    assert said("first").strip(), (run.stderr, said("doctor.json"))
    jail = [check for check in json.loads(said("doctor.json"))["checks"] if check["id"] == "jail"]
    assert [check["status"] for check in jail] == ["ok"], jail
    assert json.loads(said("status.json"))["running"], said("status.json")
    assert said("restarts").strip() == "1" and said("second").strip(), run.stderr
    assert said("left") == "", said("left")
