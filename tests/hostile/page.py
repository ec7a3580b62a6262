"""docs/reference/hostile-input.md, written from the table: `python -m tests.hostile.page`."""

from collections.abc import Iterator
from pathlib import Path

from tests.hostile import HANDLERS
from tests.hostile.table import CLASSES, OUTCOMES, Cell

PAGE = Path(__file__).parents[2] / "docs/reference/hostile-input.md"
HEAD = """\
# Hostile input

Input from outside may be broken, huge or meant to harm. This page lists the outcome for each class
of input and each handler that it reaches. `make generate` writes it from `tests/hostile/`, where a
test feeds every cell twice. No cell ends in an unhandled error, a hang, an endless redelivery or a
half-written row, and no good neighbour is lost.
"""


def written() -> str:
    return "\n".join([HEAD, *_outcomes(), *_overview(), *_sections()]) + "\n"


def _outcomes() -> Iterator[str]:
    yield "| outcome | |\n|---|---|"
    for name, about in OUTCOMES.items():
        yield f"| {name} | {about} |"
    yield ""


def _overview() -> Iterator[str]:
    yield f"## {len(CLASSES)} classes, {len(HANDLERS)} handlers\n"
    yield f"| | {' | '.join(handler.name for handler in HANDLERS)} |"
    yield f"|---|{'---|' * len(HANDLERS)}"
    for name, about in CLASSES.items():
        cells = " | ".join(handler.cells[name].outcome for handler in HANDLERS)
        yield f"| **{name}**: {about} | {cells} |"
    yield ""


def _sections() -> Iterator[str]:
    for handler in HANDLERS:
        yield f"## {handler.name[0].upper()}{handler.name[1:]}\n"
        yield f"{handler.about[0].upper()}{handler.about[1:]}\n"
        yield "| class | input | outcome | part of the message |\n|---|---|---|---|"
        for name in CLASSES:
            cell = handler.cells[name]
            yield f"| {name} | {_plain(cell.what)} | {cell.outcome} | {_last_column(cell)} |"
        yield ""


def _last_column(cell: Cell) -> str:
    return f"… {_plain(cell.says)} …" if cell.says else ""


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(written())
