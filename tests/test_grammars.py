"""The grammars of `grammars/`: whatever follows one is what its name says, and attacks do not follow it.

A second reader of the files makes random texts from them, with no code in common with the importer; each text is read
by whoever would read an answer (`json`, `ast`, SQLite with an authoriser, rules for Markdown), and by `sarai`.
"""

import ast
import json
import pathlib
import random
import re
import sqlite3
import subprocess
import tempfile
import warnings

import pytest
from harness import from_env

GRAMMARS = pathlib.Path(__file__).parent.parent / "grammars"
TEXTS = 2000
CHECKED = 150


class Grammar:
    """Reads a grammar and draws texts from it."""

    TOKEN = re.compile(
        r"""\#[^\n]* | [ \t]+ | (?P<nl>\n) | (?P<op>::=|[|()*+?]) | (?P<name>[A-Za-z0-9-]+) | (?P<dot>\.)
        | "(?P<text>(?:[^"\\]|\\.)*)" | \[(?P<cls>(?:[^\]\\]|\\.)*)\] | \{(?P<times>[0-9,]+)\}""",
        re.X,
    )
    ESCAPE = re.compile(r"\\(?:x(..)|u(....)|U(.{8})|(.))|(.)", re.S)
    FAR = 10**6

    def __init__(self, name):
        self.source = (GRAMMARS / f"{name}.gbnf").read_text()
        self.tokens, at = [], 0
        while at < len(self.source):
            match = self.TOKEN.match(self.source, at)
            assert match, f"{name}.gbnf: unexpected {self.source[at:at + 20]!r}"
            at = match.end()
            if match.lastgroup:
                self.tokens.append((match.lastgroup, match[match.lastgroup]))
        self.rules, self.at = {}, 0
        while self.at < len(self.tokens):
            if self.peek() == ("nl", "\n"):
                self.at += 1
                continue
            kind, rule = self.tokens[self.at]
            assert kind == "name" and self.tokens[self.at + 1] == ("op", "::="), (name, rule)
            self.at += 2
            assert rule not in self.rules, rule
            self.rules[rule] = self.ways(False)
        self.far = {rule: self.FAR for rule in self.rules}
        changed = True
        while changed:
            changed = False
            for rule, body in self.rules.items():
                far = 1 + self.distance(body)
                if far < self.far[rule]:
                    self.far[rule], changed = far, True
        assert max(self.far.values()) < self.FAR, "a rule without an end"
        self.known = {}

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def blank(self, inside):
        while inside and self.peek() == ("nl", "\n"):
            self.at += 1

    def ways(self, inside):
        ways = [self.sequence(inside)]
        while self.peek() == ("op", "|"):
            self.at += 1
            self.blank(True)
            ways.append(self.sequence(inside))
        return ("ways", ways)

    def sequence(self, inside):
        parts = []
        while True:
            self.blank(inside)
            token = self.peek()
            if token is None or token[0] == "nl" or token in [("op", "|"), ("op", ")")]:
                return ("all", parts)
            kind, value = token
            self.at += 1
            if kind == "text":
                parts.append(("text", "".join(chr(c) for c in self.characters(value))))
            elif kind == "cls":
                parts.append(("class", self.choices(value)))
            elif kind == "name":
                parts.append(("rule", value))
            elif kind == "dot":
                parts.append(("class", [(32, 126), (0xE1, 0xFF)]))
            elif kind == "times":
                low, _, high = value.partition(",")
                high = int(low) if "," not in value else int(high) if high else int(low) + 4
                parts[-1] = ("times", parts[-1], int(low), high)
            elif value == "(":
                parts.append(self.ways(True))
                assert self.peek() == ("op", ")"), self.tokens[self.at - 8 : self.at + 8]
                self.at += 1
            else:
                parts[-1] = ("times", parts[-1], 1 if value == "+" else 0, 1 if value == "?" else 4)

    def characters(self, text):
        signs = {"n": 10, "r": 13, "t": 9}
        for two, four, eight, one, plain in self.ESCAPE.findall(text):
            code = two or four or eight
            yield int(code, 16) if code else signs.get(one, ord(one)) if one else ord(plain)

    def choices(self, text):
        negated = text.startswith("^")
        codes = list(self.ESCAPE.finditer(text[negated:]))
        values = [next(self.characters(code[0])) for code in codes]
        ranges, at = [], 0
        while at < len(values):
            if at + 2 < len(values) and codes[at + 1][0] == "-":
                ranges.append((values[at], values[at + 2]))
                at += 3
            else:
                ranges.append((values[at], values[at]))
                at += 1
        if not negated:
            return ranges
        universe = [*range(0x20, 0x7F), 9, 10, 0xE9, 0x3B1, 0x4E2D, 0x2028, 0x1F600]
        return [(c, c) for c in universe if not any(low <= c <= high for low, high in ranges)]

    def distance(self, node):
        kind = node[0]
        if kind == "rule":
            return self.far[node[1]]
        if kind == "ways":
            return min(map(self.distance, node[1]))
        if kind == "all":
            return max(map(self.distance, node[1]), default=0)
        if kind == "times":
            return self.distance(node[1]) if node[2] else 0
        return 0

    def sorted_ways(self, node):
        """The ways through a node with how far each is from its end, the nearest first."""
        if id(node) not in self.known:
            ways = node[1] if node[0] == "ways" else [node]
            self.known[id(node)] = sorted(((self.distance(way), way) for way in ways), key=lambda way: way[0])
        return self.known[id(node)]

    def draw(self, chance, words=None):
        """One text. `words` holds, by rule, texts to take instead of the rule's own."""
        out = []
        self.fuel = chance.choice([20, 60, 200])
        self.into(("rule", "root"), chance, 30, words or {}, out)
        return "".join(out)

    def into(self, node, chance, depth, words, out):
        kind = node[0]
        if kind == "text":
            out.append(node[1])
        elif kind == "class":
            low, high = chance.choice(node[1])
            out.append(chr(chance.randint(low, high)))
        elif kind == "rule":
            if node[1] in words:
                out.append(chance.choice(words[node[1]]))
            else:
                # Who has used up the rules of this text takes the shortest way to its end.
                self.fuel -= 1
                self.into(self.rules[node[1]], chance, depth - 1 if self.fuel > 0 else 0, words, out)
        elif kind == "all":
            for part in node[1]:
                self.into(part, chance, depth, words, out)
        elif kind == "ways":
            ways = self.sorted_ways(node)
            near = [way for far, way in ways if far < depth]
            self.into(chance.choice(near) if near else ways[0][1], chance, depth, words, out)
        else:
            _, inner, low, high = node
            count = low
            if self.sorted_ways(inner)[0][0] < depth:
                while count < high and chance.random() < 0.5:
                    count += 1
            for _ in range(count):
                self.into(inner, chance, depth, words, out)


