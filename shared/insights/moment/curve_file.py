"""Retention curves in a file: `video_id, second, share`, one second per row, in any order.

The columns `viewers` and `collected_at` are optional; others are ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from shared.inputs.tables import cells
from shared.inputs.tables.cell_memory import CellMemory, Reader
from shared.inputs.tables.errors import BadTable, Unclear
from shared.inputs.tables.losses import Losses
from shared.inputs.tables.notation import Notation
from shared.inputs.tables.table import Cell
from shared.insights.table.read import ADVICE, RawTable, StatedTable, read_raw
from shared.retention_section import MOST_SECONDS

COLUMNS = ("video_id", "second", "share")
OPTIONAL = ("viewers", "collected_at")
KINDS = {"second": "seconds", "share": "number", "viewers": "count", "collected_at": "time"}
PERCENT_FROM = 2.0
"""Curves begin near 1, or near 100. From here on their first points are percents."""

FIRST = datetime.min.replace(tzinfo=UTC)
"""The time of a reading that has none."""

Row = dict[str, Any]


@dataclass(slots=True)
class _CurveReading:
    """One reading of one video. A second that has two different shares has none."""

    viewers: int | None = None
    shares: dict[int, float | None] = field(default_factory=dict)

    @property
    def first(self) -> float:
        return next((share for _, share in sorted(self.shares.items()) if share is not None), 1.0)


def read_curve_file(path: Path, stated: StatedTable | None = None) -> tuple[list[Row], Losses]:
    """The newest reading of each video as rows of retention.sql, and what could not be read.

    Shares in percent become parts; the first points of all curves decide for the whole file. A row
    without a video or a whole second is left out and counted, a share that cannot be read is
    missing. Raises BadTable.
    """
    try:
        raw = read_raw(path, COLUMNS, OPTIONAL, KINDS, stated)
    except BadTable as error:
        advice = f"A file of curves has the columns {', '.join(COLUMNS)}."
        raise BadTable(error.sentence.replace(ADVICE, advice)) from error
    readings = _newest(_readings(raw))
    if not readings:
        lost = " ".join(raw.losses.sentences()[:1])
        raise BadTable(f"{path.name}: no row has a share. {lost}".rstrip())
    if cells.are_cut(readings):
        raise BadTable(
            f"{path.name}: every long id in video_id ends in zeros after its 15th digit, as a "
            "spreadsheet leaves them; export the column as text."
        )
    scale = _scale(readings, raw.losses)
    return [_row(video, reading, scale, len(readings)) for video, reading in readings.items()], (
        raw.losses
    )


def _readings(raw: RawTable) -> dict[tuple[str, datetime], _CurveReading]:
    columns = {name: _read(raw, name, reader) for name, reader in _READERS.items()}
    readings: dict[tuple[str, datetime], _CurveReading] = {}
    for at, number in zip(range(len(columns["share"])), raw.numbers, strict=False):
        cell = {name: column[at] for name, column in columns.items()}
        problem = next((name for name in ("video_id", "second") if not _is_known(cell[name])), None)
        if problem is not None:
            why = "is empty" if cell[problem] is None else f"cannot be read: it {cell[problem]}"
            raw.losses.lose_row(f"the {problem} {why}", number, raw.columns[problem][at])
            continue
        for name in ("share", *OPTIONAL):
            if isinstance(cell[name], Unclear):
                raw.losses.lose_cell(name, number, raw.columns[name][at], str(cell[name]))
                cell[name] = None
        key = cell["video_id"], cell["collected_at"] or FIRST
        _add(readings.setdefault(key, _CurveReading()), cell)
    return readings


def _is_known(value: object) -> bool:
    return value is not None and not isinstance(value, Unclear)


def _add(reading: _CurveReading, cell: Mapping[str, Any]) -> None:
    if cell["viewers"] is not None:
        reading.viewers = max(cell["viewers"], reading.viewers or 0)
    second, share = cell["second"], cell["share"]
    if reading.shares.setdefault(second, share) != share:
        reading.shares[second] = None


def _newest(readings: Mapping[tuple[str, datetime], _CurveReading]) -> dict[str, _CurveReading]:
    """By video, the reading of the latest time that has a share."""
    newest: dict[str, _CurveReading] = {}
    for (video, _), reading in sorted(readings.items(), key=lambda item: item[0]):
        if any(share is not None for share in reading.shares.values()):
            newest[video] = reading
    return newest


def _scale(readings: Mapping[str, _CurveReading], losses: Losses) -> float:
    """100 for a file of percents, else 1."""
    if np.median([reading.first for reading in readings.values()]) < PERCENT_FROM:
        return 1.0
    losses.notes.append("shares are read as percents.")
    return 100.0


def _row(video: str, reading: _CurveReading, scale: float, videos: int) -> Row:
    shares = {
        second: round(share / scale, 9)
        for second, share in sorted(reading.shares.items())
        if share is not None
    }
    return {
        "video_id": video,
        "viewers": reading.viewers,
        "seconds": list(shares),
        "shares": list(shares.values()),
        "videos": videos,
    }


def _read(raw: RawTable, name: str, reader: Reader) -> list[Any]:
    if name not in raw.columns:
        return [None] * len(raw.columns["share"])
    return CellMemory(reader, raw.notation).read_all(raw.columns[name])


def _second(cell: Cell, notation: Notation) -> int | None:
    second = cells.seconds(cell, notation)
    if second is None:
        return None
    if not second.is_integer() or not 0 <= second < MOST_SECONDS:
        raise Unclear(f"is not a whole second below {MOST_SECONDS:,}")
    return int(second)


def _share(cell: Cell, notation: Notation) -> float | None:
    """A number; a percent sign behind it says no more than the numbers of the file do."""
    return cells.number(cell.rstrip("% ") if isinstance(cell, str) else cell, notation)


def _viewers(cell: Cell, notation: Notation) -> int | None:
    count = cells.count(cell, notation, "views")
    return None if count is None else count.value


_READERS: Mapping[str, Reader] = {
    "video_id": cells.identifier,
    "second": _second,
    "share": _share,
    "viewers": _viewers,
    "collected_at": cells.moment,
}
