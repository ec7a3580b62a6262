"""What one rater, the best of 18 and all raters together claim, over the runs of each world."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.raters.world import RATERS, RatedVideos, RaterWorld, sample
from benchmarks.study.campaign import ROOT, Journal, digest_of_code
from shared.insights.statistics.fixed_effects import FixedEffectsFit, poisson_fixed_effects
from shared.insights.statistics.joint_verdict import NullScore, joint_verdict
from shared.insights.statistics.resampling import BoolArray
from shared.insights.statistics.within_ratios import WithinScores

FOLDER = ROOT / ".local" / "raters"
CHUNK, RUNS = 50, 2_000
DRAWS = 499
ALPHA = 0.05
EFFECT = 0.25
COUNTS = "counts"
MEASURED = (
    "benchmarks/raters/world.py",
    "benchmarks/raters/campaign.py",
    "shared/insights/statistics/joint_verdict.py",
    "shared/insights/statistics/within_ratios.py",
    "shared/insights/statistics/fixed_effects.py",
    "shared/insights/statistics/absorption.py",
    "shared/insights/statistics/standardized_flips.py",
)


@dataclass(frozen=True, slots=True)
class RaterCell:
    """A world; `chooses` also asks what the smallest of 18 p values claims, which takes long."""

    world: RaterWorld
    chooses: bool = False

    @property
    def name(self) -> str:
        return self.world.name


CELLS = (
    RaterCell(RaterWorld("no effect"), chooses=True),
    RaterCell(RaterWorld("effect", effect=EFFECT)),
    RaterCell(RaterWorld("no effect, 20 creators", creators=20, are_unequal=True)),
    RaterCell(RaterWorld("no effect, 40 unequal", creators=40, videos=8, are_unequal=True)),
    RaterCell(RaterWorld("no effect, 120 unequal", creators=120, videos=6, are_unequal=True)),
    RaterCell(RaterWorld("no effect, Pareto", scatter=None)),
    RaterCell(RaterWorld("no effect, topics", creators=40, topics=0.5)),
    RaterCell(RaterWorld("no effect, 15 % absent", creators=40, absent=0.15)),
    RaterCell(RaterWorld("no effect, carry .5", creators=40, carry=0.5)),
    RaterCell(RaterWorld("effect, 40 unequal", creators=40, are_unequal=True, effect=EFFECT)),
    RaterCell(RaterWorld("effect, Pareto", scatter=None, effect=EFFECT)),
    RaterCell(RaterWorld("effect, unlike raters", effect=EFFECT, least=0.06, most=0.8)),
    RaterCell(RaterWorld("effect, 15 % absent", creators=40, effect=EFFECT, absent=0.15)),
)


def journal() -> Journal:
    """The journal of the code as it is now."""
    return Journal(FOLDER / f"{digest_of_code(MEASURED, [CHUNK, DRAWS, EFFECT])}.jsonl")


def campaign(
    log: Journal, runs: int, cells: Sequence[RaterCell] = CELLS
) -> dict[str, Counter[str]]:
    """The counts of each cell over `runs` runs, from the journal or run now, round after round."""
    chunks = log.finished_chunks()
    pending = [
        (cell, chunk)
        for chunk in range(runs // CHUNK)
        for cell in cells
        if (cell.name, chunk) not in chunks
    ]
    for cell, chunk, counts in _counted(pending):
        log.keep(cell, chunk, {COUNTS: counts})
        print(f"\r{cell.name:26} {chunk + 1:4}", end="", file=sys.stderr, flush=True)
    return totals(log)


def totals(log: Journal) -> dict[str, Counter[str]]:
    """The counts of each cell over its finished chunks."""
    by_cell: dict[str, Counter[str]] = {}
    for (name, _), counted in log.finished_chunks().items():
        by_cell.setdefault(name, Counter()).update(counted[COUNTS])
    return by_cell


def _counted(
    pending: list[tuple[RaterCell, int]],
) -> Iterator[tuple[RaterCell, int, Counter[str]]]:
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        for (cell, chunk), counts in zip(pending, pool.map(_chunk, pending), strict=True):
            yield cell, chunk, counts


def _chunk(pending: tuple[RaterCell, int]) -> Counter[str]:
    cell, chunk = pending
    counts: Counter[str] = Counter()
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        counts.update(verdict(cell, number))
    return counts


def verdict(cell: RaterCell, number: int) -> Counter[str]:
    """One run, as counts of 0 and 1.

    `joint` and `best` say that the joint verdict and the best rater, chosen in advance, claim an
    effect, `joint_wrong` that the joint one has the wrong sign, `chosen` that any rater claims one.
    """
    videos = sample(cell.world, number)
    joint = joint_verdict(null_scores(videos), videos.creators, number, DRAWS)
    p = partial(_single, videos)
    counts = Counter(runs=1, joint=int(joint.p < ALPHA), best=int(p(videos.best) < ALPHA))
    counts["joint_wrong"] = int(joint.p < ALPHA and joint.sign != np.sign(cell.world.effect))
    if cell.chooses:
        counts["chosen"] = int(any(p(rater) < ALPHA for rater in range(RATERS)))
    return counts


def null_scores(videos: RatedVideos) -> list[NullScore]:
    """Each rater's score at the model without its rating; raters of the same videos share it."""
    models: dict[bytes, FixedEffectsFit] = {}
    everybody = np.ones(len(videos.views), dtype=bool)
    whole = _null_model(videos, everybody)
    models[everybody.tobytes()] = whole
    scores = []
    for rating in videos.ratings.T:
        rated = np.isfinite(rating)
        key = rated.tobytes()
        model = models[key] if key in models else _null_model(videos, rated)
        models[key] = model
        rows = np.flatnonzero(rated)[model.kept]
        score = NullScore.of(model, rating[rows], rows)
        scores.append(score.filled(np.flatnonzero(whole.kept), whole.y - whole.mean))
    return scores


def _null_model(videos: RatedVideos, rated: BoolArray) -> FixedEffectsFit:
    creators, weeks = videos.creators.where(rated), videos.weeks.where(rated)
    views, controls = videos.views[rated], videos.controls[rated]
    return poisson_fixed_effects(views, controls, None, creators, weeks, needs_columns=False)


def _single(videos: RatedVideos, rater: int) -> float:
    """The p value of the headline under one rater, without the search for its interval."""
    rating = videos.ratings[:, rater]
    rated = np.isfinite(rating)
    design = videos.controls[rated].assign(rating=rating[rated])
    creators, weeks = videos.creators.where(rated), videos.weeks.where(rated)
    model = poisson_fixed_effects(videos.views[rated], design, None, creators, weeks)
    if "rating" not in model.names:
        return 1.0
    return WithinScores(model, "rating", [model.creators]).p(0.0)
