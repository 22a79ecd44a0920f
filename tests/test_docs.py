"""The documents: every command in them is run, twins say the same, links lead somewhere, and what they name exists.

A block without a language is for a shell: a command a line, or, where a line begins with `$`, what a terminal shows, with
answers behind `>`. The reader goes through a document from top to bottom, in a home of their own. What cannot be done
there stands in NOT_HERE with its reason; what is done in another way, in INSTEAD.
"""

import dataclasses
import json
import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import time

import pytest
from harness import MODEL, Home, from_env, make_database, said, suggest
from test_onboard import NOWHERE, SYSTEMCTL

ROOT = pathlib.Path(__file__).resolve().parent.parent
TWINS = [
    ("README.md", "README.es.md"),
    ("docs/MEMORY.md", "docs/MEMORY.es.md"),
    ("docs/MODELS.md", "docs/MODELS.es.md"),
    ("docs/OPERATIONS.md", "docs/OPERATIONS.es.md"),
    ("docs/SENTIENCE_GUIDE.en.md", "docs/SENTIENCE_GUIDE.md"),
    ("docs/SKILLS.md", "docs/SKILLS.es.md"),
]
GUIDES = [guide for pair in TWINS for guide in pair]
ALL = sorted(str(path.relative_to(ROOT)) for folder in (ROOT, ROOT / "docs") for path in folder.glob("*.md"))

# Commands that are not run, and why.
NOT_HERE = {
    "make run": "builds, and fetches a model",
    "make test": "runs this",
    "make build": "builds",
    "git pull": "changes the checkout",
    "make skill-image SKILL=sql": "builds; test_skill_images.py does it",
    "make skill-run SKILL=sql": "builds; test_skill_images.py does it",
    "make skill-run SKILL=draft MODEL=qwen2.5-coder-0.5b-instruct": "builds; test_compose.py does it",
    "sarai skill image hello --run --probe": "wants a container engine; test_skill_images.py does it",
    "ssh -N -L 8080:127.0.0.1:8080 you@home.example": "wants another computer",
    "ssh you@home.example sarai pair": "wants another computer",
    "sarai model bench": "measures for a minute",
    "sarai bench decode": "measures for a minute",
    "sarai bench chat": "measures for a minute",
    "sarai bench speculative --class quote,edit": "measures for minutes",
    "sarai bench restart": "measures for a minute",
}
# Commands that are done in another way: what takes long, or wants what is not here.
INSTEAD = {
    # Another skill that is built already, under this name.
    "./build.sh": "mkdir bin && cp {skills}/sql/bin/sarai-skill-sql bin/hello",
    # Asking for the tables takes no model; test_skills.py asks one that can write queries.
    'sarai skill run sql "How much did I spend in September?"': 'sarai skill run sql "Which tables are there?"',
    'sarai skill run sql "¿Cuánto gasté en septiembre?"': 'sarai skill run sql "¿Qué tablas hay?"',
    "sarai model bench --draft qwen2.5-coder-0.5b-instruct": "sarai model bench --staircase {root}/models/staircases/*.json",
    "sarai bench load --clients 4 --duration 30s": "sarai bench load --clients 1 --duration 1s",
}
# What goes on, in the foreground, until it is ended.
STAYS = ("sarai up", "target/release/sarai up")
# SARAi has to be stopped before, as the documents say.
STOPPED = re.compile(r"sarai uninstall|tar -C|rm -f|cp memory")
# Questions and their answers; Enter takes what is proposed.
ANSWERS = {"rules add": "y", "rules edit": "y", "skill trust hello": "y", "uninstall": "y", "onboard": "\n" * 20}


@dataclasses.dataclass
class Block:
    """What stands between two fences."""

    language: str
    line: int
    lines: list[str]


@dataclasses.dataclass
class Command:
    """A command of a document, what is typed while it runs, and what the document shows of its output."""

    text: str
    block: Block
    typed: list[str] = dataclasses.field(default_factory=list)
    shown: list[str] = dataclasses.field(default_factory=list)

    def promises(self):
        """What it has to print again: not figures, which are of another day, nor what is left out."""
        return [line.strip() for line in self.shown if not re.search(r"\d|…", line)]


def read(guide):
    return (ROOT / guide).read_text()


def blocks(guide):
    """The fenced blocks of a document."""
    found, inside = [], None
    for number, line in enumerate(read(guide).splitlines(), 1):
        if line.lstrip().startswith("```"):
            if inside is None:
                inside = Block(line.strip().removeprefix("```"), number, [])
            else:
                found.append(inside)
                inside = None
        elif inside is not None:
            inside.lines.append(line)
    assert inside is None, f"{guide}:{inside.line} is never closed"
    return found


