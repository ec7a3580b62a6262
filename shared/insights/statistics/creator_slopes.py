"""The log rate ratio of a predictor within each creator, with errors measured by permutation.

A creator's slope is that of a Poisson regression on the creator's own videos, with an effect of the
creator and all other coefficients taken from the common fit. With seven videos whose counts differ
tenfold, formulas for its standard error fail: on simulated tables without any difference between
creators they find one in 32 to 53 % (HC3, a dispersion per creator) or are so wide that they find
nothing where there is much (one dispersion for all). Instead the creator's videos exchange their
residual ratios: if the slope is the common one, each order is as likely (Pitman 1937, Suppl. J. R.
Stat. Soc. 4, 119–130). The slopes of many such orders give the variance, whatever the tails.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from shared.insights.statistics.distributions import gamma_tail
from shared.insights.statistics.effect import NotEstimable, TooFew
from shared.insights.statistics.heterogeneity import (
    FEWEST_CREATORS,
    Heterogeneity,
    heterogeneity,
    q_statistic,
    shrunken,
    variance_between,
)
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups, IntArray

FEWEST_VIDEOS = 4
FEWEST_POSITIVE = 3
"""A creator with fewer videos, or fewer videos with a count above 0, has no slope of its own."""

TOO_FEW_VIDEOS = "too_few_videos"
TOO_FEW_COUNTS = "too_few_counts"
NO_VARIATION = "no_variation"
SEPARATED = "separated"

_ROUNDING = 1e-8
"""Slopes that differ by less, over their creator's ratings, differ by rounding."""

ALPHA = 0.05
_PRIOR_VIDEOS = 5.0
"""A creator's error is averaged with that of all creators, which counts as so many videos (Smyth
2004, Stat. Appl. Genet. Mol. Biol. 3(1)): alone it follows the accidents of seven counts."""

Orders = list[IntArray]
_REFINEMENTS = 2
_MOST_ORDERS, _FEWEST_ORDERS = 199, 49
_ROWS_IN_ALL = 4_000_000
_ROWS_AT_ONCE = 100_000
"""Of permuted orders that are fitted together: 1 MB a column."""

_MOST_STEPS = 60
_TOLERANCE = 1e-9
_LONGEST_STEP = 2.0
_FURTHEST = 12.0
"""The largest log ratio between a creator's lowest and highest rating: 160,000 times."""


@dataclass(frozen=True)
class CreatorSlopes:
    """The slopes of the creators that have one. Arrays follow `names`.

    `sizes` are their videos, `left_out` counts the other creators by reason. `p` belongs to the
    hypothesis that all creators have one slope; its Q is compared with that of permuted videos.
    `alike_variances` let the counts of all creators scatter alike. `shared` is the variance of the
    error that all slopes have from the other coefficients of the common fit.
    """

    names: tuple[str, ...]
    sizes: IntArray
    estimates: FloatArray
    variances: FloatArray
    alike_variances: FloatArray
    p: float
    left_out: dict[str, int]
    shared: float = 0.0

    @property
    def df(self) -> FloatArray:
        """Degrees of freedom of each variance."""
        return np.asarray(self.sizes - 1 + _PRIOR_VIDEOS, dtype=np.float64)

    @property
    def over(self) -> Heterogeneity:
        """How the slopes differ.

        A slope and its own variance come from the same few videos and err together: slopes far from
        the mean look uncertain. The average is then too short a distance between creators, so what
        a new creator may have comes from variances that no single creator decides.
        """
        return heterogeneity(self.estimates, self.variances, self.shared, self.alike_variances)


