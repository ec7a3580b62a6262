"""How often "for whom" is right: simulated creators whose slopes differ by a planted amount.

    python -m benchmarks.heterogeneity --runs 200 --creators 45 --videos 7

Each line is a world: how counts scatter, and the planted τ. `differ` is the share of samples in
which creators are said to differ, `tau` and `mean` how often these intervals hold the planted
value. `new` is how much of the distribution of new creators the prediction interval holds, `hts`
the same for that of Higgins, Thompson & Spiegelhalter. `own` and `shrunken` are the shares of
creators whose intervals hold their planted slope. `--twin` adds a second rating to the model that
is nearly the same and does nothing.
"""

import argparse
from collections.abc import Iterator

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from scipy import stats  # type: ignore[import-untyped]

from shared.insights.for_whom import ForWhom, for_whom
from shared.insights.sample import OutcomeQuestion
from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.heterogeneity import Ends
from shared.insights.statistics.resampling import FloatArray, Groups

MEAN_SLOPE = 0.01
TAUS = (0.0, 0.015, 0.03)
SCATTERS = ("log-normal .5", "log-normal 1", "log-normal 1.5", "unequal", "Pareto 1.5")
TWIN_SPREAD = 1.5
"""Ratings scatter by 15 within creators, so they and their twin correlate at .995."""

VIEWS = OutcomeQuestion("views", "count")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--creators", type=int, default=45)
    options.add_argument("--videos", type=float, default=7.0)
    options.add_argument("--twin", action="store_true", help="add a rating that is nearly the same")
    chosen = options.parse_args()
    for scatter in SCATTERS:
        for tau in TAUS:
            runs = [
                measured(scatter, tau, chosen.creators, chosen.videos, run, twin=chosen.twin)
                for run in range(chosen.runs)
            ]
            means = pd.DataFrame(runs).mean()
            figures = " ".join(f"{name} {share:.3f}" for name, share in means.items())
            print(f"{scatter:14s} τ {tau:<5} {figures}", flush=True)


def measured(
    scatter: str, tau: float, creators: int, videos: float, run: int, *, twin: bool = False
) -> dict[str, float]:
    """One sample: what is said, and what holds."""
    random = np.random.default_rng((SCATTERS.index(scatter), TAUS.index(tau), run))
    y, x, groups, slopes = world(random, scatter, tau, creators, videos)
    frame = pd.DataFrame({"rating": x})
    if twin:
        frame["twin"] = x + TWIN_SPREAD * random.normal(size=len(x))
    model = poisson_fixed_effects(y, frame, None, groups)
    result = for_whom(model, frame, "rating", VIEWS, seed=run)
    if result.over is None:
        return {}
    return {"differ": float(result.differ), **dict(_shares(result, slopes, tau))}


def _shares(result: ForWhom, slopes: dict[str, float], tau: float) -> Iterator[tuple[str, float]]:
    over = result.over
    assert over is not None
    yield "tau", float(over.tau2_ends.low <= tau**2 <= over.tau2_ends.high)
    yield "mean", float(over.mean_ends.low <= MEAN_SLOPE <= over.mean_ends.high)
    yield "new", _share_of_new_creators(over.prediction, tau)
    yield "hts", _share_of_new_creators(over.prediction_hts, tau)
    creators = [(slopes[effect.creator], effect) for effect in result.creators]
    yield "own", float(np.mean([effect.low <= slope <= effect.high for slope, effect in creators]))
    yield (
        "shrunken",
        float(
            np.mean(
                [effect.shrunken_low <= slope <= effect.shrunken_high for slope, effect in creators]
            )
        ),
    )


def _share_of_new_creators(ends: Ends, tau: float) -> float:
    if tau == 0:
        return float(ends.low <= MEAN_SLOPE <= ends.high)
    low, high = stats.norm.cdf((ends.low, ends.high), MEAN_SLOPE, tau)
    return float(high - low)


def world(
    random: np.random.Generator, scatter: str, tau: float, creators: int, videos: float
) -> tuple[FloatArray, FloatArray, Groups, dict[str, float]]:
    """Counts, ratings, creators and planted slopes. Few creators have many videos."""
    sizes = 2 + random.negative_binomial(1.2, 1.2 / (videos - 0.8), creators)
    codes = np.repeat(np.arange(creators), sizes)
    middle = random.normal(40, 10, creators)[codes]
    x = np.clip(np.round(middle + 15 * random.normal(size=len(codes))), 0, 100)
    slopes = random.normal(MEAN_SLOPE, tau, creators)
    level = random.normal(8, 1.5, creators)[codes] + slopes[codes] * (x - 40)
    noise = _scattered(random, scatter, codes, creators)
    y = random.poisson(np.exp(np.clip(level, -5, 18)) * noise).astype(np.float64)
    planted = {str(code): float(slope) for code, slope in enumerate(slopes)}
    return y, x, Groups.of(codes), planted


def _scattered(
    random: np.random.Generator, scatter: str, codes: FloatArray, creators: int
) -> FloatArray:
    if scatter == "Pareto 1.5":
        return np.asarray(1 + random.pareto(1.5, len(codes)), dtype=np.float64)
    if scatter == "unequal":
        spread = np.exp(random.normal(0, 0.4, creators))[codes]
    else:
        spread = float(scatter.split()[1])
    noise: FloatArray = np.exp(spread * random.normal(size=len(codes)))
    return noise


if __name__ == "__main__":
    main()
