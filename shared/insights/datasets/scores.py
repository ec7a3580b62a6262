"""Published tables of scores: a row for each clip, a column for each score."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.inputs.tables.container import open_table
from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.missing import is_missing
from shared.inputs.tables.table import Cell, RawRow, Table
from shared.insights.datasets.labels import Labels

_PAGES = (b"<!doctype", b"<html", b"<?xml")


@dataclass(frozen=True, slots=True)
class Score:
    """A published column from `low` to `high`, and our dimensions that it is compared with.

    A dimension of `opposites` runs against it, so it gets the mirrored value.
    """

    column: str
    low: float
    high: float
    dimensions: tuple[str, ...]
    opposites: tuple[str, ...] = ()

    def read(self, cell: Cell, where: str) -> float | None:
        """The score in a cell; None if there is none. Raises BadTable, which names `where`."""
        if is_missing(cell):
            return None
        try:
            value = float(str(cell))
        except ValueError as error:
            raise BadTable(f"{where}: {str(cell)[:40]!r} is not a number.") from error
        if not self.low <= value <= self.high:
            raise BadTable(f"{where} is {value:g}, not {self.low:g} to {self.high:g}.")
        return value


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """How a data set publishes its scores: the file, its column of clips, and its scores."""

    benchmark: str
    file: str
    clip_column: str
    scores: tuple[Score, ...]

    def labels(self, path: Path, is_wanted: Callable[[str], bool] = lambda clip: True) -> Labels:
        """The scores of the clips that are wanted. Raises BadTable."""
        labels, missing = Labels(self.benchmark), 0
        columns = [score.column for score in self.scores]
        for clip, row in clips_in(path, self.file, self.clip_column, columns):
            if not is_wanted(clip):
                continue
            for score in self.scores:
                where = f"{path.name}, {clip}, {score.column}"
                value = score.read(row.cells.get(score.column), where)
                missing += value is None
                if value is not None:
                    _add(labels, clip, score, value)
        if missing:
            labels.notes.append(f"{missing:,} scores are missing in {path.name}.")
        return labels


def _add(labels: Labels, clip: str, score: Score, value: float) -> None:
    for dimension in score.dimensions:
        labels.add(clip, dimension, value)
    for dimension in score.opposites:
        labels.add(clip, dimension, score.low + score.high - value)


def clips_in(
    path: Path, file: str, clip_column: str, columns: Sequence[str]
) -> Iterator[tuple[str, RawRow]]:
    """The rows of the published `file` with the clips that they are about, each clip once.

    Of two columns with one name, the first counts. Raises BadTable.
    """
    clips: set[str] = set()
    for row in _open(path, file, [clip_column, *columns]).rows():
        if row.problem:
            raise BadTable(f"{path.name}, line {row.number:,}: {row.problem}.")
        clip = str(row.cells.get(clip_column) or "").strip()
        if not clip:
            raise BadTable(f"{path.name}, line {row.number:,}: {clip_column} is empty.")
        if clip in clips:
            raise BadTable(f"{path.name}, line {row.number:,}: {clip} is there twice.")
        clips.add(clip)
        yield clip, row


def _open(path: Path, file: str, columns: Sequence[str]) -> Table:
    if path.is_file():
        with path.open("rb") as content:
            start = content.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if start.startswith(_PAGES):
            raise BadTable(
                f"{path.name} is a web page, not data; download {file} itself, signed in if the "
                "site asks for it."
            )
        if start.startswith(b"pk\x03\x04"):
            raise BadTable(f"{path.name} is an archive; unpack it and give {file}.")
    table = open_table(path)
    present = table.column_names()
    absent = [column for column in columns if column not in present]
    if absent:
        raise BadTable(
            f"{path.name} has no column {absent[0]}, but {', '.join(present[:9])}; give {file} as "
            "it is published."
        )
    return table
