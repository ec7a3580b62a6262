"""Cells of a worksheet that hold an error, or a formula whose value nobody stored.

The reader of workbooks gives both as empty cells. ECMA-376, part 1, 18.3.1.4: a cell of the type
`e` is an error, `f` is its formula, and `v` is the value of the last calculation.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from xml.parsers import expat  # nosec B407: declarations of entities are refused

from shared.inputs.tables.table import FaultyCell

Faults = dict[int, dict[int, FaultyCell]]
"""Faulty cells by the number of the row, from 1, and the position in it, from 0."""

_BOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_PART_BYTES = 2**20
_OVERLAP = 16
_MAY_BE_FAULTY = re.compile(rb"""[\s]t\s*=\s*["']e["']|[<:]f[\s/>]""")
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


def faults_of(archive: zipfile.ZipFile, sheet: str) -> Faults:
    """The faulty cells of a sheet, by its title. Raises ExpatError for broken XML."""
    part = _part_of(archive, sheet)
    if part not in archive.namelist() or not _may_be_faulty(archive, part):
        return {}
    scanner = _Scanner()
    with archive.open(part) as file:
        scanner.parser.ParseFile(file)
    return scanner.faults


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The name of a sheet's file in the archive; empty if the workbook does not name it."""
    sheets = _elements(archive, _BOOK, "sheet")
    attributes = next((entry for entry in sheets if entry.get("name") == sheet), {})
    link = next((value for key, value in attributes.items() if key.endswith(":id")), None)
    links = _elements(archive, _LINKS, "Relationship")
    target = next((entry.get("Target", "") for entry in links if entry.get("Id") == link), "")
    return posixpath.normpath(posixpath.join("xl", target)).lstrip("/") if target else ""


def _elements(archive: zipfile.ZipFile, part: str, tag: str) -> Iterator[dict[str, str]]:
    """The attributes of all elements of a tag."""
    entries: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == tag:
            entries.append(attributes)

    if part in archive.namelist():
        parser = _parser()
        parser.StartElementHandler = start
        with archive.open(part) as file:
            parser.ParseFile(file)
    return iter(entries)


def _may_be_faulty(archive: zipfile.ZipFile, part: str) -> bool:
    """Whether a search for errors and formulas is worth its time: most sheets have neither."""
    end = b""
    with archive.open(part) as file:
        while piece := file.read(_PART_BYTES):
            if _MAY_BE_FAULTY.search(end + piece):
                return True
            end = piece[-_OVERLAP:]
    return False


class _Scanner:
    """Collects the faulty cells while a worksheet is parsed."""

    def __init__(self) -> None:
        self.faults: Faults = {}
        self.parser = _parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self._row, self._column = 0, -1
        self._type = ""
        self._texts: dict[str, list[str]] = {}

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = _local(name)
        if tag == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = -1
        elif tag == "c":
            self._column = _column_of(attributes.get("r", ""), self._column + 1)
            self._type, self._texts = attributes.get("t", ""), {}
        elif tag in ("f", "v"):
            self.parser.CharacterDataHandler = self._texts.setdefault(tag, []).append

    def _end(self, name: str) -> None:
        tag = _local(name)
        if tag in ("f", "v"):
            self.parser.CharacterDataHandler = None
        elif tag == "c" and (self._type == "e" or "f" in self._texts):
            self._add("".join(self._texts.get("f", ())), "".join(self._texts.get("v", ())))

    def _add(self, formula: str, value: str) -> None:
        if self._type == "e":
            fault = FaultyCell(value or "an error")
        elif value or self._type == "str":  # a formula may give an empty text
            return
        else:
            fault = FaultyCell(f"={formula} (a formula without a stored value)")
        self.faults.setdefault(self._row, {})[self._column] = fault


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = _refuse_entity
    return parser


def _refuse_entity(*_: object) -> None:
    raise expat.ExpatError("it declares entities")


def _column_of(reference: str, next_column: int) -> int:
    """`C2` → 2. A cell need not say its place; then it follows its neighbour."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return next_column
    number = 0
    for letter in match[1]:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _local(name: str) -> str:
    return name.rpartition(":")[2]
