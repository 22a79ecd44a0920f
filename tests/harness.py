"""A real `sarai` in a home of its own, with a real model, for the tests in this folder.

The programs and the models folder come from the environment (`make test` sets it):
SARAI_BIN, SARAI_LLAMA_BIN, SARAI_TEST_MODEL_DIR.
"""

import contextlib
import glob
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

MODEL = "smollm2-135m-instruct"
# Large enough to call tools and to write queries.
CODER = "qwen2.5-coder-0.5b-instruct"
START_SECONDS = 60


def from_env(name):
    value = os.environ.get(name)
    if not value or not pathlib.Path(value).exists():
        raise RuntimeError(f"{name} must name what exists; run the tests by `make test`")
    return pathlib.Path(value).absolute()


def wait_for(what, condition, seconds=30):
    """Polls until the condition gives something true, and returns it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s for {what}")


def said_of(pid, what):
    """A file that the kernel keeps of a process; empty once it has ended, which may be between opening and reading."""
    try:
        return pathlib.Path(f"/proc/{pid}/{what}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def children_of(pid):
    """The direct children of a process, by the kernel's own list."""
    return [int(child) for child in said_of(pid, f"task/{pid}/children").split()]


def descendants_of(pid):
    """Everything below a process; what ends meanwhile is left out."""
    found = []
    for child in children_of(pid) if is_alive(pid) else []:
        found += [child, *descendants_of(child)]
    return found


def command_of(pid):
    """A process's arguments, empty once it has ended."""
    stated = said_of(pid, "cmdline")
    return stated.split(b"\0") if stated else []


def is_alive(pid):
    stat = said_of(pid, "stat")
    return bool(stat) and stat.rsplit(b")", 1)[1].split()[0] != b"Z"


def kill_all(pids):
    """As a power cut ends them; what has ended with another is passed over."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def suggest(home, words, sentence):
    """Puts in what a model might have read in the last message, which is this sentence: what it picks is its own."""
    where, end = sentence.encode().index(words.encode()), len(sentence.encode())
    with sqlite3.connect(home.state / "db" / "memory" / "memory.db") as database:
        database.execute(
            "INSERT INTO suggestion (episode_id, subject, verb, object, language, recorded_ms, recorded_offset,"
            " sentence_first, sentence_last, span_first, span_last) VALUES ((SELECT max(id) FROM episode), '', 'likes', ?, 'es', 0, 0, 0, ?, ?, ?)",
            (words, end, where, where + len(words.encode())),
        )
    database.close()


def serve_of(up):
    """`up` keeps `serve` going, and the loop beside it."""
    return next((pid for pid in children_of(up) if b"serve" in command_of(pid)), None)


def orphaned_cgroups():
    """The cgroups of models and skills whose launchers, which they are named after, have ended."""
    orphans = set()
    for cgroup in glob.glob("/sys/fs/cgroup/**/sarai-jail.*", recursive=True):
        _, _namespace, launcher, _started, jail = pathlib.Path(cgroup).name.split(".", 4)
        if jail.startswith(("model", "draft", "skill-")) and not is_alive(launcher):
            orphans.add(cgroup)
    return orphans


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the owner's socket."""

    def __init__(self, path, timeout=180):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Home:
    """A state of SARAi's own, and the programs that run on it."""

    def __init__(self, **config):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="sarai-test-"))
        self.models = self.dir / "models"
        self.models.symlink_to(from_env("SARAI_TEST_MODEL_DIR"))
        self.state = self.dir / "state"
        self.config_file = self.dir / "config" / "sarai.yaml"
        self.processes = []
        # What runs by itself when a test happens to be slow would be in its way.
        idle = {"phoenix.memory_enrichment": "false"}
        self.settings = {"server.port": 0, "model.default": MODEL, "runtime.n_ctx": 2048} | idle | config

    def env(self, **more):
        inherited = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        # What lies in the person's own home, skills among it, is none of a test's.
        own = {"HOME": str(self.dir), "SARAI_HOME": str(self.dir), "SARAI_LLAMA_BIN": str(from_env("SARAI_LLAMA_BIN")), "SARAI_LANG": "en"}
        return inherited | own | more

    def command(self, *args):
        settings = [part for key, value in self.settings.items() for part in ("--set", f"{key}={value}")]
        return [str(from_env("SARAI_BIN")), *settings, *args]

    def run(self, *args, **options):
        """Runs a command to its end."""
        more = options.pop("env", {})
        options = {"capture_output": True, "text": True, "timeout": 120} | options
        return subprocess.run(self.command(*args), env=self.env(**more), **options)

    def start(self, *args, **options):
        """Starts a program that goes on; it ends with the home."""
        more = options.pop("env", {})
        log = open(self.dir / f"{args[0]}-{len(self.processes)}.log", "w+")
        options = {"stdout": log, "stderr": log, "stdin": subprocess.DEVNULL} | options
        process = subprocess.Popen(self.command(*args), env=self.env(**more), **options)
        process.log = log
        self.processes.append(process)
        return process

    def serve(self, ready=True):
        """Starts `sarai serve` and waits until it listens, or until its model answers."""
        process = self.start("serve")
        self.wait_until_up(process, ready)
        return process

    def wait_until_up(self, process, ready=True):
        def up():
            if process.poll() is not None:
                raise AssertionError(f"it ended with {process.returncode}:\n{self.log_of(process)}")
            return self.answers("/readyz" if ready else "/health", ok=(200,) if ready else (200, 503))

        wait_for("sarai to be up", up, START_SECONDS)

    @property
    def socket(self):
        return self.state / "run" / "sarai.sock"

    @property
    def token(self):
        return (self.state / "run" / "api-token").read_text()

    @property
    def port(self):
        """The port that the running program listens on."""
        port = self.state / "run" / "port"
        return int(port.read_text())

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def request(self, method, path, body=None, timeout=180, headers=None):
        """One request over the owner's socket: status and parsed body."""
        connection = UnixConnection(self.socket, timeout)
        try:
            text = body if isinstance(body, (str, bytes, type(None))) else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json"} | (headers or {}))
            reply = connection.getresponse()
            raw = reply.read()
        finally:
            connection.close()
        try:
            return reply.status, json.loads(raw)
        except ValueError:
            return reply.status, raw.decode("utf-8", "replace")

    def answers(self, path, ok=(200,)):
        try:
            return self.request("GET", path, timeout=5)[0] in ok
        except OSError:
            return False

    def chat(self, text, **more):
        body = {"model": "sarai", "messages": [{"role": "user", "content": text}], "max_tokens": 16} | more
        return self.request("POST", "/v1/chat/completions", body)

    def stream(self, text, **more):
        """Starts a streamed answer; returns the connection and the open reply."""
        body = {"model": "sarai", "messages": [{"role": "user", "content": text}], "stream": True} | more
        connection = UnixConnection(self.socket)
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
        return connection, connection.getresponse()

    def model_component(self):
        return self.component("model")

    def component(self, name):
        _, health = self.request("GET", "/health")
        return next((c for c in health["components"] if c["name"].startswith(name)), None)

    def gauge(self, name):
        """The value of a metric without labels."""
        lines = self.request("GET", "/metrics")[1].splitlines()
        return float(next(line.split()[-1] for line in lines if line.startswith(name + " ")))

    def worker_pid(self, serve_pid, socket="model.sock"):
        """The worker of the model that answers, or with `draft.sock` of the one that guesses: in its jail, or without."""
        for pid in descendants_of(serve_pid):
            program, *arguments = command_of(pid) or [b""]
            named = any(argument.endswith(f"/{socket}".encode()) for argument in arguments[:8])
            if program.endswith(b"/sarai-llama") and named:
                return pid
        return None

    @staticmethod
    def log_of(process):
        process.log.flush()
        process.log.seek(0)
        return process.log.read()

    def close(self):
        self.close_programs()
        shutil.rmtree(self.dir, ignore_errors=True)

    def close_programs(self):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def deltas(reply):
    """The parsed chunks of a stream, until it ends."""
    for line in reply:
        line = line.decode().strip()
        if line.startswith("data: ") and line != "data: [DONE]":
            yield json.loads(line[len("data: ") :])


