"""What becomes of the rows of the warehouse when something is erased.

Rows of an erased video or creator are deleted. In all other rows a name is replaced where a column
holds free text, by the same rule as in the lake, so that a rebuild gives the same rows: BigQuery
selects the texts that may hold a name, and shared/privacy/redaction.py decides and rewrites.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.cloud import bigquery

from shared.erasure.objects import Mention
from shared.inputs.json_input import parse_json
from shared.model import canonical_json, id_in_name
from shared.privacy.free_text import is_address, is_free_text
from shared.privacy.mentions import folded, pattern_of
from shared.privacy.redaction import GONE, Redaction
from shared.warehouse.gateway import BOUNDED, change, run

NAMES_AT_ONCE = 500
"""Names in one pattern."""

VALUES_AT_ONCE = 200
BYTES_AT_ONCE = 200_000
"""Texts that one statement replaces; BigQuery takes 1 MB of statement, and 10 MB of parameters."""

WHOLE_TABLE_TIMEOUT_S = 600.0
"""How long one statement may look through every row. Erasing is a command, not a function."""

SECTION = "section"
"""The column that holds a merged section as JSON: its fields are known by name."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table in which somebody may be mentioned."""

    table: str
    name: str
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class TextChange:
    """One text of a column, and what may be kept of it; None when its rows go."""

    column: Column
    text: str
    redacted: str | None

    @property
    def order(self) -> tuple[str, str, bool]:
        return self.column.table, self.column.name, self.redacted is None


@dataclass
class WarehouseRows:
    """The tables of one dataset."""

    client: bigquery.Client
    dataset: str
    _columns: dict[str, list[bigquery.SchemaField]] = field(default_factory=dict)

    KEYS_AT_ONCE = 20_000  # of 400 bytes each at most: a request has 8 MB

    def names_of(self, names: Sequence[str]) -> dict[str, set[str]]:
        """The other names of creators, by the one that was given: id and username may differ."""
        plain = {folded(name): name for name in names}
        others: dict[str, set[str]] = {name: set() for name in names}
        rows = self._ask(
            "SELECT user_key, username FROM dim_user "
            "WHERE LOWER(user_key) IN UNNEST(@names) OR LOWER(username) IN UNNEST(@names)",
            names=_cases(names),
        )
        for row in rows:
            pair = [str(name) for name in (row["user_key"], row["username"]) if name]
            for name in pair:
                if folded(name) in plain:
                    others[plain[folded(name)]].update(pair)
        return others

    def videos_of(self, names: Sequence[str]) -> set[str]:
        """Videos of creators, by their keys."""
        rows = self._ask(
            "SELECT video_id FROM dim_video WHERE LOWER(user_key) IN UNNEST(@names)",
            names=_cases(names),
        )
        return {str(row["video_id"]) for row in rows}

    def vanished(self) -> set[str]:
        """Videos that their source no longer had."""
        rows = self._ask("SELECT video_id FROM fact_video_analytics WHERE vanished_at IS NOT NULL")
        return {str(row["video_id"]) for row in rows}

    def survey(
        self, names: Sequence[str], videos: Sequence[str], redaction: Redaction
    ) -> tuple[Counter[str], list[Mention]]:
        """Rows and texts that name something erased, by table, and where."""
        counts: Counter[str] = Counter()
        findings: list[Mention] = []
        for table, column, values in self._erased_keys(redaction):
            counts[table] += len(values)
            findings += [Mention(table, column, value) for value in values]
        for each in self._changes(names, videos, redaction):
            counts[each.column.table] += 1
            findings.append(Mention(each.column.table, each.column.name, each.text))
        return counts, findings

    def erase(
        self, names: Sequence[str], videos: Sequence[str], redaction: Redaction
    ) -> dict[str, int]:
        """Delete rows, and clean mentions out of the others. A second run changes nothing.

        Rows touched, by table.
        """
        touched: Counter[str] = Counter()
        for table, column, values in self._erased_keys(redaction):
            touched[table] += self._delete(table, column, values)
        for changes in _batches(self._changes(names, videos, redaction)):
            touched[changes[0].column.table] += self._replace(changes)
        return dict(touched)

    # Keys

    def _erased_keys(self, redaction: Redaction) -> list[tuple[str, str, list[str]]]:
        """Tables, their key columns, and the values there that were erased; in one statement."""
        checks: dict[str, Callable[[str], bool]] = {
            "video_id": redaction.erased.has_video,
            "user_key": redaction.erased.has_creator,
            "username": redaction.erased.has_creator,
        }
        keys = [
            (table, column)
            for table in self._tables()
            for column in checks
            if any(each.name == column for each in self._fields(table))
        ]
        parts = [
            f"SELECT '{table}' AS place, '{column}' AS key, {column} AS value "  # nosec B608 # both are ours
            f"FROM `{table}` WHERE {column} IS NOT NULL GROUP BY {column}"
            for table, column in keys
        ]
        erased: dict[tuple[str, str], list[str]] = {key: [] for key in keys}
        for row in self._ask(" UNION ALL ".join(parts)) if parts else ():
            if checks[row["key"]](str(row["value"])):
                erased[row["place"], row["key"]].append(str(row["value"]))
        return [(*key, sorted(values)) for key, values in erased.items() if values]

    def _delete(self, table: str, column: str, values: list[str]) -> int:
        statement = f"DELETE FROM `{table}` WHERE {column} IN UNNEST(@values)"  # nosec B608 # ours
        return sum(
            self._change(statement, values=values[start : start + self.KEYS_AT_ONCE])
            for start in range(0, len(values), self.KEYS_AT_ONCE)
        )

    # Mentions

    def _changes(
        self, names: Sequence[str], videos: Sequence[str], redaction: Redaction
    ) -> list[TextChange]:
        """Every text of the tables that mentions somebody, and what may be kept of it."""
        columns = list(self._texts())
        changes: dict[tuple[Column, str], TextChange] = {}
        for pattern in patterns(names, videos) if columns else ():
            for column, text in self._texts_like(columns, pattern):
                redacted = _redacted(column.name, text, redaction)
                if redacted != text:
                    changes[column, text] = TextChange(column, text, redacted)
        return sorted(changes.values(), key=lambda each: each.order)

    def _texts_like(self, columns: list[Column], pattern: str) -> list[tuple[Column, str]]:
        by_place = {str(number): column for number, column in enumerate(columns)}
        parts = [
            f"SELECT DISTINCT '{number}' AS place, text FROM ({_source(column)}) "  # nosec B608 # ours
            "WHERE REGEXP_CONTAINS(text, @pattern)"
            for number, column in by_place.items()
        ]
        rows = self._ask(" UNION ALL ".join(parts), pattern=pattern)
        return [(by_place[row["place"]], str(row["text"])) for row in rows]

    def _replace(self, changes: list[TextChange]) -> int:
        """Put other texts in the place of some, all of one column."""
        column = changes[0].column
        if changes[0].redacted is None:
            return self._delete(column.table, column.name, [each.text for each in changes])
        parameters = {f"o{n}": each.text for n, each in enumerate(changes)}
        parameters |= {f"n{n}": each.redacted or "" for n, each in enumerate(changes)}
        cases = " ".join(f"WHEN @o{n} THEN @n{n}" for n in range(len(changes)))
        old = ", ".join(f"@o{n}" for n in range(len(changes)))
        if column.is_repeated:
            value = (
                f"ARRAY(SELECT CASE word {cases} ELSE word END FROM UNNEST(it.{column.name}) "  # nosec B608 # ours
                "AS word WITH OFFSET AS place ORDER BY place)"
            )
            where = f"EXISTS (SELECT 1 FROM UNNEST(it.{column.name}) AS word WHERE word IN ({old}))"  # nosec B608 # ours
        else:
            value = f"CASE it.{column.name} {cases} ELSE it.{column.name} END"
            where = f"it.{column.name} IN ({old})"
        return self._change(
            f"UPDATE `{column.table}` AS it SET {column.name} = {value} WHERE {where}",  # nosec B608 # ours
            **parameters,
        )

    def _texts(self) -> Iterator[Column]:
        for table in self._tables():
            for each in self._fields(table):
                is_text = is_free_text(each.name) or is_address(each.name) or each.name == SECTION
                if each.field_type == "STRING" and is_text:
                    yield Column(table, each.name, each.mode == "REPEATED")

    # Tables

    def _tables(self) -> list[str]:
        listed = self.client.list_tables(self.dataset, **BOUNDED)
        return sorted(table.table_id for table in listed if table.table_type == "TABLE")

    def _fields(self, table: str) -> list[bigquery.SchemaField]:
        if table not in self._columns:
            path = f"{self.client.project}.{self.dataset}.{table}"
            self._columns[table] = list(self.client.get_table(path, **BOUNDED).schema)
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


