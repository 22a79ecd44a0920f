"""Mixed load on one running SARAi for hours: does it grow, does it slow down, does it fail?

    python tests/soak.py --hours 1 --report FOLDER [--model ID]

Five kinds of users at once: one talks, one asks a skill, one tells, asks and forgets, one arranges reminders, one looks
at the page. Measured are the memory of every process (proportional set size) with its slope over time, the open files,
the time to the first token, and everything that failed. FOLDER gets `soak.json` and `soak.svg`.

A slope is the median of the slopes between any two blocks of time after the warm-up, each with its median, and its
interval is bootstrapped over those blocks. So what is made once, a step, is no slope, and what grows again and again is.
It is too steep when even the lower end of the interval is above the limit. Noise makes a short run blind to small slopes,
so the limit allows a fixed growth over what was measured: short runs find coarse leaks, long ones fine ones.

The exit code is 1 if anything failed or grew. `make soak HOURS=1` runs it; `make test` a minute, by `test_soak.py`.
"""

import argparse
import http.client
import itertools
import json
import pathlib
import random
import re
import statistics
import sys
import threading
import time

from harness import CODER, COUNT, EXPENSES, Home, UnixConnection, ask_skill, data_of, deltas, make_database, said, up
from picture import Panel, draw
from watch import MB, Watch, machine

# What the limit allows: so much growth over the time that was measured, and so much an hour at least.
GROWTH_MB = 6
SLOPE_MB_PER_HOUR = 6
# Of the whole time, the part in which caches fill and nothing is judged; and at most.
WARM_UP, WARM_UP_S = 1 / 2, 600
BLOCKS = 24
RESAMPLES = 2000
ERRORS_KEPT = 50
QUESTIONS = (
    "Name three rivers of Spain.",
    "¿Qué se puede cocinar con patatas y huevos?",
    "Say something about the sea.",
    "Explica en dos frases qué es un faro.",
)


class User(threading.Thread):
    """Does one thing again and again, with a pause in between, and keeps what went wrong."""

    pause_s = 0.5

    def __init__(self, home, over):
        super().__init__(daemon=True)
        self.home, self.over = home, over
        self.random = random.Random(type(self).__name__)
        self.done, self.errors = 0, []

    def run(self):
        while not self.over.is_set():
            try:
                self.act(self.done)
                self.done += 1
            except Exception as error:
                self.errors.append(f"{type(self).__name__}: {error!r}"[:500])
            self.over.wait(self.pause_s)


class Talker(User):
    """Conversations of four turns, streamed, with the model alone."""

    def __init__(self, home, over):
        super().__init__(home, over)
        self.messages = []
        # When each answer was asked for, and how long its first token took.
        self.first_tokens = []

    def act(self, n):
        if len(self.messages) >= 8:
            self.messages = []
        self.messages.append({"role": "user", "content": self.random.choice(QUESTIONS)})
        asked = time.monotonic()
        text = ""
        connection = UnixConnection(self.home.socket)
        try:
            body = {"model": self.home.settings["model.default"], "messages": self.messages, "stream": True, "max_tokens": 32}
            connection.request("POST", "/v1/chat/completions", json.dumps(body))
            reply = connection.getresponse()
            assert reply.status == 200, reply.read()
            for chunk in deltas(reply):
                assert "error" not in chunk, chunk
                if delta := chunk["choices"][0]["delta"].get("content") if chunk.get("choices") else None:
                    if not text:
                        self.first_tokens.append((asked, time.monotonic() - asked))
                    text += delta
        finally:
            connection.close()
        assert text, "an empty answer"
        self.messages.append({"role": "assistant", "content": text})


class Asker(User):
    """A skill: a query as it stands, and now and then a question in words."""

    def act(self, n):
        if n % 10 == 9:
            data = data_of(ask_skill(self.home, "sql", "¿Cuántos gastos hay en total?", max_tokens=200))
        else:
            data = data_of(ask_skill(self.home, "sql", "", COUNT))
        assert data["rows"] == [[len(EXPENSES)]], data


