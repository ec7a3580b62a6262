"""The catalog that the analyser sees: all tables and views, by every name of a statement.

BigQuery reads `project.dataset.table` in one pair of backticks as three names, and finds a table
without a dataset in the default one. The analyser does neither, so a table is in the catalog of a
statement under each path that the statement has for it; its last name says which table it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.warehouse.migration.old_tables import BEFORE
from shared.warehouse.staged_rows import STAGED_ROWS, STAGED_SCHEMA
from shared.warehouse.tables import definitions, schema
from tests.shared.warehouse.before_migration import old_definitions, old_schema
from tests.sql import information_schema

if TYPE_CHECKING:
    from tests.sql.engine import Engine

KINDS = {
    "STRING": "TYPE_STRING",
    "INT64": "TYPE_INT64",
    "INTEGER": "TYPE_INT64",
    "FLOAT64": "TYPE_DOUBLE",
    "FLOAT": "TYPE_DOUBLE",
    "BOOL": "TYPE_BOOL",
    "BOOLEAN": "TYPE_BOOL",
    "BYTES": "TYPE_BYTES",
    "DATE": "TYPE_DATE",
    "TIMESTAMP": "TYPE_TIMESTAMP",
    "JSON": "TYPE_JSON",
    "NUMERIC": "TYPE_NUMERIC",
}
"""Types of BigQuery's API in the analyser's words."""

_RENAMED = re.compile(r"RENAME COLUMN `?(\w+)`? TO (\w+)")
"""A table that is to be altered still has the former name."""

_QUOTED = re.compile(r"`([^`\n]+)`")


def data_type(protocol: Any, kind: str, *, repeated: bool = False) -> Any:
    """The analyser's type for one of the API's. Raises KeyError for one that we do not use."""
    types = protocol.types
    element = types.TypeProto(type_kind=types.TypeKind.Value(KINDS[kind]))
    if not repeated:
        return element
    array = types.ArrayTypeProto(element_type=element)
    return types.TypeProto(type_kind=types.TYPE_ARRAY, array_type=array)


@dataclass
class Catalog:
    """Columns, (name, type) each, by table; a view is one more table."""

    tables: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)

    @classmethod
    def of_schemas(cls, protocol: Any, schemas: Mapping[str, Any] | None = None) -> "Catalog":
        """The tables of tables.yaml and of before it, or other schemas in BigQuery's JSON form."""
        if schemas is None:
            before = {f"{name}{BEFORE}": old_schema(name) for name in old_definitions()}
            staged = {STAGED_ROWS: [field.to_api_repr() for field in STAGED_SCHEMA]}
            schemas = {name: schema(name) for name in definitions()} | before | staged
        return cls({name: _columns(protocol, columns) for name, columns in schemas.items()})

    def for_statement(self, sql: str, engine: "Engine") -> Any:
        """Only what the statement names, for each table costs time."""
        protocol = engine.protocol
        root = protocol.catalogs.SimpleCatalogProto(name="warehouse")
        root.builtin_function_options.language_options.CopyFrom(engine.language)
        older = {name: former for former, name in _RENAMED.findall(sql)}
        for path in sorted(self._paths(sql, engine)):
            _into(root, path[:-1]).table.append(self._table(protocol, path, older))
        return root

    def _paths(self, sql: str, engine: "Engine") -> set[tuple[str, ...]]:
        """How the statement names tables that exist; the analyser does not list what DDL alters."""
        paths = {tuple(path) for path in engine.tables_of(sql)}
        paths |= {(quoted,) for quoted in _QUOTED.findall(sql)}
        paths |= {tuple(path.split(".")) for path in re.findall(r"\bALTER TABLE ([\w.]+)", sql)}
        return {
            path
            for path in paths
            if _last(path) in self.tables or _last(path) in information_schema.COLUMNS
        }

    def _table(self, protocol: Any, path: tuple[str, ...], older: Mapping[str, str]) -> Any:
        columns = [
            protocol.tables.SimpleColumnProto(name=older.get(name, name), type=kind)
            for name, kind in self._columns(protocol, _last(path))
        ]
        return protocol.tables.SimpleTableProto(
            name=_last(path), name_in_catalog=path[-1], column=columns
        )

    def _columns(self, protocol: Any, name: str) -> list[tuple[str, Any]]:
        if name in self.tables:
            return self.tables[name]
        columns = information_schema.COLUMNS[name]
        return [(column, data_type(protocol, kind)) for column, kind in columns]


def _last(path: tuple[str, ...]) -> str:
    """The name of a table, or INFORMATION_SCHEMA with the name of its view."""
    *folders, name = ".".join(path).split(".")
    if folders and folders[-1].upper() == "INFORMATION_SCHEMA":
        return f"INFORMATION_SCHEMA.{name.upper()}"
    return name


def _into(catalog: Any, folders: tuple[str, ...]) -> Any:
    for name in folders:
        matching = [inner for inner in catalog.catalog if inner.name == name]
        catalog = matching[0] if matching else catalog.catalog.add(name=name)
    return catalog


def _columns(protocol: Any, columns: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [
        (
            column["name"],
            data_type(protocol, column["type"], repeated=column.get("mode") == "REPEATED"),
        )
        for column in columns
    ]
