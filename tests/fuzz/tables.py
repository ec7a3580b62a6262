"""Damaged tables of known truth: `python -m tests.fuzz.tables --tables 2000`.

A table is written from values that are known, in a notation that is drawn, and then damaged. The
judge knows the values and nothing of the reader: a number that is read must be the one that was
written, a row that is absent must be counted, and a refusal must be a sentence.
"""

import argparse
import io
import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pandas as pd

from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.notation import Notation
from shared.insights.agreement.rating_files import RatingFileOptions, read_rating_files
from shared.insights.plan_file import parse_plan
from shared.insights.table.read import StatedTable
from shared.insights.table.table import VideoTable, read_table

COLUMNS = ("video_id", "creator", "created_at", "views", "likes", "duration_s", "unexpectedness")
COUNTS = ("views", "likes")
NUMBERS = (*COUNTS, "duration_s", "unexpectedness")
PLAN = parse_plan(
    b"columns: [video_id, creator, created_at, views, likes, duration_s, unexpectedness]\n"
    b"predictors: [unexpectedness]\noutcomes: [views, likes]\ncluster: creator\n"
    b"controls: {duration_s: log}\nresamples: 200\nseed: 1\n",
    "plan.yaml",
)
THOUSANDS = ("", ".", ",", " ", "\u00a0", "\u202f", "'")
JUNK = ("???", "=1+1", "@SUM(A1)", "n. v.", "#REF!", "abc", "1.2.3", "12:xx", "--5", "5%", "0x1f")
EMPTY = ("", "", "NA", "null", "-", "NaN", "n/a")
CAPTION_MARKS = ('"', ",", ";", "\t", "|", "\n", "=", "ü", "😀", "'")


@dataclass(frozen=True)
class Style:
    """How one column writes its numbers."""

    decimal: str
    thousands: str
    short: bool = False
    places: int | None = None

    def whole(self, value: int) -> tuple[str, float]:
        """A count as text, and the value that the text has for a person."""
        if self.short and value >= 1_000:
            power, word = (6, "M") if value >= 1_000_000 else (3, "K")
            tenths = round(value / 10 ** (power - 1))
            text = (
                f"{tenths // 10}{self.decimal}{tenths % 10}" if tenths % 10 else f"{tenths // 10}"
            )
            return f"{text}{word}", float(tenths * 10 ** (power - 1))
        if self.places is not None:
            return self.fraction(float(value))
        return self._grouped(str(value)), float(value)

    def fraction(self, value: float) -> tuple[str, float]:
        """A number as text, and the value that the text has for a person."""
        text = f"{value:.{self.places}f}" if self.places is not None else repr(round(value, 3))
        integer, _, part = text.partition(".")
        written = self._grouped(integer) + (f"{self.decimal}{part}" if part else "")
        return written, float(text)

    def _grouped(self, digits: str) -> str:
        groups = f"{int(digits):,}"
        return groups.replace(",", self.thousands) if self.thousands else digits


@dataclass
class Truth:
    """What a person reads in one row. `is_whole` is false once the row itself is damaged."""

    cells: dict[str, str]
    values: dict[str, float | datetime | None]
    is_whole: bool = True
    can_be_lost: bool = False


@dataclass
class Case:
    """A table with its truth, how it is written, and what is damaged."""

    seed: int
    rows: list[Truth]
    stated: Notation | None
    name: str
    content: bytes
    damages: list[str] = field(default_factory=list)

    @property
    def is_stated(self) -> bool:
        return self.stated is not None


def case_of(seed: int) -> Case:
    """The table of a seed."""
    dice = random.Random(seed)
    decimal = dice.choice(".,")
    styles = _styles(dice, decimal)
    order = dice.choice(("iso", "iso", "dmy", "mdy", "dotted"))
    rows = [_row(dice, number, styles, order) for number in range(dice.choice((3, 8, 40)))]
    damages = _damage_cells(dice, rows)
    marks = {style.decimal for style in styles.values()}
    stated = None
    if dice.random() < 0.4 and len(marks) == 1:
        (decimal,) = marks
        dates = {"dmy": "dmy", "dotted": "dmy", "mdy": "mdy"}.get(order)
        stated = Notation(decimal=decimal, dates=dates)  # type: ignore[arg-type]
    kind = dice.choice(("csv", "csv", "csv", "csv", "jsonl", "json", "xlsx"))
    content, more = _written(dice, kind, rows)
    return Case(seed, rows, stated, f"t.{kind}", content, [*damages, *more])


def _styles(dice: random.Random, decimal: str) -> dict[str, Style]:
    """One notation for all columns; at times each column has its own, as joined tables have."""
    is_mixed = dice.random() < 0.2
    styles = {}
    for name in NUMBERS:
        mark = dice.choice(".,") if is_mixed else decimal
        thousands = dice.choice([sign for sign in THOUSANDS if sign != mark])
        short = name in COUNTS and dice.random() < 0.2
        places = dice.choice((None, None, 1, 2, 3)) if name not in COUNTS else None
        if name in COUNTS and dice.random() < 0.1:
            places = dice.choice((0, 1, 3))
        styles[name] = Style(mark, thousands, short, places)
    return styles


