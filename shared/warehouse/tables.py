"""The tables, made from the schema files."""

import json
from pathlib import Path
from typing import Any

import yaml
from google.api_core.exceptions import Conflict
from google.cloud import bigquery

from shared.warehouse.gateway import BOUNDED, run

HERE = Path(__file__).parent


def definitions() -> dict[str, dict[str, Any]]:
    """tables.yaml: key, partition and clustering of each table."""
    found: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "tables.yaml").read_text())
    return found


def schema(table: str) -> list[dict[str, Any]]:
    """Columns in BigQuery's JSON form."""
    columns: list[dict[str, Any]] = json.loads((HERE / f"schema/{table}.json").read_text())
    return columns


def create_tables(client: bigquery.Client, dataset: str) -> None:
    """Make the dataset and its tables, and add columns that are missing.

    A second run changes nothing. In the cloud Terraform does this from the same files.
    """
    client.create_dataset(dataset, exists_ok=True, **BOUNDED)
    for name, definition in definitions().items():
        _create_table(client, f"{client.project}.{dataset}.{name}", name, definition)


def _create_table(
    client: bigquery.Client, path: str, name: str, definition: dict[str, Any]
) -> None:
    table = bigquery.Table(path, schema=_fields(name))
    table.description = definition["description"]
    table.clustering_fields = definition["cluster"]
    if "partition" in definition:
        table.time_partitioning = bigquery.TimePartitioning(field=definition["partition"])
    try:
        client.create_table(table, **BOUNDED)
    except Conflict:
        _add_missing_columns(client, path, name)


def _fields(name: str) -> list[bigquery.SchemaField]:
    return [bigquery.SchemaField.from_api_repr(column) for column in schema(name)]


def _add_missing_columns(client: bigquery.Client, path: str, name: str) -> None:
    """BigQuery adds no REQUIRED column to a live table; a new column of ours is never one."""
    present = {field.name for field in client.get_table(path, **BOUNDED).schema}
    for column in schema(name):
        if column["name"] not in present:
            kind = f"ARRAY<{column['type']}>" if column["mode"] == "REPEATED" else column["type"]
            statement = f"ALTER TABLE `{path}` ADD COLUMN IF NOT EXISTS {column['name']} {kind}"
            run(client, path.rpartition(".")[0], statement)
