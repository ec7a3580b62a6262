"""Worlds of 18 raters: six models, each with three wordings of the prompt.

For video i of creator c, in week w and with topic t; capitals are independent standard normals:

    surprise        s = B_i
    reliability     ρ of a model from `least` to `most` in equal steps, ± .05 between its wordings
    errors          e = √.1 C_i + √.35 D_mi + √.15 E_rt + √.4 F_ri: common to all raters, a model's
                    own, a rater's liking of a topic, a rater's own
    rating          level_m + 18 (√ρ s + √(1 - ρ) e + .7 style_c), in steps of 5 from 0 to 100
    views           Poisson(m), ln m = 7 + 1.5 G_c + .3 H_w + β s + `topics` K_t + scatter

Two raters correlate at about .65, as models do that read one codebook. `carry` lets surprise,
errors and scatter follow the creator's video before (a first-order autoregression).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.resampling import FloatArray, Groups, IntArray

MODELS, WORDINGS, TOPICS, WEEKS = 6, 3, 8, 10
RATERS = MODELS * WORDINGS
SEED = 20261128
_COMMON, _MODEL, _TOPIC = 0.1, 0.35, 0.15
_SPREAD, _STYLE = 18.0, 0.7


@dataclass(frozen=True, slots=True)
class RaterWorld:
    """What a world is made of. `effect` is β: log views per standard deviation of surprise.

    `videos` are those of each creator; unequal ones have 2 or more and so many on average.
    `scatter` is the standard deviation of log views, or None for a Pareto tail of 1.5. `absent` is
    the share of ratings that are missing at random.
    """

    name: str
    creators: int = 60
    videos: int = 10
    are_unequal: bool = False
    effect: float = 0.0
    scatter: float | None = 1.0
    least: float = 0.2
    most: float = 0.65
    topics: float = 0.0
    carry: float = 0.0
    absent: float = 0.0


@dataclass(frozen=True)
class RatedVideos:
    """One sample. `ratings` (videos, raters) are NaN where missing; `reliabilities` are true."""

    views: FloatArray
    ratings: FloatArray
    creators: Groups
    weeks: Groups
    controls: pd.DataFrame
    reliabilities: FloatArray

    @property
    def best(self) -> int:
        """The rater to choose in advance, if one knew."""
        return int(self.reliabilities.argmax())


def sample(world: RaterWorld, number: int) -> RatedVideos:
    """The videos of one run: the same for the same arguments."""
    draw = _Draw(world, number)
    reliabilities = np.repeat(np.linspace(world.least, world.most, MODELS), WORDINGS)
    reliabilities = reliabilities + np.tile([-0.05, 0.0, 0.05], MODELS)
    surprise = draw.video(1)
    topics = draw.random.integers(0, TOPICS, draw.n)
    weeks = draw.random.integers(0, WEEKS, draw.n)
    return RatedVideos(
        views=_views(draw, surprise[:, 0], topics, weeks),
        ratings=_ratings(draw, surprise, topics, reliabilities),
        creators=Groups.of(draw.creators),
        weeks=Groups.of(weeks),
        controls=_controls(world, topics),
        reliabilities=reliabilities,
    )


class _Draw:
    """The random numbers of one sample, and its creators."""

    def __init__(self, world: RaterWorld, number: int):
        self.world = world
        # The name is not part of the seed: worlds with and without an effect share their draws.
        self.random = np.random.default_rng((SEED, world.creators, world.videos, number))
        sizes = np.full(world.creators, world.videos)
        if world.are_unequal:
            mean = world.videos - 2
            sizes = 2 + self.random.negative_binomial(1.2, 1.2 / (1.2 + mean), world.creators)
        self.creators: IntArray = np.repeat(np.arange(world.creators), sizes)
        self.n = len(self.creators)

    def video(self, columns: int) -> FloatArray:
        """Standard normals (videos, columns), which may follow the creator's video before."""
        values = self.random.normal(size=(self.n, columns))
        carry = self.world.carry
        for row in np.flatnonzero(np.diff(self.creators) == 0) + 1 if carry else ():
            values[row] = carry * values[row - 1] + np.sqrt(1 - carry**2) * values[row]
        return values


def _ratings(
    draw: _Draw, surprise: FloatArray, topics: IntArray, reliabilities: FloatArray
) -> FloatArray:
    models = np.repeat(np.arange(MODELS), WORDINGS)
    errors = (
        np.sqrt(_COMMON) * draw.video(1)
        + np.sqrt(_MODEL) * draw.video(MODELS)[:, models]
        + np.sqrt(_TOPIC) * draw.random.normal(size=(TOPICS, RATERS))[topics]
        + np.sqrt(1 - _COMMON - _MODEL - _TOPIC) * draw.video(RATERS)
    )
    latent = np.sqrt(reliabilities) * surprise + np.sqrt(1 - reliabilities) * errors
    style = _STYLE * draw.random.normal(size=draw.world.creators)[draw.creators]
    level = draw.random.normal(40, 8, MODELS)[models]
    steps = np.round((level + _SPREAD * (latent + style[:, None])) / 5)
    ratings: FloatArray = np.clip(5.0 * steps, 0.0, 100.0)
    ratings[draw.random.random(ratings.shape) < draw.world.absent] = np.nan
    return ratings


def _views(draw: _Draw, surprise: FloatArray, topics: IntArray, weeks: IntArray) -> FloatArray:
    world, random = draw.world, draw.random
    fame = 1.5 * random.normal(size=world.creators)[draw.creators]
    level = 7 + fame + 0.3 * random.normal(size=WEEKS)[weeks] + world.effect * surprise
    level = level + world.topics * random.normal(size=TOPICS)[topics]
    if world.scatter is None:
        level = level + np.log1p(random.pareto(1.5, draw.n))
    else:
        level = level + world.scatter * draw.video(1)[:, 0]
    views: FloatArray = random.poisson(np.exp(np.clip(level, -5.0, 19.0))).astype(np.float64)
    return views


def _controls(world: RaterWorld, topics: IntArray) -> pd.DataFrame:
    """A column per topic where topics move views: who analyses them takes them into account."""
    if not world.topics:
        return pd.DataFrame(index=range(len(topics)))
    dummies = (topics[:, None] == np.arange(1, TOPICS)).astype(np.float64)
    return pd.DataFrame(dummies, columns=[f"topic {topic}" for topic in range(1, TOPICS)])
