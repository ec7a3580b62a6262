"""What is ordinary at each moment of a clip: its contrast, its change and its nats.

Ticks that an edit touches count nowhere. A short clip has few ticks, so its levels are shrunk
towards those of footage in general. So an edit that takes a third of a clip moves them little.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals.sound import TICKS_PER_S

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

_CHANGE_WINDOW = 30  # past ticks that define the ordinary change
_LEAST_CONTRAST = 8.0  # grey levels; flatter pictures are not stretched further
_AT_ONCE = 512  # ticks whose windows are sorted together: a long clip has no memory for all
_AROUND = 2 * TICKS_PER_S  # scored ticks on each side that define the ordinary nats
# Nothing counts up to so many standard deviations of log nats above the ordinary level. Where
# people move now and then, such footage has a wide upper tail: a movement is no surprise.
_DEVIATIONS, _LEAST_MULTIPLE = 2.5, 3.0
_TAIL_PERCENTILE = 84.13  # one standard deviation above the median
_SEEN_MOTION = 0.5  # grey levels per tick; less is noise of the codec
_SCATTERS = 2.0  # standard deviations above the line that motion explains
_STEEPEST = 3.0
_SHRINKING = 0.04  # variance of log motion at which a slope is halved
_FEWEST_TICKS = 10
_NOISE_NATS = 10.0  # so much may be noise wherever something moves
# Footage in general, and how many ticks of the clip it weighs (Efron & Morris 1975).
_GENERAL_NATS, _GENERAL_NATS_TICKS = 50.0, 60
_GENERAL_TAIL, _GENERAL_TAIL_TICKS = 0.44, 600  # of log nats above the median
_GENERAL_SCATTER, _GENERAL_SCATTER_TICKS = 0.5, 120  # of log nats around the line


@dataclass(frozen=True, slots=True)
class EditMarks:
    """Ticks that edits touch: these are not scored. A new shot begins in some of them."""

    touched: Marks
    new_shot: Marks

    def scored(self, values: Floats) -> Floats:
        """The values with NaN where an edit touches, and at the first tick, which has no change."""
        scored = values.copy()
        scored[0] = np.nan
        scored[self.touched] = np.nan
        return scored

    def bridges(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The ticks that an edit hides while their shot goes on, and the nearest seen beside each.

        A flash, or a span that did not decode, hides what happens under it. That is taken to be
        like what is seen beside it: else all that began there would be new behind it.
        """
        hidden: list[int] = []
        nearest: list[int] = []
        edges = np.flatnonzero(np.diff(self.touched, prepend=False, append=False))
        for first, end in edges.reshape(-1, 2).tolist():
            # The first tick has no change, so it is like no other.
            if first < 2 or end == len(self.touched) or self.new_shot[first:end].any():
                continue
            middle = (first + end) // 2
            hidden += range(first, end)
            nearest += [first - 1] * (middle - first) + [end] * (end - middle)
        return np.array(hidden, dtype=np.intp), np.array(nearest, dtype=np.intp)


def ordinary_contrast(spread: Floats, edits: EditMarks) -> float:
    """The clip's contrast in grey levels, at least a faint one."""
    return max(_LEAST_CONTRAST, _median(edits.scored(spread)))


def ordinary_change(level: Floats, floor: float, edits: EditMarks) -> Floats:
    """The ordinary size of change at each tick, from the past."""
    scored = edits.scored(level)
    least = max(floor, _median(scored))
    usual = np.fmax(least, _running_median(scored, _CHANGE_WINDOW, -1))
    usual[:2] = least
    return usual


def ordinary_nats(nats: Floats, edits: EditMarks, motion: Floats | None) -> Floats:
    """The unsurprising nats of each tick: a multiple of the level, or what motion explains.

    The multiple grows with the clip's upper tail; it is 3 in footage in general.
    """
    scored = edits.scored(nats)
    level = np.fmax(_median(scored), _median_around(scored))
    own = _own_share(int(np.isfinite(scored).sum()), _GENERAL_NATS_TICKS)
    general = float(np.log(_GENERAL_NATS + _NOISE_NATS))
    log_level = own * np.log(level + _NOISE_NATS) + (1 - own) * general
    multiple = max(_LEAST_MULTIPLE, np.exp(_DEVIATIONS * _upper_tail(scored)))
    limit = np.asarray(multiple * (np.exp(log_level) - _NOISE_NATS))
    if motion is None:
        return limit
    return np.asarray(np.maximum(limit, _explained_by(motion, scored)))


