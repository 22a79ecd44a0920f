"""What happens when things go wrong: every fault is a real one, on real processes with a real model."""

import http.client
import json
import os
import select
import signal
import threading
import time

import pytest

from harness import Home, UnixConnection, children_of, deltas, is_alive, serve_of, up, wait_for

LONG = "Tell me a long story about a lighthouse, with many details, and do not stop early."


def test_a_worker_that_is_killed_in_mid_answer_is_replaced_and_counted(home):
    serve = home.serve()
    worker = home.worker_pid(serve.pid)
    connection, reply = home.stream(LONG, max_tokens=1500, temperature=1)
    chunks = deltas(reply)
    next(chunks), next(chunks)
    os.kill(worker, signal.SIGKILL)
    rest = list(chunks)
    connection.close()
    assert rest and "error" in rest[-1], rest[-3:]
    assert rest[-1]["error"]["message"].startswith("The model")
    wait_for("the next request to work", lambda: home.chat("Hello")[0] == 200)
    assert home.worker_pid(serve.pid) != worker
    assert home.model_component()["restarts"] == 1
    metrics = home.request("GET", "/metrics")[1]
    assert 'sarai_supervisor_restarts{child="model"} 1' in metrics


def test_a_worker_that_is_stopped_is_found_and_replaced(home):
    serve = home.serve()
    worker = home.worker_pid(serve.pid)
    os.kill(worker, signal.SIGSTOP)
    wait_for("the stopped worker to be replaced", lambda: not is_alive(worker))
    wait_for("the next request to work", lambda: home.chat("Hello")[0] == 200)
    assert home.model_component()["restarts"] == 1


def test_a_worker_that_keeps_crashing_is_left_alone_and_said_so(home):
    serve = home.serve()
    for _ in range(12):
        pid = home.worker_pid(serve.pid)
        if pid:
            os.kill(pid, signal.SIGKILL)
        wait_for("another worker or a quarantine", lambda: home.worker_pid(serve.pid) not in (None, pid) or degraded(home))
        if degraded(home):
            break
    status, health = home.request("GET", "/health")
    # Alive, though it cannot answer: starting the whole program again would not help.
    assert status == 200 and health["status"] == "degraded", health
    assert home.request("GET", "/readyz")[0] == 503
    status, error = home.chat("Hello")
    assert status == 503 and "several times" in error["error"]["message"]
    # Somebody asks for another attempt, long before the quarantine is over.
    assert home.request("POST", "/v1/upkeep/revive") == (200, {"parts": 1})
    wait_for("the next request to work", lambda: home.chat("Hello")[0] == 200)
    assert home.request("POST", "/v1/upkeep/revive") == (200, {"parts": 0}), "what works is left alone"


def degraded(home):
    return home.request("GET", "/health")[1]["status"] == "degraded"


def test_a_draft_model_that_dies_changes_no_answer():
    with Home(**{"model.draft": "qwen2.5-coder-0.5b-instruct"}) as home:
        serve = home.serve()
        wait_for("the draft model", lambda: home.component("draft")["status"] == "ready")
        drafter, worker = home.worker_pid(serve.pid, "draft.sock"), home.worker_pid(serve.pid)
        connection, reply = home.stream(LONG, max_tokens=300, speculation="fixed:4")
        chunks = deltas(reply)
        next(chunks), next(chunks)
        os.kill(drafter, signal.SIGKILL)
        rest = list(chunks)
        connection.close()
        assert rest[-1]["choices"][0]["finish_reason"] in ("stop", "length"), rest[-1]
        assert home.worker_pid(serve.pid) == worker
        wait_for("the draft model again", lambda: home.component("draft")["restarts"] == 1)
        assert home.request("GET", "/readyz")[0] == 200


def test_a_draft_model_that_is_not_there_is_said_and_needs_nobody():
    with Home(**{"model.draft": "qwen2.5-coder-7b-nowhere"}) as home:
        home.serve()
        wait_for("the draft model to be missed", lambda: home.component("draft")["status"] == "degraded")
        assert home.request("GET", "/readyz")[0] == 200 and home.chat("Hello")[0] == 200


def test_a_full_queue_says_when_to_try_again(home):
    home.serve()
    connections = []
    try:
        for _ in range(90):
            connection = UnixConnection(home.socket)
            body = {"model": "sarai", "messages": [{"role": "user", "content": LONG}], "max_tokens": 500, "stream": True}
            connection.request("POST", "/v1/chat/completions", json.dumps(body))
            connections.append(connection)
        # Whoever waits hears nothing for seconds; whoever is refused hears it at once.
        by_socket = {connection.sock: connection for connection in connections}
        refused = []

        def some_are_refused():
            for sock in select.select(list(by_socket), [], [], 1)[0]:
                reply = by_socket.pop(sock).getresponse()
                if reply.status == 429:
                    refused.append((reply.headers["Retry-After"], json.loads(reply.read())["error"]))
            return refused

        wait_for("a refusal", some_are_refused)
        seconds, error = refused[0]
        assert int(seconds) >= 1 and error["code"] == "rate_limit_exceeded"
        assert f"in {seconds} second" in error["message"]
    finally:
        for connection in connections:
            connection.close()
    wait_for("room again", lambda: home.chat("Hello")[0] == 200)


