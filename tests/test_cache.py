"""The prefix cache on disk: a restart is warm, and whatever is wrong with the folder is only a cold start.

Every fault is a real one, on real files that a real worker wrote. An answer is compared, word for word, with that of a
program that has no cache on disk.
"""

import contextlib
import os
import resource
import shutil
import signal
import subprocess

import pytest

from harness import MODEL, Home, is_alive, wait_for

# Long enough that reading it is worth saving, and longer than what is read in advance.
FIXED = " ".join(f"Rule {n}: be brief, be exact, and name river number {n} when somebody asks for it." for n in range(1, 20))
QUESTIONS = ("Name three rivers.", "What is the highest mountain of Europe, and where does it stand?")
# What every conversation begins with by its template.
TEMPLATE_TOKENS = 8
# A little less than a token takes in the cache.
OTHER_MODEL = "qwen2.5-coder-0.5b-instruct"
BYTES_PER_TOKEN = {MODEL: 22_000, OTHER_MODEL: 11_500}
# Less than any snapshot of these conversations.
FILE_BYTES_MAX = 1 << 20


class Cached(Home):
    """A home whose program can be started inside of something else."""

    prefix = ()

    def command(self, *args):
        return [*self.prefix, *super().command(*args)]

    @property
    def folder(self):
        return self.state / "kv"

    def snapshots(self):
        return sorted(self.folder.glob("*.kv"))

    def stats(self):
        """What stat says of each snapshot; the worker may remove one while they are looked through."""
        found = {}
        for path in self.snapshots():
            with contextlib.suppress(FileNotFoundError):
                found[path] = path.stat()
        return found

    def ask(self, question, fixed=FIXED):
        """The first turn of a conversation: what was said, and how much of the prompt was there already."""
        messages = [{"role": "system", "content": fixed}, {"role": "user", "content": question}]
        # The model alone: before the assistant's own text, which is read in advance, nothing would be cold.
        # A few words: further on, a tie between two may fall one way or the other by the size of a batch.
        model = self.settings["model.default"]
        body = {"model": model, "messages": messages, "max_tokens": 8, "temperature": 0}
        status, reply = self.request("POST", "/v1/chat/completions", body)
        assert status == 200, reply
        self.prompt_tokens = reply["usage"]["prompt_tokens"]
        return reply["choices"][0]["message"]["content"], reply["usage"]["prompt_tokens_details"]["cached_tokens"]

    def keep(self, question, fixed=FIXED):
        """Asks, and waits until the conversation is on disk. It is written once nothing else happens."""
        before = {path: stat.st_mtime_ns for path, stat in self.stats().items()}

        def written():
            # What was read in advance is kept as well, and is shorter.
            changed = [stat for path, stat in self.stats().items() if before.get(path) != stat.st_mtime_ns]
            least = self.prompt_tokens * BYTES_PER_TOKEN[self.settings["model.default"]]
            return any(stat.st_size > least for stat in changed)

        answer = self.ask(question, fixed)
        wait_for("a snapshot", written)
        return answer

    def kill(self, serve):
        """kill -9 of everything at once."""
        worker = self.worker_pid(serve.pid)
        serve.send_signal(signal.SIGKILL)
        os.kill(worker, signal.SIGKILL)
        serve.wait()
        wait_for("the worker to be gone", lambda: not is_alive(worker))

    def answers_cold(self, question, cold):
        said, cached = self.ask(question)
        assert said == cold[question]
        assert cached <= TEMPLATE_TOKENS

    def must_be_cold(self, serve, cold, why):
        """The answer is that of a cold start, the log says why, and nothing crashed."""
        self.answers_cold(QUESTIONS[1], cold)
        assert why in self.log_of(serve), self.log_of(serve)
        assert self.model_component()["restarts"] == 0


@pytest.fixture
def home():
    with Cached() as own:
        yield own


