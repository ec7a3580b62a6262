"""What BigQuery bills for statements: Google's "On-demand query size calculation".

https://cloud.google.com/bigquery/docs/query-cost-calculation (read 2026-11): a MERGE with INSERT
clauses alone is billed q, one with UPDATE or DELETE q + t. q are the bytes of the columns that are
referenced in the tables that are scanned, t those of all columns of the target. Both are those
before the statement runs, and of a partitioned table those in the partitions that are scanned. A
table counts as 10 MB at least. A column counts once, however often a statement names its table.

The minimum of each table is an upper bound. Real bills that somebody published
(https://yogirk.dev/posts/merge-on-false-is-not-the-antipattern, 2026-04) are 20.97 MB for two small
tables, as here, but 139.46 MB for a large table with a small one that together have 138.83 MB.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from benchmarks.warehouse_cost.references import Scan
from benchmarks.warehouse_cost.sent import SentStatement
from benchmarks.warehouse_cost.world import RowShape
from shared.warehouse.bytes_billed import LEAST_BYTES_PER_TABLE, USD_PER_TIB
from shared.warehouse.tables import definitions


class Tables(Protocol):
    """How many rows there are."""

    shape: RowShape

    def rows(self, table: str, partitions: Sequence[Any] | None) -> float:
        """Rows of a table, or of some of its partitions."""
        ...


@dataclass(frozen=True, slots=True)
class TableRead:
    """What a statement reads of one table. `partitions` is None where nothing bounds it."""

    table: str
    partitions: int | None
    read_bytes: float

    @property
    def billed_bytes(self) -> float:
        return max(self.read_bytes, LEAST_BYTES_PER_TABLE)


@dataclass(frozen=True, slots=True)
class StatementBill:
    """The bill of one statement, table by table."""

    target: str
    reads: tuple[TableRead, ...]

    @property
    def billed_bytes(self) -> float:
        return sum(read.billed_bytes for read in self.reads)

    @property
    def read_bytes(self) -> float:
        """The bytes without the minimum of each table."""
        return sum(read.read_bytes for read in self.reads)

    @property
    def excess_bytes(self) -> float:
        """The billed bytes beyond the minimum of each table."""
        return self.billed_bytes - LEAST_BYTES_PER_TABLE * len(self.reads)


def usd(billed_bytes: float) -> float:
    """US dollars on demand."""
    return billed_bytes / 2**40 * USD_PER_TIB


def bills(
    statements: Iterable[SentStatement], tables: Tables, *, each_mention: bool = False
) -> list[StatementBill]:
    """The bill of each statement. With `each_mention` a table counts as often as it is named."""
    return [_bill(statement, tables, each_mention) for statement in statements]


def _bill(statement: SentStatement, tables: Tables, each_mention: bool) -> StatementBill:
    reads, target = statement.reads, statement.reads.target
    by_table: dict[str, list[Scan]] = {}
    for scan in reads.scans:
        by_table.setdefault(scan.table, []).append(scan)
    table_reads = []
    for table, scans in by_table.items():
        partitions = _partitions(table, scans, statement)
        columns = {name for scan in scans for name in scan.columns}
        per_row = tables.shape.bytes_per_row(table, sorted(columns))
        if each_mention:
            per_row = sum(tables.shape.bytes_per_row(table, scan.columns) for scan in scans)
        if table == target and reads.updates:
            per_row += tables.shape.bytes_per_row(table)
        count = None if partitions is None else len(partitions)
        table_reads.append(TableRead(table, count, per_row * tables.rows(table, partitions)))
    return StatementBill(target, tuple(table_reads))


def _partitions(
    table: str, scans: Sequence[Scan], statement: SentStatement
) -> Sequence[Any] | None:
    """The partitions that are read; None for all, where a mention of the table has no bound."""
    column = definitions()[table].get("partition")
    bounds = [scan.bounds.get(column) for scan in scans]
    if column is None or None in bounds:
        return None
    return tuple({value for name in bounds for value in statement.parameters[str(name)]})
