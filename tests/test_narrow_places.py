"""Where there is less than one would wish: one core, little memory, and folders that give less than they seem to.

Mounts are made in a namespace of the test's own, groups under the test's own, and both end with it.
"""

import contextlib
import glob
import os
import pathlib
import uuid

import pytest
from harness import Home, wait_for

MEMORY_GROUPS = pathlib.Path("/sys/fs/cgroup/memory")
GIGABYTE = 1 << 30
NOBODY = 65534


class Wrapped(Home):
    """Each program is started by another one, which first makes the place narrow."""

    def __init__(self, *wrapper, **config):
        super().__init__(**config)
        self.wrapper = wrapper

    def command(self, *args):
        return [*self.wrapper, *super().command(*args)]

    def talks(self):
        status, reply = self.chat("Hello", max_tokens=8)
        assert status == 200 and reply["choices"][0]["message"]["content"], reply


def in_own_mounts(script):
    """Runs a line of shell with mounts that nobody else sees, then the program in its place."""
    own = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ("unshare", "--mount", *own, "sh", "-euc", f'{script}; exec "$@"', "sh")


@contextlib.contextmanager
def memory_group(limit_bytes):
    """The name of a file to which a process writes 0 to be held to so much memory."""
    name = f"sarai-test-{uuid.uuid4().hex[:8]}"
    if MEMORY_GROUPS.is_dir():
        group, limit = MEMORY_GROUPS / name, "memory.limit_in_bytes"
    else:
        group, limit = pathlib.Path("/sys/fs/cgroup") / name, "memory.max"
    group.mkdir()
    try:
        (group / limit).write_text(str(limit_bytes))
        yield group / "cgroup.procs"
    finally:
        below = sorted(glob.glob(f"{group}/**/", recursive=True), reverse=True)
        wait_for("the group to be empty", lambda: not any(pathlib.Path(b, "cgroup.procs").read_text() for b in below))
        for one in below:
            os.rmdir(one)


def held_by(procs):
    return ("sh", "-euc", f'echo 0 > {procs}; exec "$@"', "sh")


def test_one_core_is_enough():
    with Wrapped("taskset", "--cpu-list", "0") as home:
        home.serve()
        home.talks()


def test_a_gigabyte_is_enough_for_a_small_model():
    with memory_group(GIGABYTE) as procs, Wrapped(*held_by(procs)) as home:
        serve = home.serve()
        home.talks()
        # Whatever groups a jail makes for itself lie below.
        for pid in (serve.pid, home.worker_pid(serve.pid)):
            assert procs.parent.name in pathlib.Path(f"/proc/{pid}/cgroup").read_text(), "it runs outside of its group"


def test_too_little_memory_is_said_and_nothing_is_killed():
    with memory_group(GIGABYTE // 8) as procs, Wrapped(*held_by(procs)) as home:
        serve = home.serve(ready=False)
        model = wait_for("a word about the model", lambda: too_large(home))
        assert "needs" in model["detail"] and "choose a smaller model" in model["detail"], model
        assert serve.poll() is None


def too_large(home):
    return next((part for part in home.request("GET", "/health")[1]["components"] if part["name"] == "model" and part["status"] == "degraded"), None)


def test_a_state_folder_from_which_nothing_may_be_executed():
    with Wrapped() as home:
        state = home.state
        state.mkdir()
        home.wrapper = in_own_mounts(f"mount -t tmpfs -o noexec,nosuid,nodev,mode=700 tmpfs {state}")
        serve = home.start("serve")
        # The mount is seen by the program alone, and by whoever looks through its eyes.
        home.state = pathlib.Path(f"/proc/{serve.pid}/root{state}")
        home.wait_until_up(serve)
        home.talks()
        assert "noexec" in next(line for line in mounts_of(serve) if f" {state} " in line)


def mounts_of(process):
    return pathlib.Path(f"/proc/{process.pid}/mounts").read_text().splitlines()


def test_a_state_folder_that_cannot_be_written_is_named():
    with Wrapped() as home:
        home.state.mkdir()
        home.wrapper = in_own_mounts(f"mount -t tmpfs -o ro,mode=700 tmpfs {home.state}")
        for command in ("up", "serve"):
            done = home.run(command)
            assert done.returncode != 0 and str(home.state) in done.stderr, done
            assert "Read-only" in done.stderr or "read-only" in done.stderr, done


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder to somebody else")
def test_the_files_of_another_user_are_left_alone(home):
    home.state.mkdir(parents=True)
    os.chown(home.state, NOBODY, NOBODY)
    done = home.run("serve")
    assert done.returncode != 0 and str(home.state) in done.stderr, done
    assert list(home.state.iterdir()) == []
