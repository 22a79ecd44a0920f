"""A compressed day with SARAi, as its owner lives with it, with everything going wrong that may go wrong.

    python tests/day.py --report FOLDER [--rounds 5] [--model ID]

It starts in the morning in a fresh home and ends late at night, by a wall clock that the programs are shown (libfaketime,
which may be set while they run; timers are left alone). In between come conversations, faults of every kind and the end
of everything. At the end every write that was acknowledged must be there, everything that was forgotten must not, and
nothing may be left behind: no process, socket, mount, cgroup or file. FOLDER gets `day.json` and `day.svg`.

The state folder is a small disk that the day mounts for itself, so that it can be full. The mounts are the day's own:
nobody else sees them, and they end with it. Where nothing may be mounted, the day fails.

`make day` runs it, `make day ROUNDS=1` once through.
"""

import argparse
import contextlib
import ctypes
import datetime
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from typing import Literal

import openai
import pydantic
from browser import ANSWER_S, Page
from harness import (
    CODER,
    COUNT,
    EXPENSES,
    Home,
    ask_skill,
    command_of,
    data_of,
    deltas,
    descendants_of,
    holding,
    is_alive,
    kill_all,
    make_database,
    messages,
    orphaned_cgroups,
    rules,
    said,
    up,
    wait_for,
    words,
)
from picture import Band, Panel, draw
from selenium.webdriver.common.keys import Keys
from watch import Watch, machine, parts_below

ALONE = "SARAI_DAY_HAS_ITS_OWN_MOUNTS"
DISK_BYTES = 1 << 30
# Until everything works again after a fault. The slowest is a model that died so often that it was left alone for a while,
# on a computer with other things to do.
AGAIN_S = 120
LONG = "Tell me a long story about a lighthouse, with many details, and do not stop early."
# In no other file of a state folder.
SECRET_WORD = "Zarzalejo"
PR_SET_CHILD_SUBREAPER = 36
# Files that become others when they are whole, by the ways that the programs name them.
HALF_WRITTEN = re.compile(r"\.(tmp|part|new)$|\.toml\.\d+$")


