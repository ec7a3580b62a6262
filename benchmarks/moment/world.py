"""Worlds of synthetic audiences: a known hazard of leaving, and a known ratio after the onset.

For video v of 20 to 60 s and second t; a and the shocks b are independent normals:

    hazard        λ = exp(.4 a_v + .1 b_vt) (.03 + .12 exp(-t / 3)),  b an autoregression of .7
    onset         anywhere from second 3 to six seconds before the end, or rather late in that span
    effect        λ times exp(β) from the onset until five seconds later; where there are creators,
                  β has a standard deviation of .1 between them
    watching      binomial draws from all viewers; shares are rounded to whole percents
    marked        the onset plus an error of the rater; a second rater errs alike
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from shared.insights.moment.curve_rules import LAST_SECOND
from shared.insights.moment.design import MomentDesign, effective_viewers
from shared.insights.moment.exposure import between
from shared.insights.moment.options import WINDOW_S
from shared.insights.moment.positions import positions
from shared.insights.statistics.hazard import LeavingSteps
from shared.insights.statistics.resampling import FloatArray, Groups, IntArray

SEED = 20261128
SHORTEST, LONGEST = 20, 60
FIRST_ONSET_S, SPARE_S = 3.0, 6.0
LATE = 3.0
_LEVEL, _SHOCK, _CARRY, _DIFFER = 0.4, 0.1, 0.7, 0.1


@dataclass(frozen=True, slots=True)
class Audience:
    """One world. Raters are off by `off_s`, in the way that `error` names.

    `uniform` errors are whole seconds up to it, `either` is always that far, and `normal` has it as
    its standard deviation. Where there are `creators`, the effect differs between them by _DIFFER.
    """

    videos: int
    viewers: int
    off_s: int
    is_late: bool
    error: str = "uniform"
    effect: float = 0.0
    creators: int = 0

    @property
    def name(self) -> str:
        parts = [f"{self.videos} × {self.viewers:,}", f"{self.error} ±{self.off_s} s"]
        parts += ["late"] if self.is_late else []
        parts += [f"{self.creators} creators"] if self.creators else []
        return ", ".join(parts)


@dataclass(frozen=True)
class WatchedVideos:
    """A sample: the design that an analyst has, and the second rater's onsets."""

    design: MomentDesign
    second_onsets_s: FloatArray


def watched(audience: Audience, chunk: int, runs: int) -> Iterator[WatchedVideos]:
    """So many runs: the same for the same arguments. All are drawn together, which is quicker."""
    seed = (SEED, audience.videos, audience.viewers, audience.off_s, int(audience.is_late), chunk)
    random = np.random.default_rng(seed)
    shape = runs * audience.videos
    lengths = random.integers(SHORTEST, LONGEST + 1, shape)
    chance = random.random(shape) ** (1 / LATE if audience.is_late else 1.0)
    onsets_s = FIRST_ONSET_S + (lengths - FIRST_ONSET_S - SPARE_S) * chance
    marked_s, second_s = onsets_s + _errors(audience, shape, random)
    shares = _shares(audience, lengths, onsets_s, random)
    for run in range(runs):
        rows = slice(run * audience.videos, (run + 1) * audience.videos)
        yield _design(audience, shares[rows], lengths[rows], marked_s[rows], second_s[rows])


def _shares(
    audience: Audience, lengths: IntArray, onsets_s: FloatArray, random: np.random.Generator
) -> FloatArray:
    """Who watches at each second (videos, LONGEST + 1), in whole percents."""
    seconds = np.arange(LONGEST)
    log_hazard = np.log(0.03 + 0.12 * np.exp(-seconds / 3))
    log_hazard = log_hazard + _LEVEL * random.normal(size=(len(lengths), 1))
    log_hazard += _SHOCK * _shocks(random, (len(lengths), LONGEST))
    exposure = between(onsets_s, LONGEST, WINDOW_S, 0.0)
    effects = audience.effect + _differences(audience, len(lengths), random)
    stays = np.exp(-np.exp(log_hazard) * (1 + exposure * np.expm1(effects)[:, None]))
    watching = np.full((len(lengths), LONGEST + 1), audience.viewers)
    for second in seconds:
        watching[:, second + 1] = random.binomial(watching[:, second], stays[:, second])
    shares: FloatArray = np.round(watching / audience.viewers, 2)
    shares[np.arange(LONGEST + 1) > lengths[:, None]] = np.nan
    return shares


def _differences(audience: Audience, videos: int, random: np.random.Generator) -> FloatArray:
    """How far the effect of each video lies from the mean: by its creator."""
    if not audience.creators:
        return np.zeros(videos)
    runs = videos // audience.videos
    of_creators = random.normal(size=(runs, audience.creators))
    differences: FloatArray = of_creators[:, np.arange(audience.videos) % audience.creators]
    return _DIFFER * differences.ravel()


def _shocks(random: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    shocks = random.normal(size=shape)
    for second in range(1, shape[1]):
        fresh = np.sqrt(1 - _CARRY**2) * shocks[:, second]
        shocks[:, second] = _CARRY * shocks[:, second - 1] + fresh
    return shocks


def _errors(audience: Audience, videos: int, random: np.random.Generator) -> FloatArray:
    """The errors of two raters in seconds: (2, videos)."""
    off, shape = audience.off_s, (2, videos)
    if audience.error == "either":
        return off * random.choice(np.array([-1.0, 1.0]), shape)
    if audience.error == "normal":
        return off * random.normal(size=shape)
    return random.integers(-off, off + 1, shape).astype(np.float64)


def _design(
    audience: Audience,
    shares: FloatArray,
    lengths: IntArray,
    marked_s: FloatArray,
    second_s: FloatArray,
) -> WatchedVideos:
    """The arrays that `moment_design` makes of the curves that pass the rules."""
    steps = np.arange(LONGEST) < lengths[:, None] - 1
    usable = steps & (shares[:, :-1] > 0)
    since = np.arange(LONGEST) - np.floor(marked_s)[:, None]
    passes = (
        (usable & (since < 0)).any(axis=1)
        & (usable & (since >= WINDOW_S[0]) & (since < WINDOW_S[1])).any(axis=1)
        & (marked_s >= 0)
        & (marked_s <= lengths)
    )
    weight = effective_viewers(np.array([float(audience.viewers)]))[0]
    at_risk = np.where(usable, weight * shares[:, :-1], 0.0)
    leaves = np.where(usable, weight * -np.diff(shares, axis=1), 0.0)
    seconds = min(LONGEST, int(marked_s[passes].max()) + LAST_SECOND + 1)
    videos = int(passes.sum())
    labels = np.flatnonzero(passes) % (audience.creators or audience.videos)
    design = MomentDesign(
        (),
        marked_s[passes],
        LeavingSteps(leaves[passes, :seconds], at_risk[passes, :seconds]),
        np.zeros((0, videos, seconds)),
        (),
        positions(lengths[passes].astype(np.float64), seconds),
        _groups(tuple(labels.tolist())),
        "creator" if audience.creators else "video",
    )
    return WatchedVideos(design, second_s[passes])


@cache
def _groups(labels: tuple[int, ...]) -> Groups:
    return Groups.of(labels)
