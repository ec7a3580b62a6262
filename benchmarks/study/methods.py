"""Every method on the same sample, and whether its interval holds the truth.

The methods are those of `shared/insights`, called as an analysis calls them. The rejected
alternatives are measured too: intervals that treat videos as independent, standard errors with t
on creators - 1, and the bootstrap where the jackknife is the default.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from scipy import stats  # type: ignore[import-untyped]
from scipy.special import digamma, polygamma  # type: ignore[import-untyped]

from benchmarks.study.world import CONTROLS, Truth, Videos
from shared.insights.statistics import interval, power
from shared.insights.statistics.count_models import Model, NotConverged, negative_binomial
from shared.insights.statistics.effect import Effect
from shared.insights.statistics.fit import Fit
from shared.insights.statistics.pairs import ColumnPair
from shared.insights.statistics.pearson import pearson_log1p
from shared.insights.statistics.products import crossed
from shared.insights.statistics.rate_ratios import rate_ratios
from shared.insights.statistics.resampling import FloatArray, Groups, bootstrap
from shared.insights.statistics.spearman import spearman, spearman_and_partial
from shared.insights.statistics.weighted_ranks import WeightedRanks, correlations

RESAMPLES = 500
RARE_FROM = 40
"""With fewer creators, hardly any video has the rare property."""

COUNT, RATE = ColumnPair("rating", "views"), ColumnPair("rating", "likes", "rate", "likes / views")


@dataclass(frozen=True)
class IntervalCheck:
    """Whether one interval holds the truth, and whether it excludes 0; None without an interval."""

    method: str
    covered: bool | None
    significant: bool | None


Answers = Callable[[Videos, Truth], Iterator[IntervalCheck]]


def ranks(videos: Videos, truth: Truth) -> Iterator[IntervalCheck]:
    """Rank correlations and Pearson of logs, with the default interval."""
    frame, groups = videos.frame, Groups.of(videos.creators)
    controls = frame[list(CONTROLS)]
    rho, partial = spearman_and_partial(frame, [COUNT], controls, groups, RESAMPLES, 0)
    yield _hit("spearman", rho, truth.spearman)
    yield _hit("partial_spearman", partial, truth.partial_spearman)
    (of_logs,) = pearson_log1p(frame, [COUNT], groups)
    yield _hit("pearson_log1p", of_logs, truth.pearson_log1p)
    seen = (frame["views"] > 0).to_numpy()
    rates = frame[seen].assign(**{RATE.outcome_column: frame["likes"] / frame["views"]})
    (of_rates,) = spearman(rates, [RATE], groups.where(seen), RESAMPLES, 0)
    yield _hit("spearman, rate", of_rates, truth.spearman_rate)
    yield _as_if_independent(rho, truth.spearman)


def _as_if_independent(rho: Effect, truth: float) -> IntervalCheck:
    """The textbook interval: Fisher's z of n independent videos."""
    name = "spearman, videos taken for independent"
    if rho.estimate is None or abs(rho.estimate) >= 1:
        return IntervalCheck(name, None, None)
    se = np.sqrt(power.RANK_INFLATION / (rho.n - 3))
    ends = by_t(float(np.arctanh(rho.estimate)), float(se), inf)
    return _within(name, *ends, float(np.arctanh(truth)))


def counts(videos: Videos, truth: Truth) -> Iterator[IntervalCheck]:
    """The count models, with all controls."""
    frame = videos.frame
    groups = Groups.of(videos.creators)
    design = frame[["rating", *CONTROLS]]
    views = frame["views"].to_numpy()
    fit = rate_ratios(views, design, None, groups, ["rating"])
    yield _hit("gee_nb", fit.effect("rating", "views"), truth.log_ratio)
    if groups.count >= RARE_FROM:
        with_rare = rate_ratios(views, frame[["rating", *CONTROLS, "rare"]], None, groups, ["rare"])
        yield _hit("gee_nb, of a rare yes or no", with_rare.effect("rare", "views"), 0.0)
    yield _by_t("gee_nb, by t on creators - 1", fit, groups.count - 1, truth.log_ratio)
    yield _independent_nb2(frame, design, truth.log_ratio)
    seen = (frame["views"] > 0).to_numpy()
    some = frame[seen]
    offset = np.log(some["views"].to_numpy())
    likes = some["likes"].to_numpy()
    rates = rate_ratios(likes, design[seen], offset, groups.where(seen), ["rating"])
    yield _hit("gee_nb, rate", rates.effect("rating", "likes"), truth.log_ratio_rate)