@pytest.fixture(scope="module")
def cold():
    """What is answered without a cache on disk, each from a cold start."""
    answers = {}
    for question in QUESTIONS:
        with Cached(**{"runtime.prefix_cache": "false"}) as home:
            home.serve()
            answers[question], cached = home.ask(question)
            assert cached <= TEMPLATE_TOKENS
            assert not home.snapshots()
    return answers


@pytest.fixture(scope="module")
def kept():
    """A folder as a worker left it that was killed, for tests to copy and to damage."""
    with Cached() as home:
        serve = home.serve()
        home.keep(QUESTIONS[0])
        home.kill(serve)
        assert home.snapshots()
        yield home.folder


def copy(kept, home):
    home.state.mkdir(mode=0o700, exist_ok=True)
    shutil.copytree(kept, home.folder)
    return home.snapshots()


def test_after_kill_9_the_first_turn_has_the_fixed_prompt(home):
    serve = home.serve()
    home.keep(QUESTIONS[0])
    # What memory would have given: all that the two conversations share.
    expect, shared = home.ask(QUESTIONS[1])
    assert shared > 200
    home.kill(serve)
    home.serve()
    assert home.ask(QUESTIONS[1]) == (expect, shared)
    assert home.gauge("sarai_prefix_cache_restored_total") >= 1
    assert home.gauge("sarai_prefix_cache_refused_total") == 0


def test_what_is_on_disk_is_for_its_owner_alone(kept):
    assert kept.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in kept.iterdir()] == [0o600] * len(list(kept.iterdir()))


def flip(at):
    def damage(data):
        data[at if at >= 0 else len(data) + at] ^= 1

    return damage


