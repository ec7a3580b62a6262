"""The hazard ratio after the onset, by window and by second, and the test of the seconds before.

The seconds before the onset, of this video and of others at the same second, are what the window is
compared with (Borusyak, Jaravel & Spiess 2024 call them untreated). What follows the window has a
ratio of its own, and ends ten seconds after the onset. So a lasting effect does not hide in the
comparison. The seconds before are tested without any second after the onset, as those authors ask.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special  # type: ignore[import-untyped]

from shared.insights.moment.curve_rules import LAST_SECOND
from shared.insights.moment.design import FEWEST_CREATORS, MomentDesign
from shared.insights.moment.exposure import after, between, since_onset
from shared.insights.moment.result import HazardRatio, LeadTest
from shared.insights.statistics.distributions import t_quantile, t_tail
from shared.insights.statistics.hazard import HazardFit, LeavingSteps, NoHazard, hazard_fit
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups

FIRST_SECOND = -5
CONFIDENCE = 0.95
LEADS = tuple(range(FIRST_SECOND, 0))
LAGS = tuple(range(LAST_SECOND + 1))
FEWEST_CLUSTERS = 5
_LARGEST_LOG = 700.0


@dataclass(frozen=True, slots=True)
class WindowFit:
    """The fit of the window, its ratio and its covariance; the window is the first coefficient."""

    fit: HazardFit
    covariance: FloatArray
    effect: HazardRatio


def window_fit(design: MomentDesign, window_s: tuple[float, float], sd_s: float) -> WindowFit:
    """The ratio of the window, its onsets known with an error of this size. Raises NoHazard."""
    if design.clusters.count < FEWEST_CLUSTERS:
        raise NoHazard(
            f"{design.clusters.count} of the videos can be compared, {FEWEST_CLUSTERS} are needed"
        )
    steps = design.steps_where(since_onset(design.onsets_s, design.seconds) <= LAST_SECOND)
    window, *others = window_exposures(design.onsets_s, design.seconds, window_s, sd_s)
    # Where all videos end within the window, nothing lies after it.
    present = [column for column in others if (column[steps.at_risk > 0] > 0).any()]
    fit, covariance = _fitted(design, steps, np.stack([window, *present]))
    return WindowFit(fit, covariance, _ratio(fit, covariance, 0, design))


def window_exposures(
    onsets_s: FloatArray, seconds: int, window_s: tuple[float, float], sd_s: float
) -> FloatArray:
    """The window, all after it, and, where it begins later than the onset, what lies between."""
    since, past = (after(onsets_s, seconds, delay_s, sd_s) for delay_s in window_s)
    columns = [np.maximum(since - past, 0.0), past]
    if window_s[0] > 0:
        columns.append(between(onsets_s, seconds, (0.0, window_s[0]), sd_s))
    return np.stack(columns)


def lag_ratios(design: MomentDesign) -> dict[int, HazardRatio]:
    """The ratio of each second from the onset on, against all before it. Raises NoHazard."""
    since = since_onset(design.onsets_s, design.seconds)
    return _ratios(design, LAGS, since <= LAST_SECOND)[0]


def lead_ratios(design: MomentDesign) -> tuple[dict[int, HazardRatio], LeadTest | None]:
    """The ratio of each of five seconds before the onset, against earlier ones; and their test.

    Raises NoHazard.
    """
    is_before = since_onset(design.onsets_s, design.seconds) < 0
    ratios, fit = _ratios(design, LEADS, is_before)
    return ratios, _lead_test(design, fit, len(ratios))


def ratios_of(log_ratios: ArrayLike) -> FloatArray:
    """Ratios of their logs. Those that no float holds are cut off at 10^304."""
    return np.asarray(np.exp(np.clip(log_ratios, -_LARGEST_LOG, _LARGEST_LOG)), dtype=np.float64)


def _ratios(
    design: MomentDesign, seconds: tuple[int, ...], mask: BoolArray
) -> tuple[dict[int, HazardRatio], HazardFit]:
    since = since_onset(design.onsets_s, design.seconds)
    present = [second for second in seconds if _has_ratio(design, mask & (since == second))]
    if not present:
        raise NoHazard("nobody leaves at these seconds, or everybody does")
    steps = design.steps_where(mask & ~np.isin(since, sorted({*seconds} - {*present})))
    exposures = np.stack([(since == second).astype(np.float64) for second in present])
    fit, covariance = _fitted(design, steps, exposures)
    ratios = {second: _ratio(fit, covariance, at, design) for at, second in enumerate(present)}
    return ratios, fit


def _has_ratio(design: MomentDesign, mask: BoolArray) -> bool:
    """Whether some of those who watch leave, and some stay. Else the ratio is 0 or infinite."""
    leaves, at_risk = design.steps.leaves[mask].sum(), design.steps.at_risk[mask].sum()
    return bool(0 < leaves < at_risk)


def _fitted(
    design: MomentDesign, steps: LeavingSteps, exposures: FloatArray
) -> tuple[HazardFit, FloatArray]:
    """The fit and its covariance, with the most covariates that the steps can tell apart."""

    def fit(covariates: FloatArray) -> tuple[HazardFit, FloatArray]:
        solution = hazard_fit(steps, exposures, covariates)
        return solution, solution.bias_reduced(design.clusters)

    return design.with_covariates(fit)


def _lead_test(design: MomentDesign, fit: HazardFit, count: int) -> LeadTest | None:
    """Hotelling's test that all leads are 0; none where clusters are hardly more than leads.

    Where a few creators have most of the videos, their number says too little of the error of
    several leads at once: then videos are the clusters.
    """
    clusters = design.clusters
    if _effective_clusters(fit, clusters, count) < FEWEST_CREATORS:
        clusters = design.videos
    df = clusters.count - count
    if df < FEWEST_CLUSTERS:
        return None
    leads, covariance = fit.coefficients[:count], fit.bias_reduced(clusters)[:count, :count]
    wald = float(leads @ np.linalg.solve(covariance, leads))
    f = wald * df / (count * (clusters.count - 1))
    return LeadTest(f, (count, df), float(special.fdtrc(count, df, f)))


def _effective_clusters(fit: HazardFit, clusters: Groups, count: int) -> float:
    """As many clusters of equal information on the leads would be as uneven as these."""
    shares = clusters.sums(np.einsum("vkk->v", fit.information[:, :count, :count]))
    return float(shares.sum() ** 2 / (shares**2).sum())


def _ratio(fit: HazardFit, covariance: FloatArray, at: int, design: MomentDesign) -> HazardRatio:
    log_ratio, se = float(fit.coefficients[at]), float(np.sqrt(covariance[at, at]))
    if not se > 0:
        raise NoHazard("the videos do not differ enough for an interval")
    df = design.clusters.count - 1
    reach = float(t_quantile((1 + CONFIDENCE) / 2, df)) * se
    low, ratio, high = ratios_of([log_ratio - reach, log_ratio, log_ratio + reach])
    p = float(2 * t_tail(abs(log_ratio) / se, df))
    return HazardRatio(float(ratio), float(low), float(high), p, log_ratio, se, df)