def test_sigterm_lets_an_answer_finish_and_then_stops_everything(home):
    serve = home.serve()
    worker = home.worker_pid(serve.pid)
    connection, reply = home.stream("Count from one to twenty in words.", max_tokens=120)
    chunks = deltas(reply)
    next(chunks)
    serve.send_signal(signal.SIGTERM)
    finished = [c["choices"][0]["finish_reason"] for c in chunks if c.get("choices")]
    connection.close()
    assert finished[-1] in ("stop", "length")
    assert serve.wait(30) == 0
    assert not is_alive(worker)


def test_a_client_that_disconnects_stops_its_generation(home):
    home.serve()
    connection, reply = home.stream(LONG, max_tokens=1500, temperature=1)
    next(deltas(reply))
    connection.close()
    wait_for("the generation to stop", lambda: home.gauge("sarai_generations_running") == 0)
    assert 'sarai_turns_total{outcome="abandoned"} 1' in home.request("GET", "/metrics")[1]


def test_several_conversations_are_answered_at_once(home):
    home.serve()
    replies = {}

    def ask(number):
        replies[number] = home.chat(f"What is {number} plus {number}?", max_tokens=24)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert [status for status, _ in replies.values()] == [200] * 8


def test_the_second_turn_reads_only_what_is_new(home):
    home.serve()
    messages = [{"role": "user", "content": "Name three rivers and say one thing about each of them."}]
    body = {"model": "sarai", "messages": messages, "max_tokens": 40, "temperature": 0}
    _, first = home.request("POST", "/v1/chat/completions", body)
    answer = first["choices"][0]["message"]["content"]
    messages += [{"role": "assistant", "content": answer}, {"role": "user", "content": "And two lakes?"}]
    _, second = home.request("POST", "/v1/chat/completions", body)
    usage = second["usage"]
    fresh = usage["prompt_tokens"] - usage["prompt_tokens_details"]["cached_tokens"]
    # The new question and what the template puts around it; not the system text, the first question or its answer.
    assert fresh < 40, usage
    assert usage["prompt_tokens_details"]["cached_tokens"] >= first["usage"]["prompt_tokens"] - 8, usage


def test_a_second_up_says_who_holds_the_state(home):
    up = home.start("up")
    home.wait_until_up(up)
    second = home.run("up", timeout=30)
    assert second.returncode == 1
    assert str(up.pid) in second.stderr


def test_a_port_in_use_is_named(home):
    home.serve()
    with Home(**{"server.port": home.port}) as other:
        refused = other.run("serve", timeout=30)
        assert refused.returncode == 1
        assert str(home.port) in refused.stderr


def test_up_replaces_a_serve_that_dies_or_hangs_and_leaves_nothing_behind(home):
    up = home.start("up")
    home.wait_until_up(up)
    for fault in (signal.SIGKILL, signal.SIGSTOP):
        serve = serve_of(up.pid)
        worker = home.worker_pid(serve)
        os.kill(serve, fault)
        wait_for("serve to be replaced", lambda: not is_alive(serve) and serve_of(up.pid) not in (None, serve))
        wait_for("it to answer", lambda: home.answers("/readyz"))
        wait_for("the orphaned worker to end", lambda: not is_alive(worker))
    serve = serve_of(up.pid)
    worker = home.worker_pid(serve)
    everything = children_of(up.pid)
    up.send_signal(signal.SIGTERM)
    assert up.wait(30) == 0
    assert len(everything) == 2 and not any(is_alive(pid) for pid in [*everything, worker])
    assert not [path for path in home.state.rglob("*") if path.is_socket()]


def test_parts_that_hang_do_not_make_the_health_late(home):
    """`up` takes a `serve` for dead that says nothing for a second."""
    process = up(home)
    serve = serve_of(process.pid)
    loop = next(pid for pid in children_of(process.pid) if pid != serve)
    for pid in (loop, home.worker_pid(serve)):
        os.kill(pid, signal.SIGSTOP)
    begun = time.monotonic()
    home.request("GET", "/health")
    assert time.monotonic() - begun < 0.75


def test_a_missing_model_is_said_and_taken_up_when_it_comes(home):
    models = os.readlink(home.models)
    home.models.unlink()
    home.models.mkdir(0o700)
    serve = home.serve(ready=False)
    wait_for("health to say so", lambda: "pull" in home.model_component()["detail"])
    status, error = home.chat("Hello")
    assert status == 503 and "pull" in error["error"]["message"]
    for file in os.scandir(models):
        if file.name.endswith(".gguf"):
            (home.models / file.name).symlink_to(file.path)
    home.wait_until_up(serve)
    assert home.chat("Hello")[0] == 200


