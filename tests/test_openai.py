"""The contract with the official OpenAI client: what its users do, against a running SARAi."""

import enum
import json
from typing import Literal

import openai
import pydantic
import pytest

MODEL = "smollm2-135m-instruct"


@pytest.fixture(scope="module")
def client(sarai):
    with openai.OpenAI(base_url=f"{sarai.url}/v1", api_key=sarai.token, max_retries=0, timeout=120) as client:
        yield client


def ask(client, text="Say hello.", **more):
    options = {"model": "sarai", "max_tokens": 24, "temperature": 0} | more
    return client.chat.completions.create(messages=[{"role": "user", "content": text}], **options)


def test_models_are_listed_and_looked_up(client):
    listed = [model.id for model in client.models.list()]
    assert listed[:2] == ["sarai", MODEL] and len(set(listed)) == len(listed)
    assert client.models.retrieve("sarai").object == "model"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")


def test_a_chat_completion(client):
    reply = ask(client)
    assert reply.object == "chat.completion"
    assert reply.choices[0].message.role == "assistant"
    assert reply.choices[0].message.content.strip()
    assert reply.choices[0].finish_reason in ("stop", "length")
    usage = reply.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert 0 <= usage.prompt_tokens_details.cached_tokens < usage.prompt_tokens


def test_streaming_gives_the_same_text_and_the_usage_last(client):
    whole = ask(client, "Name two fruits.", model=MODEL)
    chunks = list(ask(client, "Name two fruits.", model=MODEL, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    # Same prompt, same kernels, but the cache may change the size of the first batch: a near-tie may fall otherwise.
    shared = len(text) if text == whole.choices[0].message.content else 10
    assert text[:shared] == whole.choices[0].message.content[:shared]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].usage.completion_tokens > 0 and not chunks[-1].choices
    assert len({chunk.id for chunk in chunks}) == 1


def test_stop_seed_and_max_tokens(client):
    text = ask(client, "Count: one, two, three").choices[0].message.content
    word = text.split()[1]
    cut = ask(client, "Count: one, two, three", stop=[word])
    assert word not in cut.choices[0].message.content and cut.choices[0].finish_reason == "stop"
    assert ask(client, "Tell a story.", max_tokens=3).usage.completion_tokens == 3
    assert ask(client, "Tell a story.", max_tokens=3).choices[0].finish_reason == "length"
    # That a seed fixes the draws is tested beside the sampler; with a real model the logits themselves differ by rounding
    # from one state of the cache to the next, so here it is only taken.
    assert ask(client, "Invent a name.", seed=5, temperature=1.2).choices[0].message.content


def test_logprobs(client):
    reply = ask(client, logprobs=True, top_logprobs=2, max_tokens=6)
    content = reply.choices[0].logprobs.content
    assert len(content) == reply.usage.completion_tokens
    assert all(len(token.top_logprobs) == 2 and token.logprob <= 0 for token in content)
    assert b"".join(bytes(token.bytes) for token in content).decode(errors="replace")


TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city now.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]


def test_a_conversation_with_tool_results_is_accepted(client):
    reply = client.chat.completions.create(
        model="sarai",
        tools=TOOLS,
        max_tokens=16,
        messages=[
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "What is the weather in Lugo?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "get_weather", "arguments": json.dumps({"city": "Lugo"})},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "Rain, 11 degrees"},
        ],
    )
    assert reply.choices[0].message.content is not None or reply.choices[0].message.tool_calls


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_calls_a_tool_is_understood(talker, stream):
    """With the 0.5B model, which knows how; the 135M one does not."""
    with openai.OpenAI(base_url=f"{talker.url}/v1", api_key=talker.token, max_retries=0, timeout=120) as client:
        reply = ask(
            client,
            "What is the weather in Lugo? Use the tool.",
            model="qwen2.5-coder-0.5b-instruct",
            tools=TOOLS,
            max_tokens=80,
            stream=stream,
        )
        if stream:
            chunks = [chunk.choices[0] for chunk in reply if chunk.choices]
            calls = [call for chunk in chunks for call in chunk.delta.tool_calls or []]
            reason = chunks[-1].finish_reason
        else:
            calls = reply.choices[0].message.tool_calls
            reason = reply.choices[0].finish_reason
        assert calls[0].function.name == "get_weather"
        assert "city" in json.loads("".join(call.function.arguments for call in calls[:1]))
        assert reason == "tool_calls" and calls[0].id


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


