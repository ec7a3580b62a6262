"""Which curves can answer, and which are left out or flagged, by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from shared.insights.moment.options import MomentOptions
from shared.insights.moment.seconds import Curve
from shared.insights.statistics.resampling import BoolArray, FloatArray

FEWEST_POINTS = 5
FEWEST_VIEWERS = 30
"""Of fewer viewers a whole percent is less than one person."""

LARGEST_SHARE = 10.0
SMALLEST_PEAK = 0.1
"""A curve begins at 1. One that never reaches this is in another unit than its file."""

SPARE_S = 2.0
"""A curve may be so much longer than its video: lengths are rounded, and players loop."""

NOBODY = 1e-9
"""Of a smaller share nobody is watching."""

LAST_SECOND = 10
"""Seconds later than this after the onset are not used: what happens there is another event."""

Rule = Callable[[Curve, MomentOptions], bool]


@dataclass(frozen=True, slots=True)
class SortedCurves:
    """`usable` curves, in the order of their videos' ids; the ids of others by reason."""

    usable: tuple[Curve, ...]
    left_out: dict[str, tuple[str, ...]]
    flags: dict[str, tuple[str, ...]]


def sort_curves(curves: Sequence[Curve], options: MomentOptions) -> SortedCurves:
    """Apply the rules. A video is left out for the first reason that holds."""
    usable: dict[str, Curve] = {}
    left_out: dict[str, list[str]] = {}
    flags: dict[str, list[str]] = {}
    for curve in sorted(curves, key=lambda curve: curve.video_id):
        reason = "second_reading" if curve.video_id in usable else _reason(curve, options)
        if reason is not None:
            left_out.setdefault(reason, []).append(curve.video_id)
            continue
        usable[curve.video_id] = curve
        for flag, holds in FLAGS.items():
            if holds(curve):
                flags.setdefault(flag, []).append(curve.video_id)
    return SortedCurves(tuple(usable.values()), _tuples(left_out), _tuples(flags))


def observed_steps(shares: FloatArray) -> BoolArray:
    """Where the shares at both ends of a second are known, the last second left out: (T - 1,).

    A missing share costs the two seconds that it bounds. In the last second the video ends, and
    everybody leaves or the next round of a loop begins.
    """
    ends = np.isfinite(shares)
    steps: BoolArray = ends[:-1] & ends[1:]
    last = np.flatnonzero(steps)
    if len(last):
        steps[last[-1]] = False
    return steps


def _reason(curve: Curve, options: MomentOptions) -> str | None:
    return next((name for name, holds in RULES.items() if holds(curve, options)), None)


def _few_points(curve: Curve, options: MomentOptions) -> bool:
    return int(np.isfinite(curve.shares).sum()) < FEWEST_POINTS


def _not_a_share(curve: Curve, options: MomentOptions) -> bool:
    peak = np.nanmax(curve.shares)
    is_low = np.isfinite(curve.shares[0]) and 0 <= peak < SMALLEST_PEAK
    return bool(np.isinf(curve.shares).any() or peak > LARGEST_SHARE or is_low)


def _is_longer(curve: Curve, options: MomentOptions) -> bool:
    last = int(np.flatnonzero(np.isfinite(curve.shares))[-1])
    return curve.duration_s is not None and last > curve.duration_s + SPARE_S


def _is_outside(curve: Curve, options: MomentOptions) -> bool:
    assert curve.onset_s is not None
    ends_s = len(curve.shares) - 1 if curve.duration_s is None else curve.duration_s
    return not 0 <= curve.onset_s <= ends_s


def _few_viewers(curve: Curve, options: MomentOptions) -> bool:
    return curve.viewers is not None and curve.viewers < FEWEST_VIEWERS


def _nothing_before(curve: Curve, options: MomentOptions) -> bool:
    return not _observed(curve, -np.inf, 0.0).any()


def _nothing_within(curve: Curve, options: MomentOptions) -> bool:
    return not _observed(curve, *options.window_s).any()


def _observed(curve: Curve, start_s: float, end_s: float) -> BoolArray:
    assert curve.onset_s is not None
    steps = observed_steps(curve.shares)
    since_s = np.arange(len(steps)) - np.floor(curve.onset_s)
    inside: BoolArray = (curve.shares[:-1] > NOBODY) & (since_s >= start_s) & (since_s < end_s)
    return steps & inside


def _nobody_leaves(curve: Curve, options: MomentOptions) -> bool:
    ends = curve.shares[np.isfinite(curve.shares)]
    return bool(ends[0] <= ends[-1])


RULES: dict[str, Rule] = {
    "no_onset": lambda curve, _: curve.onset_s is None or not np.isfinite(curve.onset_s),
    "too_few_points": _few_points,
    "not_a_share": _not_a_share,
    "negative_share": lambda curve, _: bool(np.nanmin(curve.shares) < 0),
    "too_few_viewers": _few_viewers,
    "longer_than_the_video": _is_longer,
    "onset_outside_the_video": _is_outside,
    "nothing_before_the_onset": _nothing_before,
    "nothing_in_the_window": _nothing_within,
    "nobody_leaves": _nobody_leaves,
}
"""In the order in which they are asked. A later rule may rely on the earlier ones."""

FLAGS: dict[str, Callable[[Curve], bool]] = {
    "rising_shares": lambda curve: bool((np.diff(curve.shares) > 0).any()),
    "missing_seconds": lambda curve: bool(np.isnan(curve.shares).any()),
    "viewers_unknown": lambda curve: curve.viewers is None,
    "creator_unknown": lambda curve: not curve.creator,
}


def _tuples(ids: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {reason: tuple(of_reason) for reason, of_reason in ids.items()}
