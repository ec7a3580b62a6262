"""Rows of BigQuery as Parquet: its types, arrays, records and JSON."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pyarrow.parquet as pq

from cli.verbs.query.parquet import write_parquet
from shared.warehouse.client import bigquery

COLUMNS = (
    ("a_text", "STRING", "ünï", "string"),
    ("a_number", "INTEGER", 2**62, "int64"),
    ("a_ratio", "FLOAT", 0.25, "double"),
    ("a_flag", "BOOLEAN", True, "bool"),
    ("some_bytes", "BYTES", b"\0\1", "binary"),
    ("a_date", "DATE", date(2026, 1, 2), "date32[day]"),
    ("a_time", "TIME", time(1, 2, 3), "time64[us]"),
    ("a_moment", "TIMESTAMP", datetime(2026, 1, 2, tzinfo=UTC), "timestamp[us, tz=UTC]"),
    ("a_clock", "DATETIME", datetime(2026, 1, 2), "timestamp[us]"),
    ("an_amount", "NUMERIC", Decimal("1.5"), "decimal128(38, 9)"),
    ("a_large_amount", "BIGNUMERIC", Decimal("1.5"), "decimal256(76, 38)"),
)


def test_every_type_comes_back_as_it_was(tmp_path):
    schema = [bigquery.SchemaField(name, kind) for name, kind, _, _ in COLUMNS]
    values = [value for _, _, value, _ in COLUMNS]

    write_parquet(schema, [values, [None] * len(values)], tmp_path / "a.parquet")

    table = pq.read_table(tmp_path / "a.parquet")
    assert [str(field.type) for field in table.schema] == [kind for _, _, _, kind in COLUMNS]
    assert list(table.to_pylist()[0].values()) == values
    assert set(table.to_pylist()[1].values()) == {None}


def test_arrays_and_records_keep_their_shape_and_json_is_text(tmp_path):
    cue = [bigquery.SchemaField("cue", "STRING"), bigquery.SchemaField("at_s", "FLOAT")]
    schema = [
        bigquery.SchemaField("evidence", "RECORD", "REPEATED", fields=cue),
        bigquery.SchemaField("flags", "STRING", "REPEATED"),
        bigquery.SchemaField("section", "JSON"),
    ]
    rows = [([{"cue": "a", "at_s": 1.5}], ["x"], {"n": 1}), (None, [], "text")]

    write_parquet(schema, rows, tmp_path / "a.parquet")

    assert pq.read_table(tmp_path / "a.parquet").to_pylist() == [
        {"evidence": [{"cue": "a", "at_s": 1.5}], "flags": ["x"], "section": '{"n": 1}'},
        {"evidence": [], "flags": [], "section": '"text"'},
    ]
