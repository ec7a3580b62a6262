"""Retention curves that a person brings in a file: a row for each video and second.

A curve may have several readings, told apart by `collected_at`. One without a time of reading gets
the oldest time, so that every dated reading is newer, and the flag `undated`. So the same file
always makes the same records.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from shared.inputs.tables import cells
from shared.inputs.tables.cell_memory import CellMemory, Reader
from shared.inputs.tables.errors import BadTable, Unclear
from shared.inputs.tables.losses import Losses
from shared.inputs.tables.notation import Notation, notation_of
from shared.inputs.tables.table import Cell, ColumnChunk, Table
from shared.listings import LONG_AGO
from shared.model import VIDEO_ID
from shared.retention_section import MOST_SECONDS, UNDATED, Retention
from shared.tiktok.sources.manifest_file import ManifestOptions
from shared.tiktok.sources.manifest_line import ABOUT_IDS, read_video_id
from shared.tiktok.sources.retention_curve import (
    BAD_POINTS,
    MOST_SHARE,
    PERCENT_FROM,
    REPEATED_SECOND,
    as_part,
    first_share,
)

KINDS = {"second": "seconds", "share": "part", "viewers": "count", "collected_at": "time"}
_ESSENTIAL = ("video_id", "second", "collected_at")
"""Without these a row does not say which point it is."""

Row = dict[str, Any]


@dataclass(slots=True)
class _Points:
    """One reading of one video, as it stands in the file."""

    shares: dict[int, float | None] = field(default_factory=dict)
    viewers: int | None = None
    flags: set[str] = field(default_factory=set)

    def is_other_unit(self, is_percent: bool) -> bool:
        """Whether it starts in parts in a file of percents, or the other way round."""
        start = self.shares.get(0)
        return start is not None and start > 0 and (start >= PERCENT_FROM) != is_percent

    def retention(self, at: datetime | None, scale: float) -> Retention | None:
        """The curve in parts of 1; None where no second has a share."""
        parts = {second: as_part(share, scale) for second, share in self.shares.items()}
        if any(share is not None and parts[each] is None for each, share in self.shares.items()):
            self.flags.add(BAD_POINTS)
        if all(part is None for part in parts.values()):
            return None
        shares = tuple(parts.get(second) for second in range(max(parts) + 1))
        flags = self.flags | ({UNDATED} if at is None else set())
        return Retention(
            collected_at=at or LONG_AGO,
            viewers=self.viewers,
            shares=shares,
            flags=tuple(sorted(flags)),
        )


class CurveFile:
    """The curves of a file, and what of it could not be read.

    `columns` maps our fields to its columns. Rows without a time have that of `options`, or none;
    `written_at` is when the file was written. Raises BadTable.
    """

    def __init__(
        self,
        table: Table,
        columns: Mapping[str, str],
        options: ManifestOptions,
        written_at: datetime,
    ):
        for theirs in columns.values():
            table.refuse_twins(theirs)
        self.name = table.name
        self._table = table.renamed({theirs: ours for ours, theirs in columns.items()})
        self._columns = columns
        self._read_at = written_at if options.collected_at == "file" else options.collected_at
        kinds = {ours: kind for ours, kind in KINDS.items() if ours in columns}
        self._notation = notation_of(self._table, kinds, options.notation)
        notes = [*table.notes, *self._notation.notes]
        self.losses = Losses(unit=table.unit, notes=notes)
        points = self._read()
        self._refuse_cut_ids({video_id for video_id, _ in points})
        self.is_percent = (
            bool(points)
            and median(first_share(each.shares) for each in points.values()) >= PERCENT_FROM
        )
        built = self._built(points)
        self.curves = [(key[0], curve) for key, curve in built.items() if curve is not None]
        self.empty = sorted({key[0] for key, curve in built.items() if curve is None})

    def _built(
        self, points: Mapping[tuple[str, datetime | None], _Points]
    ) -> dict[tuple[str, datetime | None], Retention | None]:
        """Each reading in parts of 1; None for one of another unit, or without a share."""
        scale = 100.0 if self.is_percent else 1.0
        others = {key for key, each in points.items() if each.is_other_unit(self.is_percent)}
        built = {
            key: None if key in others else each.retention(key[1], scale)
            for key, each in points.items()
        }
        if others:
            self.losses.notes.append(
                f"{len(others):,} curves start in another unit than most of the file and are left "
                "out. Give all shares in percent, or all in parts of 1."
            )
        if wild := sum(BAD_POINTS in each.flags for each in points.values()):
            self.losses.notes.append(
                f"{wild:,} curves have shares above {MOST_SHARE:g} times the viewers; these "
                "seconds are left out."
            )
        return built

    def sentences(self, asks_for_day: bool = True) -> list[str]:
        """How the file was read, and what was lost; whether it asks for the day of reading."""
        rows, videos = self.losses.rows, {video_id for video_id, _ in self.curves}
        scale = "percents" if self.is_percent else "parts of 1"
        sentences = [
            f"{self.name} was read as retention curves, with shares in {scale}. "
            f"Curves: {len(self.curves):,}, videos: {len(videos):,}, "
            f"rows: {rows - self.losses.lost:,} of {rows:,}."
        ]
        undated = sum(UNDATED in curve.flags for _, curve in self.curves)
        if undated and asks_for_day:
            sentences.append(
                f"{undated:,} curves have no time of reading. State the day, so that a later "
                "reading is newer: --collected-at 2026-01-31."
            )
        return [*sentences, *self.losses.sentences()]

    def problems(self) -> list[str]:
        """What was left out, in sentences."""
        problems = []
        if self.losses.lost:
            problems.append(
                f"{self.name}: {self.losses.lost:,} of {self.losses.rows:,} rows were left out."
            )
        if self.empty:
            problems.append(
                f"{self.name}: {len(self.empty):,} videos have no share that can be read, e.g. "
                f"{self.empty[0]}."
            )
        return problems

    def document(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "format": "retention curves",
            "container": self._table.container,
            "columns": dict(sorted(self._columns.items())),
            "unused_columns": [],
            "curves": len(self.curves),
            "in_percent": self.is_percent,
            **self.losses.document(),
        }

    def _read(self) -> dict[tuple[str, datetime | None], _Points]:
        memories = {ours: CellMemory(_READERS[ours], self._notation) for ours in self._columns}
        points: dict[tuple[str, datetime | None], _Points] = {}
        for chunk in self._table.column_chunks([*self._columns]):
            self.losses.rows += chunk.rows
            for problem in chunk.problems:
                self.losses.lose_row(
                    f"the {self._table.unit} holds {problem.problem}", problem.number
                )
            values = {ours: memories[ours].read_all(chunk.columns[ours]) for ours in memories}
            for at, number in enumerate(chunk.numbers):
                row = {ours: column[at] for ours, column in values.items()}
                if self._is_point(row, chunk, at):
                    key = (row["video_id"], row.get("collected_at") or self._read_at)
                    self._add(points.setdefault(key, _Points()), row, number)
        return points

    def _is_point(self, row: Row, chunk: ColumnChunk, at: int) -> bool:
        """Whether a row says which point it is. Cells that cannot be read become unknown."""
        number = chunk.numbers[at]
        for ours, value in row.items():
            cell = chunk.columns[ours][at]
            if ours in ("video_id", "second") and value is None:
                self.losses.lose_row(f"it has an empty cell in {self._columns[ours]}", number)
                return False
            if value is not None:
                self.losses.count_filled(self._columns[ours])
            if not isinstance(value, Unclear):
                continue
            if ours in _ESSENTIAL:
                why = f"it has a cell in {self._columns[ours]} that {value}"
                self.losses.lose_row(why, number, cell)
                return False
            self.losses.lose_cell(self._columns[ours], number, cell, str(value))
            row[ours] = None
        return True

    def _add(self, points: _Points, row: Row, number: int) -> None:
        viewers = row.get("viewers")
        if viewers is not None:
            points.viewers = max(viewers, points.viewers or 0)
        second, share = row["second"], row["share"]
        if points.shares.setdefault(second, share) != share:
            points.shares[second] = None  # nobody knows which of the two is right
            points.flags.add(REPEATED_SECOND)
            why = "differs from another row of that second"
            self.losses.lose_cell(self._columns["share"], number, share, why)

    def _refuse_cut_ids(self, video_ids: set[str]) -> None:
        if cells.are_cut(video_ids):
            raise BadTable(
                f"{self.name}: every long id ends in zeros after its 15th digit, as a "
                "spreadsheet leaves them. Export the column as text."
            )


def _video_id(cell: Cell, notation: Notation) -> str | None:
    written = read_video_id(cell, notation)
    if written is not None and not VIDEO_ID.fullmatch(written):
        raise Unclear(f"is not an id of TikTok, which {ABOUT_IDS}")
    return written


def _second(cell: Cell, notation: Notation) -> int | None:
    second = cells.seconds(cell, notation)
    if second is None:
        return None
    if not second.is_integer() or not 0 <= second < MOST_SECONDS:
        raise Unclear(f"is not a whole second from 0 to {MOST_SECONDS - 1:,}")
    return int(second)


def _share(cell: Cell, notation: Notation) -> float | None:
    share = cells.part(cell, notation)
    if share is not None and share < 0:
        raise Unclear("is negative")
    return share


def _viewers(cell: Cell, notation: Notation) -> int | None:
    reading = cells.count(cell, notation, "views")
    if reading is not None and reading.value < 0:
        raise Unclear("is negative")
    return None if reading is None else reading.value


_READERS: Mapping[str, Reader] = {
    "video_id": _video_id,
    "second": _second,
    "share": _share,
    "viewers": _viewers,
    "collected_at": cells.moment,
}
