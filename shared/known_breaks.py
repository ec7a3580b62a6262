"""Known breaks of the data, by source. Readings get a flag, and analyses report the break."""

import tomllib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.model import Source

BREAKS = Path(__file__).with_name("known_breaks.toml")

Dated = tuple[str | None, datetime | None, datetime | None]
"""Source of a video, when it was listed, and when its counts were read."""


class KnownBreak(BaseModel):
    """A dated change in the meaning of a source's data. `on` is the first day of the new one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    source: Source
    about: Literal["counts", "frame"]
    on: date
    says: Annotated[str, Field(min_length=1)]
    reference: Annotated[str, Field(min_length=1)]

    def comes_after(self, asked_at: datetime) -> bool:
        return asked_at.astimezone(UTC).date() < self.on


@cache
def known_breaks() -> tuple[KnownBreak, ...]:
    """All known breaks, in the order of the file."""
    entries = tomllib.loads(BREAKS.read_text(encoding="utf-8"))["break"]
    return tuple(KnownBreak.model_validate(entry) for entry in entries)


def break_flags(source: str, collected_at: datetime) -> tuple[str, ...]:
    """The flags of one reading: names of the breaks that make its own counts wrong."""
    return tuple(
        change.name
        for change in known_breaks()
        if change.about == "counts" and change.source == source and change.comes_after(collected_at)
    )


def break_sentences(rows: Iterable[Dated]) -> Iterator[str]:
    """A sentence for each break that a sample spans. Rows without source or time do not count."""
    dated = list(rows)
    for change in known_breaks():
        own = [row[1:] for row in dated if row[0] == change.source]
        times = [listed if change.about == "frame" else counted for listed, counted in own]
        dated_times = [moment for moment in times if moment is not None]
        before = sum(change.comes_after(moment) for moment in dated_times)
        if change.about == "counts" and before:
            yield _of_counts(change, before, len(dated_times))
        if change.about == "frame" and 0 < before < len(dated_times):
            yield _of_frames(change, before, len(dated_times) - before)


def _of_counts(change: KnownBreak, before: int, count: int) -> str:
    return (
        f"{before:,} of {count:,} videos of the source {change.source} were counted before "
        f"{change.on}, when {change.says}: leave them out."
    )


def _of_frames(change: KnownBreak, before: int, since: int) -> str:
    return (
        f"{before:,} videos of the source {change.source} were listed before {change.on} and "
        f"{since:,} since. On that day {change.says}: they are samples of two populations, so "
        "compare within one of them."
    )
