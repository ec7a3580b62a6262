"""The statements of a migration. Each names its tables with project and dataset."""

from collections.abc import Mapping

from shared.warehouse.migration.columns import ID_DAY
from shared.warehouse.tables import schema


def select(source: str, columns: Mapping[str, str], *, is_piece: bool = False) -> str:
    """Present rows from old ones. A piece has the days from @first_day to @last_day."""
    lines = ",\n".join(f"  {sql} AS {name}" for name, sql in columns.items())
    bounds = f"\nWHERE {ID_DAY} BETWEEN @first_day AND @last_day" if is_piece else ""
    return f"SELECT\n{lines}\nFROM `{source}`{bounds}"  # nosec B608 # our tables and columns


def insert(target: str, source: str, columns: Mapping[str, str], *, is_piece: bool = False) -> str:
    """Write the present rows of an old table, or of a piece of it."""
    names = ", ".join(columns)
    rows = select(source, columns, is_piece=is_piece)
    return f"INSERT INTO `{target}` ({names})\n{rows}"  # nosec B608 # our tables and columns


def days_of(source: str) -> str:
    """The partitions that the rows of a table will have."""
    return f"SELECT {ID_DAY} AS id_day FROM `{source}` GROUP BY id_day ORDER BY id_day"  # nosec B608


def fingerprint(table: str, rows: str, columns: Mapping[str, str]) -> str:
    """Number of rows, and two sums of 32 bits of each row's MD5. The order of rows is free.

    `rows` is a query of these columns. Equal contents give equal sums; a row that is missing,
    doubled or different changes them, but for one chance in 2^64.
    """
    lists = {column["name"] for column in schema(table) if column["mode"] == "REPEATED"}
    cells = ",\n    ".join(_cell(name, name in lists) for name in columns)
    return f"""\
SELECT
  COUNT(*) AS row_count,
  IFNULL(SUM(CAST(CONCAT('0x', SUBSTR(digits, 1, 8)) AS INT64)), 0) AS first_sum,
  IFNULL(SUM(CAST(CONCAT('0x', SUBSTR(digits, 9, 8)) AS INT64)), 0) AS second_sum
FROM (
  SELECT TO_HEX(MD5(ARRAY_TO_STRING([
    {cells}
  ], '\\n'))) AS digits
  FROM ({rows})
)"""  # nosec B608 # our tables and columns


def _cell(name: str, is_list: bool) -> str:
    """A column as a text. NULL differs from every value."""
    if is_list:
        return f"CONCAT('=', ARRAY_TO_STRING({name}, '\\t'))"
    return f"IFNULL(CONCAT('=', CAST({name} AS STRING)), '')"


def complete(target: str, source: str, columns: Mapping[str, str]) -> str:
    """Add the facts that are not in the target. What is in the target is newer, and stays."""
    names = ", ".join(columns)
    rows = select(source, columns)
    return f"""\
INSERT INTO `{target}` ({names})
SELECT {names}
FROM ({rows})
WHERE video_id NOT IN (SELECT video_id FROM `{target}`)"""  # nosec B608 # our tables and columns