class Clock:
    """The wall clock of the programs: the day's own, which goes on by itself and can be set while they run."""

    LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"

    def __init__(self, folder):
        self.file = folder / "clock"
        found = glob.glob(self.LIBRARY)
        if not found:
            raise RuntimeError("libfaketime is missing; `scripts/setup.sh test` installs it")
        tomorrow = datetime.date.today() + datetime.timedelta(days=1)
        # The day lies ahead, so that no file comes from the future.
        self.midnight = datetime.datetime.combine(tomorrow, datetime.time())
        self.env = {
            "LD_PRELOAD": found[0],
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        self.set("08:00")

    def set(self, hour):
        """Sets the clock to a time of the day, forwards or backwards."""
        hours, minutes = map(int, hour.split(":"))
        wanted = self.midnight + datetime.timedelta(hours=hours, minutes=minutes)
        self.ahead = wanted - datetime.datetime.now()
        new = self.file.with_suffix(".new")
        new.write_text(f"{self.ahead.total_seconds():+.0f}\n")
        # Whoever looks at it meanwhile must not find half of it.
        new.replace(self.file)

    def __str__(self):
        return f"{datetime.datetime.now() + self.ahead:%H:%M:%S}"


class Lived(Home):
    """A home with a clock of its own."""

    def __init__(self, **config):
        super().__init__(**config)
        self.clock = Clock(self.dir)

    def env(self, **more):
        return super().env(**self.clock.env, SARAI_LANG="es") | more


class Diary(threading.Thread):
    """Writes something down all day long, and keeps what was acknowledged."""

    PERIOD_S = 0.25

    def __init__(self, home):
        super().__init__(daemon=True)
        self.home, self.over = home, threading.Event()
        self.written, self.refused, self.unanswered = [], 0, 0

    def run(self):
        number = 0
        while not self.over.wait(self.PERIOD_S):
            number += 1
            fact = {"subject": f"Vecina {number}", "verb": "lives_in", "object": f"Portal {number}"}
            try:
                status, _ = self.home.request("POST", "/v1/memory", {"add": fact}, timeout=10)
            except OSError:
                self.unanswered += 1
                continue
            if status == 200:
                self.written.append(number)
            else:
                self.refused += 1

    def close(self):
        self.over.set()
        self.join()

    def missing(self):
        """What was acknowledged and is not there."""
        missing = []
        for number in self.written:
            wanted = {"recall": {"subject": f"Vecina {number}", "verb": "lives_in"}}
            status, reply = self.home.request("POST", "/v1/memory", wanted)
            if status != 200 or [fact["object"] for fact in reply["facts"]] != [f"Portal {number}"]:
                missing.append(number)
        return missing


class Day:
    """What the scenes share, and what is written down about them."""

    def __init__(self, model, rounds):
        self.model, self.rounds = model, rounds
        self.before = World()
        # Whatever lives longer than its parent becomes a child of this process, and is found at the end.
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
        self.tmp = pathlib.Path(tempfile.mkdtemp(prefix="sarai-day-"))
        # Of everybody below this process.
        os.environ["TMPDIR"] = str(self.tmp)
        # A second thread would make the model wait for whatever else runs: what is looked at here is not its speed.
        self.home = Lived(**{"model.default": model, "runtime.threads": 1, "server.port": free_port()})
        self.home.dir.chmod(0o700)
        self.diary = Diary(self.home)
        self.up = None
        self.watch = Watch(lambda: self.up.pid if self.up and self.up.poll() is None else None)
        self.scenes = []

    def live(self):
        """All scenes in order, until one fails; whatever happens, everything ends. Returns what went wrong."""
        self.watch.start()
        wrong = []
        try:
            for scene in SCENES:
                self.play(scene)
        except Exception:
            wrong.append(traceback.format_exc())
            wrong += [f"{path}:\n{path.read_text(errors='replace')[-6000:]}" for path in self.logs()]
        finally:
            self.watch.stop()
            left = self.end()
        return wrong + left

    def play(self, scene):
        record = {"name": scene.__name__, "at_s": round(self.watch.at(), 2), "clock": str(self.home.clock), "marks": []}
        self.scenes.append(record)
        print(f"{record['clock']}  {scene.__name__}: {scene.__doc__.splitlines()[0]}", flush=True)
        try:
            scene(self)
            record["passed"] = True
        finally:
            record.setdefault("passed", False)
            record["seconds"] = round(self.watch.at() - record["at_s"], 2)

    def mark(self, what, seconds=None):
        """Something worth knowing, in the scene that is played."""
        self.scenes[-1]["marks"].append(
            {"at_s": round(self.watch.at(), 2), "what": what} | ({} if seconds is None else {"seconds": round(seconds, 2)})
        )
        print(f"          {what}" + ("" if seconds is None else f": {seconds:.1f} s"), flush=True)

    def logs(self):
        return [*self.home.dir.glob("up-*.log"), *self.home.state.glob("logs/*.log")]

    def start(self):
        self.up = up(self.home)

    def stop(self):
        """The owner presses Ctrl-C."""
        begun = time.monotonic()
        self.up.send_signal(signal.SIGINT)
        assert self.up.wait(60) == 0, Home.log_of(self.up)
        self.mark("Ctrl-C", time.monotonic() - begun)

    def works(self):
        """Whether everything does what it is there for."""
        home = self.home
        try:
            return (
                home.answers("/readyz")
                and home.component("loop")["status"] == "ready"
                and home.chat("Hola", model=self.model, max_tokens=2)[0] == 200
                and data_of(ask_skill(home, "sql", "", COUNT))["rows"] == [[len(EXPENSES)]]
                and said(home, "Where do I live?")[0] == "You live in Vigo."
            )
        except (OSError, AssertionError, TypeError, KeyError, ValueError):
            return False

    def works_again(self, after):
        begun = time.monotonic()
        wait_for(f"everything to work again after {after}", self.works, AGAIN_S)
        self.mark(after, time.monotonic() - begun)

    def end(self):
        """Ends whatever still runs, and says what is left that was not there before."""
        if self.diary.is_alive():
            self.diary.close()
        self.home.close_programs()
        sockets = [path for path in self.home.dir.rglob("*") if stat.S_ISSOCK(path.lstat().st_mode)]
        left = [f"a socket is left: {path}" for path in sockets]
        left += [f"a file is left: {path}" for path in self.home.state.rglob("*") if HALF_WRITTEN.search(path.name)]
        for pid in filter(is_alive, descendants_of(os.getpid())):
            left.append(f"a process is left: {command_of(pid)}")
            kill_all([pid])
        if os.path.ismount(self.home.state):
            subprocess.run(["umount", "--lazy", self.home.state], check=True)
        shutil.rmtree(self.home.dir)
        left += [f"a file is left: {path}" for path in self.tmp.iterdir()]
        shutil.rmtree(self.tmp)
        return left + World().beyond(self.before)

    def report(self, wrong, folder):
        folder.mkdir(parents=True, exist_ok=True)
        seconds = round(self.watch.at(), 1)
        acknowledged, on = len(self.diary.written), machine()
        body = {
            "passed": not wrong,
            "wrong": wrong,
            "machine": on,
            "model": self.model,
            "rounds": self.rounds,
            "seconds": seconds,
            "writes": {
                "acknowledged": acknowledged,
                "refused": self.diary.refused,
                "unanswered": self.diary.unanswered,
            },
            "scenes": self.scenes,
            "processes": self.watch.summary(),
        }
        (folder / "day.json").write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n")
        bands = [Band(s["at_s"], s["at_s"] + s["seconds"], s["name"].replace("_", " "), not s["passed"]) for s in self.scenes]
        # Of a jail what it holds is what counts; those who make it are in the JSON.
        lines = {part: line for part, line in self.watch.lines().items() if part in ("up", "serve", "loop") or " " not in part}
        large = {part: line for part, line in lines.items() if part == "model"}
        small = {part: line for part, line in lines.items() if part != "model"}
        panels = [Panel("Memory of the model, MB", large, bands), Panel("Memory of the others, MB", small)]
        subtitle = f"{on['processor']}, {on['cores']} cores; {self.model}; {acknowledged} writes acknowledged"
        (folder / "day.svg").write_text(draw("A day with SARAi", subtitle, panels))


class World:
    """What a program may leave behind outside its own folders."""

    def __init__(self):
        self.mounts = {line.split()[4] for line in open("/proc/self/mountinfo")}
        self.cgroups = orphaned_cgroups()

    def beyond(self, before):
        left = [f"a mount is left: {point}" for point in self.mounts - before.mounts]
        return left + [f"a cgroup is left: {path}" for path in self.cgroups - before.cgroups]


def free_port():
    """One that stays the same all day, as the owner's does."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


# The scenes, in order. Each takes the day as it finds it.


def begin(day):
    """A fresh home on a small disk of its own, a database, and everything is started."""
    home = day.home
    home.state.mkdir(mode=0o700)
    options = f"size={DISK_BYTES},mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "sarai-day", str(home.state)], check=True)
    database = make_database(home.dir / "gastos.db")
    home.config_file.parent.mkdir(mode=0o700)
    home.config_file.write_text(f"skills:\n  databases: [{database}]\n")
    begun = time.monotonic()
    day.start()
    day.mark("from nothing to ready", time.monotonic() - begun)


def conversations(day):
    """Small talk in both languages."""
    for question in ("Hola, ¿qué tal estás?", "Tell me something about rivers."):
        text, _, usage = said(day.home, question, max_tokens=24)
        assert text.strip() and usage["completion_tokens"] > 0, text


def facts(day):
    """Facts are told, one is corrected, one forgotten; a question comes in the other language."""
    home = day.home
    for told in ("Me llamo Ana y vivo en Lugo.", "Mi hermana vive en Madrid", "Soy alérgica a las nueces"):
        assert said(home, told, max_tokens=8)[1]["stored"], told
    assert said(home, f"Mi prima Marta vive en {SECRET_WORD}", max_tokens=8)[1]["stored"]
    moved = said(home, "Me he mudado a Vigo", max_tokens=8)[1]
    assert [fact["text"] for fact in moved["ended"]] == ["Vivías en Lugo."], moved
    assert said(home, "Where do I live?")[0] == "You live in Vigo."
    assert said(home, f"Olvida todo lo de {SECRET_WORD}")[1]["erased"] >= 1
    assert (held := holding(home.state, SECRET_WORD)) == [], held
    day.diary.start()


def wishes(day):
    """«Avísame…», for noon and for the night."""
    day.home.clock.set("09:00")
    for wish, about in (("avísame hoy a las 13:00 de regar las plantas", "regar las plantas"), (NIGHT, "llamar a Luis")):
        assert f"«{about}»" in converse(day.home, wish)
        assert converse(day.home, wish, "sí").startswith("Hecho")
    assert messages(day.home) == []


NIGHT = "avísame hoy a las 21:30 de llamar a Luis"


def converse(home, *texts):
    """The last answer of a conversation of these messages."""
    conversation = []
    for text in texts[:-1]:
        conversation += [{"role": "user", "content": text}, {"role": "assistant", "content": "…"}]
    conversation.append({"role": "user", "content": texts[-1]})
    status, reply = home.request("POST", "/v1/chat/completions", {"model": "sarai", "messages": conversation, "max_tokens": 8})
    assert status == 200, reply
    return reply["choices"][0]["message"]["content"]


def database(day):
    """A question about a small database, in words, through the skill that reads it."""
    status, body = day.home.chat("¿Cuántos gastos hay en total?", skill="sql", max_tokens=200)
    assert status == 200 and body["sarai"]["skill"]["data"]["rows"] == [[len(EXPENSES)]], body


class Weather(pydantic.BaseModel):
    """An answer that no model can make endless."""

    city: Literal["Lugo", "Vigo"]
    rain: bool


def client(day):
    """An OpenAI client calls a tool and wants an answer by a schema."""
    tool = {
        "name": "get_weather",
        "description": "The weather in a city now.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
    ask = {"max_tokens": 80, "temperature": 0}
    messages = [{"role": "user", "content": "What is the weather in Lugo? Use the tool."}]
    with openai.OpenAI(base_url=f"{day.home.url}/v1", api_key=day.home.token, max_retries=0, timeout=120) as client:
        tools = [{"type": "function", "function": tool}]
        reply = client.chat.completions.create(model=day.model, messages=messages, tools=tools, **ask)
        (call, *_) = reply.choices[0].message.tool_calls
        assert call.function.name == "get_weather" and "city" in json.loads(call.function.arguments), call
        reply = client.chat.completions.parse(model="sarai", messages=messages, response_format=Weather, **ask)
        assert isinstance(reply.choices[0].message.parsed, Weather)


@contextlib.contextmanager
def browser(day):
    """A browser that nobody used before, paired and open."""
    page = Page(day.home, day.tmp / "browser")
    try:
        page.open()
        yield page
        assert page.problems() == []
    finally:
        page.driver.quit()
        shutil.rmtree(day.tmp / "browser", ignore_errors=True)


def page(day):
    """The page in a real browser answers from the memory and from the model."""
    with browser(day) as page:
        page.ask("¿Dónde vive mi hermana?")
        page.wait_for_end()
        assert page.words().strip() == "Tu hermana vive en Madrid."
        page.ask("Di «sí».")
        page.until(lambda: len(page.all(".answered")) == 2 and page.words().strip(), ANSWER_S)
        page.press(Keys.ESCAPE)
        page.until(lambda: not page.all(".writing"), ANSWER_S)


def in_the_middle(day):
    """An answer that is being written, and a skill that is there to be hit."""
    data_of(ask_skill(day.home, "sql", "", COUNT))
    # By the model's own name, which reads nothing before the question.
    connection, reply = day.home.stream(LONG, model=day.model, max_tokens=400, temperature=1)
    chunks = deltas(reply)
    next(chunks), next(chunks)
    return connection


def hit(day, fault, part):
    connection = in_the_middle(day)
    pid = parts_below(day.up.pid)[part]
    os.kill(pid, fault)
    connection.close()
    return pid


def killed(day):
    """Each process in turn dies in the middle of something."""
    for _ in range(day.rounds):
        for part in [part for part in all_parts(day) if part != "up"]:
            pid = hit(day, signal.SIGKILL, part)
            wait_for(f"the end of {part}", lambda: not is_alive(pid))
            day.works_again(f"kill -9 of {part}")
        # Nobody looks after `up`: everything ends with it, and the owner starts it again.
        below = descendants_of(day.up.pid)
        hit(day, signal.SIGKILL, "up")
        day.up.wait()
        wait_for("everything to end with `up`", lambda: not any(is_alive(pid) for pid in below))
        day.start()
        day.works_again("kill -9 of up, and its start")


def all_parts(day):
    """Every process by name, once all of them are there."""
    wanted = {"up", "serve", "loop", "model", "model launcher", "skill-sql", "skill-sql launcher"}
    wait_for("every process", lambda: day.works() and wanted <= parts_below(day.up.pid).keys(), AGAIN_S)
    return list(parts_below(day.up.pid))


def stopped(day):
    """Each process in turn hangs in the middle of something, and nobody wakes it."""
    for _ in range(day.rounds):
        for part in [part for part in all_parts(day) if part != "up"]:
            pid = hit(day, signal.SIGSTOP, part)
            if part in ("serve", "loop", "model", "skill-sql"):
                wait_for(f"the end of {part}, which hangs", lambda: not is_alive(pid))
            day.works_again(f"SIGSTOP of {part}")
        # Of `up` only the owner can see that it hangs; as long as it does, everything else goes on.
        serve = parts_below(day.up.pid)["serve"]
        hit(day, signal.SIGSTOP, "up")
        time.sleep(3)
        assert day.works()
        day.up.send_signal(signal.SIGCONT)
        day.works_again("SIGSTOP of up, and SIGCONT")
        assert parts_below(day.up.pid)["serve"] == serve, "nothing was wrong with serve"


def full_disk(day):
    """The disk fills up: answers go on, nothing is said to be kept that is not, and then there is room again."""
    home = day.home
    home.clock.set("10:30")
    filler = home.state / "filler"
    fill(filler)
    refused = day.diary.refused
    wait_for("a write to be refused", lambda: day.diary.refused > refused)
    text, memory, _ = said(home, "Mi gato se llama Tizón", max_tokens=8)
    assert text and memory["stored"] == [] and memory["trouble"], memory
    ended = home.run("rules", "add", "--yes", "avísame mañana a las 9 de nada")
    assert ended.returncode != 0 and ended.stderr.strip(), ended
    day.mark("answers without a place to write")
    # Whoever dies now is back soon. A model is not: no jail begins that cannot say what holds in it.
    os.kill(parts_below(day.up.pid)["serve"], signal.SIGKILL)
    wait_for("serve on a full disk", lambda: home.answers("/health", ok=(200, 503)), AGAIN_S)
    filler.unlink()
    day.works_again("a full disk")
    written = len(day.diary.written)
    wait_for("writes to be kept again", lambda: len(day.diary.written) > written)
    assert "avísame mañana" not in rules(home, "list")


def fill(path):
    """Takes all that is left of a disk."""
    with open(path, "wb") as file:
        size = 16 << 20
        while size >= 4096:
            try:
                os.posix_fallocate(file.fileno(), file.tell(), size)
                file.seek(0, os.SEEK_END)
            except OSError:
                size //= 2


def damaged_databases(day):
    """The memory and the rules are damaged while nothing runs: a backup takes their place, and it is said."""
    home = day.home
    rules(home, "run", "backup")
    wait_for("the backup", lambda: list((home.state / "db" / "rules-backups").glob("*.db")))
    day.stop()
    db = home.state / "db"
    for file in (db / "memory" / "memory.db", db / "rules.db"):
        whole = bytearray(file.read_bytes())
        whole[: len(whole) // 2] = b"\xff" * (len(whole) // 2)
        file.write_bytes(whole)
    day.start()
    day.works_again("two damaged databases")
    log = "".join(path.read_text() for path in home.state.glob("logs/*.log"))
    assert "the memory was damaged; a backup took its place" in log
    assert "the store was damaged" in log
    assert list((db / "memory").glob("damaged-*.db")) and list(db.glob("rules-damaged-*.db"))


def damaged_cache(day):
    """What the model has read is damaged on disk: a cold start, and the same answers."""
    home = day.home
    fixed = " ".join(f"Rule {n}: be brief, and name river number {n} when somebody asks for it." for n in range(1, 30))

    def ask():
        talk = [{"role": "system", "content": fixed}, {"role": "user", "content": "Name three rivers."}]
        body = {"model": day.model, "messages": talk, "max_tokens": 4, "temperature": 0}
        status, reply = home.request("POST", "/v1/chat/completions", body)
        assert status == 200, reply

    ask()
    snapshots = lambda: list((home.state / "kv").glob("*.kv"))
    # Other conversations may be written before this one.
    wait_for("the snapshots", lambda: snapshots() and all(time.time() - path.stat().st_mtime > 4 for path in snapshots()))
    day.stop()
    for path in snapshots():
        data = bytearray(path.read_bytes())
        data[-40_000 % len(data)] ^= 1
        path.write_bytes(data)
    day.start()
    ask()
    wait_for("a snapshot to be refused", lambda: home.gauge("sarai_prefix_cache_refused_total") >= 1)
    day.works_again("a damaged cache")
    assert home.model_component()["restarts"] == 0


def mistaken_config(day):
    """A slip in the config: a running program keeps the old one, a new one names the line and does not start."""
    home = day.home
    good = home.config_file.read_text()
    home.config_file.write_text(good + "server:\n  prot: 1\n")
    log = home.state / "logs" / "serve.log"
    wait_for("the complaint", lambda: "prot" in log.read_text())
    assert day.works()
    day.stop()
    refused = home.run("up", timeout=30)
    assert refused.returncode == 64 and "prot" in refused.stderr and ":4" in refused.stderr, refused
    home.config_file.write_text(good)
    day.start()
    day.works_again("a mistake in the config")


def clock_jumps(day):
    """Somebody sets the clock, forwards and back and forwards: what was due comes, once."""
    home = day.home
    home.clock.set("14:00")
    wait_for("the reminder of noon", lambda: any("regar las plantas" in text for _, text in messages(home)), 60)
    for hour in ("13:30", "08:30", "13:30", "14:30"):
        home.clock.set(hour)
        time.sleep(2)
        assert day.works()
        day.mark(f"the clock shows {hour}")
    assert words(home, "regar-las-plantas").count("done") == 1


def night(day):
    """Everything ends at once, without a warning; while nobody runs a reminder becomes due; everything starts again."""
    everything = [*descendants_of(day.up.pid), day.up.pid]
    kill_all(everything)
    day.up.wait()
    wait_for("the end of all", lambda: not any(is_alive(pid) for pid in everything))
    day.home.clock.set("22:00")
    day.start()
    day.works_again("kill -9 of everything")
    wait_for("the reminder of the night", lambda: any("llamar a Luis" in text for _, text in messages(day.home)), 60)
    day.stop()
    day.start()


def evening(day):
    """What was promised is there, once; what was told is known, what was forgotten is not; the page shows it."""
    home = day.home
    for text, rule in (("regar las plantas", "regar-las-plantas"), ("llamar a Luis", "llamar-a-luis")):
        heard = [kind for kind, said in messages(home) if text in said]
        assert heard == ["tell"], (text, messages(home))
        # The clock jumped over the one, and nobody ran when the other was due.
        assert words(home, rule) == ["missed", "fired", "started", "done"], words(home, rule)
    for question, answer in (
        ("¿Cómo me llamo?", "Te llamas Ana."),
        ("Where does my sister live?", "Your sister lives in Madrid."),
        ("¿Dónde vivo?", "Vives en Vigo."),
    ):
        assert said(home, question)[0] == answer, question
    assert (held := holding(home.state, SECRET_WORD)) == [], held
    with browser(day) as page:
        page.until(lambda: sum("llamar a Luis" in text for text in page.text("#news .news-text")) == 1)
        while cards := page.all("#news .news-buttons button"):
            count = len(page.all("#news .news-card"))
            cards[0].click()
            page.until(lambda: len(page.all("#news .news-card")) == count - 1)
    wait_for("everything to be seen", lambda: messages(home) == [])
    day.diary.close()
    assert day.diary.missing() == []
    assert len(day.diary.written) > 100, "the diary was hardly written"
    day.stop()


SCENES = (
    begin,
    conversations,
    facts,
    wishes,
    database,
    client,
    page,
    killed,
    stopped,
    full_disk,
    damaged_databases,
    damaged_cache,
    mistaken_config,
    clock_jumps,
    night,
    evening,
)


def with_mounts_of_its_own():
    """Begins this program anew where it may mount something that nobody else sees, or says that it may not."""
    if os.environ.get(ALONE):
        return
    own = ["unshare", "--mount", *(["--user", "--map-root-user"] if os.geteuid() else [])]
    probe = subprocess.run([*own, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, text=True)
    if probe.returncode != 0:
        sys.exit(
            "The day needs a small disk of its own to fill, and this user may mount nothing here: "
            f"{probe.stderr.strip()}\nRun it as root, or where unprivileged user namespaces are allowed."
        )
    os.execvpe(own[0], [*own, sys.executable, *sys.argv], os.environ | {ALONE: "1"})


def main():
    parser = argparse.ArgumentParser(description="Lives a compressed day with SARAi.")
    parser.add_argument("--report", type=pathlib.Path, required=True, help="the folder for day.json and day.svg")
    parser.add_argument("--rounds", type=int, default=5, help="how often each process is killed and stopped")
    parser.add_argument("--model", default=CODER, help="a model that calls tools, from SARAI_TEST_MODEL_DIR")
    options = parser.parse_args()
    with_mounts_of_its_own()
    # Whoever is told to end still takes everything down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    day = Day(options.model, options.rounds)
    wrong = day.live()
    day.report(wrong, options.report)
    for text in wrong:
        print(text, file=sys.stderr)
    print(f"{'FAILED' if wrong else 'passed'} in {day.watch.at():.0f} s; see {options.report}/day.svg")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
