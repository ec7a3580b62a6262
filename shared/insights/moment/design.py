"""The arrays of the estimate: who is at risk of leaving at each second, and who leaves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from shared.insights.moment.curve_rules import LAST_SECOND, NOBODY, observed_steps
from shared.insights.moment.positions import POWERS, positions
from shared.insights.moment.result import Cluster
from shared.insights.moment.seconds import Curve
from shared.insights.statistics.hazard import LeavingSteps, NoHazard
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups

FitT = TypeVar("FitT")

FEWEST_CREATORS = 10
"""With fewer of them, the videos are the clusters."""

SIGNALS = ("cuts", "motion", "loudness")
_ENOUGH_VIEWERS = 1_000.0
"""From about here on, rounding to whole percents blurs a second more than chance does.

So a video of a million viewers counts hardly more than one of ten thousand. Otherwise a single
video could decide the answer, and clustered errors would not hold."""


_NEARLY_CONSTANT = 1e-9


@dataclass(frozen=True, slots=True)
class MomentDesign:
    """Usable curves as arrays; `onsets_s` (videos,), `steps`, `signals` and `positions` by second.

    `signals` (k, videos, seconds) have the names `signal_names`.
    """

    curves: tuple[Curve, ...]
    onsets_s: FloatArray
    steps: LeavingSteps
    signals: FloatArray
    signal_names: tuple[str, ...]
    positions: FloatArray
    clusters: Groups
    cluster: Cluster

    @property
    def seconds(self) -> int:
        return int(self.steps.at_risk.shape[1])

    @property
    def videos(self) -> Groups:
        """Each video as a cluster of its own."""
        return Groups.of(range(len(self.onsets_s)))

    def with_covariates(self, fit: Callable[[FloatArray], FitT]) -> FitT:
        """What `fit` makes of the most covariates that it can tell apart. Raises NoHazard."""
        powers = self.positions[: len(POWERS)]
        *richer, poorest = [self.positions, powers, powers[:0]] if len(powers) else [powers]
        for covariates in richer:
            try:
                return fit(np.concatenate([self.signals, covariates]))
            except NoHazard:
                continue
        return fit(np.concatenate([self.signals, poorest]))

    def steps_where(self, mask: BoolArray) -> LeavingSteps:
        """The steps where the mask is true, of videos and seconds that have an effect."""
        at_risk = np.where(mask, self.steps.at_risk, 0.0)
        return LeavingSteps(self.steps.leaves, at_risk).estimable()


def moment_design(curves: Sequence[Curve], uses_covariates: bool = True) -> MomentDesign:
    """The arrays of usable curves."""
    onsets_s = np.array([curve.onset_s for curve in curves], dtype=np.float64)
    steps = leaving_steps(curves, int(onsets_s.max()) + LAST_SECOND + 1)
    signals = _signals(curves, steps.at_risk > 0) if uses_covariates else {}
    by_signal = np.zeros((len(signals), *steps.at_risk.shape))
    for at, values in enumerate(signals.values()):
        by_signal[at] = values
    clusters, cluster = _clusters(curves)
    return MomentDesign(
        tuple(curves),
        onsets_s,
        steps,
        by_signal,
        tuple(signals),
        positions(_lengths_s(curves), steps.at_risk.shape[1]),
        clusters,
        cluster,
    )


def _lengths_s(curves: Sequence[Curve]) -> FloatArray:
    """Lengths of the videos in seconds; of the curve, where the video's is not known."""
    return np.array(
        [curve.duration_s or max(len(curve.shares) - 1, 1) for curve in curves], dtype=np.float64
    )


def leaving_steps(curves: Sequence[Curve], most_seconds: int) -> LeavingSteps:
    """Viewers at risk at each second, and leaves until the next, by video.

    Shares that rise give negative leaves.
    """
    seconds = min(most_seconds, max(len(curve.shares) for curve in curves) - 1)
    weights = _weights(curves)
    leaves, at_risk = np.zeros((2, len(curves), seconds))
    for row, (curve, weight) in enumerate(zip(curves, weights, strict=True)):
        usable = np.flatnonzero(observed_steps(curve.shares) & (curve.shares[:-1] > NOBODY))
        usable = usable[usable < seconds]
        at_risk[row, usable] = weight * curve.shares[usable]
        leaves[row, usable] = weight * (curve.shares[usable] - curve.shares[usable + 1])
    return LeavingSteps(leaves, at_risk)


def _weights(curves: Sequence[Curve]) -> FloatArray:
    """The number of viewers that a curve weighs as; where unknown, as the median of the others."""
    counts = np.array([curve.viewers or np.nan for curve in curves], dtype=np.float64)
    present = counts[np.isfinite(counts)]
    usual = float(np.median(present)) if len(present) else _ENOUGH_VIEWERS
    counts = np.where(np.isfinite(counts), counts, usual)
    return effective_viewers(counts)


def effective_viewers(counts: FloatArray) -> FloatArray:
    """What curves of so many viewers weigh: as many where they are few, at most 1,000."""
    effective: FloatArray = counts * _ENOUGH_VIEWERS / (counts + _ENOUGH_VIEWERS)
    return effective


def _signals(curves: Sequence[Curve], mask: BoolArray) -> dict[str, FloatArray]:
    """Signals that all videos have and that vary, in standard deviations over the seconds used."""
    signals = {}
    for name in SIGNALS:
        if any(getattr(curve, name) is None for curve in curves):
            continue
        values = _matrix(curves, name, mask.shape[1])
        mean, sd = values[mask].mean(), values[mask].std()
        if sd > _NEARLY_CONSTANT:
            signals[name] = (values - mean) / sd
    return signals


def _matrix(curves: Sequence[Curve], name: str, seconds: int) -> FloatArray:
    """The signal of each second; 0 where it is missing, or ends before the curve."""
    matrix = np.zeros((len(curves), seconds))
    for row, curve in enumerate(curves):
        values = np.nan_to_num(np.asarray(getattr(curve, name), dtype=np.float64)[:seconds])
        matrix[row, : len(values)] = values
    return matrix


def _clusters(curves: Sequence[Curve]) -> tuple[Groups, Cluster]:
    creators = {curve.creator for curve in curves if curve.creator}
    if len(creators) < FEWEST_CREATORS:
        return Groups.of(curve.video_id for curve in curves), "video"
    # A video of an unknown creator stands for itself.
    return Groups.of(curve.creator or f"video {curve.video_id}" for curve in curves), "creator"
