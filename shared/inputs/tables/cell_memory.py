"""Reading many cells of which many are equal."""

from collections.abc import Callable, Iterable
from typing import Any

from shared.inputs.tables.errors import Unclear
from shared.inputs.tables.notation import Notation
from shared.inputs.tables.table import Cell

Reader = Callable[[Cell, Notation], Any]
MOST_REMEMBERED = 100_000
MOST_REMEMBERED_CHARS = 100
"""Longer cells, such as captions, seldom come again, and they take much memory."""


class CellMemory:
    """Reads equal short cells once, and gives equal values of them as one object.

    A cell that cannot be read gives the error, an Unclear, in place of a value.
    """

    def __init__(self, reader: Reader, notation: Notation):
        self._reader, self._notation = reader, notation
        self._values: dict[Any, Any] = {}

    def read_all(self, cells: Iterable[Cell]) -> list[Any]:
        """The values of the cells."""
        if len(self._values) > MOST_REMEMBERED:
            self._values.clear()
        return [self._read(cell) for cell in cells]

    def _read(self, cell: Cell) -> Any:
        if type(cell) is str and len(cell) > MOST_REMEMBERED_CHARS:
            return self._value(cell)
        # The type too: 1, 1.0 and True are equal keys.
        key = cell if type(cell) is str else (type(cell), cell)
        try:
            return self._values[key]
        except KeyError:
            self._values[key] = value = self._value(cell)
            return value
        except TypeError:  # lists and objects have no hash
            return self._value(cell)

    def _value(self, cell: Cell) -> Any:
        try:
            return self._reader(cell, self._notation)
        except Unclear as error:
            return error.with_traceback(None)
