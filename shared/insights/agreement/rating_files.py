"""Ratings from several files at once, each a long table or a wide sheet.

Of several files, each without a column `rater` is one rater, named after the file.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shared.inputs.formats.stated_columns import (
    UnknownColumn,
    refuse_unknown,
    resolved_columns,
)
from shared.inputs.tables import cells
from shared.inputs.tables.cell_memory import CellMemory, Reader
from shared.inputs.tables.container import open_table
from shared.inputs.tables.errors import BadTable, Unclear
from shared.inputs.tables.notation import Notation
from shared.insights.agreement.long_table import (
    COLUMNS,
    REPLICATE,
    RatingsBuilder,
    lose_nameless,
    ratings_from_columns,
    read_ratings,
    replicate_number,
)
from shared.insights.agreement.ratings import Ratings
from shared.insights.agreement.wide_sheet import (
    ALSO_LONG,
    RATING,
    SheetHints,
    WideSheet,
    is_summary,
    wide_sheet,
)
from shared.insights.table.read import (
    Cells,
    RawTable,
    StatedTable,
    columns_of,
    read_raw,
)

MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class RatingFileOptions:
    """What a person says about files of ratings.

    `machines` are raters that are not people. `is_wide` and `dimensions` are about wide sheets: the
    values of a sheet of raters are of the one dimension that is named. `wide_option` is the option
    that makes a sheet wide, for the advice in errors. `stated` is the notation of their numbers,
    and what they call our columns. Of several files, it is about those that have such a column.
    """

    machines: frozenset[str] = frozenset()
    is_wide: bool = False
    dimensions: tuple[str, ...] = ()
    wide_option: str | None = None
    stated: StatedTable = field(default_factory=StatedTable)


def read_rating_files(
    paths: Sequence[Path],
    options: RatingFileOptions | None = None,
    videos: Mapping[str, str] | None = None,
) -> Ratings:
    """All ratings of these files; `videos` replaces ids of clips. Raises BadTable.

    A file that is given twice is read once.
    """
    options = options or RatingFileOptions()
    files = list({path.resolve(): path for path in paths}.values())
    raters = _names_of(files) if len(files) > 1 or options.is_wide else {}
    rows = RatingsBuilder(machines=options.machines)
    for path in files:
        of_file = replace(options, stated=_stated_for(path, options.stated, len(files)))
        ratings = _read(path, raters.get(path), of_file).renamed(videos or {})
        rows.add_all(_without_summaries(ratings, path.name))
    return rows.ratings()


def _stated_for(path: Path, stated: StatedTable, files: int) -> StatedTable:
    """What is stated, with the columns as this file spells them. Raises BadTable."""
    if not stated.columns:
        return stated
    columns = open_table(path).column_names()
    try:
        refuse_unknown(stated.columns, (*COLUMNS, *ALSO_LONG))
        return replace(stated, columns=resolved_columns(stated.columns, columns))
    except UnknownColumn as error:
        own = [name for name in stated.columns if name in columns]
        if files > 1 and own == [*stated.columns]:
            return replace(stated, columns={})
        raise BadTable(f"{path.name}: {error}") from error


def _without_summaries(ratings: Ratings, name: str) -> Ratings:
    """The ratings without people called `mean` or the like, where other people rated too."""
    people = [rater for rater in ratings.raters if ratings.kind(rater) == "human"]
    summaries = [rater for rater in people if is_summary(rater)]
    if not summaries or len(summaries) == len(people):
        return ratings
    sentence = (
        f"{name}: left out {_listed(summaries)}, which the name says is computed from raters. "
        "Rename it if it is a person."
    )
    return replace(ratings.without(summaries), read_as=(*ratings.read_as, sentence))


def _names_of(files: Sequence[Path]) -> dict[Path, str]:
    """A rater for each file: its name, after its folder's where two files have the same name."""
    stems = Counter(path.stem for path in files)
    return {
        path: path.stem if stems[path.stem] == 1 else f"{path.resolve().parent.name}-{path.stem}"
        for path in files
    }


def _read(path: Path, rater: str | None, options: RatingFileOptions) -> Ratings:
    columns = _columns_of(path, options.stated)
    dimension = options.dimensions[0] if len(options.dimensions) == 1 else None
    sheet = wide_sheet(columns, path.name, SheetHints(options.is_wide, dimension, rater))
    if sheet is not None:
        return _read_wide(path, sheet, rater, options)
    if rater is not None and "rater" not in columns and "value" in columns:
        ratings = read_ratings(path, options.machines, rater, options.stated)
        sentence = f"{path.name} has no column rater: read as the rater {rater}."
        return replace(ratings, read_as=(sentence,))
    try:
        return read_ratings(path, options.machines, None, options.stated)
    except BadTable as error:
        if options.wide_option and _can_be_wide(columns, path.name):
            raise BadTable(
                f"{error.sentence} If each rater or dimension has a column of its own, give "
                f"{options.wide_option}."
            ) from error
        raise


