"""Reading a cell as text, an id, a handle, hashtags, or yes and no."""

import math
import re
from collections.abc import Iterable
from datetime import date

from shared.inputs import handles
from shared.inputs.json_input import parse_json
from shared.inputs.tables.errors import Unclear
from shared.inputs.tables.missing import YES_OR_NO, is_missing
from shared.inputs.tables.notation import Notation
from shared.inputs.tables.number_cells import EXACT
from shared.inputs.tables.table import Cell

_EXPONENT = re.compile(r"\d([.,]\d+)?[eE]\+?\d{2}", re.ASCII)
_LONG_DECIMAL = re.compile(r"\d{15,}[.,]\d*", re.ASCII)
_SHORT_FLOAT = re.compile(r"(\d{1,14})\.0+", re.ASCII)
_GUARDED = re.compile(r"(?:'|=\")(\d+)\"?", re.ASCII)
"""How people keep a spreadsheet from cutting an id: '123 or ="123"."""
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
"""What surrogateescape makes of such bytes (PEP 383)."""

_LONG = re.compile(r"\d{16,20}", re.ASCII)


def text(cell: Cell, notation: Notation) -> str | None:
    """Text without blanks around it and without NUL. An empty one is missing."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float | date):
        return f"{cell:.15g}" if isinstance(cell, float) else str(cell)
    if not isinstance(cell, str):
        raise Unclear("is not text")
    return _clean(cell) or None


def identifier(cell: Cell, notation: Notation) -> str | None:
    """An id as text. Refuses one that a float or a spreadsheet cut to 15 digits."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT:
        return str(int(cell))
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise Unclear("is not an id")
    if isinstance(cell, float):
        raise Unclear("is a number with decimals; ids are read as text, and yours lost digits")
    written = _clean(str(cell))
    if match := _SHORT_FLOAT.fullmatch(written) or _GUARDED.fullmatch(written):
        return match[1]
    if _EXPONENT.fullmatch(written) or _LONG_DECIMAL.fullmatch(written):
        raise Unclear(
            "is what a spreadsheet or a float makes of an id; ids are read as text, and yours lost "
            "digits: export the column as text"
        )
    return written or None


def handle(cell: Cell, notation: Notation) -> str | None:
    """The name of an account in its one spelling: `@Me` is `me`."""
    name = identifier(cell, notation)
    return None if name is None else handles.handle(name) or None


def hashtags(cell: Cell, notation: Notation) -> tuple[str, ...] | None:
    """Names without the number sign: of a list, its JSON, `#a #b`, or `a, b`."""
    if cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, str):
        cell = _listed(cell)
    if not isinstance(cell, list | tuple):
        raise Unclear("is not a list of hashtags")
    names = (_clean(_tag(part)).removeprefix("#").strip() for part in cell)
    return tuple(dict.fromkeys(name for name in names if name))


def yes_or_no(cell: Cell, notation: Notation) -> bool | None:
    """True or false, in the words of spreadsheets."""
    if is_missing(cell):
        return None
    answer = YES_OR_NO.get(str(cell).strip().casefold())
    if answer is None:
        raise Unclear("is neither true nor false")
    return answer


def are_cut(ids: Iterable[str | None]) -> bool:
    """Whether every long id ends in zeros: a spreadsheet keeps 15 digits. Two ids are needed."""
    cut: set[str] = set()
    for id_ in ids:
        if id_ is not None and _LONG.fullmatch(id_):
            if id_[15:].strip("0"):
                return False
            cut.add(id_)
    return len(cut) > 1


def _clean(written: str) -> str:
    cleaned = written.replace("\0", "").strip()
    if not cleaned.isascii() and _NOT_UTF8.search(cleaned):
        raise Unclear("is not UTF-8; save the file as UTF-8")
    return cleaned


def _listed(cell: str) -> list[object]:
    if cell.lstrip().startswith("["):
        try:
            return list(parse_json(cell))
        except ValueError:
            cell = cell.strip().strip("[]").replace("'", "").replace('"', "")
    if "#" in cell:
        return re.findall(r"#([^\s#,;]+)", cell)
    return re.split(r"[\s,;|]+", cell)


def _tag(part: object) -> str:
    if isinstance(part, dict):
        names = (part.get(key) for key in ("name", "title", "hashtagName"))
        part = next((name for name in names if isinstance(name, str)), "")
    return part if isinstance(part, str) else str(part)
