"""The runs of all worlds, in chunks that a journal keeps.

The chunks go round: the first hundred runs of every cell, then the second. So a campaign that was
stopped says something of every cell, and continues where it was. The name of the journal is a hash
of the code that it measures.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from benchmarks.study.campaign import ROOT, Counts, Journal, digest_of_code
from benchmarks.worlds.accounts import ACCOUNT_WORLDS
from benchmarks.worlds.verdicts import verdict
from benchmarks.worlds.world import WORLDS, World, sample

FOLDER = ROOT / ".local" / "worlds"
CHUNK = 100
CREATORS = (20, 45, 100, 300)
HEADLINE = "headline"
MEASURED = (
    "benchmarks/worlds/world.py",
    "benchmarks/worlds/accounts.py",
    "benchmarks/worlds/cautions.py",
    "benchmarks/worlds/verdicts.py",
    "shared/insights/missing_ratings.py",
    "shared/insights/cautions/missing.py",
    "shared/insights/statistics/tipping_point.py",
    "shared/insights/headline.py",
    "shared/insights/periods.py",
    "shared/insights/statistics/absorption.py",
    "shared/insights/statistics/fixed_effects.py",
    "shared/insights/statistics/separation.py",
    "shared/insights/statistics/within_ratios.py",
    "shared/insights/statistics/score_bootstrap.py",
    "shared/insights/statistics/standardized_flips.py",
)
"""The code that the results depend on."""


@dataclass(frozen=True, slots=True)
class WorldCell:
    """One world with so many creators (or videos of each account)."""

    world: World
    size: int

    @property
    def name(self) -> str:
        return f"{self.world.name} {self.size}"


CELLS = tuple(
    WorldCell(world, size)
    for world in (*WORLDS, *ACCOUNT_WORLDS)
    for size in (world.videos_of_account or CREATORS)
)


def journal(folder: Path = FOLDER) -> Journal:
    """The journal of the code as it is now."""
    return Journal(folder / f"{digest_of_code(MEASURED, CHUNK)}.jsonl")


def campaign(
    log: Journal,
    runs: int,
    processes: int | None = None,
    cells: Sequence[WorldCell] = CELLS,
) -> dict[str, Counter[str]]:
    """The counts of each cell over at least `runs` runs, from the journal or run now."""
    finished = log.finished_chunks()
    pending = [
        (cell, chunk)
        for chunk in range(runs // CHUNK)
        for cell in cells
        if (cell.name, chunk) not in finished
    ]
    for cell, chunk, counts in _counted(pending, processes or os.cpu_count() or 1):
        log.keep(cell, chunk, {HEADLINE: counts})
        finished[cell.name, chunk] = {HEADLINE: counts}
        print(f"\r{cell.name:32} {chunk + 1:4}", end="", file=sys.stderr, flush=True)
    return totals(finished)


def totals(finished: dict[tuple[str, int], Counts]) -> dict[str, Counter[str]]:
    """The counts of each cell over all its chunks."""
    by_cell: dict[str, Counter[str]] = {}
    for (name, _), counts in finished.items():
        by_cell.setdefault(name, Counter()).update(counts[HEADLINE])
    return by_cell


def _counted(
    chunks: list[tuple[WorldCell, int]], processes: int
) -> Iterator[tuple[WorldCell, int, Counter[str]]]:
    """The chunks as they are finished. Only a few wait, so that stopping is quick."""
    if processes == 1:
        for cell, chunk in chunks:
            yield cell, chunk, counts_of(cell.name, range(chunk * CHUNK, (chunk + 1) * CHUNK))
        return
    with ProcessPoolExecutor(processes) as pool:
        for first in range(0, len(chunks), 8 * processes):
            batch = chunks[first : first + 8 * processes]
            futures: dict[Future[Counter[str]], tuple[WorldCell, int]] = {
                pool.submit(counts_of, cell.name, range(chunk * CHUNK, (chunk + 1) * CHUNK)): (
                    cell,
                    chunk,
                )
                for cell, chunk in batch
            }
            for future in as_completed(futures):
                yield *futures[future], future.result()


def counts_of(name: str, numbers: range) -> Counter[str]:
    """Counts of a cell over these runs. A run depends only on its number."""
    cell = next(cell for cell in CELLS if cell.name == name)
    counts: Counter[str] = Counter()
    for number in numbers:
        counts.update(verdict(cell.world, sample(cell.world, cell.size, number)))
    return counts
