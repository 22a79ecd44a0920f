"""Skills from outside: jailed processes behind the front door, what becomes of them, and what the owner has to say."""

import json
import os
import pathlib
import shutil
import signal
import sqlite3
import threading
import time

import openai
import pytest
from harness import (
    CODER,
    COUNT,
    EXPENSES,
    Home,
    ask_skill,
    command_of,
    data_of,
    descendants_of,
    is_alive,
    make_database,
    orphaned_cgroups,
    wait_for,
)

BUILT_IN = ("extract", "markdown", "python", "sql")

@pytest.fixture
def house():
    """A home with a registered database."""
    with Home() as home:
        home.settings["skills.databases"] = f"[{make_database(home.dir / 'gastos.db')}]"
        yield home


@pytest.fixture(scope="module")
def coder():
    """The same with a model that can write queries."""
    with Home(**{"model.default": CODER}) as home:
        home.settings["skills.databases"] = f"[{make_database(home.dir / 'gastos.db')}]"
        home.serve()
        yield home


def skill_pid(serve, skill):
    """The skill's own process, behind its launcher and the jail's first process."""
    for pid in descendants_of(serve.pid):
        if f"/skill/bin/sarai-skill-{skill}".encode() in command_of(pid)[:1]:
            return pid
    return None


def jails_of(serve):
    return [pid for pid in descendants_of(serve.pid) if b"skill-" in b" ".join(command_of(pid))]


def test_the_built_in_skills_are_there_and_may_run(home):
    listed = json.loads(home.run("skill", "list", "--json").stdout)
    assert listed["problems"] == []
    skills = {skill["name"]: skill for skill in listed["skills"]}
    for name in BUILT_IN:
        assert skills[name]["origin"] == "built-in" and skills[name]["standing"] == "granted", skills[name]
    shown = json.loads(home.run("skill", "show", "sql", "--json").stdout)
    assert shown["grants"]["network"] == [] and shown["limits"]["memory_bytes"] > 0
    assert home.run("skill", "show", "nowhere").returncode == 1


def test_a_skill_answers_in_its_jail_and_says_what_it_found(house):
    serve = house.serve()
    assert house.component("skill sql") is None, "nothing runs before it is asked"
    data = data_of(ask_skill(house, "sql", "¿Cuántos gastos hay?", COUNT))
    assert data["rows"] == [[len(EXPENSES)]] and data["columns"] == ["n"]
    assert house.component("skill sql")["status"] == "ready"
    status = pathlib.Path(f"/proc/{skill_pid(serve, 'sql')}/status").read_text()
    for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
        assert line in status, status
    metrics = house.request("GET", "/metrics")[1]
    assert 'skill_requests_total{skill="sql"} 1' in metrics
    assert 'sarai_sandbox_layer{child="sql",layer="seccomp"} 1' in metrics
    assert 'sarai_sandbox_layer{child="model",layer="landlock-files"} 1' in metrics


def test_what_would_change_the_database_is_refused_and_changes_nothing(house):
    house.serve()
    before = (house.dir / "gastos.db").read_bytes()
    for query in ("DELETE FROM gastos", "SELECT 1; DROP TABLE gastos", "PRAGMA user_version = 9", "ATTACH 'x' AS x"):
        status, body = ask_skill(house, "sql", "", {"query": query})
        assert status == 200 and not (body["sarai"]["skill"]["data"] or {}).get("rows"), body
    assert (house.dir / "gastos.db").read_bytes() == before


QUESTIONS = [
    ("¿Cuántos gastos hay en total?", [[6]]),
    ("¿Cuál es la suma de los importes de la categoría comida?", [[101.7]]),
    ("¿Cuál es el importe máximo?", [[71.3]]),
    ("¿Cuántos gastos hay de la categoría luz?", [[2]]),
    ("¿En qué fecha fue el gasto de la categoría ocio?", [["2026-10-15"]]),
]


def found(data, expected):
    rows = [[round(cell, 2) if isinstance(cell, float) else cell for cell in row] for row in (data or {}).get("rows", [])]
    return rows == expected


