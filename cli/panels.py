"""The list of verbs that `tta --help` prints, in panels: what a person wants to do."""

from collections.abc import Iterable, Iterator
from typing import Any

from typer.core import TyperGroup

PANELS = {
    "Start": ("demo", "up", "doctor"),
    "Your videos": ("ingest", "estimate", "rate", "backfill"),
    "Answers": (
        *("insights", "plan", "report", "query", "tables"),
        *("validate", "rate-kit", "knowledge"),
    ),
    "Collect": ("collections", "fetch", "erase"),
    "Run": ("deploy", "smoke", "failed", "replay", "rebuild"),
}
OTHER = "Other"


class Verbs(TyperGroup):
    """A group of verbs whose help is in panels. It is plain text, so that it starts fast."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        width = max(map(len, self.commands))
        limit = formatter.width - 6 - width
        for title, names in in_panels(self.commands):
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (f"{name:<{width}}", self.commands[name].get_short_help_str(limit))
                        for name in names
                    ]
                )


def in_panels(verbs: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Each panel that has some of the verbs, in its order. A verb without a panel comes last."""
    unplaced = set(verbs)
    for title, names in PANELS.items():
        if placed := [name for name in names if name in unplaced]:
            yield title, placed
        unplaced.difference_update(names)
    if unplaced:
        yield OTHER, sorted(unplaced)
