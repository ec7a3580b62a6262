"""A report's videos as a table for R, JASP or a spreadsheet, and a codebook that explains it."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from shared.inputs.spreadsheet import guarded
from shared.insights.report.data import ReportData
from shared.insights.report.usual_counts import KPIS
from shared.warehouse.tables import schema

FACT = "fact_video_analytics"

BESIDE = (
    ("creator", "STRING", "Handle of the creator, else the id."),
    ("caption", "STRING", "Text the creator gave."),
    ("kept", "BOOL", "TRUE when the analysis of the report rests on this row."),
    *(
        (
            f"{kpi}_times_usual",
            "FLOAT64",
            f"{kpi} divided by the median {kpi} of the creator's other videos (3 or more).",
        )
        for kpi in KPIS
    ),
)


def video_table(data: ReportData) -> str:
    """One row per video, missing values empty, times in ISO 8601, text never a formula."""
    columns = [column["name"] for column in schema(FACT)]
    beside = [name for name, _, _ in BESIDE]
    rows = (
        [row.get(name) for name in columns] + [_beside(data, place, row, name) for name in beside]
        for place, row in enumerate(data.rows)
    )
    return _csv([*columns, *beside], rows)


def codebook(data: ReportData) -> str:
    """One row per column of `video_table`: its type and what it says."""
    fact = [(one["name"], one["type"], one["description"]) for one in schema(FACT)]
    return _csv(["column", "type", "description"], [list(one) for one in (*fact, *BESIDE)])


def _beside(data: ReportData, place: int, row: dict[str, Any], name: str) -> Any:
    if name == "kept":
        return place in data.analysed
    return row["caption"] if name == "caption" else data.videos[name][place]


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return written.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return guarded(value) if isinstance(value, str) else str(value)
