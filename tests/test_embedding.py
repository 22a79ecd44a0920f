"""A model for vectors beside the one that answers: by the API, and in the memory, where no word leads to a message."""

import sqlite3

import openai
import pytest
from embedder import EMBEDDER, embedder
from harness import MODEL, Home, said, wait_for

TOLD = "The peace lily in the hallway wants water only on Sundays, otherwise she sulks"
# Words that the memory does not know for the same.
ASKED = "Which day do I give my houseplant a drink?"


@pytest.fixture(scope="module")
def home():
    with Home(**{"model.embedding": embedder()}) as own:
        own.serve()
        yield own


@pytest.fixture(scope="module")
def client(home):
    return openai.OpenAI(base_url=home.url + "/v1", api_key=home.token, max_retries=0)


def passages(home):
    with sqlite3.connect(home.state / "db" / "memory" / "memory.db") as database:
        return database.execute("SELECT count(*) FROM embedding").fetchone()[0]


def tell(home):
    said(home, TOLD)
    said(home, "I sold the old piano to a man from Bristol")
    wait_for("their vectors", lambda: passages(home) == 2, 60)


def test_vectors_are_those_of_the_model_that_is_made_for_them(client):
    texts = ["The spare key is under the flowerpot", "where did we hide the key?", "the tax office is closed"]
    reply = client.embeddings.create(model="sarai", input=texts)
    key, asked, tax = [vector.embedding for vector in reply.data]
    dot = lambda a, b: sum(x * y for x, y in zip(a, b))
    assert reply.model == EMBEDDER and len(key) == 384
    assert abs(dot(key, key) - 1) < 1e-3
    assert dot(key, asked) > 0.5 > 0.2 > dot(key, tax)
    alone = client.embeddings.create(model=EMBEDDER, input=texts[1]).data[0].embedding
    assert dot(alone, asked) > 0.9999, "each text by itself"
    assert EMBEDDER in [model.id for model in client.models.list()]
    with pytest.raises(openai.NotFoundError, match=f"Vectors come from “{EMBEDDER}”"):
        client.embeddings.create(model=MODEL, input="hello")
    with pytest.raises(openai.BadRequestError):
        client.embeddings.create(model=EMBEDDER, input="word " * 600)


def test_it_is_there_for_vectors_alone(home):
    status, answer = home.chat("Hello", model=EMBEDDER)
    assert status == 404 and answer["error"]["code"] == "model_not_found", answer


def test_a_message_is_found_by_what_it_means_and_is_gone_when_it_is_forgotten(home):
    tell(home)
    _, memory, _ = said(home, ASKED)
    assert [(used["role"], TOLD in used["text"]) for used in memory["facts_used"]] == [("said", True)]
    _, memory, _ = said(home, "What is my plan for the moon?")
    assert memory["facts_used"] == [], "nothing that was said is near"
    said(home, "forget what I said about the peace lily")
    assert passages(home) == 1
    assert said(home, ASKED)[1]["facts_used"] == []


def test_without_such_a_model_only_words_lead_to_messages(sarai):
    said(sarai, TOLD)
    assert said(sarai, ASKED)[1]["facts_used"] == []
    _, memory, _ = said(sarai, "What colour is my peace lily?")
    assert [(used["role"], TOLD in used["text"]) for used in memory["facts_used"]] == [("said", True)]


def test_a_model_that_is_not_there_is_missed_by_vectors_alone():
    with Home(**{"model.embedding": "nobody-has-this"}) as home:
        home.serve()
        assert home.chat("hello")[0] == 200
        status, reply = home.request("POST", "/v1/embeddings", {"model": "sarai", "input": "hello"})
        assert status == 503 and "nobody-has-this" in reply["error"]["message"], reply


POOLING = b"bert.pooling_type\x04\x00\x00\x00"
# The head is in order each time: a tensor that is missing under its name, a model that ranks, one that nobody knows.
BROKEN = [(b"token_embd.weight", b"token_abcd.weight"), (POOLING + b"\x01", POOLING + b"\x04"), (POOLING + b"\x01", POOLING + b"\x09")]


@pytest.mark.parametrize(("right", "wrong"), BROKEN, ids=["tensor", "ranks", "unknown"])
def test_a_file_that_cannot_be_loaded_is_no_reason_not_to_answer(right, wrong):
    with Home(**{"model.embedding": "broken"}) as home:
        shared = home.models.resolve()
        home.models.unlink()
        home.models.mkdir()
        for file in shared.glob("*.gguf"):
            (home.models / file.name).symlink_to(file)
        whole = (shared / f"{embedder()}.gguf").read_bytes()
        assert right in whole
        (home.models / "broken.gguf").write_bytes(whole.replace(right, wrong, 1))
        serve = home.serve()
        assert home.chat("hello")[0] == 200
        status, reply = home.request("POST", "/v1/embeddings", {"model": "sarai", "input": "hello"})
        assert status == 503 and "model.embedding" in reply["error"]["message"], reply
        assert "there will be no vectors" in home.log_of(serve)
