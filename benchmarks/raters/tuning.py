"""Which statistic of 18 raters to test: `python -m benchmarks.raters.tuning [--runs 500]`.

Each line is a world and the share of its samples that each statistic claims. `mean`, `median` and
`greatest` are of scores over their spread under exchange, `component` is their first principal
component; those with `own` are of scores over the standard error of the videos' own contributions,
anew in each draw. These worlds and runs are not those of the campaign, which measures the choice.
"""

import argparse
from collections.abc import Mapping

from shared.concurrency import in_one_thread

in_one_thread()  # before numpy is imported

import numpy as np  # noqa: E402
import pandas as pd  # type: ignore[import-untyped]  # noqa: E402

from benchmarks.raters.campaign import ALPHA, null_scores  # noqa: E402
from benchmarks.raters.world import RaterWorld, sample  # noqa: E402
from shared.insights.statistics.resampling import FloatArray, Groups  # noqa: E402

WORLDS = (
    RaterWorld("null, 20 creators of 8", creators=20, videos=8),
    RaterWorld("null, 24 creators of 6", creators=24, videos=6),
    RaterWorld("null, 36 unequal", creators=36, videos=9, are_unequal=True),
    RaterWorld("null, Pareto", creators=50, scatter=None),
    RaterWorld("null, topics", creators=36, topics=0.4),
    RaterWorld("null, carry .5", creators=36, carry=0.5),
    RaterWorld("effect", creators=50, effect=0.27),
    RaterWorld("effect, 30 creators", creators=30, effect=0.35),
    RaterWorld("effect, Pareto", creators=50, scatter=None, effect=0.27),
    RaterWorld("effect, unlike raters", creators=50, effect=0.27, least=0.06, most=0.75),
)
FIRST_RUN = 1_000_000
DRAWS = 499


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=500)
    runs = options.parse_args().runs
    for world in WORLDS:
        p_values = [p_by_statistic(world, FIRST_RUN + number) for number in range(runs)]
        shares = (pd.DataFrame(p_values) < ALPHA).mean()
        figures = "  ".join(f"{name} {share:.3f}" for name, share in shares.items())
        print(f"{world.name:24s} {figures}", flush=True)


def p_by_statistic(world: RaterWorld, number: int) -> dict[str, float]:
    """The p of each statistic in one sample, from the same exchanges of residuals."""
    videos = sample(world, number)
    scores = null_scores(videos)
    free = np.column_stack([score.free for score in scores])
    creators = videos.creators.where(np.isin(np.arange(len(videos.views)), scores[0].rows))
    residuals = _exchanged(scores[0].residual, creators, np.random.default_rng(number))
    inflation = np.array([score.inflation for score in scores])
    sums = residuals @ free
    sums[1:] *= inflation
    statistics = _statistics(sums, np.sqrt(residuals**2 @ free**2), free)
    return {name: _p(values) for name, values in statistics.items()}


def _exchanged(residual: FloatArray, creators: Groups, random: np.random.Generator) -> FloatArray:
    """The residuals as they are, and then exchanged within creators: (1 + draws, n)."""
    order = np.argsort(creators.codes, kind="stable")
    keys = creators.codes[order] + random.random((DRAWS, len(order)))
    exchanged = np.empty((1 + DRAWS, len(order)))
    exchanged[0] = residual
    exchanged[1:, order] = residual[order][np.argsort(keys, axis=1)]
    scaled: FloatArray = exchanged / np.abs(residual).max()
    return scaled


def _statistics(sums: FloatArray, errors: FloatArray, free: FloatArray) -> Mapping[str, FloatArray]:
    spread = sums / sums[1:].std(axis=0)
    own = sums / errors
    component = np.abs(np.linalg.eigh(np.corrcoef(free.T))[1][:, -1])
    return {
        "mean": spread.mean(axis=1),
        "median": np.median(spread, axis=1),
        "greatest": np.abs(spread).max(axis=1),
        "component": spread @ component,
        "own mean": own.mean(axis=1),
        "own median": np.median(own, axis=1),
        "own greatest": np.abs(own).max(axis=1),
    }


def _p(values: FloatArray) -> float:
    farther = int((np.abs(values[1:]) >= abs(values[0]) * (1 - 1e-9)).sum())
    return (1 + farther) / len(values)


if __name__ == "__main__":
    main()