def creator_slopes(
    y: FloatArray,
    x: FloatArray,
    mean: FloatArray,
    beta: float,
    creators: Groups,
    seed: int,
    shared: float = 0.0,
) -> CreatorSlopes:
    """Slopes from counts `y` (n,), the predictor `x`, and a common fit.

    `mean` are the fitted counts of the common fit, in which the predictor has the coefficient
    `beta`, and `shared` is the variance that its other coefficients give every slope. Raises TooFew
    below 5 creators with a slope, NotEstimable without any residual.
    """
    usable, left_out = _usable(y, x, creators)
    if usable.sum() < FEWEST_CREATORS:
        raise TooFew(
            f"{int(usable.sum())} creators have {FEWEST_VIDEOS} videos or more whose ratings and "
            f"counts differ; it takes {FEWEST_CREATORS}"
        )
    groups = _by_name(creators.where(usable[creators.codes]))
    rows = np.flatnonzero(usable[creators.codes])
    # Random orders are of positions: the table's order of rows must not decide who changes places.
    order = np.lexsort((mean[rows], y[rows], x[rows], groups.codes))
    rows = rows[order]
    others = np.log(mean[rows]) - beta * x[rows]
    videos = _Videos.of(x[rows], others, groups.codes[order])
    slopes = videos.slopes(y[rows], np.full(groups.count, beta))
    if float((np.abs(slopes - beta) * videos.reach).max()) < _ROUNDING:
        raise NotEstimable("no_residual", "every count is as the common model fits it")
    # The hypothesis of one slope is tested where it is assumed to be true.
    orders = videos.orders(seed)
    variances, alike, deviations = videos.variances(y[rows], np.full(groups.count, beta), orders)
    permuted = np.array([q_statistic(row, variances) for row in deviations])
    scale = float(permuted.mean()) / (groups.count - 1)
    p = _gamma_p(q_statistic(slopes, variances), permuted)
    result = CreatorSlopes(
        groups.names,
        groups.sizes,
        slopes,
        variances * scale,
        alike * scale,
        p,
        left_out,
        shared,
    )
    for _ in range(_REFINEMENTS):
        result = _refined(result, videos, y[rows], scale, orders)
    return result


def _refined(
    slopes: CreatorSlopes, videos: "_Videos", y: FloatArray, scale: float, orders: Orders
) -> CreatorSlopes:
    """The variances around each creator's own slope.

    Around a common slope the differences count as errors, which hides a quarter of τ². Each
    creator's own variance changes only once the slopes are seen to differ.
    """
    over = variance_between(slopes.estimates, slopes.alike_variances)
    centres, _ = shrunken(slopes.estimates, slopes.alike_variances, over)
    share = over.tau2 / (over.tau2 + slopes.alike_variances)
    # A slope that follows the creator's own videos takes up to one degree of freedom.
    freed = (slopes.sizes - 1) / (slopes.sizes - 1 - share)
    variances, alike, _ = videos.variances(y, centres, orders)
    own = variances * freed * scale if slopes.p < ALPHA else slopes.variances
    return replace(slopes, variances=own, alike_variances=alike * freed * scale)


def _by_name(groups: Groups) -> Groups:
    """The same groups, with codes in the order of their names."""
    ranks = np.argsort(np.argsort(np.asarray(groups.names, dtype=object)))
    return Groups(ranks[groups.codes].astype(np.int64), tuple(sorted(groups.names)))


def _usable(y: FloatArray, x: FloatArray, creators: Groups) -> tuple[BoolArray, dict[str, int]]:
    """The creators that have a finite slope, and how many have none by reason."""
    positive = y > 0
    with_counts = creators.sums(positive.astype(np.float64))
    low, high = _ends(x, creators)
    conditions = {
        TOO_FEW_VIDEOS: creators.sizes >= FEWEST_VIDEOS,
        TOO_FEW_COUNTS: with_counts >= FEWEST_POSITIVE,
        NO_VARIATION: high > low,
        # All counts at the lowest or the highest value: the slope has no end.
        SEPARATED: _some(positive & (x > low[creators.codes]), creators)
        & _some(positive & (x < high[creators.codes]), creators),
    }
    usable = np.ones(creators.count, dtype=bool)
    left_out = {}
    for reason, holds in conditions.items():
        failed = usable & ~holds
        if failed.any():
            left_out[reason] = int(failed.sum())
        usable &= holds
    return usable, left_out


def _ends(x: FloatArray, creators: Groups) -> tuple[FloatArray, FloatArray]:
    """Each creator's lowest and highest value."""
    low, high = np.full(creators.count, np.inf), np.full(creators.count, -np.inf)
    np.minimum.at(low, creators.codes, x)
    np.maximum.at(high, creators.codes, x)
    return low, high


def _some(rows: BoolArray, creators: Groups) -> BoolArray:
    """Whether each creator has a row that is true."""
    return creators.sums(rows.astype(np.float64)) > 0