def test_questions_in_words_are_answered_on_the_command_line(coder):
    right = []
    for question, expected in QUESTIONS:
        asked = coder.run("skill", "run", "sql", "--json", question)
        assert asked.returncode == 0, asked.stderr
        answer = json.loads(asked.stdout)
        assert answer["skill"] == "sql" and answer["text"]
        right.append(found(answer["data"], expected))
    assert all(right), list(zip(QUESTIONS, right))


def test_questions_in_words_are_answered_to_an_openai_client(coder):
    client = openai.OpenAI(base_url=f"{coder.url}/v1", api_key=coder.token, max_retries=0)
    question, expected = QUESTIONS[0]
    answer = client.chat.completions.create(
        model="sarai", messages=[{"role": "user", "content": question}], extra_body={"skill": "sql"}
    )
    assert found(answer.model_extra["sarai"]["skill"]["data"], expected), answer
    pieces = client.chat.completions.create(
        model="sarai", messages=[{"role": "user", "content": question}], extra_body={"skill": "sql"}, stream=True
    )
    text = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    assert "6" in text


def test_a_skill_that_is_killed_or_stopped_is_replaced(house):
    serve = house.serve()
    data_of(ask_skill(house, "sql", "", COUNT))
    for restarts, fault in enumerate((signal.SIGKILL, signal.SIGSTOP), 1):
        pid = skill_pid(serve, "sql")
        os.kill(pid, fault)
        wait_for("its end", lambda: not is_alive(pid))
        wait_for("another one", lambda: skill_pid(serve, "sql") not in (None, pid))
        wait_for("it to be ready", lambda: house.component("skill sql")["status"] == "ready")
        assert data_of(ask_skill(house, "sql", "", COUNT))["rows"] == [[len(EXPENSES)]]
        assert house.component("skill sql")["restarts"] == restarts


def test_many_calls_at_once_are_each_answered_once(house):
    house.serve()
    answers = []

    def ask(n):
        answers.append((n, data_of(ask_skill(house, "sql", "", {"query": f"SELECT {n} AS n"}))["rows"]))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [(n, [[n]]) for n in range(40)]


def test_a_skill_reads_its_files_again_when_told(house):
    house.serve()
    data_of(ask_skill(house, "sql", "", COUNT))
    first = house.request("POST", "/v1/skills/sql/reload")
    second = house.request("POST", "/v1/skills/sql/reload")
    assert (first[0], second[0]) == (200, 200) and second[1]["generation"] == first[1]["generation"] + 1
    assert house.request("POST", "/v1/skills/nowhere/reload")[1]["error"]["code"] == "skill_not_found"


def own_skill(home, name, manifest, files=(), about="Does something."):
    folder = home.dir / "skills" / name
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text(f"---\nname: {name}\ndescription: {about}\n---\n\nDo it.\n")
    if manifest is not None:
        (folder / "sarai.skill.toml").write_text(manifest)
    for source, target in files:
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / target)
    return folder


def sql_program():
    return pathlib.Path(os.environ["SARAI_BIN"]).with_name("skills") / "sql"


def test_a_skill_runs_only_once_its_owner_agrees_and_is_asked_again_when_it_wants_more(house):
    house.serve()
    built = sql_program()
    files = [(built / "bin" / "sarai-skill-sql", "bin/x")]
    folder = own_skill(house, "mine", 'version = "1.0.0"\ncommand = ["bin/x"]\n', files)
    wait_for("it to be noticed", lambda: ask_skill(house, "mine")[1]["error"]["code"] == "skill_not_found")
    refused = house.run("skill", "trust", "mine")
    assert refused.returncode == 1 and "mine" in refused.stdout
    assert house.run("skill", "trust", "mine", "--yes").returncode == 0
    wait_for("it to answer", lambda: ask_skill(house, "mine", "", {"query": "SELECT 1"})[0] == 200)
    (folder / "sarai.skill.toml").write_text(
        f'version = "1.0.1"\ncommand = ["bin/x"]\n[grants]\nread = ["{house.dir}/gastos.db"]\n'
    )
    wait_for("the wish to be noticed", lambda: ask_skill(house, "mine", "", COUNT)[0] == 404)
    wants = house.run("skill", "trust", "mine")
    assert "gastos.db" in wants.stdout and wants.returncode == 1
    assert house.run("skill", "trust", "mine", "--revoke").returncode == 0


