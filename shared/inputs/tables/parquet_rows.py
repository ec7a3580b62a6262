"""Parquet, a batch of rows at a time."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.table import CHUNK, Opener, RawRow, Table


def parquet_table(opener: Opener, name: str) -> Table:
    """A table in Parquet. Raises BadTable, also where pyarrow is not installed."""
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
        import pyarrow.parquet as pq  # type: ignore[import-untyped]
    except ImportError as error:
        raise BadTable(f"{name} is Parquet, which cannot be read here; give CSV.") from error
    broken = (pa.ArrowException, ValueError, OverflowError, OSError)

    def rows() -> Iterator[RawRow]:
        number = 0
        try:
            with opener() as file:
                for batch in pq.ParquetFile(file).iter_batches(batch_size=CHUNK):
                    for cells in _records(batch):
                        number += 1
                        yield RawRow(number, cells)
        except broken as error:
            raise _unreadable(name, error) from error

    try:
        with opener() as file:
            columns = tuple(pq.ParquetFile(file).schema_arrow.names)
    except broken as error:
        raise _unreadable(name, error) from error
    return Table(name, "Parquet", columns, rows)


def _records(batch: Any) -> Iterator[dict[str, Any]]:
    names = batch.schema.names
    columns = [_cells(column) for column in batch.columns]
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))


def _cells(column: Any) -> list[Any]:
    cells: list[Any] = column.to_pylist()
    change = _CHANGES.get(next((type(cell) for cell in cells if cell is not None), type(None)))
    return cells if change is None else [cell if cell is None else change(cell) for cell in cells]


def _whole(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


_CHANGES: dict[type, Callable[[Any], Any]] = {
    Decimal: _whole,
    bytes: lambda value: value.decode("utf-8", "surrogateescape"),
}


def _unreadable(name: str, error: Exception) -> BadTable:
    why = (str(error).splitlines() or [type(error).__name__])[0][:200].rstrip(".")
    return BadTable(f"{name} is not readable Parquet: {why}.")
