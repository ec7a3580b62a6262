"""Erase rows of the warehouse.

Rows of an erased video or creator are deleted. In all other rows a name is replaced in the columns
that hold free text. The rule is the one for the lake, so a rebuild gives the same rows: BigQuery
selects texts that may hold a name, and shared/privacy/redaction.py decides and rewrites.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from shared.erasure.objects import Mention
from shared.erasure.text_changes import (
    SECTION,
    Column,
    TextChange,
    batches,
    patterns,
    redacted_text,
    select_statement,
    update_statement,
)
from shared.inputs.handles import handle
from shared.privacy.free_text import is_address, is_free_text
from shared.privacy.redaction import Redaction
from shared.warehouse.client import bigquery
from shared.warehouse.gateway import BOUNDED, run, run_dml
from shared.warehouse.partitions import MOST_PARTITIONS

WHOLE_TABLE_TIMEOUT_S = 600.0
"""How long a statement over every row may run. A batch of `load` has less time."""


@dataclass
class WarehouseRows:
    """The rows of one dataset."""

    client: bigquery.Client
    dataset: str
    _columns: dict[str, list[bigquery.SchemaField]] = field(default_factory=dict)

    KEYS_AT_ONCE = MOST_PARTITIONS  # each key may have a partition of its own

    def names_of(self, names: Sequence[str]) -> dict[str, set[str]]:
        """The other names of each creator: id and username may differ."""
        plain = {handle(name): name for name in names}
        others: dict[str, set[str]] = {name: set() for name in names}
        rows = self._query(
            "SELECT user_key, username FROM dim_user "
            "WHERE LOWER(user_key) IN UNNEST(@names) OR LOWER(username) IN UNNEST(@names)",
            names=_lower_case(names),
        )
        for row in rows:
            pair = [str(name) for name in (row["user_key"], row["username"]) if name]
            for name in pair:
                if handle(name) in plain:
                    others[plain[handle(name)]].update(pair)
        return others

    def videos_of(self, names: Sequence[str]) -> set[str]:
        """The videos of creators."""
        rows = self._query(
            "SELECT video_id FROM dim_video WHERE LOWER(user_key) IN UNNEST(@names)",
            names=_lower_case(names),
        )
        return {str(row["video_id"]) for row in rows}

    def vanished(self) -> set[str]:
        """The videos that their source no longer has."""
        rows = self._query(
            "SELECT video_id FROM fact_video_analytics WHERE vanished_at IS NOT NULL"
        )
        return {str(row["video_id"]) for row in rows}

    def survey(
        self, names: Sequence[str], videos: Sequence[str], redaction: Redaction
    ) -> tuple[Counter[str], list[Mention]]:
        """Keys and texts that an erasure would change: their number by table, and each of them."""
        counts: Counter[str] = Counter()
        mentions: list[Mention] = []
        for table, column, keys in self._erased_keys(redaction):
            counts[table] += len(keys)
            mentions += [Mention(table, column, key) for key in keys]
        for text in self._changes(names, videos, redaction):
            counts[text.column.table] += 1
            mentions.append(Mention(text.column.table, text.column.name, text.text))
        return counts, mentions

    def erase(
        self, names: Sequence[str], videos: Sequence[str], redaction: Redaction
    ) -> dict[str, int]:
        """Delete rows of the erased and replace mentions in others. Returns row counts by table.

        A second run changes nothing.
        """
        counts: Counter[str] = Counter()
        for table, column, keys in self._erased_keys(redaction):
            counts[table] += self._delete(table, column, keys)
        for batch in batches(self._changes(names, videos, redaction)):
            counts[batch[0].column.table] += self._replace(batch)
        return dict(counts)

    # One video

    def count_video(self, video_id: str) -> int:
        """The number of rows of a video, over all tables."""
        counts = " UNION ALL ".join(
            f"SELECT COUNT(*) AS n FROM `{table}` WHERE video_id = @video_id"  # nosec B608 # ours
            for table in self._video_tables()
        )
        return sum(int(row["n"]) for row in self._query(counts, video_id=video_id))

    def delete_video(self, video_id: str) -> int:
        """Delete the rows of a video. Returns their number."""
        return sum(self._delete(table, "video_id", [video_id]) for table in self._video_tables())

    def _video_tables(self) -> list[str]:
        return [table for table in self._tables() if self._has_column(table, "video_id")]

    # Keys

    def _erased_keys(self, redaction: Redaction) -> list[tuple[str, str, list[str]]]:
        """Tables, their key columns, and the erased keys in them, by one statement."""
        checks: dict[str, Callable[[str], bool]] = {
            "video_id": redaction.erased.has_video,
            "user_key": redaction.erased.has_creator,
            "username": redaction.erased.has_creator,
        }
        columns = [
            (table, column)
            for table in self._tables()
            for column in checks
            if self._has_column(table, column)
        ]
        parts = [
            f"SELECT '{table}' AS place, '{column}' AS key, {column} AS value "  # nosec B608 # both are ours
            f"FROM `{table}` WHERE {column} IS NOT NULL GROUP BY {column}"
            for table, column in columns
        ]
        erased: dict[tuple[str, str], list[str]] = {column: [] for column in columns}
        for row in self._query(" UNION ALL ".join(parts)) if parts else ():
            if checks[row["key"]](str(row["value"])):
                erased[row["place"], row["key"]].append(str(row["value"]))
        return [(*column, sorted(keys)) for column, keys in erased.items() if keys]

    def _delete(self, table: str, column: str, keys: list[str]) -> int:
        statement = f"DELETE FROM `{table}` WHERE {column} IN UNNEST(@values)"  # nosec B608 # ours
        return sum(
            self._change(statement, values=keys[start : start + self.KEYS_AT_ONCE])
            for start in range(0, len(keys), self.KEYS_AT_ONCE)
        )

    # Mentions

    def _changes(
        self, names: Sequence[str], videos: Sequence[str], redaction: Redaction
    ) -> list[TextChange]:
        """Every text of the tables that mentions somebody, with its replacement."""
        columns = list(self._text_columns())
        changes: dict[tuple[Column, str], TextChange] = {}
        for pattern in patterns(names, videos) if columns else ():
            for row in self._query(select_statement(columns), pattern=pattern):
                column, text = columns[int(row["place"])], str(row["text"])
                redacted = redacted_text(column.name, text, redaction)
                if redacted != text:
                    changes[column, text] = TextChange(column, text, redacted)
        return sorted(changes.values(), key=lambda each: each.order)

    def _replace(self, changes: list[TextChange]) -> int:
        """Replace or delete texts of one column. Returns the number of rows."""
        column = changes[0].column
        if changes[0].redacted is None:
            return self._delete(column.table, column.name, [each.text for each in changes])
        statement, parameters = update_statement(changes)
        return self._change(statement, **parameters)

    def _text_columns(self) -> Iterator[Column]:
        for table in self._tables():
            for each in self._fields(table):
                is_text = is_free_text(each.name) or is_address(each.name) or each.name == SECTION
                if each.field_type == "STRING" and is_text:
                    yield Column(table, each.name, each.mode == "REPEATED")

    # Tables

    def _tables(self) -> list[str]:
        tables = self.client.list_tables(self.dataset, **BOUNDED)
        return sorted(table.table_id for table in tables if table.table_type == "TABLE")

    def _has_column(self, table: str, column: str) -> bool:
        return any(each.name == column for each in self._fields(table))

    def _fields(self, table: str) -> list[bigquery.SchemaField]:
        if table not in self._columns:
            path = f"{self.client.project}.{self.dataset}.{table}"
            self._columns[table] = list(self.client.get_table(path, **BOUNDED).schema)
        return self._columns[table]

    def _query(self, statement: str, **parameters: list[str] | str) -> bigquery.table.RowIterator:
        dataset, bound = f"{self.client.project}.{self.dataset}", _bound(parameters)
        return run(self.client, dataset, statement, bound, timeout_s=WHOLE_TABLE_TIMEOUT_S)

    def _change(self, statement: str, **parameters: list[str] | str) -> int:
        dataset, bound = f"{self.client.project}.{self.dataset}", _bound(parameters)
        return run_dml(self.client, dataset, statement, bound, timeout_s=WHOLE_TABLE_TIMEOUT_S)


def _lower_case(names: Iterable[str]) -> list[str]:
    """Names as BigQuery's LOWER gives them, and as this project compares them."""
    return list(dict.fromkeys(form for name in names for form in (handle(name), name.lower())))


def _bound(parameters: dict[str, list[str] | str]) -> list[object]:
    return [
        bigquery.ArrayQueryParameter(name, "STRING", value)
        if isinstance(value, list)
        else bigquery.ScalarQueryParameter(name, "STRING", value)
        for name, value in parameters.items()
    ]