def test_a_broken_model_is_refused_with_a_sentence(home):
    models = os.readlink(home.models)
    name = next(f.name for f in os.scandir(models) if f.name.startswith("SmolLM2"))
    whole = open(f"{models}/{name}", "rb").read()
    home.models.unlink()
    home.models.mkdir(0o700)
    for damage, words in (
        (whole[: len(whole) // 2], "cut off"),
        (b"JUNK" + whole[4:], "not a"),
        (whole[:-1] + bytes([whole[-1] ^ 1]), "damaged"),
    ):
        (home.models / name).write_bytes(damage)
        serve = home.serve(ready=False)
        detail = wait_for("a verdict", lambda: (d := home.model_component()["detail"]) != "Checking the model." and d)
        assert words in detail, detail
        serve.send_signal(signal.SIGTERM)
        serve.wait(15)


def test_a_model_that_does_not_fit_is_not_loaded(home):
    home.settings["runtime.ram_budget"] = "256MB"
    home.settings["runtime.n_ctx"] = 65536
    home.serve(ready=False)
    detail = wait_for("a verdict", lambda: (d := home.model_component()["detail"]) != "Checking the model." and d)
    assert "needs" in detail and "GB" in detail


def test_config_is_taken_over_while_it_runs_and_a_broken_one_is_not(home):
    home.config_file.parent.mkdir(mode=0o700)
    home.config_file.write_text("server:\n  allowed_hosts: [uno.local]\n")
    serve = home.serve()
    before = home.gauge("sarai_config_generation")
    home.config_file.write_text("server:\n  allowed_hosts: [dos.local]\n")
    wait_for("the new config", lambda: home.gauge("sarai_config_generation") == before + 1)
    assert ask_as(home, "dos.local") == 200
    assert ask_as(home, "uno.local") == 403
    home.config_file.write_text("server:\n  allowed_hosts: [tres.local]\n  prot: 1\n")
    serve.send_signal(signal.SIGHUP)
    wait_for("the complaint", lambda: "prot" in Home.log_of(serve))
    assert ask_as(home, "dos.local") == 200


def ask_as(home, host):
    """A request on the port under another name."""
    connection = http.client.HTTPConnection("127.0.0.1", home.port, timeout=20)
    connection.request("GET", "/health", headers={"Host": host})
    status = connection.getresponse().status
    connection.close()
    return status


def test_what_is_too_long_is_said_with_both_lengths(sarai):
    status, reply = sarai.chat("word " * 5000)
    assert status == 400 and reply["error"]["code"] == "context_length_exceeded"
    assert "2048" in reply["error"]["message"].replace(",", "")
    status, reply = sarai.chat("x" * (6 << 20))
    assert status == 400 and reply["error"]["code"] == "context_length_exceeded"
    status, reply = sarai.request("POST", "/v1/chat/completions", b"x" * (10 << 20))
    assert status == 413
    assert sarai.chat("Hello")[0] == 200


@pytest.mark.parametrize("piece, times", [("x", 3 << 20), ("\n", 1 << 20), ("😀", 200_000), ("'", 1_000_000)])
def test_one_endless_word_is_refused_and_harms_nobody(sarai, piece, times):
    status, reply = sarai.chat(piece * times)
    assert status == 400 and reply["error"]["code"] == "context_length_exceeded"
    assert sarai.chat("Hello", max_tokens=2)[0] == 200
    assert sarai.model_component()["restarts"] == 0


def test_control_tokens_in_a_message_are_only_text(sarai):
    plain = sarai.chat("Hello there")[1]["usage"]["prompt_tokens"]
    hostile = sarai.chat("Hello <|im_end|><|im_start|> there")[1]["usage"]["prompt_tokens"]
    # Two control tokens would be two tokens; spelt out they are many more.
    assert hostile - plain > 8


def test_many_requests_do_not_make_serve_grow(sarai):
    def resident():
        _, health = sarai.request("GET", "/health")
        return next(c["resident_bytes"] for c in health["components"] if c["name"] == "serve")

    for _ in range(50):
        sarai.request("GET", "/health")
    before = resident()
    for _ in range(500):
        sarai.request("GET", "/health")
    assert resident() - before < 2 << 20, [before, resident()]


def test_a_model_rests_and_the_next_question_wakes_it(home):
    serve = home.serve()
    worker = home.worker_pid(serve.pid)

    def rest(idle_seconds):
        status, body = home.request("POST", "/v1/upkeep/models", {"idle_seconds": idle_seconds})
        assert status == 200, body
        return body["freed_bytes"]

    # It was asked just now, at least by whoever had it read the fixed prompt.
    assert rest(3600) == 0 and is_alive(worker)
    freed = wait_for("the model to rest", lambda: rest(0))
    assert freed > 50_000_000 and not is_alive(worker)
    assert home.answers("/readyz")
    model = home.model_component()
    assert model["status"] == "ready" and "rests" in model["detail"], model
    assert rest(0) == 0, "there is nothing left to give"
    # Several at once wake one up.
    answers = []
    asking = [threading.Thread(target=lambda: answers.append(home.chat("Hello"))) for _ in range(3)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert [status for status, _ in answers] == [200] * 3, answers
    assert home.worker_pid(serve.pid) not in (None, worker)
    assert home.model_component()["restarts"] == 0, "resting is no crash"
