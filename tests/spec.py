"""Measures what SPECIFICATION.md promises, and says of each promise whether it is kept.

    python tests/spec.py --report FOLDER [--model ID] [--against URL] [--only NAME ...]

Each promise names the measurement that it is read from, and each measurement runs once. A promise about another server
wants `--against`; without, it is not measured, and says so. FOLDER gets `spec.md`, a table, and `spec.json` with everything
that was measured. `make spec` runs it, on a computer that does nothing else.

The exit code is 1 if a measurement failed. A promise that is not kept is a figure, not a failure.
"""

import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from engines import NAMES, Engine
from harness import CODER, Home, from_env, wait_for

MB = 1_000_000
BENCH_S = 3600
STARTS = 5


@dataclasses.dataclass
class Promise:
    """One row: what is promised, where it is measured, the figure as a person reads it, and whether it is kept."""

    what: str
    measured_by: str
    # None where this run did not measure it; kept is None where nothing was promised but that it is measured.
    read: Callable[[dict], tuple[str, bool | None] | None]


def below(value, limit, unit, digits=2):
    """A figure that is to be at most so much."""
    return f"{value:.{digits}f} {unit}".strip(), value <= limit


def share(hits_of, limit, at_most=False):
    """A share of cases with its interval."""
    hits, of = hits_of["hits"], hits_of["of"]
    kept = hits <= limit * of if at_most else hits >= limit * of
    return f"{hits} of {of} ({100 * hits_of['low']:.1f} to {100 * hits_of['high']:.1f} %)", kept


def interval_of(interval, digits=2):
    return f"{interval['median']:.{digits}f} ({interval['low']:.{digits}f} to {interval['high']:.{digits}f})"


def first(rows, **wanted):
    return next((row for row in rows if all(row[key] == value for key, value in wanted.items())), None)


def of_starts(backend, busy, limit):
    def read(result):
        row = first(result["starts"], backend=backend, busy=busy)
        return row and (f"p50 {row['p50']:.1f}, p95 {row['p95']:.1f} ms of {len(row['ms'])}", row["p95"] <= limit)

    return read


def of_memory(name, figure, limit, at_most=False):
    return lambda result: share(first(result["sets"], set=name, system="memory")[figure], limit, at_most)


def of_time(what, limit):
    def read(result):
        row = first(result["times"], what=what)
        return f"p50 {row['p50_ms']:.2f}, p99 {row['p99_ms']:.2f} ms with {result['facts']} facts", row["p99_ms"] <= limit

    return read


def of_gain(classes, limit):
    """All tokens of each class together, with guesses over without."""

    def read(result):
        policy = first(result["policies"], policy="auto")
        rows = [first(policy["classes"], **{"class": name}) for name in classes]
        rows = [row for row in rows if row and row["ratio_total"]]
        said = ", ".join(f"{row['class']} {interval_of(row['ratio_total'])}" for row in rows)
        return said, all(row["ratio_total"]["median"] >= limit for row in rows)

    return read


def of_rules(result):
    alone, rules = (first(result["ours"], company=company)["first_token_ms"]["median"] for company in ("alone", "rules"))
    hourly = statistics.median(result["actions_per_hour"])
    said = f"{rules / alone:.2f} ({rules:.0f} against {alone:.0f} ms) at {hourly:.0f} actions an hour"
    return said, rules <= 1.05 * alone and hourly >= 7


def of_same(result):
    equality = first(result["policies"], policy="auto")["greedy"]
    said = f"{equality['same']} of {equality['answers']}, {equality['near_ties']} of the others at a near-tie"
    return said, equality["same"] + equality["near_ties"] == equality["answers"]


def of_faults(result):
    faults = result["faults"]
    said = (
        f"{faults['answered']} answers, {faults['failed']} errors, {faults['lost']} lost, {faults['wrong']} mixed up,"
        f" {faults['left_over']} processes left, {faults['kills']} kills"
    )
    whole = faults["answered"] + faults["failed"] == faults["calls"]
    return said, whole and not faults["lost"] and not faults["wrong"] and not faults["left_over"]