@dataclass(frozen=True)
class _Videos:
    """Videos in the order of their creators: `x` less the creator's middle, and the other terms.

    Methods take and give one row, or many: (…, videos) of counts and (…, creators) of slopes.
    """

    x: FloatArray
    others: FloatArray
    codes: IntArray
    starts: IntArray
    sizes: IntArray
    reach: FloatArray
    """The largest |x| of each creator."""

    @classmethod
    def of(cls, x: FloatArray, others: FloatArray, codes: IntArray) -> Self:
        sizes = np.bincount(codes)
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        low, high = np.minimum.reduceat(x, starts), np.maximum.reduceat(x, starts)
        centred = x - ((low + high) / 2)[codes]
        others = others - np.maximum.reduceat(others, starts)[codes]
        return cls(centred, others, codes, starts, sizes.astype(np.int64), (high - low) / 2)

    def sums(self, rows: FloatArray) -> FloatArray:
        totals: FloatArray = np.add.reduceat(rows, self.starts, axis=-1)
        return totals

    def shares(self, slopes: FloatArray) -> FloatArray:
        """Each video's expected share of its creator's counts."""
        predictor = self.others + slopes[..., self.codes] * self.x
        predictor -= np.maximum.reduceat(predictor, self.starts, axis=-1)[..., self.codes]
        size = np.exp(predictor)
        share: FloatArray = size / self.sums(size)[..., self.codes]
        return share

    def slopes(self, y: FloatArray, start: FloatArray) -> FloatArray:
        """The slopes that fit the counts, given their total by creator: Newton's method."""
        aim = self.sums(y * self.x) / self.sums(y)
        slopes = np.broadcast_to(start, aim.shape)
        for _ in range(_MOST_STEPS):
            share = self.shares(slopes)
            middle = self.sums(share * self.x)
            spread = self.sums(share * self.x**2) - middle**2
            step = (aim - middle) / np.maximum(spread, 1e-12 * self.reach**2)
            longest = _LONGEST_STEP / self.reach
            step = np.clip(step, -longest, longest)
            furthest = _FURTHEST / (2 * self.reach)
            moved = np.clip(slopes + step, start - furthest, start + furthest)
            change, slopes = np.abs(moved - slopes) * self.reach, moved
            if change.max() < _TOLERANCE:
                break
        return slopes

    def variances(
        self, y: FloatArray, centres: FloatArray, orders: Orders
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Each slope's variance around its centre, that of counts that scatter alike, and how far
        the slopes of each order are from the centres: (orders, creators)."""
        share = self.shares(centres)
        ratios = y / (self.sums(y)[self.codes] * share)
        size = max(1, _ROWS_AT_ONCE // len(self.x))
        blocks = [np.stack(orders[start : start + size]) for start in range(0, len(orders), size)]
        draws = np.concatenate([self.slopes(share * ratios[block], centres) for block in blocks])
        deviations = draws - centres
        variances, alike = self._moderated((deviations**2).mean(axis=0), share)
        return variances, alike, deviations

    def orders(self, seed: int) -> Orders:
        """Orders of the rows in which every creator's videos change places."""
        count = int(np.clip(_ROWS_IN_ALL // len(self.x), _FEWEST_ORDERS, _MOST_ORDERS))
        random = np.random.default_rng(seed)
        return [np.argsort(self.codes + random.random(len(self.x))) for _ in range(count)]

    def _moderated(self, variances: FloatArray, share: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Variances averaged with those that the creators' common dispersion gives, and these."""
        middle = self.sums(share * self.x)[self.codes]
        score = share * (self.x - middle)
        information = self.sums(score * (self.x - middle))
        shape = self.sums((score - (self.sums(score) / self.sizes)[self.codes]) ** 2)
        shape = shape / information**2
        own, weight = variances / shape, self.sizes - 1
        common = float(np.average(own, weights=weight))
        averaged: FloatArray = (
            shape * (weight * own + _PRIOR_VIDEOS * common) / (weight + _PRIOR_VIDEOS)
        )
        return averaged, shape * common


def _gamma_p(q: float, permuted: FloatArray) -> float:
    """The chance of so large a Q: a gamma distribution with the mean and variance of `permuted`."""
    mean, variance = float(permuted.mean()), float(permuted.var(ddof=1))
    return float(gamma_tail(q, mean**2 / variance, variance / mean))
