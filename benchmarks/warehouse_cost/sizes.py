"""Bytes of rows as BigQuery counts them.

The rules are those of "Data size calculation" (https://cloud.google.com/bigquery/pricing#data);
Tigani and Naidu, Google BigQuery Analytics (2014), table 7.3, has the same.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from shared.warehouse.loader import FACT_TABLE
from shared.warehouse.rows import Row, Rows
from shared.warehouse.tables import schema

STRING_OVERHEAD = 2
FIXED = {"INT64": 8, "FLOAT64": 8, "BOOL": 1, "DATE": 8, "TIMESTAMP": 8}

_COPIED = {
    "metrics_flags": ("fact_metrics_snapshot", "flags"),
    "rating_status": ("fact_rating", "status"),
    "rating_reason": ("fact_rating", "reason"),
    "rating_flags": ("fact_rating", "flags"),
    "language": ("fact_rating", "language"),
    "shown_replicate": ("fact_rating", "replicate"),
    "lang_key": ("dim_lang", "lang_key"),
}
"""Columns of the fact that come from a column of another name, or of one name among two."""

_COMPUTED = {"lang_source": "caption", "vanished_at": None, "replicates": 3} | dict.fromkeys(
    ("unexpectedness_sd", "expectation_gap_sd", "emotional_intensity_sd"), 10.0
)
"""Columns of the fact that are no copies, with their usual value."""

_SOURCES = ("dim_video", "fact_rating", "fact_metrics_snapshot")

MeanSizes = Mapping[str, Mapping[str, float]]
"""Mean bytes by table and column."""


def value_bytes(kind: str, value: Any) -> int:
    """Bytes of a value of one of BigQuery's types. NULL has none; a list has those of its items."""
    if value is None:
        return 0
    if isinstance(value, list | tuple):
        return sum(value_bytes(kind, item) for item in value)
    return STRING_OVERHEAD + len(value.encode()) if kind == "STRING" else FIXED[kind]


def row_bytes(table: str, row: Row) -> dict[str, int]:
    """Bytes by column."""
    return {name: value_bytes(kind, row.get(name)) for name, kind in _types(table).items()}


@lru_cache
def _types(table: str) -> Mapping[str, str]:
    """BigQuery's type of each column. A file is read for it."""
    return {column["name"]: column["type"] for column in schema(table)}


def mean_sizes(rows: Rows, rows_of_primary_ratings: Rows) -> MeanSizes:
    """Mean bytes of rows, and of the facts that follow from them.

    A fact shows one rating, so its size needs the rows of the primary ratings apart.
    """
    sizes = {table: _means(table, rows[table]) for table in rows}
    primary = {"fact_rating": _means("fact_rating", rows_of_primary_ratings["fact_rating"])}
    return sizes | {FACT_TABLE: _fact_sizes(sizes | primary)}


def _means(table: str, rows: Sequence[Row]) -> dict[str, float]:
    sizes = [row_bytes(table, row) for row in rows]
    return {name: sum(size[name] for size in sizes) / max(1, len(sizes)) for name in _types(table)}


def _fact_sizes(sizes: MeanSizes) -> dict[str, float]:
    return {
        column["name"]: _fact_size(column["name"], column["type"], sizes)
        for column in schema(FACT_TABLE)
    }


def _fact_size(name: str, kind: str, sizes: MeanSizes) -> float:
    if name in _COMPUTED:
        return value_bytes(kind, _COMPUTED[name])
    if name in _COPIED:
        table, column = _COPIED[name]
        return sizes[table][column]
    return next(sizes[table][name] for table in _SOURCES if name in sizes[table])