def _columns_of(path: Path, stated: StatedTable) -> list[str]:
    """The columns of a file by our names."""
    names = {theirs: ours for ours, theirs in stated.columns.items()}
    return open_table(path).renamed(names).column_names()


def _can_be_wide(columns: Sequence[str], name: str) -> bool:
    """Whether the table has a column of videos, and others that a person may call raters."""
    try:
        sheet = wide_sheet(columns, name, SheetHints(is_wide=True, rater=name))
    except BadTable:
        return False
    return sheet is not None


def _read_wide(
    path: Path, sheet: WideSheet, rater: str | None, options: RatingFileOptions
) -> Ratings:
    if sheet.layout == "raters" and len(options.dimensions) > 1:
        raise BadTable(
            f"{path.name} does not say what its raters rated. Give one --dimension for it, or "
            f"columns such as {options.dimensions[0]}:{next(iter(sheet.series))}."
        )
    kinds = dict.fromkeys(sheet.series, "number")
    raw = read_raw(path, [sheet.video, *sheet.series], ["rater", *ALSO_LONG], kinds, options.stated)
    sheet = _of_numbers(sheet, raw, path.name, options)
    records = list(_records(sheet, raw))
    if not records:
        lost = " ".join(raw.losses.sentences()[:1])
        raise BadTable(f"{path.name}: no row has a value. {lost}".rstrip())
    videos = len({record[sheet.video] for record in records})
    long = columns_of(sheet.long_records(records), COLUMNS, path.name, ALSO_LONG)
    ratings = ratings_from_columns(
        RawTable(long, raw.sha256, raw.notation, raw.losses), path.name, options.machines
    )
    return replace(ratings, read_as=(_sentence(path.name, sheet, ratings, videos),))


def _of_numbers(
    sheet: WideSheet, raw: RawTable, name: str, options: RatingFileOptions
) -> WideSheet:
    """The sheet without columns of words. Raises BadTable unless a person said that it is wide."""
    words = [
        column for column in sheet.series if not _has_number(raw.columns[column], raw.notation)
    ]
    if words and not options.is_wide:
        option = options.wide_option
        remedy = f"give {option} to leave it out" if option else "take it out"
        raise BadTable(
            f"{name}: column {words[0]} has no number, so nobody rated there. If the other columns "
            f"are raters, {remedy}."
        )
    return sheet.without(words) if words else sheet


def _has_number(column: Cells, notation: Notation) -> bool:
    """Whether any cell is a number; an empty column counts too."""
    filled = [value for value in column if not cells.is_missing(value)]
    for value in filled:
        try:
            cells.number(value, notation)
            return True
        except Unclear:
            continue
    return not filled


def _records(sheet: WideSheet, raw: RawTable) -> Iterator[dict[str, Any]]:
    """The rows with a value: values as numbers, missing ones as None.

    A row whose video or rater is empty, or cannot be read, is left out and counted.
    """
    numbers = {name: _numbers(name, raw) for name in sheet.series}
    rated = [any(value is not None for value in row) for row in zip(*numbers.values(), strict=True)]
    readers = {sheet.video: cells.identifier, REPLICATE: replicate_number}
    if any(rater is None for _, rater in sheet.series.values()):
        readers["rater"] = cells.identifier
    names = {
        name: _names(name, readers[name], raw, rated) for name in readers if name in raw.columns
    }
    columns = {**raw.columns, **numbers, **names}
    for row, has in zip(zip(*columns.values(), strict=True), rated, strict=True):
        if has:
            yield dict(zip(columns, row, strict=True))


def _names(name: str, reader: Reader, raw: RawTable, rated: list[bool]) -> list[Any]:
    """The names in a column. A row without one is lost, and no longer counts as rated."""
    values = CellMemory(reader, raw.notation).read_all(raw.columns[name])
    for at, value in enumerate(values):
        if rated[at] and (value is None or isinstance(value, Unclear)):
            lose_nameless(raw.losses, name, raw.numbers[at], raw.columns[name][at], value)
            rated[at] = False
    return values


def _numbers(name: str, raw: RawTable) -> list[float | None]:
    """The numbers of a column. A cell that is not one is counted as a loss, and missing."""
    values = CellMemory(cells.number, raw.notation).read_all(raw.columns[name])
    for at, value in enumerate(values):
        if isinstance(value, Unclear):
            raw.losses.lose_cell(name, raw.numbers[at], raw.columns[name][at], str(value))
            values[at] = None
    raw.losses.count_filled(name, len(values) - sum(map(cells.is_missing, raw.columns[name])))
    return values


def _sentence(name: str, sheet: WideSheet, ratings: Ratings, videos: int) -> str:
    raters = len(ratings.raters)
    dimensions = _listed(sheet.dimensions)
    if sheet.dimensions == [RATING]:
        dimensions = f"one dimension, called {RATING} because the sheet does not name it"
    unused = [column or "a column without a name" for column in sheet.left_out]
    left_out = f" Left out: {_listed(unused)}." if unused else ""
    return (
        f"{name}: read as a wide sheet: {raters:,} {'rater' if raters == 1 else 'raters'}, "
        f"{videos:,} videos, {dimensions}.{left_out}"
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
