"""The runs of the study: what is asked, in chunks that are kept as they end.

A chunk is a hundred runs of one cell. Its line is in the journal before the next begins, so a
study that is stopped anywhere goes on where it was; a half-written line is not counted. The
journal is named after the code that it measures: other code begins another one.
"""

import ast
import hashlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.study import methods
from benchmarks.study.world import sample, truth

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".local" / "study"
MEASURED = (
    "benchmarks/study/world.py",
    "benchmarks/study/methods.py",
    "shared/insights/statistics/count_models.py",
    "shared/insights/statistics/rate_ratios.py",
    "shared/insights/statistics/fit.py",
    "shared/insights/statistics/estimability.py",
    "shared/insights/statistics/interval.py",
    "shared/insights/statistics/pairs.py",
    "shared/insights/statistics/pearson.py",
    "shared/insights/statistics/products.py",
    "shared/insights/statistics/weighted_ranks.py",
    "shared/insights/statistics/spearman.py",
    "shared/insights/statistics/resampling.py",
    "shared/insights/statistics/cluster_covariance.py",
    "shared/insights/statistics/score_bootstrap.py",
)
"""The code that the figures depend on."""

CHUNK = 100
CLUSTERS = (8, 18, 40, 100, 300)
MANY = 2_500
"""Creators beyond the jackknife, where the bootstrap is the default."""

RUNS = {"ranks": 5_000, "counts": 2_000, "resampled": 1_000}
PARTS = {"ranks": methods.ranks, "counts": methods.counts, "resampled": methods.resampled}


@dataclass(frozen=True, slots=True)
class Cell:
    """One part of the methods on samples of one size, with or without an association."""

    part: str
    clusters: int
    planted: bool

    @property
    def name(self) -> str:
        return f"{self.part} {self.clusters} {'planted' if self.planted else 'none'}"


MILLISECONDS = {"ranks": (4.5, 0.1), "counts": (17.0, 0.07), "resampled": (12.0, 0.04)}
SIZES = {"ranks": CLUSTERS, "counts": CLUSTERS, "resampled": (100, 300, MANY)}
CELLS = tuple(
    Cell(part, clusters, planted)
    for clusters in (*CLUSTERS, MANY)
    for part in RUNS
    for planted in (False, True)
    if clusters in SIZES[part]
)

Counts = dict[str, Counter[str]]
"""By method: `runs`, and how many of them `covered`, were `significant`, had `none`."""


@dataclass(frozen=True)
class Journal:
    """The chunks that are done, a line each."""

    path: Path

    def done(self) -> dict[tuple[str, int], Counts]:
        """By cell and number of chunk; a line that was cut off is left out."""
        found: dict[tuple[str, int], Counts] = {}
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    said = json.loads(line)
                except ValueError:
                    continue
                counted = {name: Counter(counts) for name, counts in said["counts"].items()}
                found[said["cell"], said["chunk"]] = counted
        return found

    def keep(self, cell: Cell, chunk: int, counted: Counts) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"cell": cell.name, "chunk": chunk, "counts": counted})
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")  # a line that was cut off before it ends here
            file.flush()
            os.fsync(file.fileno())


def journal(folder: Path = FOLDER) -> Journal:
    """The journal of the code as it is now."""
    digest = hashlib.sha256(json.dumps([RUNS, SIZES, CHUNK]).encode())
    for name in MEASURED:
        digest.update(_code(ROOT / name).encode())
    return Journal(folder / f"{digest.hexdigest()[:16]}.jsonl")


def _code(path: Path) -> str:
    """What a module does, without its comments, docstrings and layout."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(body, list):
                body[:] = [part for part in body if not _is_text(part)]
    return ast.dump(tree)


def _is_text(part: ast.AST) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)


def study(
    kept: Journal,
    cells: Sequence[Cell] = CELLS,
    runs: Callable[[Cell], int] = lambda cell: RUNS[cell.part],
) -> dict[Cell, list[Counts]]:
    """Every chunk of every cell, in order: what the journal has, and the rest run now."""
    done = kept.done()
    asked = [(cell, chunk) for cell in cells for chunk in range(runs(cell) // CHUNK)]
    told = _Progress([pair for pair in asked if (pair[0].name, pair[1]) not in done])
    found: dict[Cell, list[Counts]] = {cell: [] for cell in cells}
    for cell, chunk in asked:
        if (cell.name, chunk) not in done:
            counted = counts_of(cell, range(chunk * CHUNK, (chunk + 1) * CHUNK))
            kept.keep(cell, chunk, counted)
            done[cell.name, chunk] = counted
            told.one_more(cell)
        found[cell].append(done[cell.name, chunk])
    return found


def counts_of(cell: Cell, numbers: range) -> Counts:
    """What the methods of a cell did over these runs; a run depends on its number alone."""
    counted: Counts = {}
    right = truth(cell.planted)
    for number in numbers:
        for hit in _hits(cell, number, right):
            of_method = counted.setdefault(hit.method, Counter())
            of_method["runs"] += 1
            of_method["covered"] += hit.covered is True
            of_method["significant"] += hit.significant is True
            of_method["none"] += hit.covered is None
    return counted


def _hits(cell: Cell, number: int, right: methods.Truth) -> Iterator[methods.IntervalCheck]:
    return PARTS[cell.part](sample(cell.clusters, cell.planted, number), right)


class _Progress:
    """Says on the screen how far it is, and guesses the rest by the work that is left."""

    def __init__(self, left: list[tuple[Cell, int]]):
        self._left = sum(_weight(cell) for cell, _ in left)
        self._done, self._since = 0.0, time.monotonic()

    def one_more(self, cell: Cell) -> None:
        self._done += _weight(cell)
        passed = time.monotonic() - self._since
        rest = passed * (self._left - self._done) / self._done
        print(
            f"\r{self._done / self._left:4.0%}, about {rest / 60:.0f} min left: {cell.name:28}",
            end="\n" if self._done >= self._left else "",
            file=sys.stderr,
            flush=True,
        )


def _weight(cell: Cell) -> float:
    """Milliseconds of a run, about; it is only for the guess."""
    fixed, of_a_creator = MILLISECONDS[cell.part]
    return fixed + of_a_creator * cell.clusters