def test_a_plain_folder_with_instructions_is_a_prompt_skill(home):
    own_skill(home, "pirate", None, about="Talks like a pirate.")
    home.serve()
    answered = home.run("skill", "run", "pirate", "--json", "Hello")
    assert answered.returncode == 0, answered.stderr
    answer = json.loads(answered.stdout)
    assert answer["skill"] == "pirate" and answer["usage"]["completion_tokens"] > 0


BROKEN = {
    "missing": ('command = ["bin/nowhere"]', "nowhere"),
    "exits": ('command = ["sh", "-c", "exit 3"]\nroot = "system"', "exits"),
    "silent": ('command = ["sleep", "100"]\nroot = "system"', "silent"),
    "garbage": (
        'command = ["sh", "-c", "while :; do echo garbage; done"]\nroot = "system"',
        "garbage",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_skill_that_does_not_work_says_so_and_harms_nobody(home, name):
    command, word = BROKEN[name]
    own_skill(home, name, f'version = "1.0.0"\n{command}\n[limits]\nstart = "500 ms"\n')
    assert home.run("skill", "trust", name, "--yes").returncode == 0
    serve = home.serve()
    before = orphaned_cgroups()
    status, body = ask_skill(home, name, "hello")
    assert status == 503 and word in body["error"]["message"], body
    assert home.chat("Hello")[0] == 200
    wait_for("nothing of it to be left", lambda: not jails_of(serve))
    # Nobody starts another jail here, which would clean up after one that was killed.
    wait_for("its cgroups to be gone", lambda: orphaned_cgroups() <= before, 5)


def test_a_manifest_with_mistakes_is_listed_with_its_line(home):
    own_skill(home, "wrong", 'version = "1.0.0"\ncomand = ["x"]\n')
    own_skill(home, "huge", 'version = "1.0.0"\ncommand = ["sh"]\nroot = "system"\n[limits]\nmemory = "900 TB"\n')
    own_skill(home, "outside", 'version = "1.0.0"\ncommand = ["../../x"]\n')
    listed = json.loads(home.run("skill", "list", "--json").stdout)
    problems = "\n".join(listed["problems"])
    for words in ("wrong/sarai.skill.toml:2", "command", "huge/sarai.skill.toml:5", "outside/sarai.skill.toml:2"):
        assert words in problems, problems
    assert {"wrong", "huge", "outside"}.isdisjoint(skill["name"] for skill in listed["skills"])


def test_nothing_of_a_skill_outlives_the_program(house):
    serve = house.serve()
    data_of(ask_skill(house, "sql", "", COUNT))
    below = descendants_of(serve.pid)
    assert len(below) >= 4
    serve.send_signal(signal.SIGTERM)
    assert serve.wait(30) == 0
    wait_for("all processes to end", lambda: not any(is_alive(pid) for pid in below))
    second = house.serve()
    data_of(ask_skill(house, "sql", "", COUNT))
    below = descendants_of(second.pid)
    second.kill()
    second.wait()
    wait_for("all processes to end with it", lambda: not any(is_alive(pid) for pid in below))


def test_whoever_looks_at_the_databases_when_the_program_ends_leaves_nothing(house):
    before = orphaned_cgroups()
    for pause in (0, 0.02, 0.05, 0.1):
        serve = house.start("serve")
        # Somebody looks about now, for a few hundredths of a second.
        wait_for("an answer", lambda: house.answers("/health", ok=(200, 503)))
        time.sleep(pause)
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(30) == 0
        wait_for("the end of the jail", lambda: orphaned_cgroups() <= before, 5)


def findings(home, skill, *more, **options):
    tested = home.run("skill", "test", skill, "--json", *more, **options)
    return tested.returncode, {one["check"]: one for one in map(json.loads, tested.stdout.splitlines())}


@pytest.mark.parametrize("skill", BUILT_IN)
def test_a_built_in_skill_keeps_to_the_contract_in_its_jail(home, skill):
    code, found = findings(home, skill)
    failed = [one for one in found.values() if one["verdict"] == "failed"]
    assert code == 0 and not failed, failed
    # What nobody named a file for.
    assert {name for name, one in found.items() if one["verdict"] == "not-tried"} == {"broken-reload"}


def test_a_skill_is_tested_in_the_jail_that_the_config_wants(home):
    home.settings["phoenix.skill_runtime"] = "docker"
    nowhere = {"DOCKER_HOST": f"unix://{home.dir}/nowhere.sock"}
    code, found = findings(home, "markdown", env=nowhere)
    assert code == 1 and found["serving"]["verdict"] == "failed", found
    code, found = findings(home, "markdown", "--backend", "local", env=nowhere)
    assert code == 0 and found["serving"]["verdict"] == "passed", found


def test_a_skill_that_asks_the_model_is_tested_with_given_words(house):
    _, without = findings(house, "sql", "--text", "¿Cuántos gastos hay?")
    assert "declines" in without["infer"]["detail"], without["infer"]
    code, found = findings(house, "sql", "--text", "¿Cuántos gastos hay?", "--says", COUNT["query"])
    assert code == 0 and found["infer"]["detail"] == "", found["infer"]


def test_a_skill_is_measured(home):
    measured = home.run("skill", "bench", "markdown", "--starts", "3", "--json")
    assert measured.returncode == 0, measured.stderr
    report = json.loads(measured.stdout)
    (starts,), calls = report["result"]["starts"], report["result"]["calls"]
    assert report["scenario"] == "skills" and report["model"]["id"] == "markdown"
    assert starts["backend"] == "local" and len(starts["ms"]) == 3 and all(ms > 0 for ms in starts["ms"])
    assert 0 < calls["skill_bytes"] <= calls["jail_bytes"]
    for kind in ("health_ms", "call_ms", "answer_ms"):
        assert 0 < calls[kind]["p50"] <= calls[kind]["p99"], calls
    assert home.run("skill", "bench", "nowhere").returncode == 1


def test_a_database_is_known_by_its_tables_too(home):
    path = home.dir / "x2026.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE recibos (vencimiento TEXT, compania TEXT)")
        database.execute("INSERT INTO recibos VALUES ('2026-10-01', 'Agua')")
    database.close()
    question = "¿Qué recibos vencen mañana?"

    def route():
        return json.loads(home.run("skill", "route", "--json", question).stdout)

    before = route()
    assert before["skill"] != "sql", before
    home.settings["skills.databases"] = f"[{path}]"
    after = route()
    assert after["skill"] == "sql" and after["score"] > before["score"], after
    assert {"kind": "database", "name": "recibos"} in after["reasons"], after
    serve = home.serve()

    def skill_of(text):
        status, body = home.chat(text)
        assert status == 200, body
        return (body["sarai"].get("skill") or {}).get("name")

    wait_for("the tables to be known", lambda: skill_of(question) == "sql")
    # A table that comes later is known too.
    later = "¿Qué cuotas vencen mañana?"
    assert skill_of(later) != "sql"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE cuotas (vencimiento TEXT, club TEXT)")
    database.close()
    wait_for("the new table to be known", lambda: skill_of(later) == "sql", 20)
    # Who looked has ended.
    assert not [pid for pid in jails_of(serve) if b".survey" in b" ".join(command_of(pid))]


@pytest.mark.parametrize("question", ["¿qué tablas hay?", "which tables are there?"])
def test_which_tables_there_are_is_answered_without_naming_the_skill(house, question):
    house.serve()
    status, body = house.chat(question)
    assert status == 200 and body["sarai"]["skill"]["name"] == "sql", body
    assert "gastos" in body["choices"][0]["message"]["content"]
    assert body["sarai"]["skill"]["data"] == [
        {"name": "gastos", "tables": {"gastos": ["fecha", "categoria", "comercio", "importe"]}}
    ]