class City(pydantic.BaseModel):
    """An answer that no model can make endless."""

    city: Literal["Lugo", "Vigo", "Soria"]
    size: Size
    coastal: bool
    rivers: list[Literal["Miño", "Duero"]] = pydantic.Field(max_length=2)


def figures(reply):
    """What SARAi says of an answer beyond OpenAI's API."""
    return reply.model_extra["sarai"]


def is_json_object(text):
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def test_json_object(client):
    reply = ask(client, "Describe Lugo as JSON.", response_format={"type": "json_object"}, max_tokens=120)
    text, grammar = reply.choices[0].message.content, figures(reply)["grammar"]
    assert grammar["kind"] == "json-schema"
    # A small model may go on for ever; the answer is whole or says that it is not.
    assert grammar["complete"] == is_json_object(text), text
    assert grammar["complete"] or reply.choices[0].finish_reason == "length"


@pytest.mark.parametrize("temperature", [0, 1.5])
def test_json_schema_by_a_class(client, temperature):
    reply = client.chat.completions.parse(
        model="sarai",
        messages=[{"role": "user", "content": "Tell me about a Spanish city."}],
        response_format=City,
        max_tokens=200,
        temperature=temperature,
    )
    assert isinstance(reply.choices[0].message.parsed, City)
    assert reply.choices[0].finish_reason == "stop"
    grammar = figures(reply)["grammar"]
    assert grammar["complete"] and grammar["forced_tokens"] > 0


def test_json_schema_streams_and_says_its_figures_last(client):
    schema = {"name": "city", "strict": True, "schema": City.model_json_schema()}
    chunks = list(
        ask(
            client,
            "Tell me about a Spanish city.",
            response_format={"type": "json_schema", "json_schema": schema},
            max_tokens=200,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    City.model_validate_json(text)
    assert figures(chunks[-1])["grammar"]["complete"]


def test_json_schema_in_responses(client):
    reply = client.responses.parse(
        model="sarai", input="Tell me about a Spanish city.", text_format=City, max_output_tokens=200
    )
    assert isinstance(reply.output_parsed, City)
    assert reply.text.format.type == "json_schema"


GRAMMARS = [
    ('root ::= "yes" | "no"', ("yes", "no")),
    ({"kind": "gbnf", "source": 'root ::= "yes" | "no"'}, ("yes", "no")),
    ({"kind": "lark", "source": 'start: "yes" | "no"'}, ("yes", "no")),
    ({"kind": "regex", "source": "yes|no"}, ("yes", "no")),
    ({"kind": "json-schema", "source": '{"enum": ["yes", "no"]}'}, ('"yes"', '"no"')),
]


@pytest.mark.parametrize("grammar, allowed", GRAMMARS)
def test_a_grammar_is_kept_to(client, grammar, allowed):
    reply = ask(client, "Is water wet?", extra_body={"grammar": grammar})
    assert reply.choices[0].message.content in allowed
    assert reply.choices[0].finish_reason == "stop" and figures(reply)["grammar"]["complete"]


def test_the_end_of_the_tokens_inside_a_structure_is_said(client):
    schema = {"type": "object", "properties": {"a": {"const": "x" * 200}}, "required": ["a"]}
    named = {"name": "a", "schema": schema}
    reply = ask(client, response_format={"type": "json_schema", "json_schema": named}, max_tokens=5)
    assert reply.choices[0].finish_reason == "length"
    assert not figures(reply)["grammar"]["complete"]
    assert reply.usage.completion_tokens == 5


def test_a_stop_text_inside_a_string_ends_the_answer_and_is_said(client):
    schema = {"type": "object", "properties": {"a": {"const": "one STOP two"}}, "required": ["a"]}
    named = {"name": "a", "schema": schema}
    reply = ask(client, response_format={"type": "json_schema", "json_schema": named}, stop=["STOP"], max_tokens=60)
    text = reply.choices[0].message.content
    assert text.endswith("one ") and "STOP" not in text, text
    assert reply.choices[0].finish_reason == "stop"
    assert not figures(reply)["grammar"]["complete"]


CONTAINS = {"type": "object", "properties": {"list": {"type": "array", "contains": {"type": "integer"}}}}


def strict_tool(parameters, name="pick"):
    return {"type": "function", "function": {"name": name, "strict": True, "parameters": parameters}}


REFUSED_GRAMMARS = [
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": CONTAINS}}},
        "response_format",
        ["contains", "/properties/list"],
    ),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"tipe": "object"}}}},
        "response_format",
        ["tipe"],
    ),
    (
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "a", "schema": {"type": "integer", "minimum": 5, "maximum": 4}},
            }
        },
        "response_format",
        ["imum"],
    ),
    (
        {"tools": [strict_tool({"type": "object"}, "first"), strict_tool(CONTAINS)]},
        "tools[1].function.parameters",
        ["pick", "contains", "/properties/list"],
    ),
    ({"grammar": "root ::= root"}, "grammar", []),
    ({"grammar": 'root ::= "a" ('}, "grammar", []),
    ({"grammar": {"kind": "regex", "source": "("}}, "grammar", []),
    ({"grammar": {"kind": "lark", "source": "start: nobody"}}, "grammar", []),
    ({"grammar": {"kind": "json-schema", "source": "{"}}, "grammar", []),
]


