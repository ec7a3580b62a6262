"""Excel workbooks (.xlsx): the visible sheet that is a table, with typed numbers and dates."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, islice
from typing import Any
from xml.parsers.expat import ExpatError  # nosec B407: only the name of the error

from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.excel_faults import Faults, faults_of
from shared.inputs.tables.headers import (
    MOST_ROWS_ABOVE,
    header_at,
    names_a_video,
    note_above,
    refuse_header,
)
from shared.inputs.tables.table import Cell, Opener, RawRow, Table

MOST_UNPACKED_BYTES = 2**30
_PART_BYTES = 2**20
_SAVE = "Save the sheet that you mean as a workbook of its own, or as CSV in UTF-8."


def excel_table(opener: Opener, name: str) -> Table:
    """A table in a workbook. Raises BadTable for another ZIP archive and for a bomb.

    It is the only visible sheet with cells. Of several it is the only one with a header that we
    know, else the only one with two columns and a row below. Raises BadTable where two sheets may
    be meant.
    """
    _refuse_archive(opener, name)
    with opener() as file:
        book = _book(file, name)
        sheets = [sheet for sheet in _sheets(book, name) if sheet.first_rows]
    sheet = _chosen(sheets, name)
    columns, header = sheet.columns, sheet.header
    refuse_header(name, columns)
    faults = _faults(opener, name, sheet.title)

    def rows() -> Iterator[RawRow]:
        with opener() as file:
            cells_of_rows = _cells(_book(file, name), sheet.title, name)
            for number, values in enumerate(cells_of_rows, 1):
                record: dict[str, Cell] = dict(zip(columns, values, strict=False))
                for at, fault in faults.get(number, {}).items():
                    record |= {columns[at]: fault} if at < len(columns) else {}
                if number > header and any(cell is not None for cell in record.values()):
                    yield RawRow(number, record)

    notes = (*_note_others(sheet, sheets), *note_above(sheet.above))
    return Table(name, f"Excel, sheet {sheet.title}", columns, rows, notes=notes)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet with its first rows as texts, after the empty ones. `header` is a row's number."""

    title: str
    is_visible: bool
    empty_rows: int
    first_rows: Sequence[Sequence[str]]

    @property
    def header(self) -> int:
        return self.empty_rows + header_at(self.first_rows) + 1

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(cell.strip() for cell in self.first_rows[header_at(self.first_rows)])

    @property
    def above(self) -> Sequence[Sequence[str]]:
        return self.first_rows[: header_at(self.first_rows)]

    @property
    def names_a_video(self) -> bool:
        return names_a_video(self.columns)

    @property
    def may_be_table(self) -> bool:
        has_rows = len(self.first_rows) > len(self.above) + 1
        return sum(map(bool, self.columns)) > 1 and has_rows


def _chosen(sheets: list[_Sheet], name: str) -> _Sheet:
    visible = [sheet for sheet in sheets if sheet.is_visible]
    if not visible:
        titles = ", ".join(sheet.title for sheet in sheets)
        hidden = (
            f" in a visible sheet, only in {titles}. Show that sheet in Excel" if titles else ""
        )
        raise BadTable(f"{name} has no cells{hidden}.")
    of_videos = [sheet for sheet in visible if sheet.names_a_video]
    candidates = of_videos or [sheet for sheet in visible if sheet.may_be_table]
    if len(visible) == 1 or len(candidates) == 1:
        return (candidates or visible)[0]
    titles = ", ".join(sheet.title for sheet in candidates or visible)
    raise BadTable(f"{name} has several sheets that may be meant: {titles}. {_SAVE}")


def _note_others(sheet: _Sheet, sheets: list[_Sheet]) -> tuple[str, ...]:
    """A sentence about the sheets with cells that were not read."""
    titles = [
        other.title if other.is_visible else f"{other.title} (hidden)"
        for other in sheets
        if other is not sheet
    ]
    if not titles:
        return ()
    count = "1 further sheet was" if len(titles) == 1 else f"{len(titles)} further sheets were"
    return (f"Read the sheet {sheet.title}. {count} not read: {', '.join(titles)}.",)


def _sheets(book: Any, name: str) -> Iterator[_Sheet]:
    """The worksheets in the order of the workbook. Charts have no cells."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    for entry in book.sheets_metadata:
        if entry.typ == SheetTypeEnum.WorkSheet:
            texts = (_texts(row) for row in _cells(book, entry.name, name))
            numbered = dropwhile(lambda row: not any(row[1]), enumerate(texts))
            rows = list(islice(numbered, MOST_ROWS_ABOVE + 1))
            is_visible = entry.visible == SheetVisibleEnum.Visible
            yield _Sheet(entry.name, is_visible, min(rows)[0] if rows else 0, [r[1] for r in rows])


def _texts(row: Sequence[Cell]) -> list[str]:
    return ["" if cell is None else str(cell) for cell in row]


def _cells(book: Any, title: str, name: str) -> Iterator[list[Cell]]:
    """The rows of a sheet from its first one on. An empty cell is None."""
    try:
        sheet = book.get_sheet_by_name(title)
    except BaseException as error:
        raise _unreadable(name, error) from error
    for values in sheet.iter_rows() if sheet.start is not None else ():
        yield [None if value == "" else value for value in values]


def _book(file: Any, name: str) -> Any:
    try:
        from python_calamine import CalamineWorkbook
    except ImportError as error:
        raise BadTable(f"{name} is an Excel file, which cannot be read here; give CSV.") from error
    try:
        return CalamineWorkbook.from_filelike(file)
    except BaseException as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: BaseException) -> BadTable:
    """The error for a broken workbook: a panic in Rust is not an Exception."""
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        raise error
    why = (str(error).splitlines() or ["broken"])[0][:200].rstrip(".")
    return BadTable(f"{name} is not a readable Excel file ({why}); save it as .csv.")


def _faults(opener: Opener, name: str, title: str) -> Faults:
    try:
        with opener() as file, zipfile.ZipFile(file) as archive:
            return faults_of(archive, title)
    except ExpatError as error:
        raise _unreadable(name, error) from error


def _refuse_archive(opener: Opener, name: str) -> None:
    """Unpack everything once, in small parts: the sizes in an archive's list may lie."""
    try:
        with opener() as file, zipfile.ZipFile(file) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise BadTable(
                    f"{name} is a ZIP archive and not .xlsx; unpack it, or save the table as .csv."
                )
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
        raise BadTable(
            f"{name} is not a readable Excel file ({error}); save it as .csv."
        ) from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]
        raise BadTable(
            f"{name} is not a readable Excel file ({error}); save it as .csv."
        ) from error
