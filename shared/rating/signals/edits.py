"""Where a clip is edited, and which ticks that takes out of the surprise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals.decode import Footage
from shared.rating.signals.gamma import TOGETHER
from shared.rating.signals.ordinary import EditMarks
from shared.rating.signals.sound import TICKS_PER_S
from shared.rating.signals.transitions import Transition, find_transitions

_ROUNDING = 1e-6  # ticks
_NEAR_S = 0.08  # a cut so near to a transition is a part of it
_SOFT_S = 0.05  # a soft cut begins so long before the frame that changes most
_SHORT_S = 0.3  # a shorter dissolve may look like a cut
# A transition is known to the picture of the strip. Its faint first part is often missed, its last
# part hardly ever.
_MARGIN_S, _FAINT_SHARE = 0.04, 0.1
_NEW_SHOT_SHARE = 0.75  # of a transition; then little of the old shot is left


@dataclass(frozen=True, slots=True)
class Edits:
    """Hard cuts, and gradual transitions with their start and end."""

    cuts_s: tuple[float, ...]
    transitions: tuple[Transition, ...]
    damaged_s: tuple[tuple[float, float], ...] = ()
    """Spans that did not decode as they were made; nothing in them is a surprise."""

    @property
    def changes_s(self) -> tuple[float, ...]:
        """One moment for each edit: the rhythm of the montage."""
        middles = ((part.start_s + part.end_s) / 2 for part in self.transitions)
        return tuple(sorted([*self.cuts_s, *middles]))

    def marks(self, ticks: int) -> EditMarks:
        """The ticks that edits touch, and those of them in which a new shot begins."""
        touched, new = (np.zeros(ticks, dtype=bool) for _ in range(2))
        for at_s in self.cuts_s:
            _mark(touched, at_s - _SOFT_S, at_s, TOGETHER)
            _mark(new, at_s, at_s)
        for part in self.transitions:
            seconds = part.end_s - part.start_s
            starts_s = part.start_s - _MARGIN_S - _FAINT_SHARE * seconds
            _mark(touched, starts_s, part.end_s + _MARGIN_S, TOGETHER)
            if not part.returns:
                _mark(new, starts_s, part.start_s + _NEW_SHOT_SHARE * seconds)
        for start_s, end_s in self.damaged_s:
            _mark(touched, start_s, end_s, TOGETHER)
        return EditMarks(touched, new)


def _mark(marks: NDArray[np.bool_], start_s: float, end_s: float, after: int = 1) -> None:
    """Mark the ticks of a span, and those `after` it that are compared with the last of them."""
    first, last = (int(at_s * TICKS_PER_S + _ROUNDING) for at_s in (max(0.0, start_s), end_s))
    marks[min(len(marks) - 1, first) : last + 1 + after] = True


def edits_of(footage: Footage) -> Edits:
    """All edits of a clip. One moment is not listed twice, as a cut and as a transition."""
    finder = footage.cuts
    cuts_s = tuple(round(finder.times[index], 4) for index in finder.cuts())
    transitions = tuple(
        part
        for part in find_transitions(footage.strip.pictures(), cuts_s)
        # A long dissolve has no hard cut inside, so what has one is a moving shot before a cut.
        if part.kind != "dissolve"
        or part.end_s - part.start_s < _SHORT_S
        or not any(_is_in(at_s, part) for at_s in cuts_s)
    )
    apart = tuple(
        at_s
        for at_s in cuts_s
        if not any(_is_in(at_s, part) for part in transitions)
        and not any(start_s <= at_s <= end_s for start_s, end_s in footage.damaged_s)
    )
    return Edits(apart, transitions, tuple(footage.damaged_s))


def _is_in(at_s: float, part: Transition) -> bool:
    return part.start_s - _NEAR_S <= at_s <= part.end_s + _NEAR_S
