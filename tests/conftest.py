"""A real `sarai serve` with a real model, in a folder of its own.

The environment says where things are: SARAI_BIN and SARAI_LLAMA_BIN are the two programs, SARAI_TEST_MODEL_DIR holds the
test model. What is missing fails and says so; nothing is skipped.
"""

import http.client
import json
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

MODEL = "smollm2-135m-instruct"
START_S = 120
STOP_S = 30


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the owner's socket."""

    def __init__(self, path: Path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


@dataclass(frozen=True)
class Sarai:
    """A running SARAi."""

    url: str
    home: Path

    @property
    def token(self) -> str:
        return (self.home / "state/run/api-token").read_text().strip()

    def get(self, path: str) -> tuple[int, str]:
        connection = UnixConnection(self.home / "state/run/sarai.sock")
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()

    def pairing_code(self) -> str:
        status, body = self.get("/pair/new")
        assert status == 200, body
        return json.loads(body)["code"]


def needed(name: str) -> Path:
    value = os.environ.get(name)
    assert value, f"{name} is not set; run the tests with `make test`"
    path = Path(value)
    assert path.exists(), f"{name}: there is no {path}; run the tests with `make test`"
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def sarai(tmp_path_factory):
    # A Unix socket's path has at most 107 bytes, and a test folder's name may be long.
    home = tmp_path_factory.mktemp("home")
    (home / "models").symlink_to(needed("SARAI_TEST_MODEL_DIR"))
    needed("SARAI_LLAMA_BIN")
    port = free_port()
    chosen = {"SARAI_HOME": str(home), "SARAI__SERVER__PORT": str(port), "SARAI__MODEL__DEFAULT": MODEL}
    log = home / "serve.log"
    with log.open("w") as out:
        process = subprocess.Popen([needed("SARAI_BIN"), "serve"], env=os.environ | chosen, stdout=out, stderr=out)
    running = Sarai(url=f"http://127.0.0.1:{port}", home=home)
    try:
        wait_until_ready(running, process, log)
        yield running
    finally:
        process.terminate()
        try:
            code = process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert code == 0, f"serve ended with {code}:\n{log.read_text()}"


def wait_until_ready(running: Sarai, process: subprocess.Popen, log: Path):
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"serve ended with {process.returncode}:\n{log.read_text()}"
        try:
            if running.get("/readyz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"serve was not ready after {START_S} s:\n{log.read_text()}")
