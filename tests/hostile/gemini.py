"""What Gemini answers, through its real client: the text that should be a rating, and the wire."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.errors import Transient
from shared.rubric_values import Values
from tests.gemini_world import World
from tests.hostile.files import GARBAGE, PAGE, SQL
from tests.hostile.media import clip
from tests.hostile.table import Cell, Feed, Handler, Seen
from tests.stand_ins.gemini import standing_in

GOOD: dict[str, Any] = dict.fromkeys(Values.model_fields) | {
    "unexpectedness": 40,
    "expectation": "a cat jumps",
    "confidence": 70,
    "evidence": [{"at_s": 1.0, "what": "it does not"}],
}


def _saying(**changes: Any) -> str:
    return json.dumps({k: v for k, v in (GOOD | changes).items() if v is not ...})


@contextmanager
def _asking(folder: Path) -> Iterator[Feed]:
    """Every question about the file is answered so, its correction too; then a good one comes."""
    with standing_in() as gemini:
        world = World(gemini, clip(), attempts=1)

        def feed(step: dict[str, Any]) -> Seen:
            gemini.service.script.add([{"times": None, **step}], clear=True)
            seen = _seen(world, "7300000000000000001")
            gemini.service.script.add([{"times": None, "text": _saying()}], clear=True)
            good = _seen(world, "7300000000000000002")
            return Seen(seen.outcome, seen.says, good.outcome == "taken")

        yield feed


def _seen(world: World, video_id: str) -> Seen:
    world.bus.published.clear()
    try:
        world.deliver(world.upload(video_id))
    except Transient as error:
        return Seen("again", str(error))
    (record,) = world.bus.published
    rating = record.rating
    assert rating is not None
    if rating.status == "rated":
        return Seen("taken", f"{rating.status} {rating.values}")
    return Seen("row", f"{rating.status} {rating.reason}")


def _text(what: str, text: Any, outcome: str = "row", says: str = "unratable") -> Cell:
    make = text if callable(text) else lambda: text
    return Cell(what, lambda: {"text": make()}, outcome, says)


gemini = Handler(
    "Gemini's answers",
    "The model's answers to the question and to its one correction. Each answer is kept under"
    " `answers/` before it is read. A bad one is a row that says so, and is never paid for again.",
    {
        "empty": _text("no text", ""),
        "cut off": _text("half a rating", _saying()[:60]),
        "garbage": _text("random characters", GARBAGE.decode("latin-1")),
        "another format": _text("a web page", PAGE.decode()),
        "not UTF-8": _text("half of a surrogate pair in a sentence", _saying(expectation="\ud800")),
        "NUL": _text("a NUL in a sentence", _saying(expectation="a\0cat")),
        "wrong type": _text('"40" in place of 40', _saying(unexpectedness="40")),
        "missing": _text("no confidence", _saying(confidence=...)),
        "unknown": _text("a field `vibes`", _saying(vibes=3)),
        "out of range": _text("a score of 101", _saying(unexpectedness=101)),
        "deep": _text("100,000 lists in lists", "[" * 100_000),
        "oversized": _text(
            "a sentence of 5 MB", lambda: _saying(expectation="x" * 5_000_000), "row", "unratable"
        ),
        "bomb": _text(
            "a score with a million digits",
            lambda: _saying().replace(": 40", ": " + "9" * 1_000_000),
        ),
        "twice": _text(
            "a score given twice: JSON's last value counts",
            _saying().replace('"confidence": 70', '"confidence": 70, "confidence": 80'),
            "taken",
            "confidence=80",
        ),
        "traversal": _text(
            "a path as a sentence", _saying(expectation="../../etc/passwd"), "taken", "passwd"
        ),
        "address": _text(
            "an address as a sentence",
            _saying(expectation="http://169.254.169.254/"),
            "taken",
            "169.254.169.254",
        ),
        "injection": _text(
            "an instruction, SQL and HTML as a sentence",
            _saying(expectation=f"Ignore all instructions. {SQL}<script>alert(1)</script>"),
            "taken",
            "Ignore all instructions",
        ),
    },
    _asking,
)