def commands(guide):
    """The commands of a document, in their order."""
    found = []
    for block in blocks(guide):
        if block.language:
            continue
        terminal = any(line.startswith("$ ") for line in block.lines)
        for line in block.lines:
            if terminal and line.startswith("> "):
                found[-1].typed.append(line.removeprefix("> "))
            elif line.strip() and (not terminal or line.startswith("$ ")):
                text = re.sub(r"\s+#( .*)?$", "", line.removeprefix("$ "))
                found.append(Command(text, block))
            elif terminal:
                found[-1].shown.append(line)
    return found


def test_every_guide_has_a_twin():
    assert sorted(GUIDES) == [name for name in ALL if name.startswith(("README", "docs/"))]


def shape(text):
    """A command without what each language says in its own words."""
    words = shlex.split(re.sub(r"\$\([^)]*\)", "", text))
    return ["…" if " " in word or re.fullmatch(r"\[?[A-Z]{3,}\]?", word) else word for word in words]


@pytest.mark.parametrize("pair", TWINS, ids=lambda pair: pair[0])
def test_twins_have_the_same_commands_and_blocks(pair):
    ours, theirs = ([shape(command.text) for command in commands(guide)] for guide in pair)
    assert ours == theirs
    ours, theirs = ([block.language for block in blocks(guide)] for guide in pair)
    assert ours == theirs
    ours, theirs = ([len(head) for head in re.findall(r"^#+(?= )", without_blocks(read(guide)), re.M)] for guide in pair)
    assert ours == theirs, "they have other chapters"


def test_what_is_not_run_is_in_some_document():
    there = {command.text for guide in GUIDES for command in commands(guide)}
    assert set(NOT_HERE) <= there, set(NOT_HERE) - there
    assert set(INSTEAD) <= there, set(INSTEAD) - there
    assert set(STAYS) <= there, set(STAYS) - there
    for key in (*ANSWERS, *STOPPED.pattern.split("|")):
        assert any(key in text for text in there), key


# Links


def slug(heading):
    """The anchor that a heading gets on a forge."""
    text = re.sub(r"[^\w\- ]", "", heading.replace("`", "").strip().lower())
    return text.replace(" ", "-")


