"""Texts of the tables that mention somebody erased, and the statements that replace them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.inputs.json_input import parse_json
from shared.model import canonical_json, id_in_name
from shared.privacy.disguises import disguised_pattern
from shared.privacy.mentions import pattern_of
from shared.privacy.redaction import GONE, Redaction

NAMES_AT_ONCE = 500
"""Names in one pattern."""

PATTERNS_AT_ONCE = 20
"""Patterns in one statement. BigQuery bills the texts once for each statement."""

VALUES_AT_ONCE = 200
BYTES_AT_ONCE = 200_000
"""Texts that one statement replaces. BigQuery takes a statement of 1 MB and parameters of 10 MB."""

SECTION = "section"
"""The column that holds a merged section as JSON. Its fields follow the rules for their names."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table that may mention somebody. `key` says whose a row is, if any does."""

    table: str
    name: str
    is_repeated: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class TextChange:
    """A text of a column and its replacement. None deletes the rows with this text."""

    column: Column
    text: str
    redacted: str | None

    @property
    def order(self) -> tuple[str, str, bool]:
        return self.column.table, self.column.name, self.redacted is None


def patterns(names: Sequence[str], videos: Sequence[str]) -> list[str]:
    """RE2 patterns that match every text which mentions one of these names or videos.

    The last one matches texts that may show other letters than their own.
    """
    words = [pattern_of(name) for name in names]
    words += [video_id for video_id in videos if id_in_name(video_id)]
    if words:
        words.append(disguised_pattern())
    return ["|".join(words[at : at + NAMES_AT_ONCE]) for at in range(0, len(words), NAMES_AT_ONCE)]


def redacted_text(column: str, text: str, redaction: Redaction) -> str | None:
    """The text without mentions. None when it is about somebody erased."""
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


def select_statement(columns: Sequence[Column], patterns: int) -> str:
    """Selects the texts that match one of @pattern0, @pattern1 …, and whose they are.

    `place` is the column's position in `columns`.
    """
    where = " OR ".join(f"REGEXP_CONTAINS(text, @pattern{number})" for number in range(patterns))
    parts = [
        f"SELECT DISTINCT '{number}' AS place, whose, text FROM ({_source(column)}) WHERE {where}"  # nosec B608 # ours
        for number, column in enumerate(columns)
    ]
    return " UNION ALL ".join(parts)


def _source(column: Column) -> str:
    whose, name, table = column.key or "''", column.name, column.table
    if column.is_repeated:
        words = f"UNNEST({name}) AS word"
        return f"SELECT {whose} AS whose, word AS text FROM `{table}`, {words}"  # nosec B608 # ours
    return f"SELECT {whose} AS whose, {name} AS text FROM `{table}`"  # nosec B608 # ours


def update_statement(changes: Sequence[TextChange]) -> tuple[str, dict[str, str]]:
    """The statement that replaces texts of one column, and its parameters."""
    column = changes[0].column
    parameters = {f"o{n}": change.text for n, change in enumerate(changes)}
    parameters |= {f"n{n}": change.redacted or "" for n, change in enumerate(changes)}
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
    statement = f"UPDATE `{column.table}` AS it SET {column.name} = {value} WHERE {where}"  # nosec B608 # ours
    return statement, parameters


def batches(changes: Sequence[TextChange]) -> Iterator[list[TextChange]]:
    """Sorted changes in batches of one statement: of one column, all rewritten or all deleted."""
    batch: list[TextChange] = []
    size = 0
    for change in changes:
        more = len(change.text.encode()) + len((change.redacted or "").encode())
        is_other = bool(batch) and change.order != batch[0].order
        if is_other or len(batch) >= VALUES_AT_ONCE or (batch and size + more > BYTES_AT_ONCE):
            yield batch
            batch, size = [], 0
        batch.append(change)
        size += more
    if batch:
        yield batch
