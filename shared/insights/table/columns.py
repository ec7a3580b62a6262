"""Converting the cells of a column, with an error that names the first unclear cell.

An empty cell is missing. For numbers and times so are NA, N/A, null, None, NaN and a dash; in text
these may be names (`na` is the language of Nauru).
"""

import math
import re
from collections.abc import Callable
from typing import Any

from shared.inputs.coerce import Unclear
from shared.inputs.tables.errors import BadTable
from shared.insights.table.read import Cells

EMPTY = frozenset({""})
ALSO_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "<na>", "-"})

_LONG = re.compile(r"\d{16,20}", re.ASCII)


def converted(
    name: str,
    column: str,
    cells: Cells,
    convert: Callable[[Any], Any],
    missing: Any,
    words: frozenset[str] = ALSO_MISSING,
) -> list[Any]:
    """The cells converted by `convert`; cells in `words` become `missing`.

    Raises BadTable with the first unclear cell and the number of the others.
    """
    by_cell: dict[tuple[type, Any], Any] = {}
    values, wrong = [], 0
    first = ""
    for row, cell in enumerate(cells, 1):
        try:
            key = (type(cell), cell)  # the type too: 1, 1.0 and True are equal keys
            if key not in by_cell:
                by_cell[key] = missing if is_missing(cell, words) else convert(cell)
            values.append(by_cell[key])
        except (Unclear, TypeError) as error:  # lists and objects have no hash
            wrong += 1
            problem = error if isinstance(error, Unclear) else "is not a single value"
            first = first or f"{_quoted(cell)} in row {row:,} {problem}"
    if wrong:
        more = f", nor are {wrong - 1:,} more cells usable" if wrong > 1 else ""
        source = "" if column == name else f" (column {column})"
        raise BadTable(f"{name}{source}: {first}{more}. Mend them, or leave them empty.")
    return values


def refuse_cut_ids(name: str, column: str, ids: list[Any]) -> None:
    """Raises BadTable when every long id ends in zeros: a spreadsheet keeps only 15 digits."""
    long = {id_ for id_ in ids if id_ is not None and _LONG.fullmatch(id_)}
    if len(long) > 1 and all(not id_[15:].strip("0") for id_ in long):
        raise BadTable(
            f"{name} (column {column}): every long id ends in zeros after its 15th digit, as a "
            "spreadsheet leaves them; ids are read as text, and yours lost digits. Export the "
            "column as text."
        )


def is_missing(cell: Any, words: frozenset[str] = ALSO_MISSING) -> bool:
    """Whether a cell is empty, or says in one of these words that it has no value."""
    if isinstance(cell, str):
        return cell.strip().casefold() in words
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def _quoted(cell: Any) -> str:
    written = repr(cell)
    return written if len(written) <= 60 else written[:59] + "…"
