"""The retention curves of a batch: which file holds them, and storing them in the lake."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.errors import UserError
from cli.uploads import TABLE_SUFFIXES
from shared.concurrency import in_order
from shared.inputs.tables.container import open_table
from shared.inputs.tables.errors import BadTable
from shared.model import Record
from shared.retention_section import UNDATED, Retention
from shared.tiktok.sources.curve_columns import curve_columns
from shared.tiktok.sources.curve_file import CurveFile
from shared.tiktok.sources.manifest_file import ManifestOptions

if TYPE_CHECKING:
    from cli.verbs.ingest.store import Ingestion

MOST_NAMED = 10

VideoCurve = tuple[str, Retention]


def curves_in(path: Path, options: ManifestOptions) -> CurveFile | None:
    """The retention curves of a file; None for a file of something else.

    Raises UserError for curves that cannot be taken.
    """
    if path.suffix.lower() not in TABLE_SUFFIXES or not path.is_file():
        return None
    try:
        table = open_table(path)
        names = table.column_names()
    except BadTable:
        return None  # whoever expects a video or a list there says what is wrong with it
    try:
        columns = curve_columns(table.name, names, options.columns)
        written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return CurveFile(table, columns, options, written_at) if columns else None
    except BadTable as error:
        raise UserError(error.sentence) from error


@dataclass(slots=True)
class IngestedCurves:
    """Curves in the lake: their records, and the videos that it does not list.

    `erased` are videos that were erased. `other` have another curve of the same moment in the lake,
    which stays.
    """

    records: list[Record] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    other: list[VideoCurve] = field(default_factory=list)

    @classmethod
    def of(cls, curves: Sequence[VideoCurve], ingestion: "Ingestion") -> "IngestedCurves":
        """Store curves, each once."""
        from cli.verbs.ingest.store import Erased

        def store(curve: VideoCurve) -> Record | str | None:
            try:
                return ingestion.keep_curve(*curve)
            except Erased:
                return "erased"

        stored = cls()
        for curve, record in zip(curves, in_order(store, curves), strict=True):
            if isinstance(record, Record):
                stored.records.append(record)
            elif record is None:
                stored.other.append(curve)
            else:
                stored.erased.append(curve[0])
        ids = sorted({record.video_id for record in stored.records})
        listed = zip(ids, in_order(ingestion.is_listed, ids), strict=True)
        stored.unlisted = [video_id for video_id, is_listed in listed if not is_listed]
        return stored

    def document(self) -> dict[str, Any]:
        return {
            "stored": len(self.records),
            "videos": len({record.video_id for record in self.records}),
            "unlisted": self.unlisted,
        }

    def sentences(self) -> list[str]:
        """What a person should know of the videos."""
        sentences = []
        if self.records:
            sentences.append(f"{len(self.records):,} retention curves stored")
        if self.unlisted:
            sentences.append(
                f"{len(self.unlisted):,} of these videos are not listed yet: "
                f"{_named(self.unlisted)}. Their creators and ratings join when you ingest or "
                "fetch them."
            )
        return sentences

    def problems(self, location: str) -> list[str]:
        """Which curves are not stored, and what to do. `location` is as in `location_option`."""
        problems = []
        if self.erased:
            command = f"tta erase{location} --take-back --video {self.erased[0]}"
            problems.append(
                f"{_named(self.erased)}: erased, so their curves are not stored again; `{command}` "
                "lets one in."
            )
        if self.other:
            ids = [video_id for video_id, _ in self.other]
            is_undated = any(UNDATED in curve.flags for _, curve in self.other)
            advice = (
                "State the day on which they were read: --collected-at 2026-01-31."
                if is_undated
                else "To correct one, erase the video, take the erasure back, and bring the file "
                "again."
            )
            problems.append(
                f"{_named(ids)}: the lake has another curve of the same time, which stays. {advice}"
            )
        return problems


def _named(video_ids: Sequence[str]) -> str:
    more = len(video_ids) - MOST_NAMED
    names = ", ".join(video_ids[:MOST_NAMED])
    return f"{names} and {more:,} more" if more > 0 else names