def sarai_says(name, texts):
    """Which of the texts `sarai grammar check` accepts."""
    source = (GRAMMARS / f"{name}.gbnf").read_text()
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as pairs:
        for text in texts:
            pairs.write(json.dumps({"kind": "gbnf", "grammar": source, "text": text}) + "\n")
        pairs.flush()
        command = [from_env("SARAI_BIN"), "grammar", "check", "--pairs", pairs.name]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    verdicts = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(verdicts) == len(texts), ran.stderr
    return [verdict["accepted"] for verdict in verdicts]


def must_accept(name, texts):
    for text, accepted in zip(texts, sarai_says(name, texts), strict=True):
        assert accepted, f"{name}.gbnf gives {text!r}, and the importer does not accept it"


def must_refuse(name, texts):
    for text, accepted in zip(texts, sarai_says(name, texts), strict=True):
        assert not accepted, f"{name}.gbnf accepts {text!r}"


def mutated(chance, text):
    """The text with one character lost, doubled, exchanged or added."""
    at = chance.randrange(len(text) + 1)
    sign = chance.choice(" ;,:'\"()[]{}|*-#\n01aA")
    return chance.choice([text[:at] + text[at + 1 :], text[:at] + sign + text[at:], text[:at] + sign + text[at + 1 :]])


def accepted_mutants(name, seed, **draw):
    """Texts near those of a grammar, that `sarai` accepts all the same."""
    chance, grammar = random.Random(seed), Grammar(name)
    texts = [mutated(chance, grammar.draw(chance, **draw)) for _ in range(CHECKED)]
    return [text for text, accepted in zip(texts, sarai_says(name, texts), strict=True) if accepted]