def of_weeks(result):
    weeks = result["weeks"]
    said = f"{weeks['moments']} moments, {weeks['crashes']} crashes: {weeks['lost']} lost, {weeks['doubled']} done twice"
    return said, not weeks["lost"] and not weeks["doubled"]


def of_theirs(figure, limit, more_is_better):
    def read(result):
        ratio = result["ratio"] and result["ratio"][figure]
        kept = ratio and (ratio["median"] >= limit if more_is_better else ratio["median"] <= limit)
        return ratio and (interval_of(ratio), kept)

    return read


def of_ms(*path, limit_s, pick=float):
    """A time in ms somewhere in a result, held to seconds."""
    return lambda result: below(pick(inside(result, path)) / 1000, limit_s, "s")


def of_bytes(*path, limit_mb):
    return lambda result: below(inside(result, path) / MB, limit_mb, "MB", 1)


def inside(result, path):
    for key in path:
        result = result[key]
    return result


def of_quiet(result):
    weeks = result["weeks"]
    starts, repeats = weeks["model_starts_in_quiet_hours"], weeks["repeats_within_a_day"]
    return f"{starts} and {repeats}", not starts and not repeats


def of_crossings(result):
    acted, crossings = result["weeks"]["crossings_acted"], result["weeks"]["crossings"]
    return f"{acted} of {crossings}", acted == crossings


def of_seconds(name, limit_s):
    return lambda result: below(statistics.median(result[name]), limit_s, "s")


def of_routes(result):
    return interval_of(first(result["parts"], part="test")["accuracy"], 3), None