def _row(dice: random.Random, number: int, styles: dict[str, Style], order: str) -> Truth:
    video_id = str(7_300_000_000_000_000_001 + number * 7_919)
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(500_000))
    cells = {"video_id": video_id, "creator": f"creator{dice.randrange(9)}", "created_at": ""}
    cells["caption"] = "".join(dice.choice((*CAPTION_MARKS, "a", "b", "c")) for _ in range(8))
    cells["created_at"] = _date(at, order)
    values: dict[str, float | datetime | None] = {"created_at": at}
    for name in COUNTS:
        size = dice.choice((9, 999, 99_999, 9_999_999))
        value = dice.randrange(size + 1)
        if dice.random() < 0.2:
            value = dice.randrange(1, 99) * 1_000
        cells[name], values[name] = styles[name].whole(value)
    for name, most in (("duration_s", 600), ("unexpectedness", 100)):
        cells[name], values[name] = styles[name].fraction(dice.random() * most)
    return Truth(cells, values)


def _date(at: datetime, order: str) -> str:
    form = {"dmy": "%d/%m/%Y %H:%M", "mdy": "%m/%d/%Y %H:%M", "dotted": "%d.%m.%Y %H:%M"}
    return at.strftime(form.get(order, "%Y-%m-%dT%H:%M:%SZ"))


def _damage_cells(dice: random.Random, rows: list[Truth]) -> list[str]:
    damages = []
    for _ in range(dice.choice((0, 0, 1, 3, 8))):
        row, name = dice.choice(rows), dice.choice((*NUMBERS, "created_at", "video_id"))
        kind = dice.choice(("junk", "empty", "word"))
        if kind == "word" and name in COUNTS:
            row.cells[name], row.values[name] = "Like", 0.0
        elif kind == "empty" and name != "video_id":
            row.cells[name], row.values[name] = dice.choice(EMPTY), None
        elif name == "video_id":
            row.cells[name], row.is_whole = "7.3E+18", False
        else:
            row.cells[name], row.values[name] = dice.choice(JUNK), None
            row.can_be_lost |= name == "created_at"
        damages.append(f"{kind} in {name}")
    return damages


