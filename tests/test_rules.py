"""Rules as a person uses them: said in words, kept through crashes, heard in a chat, and asked of a real model."""

import json
import os
import pty
import select
import subprocess
import time

from harness import descendants_of, is_alive, kill_all, messages, rules, up, wait_for, words


def test_a_reminder_survives_the_end_of_everything(home):
    first = up(home)
    rules(home, "add", "--yes", "avísame en 6 segundos de sacar la basura")
    # Everything at once, without a warning; serve and the loop end with their parent.
    everything = descendants_of(first.pid)
    kill_all([first.pid, *everything])
    wait_for("the end of all", lambda: not any(is_alive(pid) for pid in everything))
    up(home)
    wait_for("the reminder", lambda: ("tell", "sacar la basura") in messages(home))
    time.sleep(1)
    assert messages(home) == [("tell", "sacar la basura")]
    assert words(home, "sacar-la-basura") == ["fired", "started", "done"]
    assert "Hecho." in rules(home, "list")


def test_a_chat_shows_it_above_the_line_that_is_typed(home):
    up(home)
    ours, theirs = pty.openpty()
    chat = subprocess.Popen(
        home.command("chat"), env=home.env(SARAI_LANG="es", TERM="xterm"), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    seen = b""

    def shows(text):
        nonlocal seen
        if select.select([ours], [], [], 0.2)[0]:
            seen += os.read(ours, 65536)
        return text.encode() in seen

    try:
        wait_for("the prompt", lambda: shows("> "))
        rules(home, "add", "--yes", "avísame en 2 segundos de mirar el horno")
        wait_for("the reminder in the chat", lambda: shows("Aviso: mirar el horno"))
        # What was shown was seen.
        wait_for("the mark", lambda: "seen" in words(home, "mirar-el-horno"))
        assert messages(home) == []
    finally:
        chat.kill()
        chat.wait()
        os.close(ours)


def test_a_rule_asks_the_model_within_its_budget(home):
    up(home)
    rules(home, "add", "--yes", "in 2 seconds ask the assistant what two plus two is")
    name = next(rule["rule"]["id"] for rule in json.loads(rules(home, "list", "--json")) if rule["origin"] == "words")
    # It is an offer: at night it would wait. The owner asks for it, whatever the time is.
    rules(home, "run", name)
    wait_for("an answer", lambda: "done" in words(home, name), seconds=300)
    said = [text for kind, text in messages(home) if kind == "tell"]
    assert said and all(said), said
    tasks = json.loads(rules(home, "explain", name, "--json"))["tasks"]
    assert any(task["state"] == "done" and "token" in task["detail"] for task in tasks), tasks


def test_a_reminder_is_asked_for_in_a_conversation(home):
    up(home)

    def turn(*texts):
        conversation = []
        for text in texts[:-1]:
            conversation += [{"role": "user", "content": text}, {"role": "assistant", "content": "…"}]
        conversation.append({"role": "user", "content": texts[-1]})
        body = {"model": "sarai", "messages": conversation, "max_tokens": 8}
        status, reply = home.request("POST", "/v1/chat/completions", body)
        assert status == 200, reply
        assert reply["usage"]["completion_tokens"] == 0, "no model is asked"
        return reply["choices"][0]["message"]["content"]

    wish = "avísame en 8 segundos de apagar el horno"
    assert "«apagar el horno»" in turn(wish)
    assert messages(home) == [] and "apagar-el-horno" not in rules(home, "list")
    assert turn(wish, "sí").startswith("Hecho")
    wait_for("the reminder", lambda: ("tell", "apagar el horno") in messages(home))