@pytest.mark.parametrize("change, param, words", REFUSED_GRAMMARS)
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_enforced_is_a_400_that_says_where(talker, change, param, words, stream):
    """With the model that is known to call tools, whose form is the one that refuses."""
    body = {"model": "sarai", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4, "stream": stream}
    with openai.OpenAI(base_url=f"{talker.url}/v1", api_key=talker.token, max_retries=0, timeout=120) as client:
        with pytest.raises(openai.BadRequestError) as refused:
            client.post("/chat/completions", body=body | change, cast_to=object)
    error = refused.value.body
    assert error["code"] == "invalid_grammar" and error["param"] == param, error
    assert all(word in error["message"] for word in words), error


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "paint"}}])
def test_strict_tools_get_what_their_schema_says(talker, choice, stream):
    colours = ["red", "green", "blue"]
    parameters = {
        "type": "object",
        "properties": {"colour": {"enum": colours}, "coats": {"type": "integer", "minimum": 1, "maximum": 9}},
        "required": ["colour", "coats"],
        "additionalProperties": False,
    }
    with openai.OpenAI(base_url=f"{talker.url}/v1", api_key=talker.token, max_retries=0, timeout=120) as client:
        reply = ask(
            client,
            "Paint it purple, a hundred times.",
            model="qwen2.5-coder-0.5b-instruct",
            tools=[strict_tool(parameters, "paint")],
            tool_choice=choice,
            max_tokens=200,
            temperature=0.8,
            seed=1,
            stream=stream,
        )
        if stream:
            chunks = [chunk.choices[0] for chunk in reply if chunk.choices]
            calls = [call for chunk in chunks for call in chunk.delta.tool_calls or []]
            reason = chunks[-1].finish_reason
        else:
            calls, reason = reply.choices[0].message.tool_calls, reply.choices[0].finish_reason
    assert reason == "tool_calls" and calls
    for call in calls:
        arguments = json.loads(call.function.arguments)
        assert call.function.name == "paint" and set(arguments) == {"colour", "coats"}
        assert arguments["colour"] in colours and 1 <= arguments["coats"] <= 9