def _written(dice: random.Random, kind: str, rows: list[Truth]) -> tuple[bytes, list[str]]:
    names = [*COLUMNS, "caption"]
    dice.shuffle(names)
    if kind == "csv":
        return _csv(dice, names, rows)
    records = [{name: row.cells[name] for name in names} for row in rows]
    if kind == "xlsx":
        book = openpyxl.Workbook()
        book.active.append(names)
        for record in records:
            book.active.append([_typed_as_text(record[name]) for name in names])
        file = io.BytesIO()
        book.save(file)
        return file.getvalue(), []
    if kind == "json":
        content = json.dumps(records).encode()
        is_cut = dice.random() < 0.1
        return (content[: len(content) // 2], ["cut"]) if is_cut else (content, [])
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    damages = []
    if dice.random() < 0.3:
        at = dice.randrange(len(lines))
        lines[at] = lines[at][: len(lines[at]) // 2]
        rows[at].is_whole = False
        damages.append("a line cut")
    return "\n".join(lines).encode(), damages


def _typed_as_text(cell: str) -> str:
    return cell if not cell.startswith("=") else f"\u200b{cell}"


def _csv(dice: random.Random, names: list[str], rows: list[Truth]) -> tuple[bytes, list[str]]:
    delimiter = dice.choice(",;\t|")
    end = dice.choice(("\n", "\r\n"))
    lines = [delimiter.join(names)]
    lines += [delimiter.join(_quoted(row.cells[name], delimiter) for name in names) for row in rows]
    damages = []
    for _ in range(dice.choice((0, 0, 0, 1, 2))):
        damages.append(_damage_line(dice, lines, rows, delimiter))
    text = end.join(lines) + dice.choice(("", end))
    encoding = dice.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le"))
    return text.encode(encoding), damages


def _quoted(cell: str, delimiter: str) -> str:
    is_plain = not set(cell) & {delimiter, '"', "\n", "\r"}
    return cell if is_plain else '"' + cell.replace('"', '""') + '"'


def _damage_line(dice: random.Random, lines: list[str], rows: list[Truth], delimiter: str) -> str:
    """Break one line. Its own row may be lost or odd; the others may be neither."""
    at = dice.randrange(len(rows))
    if not rows[at].is_whole or "\n" in lines[at + 1]:
        return "nothing"
    kind = dice.choice(("stray mark", "field too many", "line cut", "blank line", "header again"))
    if kind == "stray mark":
        place = lines[at + 1].find(delimiter) + 1
        lines[at + 1] = f'{lines[at + 1][:place]}"{lines[at + 1][place:]}'
    elif kind == "field too many":
        lines[at + 1] += f"{delimiter}x"
    elif kind == "line cut":
        lines[at + 1] = lines[at + 1].rsplit(delimiter, 2)[0]
    elif kind == "blank line":
        lines[at + 1] += "\n"
        return kind
    else:
        lines[at + 1] += f"\n{lines[0]}"
        return kind
    rows[at].is_whole = False
    return kind


# The judge


def judge(case: Case, folder: Path) -> str:
    """`read` or `refused`. Raises AssertionError for a defect; any other error is one, too."""
    path = folder / case.name
    path.write_bytes(case.content)
    try:
        table = read_table(path, PLAN.table_schema, case.stated)
    except BadTable as error:
        assert len(error.sentence) < 1_500 and error.sentence.rstrip().endswith((".", "…")), error
        may_refuse = not case.is_stated or "cut" in case.damages or len(case.rows) < 9
        assert may_refuse, f"refused though its notation is stated: {error.sentence}"
        return "refused"
    _judge_rows(case, table)
    _judge_values(case, table)
    return "read"


def _judge_rows(case: Case, table: VideoTable) -> None:
    losses = table.losses
    absent = {row.cells["video_id"] for row in case.rows} - set(table.frame["video_id"])
    assert len(absent) <= losses.lost, f"{len(absent)} rows absent, {losses.lost} counted"
    assert losses.rows == len(table.frame) + losses.lost, "the counts of rows do not add up"
    sound = {row.cells["video_id"] for row in case.rows if row.is_whole and not row.can_be_lost}
    dated = {row.cells["video_id"] for row in case.rows if row.values.get("created_at") is not None}
    if case.is_stated:
        assert not absent & sound & dated, f"sound rows lost: {sorted(absent & sound)[:3]}"


def _judge_values(case: Case, table: VideoTable) -> None:
    unread: Counter[str] = Counter()
    rows = {row.cells["video_id"]: row for row in case.rows if row.is_whole}
    for record in table.frame.to_dict("records"):
        row = rows.get(record["video_id"])
        if row is None:
            continue
        for name, value in row.values.items():
            _judge_value(name, record[name], value, row.cells[name], unread)
    for name, count in (+unread).items():
        loss = table.losses.cells.get(name)
        assert loss is not None and loss.count >= count, f"{name}: {count} cells lost in silence"


def _judge_value(name: str, value: Any, truth: Any, cell: str, unread: Counter[str]) -> None:
    if pd.isna(value):
        unread[name] += truth is not None
        return
    assert truth is not None, f"{name}: {cell!r} is nothing, and was read as {value!r}"
    if isinstance(truth, datetime):
        assert value == pd.Timestamp(truth), f"{name}: {cell!r} was read as {value}"
        return
    is_near = abs(value - truth) <= 1e-9 * max(1.0, abs(truth))
    assert is_near, f"{name}: {cell!r} is {truth!r}, and was read as {value!r}"


def judge_ratings(seed: int, folder: Path) -> str:
    """The same for a long table of ratings."""
    dice = random.Random(f"ratings {seed}")
    decimal = dice.choice(".,")
    thousands = dice.choice([sign for sign in THOUSANDS if sign != decimal])
    style = Style(decimal, thousands, places=dice.choice((None, 1, 3)))
    most = dice.choice((1, 100, 20_000))
    truth: dict[str, float | None] = {}
    lines = ["video_id\trater\tdimension\tvalue"]
    for number in range(dice.choice((3, 40))):
        cell, value = style.fraction(dice.random() * most)
        if dice.random() < 0.1:
            cell, value = dice.choice(JUNK), None  # type: ignore[assignment]
        truth[f"v{number}"] = value
        lines.append(f"v{number}\tanna\td\t{cell}")
    path = folder / "ratings.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    stated = Notation(decimal=decimal) if dice.random() < 0.4 else None  # type: ignore[arg-type]
    try:
        ratings = read_rating_files([path], RatingFileOptions(stated=StatedTable(notation=stated)))
    except BadTable as error:
        assert stated is None or not any(truth.values()), error.sentence
        return "refused"
    values = ratings.first_values("d", "anna")
    for video, value in values.items():
        expected = truth[video]
        assert expected is not None and abs(value - expected) < 1e-9, (video, value, expected)
    ((_, losses),) = ratings.losses
    lost = losses.cells["value"].count if "value" in losses.cells else 0
    assert len(truth) - len(values) <= lost + losses.lost, "values lost in silence"
    return "read"


def run(seeds: range, say: Callable[[str], None] = lambda _: None) -> Counter[str]:
    """Judge the tables of these seeds, every fifth a table of ratings. Raises at a defect."""
    outcomes: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        for seed in seeds:
            try:
                if seed % 5 == 0:
                    outcomes[judge_ratings(seed, Path(folder))] += 1
                else:
                    outcomes[judge(case_of(seed), Path(folder))] += 1
            except Exception as error:
                raise AssertionError(f"table {seed}: {error}") from error
            if seed % 100 == 99:
                say(f"{seed + 1:,} tables: {dict(outcomes)}\n")
    return outcomes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.tables", description=__doc__)
    parser.add_argument("--tables", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first table")
    options = parser.parse_args()
    outcomes = run(range(options.first, options.first + options.tables), sys.stdout.write)
    sys.stdout.write(f"{sum(outcomes.values()):,} tables, no defect: {dict(outcomes)}\n")


if __name__ == "__main__":
    main()
