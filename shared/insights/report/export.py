"""The videos of a report as CSV for R, JASP or a spreadsheet, with a codebook."""

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

EXTRA_COLUMNS = (
    ("creator", "STRING", "Handle of the creator, else the id."),
    ("file_name", "STRING", "Name of your own file."),
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
    """One row per video. Missing values are empty, times are ISO 8601, no text is a formula."""
    columns = [column["name"] for column in schema(FACT)]
    extra = [name for name, _, _ in EXTRA_COLUMNS]
    rows = (
        [row.get(name) for name in columns] + [_extra(data, index, row, name) for name in extra]
        for index, row in enumerate(data.rows)
    )
    return _csv([*columns, *extra], rows)


def codebook(data: ReportData) -> str:
    """One row per column of `video_table`: its type and description."""
    fact = [(column["name"], column["type"], column["description"]) for column in schema(FACT)]
    return _csv(
        ["column", "type", "description"], [list(column) for column in (*fact, *EXTRA_COLUMNS)]
    )


def _extra(data: ReportData, index: int, row: dict[str, Any], name: str) -> Any:
    if name == "kept":
        return index in data.analysed
    return row.get(name) if name in ("file_name", "caption") else data.videos[name][index]


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a mean of scores may be whole, as a single score is
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return guarded(value) if isinstance(value, str) else str(value)