def up(home):
    process = home.start("up")
    home.wait_until_up(process)
    return process


def said(home, text, **more):
    """One turn: what was answered, and the memory's part in it."""
    status, reply = home.chat(text, **more)
    assert status == 200, reply
    return reply["choices"][0]["message"]["content"], reply["sarai"]["memory"], reply["usage"]


def holding(folder, word):
    """The files of a folder that hold these bytes."""
    return [path for path in folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


def rules(home, *args):
    ended = home.run("rules", *args, env={"SARAI_LANG": "es"})
    assert ended.returncode == 0, ended
    return ended.stdout


def words(home, rule):
    """What was decided about a rule, in order."""
    log = json.loads(rules(home, "log", rule, "--json"))
    return [row["word"] for row in reversed(log) for _ in range(row["times"])]


def messages(home):
    status, body = home.request("GET", "/v1/messages")
    assert status == 200, body
    return [(message["kind"], message["text"]) for message in body["data"]]


COUNT = {"query": "SELECT count(*) AS n FROM gastos"}
EXPENSES = [
    ("2026-09-03", "comida", "mercado", 41.20),
    ("2026-09-10", "luz", "compañía eléctrica", 63.75),
    ("2026-09-21", "comida", "panadería", 8.40),
    ("2026-10-02", "comida", "mercado", 52.10),
    ("2026-10-15", "ocio", "cine", 18.00),
    ("2026-10-20", "luz", "compañía eléctrica", 71.30),
]


def make_database(path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE gastos (fecha TEXT, categoria TEXT, comercio TEXT, importe REAL)")
        database.executemany("INSERT INTO gastos VALUES (?, ?, ?, ?)", EXPENSES)
    database.close()
    return path


def ask_skill(home, skill, text="", arguments=None, **more):
    extra = {"skill": skill} | ({"skill_arguments": arguments} if arguments is not None else {})
    return home.chat(text, **extra, **more)


def data_of(reply):
    status, body = reply
    assert status == 200, body
    return body["sarai"]["skill"]["data"]
