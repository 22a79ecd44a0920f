"""Container engines of the tests' own (`scripts/containers.sh`), and what they say of their containers."""

import glob
import json
import pathlib
import shutil
import subprocess
import tempfile

from harness import UnixConnection

SCRIPT = pathlib.Path(__file__).parent.parent / "scripts" / "containers.sh"
NAMES = ("podman", "docker")


def is_empty(cgroup):
    try:
        return not (cgroup / "cgroup.procs").read_text().strip()
    except OSError:
        # It is going just now.
        return False


class Engine:
    """Docker or Podman, asked by the API that both answer. It ends with all its containers."""

    def __init__(self, name):
        self.name = name
        # The path of a socket must be short.
        self.folder = tempfile.mkdtemp(prefix="sarai-eng-")
        started = self.script("start")
        assert started.returncode == 0, started.stderr
        self.socket = started.stdout.splitlines()[-1]

    def script(self, action):
        return subprocess.run([str(SCRIPT), action, self.folder, self.name], capture_output=True, text=True, timeout=300)

    @property
    def env(self):
        return {"DOCKER_HOST": f"unix://{self.socket}"}

    def get(self, path):
        connection = UnixConnection(self.socket)
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            return json.loads(reply.read())
        finally:
            connection.close()

    def containers(self):
        return self.get("/containers/json?all=true")

    def left_cgroups(self):
        """Cgroups of containers that nobody is in any more."""
        pattern = {"podman": "libpod_parent/libpod-*", "docker": "sarai-*/" + "[0-9a-f]" * 12 + "*"}[self.name]
        folders = [pathlib.Path(found) for top in ("", "*/") for found in glob.glob(f"/sys/fs/cgroup/{top}{pattern}")]
        return [folder for folder in folders if is_empty(folder)]

    def close(self):
        self.script("stop")
        shutil.rmtree(self.folder, ignore_errors=True)
