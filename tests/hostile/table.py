"""Hostile input as a table: classes of input × handlers, with the outcome of each pair.

Each handler has a module here with a case for every class. test_every_cell.py feeds them all.
docs/reference/hostile-input.md is written from the same table.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLASSES: Mapping[str, str] = {
    "empty": "nothing at all",
    "cut off": "a good one that ends in the middle",
    "garbage": "random bytes",
    "another format": "a web page, or another format that does not belong here",
    "not UTF-8": "a text with bytes that are not UTF-8",
    "NUL": "a text with a NUL character",
    "wrong type": "a value of another type than the expected one",
    "missing": "a required part is missing",
    "unknown": "an unknown part",
    "out of range": "NaN, negative, beyond 64 bits, absurdly long",
    "deep": "nested a hundred thousand levels deep",
    "oversized": "larger than the limit",
    "bomb": "small, but huge once it is unpacked",
    "twice": "the same part given twice",
    "traversal": "a name that leads out of its place",
    "address": "an address inside our own network, or a file's",
    "injection": "text that is code elsewhere: SQL, HTML, a formula, an instruction to a model",
}

OUTCOMES: Mapping[str, str] = {
    "taken": "accepted as it is; text stays text",
    "row": "a row of the video with status and reason",
    "kept": "acknowledged and kept under `failed/` with reason and bytes",
    "ignored": "acknowledged with a line in the log",
    "left out": "this value, item or line is left out and reported; the others are taken",
    "refused": "refused with a sentence that says where",
    "again": "not settled, because it may pass: it comes again, by Pub/Sub or with the scheduler's"
    " next run, and ends under `failed/` if it does not pass",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One case: `what` it is in words, the input, its outcome, and a part of the message.

    The input may be a function that makes it, if it is large or takes time.
    """

    what: str
    content: Any
    outcome: str
    says: str = ""

    def resolved_input(self) -> Any:
        return self.content() if callable(self.content) else self.content


@dataclass(frozen=True, slots=True)
class Seen:
    """The outcome of an input, the message, and whether its good neighbours went through."""

    outcome: str
    says: str = ""
    neighbours: bool = True


Feed = Callable[[Any], Seen]


@dataclass(frozen=True, slots=True)
class Handler:
    """What input reaches. `opened` gives, for the length of a block, a function to feed it.

    What it has kept stays in between, so the same input can be fed twice.
    """

    name: str
    about: str
    cells: Mapping[str, Cell]
    opened: Callable[[Path], AbstractContextManager[Feed]]
