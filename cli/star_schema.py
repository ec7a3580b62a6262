"""Tables and views of the star schema: their descriptions, row counts and types."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.endpoints import DATASET, PROJECT_ID, Endpoints
from local.home import Home
from shared.warehouse.tables import definitions, schema
from shared.warehouse.views import column_descriptions, description, templates

TABLE = "table"
VIEW = "view"


@dataclass(frozen=True, slots=True)
class DescribedColumn:
    """A column. `type` is BigQuery's, ARRAY<…> if repeated; empty for a column of a view."""

    name: str
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or a view of the star schema."""

    name: str
    kind: str
    description: str
    columns: tuple[DescribedColumn, ...]


def relations() -> dict[str, Relation]:
    """Tables, then views, by name, from tables.yaml, schema/*.json and views/*.sql."""
    tables = [
        Relation(name, TABLE, definition["description"], _columns(name))
        for name, definition in definitions().items()
    ]
    views = [
        Relation(name, VIEW, description(text), _view_columns(text))
        for name, text in sorted(templates().items())
    ]
    return {relation.name: relation for relation in (*tables, *views)}


def _columns(table: str) -> tuple[DescribedColumn, ...]:
    return tuple(
        DescribedColumn(field["name"], _type(field["type"], field["mode"]), field["description"])
        for field in schema(table)
    )


def _view_columns(template: str) -> tuple[DescribedColumn, ...]:
    return tuple(
        DescribedColumn(name, "", text) for name, text in column_descriptions(template).items()
    )


@dataclass(frozen=True, slots=True)
class StoredTables:
    """The state of one cloud: row counts by table, column types by table or view."""

    rows: Mapping[str, int]
    types: Mapping[str, Mapping[str, str]]


NOTHING = StoredTables({}, {})


def read(endpoints: Endpoints | None, home: Path | None) -> StoredTables:
    """Read a running cloud, or the file of the local BigQuery if `endpoints` is None.

    This scans no table that costs money. Raises what google.api_core raises.
    """
    return _of_file(Home.at(home)) if endpoints is None else _of_service(endpoints)


def _of_service(endpoints: Endpoints) -> StoredTables:
    from cli.warehouse import Warehouse

    warehouse = Warehouse(endpoints)
    live = {name: table for name in relations() if (table := warehouse.table(name)) is not None}
    rows = {name: table.num_rows for name, table in live.items() if table.table_type == "TABLE"}
    if endpoints.is_local:  # the emulator gives no row count with a table
        rows = warehouse.counts()
    types = {
        name: {f.name: _type(f.field_type, f.mode) for f in live[name].schema} for name in live
    }
    return StoredTables(rows, types)


def _of_file(home: Home) -> StoredTables:
    """Read the file; NOTHING if there is no file, or a server has it open."""
    import duckdb

    file = home.data / "bigquery" / "bqemulator.duckdb"
    if not file.is_file():
        return NOTHING
    with suppress(duckdb.Error), duckdb.connect(str(file), read_only=True) as connection:
        catalogue = "SELECT table_id, metadata_json FROM _bqemulator_catalog.tables"
        fields = {
            name: json.loads(text)["schema"]["fields"]
            for name, text in connection.execute(catalogue).fetchall()
        }
        rows = {name: _count(connection, name) for name in definitions() if name in fields}
        types = {
            name: {field["name"]: _type(field["type"], field["mode"]) for field in columns}
            for name, columns in fields.items()
        }
        return StoredTables(rows, types)
    return NOTHING


def _count(connection: Any, table: str) -> int:
    path = f'"{PROJECT_ID}__{DATASET}"."{table}"'
    return int(connection.execute(f"SELECT COUNT(*) FROM {path}").fetchone()[0])  # nosec B608


def _type(kind: str, mode: str) -> str:
    """The type in BigQuery's SQL: the API still returns legacy names."""
    kind = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}.get(kind, kind)
    return f"ARRAY<{kind}>" if mode == "REPEATED" else kind