class Teller(User):
    """Tells facts, asks for them, and now and then forgets them all, so that what is kept does not grow."""

    pause_s = 1
    PEOPLE = ("Berta", "Carlos", "Diana", "Emilio", "Fermín", "Gloria")

    def act(self, n):
        person = self.PEOPLE[n % len(self.PEOPLE)]
        status, reply = self.home.request("POST", "/v1/memory", {"add": {"subject": person, "verb": "lives_in", "object": "Soria"}})
        assert status == 200, reply
        text, _, _ = said(self.home, f"Where does {person} live?")
        assert text == f"{person} lives in Soria.", text
        if n % 30 == 29:
            for person in self.PEOPLE:
                status, reply = self.home.request("POST", "/v1/memory", {"forget": {"person": person}})
                assert status == 200, reply


class Arranger(User):
    """Arranges a reminder in a conversation and takes it back on the command line."""

    pause_s = 3

    def act(self, n):
        wish = {"role": "user", "content": "avísame mañana a las 9 de regar las plantas"}
        talk = [wish]
        for answer in (None, "sí"):
            if answer:
                talk += [{"role": "assistant", "content": "…"}, {"role": "user", "content": answer}]
            status, reply = self.home.request("POST", "/v1/chat/completions", {"model": "sarai", "messages": talk})
            assert status == 200, reply
        name = reply["choices"][0]["message"]["content"].split()[-1]
        ended = self.home.run("rules", "remove", name)
        assert ended.returncode == 0, ended


class Visitor(User):
    """A browser's requests: the page with all that it loads, the messages, a turn that is drawn."""

    pause_s = 2

    def __init__(self, home, over):
        super().__init__(home, over)
        _, issued = home.request("GET", "/pair/new")
        reply = self.ask("POST", "/pair", {"code": issued["code"]}, expect=204)
        self.cookie = reply.headers["Set-Cookie"].split(";")[0]

    cookie = ""

    def ask(self, method, path, body=None, expect=200):
        connection = http.client.HTTPConnection("127.0.0.1", self.home.port, timeout=60)
        try:
            origin = {"Origin": self.home.url} if body is not None else {}
            headers = {"Content-Type": "application/json", "Cookie": self.cookie, **origin}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            reply = connection.getresponse()
            reply.body = reply.read().decode()
        finally:
            connection.close()
        assert reply.status == expect, (path, reply.status, reply.body[:200])
        return reply

    def act(self, n):
        shell = self.ask("GET", "/").body
        loaded = set(re.findall(r'"(/assets/[^"]+)"', shell))
        assert loaded, shell[:200]
        for path in sorted(loaded):
            self.ask("GET", path)
        self.ask("GET", "/v1/messages")
        self.ask("GET", "/metrics")
        self.ask("POST", "/page/render", {"texts": ["# Uno\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"] * 20})
        turn = {"messages": [{"role": "user", "content": "¿Dónde vivo?"}]}
        assert "event: done" in self.ask("POST", "/page/turn", turn).body


USERS = (Talker, Asker, Teller, Arranger, Visitor)


def slope_of(samples, rng):
    """MB an hour of (seconds, bytes): the median between any two blocks, and 95 % of what resampled blocks give."""
    first, last = samples[0][0], samples[-1][0]
    width = (last - first) / BLOCKS or 1
    blocks = {}
    for at, size in samples:
        blocks.setdefault(min(int((at - first) / width), BLOCKS - 1), []).append((at, size))
    points = [
        (statistics.mean(at for at, _ in block) / 3600, statistics.median(size for _, size in block) / MB)
        for block in blocks.values()
    ]
    if len(points) < BLOCKS // 2:
        return None
    fitted = []
    while len(fitted) < RESAMPLES:
        if (slope := median_slope(rng.choices(points, k=len(points)))) is not None:
            fitted.append(slope)
    fitted.sort()
    return median_slope(points), fitted[int(0.025 * RESAMPLES)], fitted[int(0.975 * RESAMPLES)]


def median_slope(points):
    """Theil and Sen's: unlike least squares, one step in the middle does not tilt it."""
    pairs = itertools.combinations(points, 2)
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs if a[0] != b[0]]
    return statistics.median(slopes) if slopes else None


def verdict(watch, measured_from, measured_s):
    """The slope of each part that was there all the time, and whether it is too steep."""
    rng = random.Random(1)
    limit = max(SLOPE_MB_PER_HOUR, GROWTH_MB / (measured_s / 3600))
    slopes = {}
    for part, samples in watch.by_part().items():
        late = [(at, size) for at, size, _ in samples if at >= measured_from]
        if late and (fitted := slope_of(late, rng)):
            slope, low, high = fitted
            slopes[part] = {"mb_per_hour": round(slope, 2), "interval": [round(low, 2), round(high, 2)], "steep": low > limit}
    return slopes, limit