def test_guesses_are_counted_and_change_nothing_but_the_time(client):
    text = "Say this again, word by word: " + "one two three four five six seven eight nine ten. " * 3
    plain = ask(client, text, max_tokens=60, extra_body={"speculation": "off"})
    assert figures(plain)["speculation"]["drafted"] == 0
    guessed = ask(client, text, max_tokens=60, extra_body={"speculation": "fixed:4"})
    speculation, details = figures(guessed)["speculation"], guessed.usage.completion_tokens_details
    assert speculation["drafted"] > 0
    assert speculation["accepted"] == details.accepted_prediction_tokens
    assert speculation["drafted"] - speculation["accepted"] == details.rejected_prediction_tokens
    assert guessed.usage.completion_tokens <= 60
    # Batches of different sizes round differently: a near-tie may fall otherwise, but not at once.
    assert plain.choices[0].message.content[:10] == guessed.choices[0].message.content[:10]


def test_responses(client):
    reply = client.responses.create(model="sarai", input="Say hello.", max_output_tokens=16)
    assert reply.object == "response" and reply.status in ("completed", "incomplete")
    assert reply.output_text.strip()
    with client.responses.create(model="sarai", input="Say hello.", max_output_tokens=16, stream=True) as stream:
        events = list(stream)
    assert events[0].type == "response.created"
    assert events[-1].type in ("response.completed", "response.incomplete")
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text.strip() and text == events[-1].response.output_text
    assert events[-1].response.usage.output_tokens > 0


def test_embeddings(client):
    vectors = client.embeddings.create(model="sarai", input=["the cat sleeps", "a cat is asleep", "tax law"]).data
    dot = lambda a, b: sum(x * y for x, y in zip(a.embedding, b.embedding))
    assert [vector.index for vector in vectors] == [0, 1, 2]
    assert abs(dot(vectors[0], vectors[0]) - 1) < 1e-3
    assert dot(vectors[0], vectors[1]) > dot(vectors[0], vectors[2])
    plain = client.embeddings.create(model="sarai", input="the cat sleeps", encoding_format="float").data[0]
    assert abs(dot(plain, vectors[0]) - 1) < 1e-3


REFUSED = [
    ({"messages": []}, "messages"),
    ({"messages": "hello"}, "messages"),
    ({"temperature": 9}, "temperature"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"n": 2}, "n"),
    ({"response_format": {"type": "yaml"}}, "response_format.type"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
    ({"response_format": {"type": "json_object"}, "tools": TOOLS}, "response_format"),
    ({"grammar": "root ::= \"a\"", "tools": TOOLS}, "grammar"),
    ({"grammar": {"kind": "ebnf", "source": "x"}}, "grammar.kind"),
    ({"speculation": "fixed:99"}, "speculation"),
    ({"stop": [""]}, "stop"),
    ({"messages": [{"role": "narrator", "content": "x"}]}, None),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]}, None),
]


@pytest.mark.parametrize("change, param", REFUSED)
def test_what_is_wrong_is_a_400_that_names_it(client, change, param):
    body = {"model": "sarai", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4} | change
    with pytest.raises(openai.BadRequestError) as refused:
        client.post("/chat/completions", body=body, cast_to=object)
    error = refused.value.body
    assert error["type"] == "invalid_request_error" and error["message"]
    assert param is None or error["param"].startswith(param)


def test_an_unknown_model_is_a_404(client):
    with pytest.raises(openai.NotFoundError) as refused:
        ask(client, model="gpt-4o")
    assert refused.value.code == "model_not_found" and MODEL in str(refused.value), refused.value


def test_nobody_comes_in_without_the_token(sarai):
    with openai.OpenAI(base_url=f"{sarai.url}/v1", api_key="wrong", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError):
            ask(client)


def test_messages_are_in_the_clients_language(sarai):
    with openai.OpenAI(
        base_url=f"{sarai.url}/v1", api_key=sarai.token, max_retries=0, default_headers={"Accept-Language": "es"}
    ) as client:
        with pytest.raises(openai.NotFoundError) as refused:
            ask(client, model="gpt-4o")
    assert "No hay ningún modelo" in str(refused.value)
