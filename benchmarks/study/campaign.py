"""The runs of the study, in chunks that a journal keeps.

A chunk is a hundred runs of one cell. Its line is in the journal before the next chunk begins, so
a stopped study continues. A half-written line is ignored. The name of the journal is a hash of the
code that it measures, so changed code starts a new one.
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
from typing import Protocol

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
"""The code that the results depend on."""

CHUNK = 100
CLUSTERS = (8, 18, 40, 100, 300)
MANY = 2_500
"""A number of creators at which the default is the bootstrap."""

RUNS = {"ranks": 5_000, "counts": 2_000, "resampled": 1_000}
PARTS = {"ranks": methods.ranks, "counts": methods.counts, "resampled": methods.resampled}


@dataclass(frozen=True, slots=True)
class Cell:
    """One group of methods on samples of one size, with or without an association."""

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


class Named(Protocol):
    """A cell of any campaign. Its name stands in the journal."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Journal:
    """The finished chunks, one line each."""

    path: Path

    def finished_chunks(self) -> dict[tuple[str, int], Counts]:
        """Counts by cell and number of chunk, without lines that were cut off."""
        chunks: dict[tuple[str, int], Counts] = {}
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                counted = {name: Counter(counts) for name, counts in record["counts"].items()}
                chunks[record["cell"], record["chunk"]] = counted
        return chunks

    def keep(self, cell: "Named", chunk: int, counted: Counts) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"cell": cell.name, "chunk": chunk, "counts": counted})
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")  # ends a line that was cut off
            file.flush()
            os.fsync(file.fileno())


def journal(folder: Path = FOLDER) -> Journal:
    """The journal of the code as it is now."""
    return Journal(folder / f"{digest_of_code(MEASURED, [RUNS, SIZES, CHUNK])}.jsonl")


def digest_of_code(names: Sequence[str], settings: object) -> str:
    """A short hash of the code of some modules, and of settings."""
    digest = hashlib.sha256(json.dumps(settings).encode())
    for name in names:
        digest.update(_code(ROOT / name).encode())
    return digest.hexdigest()[:16]


def _code(path: Path) -> str:
    """The code of a module without comments, docstrings and layout."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(body, list):
                body[:] = [part for part in body if not _is_text(part)]
    return ast.dump(tree)


def _is_text(part: ast.AST) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)


def study(
    log: Journal,
    cells: Sequence[Cell] = CELLS,
    runs: Callable[[Cell], int] = lambda cell: RUNS[cell.part],
) -> dict[Cell, list[Counts]]:
    """Every chunk of every cell in order: from the journal, or run now."""
    finished = log.finished_chunks()
    chunks = [(cell, chunk) for cell in cells for chunk in range(runs(cell) // CHUNK)]
    progress = _Progress([pair for pair in chunks if (pair[0].name, pair[1]) not in finished])
    by_cell: dict[Cell, list[Counts]] = {cell: [] for cell in cells}
    for cell, chunk in chunks:
        if (cell.name, chunk) not in finished:
            counts = counts_of(cell, range(chunk * CHUNK, (chunk + 1) * CHUNK))
            log.keep(cell, chunk, counts)
            finished[cell.name, chunk] = counts
            progress.advance(cell)
        by_cell[cell].append(finished[cell.name, chunk])
    return by_cell


def counts_of(cell: Cell, numbers: range) -> Counts:
    """Counts of a cell's methods over these runs. A run depends only on its number."""
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
    """Shows progress on the screen, with an estimate of the time left."""

    def __init__(self, chunks: list[tuple[Cell, int]]):
        self._total = sum(_weight(cell) for cell, _ in chunks)
        self._finished, self._since = 0.0, time.monotonic()

    def advance(self, cell: Cell) -> None:
        self._finished += _weight(cell)
        elapsed_s = time.monotonic() - self._since
        left_s = elapsed_s * (self._total - self._finished) / self._finished
        share = self._finished / self._total
        print(
            f"\r{share:4.0%}, about {left_s / 60:.0f} min left: {cell.name:28}",
            end="\n" if self._finished >= self._total else "",
            file=sys.stderr,
            flush=True,
        )


def _weight(cell: Cell) -> float:
    """Approximate milliseconds of a run, for the estimate of the time left."""
    fixed, of_a_creator = MILLISECONDS[cell.part]
    return fixed + of_a_creator * cell.clusters
