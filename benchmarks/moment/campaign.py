"""The runs of all audiences, in chunks that a journal keeps; its name is a hash of the code.

The chunks go round: the first hundred runs of every cell, then the second. So a campaign that was
stopped says something of every cell, and continues where it was.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.moment.world import Audience, WatchedVideos, watched
from benchmarks.study.campaign import ROOT, Journal, digest_of_code
from shared.insights.moment.estimate import lead_ratios, window_fit
from shared.insights.moment.neighbours import neighbour_comparison
from shared.insights.moment.options import WINDOW_S
from shared.insights.moment.placebo import placebo_p
from shared.insights.statistics.distributions import t_quantile
from shared.insights.statistics.hazard import NoHazard

FOLDER = ROOT / ".local" / "moment"
CHUNK = 100
RUNS, OTHER_RUNS, PLACEBO_RUNS = 2_000, 500, 200
"""Of cells whose onsets lie late, of others, and of those that draw placebos in each run."""

ALPHA = 0.05
EFFECT = float(np.log(0.9))
"""A hazard that is 10 % lower."""

MEASURED = (
    "benchmarks/moment/world.py",
    "benchmarks/moment/campaign.py",
    "shared/insights/moment/design.py",
    "shared/insights/moment/exposure.py",
    "shared/insights/moment/estimate.py",
    "shared/insights/moment/neighbours.py",
    "shared/insights/moment/placebo.py",
    "shared/insights/moment/positions.py",
    "shared/insights/statistics/hazard.py",
    "shared/insights/statistics/grid_effects.py",
    "shared/insights/statistics/cluster_covariance.py",
)
"""The code that the results depend on."""


@dataclass(frozen=True, slots=True)
class MomentCell:
    """One audience. `placebos` are drawn in each sample, where it is about them."""

    audience: Audience
    runs: int = OTHER_RUNS
    placebos: int = 0

    @property
    def name(self) -> str:
        return f"{self.audience.name}{', placebos' if self.placebos else ''}"


AUDIENCES = tuple(
    Audience(videos, viewers, off_s, is_late)
    for videos, viewers, off_s, is_late in product(
        (20, 60, 120), (500, 5_000, 50_000), (0, 1, 2), (False, True)
    )
)
OTHER_ERRORS = tuple(
    Audience(60, 5_000, off_s, is_late, error)
    for error, off_s, is_late in product(("either", "normal"), (1, 2), (False, True))
)
BY_CREATORS = tuple(
    Audience(120, 5_000, 1, is_late=True, creators=creators) for creators in (12, 30)
)
CELLS = tuple(
    MomentCell(audience, RUNS if audience.is_late else OTHER_RUNS) for audience in AUDIENCES
) + tuple(MomentCell(audience) for audience in (*OTHER_ERRORS, *BY_CREATORS))
PLACEBO_CELLS = (
    MomentCell(Audience(20, 500, 1, is_late=False), PLACEBO_RUNS, placebos=199),
    MomentCell(Audience(60, 5_000, 1, is_late=True), PLACEBO_RUNS, placebos=199),
)
_BY_NAME = {cell.name: cell for cell in (*CELLS, *PLACEBO_CELLS)}


def journal(folder: Path = FOLDER) -> Journal:
    """The journal of the code as it is now."""
    return Journal(folder / f"{digest_of_code(MEASURED, CHUNK)}.jsonl")


def campaign(
    log: Journal, runs: int | None = None, processes: int | None = None
) -> dict[str, Counter[str]]:
    """The counts of each cell over its runs, or at most `runs`, from the journal or run now."""
    finished = log.finished_chunks()
    pending = [
        (cell.name, chunk)
        for chunk in range(min(runs or RUNS, RUNS) // CHUNK)
        for cell in (*CELLS, *PLACEBO_CELLS)
        if chunk < cell.runs // CHUNK and (cell.name, chunk) not in finished
    ]
    for name, chunk, counts in _counted(pending, processes or os.cpu_count() or 1):
        log.keep(_BY_NAME[name], chunk, {"moment": counts})
        print(f"\r{name:48} {chunk + 1:4}", end="", file=sys.stderr, flush=True)
    return totals(log)


def totals(log: Journal) -> dict[str, Counter[str]]:
    """The counts of each cell over all its chunks."""
    by_cell: dict[str, Counter[str]] = {}
    for (name, _), counts in log.finished_chunks().items():
        by_cell.setdefault(name, Counter()).update(counts["moment"])
    return by_cell


def _counted(
    chunks: list[tuple[str, int]], processes: int
) -> Iterator[tuple[str, int, Counter[str]]]:
    if processes == 1:
        for name, chunk in chunks:
            yield name, chunk, counts_of(name, chunk)
        return
    with ProcessPoolExecutor(processes) as pool:
        futures = {pool.submit(counts_of, *chunk): chunk for chunk in chunks}
        for future in as_completed(futures):
            yield *futures[future], future.result()


def counts_of(name: str, chunk: int, runs: int = CHUNK) -> Counter[str]:
    """Counts of a cell over one chunk of runs, which depend on its number only."""
    cell = _BY_NAME[name]
    counts: Counter[str] = Counter()
    for number, sample in enumerate(watched(cell.audience, chunk, runs)):
        if cell.placebos:
            counts.update(_placebo(sample, cell.placebos, chunk * runs + number))
        else:
            counts.update(_verdict(sample, 0.0, "null"))
            neighbours = neighbour_comparison(sample.design, WINDOW_S)
            counts["neighbours"] += neighbours.p is not None and neighbours.p < ALPHA
    if not cell.placebos:
        for sample in watched(replace(cell.audience, effect=EFFECT), chunk, runs):
            counts.update(_verdict(sample, EFFECT, "effect"))
    return counts


def _verdict(sample: WatchedVideos, truth: float, world: str) -> Counter[str]:
    """What one sample says, where the log hazard ratio is known."""
    try:
        effect = window_fit(sample.design, WINDOW_S, onset_sd_s(sample)).effect
    except NoHazard:
        return Counter({f"{world} none": 1})
    reach = float(t_quantile(1 - ALPHA / 2, effect.df)) * effect.se
    return Counter(
        {
            f"{world} runs": 1,
            f"{world} claims": int(effect.p < ALPHA),
            f"{world} wrong sign": int(effect.p < ALPHA and effect.log_ratio * truth < 0),
            f"{world} covered": int(abs(effect.log_ratio - truth) <= reach),
            f"{world} log ratio e6": round(1e6 * effect.log_ratio),
        }
    )


def _placebo(sample: WatchedVideos, placebos: int, number: int) -> Counter[str]:
    """The placebo p in thousandths, and whether the leads are refuted, where nothing is planted."""
    p = placebo_p(sample.design, WINDOW_S, onset_sd_s(sample), placebos, number)
    test = lead_ratios(sample.design)[1]
    return Counter(
        {
            f"p {round(1000 * p)}": 1,
            "placebo runs": 1,
            "lead runs": int(test is not None),
            "leads": int(test is not None and test.p < ALPHA),
        }
    )


def onset_sd_s(sample: WatchedVideos) -> float:
    """The error of the onsets as two raters show it."""
    differences = sample.design.onsets_s - sample.second_onsets_s
    return float(differences.std(ddof=1) / np.sqrt(2))