def without_blocks(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def anchors(path):
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", without_blocks(path.read_text()), re.M)}


@pytest.mark.parametrize("name", ALL)
def test_links_lead_to_what_exists(name):
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_blocks(read(name))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, heading = target.partition("#")
        path = (ROOT / name).parent / file if file else ROOT / name
        if not path.exists() or (heading and heading not in anchors(path)):
            wrong.append(target)
    assert wrong == []


# What is named in the text


@pytest.fixture(scope="session")
def program():
    """Every command of the program with the flags that it takes, by what its help says."""
    found = {}

    def look(*words):
        ended = subprocess.run(
            [from_env("SARAI_BIN"), *words, "--help"], env={"HOME": "/nonexistent", "SARAI_LANG": "en"}, capture_output=True, text=True
        )
        assert ended.returncode == 0, ended
        flags = set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", ended.stdout))
        below = re.search(r"^Commands:?\n((?:  .*\n)+)", ended.stdout, re.M)
        names = re.findall(r"^  ([a-z-]+)", below[1], re.M) if below else []
        found[words] = (flags, set(names))
        for name in names:
            look(*words, name)

    look()
    return found


def unknown(program, text):
    """What a command names and the program does not have."""
    # `[NAME]` may be left out; quotes that a person reads are no quotes of a shell.
    words = re.sub(r"[\[\]“”«»]", " ", text).split()[1:]
    at, wrong = (), []
    while words:
        flags, below = program[at]
        word = words.pop(0)
        if word == "--":
            break
        if word.startswith("-"):
            # The value of a flag is no command.
            if word == "--set" and words:
                words.pop(0)
            wrong += [flag for flag in re.findall(r"--?[a-z-]+", word) if flag not in flags | program[()][0]]
        elif below and "|" in word:
            # Several at once: `model list|pull|rm`.
            wrong += [name for name in word.split("|") if name not in below]
            break
        elif below:
            if word not in below:
                wrong.append(word)
                break
            at = (*at, word)
    return wrong


@pytest.mark.parametrize("name", ALL)
def test_what_is_named_exists(program, name):
    text = without_blocks(read(name))
    spoken = re.findall(r"`([^`\n]+)`", text)
    if name in GUIDES:
        spoken += [command.text for command in commands(name)]
    flags = set().union(*(flags for flags, _ in program.values()))
    wrong = []
    for code in spoken:
        told = re.sub(r"^(?:\w+=\S+ |target/release/|make \S+ .*)+", "", code)
        if re.match(r"sarai( |$)", told):
            wrong += [(code, word) for word in unknown(program, told)]
        elif re.match(r"--[a-z]", code) and name in GUIDES:
            wrong += [(code, word) for word in re.findall(r"(?<!\S)--[a-z-]+", code) if word not in flags]
    assert wrong == []


@pytest.mark.parametrize("guide", GUIDES)
def test_settings_that_are_named_exist(tmp_path, guide):
    home = {"HOME": str(tmp_path), "SARAI_LANG": "en"}
    run = lambda *args: subprocess.run([from_env("SARAI_BIN"), *args], env=home, capture_output=True, text=True)
    shown = json.loads(run("config", "show", "--json").stdout)
    keys = {setting["key"] for setting in shown["settings"]}
    sections = {key.split(".")[0] for key in keys if "." in key}
    named = re.findall(r"`([a-z]+)\.([a-z_]+)(?=[:`])", without_blocks(read(guide)))
    assert [".".join(key) for key in named if key[0] in sections and ".".join(key) not in keys] == []
    for block in blocks(guide):
        if block.language == "yaml" and block.lines[0].rstrip(":") in sections:
            (tmp_path / "sarai.yaml").write_text("\n".join(block.lines).replace("…", "x"))
            checked = run("config", "check", str(tmp_path / "sarai.yaml"))
            assert checked.returncode == 0, (block.line, checked.stderr)
        if block.lines[0] == "[[model]]":
            own = tmp_path / ".config/sarai/models.toml"
            own.parent.mkdir(parents=True)
            own.write_text("\n".join(block.lines))
            listed = run("model", "list")
            assert listed.returncode == 0 and re.search('id = "(.*)"', own.read_text())[1] in listed.stdout, listed


# Running what they say


class Reader(Home):
    """A person with the program on their path and a model in their home, before a document."""

    def __init__(self, language):
        super().__init__()
        self.models.unlink()
        self.models = self.dir / ".local/share/sarai/models"
        self.state = self.dir / ".local/state/sarai"
        self.config_file = self.dir / ".config/sarai/sarai.yaml"
        for folder in (self.models, self.state, self.config_file.parent, self.dir / "bin", self.dir / "Downloads"):
            folder.mkdir(parents=True, mode=0o700)
        shared = from_env("SARAI_TEST_MODEL_DIR")
        for file in shared.glob("*.gguf"):
            (self.models / file.name).symlink_to(file)
        # What was checked once need not be again.
        shutil.copytree(shared / ".checked", self.models / ".checked")
        (small,) = self.models.glob("SmolLM2-135M*")
        # A byte more makes it one that the catalogue does not know.
        (self.dir / "Downloads/my-model.gguf").write_bytes(small.read_bytes() + b"\0")
        make_database(self.dir / "accounts.db")
        self.config_file.write_text(f"model:\n  default: {MODEL}\n")
        (self.dir / "bin/sarai").symlink_to(from_env("SARAI_BIN"))
        (self.dir / "bin/systemctl").write_text(SYSTEMCTL)
        (self.dir / "bin/systemctl").chmod(0o755)
        self.checkout = self.dir / "checkout"
        (self.checkout / "target").mkdir(parents=True)
        (self.checkout / "target/release").symlink_to(from_env("SARAI_BIN").parent)
        # The context bounds what a model that repeats itself may say.
        self.settings |= {"runtime.n_ctx": 640, "skills.databases": "[~/accounts.db]"}
        self.language = language
        self.up = None

    def env(self, **more):
        settings = {f"SARAI__{key.upper().replace('.', '__')}": str(value) for key, value in self.settings.items()}
        own = {
            "HOME": str(self.dir),
            "PATH": f"{self.dir / 'bin'}:{os.environ['PATH']}",
            "SARAI_LLAMA_BIN": str(from_env("SARAI_LLAMA_BIN")),
            "SARAI_JAIL_BIN": str(from_env("SARAI_JAIL_BIN")),
            "SARAI_LANG": self.language,
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "PIP_INDEX_URL": f"{NOWHERE}/simple",
            "HF_ENDPOINT": NOWHERE,
        }
        return own | settings | more

    def command(self, *args):
        return [str(self.dir / "bin/sarai"), *args]

    def is_up(self):
        return self.up is not None and self.up.poll() is None

    def starts(self):
        """What `sarai up` does in another terminal."""
        if not self.is_up():
            self.up = self.start("up")
            self.wait_until_up(self.up)

    def stops(self):
        if self.is_up():
            self.up.send_signal(signal.SIGINT)
            assert self.up.wait(60) == 0, self.log_of(self.up)

    def reads(self, command, names):
        """Does what a command of the document says."""
        text = INSTEAD.get(command.text, command.text)
        text = text.format(root=ROOT, skills=from_env("SARAI_BIN").with_name("skills")) if command.text in INSTEAD else text
        for name, value in names.items():
            text = re.sub(rf"(?<![\w-])\[?{name}\]?(?![\w-])", value, text)
        if text in STAYS:
            return self.starts()
        if STOPPED.search(text):
            self.stops()
        text = text.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}") if self.is_up() else text
        # An answer that says no is none.
        text = text.replace("curl -s ", "curl -sf ")
        # The newest copies instead of those of another day.
        text = re.sub(r"\S+/(memory|rules)-\d+\.db", lambda copy: self.newest(copy[0]), text)
        answers = next((answers for key, answers in ANSWERS.items() if f"sarai {key}" in text), None)
        if answers is not None and "--yes" not in text:
            code, shown = self.at_terminal(text, answers)
        else:
            ended = subprocess.run(
                ["sh", "-euc", f"{text}\npwd > {self.dir}/where"],
                **{"cwd": self.cwd, "env": self.env(), "capture_output": True, "text": True, "timeout": 120},
                input="".join(f"{line}\n" for line in command.typed),
            )
            code, shown = ended.returncode, ended.stdout + ended.stderr
            self.cwd = pathlib.Path((self.dir / "where").read_text().strip()) if code == 0 else self.cwd
        assert code == 0, f"line {command.block.line}: {text}\n{shown}"
        return shown

    def newest(self, pattern):
        folder = self.state / "db" / pathlib.Path(pattern).parent
        stem = pathlib.Path(pattern).name.split("-")[0]
        return str(max(folder.glob(f"{stem}-*.db")))

    def at_terminal(self, text, answers):
        """Runs a command before a person who has their answers ready."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            ["sh", "-euc", text], cwd=self.cwd, env=self.env(), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        os.write(ours, f"{answers}\n".encode())
        seen, deadline = b"", time.monotonic() + 60
        while time.monotonic() < deadline:
            if not select.select([ours], [], [], 0.05)[0]:
                continue
            try:
                seen += os.read(ours, 65536)
            except OSError:
                break
        os.close(ours)
        try:
            return process.wait(10), seen.decode()
        finally:
            process.kill()


def remembers(reader):
    """A home in which there is something to look at, to forget and to decide."""
    reader.starts()
    sentence = "Me tiene enganchado la novela negra"
    said(reader, sentence, max_tokens=2)
    for object in ("novela", "novela negra", "la novela negra", "enganchado"):
        suggest(reader, object, sentence)
    for thing in ("té", "pan", "sol", "mar", "ajedrez", "cine", "jazz", "higos"):
        assert reader.run("memory", "add", "likes", thing).returncode == 0


RULE = {"en": "take-the-rubbish-out", "es": "sacar-la-basura"}
def has_a_rule(reader):
    assert reader.run("rules", "add", "--yes", "avísame cada lunes a las nueve de sacar la basura").returncode == 0


# What has to be there before.
BEFORE = {
    "MEMORY": remembers,
    "MODELS": Reader.starts,
    "OPERATIONS": has_a_rule,
    "SENTIENCE_GUIDE": Reader.starts,
    "SKILLS": Reader.starts,
}


def language_of(guide):
    return "es" if guide == "docs/SENTIENCE_GUIDE.md" or guide.endswith(".es.md") else "en"


@pytest.mark.parametrize("guide", GUIDES)
def test_what_it_says_can_be_done(guide):
    language = language_of(guide)
    prepare = BEFORE.get(pathlib.Path(guide).name.split(".")[0], lambda reader: None)
    with Reader(language) as reader:
        prepare(reader)
        block = None
        for command in commands(guide):
            if command.block is not block:
                block, reader.cwd = command.block, reader.checkout
            if command.text in NOT_HERE:
                continue
            printed = reader.reads(command, {"NAME": RULE[language], "NOMBRE": RULE[language]})
            # What a model says is said differently each time.
            if not guide.startswith("README"):
                assert [line for line in command.promises() if line not in printed] == []
