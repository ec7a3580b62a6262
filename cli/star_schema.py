"""The tables and views of the star schema, as their files describe them, and their rows."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.endpoints import DATASET, PROJECT_ID, Endpoints
from local.home import Home
from shared.warehouse.tables import definitions, schema
from shared.warehouse.views import about, columns, templates

TABLE = "table"
VIEW = "view"


@dataclass(frozen=True, slots=True)
class DescribedColumn:
    """`type` is BigQuery's, ARRAY<…> for a repeated column; empty for a column of a view."""

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
    """All of them by name, tables first, from tables.yaml, schema/*.json and views/*.sql."""
    tables = [
        Relation(name, TABLE, definition["description"], _columns(name))
        for name, definition in definitions().items()
    ]
    views = [
        Relation(name, VIEW, about(text), _view_columns(text))
        for name, text in sorted(templates().items())
    ]
    return {relation.name: relation for relation in (*tables, *views)}


def _columns(table: str) -> tuple[DescribedColumn, ...]:
    return tuple(
        DescribedColumn(field["name"], _type(field["type"], field["mode"]), field["description"])
        for field in schema(table)
    )


def _view_columns(template: str) -> tuple[DescribedColumn, ...]:
    return tuple(DescribedColumn(name, "", text) for name, text in columns(template).items())


@dataclass(frozen=True, slots=True)
class StoredTables:
    """What one cloud has of them: rows by table, and types of columns by table or view."""

    rows: Mapping[str, int]
    types: Mapping[str, Mapping[str, str]]


NOTHING = StoredTables({}, {})


def read(endpoints: Endpoints | None, home: Path | None) -> StoredTables:
    """From a cloud that runs, else from the file of the local BigQuery (`endpoints` None).

    Neither scans a table that is paid for. Raises what google.api_core raises.
    """
    return _of_file(Home.at(home)) if endpoints is None else _of_service(endpoints)


def _of_service(endpoints: Endpoints) -> StoredTables:
    from cli.warehouse import Warehouse

    warehouse = Warehouse(endpoints)
    live = {name: table for name in relations() if (table := warehouse.table(name)) is not None}
    rows = {name: table.num_rows for name, table in live.items() if table.table_type == "TABLE"}
    if endpoints.is_local:  # the emulator does not count the rows of a table it describes
        rows = warehouse.counts()
    types = {
        name: {f.name: _type(f.field_type, f.mode) for f in live[name].schema} for name in live
    }
    return StoredTables(rows, types)


def _of_file(home: Home) -> StoredTables:
    """Nothing while a server that did not tell where it is has the file open, or where none is."""
    import duckdb

    file = home.data / "bigquery" / "bqemulator.duckdb"
    if not file.is_file():
        return NOTHING
    with suppress(duckdb.Error), duckdb.connect(str(file), read_only=True) as connection:
        rows = {name: _count(connection, name) for name in definitions()}
        catalogue = "SELECT table_id, metadata_json FROM _bqemulator_catalog.tables"
        fields = {
            name: json.loads(text)["schema"]["fields"]
            for name, text in connection.execute(catalogue).fetchall()
        }
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
    """In BigQuery's SQL: its API still answers with older names."""
    kind = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}.get(kind, kind)
    return f"ARRAY<{kind}>" if mode == "REPEATED" else kind
