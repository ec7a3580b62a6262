"""Reading a cell as a time."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from shared.inputs.tables import dates
from shared.inputs.tables.errors import Unclear
from shared.inputs.tables.missing import is_missing
from shared.inputs.tables.notation import Notation
from shared.inputs.tables.table import Cell

_FULL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|\+00:00)", re.ASCII)
"""The usual form, in UTC: a table may have millions of such cells."""

_SINCE_1970 = re.compile(r"(\d{9,10}|\d{13})(?:\.\d+)?", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?", re.ASCII)


def moment(cell: Cell, notation: Notation) -> datetime | None:
    """A time in UTC: ISO 8601, seconds or milliseconds (13 digits) since 1970, or a date."""
    if type(cell) is str and _FULL.fullmatch(cell):
        with suppress(ValueError):
            return datetime.fromisoformat(cell)
    if is_missing(cell):
        return None
    try:
        value = _moment(cell, notation)
        zone = notation.timezone or UTC
        aware = value if value.tzinfo else value.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, Unclear):
            raise
        raise Unclear("is not a time such as 2026-01-31T12:00:00Z") from error


def _moment(cell: Cell, notation: Notation) -> datetime:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise ValueError
    written = f"{cell:.6f}" if isinstance(cell, float) else str(cell).strip()
    if _SINCE_1970.fullmatch(written):
        seconds_since = float(written)
        digits = len(written.partition(".")[0])
        return datetime.fromtimestamp(seconds_since / (1_000 if digits == 13 else 1), UTC)
    if isinstance(cell, str) and not written.isdigit():
        with_order = _with_order(written, notation)
        if with_order is not None:
            return with_order
    return _serial(written, notation)


def _with_order(written: str, notation: Notation) -> datetime | None:
    try:
        return datetime.fromisoformat(written.removesuffix(" UTC"))
    except ValueError:
        pass
    orders = (notation.dates,) if notation.dates else dates.ORDERS
    values = {dates.under(written, order) for order in orders if order != "excel"} - {None}
    if len(values) > 1:
        raise Unclear("may have its day or its month first")
    return values.pop() if values else None


def _serial(written: str, notation: Notation) -> datetime:
    """Days since 1899-12-30, where that is stated: Excel for Mac once counted from 1904."""
    if not _SERIAL.fullmatch(written):
        raise ValueError
    if notation.dates != "excel":
        raise Unclear("looks like a spreadsheet's number of days; --dates excel reads it so")
    return dates.EXCEL_EPOCH + timedelta(days=float(written.replace(",", ".")))
