"""`sarai grammar check`: what it says of texts, and how it ends. No model runs."""

import json
import os
import subprocess

import pytest
from harness import from_env

SCHEMA = json.dumps({"type": "object", "properties": {"ñ": {"type": "integer"}}, "required": ["ñ"]})
ACCEPTED = {"accepted": True, "at": None, "incomplete": False}
INCOMPLETE = {"accepted": False, "at": None, "incomplete": True}


def rejected_at(byte):
    return {"accepted": False, "at": byte, "incomplete": False}


def check(*args, stdin=None, lang="en"):
    """Runs the command without a home: it needs nothing of the person's."""
    command = [str(from_env("SARAI_BIN")), "grammar", "check", *args]
    env = {"PATH": os.environ["PATH"], "SARAI_LANG": lang}
    return subprocess.run(command, input=stdin, capture_output=True, text=True, env=env, timeout=60)


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def grammar_file(tmp_path):
    def write(source):
        file = tmp_path / "grammar"
        file.write_text(source)
        return str(file)

    return write


@pytest.mark.parametrize(
    ("kind", "source", "accepted", "rejected"),
    [
        ("json-schema", SCHEMA, ['{"ñ":1}', '{"ñ": -20, "b": [null]}'], [('{"ñ":"1"}', 6), ('{"b":1}', 2)]),
        ("gbnf", 'root ::= "a" [0-9]{2,3} # digits', ["a12", "a123"], [("b", 0), ("a1234", 4)]),
        ("lark", 'start: "x" | start "y"', ["x", "xyy"], [("y", 0), ("xx", 1)]),
        ("regex", "(ab|é)+", ["abé", "éé"], [("aé", 1), ("ab ", 2)]),
    ],
)
def test_every_kind_accepts_and_rejects_at_a_byte(grammar_file, kind, source, accepted, rejected):
    file = grammar_file(source)
    done = check("--kind", kind, file, *accepted)
    assert (done.returncode, lines(done)) == (0, [ACCEPTED] * len(accepted))
    done = check("--kind", kind, file, accepted[0], *[text for text, _ in rejected])
    assert (done.returncode, lines(done)) == (1, [ACCEPTED, *[rejected_at(byte) for _, byte in rejected]])


def test_the_beginning_of_an_accepted_text_is_incomplete(grammar_file):
    done = check("--kind", "json-schema", grammar_file(SCHEMA), "", '{"ñ": 1')
    assert (done.returncode, lines(done)) == (1, [INCOMPLETE, INCOMPLETE])


def test_a_grammar_may_come_from_standard_input():
    done = check("--kind", "regex", "-", "aa", stdin="a+")
    assert (done.returncode, lines(done)) == (0, [ACCEPTED])


@pytest.mark.parametrize(
    ("kind", "source", "words"),
    [
        ("json-schema", '{"properties": {"a": {"items": {"not": {}}}}}', ["#/properties/a/items", '"not"']),
        ("json-schema", '{"properties": {"a": {"minimum": 2, "maximum": 1}}}', ["#/properties/a", "minimum", "maximum"]),
        ("json-schema", '{"type": "array", "items": {"$ref": "#"}, "minItems": 1}', ["never end"]),
        ("json-schema", "{", ["line 1, column 1", "JSON"]),
        ("gbnf", 'root ::= "a"\nb ::= (', ["2"]),
        ("lark", 'start: "a"\nb: ?', ["line 2, column 4"]),
        ("lark", 'start: "a" start', ["start", "never end"]),
        ("regex", "a(b", ["column 2", "unclosed group"]),
    ],
)
def test_a_grammar_that_cannot_be_used_says_where_and_why(grammar_file, kind, source, words):
    done = check("--kind", kind, grammar_file(source), "a")
    [said] = lines(done)
    assert done.returncode == 1 and list(said) == ["error"]
    assert all(word in said["error"] for word in words), said


