"""Recognises gradual edits on the strip of tiny pictures: dissolves, wipes, slides, fades, flashes.

The camera is asked first: what a shift, a zoom or an exposure explains is not an edit.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals.blends import blends
from shared.rating.signals.candidates import (
    BLENDS_BELOW,
    BLOCK,
    LENGTHS,
    PLAIN,
    Candidate,
    Kind,
    outstanding,
)
from shared.rating.signals.flashes import flashes
from shared.rating.signals.strip import STEP_S, Pictures
from shared.rating.signals.unblended import Cuts, UnblendedChanges, cuts_within

Array = NDArray[np.float32]

_NEARLY = 0.8  # of the quality of the best candidate
_BRIEF, _NEAR = 6, 2  # pictures: a flash that is no shot, and how near to it a cut is its own
_MOST_PLAIN = 5  # pictures between both sides of a fade
_GAINED = 0.3  # grey levels of standard deviation in one or two pictures of a fade


@dataclass(frozen=True, slots=True)
class Transition:
    """A gradual edit. `returns` tells that the shot goes on behind it, as behind a flash."""

    kind: Kind
    start_s: float
    end_s: float
    returns: bool = False


def find_transitions(pictures: Pictures, cuts_s: tuple[float, ...] = ()) -> tuple[Transition, ...]:
    """The gradual edits of a strip, in order and apart from each other.

    `cuts_s` are the moments of hard cuts. An unblended change that holds one is that cut.
    """
    luma = pictures.luma
    cuts = np.array(cuts_s) / STEP_S
    veils = (flash for flash in flashes(luma) if not _is_shot(luma, flash, cuts))
    candidates = [*veils, *_changes_of_scene(pictures, cuts)]
    chosen: list[Candidate] = []
    for candidate in sorted(candidates, key=attrgetter("quality"), reverse=True):
        if all(_apart(candidate, other) for other in chosen):
            chosen.append(candidate)
    contrast = _contrast(luma)
    whole = [_whole(part, candidates, contrast) for part in chosen]
    return tuple(_joined(sorted(whole, key=lambda candidate: candidate.first)))


def _is_shot(luma: Pictures, flash: Candidate, cuts: Cuts) -> bool:
    """Whether it is a dark shot between two cuts to bright ones that look alike."""
    within = cuts_within(cuts, flash.first - _NEAR, flash.last + _NEAR)
    is_plain = luma[(flash.first + flash.last) // 2].std() < PLAIN
    return bool(flash.last - flash.first > _BRIEF and within > 1 and not is_plain)


def _changes_of_scene(pictures: Pictures, cuts: Cuts) -> Iterator[Candidate]:
    """Blends, and changes of any other kind."""
    unblended = UnblendedChanges(pictures.luma, cuts)
    for windows in outstanding(unblended.luma):
        yield from blends(pictures, windows)
        yield from unblended.quick(windows)
        yield from unblended.between_rests(windows)


def _contrast(luma: Pictures) -> Array:
    """The standard deviation of each picture, in grey levels."""
    blocks = (luma[first : first + BLOCK] for first in range(0, len(luma), BLOCK))
    return np.concatenate([block.std(axis=1) for block in blocks])


def _apart(first: Candidate, second: Candidate) -> bool:
    """Whether two candidates share a picture at most, as both sides of a fade do."""
    return first.last <= second.first or second.last <= first.first


def _whole(chosen: Candidate, candidates: list[Candidate], contrast: Array) -> Candidate:
    """A transition with its faint parts. `contrast` is that of each picture, in grey levels."""
    if chosen.returns:
        return chosen
    if chosen.kind == "dissolve":
        return _widened(chosen, candidates)
    # A dark shot changes so little that its side of a fade is no candidate.
    plainest = chosen.first + int(np.argmin(contrast[chosen.first : chosen.last + 1]))
    first, last = (_faded_from(contrast, plainest, step) for step in (-1, 1))
    return replace(chosen, first=min(first, chosen.first), last=max(last, chosen.last))


def _widened(chosen: Candidate, candidates: list[Candidate]) -> Candidate:
    """The longest candidate of the kind that holds the best one, and is nearly as good.

    Where a scene moves, the middle of a wipe fits better than all of it. What is no blend stays as
    it is.
    """
    holding = (
        other
        for other in candidates
        if other.kind == chosen.kind
        and BLENDS_BELOW > other.quality >= _NEARLY * chosen.quality > 0
        and other.first <= chosen.first
        and other.last >= chosen.last
    )
    return max(holding, key=lambda other: other.last - other.first, default=chosen)


def _faded_from(contrast: Array, plain: int, step: int) -> int:
    """The picture up to which contrast grows steadily from a plain one, forwards or backwards.

    A picture may be shown twice on the strip, so each one is compared with the next two.
    """
    ahead = contrast[plain::step][: LENGTHS[-1] + 2]
    grows = np.maximum(ahead[1:-1], ahead[2:]) > ahead[:-2] + _GAINED
    begins = int(np.argmax(grows)) if grows.any() else _MOST_PLAIN + 1
    if begins > _MOST_PLAIN:
        return plain
    ends = begins + int(np.argmin(np.append(grows[begins:], False)))
    return plain + step * ends


def _joined(chosen: list[Candidate]) -> Iterator[Transition]:
    """Transitions with their times; a fade out and the fade in behind it are one."""
    waiting: Candidate | None = None
    for candidate in chosen:
        near = waiting is not None and candidate.first - waiting.last <= _MOST_PLAIN
        if waiting and near and waiting.kind == candidate.kind:
            last = max(waiting.last, candidate.last)
            waiting = replace(waiting, last=last, returns=waiting.returns and candidate.returns)
            continue
        if waiting:
            yield _timed(waiting)
        waiting = candidate
    if waiting:
        yield _timed(waiting)


def _timed(candidate: Candidate) -> Transition:
    start_s, end_s = (round(at * STEP_S, 2) for at in (candidate.first, candidate.last))
    return Transition(candidate.kind, start_s, end_s, candidate.returns)
