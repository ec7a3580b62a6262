"""INFORMATION_SCHEMA of the local BigQuery: it has four views and refuses the others.

bqemulator 1.4.0 finds these views with regular expressions that do not allow the backtick of its
own default dataset. It replaced half of the name, the text no longer parsed, and every client
repeated the 500 for ten minutes. It would also write all rows into the statement, which sqlglot
parses some twenty times. This module finds the views in the parsed statement, and puts their rows
into a table next to the catalogue.
"""

from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from sqlglot import exp, parse_one

_PREFIX = "INFORMATION_SCHEMA."
Columns = dict[str, str]
Rows = Callable[[Any, str, str], Iterator[tuple[Any, ...]]]

# Those columns of BigQuery's documentation that the catalogue has values for.
# https://cloud.google.com/bigquery/docs/information-schema-intro, checked 2026-11
_TABLE = {"table_catalog": "VARCHAR", "table_schema": "VARCHAR", "table_name": "VARCHAR"}
TABLES: Columns = {
    **_TABLE,
    "table_type": "VARCHAR",
    "is_insertable_into": "VARCHAR",
    "creation_time": "TIMESTAMPTZ",
}
COLUMNS: Columns = {
    **_TABLE,
    "column_name": "VARCHAR",
    "ordinal_position": "BIGINT",
    "is_nullable": "VARCHAR",
    "data_type": "VARCHAR",
    "is_partitioning_column": "VARCHAR",
    "clustering_ordinal_position": "BIGINT",
}
VIEWS: Columns = {**_TABLE, "view_definition": "VARCHAR", "use_standard_sql": "VARCHAR"}
SCHEMATA: Columns = {
    "catalog_name": "VARCHAR",
    "schema_name": "VARCHAR",
    "location": "VARCHAR",
    "creation_time": "TIMESTAMPTZ",
}


def expand(sql: str, project: str, catalog: Any) -> str:
    """Replace each such view in the statement by a table of its rows.

    Raises InvalidQueryError for a view that is not offered, and for one without a dataset.
    """
    if _PREFIX.rstrip(".") not in sql.upper():
        return sql
    tree = parse_one(sql, read="bigquery")
    for table in list(tree.find_all(exp.Table)):
        if table.name.upper().startswith(_PREFIX):
            table.replace(_filled(table, project, catalog))
    return str(tree.sql(dialect="bigquery"))


def answer_information_schema() -> None:
    """Replace bqemulator's own function by `expand`."""
    from bqemulator.sql import inner_query

    inner_query.expand_information_schema = expand


def _filled(table: exp.Table, project: str, catalog: Any) -> exp.Table:
    """The table with the view's rows."""
    from bqemulator.storage.engine import CATALOG_SCHEMA  # no dataset can have this name

    view = _view(table)
    columns, rows_of = _ANSWERED[view]
    rows = list(rows_of(catalog, table.catalog or project, table.db))
    name = f"information_schema_{table.db}_{view}".lower()
    _fill(catalog._engine, f'"{CATALOG_SCHEMA}"."{name}"', columns, rows)
    return exp.table_(name, db=CATALOG_SCHEMA, quoted=True, alias=_alias(table, view))


def _view(table: exp.Table) -> str:
    from bqemulator.domain.errors import InvalidQueryError

    view = table.name.upper().removeprefix(_PREFIX)
    if view not in _ANSWERED:
        answered = ", ".join(_ANSWERED)
        raise InvalidQueryError(
            f"INFORMATION_SCHEMA.{view} is not offered here, only {answered}; see `tta tables`."
        )
    if not table.db:
        raise InvalidQueryError(f"INFORMATION_SCHEMA.{view} needs a dataset before it.")
    return view


def _alias(table: exp.Table, view: str) -> str:
    """The name of the view: sqlglot's alias of a quoted path cannot qualify a column."""
    return table.alias if table.alias and "." not in table.alias else view


def _fill(engine: Any, path: str, columns: Columns, rows: list[tuple[Any, ...]]) -> None:
    """Put the rows into the table, unless this database has them from an earlier statement.

    Creating and filling it takes longer than all other work for such a statement.
    """
    filled = _filled_tables.setdefault(engine.connection, {})
    if filled.get(path) == rows:
        return
    filled.pop(path, None)
    _replace(engine, path, columns, rows)
    filled[path] = rows


_filled_tables: WeakKeyDictionary[Any, dict[str, list[tuple[Any, ...]]]] = WeakKeyDictionary()
"""For each connection, the rows of each table by its path. A restart opens another connection."""


def _replace(engine: Any, path: str, columns: Columns, rows: list[tuple[Any, ...]]) -> None:
    fields = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    engine.execute(f"CREATE OR REPLACE TABLE {path} ({fields})")
    if rows:
        # A list for each column: reading a placeholder for each cell takes DuckDB far longer.
        lists = ", ".join(f"UNNEST(CAST(? AS {kind}[]))" for kind in columns.values())
        cells = [list(column) for column in zip(*rows, strict=True)]
        engine.execute(f"INSERT INTO {path} SELECT {lists}", cells)  # nosec B608 # our names


def _tables(catalog: Any, project: str, dataset: str) -> Iterator[tuple[Any, ...]]:
    for table in catalog.list_tables(project, dataset):
        is_table = table.table_type == "TABLE"
        kind = "BASE TABLE" if is_table else table.table_type
        insertable = "YES" if is_table else "NO"
        yield project, dataset, table.table_id, kind, insertable, table.creation_time


def _columns(catalog: Any, project: str, dataset: str) -> Iterator[tuple[Any, ...]]:
    from bqemulator.sql.rewriter.information_schema import _partition_field, _render_data_type

    for table in catalog.list_tables(project, dataset):
        clustering = table.clustering.fields if table.clustering else ()
        for number, column in enumerate(table.schema_.fields, start=1):
            name = column.name
            yield (
                *(project, dataset, table.table_id, name, number),
                "NO" if column.mode == "REQUIRED" else "YES",
                _render_data_type(column),
                "YES" if name == _partition_field(table) else "NO",
                clustering.index(name) + 1 if name in clustering else None,
            )


def _views(catalog: Any, project: str, dataset: str) -> Iterator[tuple[Any, ...]]:
    for table in catalog.list_tables(project, dataset):
        if table.view_query is not None:
            yield project, dataset, table.table_id, table.view_query, "YES"


def _schemata(catalog: Any, project: str, dataset: str) -> Iterator[tuple[Any, ...]]:
    for data_set in catalog.list_datasets(project):
        yield project, data_set.dataset_id, data_set.location, data_set.creation_time


_ANSWERED: dict[str, tuple[Columns, Rows]] = {
    "TABLES": (TABLES, _tables),
    "COLUMNS": (COLUMNS, _columns),
    "VIEWS": (VIEWS, _views),
    "SCHEMATA": (SCHEMATA, _schemata),
}