def test_many_pairs_in_one_call(tmp_path):
    pairs = [
        ({"kind": "regex", "grammar": "a+", "text": "aa"}, ACCEPTED),
        ({"kind": "regex", "grammar": "a+", "text": "ab"}, rejected_at(1)),
        ({"kind": "json-schema", "grammar": json.loads(SCHEMA), "text": '{"ñ": 3}'}, ACCEPTED),
        ({"kind": "json-schema", "grammar": SCHEMA, "text": "{"}, INCOMPLETE),
        ({"kind": "regex", "grammar": "(", "text": ""}, None),
        ({"kind": "lark", "grammar": 'start: "é"', "text": "é"}, ACCEPTED),
        ({"kind": "bnf", "grammar": "", "text": ""}, None),
        ({"kind": "regex", "text": ""}, None),
        ({"kind": "gbnf", "grammar": "root ::= .", "text": "\n"}, ACCEPTED),
    ]
    file = tmp_path / "pairs.jsonl"
    file.write_text("".join(json.dumps(pair) + "\n" for pair, _ in pairs) + "\nno JSON\n")
    done = check("--pairs", str(file))
    said = lines(done)
    assert done.returncode == 1 and len(said) == len(pairs) + 1
    for (pair, expected), line in zip(pairs, said):
        assert line == expected if expected else list(line) == ["error"], pair
    assert "line 11 of the pairs" in said[-1]["error"]

    file.write_text(json.dumps(pairs[0][0]) + "\n")
    assert check("--pairs", str(file)).returncode == 0


@pytest.mark.parametrize(
    "args", [(), ("--kind", "regex"), ("--kind", "bnf", "-", "a"), ("-", "a"), ("--pairs", "x", "--kind", "regex")]
)
def test_a_command_that_makes_no_sense_ends_with_2(args):
    done = check(*args, stdin="")
    assert done.returncode == 2 and not done.stdout and done.stderr


def test_a_missing_file_is_named_in_the_persons_language():
    done = check("--kind", "regex", "/nowhere/there", "a", lang="es")
    assert done.returncode == 1 and "No existe el archivo «/nowhere/there»" in done.stderr


def hostile():
    rules = "".join(f"r{n}: r{n + 1} r{n + 1}\n" for n in range(1500))
    chain = {str(n): {"items": {"$ref": f"#/$defs/{n + 1}"}} for n in range(5000)} | {"5000": {}}
    names = {f"p{n}": {"type": "integer"} for n in range(5000)}
    yield "regex", "(" * 5000 + "a" + ")" * 5000
    yield "regex", "((a{1,1000}){1,1000}){1,1000}"
    yield "regex", "(.*a){30}.{400}(b.*){30}"
    yield "regex", "a?" * 20000
    yield "lark", f'start: r0\n{rules}r1500: "a"'
    yield "lark", "start: " + "(" * 3000 + '"a"' + ")" * 3000
    yield "gbnf", "root ::= " + "(" * 3000 + '"a"' + ")" * 3000
    yield "gbnf", 'root ::= root root | root root root | "a"'
    yield "json-schema", '{"items":' * 100 + "{}" + "}" * 100
    yield "json-schema", '{"allOf":[' * 60 + "{}" + "]}" * 60
    yield "json-schema", json.dumps({"$ref": "#/$defs/0", "$defs": chain})
    yield "json-schema", json.dumps({"type": "string", "pattern": "^(a|b|ab){1,500}(.{0,500}x){3}$"})
    yield "json-schema", json.dumps({"properties": names})


def test_a_hostile_grammar_is_used_or_refused_and_nothing_breaks(tmp_path):
    grammars = list(hostile())
    file = tmp_path / "pairs.jsonl"
    file.write_text("".join(json.dumps({"kind": k, "grammar": g, "text": "a"}) + "\n" for k, g in grammars))
    done = check("--pairs", str(file))
    assert done.returncode == 1 and len(lines(done)) == len(grammars), done.stderr
