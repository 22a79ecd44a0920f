"""How well a model for vectors finds messages: all that anybody says in a set of `evals/memory` lies on one heap.

    make near SET=third-test

For each question it looks whether a message that holds the answer is among the three nearest of the heap, and how often
something is near although nothing is known. The model reads English, so only those dialogues count.
"""

import json
import pathlib
import sys

from embedder import embedder
from harness import Home

SETS = pathlib.Path(__file__).resolve().parent.parent / "evals" / "memory"
# As the memory has them.
LIKENESS_MIN = 0.3
SHOWN_MAX = 3
TEXTS_MAX = 500


def vectors(home, texts):
    for first in range(0, len(texts), TEXTS_MAX):
        body = {"model": "sarai", "input": texts[first : first + TEXTS_MAX]}
        status, reply = home.request("POST", "/v1/embeddings", body, timeout=600)
        assert status == 200, reply
        yield from (row["embedding"] for row in reply["data"])


def main(name):
    lines = (SETS / name / "dialogues.jsonl").read_text().splitlines()
    steps = [step for line in map(json.loads, lines) if line["lang"] == "en" for step in line["steps"]]
    told = [step["say"] for step in steps if "say" in step]
    asked = [step for step in steps if "ask" in step and ("expect" in step or step.get("unknown"))]
    with Home(**{"model.embedding": embedder()}) as home:
        home.serve()
        heap = list(zip(told, vectors(home, told)))
        questions = list(vectors(home, [step["ask"] for step in asked]))
    found = known = near = 0
    for step, question in zip(asked, questions):
        alike = lambda row: sum(a * b for a, b in zip(question, row[1]))
        shown = [row for row in sorted(heap, key=alike, reverse=True)[:SHOWN_MAX] if alike(row) >= LIKENESS_MIN]
        if step.get("unknown"):
            near += bool(shown)
        else:
            known += 1
            found += any(all(part.lower() in text.lower() for part in step["expect"]) for text, _ in shown)
    print(f"{name}: {len(told)} messages; shown for {found} of {known} questions that have an answer,")
    print(f"something near for {near} of {len(asked) - known} that have none")


if __name__ == "__main__":
    main(sys.argv[1])
