"""Worlds in which a machine rates every video and people rate those that are drawn.

Creators differ in fame, and famous ones post more of what is rated. Weeks and a control that goes
with the rating change views too. Views follow people's rating, so its log rate ratio is the truth
whatever the machine does. The machine's error leaks luck in each world, so that its own ratio is
wrong.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.fixed_effects import FixedEffectsFit, poisson_fixed_effects
from shared.insights.statistics.resampling import FloatArray, Groups, IntArray

RATING = "rating"
LOG_RATIO = float(np.log(1.3)) / 10
"""Ten points more bring 1.3 times the views."""

POINTS, BETWEEN, FAME = 20.0, 0.3, 1.2
WEEKS = 20
HEAVY = 0.6
"""The scale of Laplace luck. exp(luck) has a mean below 1, and a variance below 1/2 only."""


@dataclass(frozen=True, slots=True)
class DrawnWorld:
    """How a machine errs. `error` is the standard deviation of its error, in that of people's
    ratings. `leak` is how much of a video's luck it takes for the rating.

    `concentrated`: a sixth of the videos has nearly all the error, and repeated answers show it.
    `topics`: the error is a shift and another scale by topic, and topics have luck of their own.
    `heavy`: views have a mean and no variance, and few creators have most videos. `skewed`: most
    ratings are low.
    """

    name: str
    error: float
    leak: float = 0.15
    concentrated: bool = False
    topics: bool = False
    heavy: bool = False
    skewed: bool = False


REPORTED = (
    DrawnWorld("good rater", 0.5),
    DrawnWorld("poor rater", 2.5, leak=0.3),
    DrawnWorld("error in few videos", 1.0, concentrated=True),
    DrawnWorld("bias by topic", 0.6, topics=True),
    DrawnWorld("heavy tails", 1.0, heavy=True),
)

TUNED_ON = (
    DrawnWorld("fair rater", 0.9, leak=0.2),
    DrawnWorld("useless rater", 5.0, leak=0.0),
    DrawnWorld("skewed ratings", 0.8, skewed=True),
)
"""The constants of the draw were chosen on these, with other seeds."""


@dataclass(frozen=True, slots=True)
class DrawnStudy:
    creator: IntArray
    people: FloatArray
    machine: FloatArray
    answers: FloatArray
    views: FloatArray
    week: IntArray
    control: FloatArray

    def fit(self) -> FixedEffectsFit:
        design = pd.DataFrame({RATING: self.machine, "control": self.control})
        return poisson_fixed_effects(
            self.views, design, None, Groups.of(self.creator), Groups.of(self.week)
        )


def draw_study(world: DrawnWorld, creators: int, random: np.random.Generator) -> DrawnStudy:
    """One study of about 12 videos by each creator."""
    usual = random.poisson(12, creators)
    long_tailed = np.round(10 * random.lognormal(0, 0.7, creators))
    sizes = np.clip(long_tailed if world.heavy else usual, 2, 80).astype(np.int64)
    creator = np.repeat(np.arange(creators), sizes)
    n, fame = len(creator), random.normal(size=creators)
    of_creator = (0.6 * fame + 0.8 * random.normal(size=creators))[creator]
    latent = BETWEEN**0.5 * of_creator + (1 - BETWEEN) ** 0.5 * random.normal(size=n)
    luck = random.laplace(0, HEAVY, n) if world.heavy else random.normal(size=n)
    people = 20 * np.exp(0.5 * latent) if world.skewed else 50 + POINTS * latent
    people = np.clip(people, 0, 100)
    topic, week, control = random.integers(0, 6, n), random.integers(0, WEEKS, n), people / POINTS
    control = 0.3 * control + random.normal(size=n)
    common = random.normal(0, 0.3, WEEKS)[week] + 0.1 * control
    if world.topics:
        luck = 0.9 * luck + random.normal(0, 0.4, 6)[topic]
    size, own = _errors(world, people, topic, random)
    leaking = people + world.leak * POINTS * luck + own
    answers = leaking[:, None] + 0.6 * size[:, None] * random.normal(size=(n, 3))
    expected = 6 + FAME * fame[creator] + LOG_RATIO * (people - 50) + common + luck
    views = random.poisson(np.exp(expected))
    return DrawnStudy(
        creator,
        people,
        answers.mean(axis=1),
        answers,
        views.astype(np.float64),
        week,
        control,
    )


def _errors(
    world: DrawnWorld, people: FloatArray, topic: IntArray, random: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """The usual size of each video's error, and the error that answers share."""
    n = len(people)
    size = np.full(n, world.error * float(people.std()))
    if world.concentrated:
        size = np.where(random.random(n) < 1 / 6, 2.3, 0.3) * size
    own = 0.8 * size * random.normal(size=n)
    if world.topics:
        shifts, scales = random.normal(0, 12, 6), random.uniform(-0.6, 0.4, 6)
        own = own + shifts[topic] + scales[topic] * (people - people.mean())
    return size, own
