"""What becomes of the rows of the warehouse when something is erased.

Rows of an erased video or creator are deleted. In all other rows the creator's name is replaced
where it is mentioned, by the same words as in the lake, so that a rebuild gives the same rows.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.cloud import bigquery

from shared.tombstones import ERASED, Tombstones
from shared.warehouse.gateway import BOUNDED, change, run

AT_ONCE = 500
"""Names in one pattern."""

PATTERNS_AT_ONCE = 20
"""Patterns that one statement counts, in all tables."""

WHOLE_TABLE_TIMEOUT_S = 600.0
"""How long one statement may look through every row. Erasing is a command, not a function."""

_TELLING = re.compile(r"[0-9._]")
_AFTER_ID = r"[^A-Za-z0-9_]|$"
_ALONE = r"^|[^A-Za-z0-9._]|\\[bfnrt]"
"""Before a word that stands alone; in JSON inside a column a line break is written so."""


@dataclass
class Rows:
    """The tables of one dataset."""

    client: bigquery.Client
    dataset: str
    tombstones: Tombstones
    _columns: dict[str, list[bigquery.SchemaField]] = field(default_factory=dict)

    KEYS_AT_ONCE = 20_000  # of 400 bytes each at most: a request has 8 MB

    def videos_of(self, names: Sequence[str]) -> set[str]:
        """Videos of creators, by their keys."""
        wanted = [name.casefold() for name in names]
        rows = self._ask(
            "SELECT video_id FROM dim_video WHERE LOWER(user_key) IN UNNEST(@names)", names=wanted
        )
        return {str(row["video_id"]) for row in rows}

    def vanished(self) -> set[str]:
        """Videos that their source no longer had."""
        rows = self._ask("SELECT video_id FROM fact_video_analytics WHERE vanished_at IS NOT NULL")
        return {str(row["video_id"]) for row in rows}

    def erase(self, mentions: Sequence[str]) -> dict[str, int]:
        """Delete rows, and clean mentions (see `mentions_of`) out of the others.

        A second run changes nothing. Rows touched, by table.
        """
        touched: Counter[str] = Counter()
        for table, column, values in self._erased_keys():
            touched[table] += self._delete(table, column, values)
        for table, pattern, _ in self._mentioned(mentions):
            touched[table] += self._clean(table, pattern)
        return dict(touched)

    def left(self, mentions: Sequence[str]) -> dict[str, int]:
        """Rows that still name something erased, by table: nothing, after all is done."""
        found: Counter[str] = Counter()
        for table, _, values in self._erased_keys():
            found[table] += len(values)
        for table, _, count in self._mentioned(mentions):
            found[table] += count
        return dict(found)

    # Keys

    def _erased_keys(self) -> list[tuple[str, str, list[str]]]:
        """Tables, their key columns, and the values there that were erased; in one statement."""
        checks = {"video_id": self.tombstones.has_video, "user_key": self.tombstones.has_creator}
        keys = [
            (table, column)
            for table in self._tables()
            for column in checks
            if any(one.name == column for one in self._fields(table))
        ]
        parts = [
            f"SELECT '{table}' AS place, '{column}' AS key, {column} AS value "  # nosec B608 # both are ours
            f"FROM `{table}` WHERE {column} IS NOT NULL GROUP BY {column}"
            for table, column in keys
        ]
        found: dict[tuple[str, str], list[str]] = {key: [] for key in keys}
        for row in self._ask(" UNION ALL ".join(parts)) if parts else ():
            if checks[row["key"]](str(row["value"])):
                found[row["place"], row["key"]].append(str(row["value"]))
        return [(table, column, sorted(them)) for (table, column), them in found.items() if them]

    def _delete(self, table: str, column: str, values: list[str]) -> int:
        statement = f"DELETE FROM `{table}` WHERE {column} IN UNNEST(@values)"  # nosec B608 # ours
        return sum(
            self._change(statement, values=values[start : start + self.KEYS_AT_ONCE])
            for start in range(0, len(values), self.KEYS_AT_ONCE)
        )

    # Mentions

    def _mentioned(self, mentions: Sequence[str]) -> Iterator[tuple[str, str, int]]:
        """Tables, the patterns that their rows match, and how many do; a few patterns at once."""
        tables = [table for table in self._tables() if list(self._texts(table))]
        for start in range(0, len(mentions) if tables else 0, PATTERNS_AT_ONCE):
            named = {
                f"p{n}": one for n, one in enumerate(mentions[start : start + PATTERNS_AT_ONCE])
            }
            counts = ", ".join(
                f"COUNTIF(REGEXP_CONTAINS(said, @{name})) AS {name}" for name in named
            )
            parts = (
                f"SELECT '{table}' AS place, {counts} "  # nosec B608 # the names are ours
                f"FROM (SELECT TO_JSON_STRING(it) AS said FROM `{table}` AS it)"
                for table in tables
            )
            for row in list(self._ask(" UNION ALL ".join(parts), **named)):
                yield from (
                    (row["place"], pattern, int(row[name]))
                    for name, pattern in named.items()
                    if row[name]
                )

    def _clean(self, table: str, pattern: str) -> int:
        sets = ", ".join(self._assignments(table))
        return self._change(
            f"UPDATE `{table}` AS it SET {sets} "  # nosec B608 # names are ours
            "WHERE REGEXP_CONTAINS(TO_JSON_STRING(it), @pattern)",
            pattern=pattern,
            put=rf"\1{ERASED}\3",
        )

    def _assignments(self, table: str) -> Iterator[str]:
        """Twice over, because two mentions may share the sign between them."""
        for column in self._texts(table):
            once = "REGEXP_REPLACE({}, @pattern, @put)"
            if column.mode == "REPEATED":
                inner = once.format(once.format("word"))
                yield (
                    f"{column.name} = ARRAY("  # nosec B608 # names of columns are ours
                    f"SELECT {inner} FROM UNNEST(it.{column.name}) AS word "
                    "WITH OFFSET AS place ORDER BY place)"
                )
            else:
                yield f"{column.name} = {once.format(once.format(f'it.{column.name}'))}"

    def _texts(self, table: str) -> Iterator[bigquery.SchemaField]:
        return (one for one in self._fields(table) if one.field_type == "STRING")

    # Tables

    def _tables(self) -> list[str]:
        listed = self.client.list_tables(self.dataset, **BOUNDED)
        return sorted(table.table_id for table in listed if table.table_type == "TABLE")

    def _fields(self, table: str) -> list[bigquery.SchemaField]:
        if table not in self._columns:
            path = f"{self.client.project}.{self.dataset}.{table}"
            found = self.client.get_table(path, **BOUNDED)
            self._columns[table] = list(found.schema)
        return self._columns[table]

    def _ask(self, statement: str, **parameters: Any) -> Iterator[Any]:
        yield from self._run(statement, parameters)

    def _change(self, statement: str, **parameters: Any) -> int:
        bound = [_parameter(name, value) for name, value in parameters.items()]
        dataset = f"{self.client.project}.{self.dataset}"
        return change(self.client, dataset, statement, bound, timeout_s=WHOLE_TABLE_TIMEOUT_S)

    def _run(self, statement: str, parameters: dict[str, Any]) -> bigquery.table.RowIterator:
        dataset = f"{self.client.project}.{self.dataset}"
        bound = [_parameter(name, value) for name, value in parameters.items()]
        # A pass over all rows of all tables may take longer than a batch does.
        return run(self.client, dataset, statement, bound, timeout_s=WHOLE_TABLE_TIMEOUT_S)


def _parameter(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return bigquery.ArrayQueryParameter(name, "STRING", value)
    return bigquery.ScalarQueryParameter(name, "STRING", value)


def mentions_of(creators: Sequence[str], videos: Sequence[str]) -> list[str]:
    """Where a text names one of them, as `Tombstones.without_mentions_in` has it (RE2).

    The groups are what stands before, the name, and what stands after.
    """
    plain = [name for name in creators if not _TELLING.search(name)]
    telling = [name for name in creators if _TELLING.search(name)]
    after_name = r"\.*(?:[^A-Za-z0-9._]|$)"
    kinds = (("@", plain, after_name), (_ALONE, telling, after_name), (_ALONE, videos, _AFTER_ID))
    return [
        rf"(?i)({before})({'|'.join(map(re.escape, words[at : at + AT_ONCE]))})({after})"
        for before, words, after in kinds
        for at in range(0, len(words), AT_ONCE)
    ]