def first_tokens(talker, start, seconds):
    """Deciles of all first-token times in ms, and the median of each tenth of the run."""
    times = [ms * 1000 for _, ms in talker.first_tokens]
    tenths = [[] for _ in range(10)]
    for asked, ms in talker.first_tokens:
        tenths[min(int((asked - start) / seconds * 10), 9)].append(ms * 1000)
    return {
        "count": len(times),
        "deciles_ms": [round(ms) for ms in statistics.quantiles(times, n=10)] if len(times) > 1 else [],
        "median_ms_by_tenth": [round(statistics.median(tenth)) if tenth else None for tenth in tenths],
    }


def soak(hours, model):
    seconds = hours * 3600
    over = threading.Event()
    with Home(**{"model.default": model}) as home:
        home.settings["skills.databases"] = f"[{make_database(home.dir / 'gastos.db')}]"
        process = up(home)
        status, reply = home.request("POST", "/v1/memory", {"add": {"verb": "lives_in", "object": "Lugo"}})
        assert status == 200, reply
        watch = Watch(lambda: process.pid if process.poll() is None else None, period_s=min(max(seconds / 600, 0.25), 5))
        watch.start()
        start = time.monotonic()
        users = [user(home, over) for user in USERS]
        for user in users:
            user.start()
        # Whoever ends before its time is an error as well.
        while time.monotonic() - start < seconds and process.poll() is None:
            time.sleep(0.5)
        measured_s = time.monotonic() - start
        over.set()
        for user in users:
            user.join()
        watch.stop()
        errors = [error for user in users for error in user.errors]
        errors += [f"{user.__class__.__name__} got nothing done" for user in users if not user.done]
        if process.poll() is not None:
            errors.append(f"sarai up ended with {process.returncode}: {home.log_of(process)[-2000:]}")
        else:
            _, health = home.request("GET", "/health")
            errors += [f"{c['name']} was started again {c['restarts']} times" for c in health["components"] if c["restarts"]]
    warm_up = min(seconds * WARM_UP, WARM_UP_S)
    slopes, limit = verdict(watch, warm_up, measured_s - warm_up)
    report = {
        "passed": not errors and not any(slope["steep"] for slope in slopes.values()),
        "machine": machine(),
        "model": model,
        "seconds": round(measured_s, 1),
        "warm_up_s": round(warm_up, 1),
        "limit_mb_per_hour": round(limit, 1),
        "slopes": slopes,
        "processes": watch.summary(),
        "first_token": first_tokens(users[0], start, measured_s),
        "done": {type(user).__name__: user.done for user in users},
        "error_count": len(errors),
        "errors": errors[:ERRORS_KEPT],
    }
    return report, picture(report, watch, users[0], start)


def picture(report, watch, talker, start):
    lines = watch.lines()
    files = {part: [(at, count) for at, _, count in samples] for part, samples in watch.by_part().items()}
    few = lambda by_part, names: {part: line for part, line in by_part.items() if part in names}
    parts = ("up", "serve", "loop", "skill-sql")
    first = [(asked - start, taken * 1000) for asked, taken in talker.first_tokens]
    on = report["machine"]
    panels = [
        Panel("Memory of the model, MB", few(lines, ("model",))),
        Panel("Memory of the others, MB", few(lines, parts)),
        Panel("Open files", few(files, (*parts, "model"))),
        Panel("First token, ms", {"first token": first}),
    ]
    return draw("A soak of SARAi", f"{on['processor']}, {on['cores']} cores; {report['model']}", panels)


def main():
    parser = argparse.ArgumentParser(description="Loads one SARAi for a long time and says what grows.")
    parser.add_argument("--hours", type=float, required=True)
    parser.add_argument("--report", type=pathlib.Path, required=True, help="the folder for soak.json and soak.svg")
    parser.add_argument("--model", default=CODER, help="a model that writes queries, from SARAI_TEST_MODEL_DIR")
    options = parser.parse_args()
    report, svg = soak(options.hours, options.model)
    options.report.mkdir(parents=True, exist_ok=True)
    (options.report / "soak.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    (options.report / "soak.svg").write_text(svg)
    print(json.dumps({key: report[key] for key in ("passed", "limit_mb_per_hour", "slopes", "first_token", "done")}, indent=1))
    for error in report["errors"]:
        print(error, file=sys.stderr)
    return 0 if report["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
