"""Create the tables from the schema files."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from google.api_core.exceptions import Conflict
from google.api_core.retry import Retry

from shared.warehouse.client import bigquery
from shared.warehouse.gateway import BOUNDED, run

HERE = Path(__file__).parent


def _is_too_fast(error: Exception) -> bool:
    reasons = (str(each.get("reason")) for each in getattr(error, "errors", ()) or ())
    return any(reason.lower().endswith("ratelimitexceeded") for reason in reasons)


WAIT_FOR_UPDATES = Retry(_is_too_fast, initial=5.0, maximum=10.0, timeout=120.0)
"""BigQuery takes five changes of a table's columns in ten seconds
(https://cloud.google.com/bigquery/quotas#standard_tables, 2026-11)."""


def definitions() -> dict[str, dict[str, Any]]:
    """tables.yaml: key, references, partition and clustering of each table. Do not change them."""
    return _definitions_in(HERE)


@lru_cache
def _definitions_in(folder: Path) -> dict[str, dict[str, Any]]:
    # Reading the file takes longer than creating its tables, and a rebuild needs it fifty times.
    tables: dict[str, dict[str, Any]] = yaml.safe_load((folder / "tables.yaml").read_text())
    return tables


def schema(table: str) -> list[dict[str, Any]]:
    """Columns in BigQuery's JSON form."""
    columns: list[dict[str, Any]] = json.loads((HERE / f"schema/{table}.json").read_text())
    return columns


def constraints(path: str, *, foreign_keys: bool = True) -> bigquery.table.TableConstraints:
    """The keys that a table (`project.dataset.table`) declares. BigQuery does not enforce them.

    They tell readers and the optimizer how to join tables. MERGE and the order of loading keep
    them true. A foreign key may only point into the dataset of its own table
    (https://cloud.google.com/bigquery/docs/primary-foreign-keys).
    """
    dataset, _, name = path.rpartition(".")
    definition = definitions()[name]
    references = definition.get("references", {}) if foreign_keys else {}
    return bigquery.table.TableConstraints(
        bigquery.table.PrimaryKey(definition["key"]),
        [
            bigquery.table.ForeignKey(
                name=f"{name}_{column}",
                referenced_table=bigquery.table.TableReference.from_string(f"{dataset}.{other}"),
                column_references=[bigquery.table.ColumnReference(column, column)],
            )
            for column, other in references.items()
        ]
        or None,
    )


def create_tables(
    client: bigquery.Client,
    dataset: str,
    *,
    foreign_keys: bool = True,
    labels: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Create the dataset and its tables, and adapt the columns of those that are there.

    A second run changes nothing. `labels` maps tables to their labels. In the cloud, Terraform
    creates the tables from the same files.
    """
    client.create_dataset(dataset, exists_ok=True, **BOUNDED)
    for name, definition in definitions().items():
        path = f"{client.project}.{dataset}.{name}"
        table = _table(path, definition)
        table.table_constraints = constraints(path, foreign_keys=foreign_keys)
        table.labels = dict((labels or {}).get(name, {}))
        try:
            client.create_table(table, **BOUNDED)
        except Conflict:
            adapt_columns(client, path)


def adapt_columns(client: bigquery.Client, path: str) -> None:
    """Rename columns of a live table, widen their types, and add missing ones. Values stay."""
    name = path.rpartition(".")[2]
    _rename_columns(client, path, definitions()[name])
    _widen_columns(client, path, name)
    _add_missing_columns(client, path, name)


def _table(path: str, definition: Mapping[str, Any]) -> bigquery.Table:
    columns = schema(path.rpartition(".")[2])
    table = bigquery.Table(path, schema=list(map(bigquery.SchemaField.from_api_repr, columns)))
    table.description = definition["description"]
    table.clustering_fields = definition["cluster"]
    if "buckets" in definition:
        table.range_partitioning = bigquery.RangePartitioning(
            bigquery.PartitionRange(0, definition["buckets"], 1), field=definition["partition"]
        )
    elif "partition" in definition:
        table.time_partitioning = bigquery.TimePartitioning(field=definition["partition"])
    return table


def _rename_columns(client: bigquery.Client, path: str, definition: Mapping[str, Any]) -> None:
    """Rename columns to their current names. Their values stay."""
    names = {
        column["formerly"]: column["name"]
        for column in definition["columns"]
        if "formerly" in column
    }
    described = client.get_table(path, **BOUNDED).schema if names else []
    if not any(field.name in names for field in described):
        return
    dataset = path.rpartition(".")[0]
    # Ask the rows themselves: on a laptop, the table may still be described by the old names.
    columns = run(client, dataset, f"SELECT * FROM `{path}` LIMIT 0").schema  # nosec B608 # ours
    for field in columns:
        if field.name in names:
            statement = f"ALTER TABLE `{path}` RENAME COLUMN `{field.name}` TO {names[field.name]}"
            WAIT_FOR_UPDATES(run)(client, dataset, statement)
    _describe(client, path, {old: {"name": new} for old, new in names.items()})


def _widen_columns(client: bigquery.Client, path: str, name: str) -> None:
    """Turn INT64 into FLOAT64 where the definition has become that; BigQuery does it in place.

    https://cloud.google.com/bigquery/docs/managing-table-schemas#change_a_columns_data_type
    """
    types = {column["name"]: column["type"] for column in schema(name)}
    narrow = [
        field.name
        for field in client.get_table(path, **BOUNDED).schema
        if field.field_type in ("INTEGER", "INT64") and types.get(field.name) == "FLOAT64"
    ]
    for column in narrow:
        statement = f"ALTER TABLE `{path}` ALTER COLUMN {column} SET DATA TYPE FLOAT64"
        WAIT_FOR_UPDATES(run)(client, path.rpartition(".")[0], statement)
    if narrow:
        _describe(client, path, {column: {"type": "FLOAT"} for column in narrow})


def _describe(client: bigquery.Client, path: str, changes: Mapping[str, Mapping[str, str]]) -> None:
    """Describe columns by their names and types of now: on a laptop, only the rows have them."""
    table = bigquery.Table(path)
    table.schema = [
        bigquery.SchemaField.from_api_repr(field.to_api_repr() | changes.get(field.name, {}))
        for field in client.get_table(path, **BOUNDED).schema
    ]
    client.update_table(table, ["schema"], **BOUNDED)


def _add_missing_columns(client: bigquery.Client, path: str, name: str) -> None:
    """Add missing columns. BigQuery cannot add REQUIRED ones to a live table; ours are not."""
    present = {field.name for field in client.get_table(path, **BOUNDED).schema}
    for column in schema(name):
        if column["name"] not in present:
            kind = f"ARRAY<{column['type']}>" if column["mode"] == "REPEATED" else column["type"]
            statement = f"ALTER TABLE `{path}` ADD COLUMN IF NOT EXISTS {column['name']} {kind}"
            run(client, path.rpartition(".")[0], statement)
