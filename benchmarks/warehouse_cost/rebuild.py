"""What it costs to rebuild many videos: one MERGE per table of the rows that load jobs staged.

Load jobs and copy jobs are free. Each MERGE reads the staged rows of its table once, and the facts
read the other tables once. The tables that are filled are empty before.
"""

import json

from benchmarks.warehouse_cost.billing import TableRead
from benchmarks.warehouse_cost.loading import LoadingCost
from benchmarks.warehouse_cost.references import reads_of
from benchmarks.warehouse_cost.sizes import FACT_TABLE, FIXED, STRING_OVERHEAD
from benchmarks.warehouse_cost.world import SAMPLE, row_shape, sample
from shared.warehouse.loader import SECTION_TABLES
from shared.warehouse.rows import table_rows
from shared.warehouse.staged_rows import STAGED_ROWS, staged_line
from shared.warehouse.statements import merge_statement

_NUMBERS_BYTES = FIXED["INT64"] + FIXED["DATE"]
"""The number of the row's table, and its day or bucket."""


def rebuild_cost(videos: int, readings: int = 1) -> LoadingCost:
    """The cost of the statements. Each video has two ratings and so many readings."""
    cost = LoadingCost()
    for table, size in _staged_bytes(readings).items():
        rows_bytes = size * videos
        empty = TableRead(table, None, 0.0)
        cost += _cost(TableRead(STAGED_ROWS, 1, rows_bytes), empty)
    for read in _facts(videos, readings):
        cost += _cost(read)
    return cost


def _cost(*reads: TableRead) -> LoadingCost:
    cost = LoadingCost()
    for read in reads:
        excess = read.billed_bytes - TableRead(read.table, None, 0.0).billed_bytes
        cost += LoadingCost(read.billed_bytes, read.read_bytes, excess)
    return cost


def _staged_bytes(readings: int) -> dict[str, float]:
    """Bytes of the staged rows of each table that a MERGE reads, per video.

    The question for the partitions reads the numbers once more.
    """
    sizes = dict.fromkeys(SECTION_TABLES, 0.0)
    for record in sample(readings, 1):
        for table, rows in table_rows([record]).items():
            for row in rows:
                item = json.loads(staged_line(table, row, "name"))["item"]
                sizes[table] += STRING_OVERHEAD + len(item.encode()) + 2 * _NUMBERS_BYTES
    return {table: size / SAMPLE for table, size in sizes.items()}


def _facts(videos: int, readings: int) -> list[TableRead]:
    """What the MERGE of the facts reads, by table."""
    shape = row_shape(readings)
    columns: dict[str, set[str]] = {}
    for scan in reads_of(merge_statement(FACT_TABLE)).scans:
        columns.setdefault(scan.table, set()).update(scan.columns)
    return [
        TableRead(
            table,
            None,
            0.0
            if table == FACT_TABLE
            else shape.bytes_per_row(table, sorted(names)) * shape.rows(table, videos),
        )
        for table, names in columns.items()
    ]