CLASSES = ("prose", "code", "edit", "quote", "json", "tools", "translation")
PROMISES = [
    Promise("writing speed ≥ 0.98 × the other server", "chat", of_theirs("tokens_per_second", 0.98, True)),
    Promise("first token of a first turn ≤ 1.0 × the other server", "chat", of_theirs("first_token_cold", 1, False)),
    Promise("first token of a further turn ≤ 1.0 × the other server", "chat", of_theirs("first_token_warm", 1, False)),
    Promise("first token after `kill -9` and a restart ≤ 1.0 s", "restart", of_ms("after_restart", "median", limit_s=1)),
    Promise("that, at least 10 × as fast as cold", "restart", lambda r: (interval_of(r["speedup"], 1), r["speedup"]["median"] >= 10)),
    Promise("guessing ≥ 0.98 × writing without guesses, any class", "speculative", of_gain(CLASSES, 0.98)),
    Promise("copy-heavy answers ≥ 2 × writing without guesses", "speculative", of_gain(("quote", "edit"), 2)),
    Promise("greedy answers with guesses are those without, up to near-ties", "speculative", of_same),
    Promise("rules that act change a person's first token by ≤ 5 %, at ≥ 7 actions an hour", "mixed", of_rules),
    Promise("a skill serves after its start, local p95 ≤ 25 ms", "starts", of_starts("local", False, 25)),
    Promise("the same while every core is busy", "starts", of_starts("local", True, 25)),
    Promise("the same in a container of Docker, p95 ≤ 400 ms", "starts", of_starts("docker", False, 400)),
    Promise("the same in a container of Podman, p95 ≤ 400 ms", "starts", of_starts("podman", False, 400)),
    Promise("a skill idle ≤ 8 MB", "calls", of_bytes("calls", "skill_bytes", limit_mb=8)),
    Promise("health of a skill p50 ≤ 1 ms", "calls", lambda r: below(r["calls"]["health_ms"]["p50"], 1, "ms")),
    Promise("a skill that is killed answers again in p99 ≤ 1 s", "faults", of_ms("faults", "killed_ms", limit_s=1, pick=max)),
    Promise("a skill that hangs answers again within two looks and a start", "faults", of_ms("faults", "stopped_ms", limit_s=4, pick=max)),
    Promise("calls of skills that are killed: none lost without an error, none mixed up, nothing left", "faults", of_faults),
    Promise("requests routed to the right skill, or to none", "routing", of_routes),
    *(
        Promise(f"{what}, {name}", "memory", of_memory(name, figure, limit, at_most))
        for name in ("seventh-test", "sixth-test", "fifth-test", "fourth-test", "third-test", "second-test", "fresh-test")
        for what, figure, limit, at_most in (
            ("facts recalled ≥ 95 %", "recall", 0.95, False),
            ("stale values in answers ≤ 1 %", "stale", 0.01, True),
            ("abstention where nothing is known ≥ 98 %", "abstention", 0.98, False),
            ("junk from turns without facts ≤ 1 %", "junk", 0.01, True),
            ("what was forgotten leaks: never", "leak", 0, True),
        )
    ),
    Promise("one fact by subject p99 ≤ 1 ms", "memory", of_time("subject", 1)),
    Promise("one fact by object p99 ≤ 1 ms", "memory", of_time("object", 1)),
    Promise("facts by words p99 ≤ 20 ms", "memory", of_time("words", 20)),
    Promise("the memory's part of a turn p99 ≤ 5 ms", "memory", of_time("turn", 5)),
    Promise("every due action of a rule exactly once or reported", "proactive", of_weeks),
    Promise("crossings of a memory threshold acted upon", "proactive", of_crossings),
    Promise("calls of the model in quiet hours, and repetitions within 24 hours: none", "proactive", of_quiet),
    Promise("the loop is back after `kill -9` in p99 ≤ 1 s", "proactive", of_ms("process", "killed_p99", limit_s=1)),
    Promise("the loop is back after a hang in ≤ 3 s", "proactive", of_ms("process", "stopped_p99", limit_s=3)),
    Promise("the loop resident ≤ 15 MB", "proactive", of_bytes("process", "resident_bytes", limit_mb=15)),
    Promise("CPU of the loop while idle ≤ 0.1 %", "proactive", lambda r: below(r["process"]["idle_cpu_percent"], 0.1, "%", 3)),
    Promise("second start to everything but the model ≤ 1 s", "start", of_seconds("listens_s", 1)),
    Promise("second start to an answering model ≤ 5 s", "start", of_seconds("ready_s", 5)),
    Promise("`serve` idle ≤ 25 MB", "start", of_bytes("serve_bytes", limit_mb=25)),
    Promise("size of the program `sarai`", "start", lambda r: (f"{r['program_bytes'] / MB:.1f} MB", None)),
]


class Bench:
    """Runs a scenario of `sarai bench` and keeps what it says."""

    def __init__(self, model):
        self.model = model

    def run(self, *args, **more):
        environment = os.environ | {"SARAI_LANG": "en"} | more
        done = subprocess.run(
            [str(from_env("SARAI_BIN")), "bench", *args, "--json"],
            env=environment, stdout=subprocess.PIPE, text=True, timeout=BENCH_S, check=True,
        )
        return json.loads(done.stdout)


def measurements(bench, against):
    """By name: the command that a person would type, and how it is measured here."""
    own = ("--model", bench.model)
    small = ("--model", CODER)
    table = {
        "memory": ("sarai bench memory", ("memory",)),
        "routing": ("sarai bench routing", ("routing",)),
        "proactive": ("sarai bench proactive --kills 16", ("proactive", "--kills", "16")),
        "calls": ("sarai bench skills --part calls", ("skills", "--part", "calls")),
        "faults": ("sarai bench skills --part faults", ("skills", "--part", "faults", *small)),
        "restart": ("sarai bench restart", ("restart", *own)),
        "mixed": (f"sarai bench mixed --model {CODER}", ("mixed", *small)),
        "speculative": ("sarai bench speculative --rounds 1", ("speculative", "--rounds", "1", *own)),
    }
    found = {name: (said, lambda args=args: bench.run(*args)["result"]) for name, (said, args) in table.items()}
    found["starts"] = ("sarai bench skills --part starts", lambda: starts(bench))
    found["start"] = ("sarai up, twice", lambda: start(bench.model))
    if against:
        found["chat"] = ("sarai bench chat --against URL", lambda: chat(bench, against))
    return found