def patterns(names: Sequence[str], videos: Sequence[str]) -> list[str]:
    """RE2 patterns that are in every text which mentions one of them."""
    words = [pattern_of(name) for name in names]
    words += [video_id for video_id in videos if id_in_name(video_id)]
    return ["|".join(words[at : at + NAMES_AT_ONCE]) for at in range(0, len(words), NAMES_AT_ONCE)]


def _cases(names: Iterable[str]) -> list[str]:
    """Names as LOWER of BigQuery gives them, and as they are compared everywhere else."""
    return list(dict.fromkeys(form for name in names for form in (folded(name), name.lower())))


def _source(column: Column) -> str:
    if column.is_repeated:
        return f"SELECT word AS text FROM `{column.table}`, UNNEST({column.name}) AS word"  # nosec B608 # ours
    return f"SELECT {column.name} AS text FROM `{column.table}`"  # nosec B608 # ours


def _redacted(column: str, text: str, redaction: Redaction) -> str | None:
    if column != SECTION:
        redacted = redaction.value({column: text})
        return None if redacted is GONE else str(redacted[column])
    try:
        value = parse_json(text)
    except ValueError:
        return text
    redacted = redaction.value(value)
    if redacted is GONE:
        return None
    return text if redacted == value else canonical_json(redacted)


def _batches(changes: list[TextChange]) -> Iterator[list[TextChange]]:
    """Changes of one column, rewritten or deleted, as many as one statement takes."""
    batch: list[TextChange] = []
    size = 0
    for each in changes:
        more = len(each.text.encode()) + len((each.redacted or "").encode())
        is_other = bool(batch) and (each.column, each.redacted is None) != (
            batch[0].column,
            batch[0].redacted is None,
        )
        if is_other or len(batch) >= VALUES_AT_ONCE or (batch and size + more > BYTES_AT_ONCE):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += more
    if batch:
        yield batch


def _parameter(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return bigquery.ArrayQueryParameter(name, "STRING", value)
    return bigquery.ScalarQueryParameter(name, "STRING", value)