def _upper_tail(scored: Floats) -> float:
    """Standard deviation of log nats above their median, shrunk towards that of all footage."""
    finite = scored[np.isfinite(scored)]
    if finite.size == 0:
        return _GENERAL_TAIL
    middle, high = np.log(np.percentile(finite, (50, _TAIL_PERCENTILE)) + _NOISE_NATS)
    own = _own_share(finite.size, _GENERAL_TAIL_TICKS)
    return float(own * (high - middle) + (1 - own) * _GENERAL_TAIL)


def _own_share(ticks: int, general_ticks: int) -> float:
    """How much so many ticks of a clip weigh beside footage in general, 0-1."""
    return ticks / (ticks + general_ticks)


def _median(values: Floats) -> float:
    """The median without NaN; 0 where there is nothing else."""
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else 0.0


def _median_around(scored: Floats) -> Floats:
    """Median of the scored ticks nearest to each tick, _AROUND on each side.

    An edit shortens no such window. Else an event beside a long one would be ordinary there.
    """
    finite = np.isfinite(scored)
    if not finite.any():
        return np.zeros_like(scored)
    medians = _running_median(scored[finite], _AROUND, _AROUND)
    return np.asarray(medians[np.maximum(0, np.cumsum(finite) - 1)])


def _running_median(values: Floats, before: int, after: int) -> Floats:
    """Median from `before` ticks back to `after` ticks ahead, the tick included; ignores NaN."""
    padded = np.concatenate([np.full(before, np.nan), values, np.full(max(0, after), np.nan)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, before + after + 1)[: len(values)]
    blocks = [windows[first : first + _AT_ONCE] for first in range(0, len(windows), _AT_ONCE)]
    return np.concatenate([_medians(block) for block in blocks])


def _medians(windows: Floats) -> Floats:
    """The median of each row without NaN."""
    ordered = np.sort(windows, axis=1)  # NaN is sorted last
    counts = np.isfinite(ordered).sum(axis=1)
    rows = np.arange(len(windows))
    low, high = ordered[rows, np.maximum(0, counts - 1) // 2], ordered[rows, counts // 2]
    return np.asarray((low + high) / 2)


def _explained_by(motion: Floats, nats: Floats) -> Floats:
    """Upper edge of the log-log line of nats on motion, fitted to the quieter nine tenths.

    `nats` are NaN where they are not scored.
    """
    scored = np.isfinite(nats)
    bulk = _quieter_bulk(nats, scored)
    if bulk.sum() < max(_FEWEST_TICKS, scored.sum() / 2):
        return np.zeros_like(nats)  # little moves in this clip: any motion is an event
    log_motion = np.log(motion + _SEEN_MOTION)
    # Without a floor the line's scatter would be that of noise.
    log_nats = np.log(nats[bulk] + _NOISE_NATS)
    along = log_motion[bulk] - log_motion[bulk].mean()
    # Where motion hardly varies the slope is a guess, so it is shrunk towards 0.
    slope = float(along @ log_nats) / (float(along @ along) + _SHRINKING * len(along))
    slope = min(max(slope, 0.0), _STEEPEST)
    apart = log_nats - slope * log_motion[bulk]
    base = float(np.median(apart))
    deviation = 1.4826 * float(np.median(np.abs(apart - base)))
    own = _own_share(int(bulk.sum()), _GENERAL_SCATTER_TICKS)
    scatter = own * deviation + (1 - own) * _GENERAL_SCATTER
    # No bound on the motion: the fastest tick of the bulk would be one, and an encoder moves it.
    return np.asarray(np.exp(base + slope * log_motion + _SCATTERS * scatter))


def _quieter_bulk(nats: Floats, scored: Marks) -> Marks:
    """The ticks with some nats, without the loudest tenth of those that are scored."""
    if not scored.any():
        return scored
    filled = np.where(scored, nats, 0.0)
    return np.asarray((filled > 0) & (filled <= np.percentile(nats[scored], 90)))
