"""Other models than the one that answers by default: whoever names one gets it, and which give way where memory is short."""

import os
import signal
import threading

import pytest

from harness import CODER, MODEL, Home, deltas, is_alive, wait_for

LONG = "Tell me a long story about a lighthouse, with many details, and do not stop early."


def served(home):
    return [card["id"] for card in home.request("GET", "/v1/models")[1]["data"]]


def guest_pid(home, serve, seat=1):
    return home.worker_pid(serve.pid, f"model-{seat}.sock")


def says_who(home, model, **more):
    status, answer = home.chat("Hello", model=model, **more)
    assert status == 200, answer
    return answer["model"]


def test_a_model_that_is_named_answers_beside_the_default_one(home):
    serve = home.serve()
    default = home.worker_pid(serve.pid)
    assert served(home)[:2] == ["sarai", MODEL] and CODER in served(home)
    assert guest_pid(home, serve) is None, "nobody has named it"

    assert says_who(home, CODER) == CODER
    guest = guest_pid(home, serve)
    assert is_alive(guest) and home.worker_pid(serve.pid) == default
    # It stays for the next question, and the default one is itself.
    assert says_who(home, CODER) == CODER and guest_pid(home, serve) == guest
    assert says_who(home, "sarai") == "sarai" and says_who(home, MODEL) == MODEL
    assert served(home).count(CODER) == 1
    assert home.component(f"model {CODER}")["status"] == "ready"
    assert f'sarai_child_up{{child="model {CODER}"}} 1' in home.request("GET", "/metrics")[1]
    # On the command line it is the assistant that answers with it, memory and all.
    assert home.run("ask", "--model", CODER, "Mi hermana vive en Madrid.").returncode == 0
    ended = home.run("ask", "--model", CODER, "¿Dónde vive mi hermana?")
    assert ended.returncode == 0 and "Madrid" in ended.stdout, ended
    assert says_who(home, f"sarai:{CODER}") == f"sarai:{CODER}"

    # Both give their memory back, and each wakes up alone.
    wait_for("both to rest", lambda: home.request("POST", "/v1/upkeep/models", {"idle_seconds": 0})[1]["freed_bytes"])
    assert not is_alive(guest) and not is_alive(default)
    assert f'child="model {CODER}"' not in home.request("GET", "/metrics")[1]
    assert says_who(home, CODER) == CODER
    assert home.worker_pid(serve.pid) is None
    assert says_who(home, "sarai") == "sarai"


def test_a_named_model_that_is_killed_comes_back(home):
    serve = home.serve()
    assert says_who(home, CODER) == CODER
    guest = guest_pid(home, serve)
    os.kill(guest, signal.SIGKILL)
    wait_for("it to be gone", lambda: not is_alive(guest))
    wait_for("the next question to be answered", lambda: home.chat("Hello", model=CODER)[0] == 200)
    assert guest_pid(home, serve) not in (None, guest)


def test_a_model_that_is_not_here_is_told_apart_from_one_that_is_unknown(home):
    home.serve()
    for model, part in [("gpt-4o", f"{CODER}, {MODEL}"), ("qwen3-4b", "sarai model pull")]:
        status, answer = home.chat("Hello", model=model)
        assert status == 404 and answer["error"]["code"] == "model_not_found", answer
        assert part in answer["error"]["message"], answer


@pytest.fixture
def narrow():
    """Room for either model, and not for both."""
    with Home(**{"runtime.ram_budget": "800MB"}) as home:
        yield home


def test_where_two_do_not_fit_the_idle_one_gives_way(narrow):
    serve = narrow.serve()
    default = narrow.worker_pid(serve.pid)
    assert says_who(narrow, CODER) == CODER
    assert not is_alive(default) and "rests" in narrow.model_component()["detail"]
    guest = guest_pid(narrow, serve)
    assert says_who(narrow, "sarai") == "sarai"
    assert not is_alive(guest) and narrow.component(f"model {CODER}") is None
    assert narrow.model_component()["restarts"] == 0, "giving way is no crash"


def test_one_that_answers_is_not_ended_for_another(narrow):
    narrow.serve()
    connection, reply = narrow.stream(LONG, max_tokens=300, temperature=1)
    chunks = deltas(reply)
    first = next(chunks)
    named = []
    asking = threading.Thread(target=lambda: named.append(narrow.chat("Hello", model=CODER)))
    asking.start()
    rest = [first, *chunks]
    connection.close()
    assert not any("error" in chunk for chunk in rest), rest[-1]
    assert rest[-1]["choices"][0]["finish_reason"], rest[-1]
    asking.join()
    assert [status for status, _ in named] == [200], named


def test_one_that_can_never_fit_is_refused_and_ends_nobody():
    with Home(**{"runtime.ram_budget": "350MB"}) as home:
        serve = home.serve()
        default = home.worker_pid(serve.pid)
        status, answer = home.chat("Hello", model=CODER)
        assert status == 503 and "GB" in answer["error"]["message"], answer
        assert home.worker_pid(serve.pid) == default and says_who(home, "sarai") == "sarai"
