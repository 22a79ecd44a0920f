"""Greets whoever says something, in the words of `greeting.txt`.

A place to begin: change what it reads in `load` and what it answers in `answer`. Everything else is in `service.py`.
"""

from pathlib import Path
from typing import AsyncIterator

import service

SENTENCES = {"es": "Dime algo y te saludo.", "en": "Say something and I will greet you."}


class Greeter:
    """What was read of the skill's files. Made anew whenever they change."""

    # The JSON Schema of the arguments; empty because it takes a text alone.
    arguments_schema = ""

    def __init__(self, greeting: str) -> None:
        self.greeting = greeting

    @classmethod
    def load(cls, folder: Path) -> "Greeter":
        """Raises where the files are not right; a reload then keeps what it had, and the status says why."""
        greeting = (folder / "greeting.txt").read_text(encoding="utf-8").strip()
        if not greeting:
            raise ValueError("greeting.txt is empty")
        return cls(greeting)

    async def answer(self, request: service.Request) -> AsyncIterator[str]:
        """Says the answer piece by piece, or raises `service.Declined` before the first one."""
        text = request.text.strip()
        if not text:
            raise service.Declined(service.DeclineReason.CANNOT, SENTENCES[request.language])
        yield self.greeting
        yield f" {text}"


if __name__ == "__main__":
    service.serve(Greeter)
