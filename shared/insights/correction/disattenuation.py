"""Disattenuation: a correlation without the random error of a rating (Spearman 1904).

Reliability is the correlation of a rater's repeated answers. Both correlations are of ranks, but
only those of normal variables attenuate by exactly the square root. So each is converted to the
correlation of normal variables with such ranks, 2 sin(πρ/6), corrected, and converted back. Effect
and reliability share videos, so the same draws of creators serve both.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from shared.insights.correction.draws import CorrelationDraws, correlation_interval
from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.resampling import FloatArray, Groups

FEWEST_REPEATED = 20
"""Fewest videos with two answers or more."""

LEAST_RELIABILITY = 0.2
"""Below this reliability, a correction multiplies noise by more than two."""


@dataclass(frozen=True, slots=True)
class Disattenuated:
    """The correlation without random error and the reliability, each with its interval."""

    estimate: float
    ci_low: float
    ci_high: float
    reliability: float
    reliability_low: float
    reliability_high: float
    n: int
    n_repeated: int


def disattenuated(
    x: FloatArray,
    y: FloatArray,
    replicates: FloatArray,
    groups: Groups,
    resamples: int,
    seed: int,
    averaged: FloatArray | None = None,
) -> Disattenuated:
    """Spearman's correlation of y with x as a rater without random error would have rated.

    Arguments and errors are those of `Disattenuation`.
    """
    draws = CorrelationDraws(groups, resamples, seed)
    correction = Disattenuation(draws, x, y, replicates, averaged)
    draws.compute()
    return correction.result()


class Disattenuation:
    """Asks for the correlations of one disattenuation, and corrects with them.

    `replicates` are the rater's answers (videos, answers); a row is NaN where a video has only one
    answer. `averaged` is the number of answers that each value of x is the mean of (default: 1).
    """

    def __init__(
        self,
        draws: CorrelationDraws,
        x: FloatArray,
        y: FloatArray,
        replicates: FloatArray,
        averaged: FloatArray | None = None,
    ):
        self._draws = draws
        self._error = 1.0 if averaged is None else float(np.mean(1 / averaged))
        repeated = np.asarray(~np.isnan(replicates).any(axis=1), dtype=np.bool_)
        self._n_repeated = int(repeated.sum())
        if self._n_repeated < FEWEST_REPEATED:
            return
        answers = replicates[repeated].T
        self._effect = draws.ask(x, y)
        self._of_answers = [
            draws.ask(first, second, repeated) for first, second in combinations(answers, 2)
        ]

    def result(self) -> Disattenuated:
        """Raises TooFew, and NotEstimable if the reliability is too low."""
        if self._n_repeated < FEWEST_REPEATED:
            raise TooFew(
                f"{self._n_repeated} videos have repeated ratings; {FEWEST_REPEATED} are needed"
            )
        draws, groups = self._draws, self._draws.groups
        rho, rel = (
            np.array([draws.point(self._effect)]),
            self._reliability([np.array([draws.point(pair)]) for pair in self._of_answers]),
        )
        effect, of_x = float(corrected(rho, rel)[0]), float(rel[0])
        if not of_x >= LEAST_RELIABILITY:
            raise NotEstimable(
                "unreliable", f"the reliability is {of_x:.2f}: too low to correct by"
            )
        reliabilities = self._reliability([draws.draws(pair) for pair in self._of_answers])
        effects = corrected(draws.draws(self._effect), reliabilities)
        return Disattenuated(
            effect,
            *correlation_interval(effect, effects, groups),
            of_x,
            *correlation_interval(of_x, reliabilities, groups),
            groups.n,
            self._n_repeated,
        )

    def _reliability(self, of_pairs: list[FloatArray]) -> FloatArray:
        """That of x, from the rank correlations of all pairs of answers."""
        return of_means(np.asarray(np.mean(of_pairs, axis=0)), self._error)


def of_means(reliability: FloatArray, error: float) -> FloatArray:
    """The reliability of ratings whose error variance is this share of a single answer's.

    It is Spearman–Brown's where all ratings are means of 1/error answers, on the scale of normal
    variables; both reliabilities are correlations of ranks.
    """
    latent = 2 * np.sin(np.pi * reliability / 6)
    of_mean = latent / np.maximum(latent + error * (1 - latent), LEAST_RELIABILITY * error)
    ranks: FloatArray = 6 / np.pi * np.arcsin(of_mean / 2)
    return ranks


def corrected(rho: FloatArray, reliability: FloatArray) -> FloatArray:
    """The rank correlation of a perfectly reliable rating, from -1 to 1.

    A reliability below LEAST_RELIABILITY is raised to it.
    """
    latent = 2 * np.sin(np.pi * rho / 6)
    true = 2 * np.sin(np.pi * np.maximum(reliability, LEAST_RELIABILITY) / 6)
    normal = np.clip(latent / np.sqrt(true), -1.0, 1.0)
    ranks: FloatArray = 6 / np.pi * np.arcsin(normal / 2)
    return ranks