def _by_t(name: str, fit: Fit, df: float, truth: float) -> IntervalCheck:
    if "rating" not in fit.ses:
        return IntervalCheck(name, None, None)
    return _within(name, *by_t(fit.estimates["rating"], fit.ses["rating"], df), truth)


def by_t(estimate: float, se: float, df: float) -> tuple[float, float]:
    """Estimate ± t standard errors: the ends of a 95 % interval."""
    reach = float(stats.t.ppf(0.975, df)) * se
    return estimate - reach, estimate + reach


def _independent_nb2(frame: pd.DataFrame, design: pd.DataFrame, truth: float) -> IntervalCheck:
    """Maximum likelihood NB2 with standard errors that treat videos as independent."""
    name = "nb2, videos taken for independent"
    y = frame["views"].to_numpy()
    centre, unit = design.mean().to_numpy(), design.std(ddof=0).to_numpy()
    x = np.column_stack([np.ones(len(y)), (design.to_numpy() - centre) / unit])
    try:
        model = negative_binomial(y, x, np.zeros(len(y)))
    except NotConverged:
        return IntervalCheck(name, None, None)
    variance = np.linalg.inv(_observed_information(model, x, y))[1, 1]
    ends = by_t(model.beta[1] / unit[0], float(np.sqrt(variance) / unit[0]), inf)
    return _within(name, *ends, truth)


def _observed_information(model: Model, x: FloatArray, y: FloatArray) -> FloatArray:
    """Of the NB2 likelihood. The last parameter is log(1 / α), so α = 0 has none."""
    if model.alpha == 0:
        return crossed(x * model.weights[:, None], x)
    size, mean = 1 / model.alpha, model.mean
    total = size + mean
    first = size * (digamma(y + size) - digamma(size) + np.log(size / total) + (mean - y) / total)
    rise = polygamma(1, y + size) - polygamma(1, size)
    curvature = first + size**2 * (rise + 1 / size - 2 / total + (y + size) / total**2)
    across = -crossed(x, mean * (y - mean) * size / total**2)
    within = crossed(x * (mean * size * (size + y) / total**2)[:, None], x)
    return np.block([[within, across[:, None]], [across, -curvature.sum()]])


def resampled(videos: Videos, truth: Truth) -> Iterator[IntervalCheck]:
    """Spearman's correlation with the bootstrap of creators, for any number of creators."""
    groups = Groups.of(videos.creators)
    ranked = WeightedRanks([videos.frame["rating"].to_numpy(), videos.frame["views"].to_numpy()])

    def statistic(weights: FloatArray) -> FloatArray:
        return correlations(ranked.products(weights), [(0, 1)])

    drawn = bootstrap(statistic, groups, RESAMPLES, seed=1)
    estimate = float(statistic(np.ones((1, groups.n)))[0, 0])
    ends = interval.interval_of(estimate, drawn[:, 0], "bootstrap", groups)
    yield _within("spearman, bootstrap of creators", ends.low, ends.high, truth.spearman)


def _hit(name: str, effect: Effect, truth: float) -> IntervalCheck:
    if effect.p is None:
        return IntervalCheck(name, None, None)
    low = -inf if effect.ci_low is None else effect.ci_low
    high = inf if effect.ci_high is None else effect.ci_high
    return _within(name, low, high, truth)


def _within(name: str, low: float | None, high: float | None, truth: float) -> IntervalCheck:
    if low is None or high is None:
        return IntervalCheck(name, None, None)
    return IntervalCheck(name, bool(low <= truth <= high), bool(low > 0 or high < 0))
