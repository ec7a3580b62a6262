"""A figure of a report: its title, its caption, and the rows and columns of its table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.insights.report.data import ReportData

Row = dict[str, Any]
Column = tuple[str, str, str]
"""Header, column of the insight table, format."""

INTERVAL: tuple[Column, ...] = (("from", "ci_low", "rho"), ("to", "ci_high", "rho"))
SIZE: tuple[Column, ...] = (("videos", "n", "count"), ("creators", "clusters", "count"))
ASSOCIATION: tuple[Column, ...] = (
    ("rating", "predictor", "predictor"),
    ("KPI", "outcome", "text"),
    ("scale", "scale", "text"),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. Without rows, the page shows `missing` in its place.

    `follows` are the columns by which the reader's choices filter its rows. A figure that is not
    drawn is its table.
    """

    name: str
    title: str
    caption: str
    table: str
    columns: tuple[Column, ...]
    follows: tuple[str, ...] = ()
    rows: Sequence[Row] = field(default=())
    missing: str = ""
    is_drawn: bool = True


def rows_of(rows: Sequence[Row], *words: str) -> tuple[Row, ...]:
    """The rows of one part and some methods, or of several parts."""
    methods = words[1:] if rows and "method" in rows[0] else ()
    parts = words[:1] if methods else words
    return tuple(
        row for row in rows if row["part"] in parts and (not methods or row["method"] in methods)
    )


def no_answer(data: ReportData) -> str:
    """The sentence about missing data; empty where there is an answer."""
    return data.missing.sentence if data.missing else ""
