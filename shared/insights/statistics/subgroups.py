"""Whether groups of creators differ in their slopes: Cochran's Q between groups, by permutation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.insights.statistics.distributions import t_quantile
from shared.insights.statistics.heterogeneity import weighted_mean
from shared.insights.statistics.interval import CONFIDENCE
from shared.insights.statistics.resampling import FloatArray, IntArray

FEWEST_OF_A_GROUP = 5
MOST_GROUPS = 8
_ORDERS = 1_999


@dataclass(frozen=True, slots=True)
class GroupMean:
    """The mean of a group of creators, with its 95 % interval."""

    group: str
    creators: int
    videos: int
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """Means by group, and the p of the hypothesis that they are equal."""

    means: tuple[GroupMean, ...]
    q: float
    p: float


def compare_groups(
    estimates: FloatArray,
    variances: FloatArray,
    videos: IntArray,
    tau2: float,
    labels: Sequence[str],
    seed: int,
    shared: float = 0.0,
) -> GroupComparison | None:
    """Compare groups of 5 creators or more, at most the 8 largest; None for under two groups.

    Arrays have one entry per creator. Within groups the creators differ by `tau2`; `shared` is the
    variance of an error that all have in common. p is the share
    of exchanges of creators between the groups whose Q is as large (Higgins & Thompson 2004, Stat.
    Med. 23, 1663–1682): with few creators Q between groups does not follow χ².
    """
    names, codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    sizes = np.bincount(codes)
    ranked = sorted(range(len(names)), key=lambda group: (-sizes[group], names[group]))
    chosen = [group for group in ranked if sizes[group] >= FEWEST_OF_A_GROUP][:MOST_GROUPS]
    if len(chosen) < 2:
        return None
    rows = np.isin(codes, chosen)
    b, v, counts = estimates[rows], variances[rows], videos[rows]
    codes = np.searchsorted(np.sort(chosen), codes[rows]).astype(np.int64)
    q = _between(b, 1 / (v + tau2), codes)
    random = np.random.default_rng(seed)
    as_large = sum(
        _between(b, 1 / (v + tau2), random.permutation(codes)) >= q * (1 - 1e-12)
        for _ in range(_ORDERS)
    )
    means = [
        _group_mean(
            str(names[group]), b[codes == at], v[codes == at], counts[codes == at], tau2, shared
        )
        for at, group in enumerate(np.sort(chosen))
    ]
    return GroupComparison(tuple(means), q, (1 + as_large) / (1 + _ORDERS))


def _between(b: FloatArray, weights: FloatArray, codes: IntArray) -> float:
    sums = np.bincount(codes, weights)
    means = np.bincount(codes, weights * b) / sums
    overall = float(sums @ means / sums.sum())
    return float(sums @ (means - overall) ** 2)


def _group_mean(
    name: str, b: FloatArray, v: FloatArray, counts: IntArray, tau2: float, shared: float
) -> GroupMean:
    mean, se = weighted_mean(b, v, tau2)
    reach = float(t_quantile((1 + CONFIDENCE) / 2, len(b) - 1) * np.hypot(se, np.sqrt(shared)))
    return GroupMean(name, len(b), int(counts.sum()), mean, mean - reach, mean + reach)
