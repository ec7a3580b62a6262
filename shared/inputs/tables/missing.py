"""Cells that say nothing, and the words for yes and no."""

import math

from shared.inputs.tables.table import Cell

MISSING = frozenset(
    {
        "",
        "na",
        "n/a",
        "nan",
        "null",
        "none",
        "<na>",
        "nil",
        "undefined",
        "-",
        "--",
        "–",
        "—",
    }
)
"""Words for a missing number or time, casefolded. In a text they may be names (`na` is Nauru's)."""

YES_OR_NO = {
    **dict.fromkeys(("true", "1", "1.0", "yes", "wahr", "ja", "vrai", "oui", "verdadero"), True),
    **dict.fromkeys(("false", "0", "0.0", "no", "falsch", "nein", "faux", "non", "falso"), False),
}


def is_missing(cell: Cell, words: frozenset[str] = MISSING) -> bool:
    """Whether a cell says nothing: it is empty, NaN, or one of these words."""
    if isinstance(cell, str):
        return cell.strip().casefold() in words
    return cell is None or (isinstance(cell, float) and math.isnan(cell))
