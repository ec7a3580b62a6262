"""A column of cells: each by what it says, missing where it says nothing, the unclear ones named.

Missing is an empty cell, and for numbers and times also NA, N/A, null, None, NaN and a dash (in
text they may be names: `na` is the language of Nauru).
"""

import math
import re
from collections.abc import Callable
from typing import Any

from shared.inputs.coerce import Unclear
from shared.insights.table.read import BadTable, Cells

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
    """Each cell by `convert`; `words` are those that mean missing.

    Raises BadTable naming the first cell that is unclear, and how many there are.
    """
    known: dict[tuple[type, Any], Any] = {}
    made, wrong = [], 0
    first = ""
    for row, cell in enumerate(cells, 1):
        try:
            key = (type(cell), cell)
            if key not in known:
                known[key] = missing if _is_missing(cell, words) else convert(cell)
            made.append(known[key])
        except (Unclear, TypeError) as error:  # lists and objects have no hash
            wrong += 1
            what = error if isinstance(error, Unclear) else "is no single value"
            first = first or f"{_quoted(cell)} in row {row:,} {what}"
    if wrong:
        more = f", nor are {wrong - 1:,} more cells usable" if wrong > 1 else ""
        source = "" if column == name else f" (column {column})"
        raise BadTable(f"{name}{source}: {first}{more}. Mend them, or leave them empty.")
    return made


def refuse_cut_ids(name: str, column: str, ids: list[Any]) -> None:
    """A spreadsheet keeps 15 digits and puts zeros behind them: see that of a whole column."""
    long = {one for one in ids if one is not None and _LONG.fullmatch(one)}
    if len(long) > 1 and all(not one[15:].strip("0") for one in long):
        raise BadTable(
            f"{name} (column {column}): every long id ends in zeros after its 15th digit, as a "
            "spreadsheet leaves them; ids are read as text, and yours lost digits. Export the "
            "column as text."
        )


def _is_missing(cell: Any, words: frozenset[str]) -> bool:
    if isinstance(cell, str):
        return cell.strip().casefold() in words
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def _quoted(cell: Any) -> str:
    written = repr(cell)
    return written if len(written) <= 60 else written[:59] + "…"
