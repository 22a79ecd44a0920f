"""Moving in and out as a newcomer does: questions at a terminal, a service, and everything gone again.

The home's name has blanks, an ñ and whatever else a service's file could stumble over. Nothing is fetched: the network's
places are where nobody listens.
"""

import fcntl
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time

import pytest
from harness import MODEL, UnixConnection, from_env, wait_for

NOWHERE = "http://127.0.0.1:9"
# What a service may be exposed to, in tenths, by the count of `systemd-analyze security`.
EXPOSURE_MAX = 45

SYSTEMCTL = """#!/bin/sh
echo "$*" >> "$HOME/systemctl.log"
case "$*" in
    *" is-active "*) test -e "$HOME/active" ;;
    *" is-enabled "*) test -e "$HOME/active" ;;
    *" enable "*) touch "$HOME/active" ;;
    *" disable "*) rm -f "$HOME/active" ;;
esac
"""


class Newcomer:
    """A person with an empty home, and a program of their own in it."""

    def __init__(self, prefix="sarai año ;100% #1' "):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
        self.config = self.home / ".config/sarai"
        self.data = self.home / ".local/share/sarai"
        self.state = self.home / ".local/state/sarai"
        self.bin = self.home / "bin"
        self.bin.mkdir()
        self.sarai = self.bin / "sarai"
        shutil.copy(from_env("SARAI_BIN"), self.sarai)

    def env(self, **more):
        own = {
            "HOME": str(self.home),
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "LANG": "C",
            "TERM": "dumb",
            "SARAI_LLAMA_BIN": str(from_env("SARAI_LLAMA_BIN")),
            "SARAI_JAIL_BIN": str(from_env("SARAI_JAIL_BIN")),
            "PIP_INDEX_URL": f"{NOWHERE}/simple",
            "HF_ENDPOINT": NOWHERE,
        }
        return own | more

    def run(self, *args, **more):
        env = self.env(**more)
        return subprocess.run(
            [self.sarai, *args], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
        )

    def settings(self):
        shown = self.run("config", "show", "--json")
        assert shown.returncode == 0, shown
        return {setting["key"]: setting["value"] for setting in json.loads(shown.stdout)["settings"]}

    def owns_model(self):
        """Brings the smallest model here, and says that it is the one."""
        model = next(from_env("SARAI_TEST_MODEL_DIR").glob("SmolLM2-135M*.gguf"))
        assert self.run("model", "pull", str(model)).returncode == 0
        self.writes("sarai.yaml", f"# Mine.\nmodel:\n  default: {MODEL} # small\nserver:\n  port: 0\n")

    def writes(self, name, text):
        self.config.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.config / name).write_text(text)

    def tree(self):
        """Everything in the home but the program: kind, bytes, and time of change."""
        found = {}
        for path in sorted(self.home.rglob("*")):
            if path.is_relative_to(self.bin):
                continue
            stat = path.lstat()
            found[str(path.relative_to(self.home))] = (
                os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None,
                stat.st_mtime_ns if path.is_file() else None,
            )
        return found

    def answers(self, path):
        connection = UnixConnection(self.state / "run/sarai.sock", timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stub(self, name, script):
        (self.bin / name).write_text(script)
        (self.bin / name).chmod(0o755)


def at_a_terminal():
    """Makes Ctrl-C a signal, and one that is heard: what was started in the background of a script inherits deafness."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """A command at a pseudo-terminal, and the person before it."""

    def __init__(self, person, *args, **env):
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [person.sarai, *args],
            env=person.env(**env),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=at_a_terminal,
        )
        os.close(theirs)
        self.seen = b""
        self.read = 0

    def _more(self):
        if select.select([self.ours], [], [], 0.2)[0]:
            try:
                self.seen += os.read(self.ours, 65536)
            except OSError:
                return False
        return True

    def sees(self, text):
        """Waits until something new is shown that has this text in it."""
        text = text.encode()

        def shown():
            self._more()
            return text in self.seen[self.read :]

        try:
            wait_for(f"{text} at the terminal", shown, 20)
        except AssertionError as error:
            raise AssertionError(f"{error}; shown: {self.seen.decode()}") from None
        self.read = self.seen.index(text, self.read) + len(text)

    def types(self, text):
        os.write(self.ours, text.encode())

    def answers(self, question, answer=""):
        self.sees(question)
        self.types(answer + "\n")

    def ends(self):
        """Its exit code, after everything that it said."""
        deadline = time.monotonic() + 60
        while self._more() and self.process.poll() is None:
            assert time.monotonic() < deadline, self.seen.decode()
        while select.select([self.ours], [], [], 0.1)[0] and self._more():
            pass
        return self.process.wait(10)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.ours)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@pytest.fixture
def person():
    newcomer = Newcomer()
    yield newcomer
    shutil.rmtree(newcomer.home)


# A piece of every question, in the order in which they come, without accents.
QUESTIONS = [
    "1, 2 [",
    "Otra carpeta para todo, o Intro [",
    "Numero o nombre [",
    "Recuerdo lo que digas",
    "Cuando no hay que molestarte?",
    "Notificaciones en el escritorio?",
    "Un tema de ntfy",
    "Un webhook tuyo",
    "Un webhook entrante de Slack",
    "Arranco SARAi cuando inicies",
]


def test_a_person_answers_in_a_poor_terminal(person):
    person.owns_model()
    with Terminal(person, "onboard") as terminal:
        terminal.answers("Language", "3")
        terminal.answers("Choose a number from 1 to 2.", "1")
        terminal.answers(QUESTIONS[1], "aqui")
        terminal.answers('"aqui" no es una ruta completa', "/proc/version/x")
        terminal.answers("tendria que ser una carpeta", "")
        terminal.sees(MODEL)
        terminal.answers(QUESTIONS[2], "99")
        terminal.answers("Elige un numero", "")
        terminal.answers(QUESTIONS[3], "quizas")
        terminal.answers('Responde "si" o "no"', "no")
        terminal.answers(QUESTIONS[4], "tarde")
        terminal.answers("Escribelo como 23:00-07:30", "22:15-6:30")
        terminal.answers(QUESTIONS[5], "si")
        terminal.answers(QUESTIONS[6], "ftp://x")
        terminal.answers("no es una direccion", "https://ntfy.example/t-1")
        for question in QUESTIONS[7:]:
            terminal.answers(question)
        assert terminal.ends() == 0, terminal.seen.decode()
        # Paths stay as they are, whatever letters they have.
        shown = terminal.seen.decode().replace("sarai año", "HOME")
    assert shown.isascii() and "\x1b" not in shown, shown
    assert "Todo esta listo." in shown
    text = (person.config / "sarai.yaml").read_text()
    assert text.startswith(f"# Mine.\nmodel:\n  default: {MODEL} # small\nserver:\n  port: 0\n")
    settings = person.settings()
    expected = {
        "language": "es",
        "model.default": MODEL,
        "server.port": "0",
        "phoenix.entity_memory_skill": "false",
        "channels.desktop": "true",
        "channels.ntfy": "https://ntfy.example/t-1",
        "channels.webhook": "none",
    }
    assert {key: settings[key] for key in expected} == expected
    rules = (person.config / "rules.yaml").read_text()
    assert "\nquiet_hours: 22:15-06:30\n" in rules and "\n  backup:\n" in rules
    # The language that was chosen counts, whatever the locale says.
    assert person.run("status").stderr.startswith("SARAi no está en marcha.")

    before = person.tree()
    with Terminal(person, "onboard", LANG="es_ES.UTF-8") as terminal:
        terminal.answers(QUESTIONS[0])
        terminal.answers(QUESTIONS[1])
        terminal.answers("Número o nombre [")
        terminal.answers("[no]:")
        terminal.answers("[22:15-06:30]:")
        terminal.answers("[sí]:")
        terminal.answers("[https://ntfy.example/t-1]:")
        for _ in range(3):
            terminal.answers("[no]:")
        terminal.sees("Todo estaba ya así: no ha cambiado nada.")
        assert terminal.ends() == 0
    assert person.tree() == before


def test_who_leaves_half_way_has_changed_nothing(person):
    person.owns_model()
    before = person.tree()
    for last, key, code in [(at, key, code) for at in (0, 4, 9) for key, code in (("\x03", -signal.SIGINT), ("\x04", 1))]:
        with Terminal(person, "onboard", SARAI_LANG="es") as terminal:
            for question in QUESTIONS[:last]:
                terminal.answers(question, "22:00-23:00" if "molestarte" in question else "")
            terminal.sees(QUESTIONS[last])
            terminal.types(key)
            assert terminal.ends() == code, (last, terminal.seen.decode())
            assert code != 1 or b"no ha cambiado nada" in terminal.seen
        assert person.tree() == before, last


def test_a_kill_at_any_moment_leaves_a_config_that_is_whole(person):
    person.owns_model()
    mine = (person.config / "sarai.yaml").read_text()
    for delay_ms in range(0, 30, 2):
        process = subprocess.Popen([person.sarai, "onboard", "--yes"], env=person.env(), stderr=subprocess.DEVNULL)
        time.sleep(delay_ms / 1000)
        process.kill()
        process.wait()
        assert (person.config / "sarai.yaml").read_text() in (mine, mine + "language: en\n")
        (person.config / "sarai.yaml").write_text(mine)
    assert person.run("onboard", "--yes").returncode == 0
    assert (person.config / "sarai.yaml").read_text() == mine + "language: en\n"


def test_yes_asks_nothing_and_twice_changes_nothing(person):
    person.owns_model()
    first = person.run("onboard", "--yes")
    assert first.returncode == 0 and "Everything is ready." in first.stderr and first.stdout == "", first
    assert not (person.config / "rules.yaml").exists()
    before = person.tree()
    again = person.run("onboard", "--yes")
    assert again.returncode == 0 and "nothing was changed" in again.stderr, again
    assert person.tree() == before
    # Nobody is there to be asked.
    silent = person.run("onboard")
    assert silent.returncode == 1 and "onboard --yes" in silent.stderr, silent
    # What is wrong stays as it is, and is said.
    person.writes("sarai.yaml", "server:\n  prot: 1\n")
    wrong = person.run("onboard", "--yes")
    assert wrong.returncode == 64 and "sarai.yaml:2" in wrong.stderr, wrong
    assert (person.config / "sarai.yaml").read_text() == "server:\n  prot: 1\n"
    person.writes("sarai.yaml", "{server: {port: 1}}\n")
    by_hand = person.run("onboard", "--yes")
    assert by_hand.returncode == 1 and "language: en" in by_hand.stderr, by_hand
    assert (person.config / "sarai.yaml").read_text() == "{server: {port: 1}}\n"


def test_without_a_network_all_but_the_model_is_done(person):
    ended = person.run("onboard", "--yes")
    assert ended.returncode == 1 and "could not be fetched" in ended.stderr, ended
    model = person.settings()["model.default"]
    assert f"model pull {model}" in ended.stderr
    # The whole documented file, with what was decided.
    text = (person.config / "sarai.yaml").read_text()
    assert "\nlanguage: en\n" in text and f"\n  default: {model}\n" in text and "\n  #port: 8080\n" in text
    before = (person.config / "sarai.yaml").stat()
    assert person.run("onboard", "--yes").returncode == 1
    assert (person.config / "sarai.yaml").stat() == before


def test_a_home_that_cannot_be_written_is_said(person):
    before = person.tree()
    read_only = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", person.home, person.home]
    ended = subprocess.run(
        [*read_only, person.sarai, "onboard", "--yes"], env=person.env(), capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1 and "I cannot use the folder" in ended.stderr, ended
    assert person.tree() == before
    # Others could write there, or it is somebody else's.
    person.config.mkdir(parents=True)
    person.config.chmod(0o777)
    ended = person.run("onboard", "--yes")
    assert ended.returncode == 1 and "chmod go-w" in ended.stderr, ended
    assert list(person.config.iterdir()) == []


def test_everything_in_a_folder_of_ones_own_choice(person):
    with Terminal(person, "onboard", SARAI_LANG="es") as terminal:
        for question in QUESTIONS[:1]:
            terminal.answers(question)
        terminal.answers(QUESTIONS[1], "~/mi rincón ñ")
        terminal.answers("Numero o nombre [")
        terminal.answers("Lo descargo al final?", "no")
        for question in QUESTIONS[3:]:
            terminal.answers(question)
        assert terminal.ends() == 0, terminal.seen.decode()
        assert "export SARAI_HOME=" in terminal.seen.decode()
    elsewhere = person.home / "mi rincón ñ"
    assert (elsewhere / "config/sarai.yaml").exists() and not person.config.exists()
    assert person.run("config", "path", SARAI_HOME=str(elsewhere)).stdout == f"{elsewhere}/config/sarai.yaml\n"


def systemd_analyze(person, *args):
    runtime = person.home / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    env = {"PATH": os.environ["PATH"], "LANG": "C", "HOME": str(person.home), "XDG_RUNTIME_DIR": str(runtime)}
    return subprocess.run(["systemd-analyze", *args], env=env, capture_output=True, text=True, timeout=60)


def test_a_systemd_unit(person):
    person.stub("systemctl", SYSTEMCTL)
    status = lambda: json.loads(person.run("service", "status", "--json").stdout)
    assert status() == {"manager": None, "file": None, "installed": False, "enabled": False, "running": False}
    assert person.run("service", "uninstall").returncode == 0

    installed = person.run("service", "install")
    assert installed.returncode == 0, installed
    unit = person.home / ".config/systemd/user/sarai.service"
    assert status() == {"manager": "systemd", "file": str(unit), "installed": True, "enabled": True, "running": True}
    log = (person.home / "systemctl.log").read_text()
    assert "--user daemon-reload\n--user enable --now sarai.service\n" in log, log
    # The real tool finds the program and both folders where they are: it resolves every quote and specifier.
    verified = systemd_analyze(person, "--user", "verify", str(unit))
    assert (verified.returncode, verified.stderr) == (0, ""), verified
    exposure = systemd_analyze(person, "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", str(unit))
    assert exposure.returncode == 0, exposure.stdout[-200:]

    before = unit.stat()
    again = person.run("service", "install")
    assert again.returncode == 0 and "already" in again.stderr and unit.stat() == before, again
    (person.home / "active").unlink()
    stopped = person.run("service", "status")
    assert stopped.returncode == 1 and "Runs" in stopped.stdout, stopped
    removed = person.run("service", "uninstall")
    assert removed.returncode == 0 and not unit.exists(), removed
    assert "--user disable --now sarai.service\n" in (person.home / "systemctl.log").read_text()

    # A unit that somebody else made is theirs.
    unit.write_text("[Service]\nExecStart=/bin/true\n")
    for command in (["service", "install"], ["service", "uninstall"], ["uninstall", "--yes"]):
        person.run(*command)
        assert unit.read_text() == "[Service]\nExecStart=/bin/true\n", command
    assert person.run("service", "install").returncode == 1
    # Nor is one for another SARAi's folders taken away.
    unit.unlink()
    assert person.run("service", "install", SARAI_HOME=str(person.home / "other")).returncode == 0
    assert "No service" in person.run("service", "uninstall").stderr and unit.exists()


def test_a_unit_names_the_program_itself():
    # Without a quote, which systemd takes in no program's name, no other program stands in between.
    person = Newcomer(prefix="sarai año 100%h ;$X ")
    try:
        person.stub("systemctl", SYSTEMCTL)
        assert person.run("service", "install").returncode == 0
        unit = person.home / ".config/systemd/user/sarai.service"
        verified = systemd_analyze(person, "--user", "verify", str(unit))
        assert (verified.returncode, verified.stderr) == (0, ""), verified
        broken = person.home / "broken.service"
        broken.write_text(unit.read_text().replace("%%", "%"))
        assert systemd_analyze(person, "--user", "verify", str(broken)).returncode != 0
        person.sarai.unlink()
        gone = systemd_analyze(person, "--user", "verify", str(unit))
        assert gone.returncode != 0 and str(person.sarai) in gone.stderr, gone
    finally:
        shutil.rmtree(person.home)


def test_a_systemd_that_refuses_is_heard(person):
    person.stub("systemctl", '#!/bin/sh\ncase "$*" in *show-env*) exit 0 ;; esac\necho "No bus here" >&2\nexit 1\n')
    ended = person.run("service", "install")
    assert ended.returncode == 1 and "No bus here" in ended.stderr, ended


def test_supervisord_runs_it_and_all_is_gone_afterwards(person):
    person.owns_model()
    # The real ones, which the tests' environment has.
    for tool in ("supervisord", "supervisorctl"):
        real = pathlib.Path(sys.executable).with_name(tool)
        person.stub(tool, f'#!/bin/sh\nexec {real} "$@"\n')
    person.stub("systemctl", "#!/bin/sh\nexit 1\n")
    installed = person.run("service", "install")
    assert installed.returncode == 0 and "supervisord -c" in installed.stderr, installed
    file = person.state / "supervisord.conf"
    program = """
import shlex, sys
from supervisor.options import ServerOptions
options = ServerOptions()
options.realize(["-c", sys.argv[1]])
(group,) = options.process_group_configs
print("\\n".join(shlex.split(group.process_configs[0].command)))
"""
    read = subprocess.run([sys.executable, "-c", program, file], env=person.env(), capture_output=True, text=True)
    worker, jail = from_env("SARAI_LLAMA_BIN"), from_env("SARAI_JAIL_BIN")
    words = ["/usr/bin/env", f"SARAI_LLAMA_BIN={worker}", f"SARAI_JAIL_BIN={jail}", str(person.sarai), "up"]
    assert read.stdout.splitlines() == words, read

    supervisord = subprocess.Popen(
        [person.bin / "supervisord", "-n", "-c", file], env=person.env(), stdout=subprocess.DEVNULL
    )
    try:
        wait_for("SARAi under supervisord", lambda: person.answers("/readyz"), 60)
        running = lambda: json.loads(person.run("service", "status", "--json").stdout)
        status = wait_for("the status", lambda: (found := running())["running"] and found, 30)
        assert (status["manager"], status["file"], status["enabled"]) == ("supervisord", str(file), True)
        refused = person.run("uninstall", "--yes")
        assert refused.returncode == 1 and "service uninstall" in refused.stderr, refused
        assert (person.config / "sarai.yaml").exists()
        removed = person.run("service", "uninstall")
        assert removed.returncode == 0 and not file.exists(), removed
        supervisord.wait(70)
    finally:
        supervisord.kill()
        supervisord.wait()
    wait_for("the end of SARAi", lambda: not person.answers("/health"))
    gone = person.run("uninstall", "--yes")
    assert gone.returncode == 0 and "This stays" not in gone.stderr, gone
    for folder in (person.config, person.data, person.state):
        assert not folder.exists(), list(folder.rglob("*"))


def lived_in(person):
    """What a year of use leaves, and things that SARAi did not make."""
    person.owns_model()
    assert person.run("onboard", "--yes").returncode == 0
    assert person.run("memory", "add", "likes", "cafés").returncode == 0
    outside = person.home / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine")
    (person.state / "db/link").symlink_to(outside)
    (person.state / "notes").write_text("mine")
    person.writes("models.toml", "")
    (person.data / "models/hand.gguf").write_text("mine")
    (person.data / "skills/mine").mkdir(parents=True)
    return ["notes", "models.toml", "hand.gguf", "skills/mine"]


def test_uninstall_deletes_what_it_made_and_nothing_else(person):
    own = lived_in(person)
    before = person.tree()
    refused = person.run("uninstall")
    assert refused.returncode == 1 and "--yes" in refused.stderr, refused
    with Terminal(person, "uninstall") as terminal:
        terminal.answers("Delete it for good?", "n")
        assert terminal.ends() == 1 and b"Nothing was deleted." in terminal.seen
    assert person.tree() == before

    with Terminal(person, "uninstall", "--keep-models") as terminal:
        terminal.answers("Delete it for good?", "y")
        assert terminal.ends() == 0
        shown = terminal.seen.decode()
    for name in (f"{person.config}/sarai.yaml", f"{person.state}/db", *own):
        assert name in shown, shown
    assert list((person.data / "models").glob("SmolLM2*")) and not (person.state / "db").exists()
    last = person.run("uninstall", "--yes")
    assert last.returncode == 0 and "98 MB" in last.stdout, last
    left = sorted(str(path.relative_to(person.home)) for path in person.home.rglob("*") if path.is_file())
    assert [path for path in left if not path.startswith("bin/")] == [
        ".config/sarai/models.toml",
        ".local/share/sarai/models/hand.gguf",
        ".local/state/sarai/notes",
        "outside/precious",
    ]
    assert (person.data / "skills/mine").is_dir()
    nothing = person.run("uninstall", "--yes")
    assert nothing.returncode == 0 and "made nothing here" in nothing.stderr, nothing


def test_uninstall_does_not_look_behind_links(person):
    disk = person.home / "other disk"
    (disk / "models/.checked").mkdir(parents=True)
    (disk / "models/a.gguf").write_text("mine")
    (disk / "models/.checked/a.gguf").write_text("")
    person.data.mkdir(parents=True)
    (person.data / "models").symlink_to(disk / "models")
    (disk / "state/db").mkdir(parents=True)
    person.state.parent.mkdir(parents=True)
    person.state.symlink_to(disk / "state")
    before = person.tree()
    ended = person.run("uninstall", "--yes")
    assert ended.returncode == 0 and str(person.data / "models") in ended.stderr, ended
    assert person.tree() == before