DAMAGES = {
    "empty": (lambda data: data.clear(), "cut off"),
    "half": (lambda data: data.__delitem__(slice(len(data) // 2, None)), "cut off"),
    "last byte missing": (lambda data: data.pop(), "cut off"),
    "one byte more": (lambda data: data.append(0), "damaged"),
    "a bit of the layout's number": (flip(8), "layout"),
    "a bit of the build": (flip(45), "damaged"),
    "a bit of a token": (flip(130), "damaged"),
    "a bit of the state": (flip(-40_000), "damaged"),
    "the last bit": (flip(-1), "damaged"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_a_cold_start(home, kept, cold, name):
    damage, why = DAMAGES[name]
    damaged = copy(kept, home)
    for path in damaged:
        data = bytearray(path.read_bytes())
        damage(data)
        path.write_bytes(data)
    serve = home.serve()
    home.must_be_cold(serve, cold, why)
    assert home.gauge("sarai_prefix_cache_refused_total") >= 1


def test_the_snapshot_of_another_model_under_our_name_is_refused(home, kept, cold):
    with Cached(**{"model.default": OTHER_MODEL}) as other:
        other.serve()
        other.keep(QUESTIONS[0])
        theirs = other.snapshots()[0].read_bytes()
    for path in copy(kept, home):
        path.write_bytes(theirs)
    home.must_be_cold(home.serve(), cold, "another model")


def test_what_was_made_with_another_context_is_refused_and_removed(home, kept, cold):
    old = copy(kept, home)
    home.settings["runtime.n_ctx"] = 1024
    home.must_be_cold(home.serve(), cold, "another kind of context")
    assert not set(old) & set(home.snapshots())


def test_what_other_programs_put_into_the_folder_is_left_alone(home, kept, cold):
    (ours,) = {path.name for path in copy(kept, home)[:1]}
    shutil.rmtree(home.folder)
    home.folder.mkdir(mode=0o700)
    junk = [home.folder / f"file-{n}" for n in range(3000)]
    [path.write_bytes(b"junk") for path in junk]
    in_the_way = home.folder / ours
    in_the_way.write_bytes(b"not a snapshot, though it has the name of one")
    home.serve()
    home.answers_cold(QUESTIONS[1], cold)
    assert all(path.read_bytes() == b"junk" for path in junk)
    assert in_the_way.read_bytes().startswith(b"not a snapshot")


def test_a_folder_that_others_can_write_to_is_not_trusted(home, kept, cold):
    copy(kept, home)
    home.prefix = ("sh", "-c", 'chmod 0777 "$0" && exec "$@"', str(home.folder))
    serve = home.start("serve")
    # The program may refuse the folder itself, or its worker does without; nobody reads what is in it.
    wait_for("a verdict", lambda: serve.poll() is not None or home.answers("/readyz"), 60)
    if serve.poll() is None:
        home.answers_cold(QUESTIONS[1], cold)
    assert "can write" in home.log_of(serve)


def test_what_a_killed_writer_left_is_removed(home, kept):
    path = copy(kept, home)[0]
    left = path.with_name(f"{path.name}.4000000.tmp")
    left.write_bytes(path.read_bytes()[:100_000])
    home.serve()
    assert not left.exists()
    assert home.ask(QUESTIONS[1])[1] > 200


def mounts():
    """Whether this user may mount something where nobody else sees it."""
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return shutil.which("unshare") and subprocess.run(probe, capture_output=True).returncode == 0


def mounted(home, *commands):
    """Runs the program where the cache's folder, `$0`, is mounted in another way."""
    script = " && ".join((*commands, 'exec "$@"'))
    return ("unshare", "--mount", "sh", "-c", script, str(home.folder))


def test_a_read_only_folder_is_read_and_complained_about_once(home, kept, cold):
    copy(kept, home)
    if mounts():
        home.prefix = mounted(home, 'mount --bind "$0" "$0"', 'mount -o remount,bind,ro "$0"')
    elif os.geteuid() == 0:
        pytest.skip("root may write anywhere, and mount nothing here")
    else:
        home.folder.chmod(0o500)
    serve = home.serve()
    assert home.ask(QUESTIONS[1])[1] > 200
    for topic in ("bridges", "lamps"):
        home.ask("And what else?", FIXED.replace("river", topic))
        wait_for("a complaint", lambda: "not written" in home.log_of(serve))
    assert home.log_of(serve).count("not written") == 1
    assert home.model_component()["restarts"] == 0
    home.folder.chmod(0o700)


def test_a_disk_that_fills_up_while_writing_costs_the_snapshot_alone(home, cold):
    def small_files():
        # Then the kernel says EFBIG instead of killing the process.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES_MAX, FILE_BYTES_MAX))

    serve = home.start("serve", preexec_fn=small_files, restore_signals=False)
    home.wait_until_up(serve)
    home.answers_cold(QUESTIONS[0], cold)
    wait_for("a complaint", lambda: "not written" in home.log_of(serve))
    assert not home.snapshots()
    home.ask(QUESTIONS[1], FIXED.replace("river", "lamp"))
    assert home.model_component()["restarts"] == 0


def test_nothing_is_written_to_a_disk_that_is_nearly_full(home, cold):
    if not mounts():
        pytest.skip("this user cannot mount a small disk")
    home.folder.mkdir(mode=0o700, parents=True)
    home.prefix = mounted(home, 'mount -t tmpfs -o size=64m,mode=0700 tmpfs "$0"')
    serve = home.serve()
    home.answers_cold(QUESTIONS[0], cold)
    wait_for("a complaint", lambda: "nearly full" in home.log_of(serve))
    assert home.log_of(serve).count("nearly full") == 1


def test_the_folder_keeps_to_its_bound(home):
    bound = 16_000_000
    home.settings["runtime.prefix_cache_bytes"] = f"{bound // 1_000_000}MB"
    home.serve()
    for topic in ("river", "bridge", "lamp", "stone"):
        home.keep(QUESTIONS[0], FIXED.replace("river", topic).replace("Rule", topic))
        assert sum(stat.st_size for stat in home.stats().values()) <= bound
    # The figures come from a worker that may be busy just now.
    wait_for("the last one in the figures", lambda: home.gauge("sarai_prefix_cache_snapshots") >= 1)
