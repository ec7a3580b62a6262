"""Names of tables, views and columns, checked against the analyser's own reserved words.

A reserved word needs backticks wherever an analyst writes it, and breaks every statement of ours
that has none.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.sql.engine import Engine, RefusedStatement


def reserved(names: Iterable[str], engine: Engine) -> list[str]:
    """Those that the analyser does not read as a plain name, in order."""
    return sorted(name for name in set(names) if not _is_plain(name, engine))


def _is_plain(name: str, engine: Engine) -> bool:
    """As a column, an alias and a table, each without backticks."""
    statement = f"SELECT {name} FROM {name} AS {name} GROUP BY {name}"
    try:
        return engine.tables_of(statement) == [[name]]
    except RefusedStatement:
        return False


def names_of(tables: Mapping[str, Iterable[str]]) -> set[str]:
    """Of tables or views by name, and of their columns."""
    return set(tables) | {column for columns in tables.values() for column in columns}


PARTITIONS_BY = ("DATE", "DATETIME", "TIMESTAMP")
CLUSTERS_BY = (*PARTITIONS_BY, "BIGNUMERIC", "BOOL", "GEOGRAPHY", "INT64", "NUMERIC", "STRING")
"""https://cloud.google.com/bigquery/docs/clustered-tables and …/partitioned-tables, 2026-11. Tables
are made by the API, so no statement shows the analyser by which columns they are cut."""

MOST_CLUSTER_COLUMNS = 4

_RESERVED_PREFIXES = (
    *("_TABLE_", "_FILE_", "_PARTITION", "_ROW_TIMESTAMP", "__ROOT__", "_COLIDENTIFIER"),
    *("_CHANGE_SEQUENCE_NUMBER", "_CHANGE_TYPE", "_CHANGE_TIMESTAMP"),
)
"""https://cloud.google.com/bigquery/docs/schemas#column_names, checked 2026-11"""


MOST_PARTITIONS = 4_000
"""https://cloud.google.com/bigquery/quotas#partitioned_tables, checked 2026-11"""


def refused_by_service(names: Iterable[str]) -> list[str]:
    """Names that the language takes and BigQuery keeps for itself, in order."""
    return sorted(name for name in set(names) if name.upper().startswith(_RESERVED_PREFIXES))


def refused_cuts(
    definitions: Mapping[str, Mapping[str, Any]], columns: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    """Why tables cannot be partitioned or clustered as tables.yaml says; `columns` are types.

    The type of a repeated column begins with ARRAY.
    """
    for table, definition in definitions.items():
        types, cluster = columns[table], definition["cluster"]
        if len(cluster) > MOST_CLUSTER_COLUMNS:
            yield f"{table} has {len(cluster)} cluster columns; at most 4 are allowed"
        cuts = [(name, "cluster", CLUSTERS_BY) for name in cluster]
        if "partition" in definition:
            allowed = {"INT64"} if "buckets" in definition else PARTITIONS_BY
            cuts.append((definition["partition"], "partition", allowed))
            if definition.get("buckets", 0) > MOST_PARTITIONS:
                yield f"{table} has {definition['buckets']} partitions; one job may change 4,000"
        for name, cut, types_allowed in cuts:
            if types.get(name) not in types_allowed:
                yield f"{table} cannot {cut} by {name}, which is {types.get(name, 'no column')}"
