"""Known breaks of the data, by source: readings across one are flagged, and analyses say so."""

import tomllib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

BREAKS = Path(__file__).with_name("known_breaks.toml")

Dated = tuple[str | None, datetime | None, datetime | None]
"""Where a video comes from, when it was listed, and when its counts were read."""


class KnownBreak(BaseModel):
    """One dated change of what a source says. `on` is the first day of what holds since."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    source: Literal["research", "display", "manifest", "upload"]
    about: Literal["counts", "frame"]
    on: date
    says: Annotated[str, Field(min_length=1)]
    reference: Annotated[str, Field(min_length=1)]

    def comes_after(self, asked_at: datetime) -> bool:
        return asked_at.astimezone(UTC).date() < self.on


@cache
def known_breaks() -> tuple[KnownBreak, ...]:
    """All that are known, in the order of the file."""
    listed = tomllib.loads(BREAKS.read_text(encoding="utf-8"))["break"]
    return tuple(KnownBreak.model_validate(it) for it in listed)


def break_flags(source: str, collected_at: datetime) -> tuple[str, ...]:
    """The flags of one reading: names of the breaks that make its own counts wrong."""
    return tuple(
        it.name
        for it in known_breaks()
        if it.about == "counts" and it.source == source and it.comes_after(collected_at)
    )


def break_sentences(rows: Iterable[Dated]) -> Iterator[str]:
    """A sentence for each break that a sample spans; rows without source or time tell nothing."""
    dated = list(rows)
    for it in known_breaks():
        own = [row[1:] for row in dated if row[0] == it.source]
        times = [listed if it.about == "frame" else counted for listed, counted in own]
        dated_times = [moment for moment in times if moment is not None]
        before = sum(it.comes_after(moment) for moment in dated_times)
        if it.about == "counts" and before:
            yield _of_counts(it, before, len(dated_times))
        if it.about == "frame" and 0 < before < len(dated_times):
            yield _of_frames(it, before, len(dated_times) - before)


def _of_counts(it: KnownBreak, before: int, count: int) -> str:
    return (
        f"{before:,} of {count:,} videos of the source {it.source} were counted before {it.on}, "
        f"when {it.says}: leave them out."
    )


def _of_frames(it: KnownBreak, before: int, since: int) -> str:
    return (
        f"{before:,} videos of the source {it.source} were listed before {it.on} and {since:,} "
        f"since. On that day {it.says}: they are samples of two populations, so compare within "
        "one of them."
    )
