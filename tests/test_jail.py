"""`sarai jail run`: any program, under the policy of a skill that asks for nothing."""

import json
import os
import pathlib

import pytest
from harness import Home, from_env, wait_for


@pytest.fixture(scope="module")
def home():
    with Home() as own:
        yield own


def jailed(home, *command, **options):
    return home.run("jail", "run", *options.pop("flags", ()), "--", *command, **options)


def test_output_and_exit_code_pass_through(home):
    ended = jailed(home, "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (ended.returncode, ended.stdout) == (7, "out\n") and "err" in ended.stderr
    killed = jailed(home, "sh", "-c", "kill -9 $$")
    assert killed.returncode == 137


@pytest.mark.parametrize(
    "attempt",
    [
        "cat /etc/shadow",
        "ls /home",
        "touch /usr/x",
        "mount -t tmpfs x /tmp",
        "unshare -Ur true",
        "cp /bin/true /tmp/x && /tmp/x",
        "cp /bin/true /tmp/y && /lib64/ld-linux-x86-64.so.2 /tmp/y",
        "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 1))'",
    ],
)
def test_what_no_skill_may(home, attempt):
    ended = jailed(home, "sh", "-c", attempt)
    assert ended.returncode not in (0, 125), ended


def test_the_first_process_cannot_be_killed_from_inside(home):
    ended = jailed(home, "sh", "-c", "kill -9 1; sleep 0.2; kill -0 1 && echo both live")
    assert (ended.returncode, ended.stdout) == (0, "both live\n"), ended


def test_the_report_names_every_layer(home):
    ended = jailed(home, "true", flags=["--report"])
    assert ended.returncode == 0
    for layer in ("seccomp", "landlock-files", "network-namespace", "memory", "pids", "capabilities", "no-execute"):
        assert f"+ {layer}: held" in ended.stderr, ended.stderr


def test_a_policy_of_ones_own_and_what_is_wrong_with_it(home):
    data = home.dir / "data"
    data.mkdir()
    (data / "x").write_text("hello")
    limits = "memory_bytes = 67108864\npids = 8\nopen_files = 64\ntmp_bytes = 1048576\nfile_bytes = 1048576\n"
    mount = f'[[mount]]\nsource = "{data}"\ntarget = "/data"\naccess = "read-only"\n'
    policy = home.dir / "policy.toml"
    policy.write_text(f'root = "system"\n{mount}[limits]\n{limits}')
    ended = jailed(home, "/bin/sh", "-c", "/bin/cat /data/x && ! /bin/touch /data/y", flags=["--policy", str(policy)])
    assert (ended.returncode, ended.stdout) == (0, "hello"), ended
    policy.write_text(f'root = "sistem"\n[limits]\n{limits}')
    wrong = jailed(home, "true", flags=["--policy", str(policy)])
    assert wrong.returncode == 1 and "root" in wrong.stderr, wrong


HOLE = """#!/bin/sh
while [ "$1" != --report ]; do shift; done
/bin/cat >"$2" <<END
backend = "local"
name = "examine"
error = { kind = "not-held", detail = { layer = "seccomp", why = "there is no filter" } }
[layers]
user-namespace = { state = "held" }
seccomp = { state = "not-held", why = "there is no filter" }
END
exit 125
"""


def test_the_doctor_looks_at_the_jail(home):
    checks = json.loads(home.run("doctor", "--json").stdout)["checks"]
    jail = next(check for check in checks if check["id"] == "jail")
    assert jail["status"] == "ok" and jail["parts"]["seccomp"] == "held", jail


def test_the_doctor_names_layers_to_a_person_only_if_one_fails(home):
    well = home.run("doctor").stdout
    (line,) = [line for line in well.splitlines() if "layers" in line]
    assert "26" in line and "seccomp" not in well
    # A launcher that finds a hole, by its own report.
    launcher = home.dir / "launcher"
    launcher.write_text(HOLE)
    launcher.chmod(0o755)
    broken = home.run("doctor", env={"SARAI_JAIL_BIN": str(launcher)})
    assert broken.returncode == 1 and "all 26" not in broken.stdout
    assert "seccomp: NOT HELD: there is no filter" in broken.stdout and "user-namespace: held" in broken.stdout


def test_the_model_that_guesses_lives_in_a_jail_of_its_own():
    with Home(**{"model.draft": "qwen2.5-coder-0.5b-instruct"}) as home:
        serve = home.serve()
        wait_for("the draft model", lambda: home.component("draft")["status"] == "ready", 60)
        drafter, worker = home.worker_pid(serve.pid, "draft.sock"), home.worker_pid(serve.pid)
        status = pathlib.Path(f"/proc/{drafter}/status").read_text()
        for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
            assert line in status, status
        for kind in ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup"):
            own = os.readlink(f"/proc/{drafter}/ns/{kind}")
            assert own not in (os.readlink(f"/proc/self/ns/{kind}"), os.readlink(f"/proc/{worker}/ns/{kind}")), kind
        seen = {line.split()[4]: line for line in pathlib.Path(f"/proc/{drafter}/mountinfo").read_text().splitlines()}
        models = [line for line in seen.values() if ".gguf" in line]
        assert len(models) == 1 and "0.5b" in models[0] and " ro," in models[0], models
        metrics = home.request("GET", "/metrics")[1]
        for layer in ("seccomp", "landlock-files", "network-namespace"):
            assert f'sarai_sandbox_layer{{child="draft",layer="{layer}"}} 1' in metrics, layer
        assert f'layer="{layer}"}} 0' not in metrics


def test_a_guesser_that_cannot_be_jailed_is_not_started():
    with Home(**{"model.draft": "qwen2.5-coder-0.5b-instruct"}) as home:
        # It makes jails for the model that answers, and for nobody else.
        launcher = home.dir / "launcher"
        launcher.write_text(f'#!/bin/sh\ncase " $* " in *" --name draft "*) exit 125 ;; esac\nexec {from_env("SARAI_JAIL_BIN")} "$@"\n')
        launcher.chmod(0o755)
        process = home.start("serve", env={"SARAI_JAIL_BIN": str(launcher)})
        home.wait_until_up(process)
        wait_for("its starts to fail", lambda: home.component("draft")["restarts"] >= 2, 60)
        assert home.component("draft")["status"] != "ready"
        assert home.chat("Hello")[0] == 200 and home.worker_pid(process.pid, "draft.sock") is None