def drawn(name, seed, count=TEXTS, **draw):
    chance, grammar = random.Random(seed), Grammar(name)
    return [grammar.draw(chance, **draw) for _ in range(count)]


# JSON


def test_json_is_json():
    texts = drawn("json", 1)
    for text in texts:
        json.loads(text)
    must_accept("json", texts[:CHECKED])
    for text in accepted_mutants("json", 2):
        json.loads(text)


def test_what_is_no_json_is_refused():
    must_accept("json", ["{}", "[]", "0", "-0.5e+3", '"é\\u00e9\\n"', '{"a": [1, {"b": null}],\n  "c": ""}', "[ ]"])
    bad = ["", " 1", "1 ", "01", "1.", ".5", "+1", "NaN", "'a'", '"\t"', '"\\x"', '"', "[1,]", "[1 2]", "{a:1}", '{"a"}']
    must_refuse("json", [*bad, '{"a":1,}', "{,}", "[", "}", "truefalse", "nul", "[]]", "{}{}", "/**/1", "[" + " " * 90 + "]"])


# Python


def parses(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ast.parse(text)


def test_python_is_python():
    texts = drawn("python", 3)
    for text in texts:
        try:
            parses(text)
        except (SyntaxError, ValueError) as error:
            pytest.fail(f"{error}:\n{text}")
    must_accept("python", texts[:CHECKED])
    for text in accepted_mutants("python", 4):
        parses(text)


PROGRAM = '''import os
from typing import Any


# Counts words.
@cached(maxsize=None)
def count(path: str, *, limit: int = 10, **rest) -> dict:
    """How often each word stands in a file."""
    found = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:  # one by one
            for word in line.split():
                found[word] = found.get(word, 0) + 1
    if not found:
        raise ValueError(f"{path}: no words")
    elif len(found) > limit and limit is not None:
        return {word: n for word, n in sorted(found.items(), key=lambda pair: -pair[1])[:limit]}
    else:
        pass
    return found


class Words(Base):
    names: list = []

    def __init__(self, names):
        self.names = [
            name.strip() for name in names if name
        ]
        self.done = not_here = None

    def __len__(self):
        try:
            return len(self.names) ** 2 // -3
        except (TypeError, ValueError) as error:
            print("no", error, sep=", ")
        finally:
            self.done = True


while True:
    total += sum(x * y for x, y in pairs) if pairs else 0.5
    a, b = b, a[1:-1]
    ifs = iff = elif_ = 0x1f
    break
'''


def test_what_is_no_python_is_refused():
    parses(PROGRAM)
    must_accept("python", [PROGRAM, "x = 1\n", "import a.b as c, d\n", "from ..a import *\n", "f(*a, b=1, **c)\n"])
    bad = ["", "x", "x = 1", "if = 1\n", "None = 1\n", "f() = 1\n", "1 = x\n", "x = 007\n", "x = 1a\n", "def f(a=1, b):\n    pass\n"]
    bad += ["def f(*):\n    pass\n", "if x:\npass\n", "else:\n    pass\n", "  x = 1\n", "if x:\n    pass\n  y\n", "f(a=1, b)\n"]
    bad += ["x = = 1\n", "x +\n", "for 1 in x:\n    pass\n", "'a\n", '"\\"\n', "x = (1\n", "x = 1)\n", "del f()\n", "async def f():\n    pass\n"]
    bad += ["try:\n    pass\n", "class 1:\n    pass\n", "import\n", "from import x\n", "a + not b\n", "__debug__ = 1\n", "f'{'\n", "x := 1\n"]
    must_refuse("python", [*bad, "lambda = 1\n", "x.if = 1\n", "def f():\n    # nothing\n", "if x:\n    y\n     z\n", "x\ty\n", "9" * 30 + "\n"])


# SQL

SCHEMA = """
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INTEGER, city TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, age REAL, city TEXT);
INSERT INTO users VALUES (1, 'Ana', 41, 'Vigo'), (2, 'Luis', NULL, 'Soria');
INSERT INTO orders VALUES (1, 'x', 9.5, 'Vigo'), (7, NULL, 0, '');
"""
WORDS = {"name": ["id", "name", "age", "city"], "table": ["users", "orders", "main.users", "users"]}
READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


class Reader:
    """A database that only lets read, and remembers who wanted more."""

    def __init__(self):
        self.refused, self.steps, self.functions = [], 0, set()
        self.connection = sqlite3.connect(":memory:")
        self.connection.executescript(SCHEMA)
        self.before = list(self.connection.iterdump())
        self.connection.set_authorizer(self.authorise)
        self.connection.set_progress_handler(self.tick, 10_000)

    def authorise(self, action, first, second, *_):
        if action == sqlite3.SQLITE_FUNCTION:
            self.functions.add(second.lower())
        if action in READING:
            return sqlite3.SQLITE_OK
        self.refused.append((action, first, second))
        return sqlite3.SQLITE_DENY

    def tick(self):
        self.steps += 1
        return self.steps > 20

    def run(self, text):
        """The error, or nothing."""
        self.steps = 0
        try:
            self.connection.execute(text).fetchmany(100)
        except sqlite3.Error as error:
            return str(error)
        except sqlite3.Warning as warning:
            pytest.fail(f"{warning}: {text!r}")
        return None


# What the grammar cannot know: names, numbers of columns, where totals may stand, how long it runs, what values do.
MEANING = (
    "no such|ambiguous|misuse of aggregate|do not have the same number|term does not match|interrupted|cannot join using|"
    "aggregate functions are not allowed|HAVING clause on a non-aggregate|expected 1|no tables specified|circular reference|"
    "row value misused|out of range|wrong number of arguments|overflow|a NATURAL join|duplicate WITH|multiple references|"
    "has [0-9]+ values for|too many|should come (before|after)|ESCAPE expression|recursive"
)


def test_sql_only_reads():
    reader, ran = Reader(), 0
    texts = drawn("sql", 5, words=WORDS)
    for text in texts:
        error = reader.run(text)
        ran += error is None
        assert error is None or re.search(MEANING, error), f"{error}: {text!r}"
    # With names of their own kind the statements may mean nothing, but ask for nothing else either.
    for text in drawn("sql", 6, 500):
        error = reader.run(text)
        assert error is None or re.search(MEANING, error), f"{error}: {text!r}"
    assert reader.refused == []
    reader.connection.set_authorizer(None)
    assert list(reader.connection.iterdump()) == reader.before
    print(f"{ran} of {len(texts)} ran")
    assert ran > TEXTS / 4
    must_accept("sql", texts[:CHECKED])
    for text in accepted_mutants("sql", 7, words=WORDS):
        reader.run(text)
    assert reader.refused == []
    assert not reader.functions & {"load_extension", "writefile", "readfile", "edit", "fts3_tokenizer", "randomblob"}


def test_what_does_more_than_read_is_refused():
    must_accept("sql", [
        "SELECT * FROM users;",
        "SELECT DISTINCT u.name AS who, COUNT(*) FROM users AS u LEFT JOIN orders AS o ON u.id = o.id\n"
        "WHERE u.age BETWEEN 18 AND 65 AND o.city IN ('Vigo', 'O''Grove') GROUP BY u.name HAVING COUNT(*) > 1\n"
        "ORDER BY 2 DESC LIMIT 10 OFFSET 5",
        "WITH old (id) AS (SELECT id FROM users WHERE age > 60), n AS (SELECT 1) SELECT * FROM old UNION SELECT * FROM n",
        "SELECT CASE WHEN age IS NULL THEN 'no' ELSE CAST(age AS TEXT) END FROM users WHERE NOT name LIKE 'A%' ESCAPE '!'",
        'SELECT "group", selection, orderly, json_eachx FROM "my table", pragmatic, "json", "ñ%"',
        "SELECT '; DROP TABLE users; --' || '/*'",
    ])
    bad = [
        "SELECT 1; SELECT 2", "SELECT 1;;", "SELECT 1 -- x", "SELECT 1 /* x */", "SELECT--\n1", "-- x\nSELECT 1",
        "DROP TABLE users", "INSERT INTO users VALUES (1)", "UPDATE users SET age = 1", "DELETE FROM users",
        "REPLACE INTO users VALUES (1)", "CREATE TABLE t (a)", "ALTER TABLE users RENAME TO t", "VACUUM", "ANALYZE",
        "PRAGMA user_version", "PRAGMA writable_schema = 1", "ATTACH 'x' AS y", "DETACH y", "BEGIN", "COMMIT", "REINDEX",
        "WITH t AS (SELECT 1) DELETE FROM users", "WITH t AS (DELETE FROM users RETURNING id) SELECT * FROM t",
        "EXPLAIN SELECT 1", "VALUES (1)", "SELECT load_extension('x')", "SELECT LOAD_EXTENSION('x')",
        "SELECT writefile('a', 'b')", "SELECT readfile('a')", "SELECT edit('a')", "SELECT fts3_tokenizer('a')",
        "SELECT randomblob(1000000000)", "SELECT zeroblob(9)", "SELECT printf('%9999999d', 1)",
        "SELECT * FROM pragma_table_info('users')", "SELECT * FROM pragma_user_version", 'SELECT * FROM "Pragma_user_version"',
        "SELECT * FROM PRAGMA_user_version", "SELECT * FROM main.pragma_user_version", "SELECT * FROM [users]",
        "SELECT * FROM json_each", 'SELECT * FROM "JSON_tree"', "SELECT * FROM dbstat", "SELECT * FROM Sqlite_master",
        'SELECT * FROM "sqlite_stmt"', "SELECT * FROM fts3tokenize",
        "SELECT * FROM `users`", "SELECT * FROM users INTO OUTFILE 'x'", "SELECT 'a", "SELECT \"a", "SELECT '\x00'",
        "SELECT * FROM generate_series(1, 9)", "SELECT select FROM users", "SELECT * FROM Table", "SELECT x'00'",
        "SELECT ?", "SELECT :a", "SELECT @a", "SELECT 1;\n", "select 1; drop table users", "SELECT 1\x00; DROP TABLE users",
        "SELECT 1 UNION DELETE FROM users", "SELECT * FROM (DELETE FROM users)", "SELECT * FROM users; ", "",
    ]
    must_refuse("sql", bad)


# Markdown


def closed(text):
    """Whether each fence is closed and each block is of a known kind. Reads line by line, as CommonMark does."""
    fence, table = False, 0
    lines = text.split("\n")
    assert lines.pop() == "", "the last line does not end"
    for line in lines:
        if fence:
            fence = not re.fullmatch(r" {0,3}`{3,}\s*", line)
            continue
        if re.match(r" {0,3}(```|~~~)", line):
            assert re.fullmatch(r"```[a-z0-9+-]*", line), line
            fence = True
            continue
        assert "<" not in re.sub(r"\\.|`[^`]*`", "", line), f"HTML: {line!r}"
        kinds = r"#{1,6} \S|(  ){0,2}- \S|[1-9]\d{0,2}\. \S|( {3}| {5})- \S|> \S|>$|\||---$|[^\s#>|]|$"
        assert re.match(kinds, line), line
        table = table + 1 if line.startswith("|") else 0
        if table == 2:
            assert re.fullmatch(r"\|( ?:?-+:? ?\|)+", line), line
    assert not fence, "a fence is open"


def test_markdown_is_whole():
    texts = drawn("markdown", 8)
    for text in texts:
        closed(text)
    must_accept("markdown", texts[:CHECKED])
    for text in accepted_mutants("markdown", 9):
        closed(text)


def test_what_is_half_markdown_is_refused():
    must_accept("markdown", [
        "# Title\n\nA *word* with `code` and [a link](https://a.b/c).\nSecond line\n\n- one\n  - two\n    - three\n- four\n",
        "```python\ndef f():\n    return '`'\n\n    ```\n```\n", "1. one\n2. two\n   - more\n", "> said\n> so\n",
        "| a | b |\n|---|:-:|\n| 1 | **2** |\n", "¿Qué tal? Ayer llovió; 3 < 4 no.\n".replace("<", "&lt;"),
    ])
    bad = ["", "a", "#a\n", "####### a\n", "```\na\n", "```\na\n   ```\n```\n", "a\n\n\n\nb\n", "- \n", "**a\n", "[a](b\n", "`a\n"]
    must_refuse("markdown", [*bad, "<b>a</b>\n", "    a\n", "a <script>\n", "| a |\n| b |\n", "1) a\n", "~~~\na\n", "a\\\n", "*\n"])
