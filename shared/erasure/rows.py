"""Erase rows of the warehouse.

Rows of an erased video or creator are deleted. In all other rows a name is replaced in the columns
that hold free text. The rule is the one for the lake, so a rebuild gives the same rows: BigQuery
selects texts that may hold a name, and shared/privacy/redaction.py decides and rewrites.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from shared.batching import batched
from shared.erasure.affected_rows import USER_KEY, VIDEO_KEY, AffectedRows, ErasedKeys
from shared.erasure.text_changes import (
    PATTERNS_AT_ONCE,
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

KEYS_SELECTED_AT_ONCE = 20_000

_NAME_COLUMNS = (USER_KEY, "username")


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

    def videos_of_keys(self, user_keys: Collection[str]) -> set[str]:
        """The videos of creators by their exact keys."""
        statement = "SELECT video_id FROM dim_video WHERE user_key IN UNNEST(@user_keys)"
        return {
            str(row["video_id"])
            for keys in batched(user_keys, KEYS_SELECTED_AT_ONCE)
            for row in self._query(statement, user_keys=list(keys))
        }

    def unlisted(self, video_ids: Sequence[str]) -> set[str]:
        """Those of many videos of which `dim_video` has no listing. Ids must be VIDEO_ID.

        A video of which only a rating has arrived has a row with the time 1970.
        """
        rows = self._query(
            "SELECT video_id FROM UNNEST(SPLIT(@video_ids, ',')) AS video_id WHERE video_id NOT IN "
            "(SELECT video_id FROM dim_video WHERE observed_at > TIMESTAMP '1970-01-01 00:00:00')",
            video_ids=",".join(video_ids),
        )
        return {str(row["video_id"]) for row in rows}

    def affected(
        self,
        names: Sequence[str],
        videos: Sequence[str],
        redaction: Redaction,
        everything: bool = True,
    ) -> AffectedRows:
        """Keys and texts that an erasure would change.

        With `everything`, every key is compared with all that was ever erased. Otherwise only rows
        of these names and videos are looked up.
        """
        keys = self._all_keys() if everything else self._keys_of(names, videos)
        changes: dict[tuple[Column, str], TextChange] = {}
        whose: dict[str, set[str]] = {VIDEO_KEY: set(), USER_KEY: set(), "": set()}
        for column, text, key in self._texts(names, videos):
            change = changes.get((column, text))
            if change is None:
                change = TextChange(column, text, redacted_text(column.name, text, redaction))
            if change.redacted != text:  # many that are selected mention nobody
                changes[column, text] = change
                whose[column.key].add(key)
        return AffectedRows(
            keys=self._erased(keys, redaction),
            changes=sorted(changes.values(), key=lambda each: each.order),
            videos=frozenset(whose[VIDEO_KEY]),
            creators=frozenset(whose[USER_KEY]),
        )

    def delete(self, rows: AffectedRows) -> dict[str, int]:
        """Delete rows of the erased. Returns row counts by table. A second run changes nothing."""
        counts: Counter[str] = Counter()
        for each in rows.deletions():
            counts[each.table] += self._delete(each.table, each.column, list(each.keys))
        return dict(counts)

    def redact(self, rows: AffectedRows) -> dict[str, int]:
        """Replace mentions in other rows. Returns row counts by table. A second run does nothing.

        A row of a text that is about somebody erased is deleted.
        """
        counts: Counter[str] = Counter()
        for batch in batches(rows.changes):
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

    def _all_keys(self) -> Iterator[tuple[str, str, str]]:
        """Every key: its table, its column, and itself."""
        parts = [
            f"{_key_of(table, column)} WHERE {column} IS NOT NULL GROUP BY {column}"
            for table, column in self._key_columns((VIDEO_KEY, *_NAME_COLUMNS))
        ]
        yield from self._keys(" UNION ALL ".join(parts))

    def _keys_of(
        self, names: Sequence[str], videos: Sequence[str]
    ) -> Iterator[tuple[str, str, str]]:
        """The keys among these names and videos, as `_all_keys` gives them."""
        if names:
            parts = [
                f"{_key_of(table, column)} WHERE LOWER({column}) IN UNNEST(@names) "
                f"GROUP BY {column}"
                for table, column in self._key_columns(_NAME_COLUMNS)
            ]
            yield from self._keys(" UNION ALL ".join(parts), names=_lower_case(names))
        parts = [
            f"{_key_of(table, column)} WHERE {column} IN UNNEST(@video_ids) GROUP BY {column}"
            for table, column in self._key_columns((VIDEO_KEY,))
        ]
        for video_ids in batched(videos, KEYS_SELECTED_AT_ONCE):
            yield from self._keys(" UNION ALL ".join(parts), video_ids=list(video_ids))

    def _keys(self, statement: str, **parameters: list[str]) -> Iterator[tuple[str, str, str]]:
        for row in self._query(statement, **parameters) if statement else ():
            yield str(row["place"]), str(row["key"]), str(row["value"])

    def _key_columns(self, names: Iterable[str]) -> list[tuple[str, str]]:
        return [
            (table, column)
            for table in self._tables()
            for column in names
            if self._has_column(table, column)
        ]

    def _erased(
        self, keys: Iterable[tuple[str, str, str]], redaction: Redaction
    ) -> list[ErasedKeys]:
        erased: dict[tuple[str, str], list[str]] = {}
        for table, column, key in keys:
            is_video = column == VIDEO_KEY
            test = redaction.erased.has_video if is_video else redaction.erased.has_creator
            if test(key):
                erased.setdefault((table, column), []).append(key)
        return [ErasedKeys(*column, tuple(sorted(each))) for column, each in sorted(erased.items())]

    def _delete(self, table: str, column: str, keys: list[str]) -> int:
        statement = f"DELETE FROM `{table}` WHERE {column} IN UNNEST(@values)"  # nosec B608 # ours
        return sum(
            self._change(statement, values=keys[start : start + self.KEYS_AT_ONCE])
            for start in range(0, len(keys), self.KEYS_AT_ONCE)
        )

    # Mentions

    def _texts(
        self, names: Sequence[str], videos: Sequence[str]
    ) -> Iterator[tuple[Column, str, str]]:
        """Texts that may mention one of them: the column, the text, and whose row it is in."""
        columns = list(self._text_columns())
        for some in batched(patterns(names, videos) if columns else (), PATTERNS_AT_ONCE):
            parameters = {f"pattern{number}": pattern for number, pattern in enumerate(some)}
            for row in self._query(select_statement(columns, len(some)), **parameters):
                yield columns[int(row["place"])], str(row["text"]), str(row["whose"])

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
                    yield Column(table, each.name, each.mode == "REPEATED", self._key_of_row(table))

    def _key_of_row(self, table: str) -> str:
        """The column that says whose a row is; "" for a table whose rows are about many."""
        return next((key for key in (VIDEO_KEY, USER_KEY) if self._has_column(table, key)), "")

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


def _key_of(table: str, column: str) -> str:
    return f"SELECT '{table}' AS place, '{column}' AS key, {column} AS value FROM `{table}`"  # nosec B608 # both are ours


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
