"""Excel workbooks (.xlsx): the first sheet that holds anything, with typed numbers and dates."""

import zipfile
from collections.abc import Iterator
from typing import Any

from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.table import Opener, RawRow, Table

MOST_UNPACKED_BYTES = 2**30
_PART_BYTES = 2**20


def excel_table(opener: Opener, name: str) -> Table:
    """A table in a workbook. Raises BadTable for another ZIP archive and for a bomb."""
    _refuse_archive(opener, name)
    sheet_title, columns, before, others = _header(opener, name)

    def rows() -> Iterator[RawRow]:
        with opener() as file:
            for number, values in enumerate(_sheet(file, name).iter_rows(), 1):
                cells = [None if value == "" else value for value in values]
                if number > before and any(cell is not None for cell in cells):
                    yield RawRow(number, dict(zip(columns, cells, strict=False)))

    title = f"Excel, sheet {sheet_title}"
    return Table(name, f"{title} of {others + 1}" if others else title, columns, rows)


def _header(opener: Opener, name: str) -> tuple[str, tuple[str, ...], int, int]:
    """The sheet's title, its columns, the number of the header's row, and of other sheets."""
    with opener() as file:
        sheet = _sheet(file, name)
        for number, values in enumerate(sheet.iter_rows(), 1):
            names = tuple(str(value).strip() for value in values)
            if any(names):
                return sheet.name, names, number, sheet.others
    raise BadTable(f"{name} has no header in its first row.")


class _Sheet:
    """The first sheet with cells, and the number of others with cells."""

    def __init__(self, sheet: Any, others: int):
        self.name: str = sheet.name
        self.others = others
        self.iter_rows = sheet.iter_rows


def _sheet(file: Any, name: str) -> _Sheet:
    """The first sheet with cells."""
    try:
        from python_calamine import CalamineWorkbook
    except ImportError as error:
        raise BadTable(f"{name} is an Excel file, which cannot be read here; give CSV.") from error
    try:
        book = CalamineWorkbook.from_filelike(file)
        sheets = [book.get_sheet_by_name(title) for title in book.sheet_names]
    except BaseException as error:  # a panic in Rust is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        why = (str(error).splitlines() or ["broken"])[0][:200].rstrip(".")
        raise BadTable(f"{name} is not a readable Excel file: {why}.") from error
    filled = [sheet for sheet in sheets if sheet.start is not None]
    if not filled:
        raise BadTable(f"{name} has no cells.")
    return _Sheet(filled[0], len(filled) - 1)


def _refuse_archive(opener: Opener, name: str) -> None:
    """Unpack everything once, in small parts: the sizes in an archive's list may lie."""
    try:
        with opener() as file, zipfile.ZipFile(file) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise BadTable(f"{name} is a ZIP archive and not .xlsx; unpack it first.")
            unpacked = 0
            for member in archive.infolist():
                with archive.open(member) as part:
                    while piece := part.read(_PART_BYTES):
                        unpacked += len(piece)
                        if unpacked > MOST_UNPACKED_BYTES:
                            raise BadTable(
                                f"{name} unpacks to more than {MOST_UNPACKED_BYTES:,} bytes; "
                                "give CSV."
                            )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise BadTable(f"{name} is not a readable Excel file: {error}.") from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]
        raise BadTable(f"{name} is not a readable Excel file: {error}.") from error
