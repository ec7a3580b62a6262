"""The star schema of before, made and filled by its own statements, and records that say the same.

The files in `before/` are those of the version before rows were partitioned by the day inside the
id. `batches.json` holds the rows that its code made of `records.json`, and `tables.json` the tables
that its statements made of those batches.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from shared.model import Record, parse_record
from shared.warehouse.client import bigquery
from tests.records import metrics, rating, record, video

BEFORE = Path(__file__).parent / "before"
PRIMARY_RATERS = ["gemini/", "signals/"]


@lru_cache
def old_definitions() -> dict[str, dict[str, Any]]:
    """By table, dimensions first."""
    return yaml.safe_load((BEFORE / "tables.yaml").read_text())


def old_schema(table: str) -> list[dict[str, Any]]:
    return json.loads((BEFORE / f"schema/{table}.json").read_text())


def old_records() -> list[Record]:
    contents = json.loads((BEFORE / "records.json").read_text())
    return [parse_record(json.dumps(content).encode()) for content in contents]


def create_old_tables(client: bigquery.Client, dataset: str) -> None:
    """What the version before made of an empty project."""
    client.create_dataset(dataset, exists_ok=True)
    for name, definition in old_definitions().items():
        fields = [bigquery.SchemaField.from_api_repr(column) for column in old_schema(name)]
        table = bigquery.Table(f"{client.project}.{dataset}.{name}", schema=fields)
        table.description, table.labels = definition["description"], {"app": name}
        table.clustering_fields = definition["cluster"]
        if "partition" in definition:
            table.time_partitioning = bigquery.TimePartitioning(field=definition["partition"])
        client.create_table(table)


def fill_old_tables(client: bigquery.Client, dataset: str) -> None:
    """The rows of `tables.json`. To run the old statements takes five times as long."""
    for name, rows in stored_rows().items():
        errors = client.insert_rows_json(f"{client.project}.{dataset}.{name}", rows)
        assert not errors, (name, errors)


def stored_rows() -> dict[str, list[dict[str, Any]]]:
    """By table, in the order of their keys."""
    return json.loads((BEFORE / "tables.json").read_text())


def old_rows(
    client: bigquery.Client, dataset: str, suffix: str = ""
) -> dict[str, list[dict[str, Any]]]:
    """All rows of the old tables as JSON, in the order of their keys.

    With a suffix, those of the copies that a migration keeps.
    """
    tables = {}
    for name, definition in old_definitions().items():
        if suffix and name == "dim_lang":  # a migration leaves it alone
            continue
        order = ", ".join(definition["key"])
        path = f"{client.project}.{dataset}.{name}{suffix}"
        rows = client.query(f"SELECT * FROM `{path}` ORDER BY {order}").result()
        tables[name] = [_jsonable(row) for row in rows]
    return tables


def _jsonable(row: Any) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def load_old_batches(client: bigquery.Client, dataset: str) -> None:
    """What its `load` did with the records, batch by batch."""
    for batch in json.loads((BEFORE / "batches.json").read_text()):
        merge_old_batch(client, dataset, batch)


def merge_old_batch(client: bigquery.Client, dataset: str, batch: dict[str, Any]) -> None:
    """Merge one batch of `batches.json`. When a statement fails, `load` acknowledges nothing."""
    for table, parameters in _statements(batch):
        config = bigquery.QueryJobConfig(
            default_dataset=f"{client.project}.{dataset}", query_parameters=parameters
        )
        sql = (BEFORE / f"merge/{table}.sql").read_text()
        client.query(sql, job_config=config, job_retry=None).result()


def late_batch() -> dict[str, Any]:
    """The rows that the code of before made of `late_records`."""
    return json.loads((BEFORE / "late_batch.json").read_text())


def late_records() -> list[Record]:
    """Records that come while a migration is at work."""
    return [
        record("7300000000000000001", video=video(50, caption="late"), metrics=metrics(50)),
        record("7499999999999999999", rating=rating(50)),
    ]


def _statements(batch: dict[str, Any]) -> Iterator[tuple[str, list[object]]]:
    for table, rows in batch["rows"].items():
        content = json.dumps(rows, ensure_ascii=False)
        parameters: list[object] = [bigquery.ScalarQueryParameter("rows", "STRING", content)]
        if table == "fact_metrics_snapshot":
            parameters += [
                bigquery.ScalarQueryParameter(name, "TIMESTAMP", batch[name])
                for name in ("first_collected_at", "last_collected_at")
            ]
        if rows:
            yield table, parameters
    yield (
        "fact_video_analytics",
        [
            bigquery.ArrayQueryParameter("video_ids", "STRING", batch["video_ids"]),
            bigquery.ArrayQueryParameter("primary_raters", "STRING", PRIMARY_RATERS),
        ],
    )
