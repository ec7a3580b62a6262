"""Do intervals of the scale `mean` hold the truth? Simulated completion, hook rate, watch time.

    python -m benchmarks.watching --runs 1000

Each line is an outcome, a number of creators with eight videos each on average, and a planted log
ratio for 10 points. `missed` is the share of samples whose 95 % interval leaves out that ratio. At
0 it is the share of false claims. Creators with higher ratings have higher outcomes, too.
Completion is of whole views, hook rates are whole percents, and a duration is in the model.
"""

import argparse
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.resampling import FloatArray, Groups
from shared.insights.statistics.within_ratios import WithinScores

CREATORS = (12, 40)
VIDEOS = 8
ALPHA = 0.05
LARGEST_RATE = 0.98

Random = np.random.Generator
Draw = Callable[[Random, FloatArray, FloatArray, FloatArray], FloatArray]
"""An outcome (n,) from fame and duration, both standard normal, and the log ratio, each (n,)."""


def completion(
    random: Random, fame: FloatArray, duration: FloatArray, rise: FloatArray
) -> FloatArray:
    """Parts of 20 views or more that reached the end, .3 on average."""
    mean = np.minimum(np.exp(-1.2 + 0.3 * fame - 0.3 * duration + rise), LARGEST_RATE)
    views = (random.lognormal(6, 2, len(mean)) + 20).astype(np.int64)
    completed: FloatArray = random.binomial(views, random.beta(8 * mean, 8 * (1 - mean))) / views
    return completed


def hook_rate(
    random: Random, fame: FloatArray, duration: FloatArray, rise: FloatArray
) -> FloatArray:
    """Whole percents of viewers, 67 on average."""
    mean = np.minimum(np.exp(-0.4 + 0.1 * fame - 0.03 * duration + rise), LARGEST_RATE)
    return np.round(random.beta(25 * mean, 25 * (1 - mean)), 2)


def watch_time(
    random: Random, fame: FloatArray, duration: FloatArray, rise: FloatArray
) -> FloatArray:
    """Seconds per view, about 7 on average, with a long tail."""
    mean = np.exp(2 + 0.4 * fame + 0.3 * duration + rise)
    return np.round(mean * random.gamma(3, 1 / 3, len(mean)), 2)


OUTCOMES: Mapping[str, tuple[Draw, float]] = {
    "completion_rate": (completion, 0.04),
    "hook_rate_3s": (hook_rate, 0.02),
    "average_watch_s": (watch_time, 0.04),
}
"""By outcome: how it is drawn, and the planted log ratio for 10 points."""


def is_missed(outcome: str, creators: int, slope: float, seed: int) -> bool:
    """Whether the interval of one sample leaves out the planted log ratio."""
    random = np.random.default_rng([seed, creators, round(1000 * slope)])
    sizes = random.multinomial(creators * VIDEOS, random.dirichlet(np.full(creators, 2.0)))
    owner = np.repeat(np.arange(creators), sizes)
    between, fame = random.normal(size=(2, creators))
    ratings = 50 + 15 * random.normal(size=len(owner)) + 8 * between[owner]
    tens = np.clip(np.round(ratings), 0, 100) / 10 - 5
    duration = random.normal(size=len(owner))
    draw, _ = OUTCOMES[outcome]
    y = draw(random, (fame + between)[owner] / 2**0.5, duration, slope * tens)
    design = pd.DataFrame({"tens": tens, "duration": duration})
    groups = Groups.of(owner)
    model = poisson_fixed_effects(y, design, None, groups)
    return WithinScores(model, "tens", [groups.where(model.kept)]).p(slope) < ALPHA


def missed(outcome: str, creators: int, slope: float, runs: int) -> float:
    """The share of samples whose interval leaves out the truth."""
    return float(np.mean([is_missed(outcome, creators, slope, seed) for seed in range(runs)]))


def main() -> None:
    parser = argparse.ArgumentParser(description="How often intervals of means hold the truth.")
    parser.add_argument("--runs", type=int, default=1000)
    runs = parser.parse_args().runs
    for outcome, (_, planted) in OUTCOMES.items():
        for creators in CREATORS:
            for slope in (0.0, planted):
                share = missed(outcome, creators, slope, runs)
                print(f"{outcome:16} {creators:3} creators, {slope:.2f}: missed {share:.3f}")


if __name__ == "__main__":
    main()