def starts(bench):
    """In a jail, and in containers of each engine."""
    rows = []
    for name in NAMES:
        engine = Engine(name)
        try:
            found = bench.run("skills", "--part", "starts", **engine.env)["result"]["starts"]
        finally:
            engine.close()
        rows = [*rows, *({**row, "backend": name} if row["backend"] == "docker" else row for row in found)]
    return {"starts": rows}


def chat(bench, against):
    """It asks a `serve` that runs."""
    with Home(**{"model.default": bench.model, "runtime.n_ctx": 8192}) as home:
        home.serve()
        done = home.run("bench", "chat", "--against", against, "--json", timeout=BENCH_S)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["result"]


def start(model):
    """A second start of everything, again and again: the model's file was looked at before, and measured."""
    with Home(**{"model.default": model}) as home:
        home.run("status")
        listens, ready = [], []
        for round in range(STARTS + 1):
            begun = time.monotonic()
            program = home.start("up")
            wait_for("an answer", lambda: home.answers("/health", ok=(200, 503)))
            listens.append(time.monotonic() - begun)
            wait_for("the model", lambda: home.answers("/readyz"), 120)
            ready.append(time.monotonic() - begun)
            if round == STARTS:
                # What it read in advance is behind it.
                time.sleep(5)
                parts = home.request("GET", "/health")[1]["components"]
                serve_bytes = next(part["resident_bytes"] for part in parts if part["name"] == "serve")
            program.terminate()
            wait_for("its end", lambda: program.poll() is not None, 60)
        return {
            "listens_s": listens[1:],
            "ready_s": ready[1:],
            "serve_bytes": serve_bytes,
            "program_bytes": from_env("SARAI_BIN").stat().st_size,
        }


def table_of(rows):
    lines = ["| promise | measured | kept | command |", "|---|---|---|---|"]
    lines += [f"| {what} | {figure} | {kept} | `{command}` |" for what, figure, kept, command in rows]
    return "\n".join(lines) + "\n"


def rows_of(results, known):
    """Each promise with its figure, whether it is kept, and the command."""
    rows = []
    for promise in PROMISES:
        command = known[promise.measured_by][0] if promise.measured_by in known else "sarai bench chat --against URL"
        figure = promise.read(results[promise.measured_by]) if promise.measured_by in results else None
        said, kept = figure or ("not measured", None)
        rows.append((promise.what, said, {True: "yes", False: "no", None: "–"}[kept], command))
    return rows


def write(report, rows, results):
    (report / "spec.md").write_text(table_of(rows))
    (report / "spec.json").write_text(json.dumps({"rows": rows, "results": results}, indent=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", type=pathlib.Path, required=True)
    parser.add_argument("--model", default=CODER)
    parser.add_argument("--against")
    parser.add_argument("--only", nargs="*")
    args = parser.parse_args()
    args.report.mkdir(parents=True, exist_ok=True)
    known = measurements(Bench(args.model), args.against)
    if unknown := set(args.only or ()) - set(known):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    results, failed = {}, []
    for name, (said, run) in known.items():
        if args.only and name not in args.only:
            continue
        print(f"{datetime.datetime.now():%H:%M:%S} {said}", flush=True)
        try:
            results[name] = run()
        except (subprocess.SubprocessError, AssertionError, OSError) as error:
            failed.append(name)
            print(f"  failed: {error}", flush=True)
        # Whoever stops it keeps what was measured until then.
        write(args.report, rows_of(results, known), results)
    print((args.report / "spec.md").read_text())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
