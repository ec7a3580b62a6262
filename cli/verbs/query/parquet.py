"""Rows of BigQuery as a Parquet file, with BigQuery's types.

The client has `to_arrow` for that, where it was imported with pyarrow. That import would cost
every command 0.15 s of processor (see shared/warehouse/client.py).
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from cli.console import plain

ARROW_TYPES: dict[str, Callable[[], Any]] = {
    **dict.fromkeys(("BOOL", "BOOLEAN"), pa.bool_),
    **dict.fromkeys(("INT64", "INTEGER"), pa.int64),
    **dict.fromkeys(("FLOAT64", "FLOAT"), pa.float64),
    "BYTES": pa.binary,
    "DATE": pa.date32,
    "DATETIME": lambda: pa.timestamp("us"),
    "TIME": lambda: pa.time64("us"),
    "TIMESTAMP": lambda: pa.timestamp("us", tz="UTC"),
    "NUMERIC": lambda: pa.decimal128(38, 9),
    "BIGNUMERIC": lambda: pa.decimal256(76, 38),
}
"""As BigQuery's Storage API maps them. Every other type is text, and JSON is text there too.
https://cloud.google.com/bigquery/docs/reference/storage#arrow_schema_details, read 2026-11"""

_RECORDS = ("RECORD", "STRUCT")


def write_parquet(schema: Sequence[Any], rows: Sequence[Sequence[Any]], path: Path) -> None:
    """Write rows whose columns are `schema`, a list of `bigquery.SchemaField`."""
    fields = [_field(column) for column in schema]
    arrays = [
        pa.array([_value(column, row[index]) for row in rows], fields[index].type)
        for index, column in enumerate(schema)
    ]
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
    pq.write_table(table, path, compression="zstd")


def _field(column: Any) -> Any:
    kind = _type(column)
    is_repeated = column.mode == "REPEATED"
    return pa.field(column.name, pa.list_(kind) if is_repeated else kind, nullable=not is_repeated)


def _type(column: Any) -> Any:
    if column.field_type in _RECORDS:
        return pa.struct([_field(inner) for inner in column.fields])
    return ARROW_TYPES.get(column.field_type, pa.string)()


def _value(column: Any, value: Any) -> Any:
    """A cell as pyarrow takes it for this column."""
    if value is not None and column.mode == "REPEATED":
        return [_single(column, inner) for inner in value]
    return _single(column, value)


def _single(column: Any, value: Any) -> Any:
    if value is None:
        return None
    if column.field_type in _RECORDS:
        return {inner.name: _value(inner, value.get(inner.name)) for inner in column.fields}
    if column.field_type in ARROW_TYPES:
        return value
    document = plain(value)
    is_text = isinstance(document, str) and column.field_type != "JSON"
    return document if is_text else json.dumps(document, ensure_ascii=False)
