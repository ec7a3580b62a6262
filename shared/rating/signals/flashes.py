"""Flashes, and fades out of a shot and back into it: to a plain picture, and back."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from shared.rating.signals.candidates import (
    BLOCK,
    LENGTHS,
    PLAIN,
    Candidate,
    Kind,
    is_one_scene,
)
from shared.rating.signals.strip import Pictures

Array = NDArray[np.float32]

_DEPARTURE = 20.0  # grey levels, the mean of the cells
# A dark shot cannot go so far. It must be covered whole, and go .6 of its contrast.
_COVERED, _IN_CONTRASTS, _LEAST_DEPARTURE = 0.1, 0.6, 5.0
_VEILED = 0.7  # contrast that a flash leaves, at most
_MOST_MOVED = 0.3  # of the old picture's contrast: what moves under a veil differs by no more
_SAME_AGAIN = 0.35  # of the departure: how far the picture after a flash may differ


def flashes(luma: Pictures) -> Iterator[Candidate]:
    """Those of every length."""
    for length in LENGTHS:
        if len(luma) <= length:
            return
        for first in range(0, len(luma) - length, BLOCK):
            yield from _of_block(luma[first : first + BLOCK + length], first, length)


def _of_block(luma: Array, first: int, length: int) -> Iterator[Candidate]:
    """Those of one length that begin in a block of pictures, the first of which is `first`."""
    middle = luma[length // 2 : len(luma) - length + length // 2]
    before, after = luma[:-length], luma[length:]
    departed = np.minimum(np.abs(middle - before), np.abs(middle - after)).mean(axis=1)
    is_back = np.abs(after - before).mean(axis=1) < _SAME_AGAIN * departed
    for at in np.flatnonzero((departed > _least(before, middle)) & is_back).tolist():
        if _is_veiled(before[at], middle[at]) and is_one_scene(before[at], after[at]):
            kind: Kind = "flash" if middle[at].mean() > before[at].mean() else "fade"
            quality = 2.0 + float(departed[at]) / 255 - 0.01 * length
            yield Candidate(first + at, first + at + length, quality, kind, returns=True)


def _least(before: Array, middle: Array) -> Array:
    """How far each picture must depart from the one before: grey levels, the mean of the cells."""
    contrast = before.std(axis=1)
    least = np.clip(_IN_CONTRASTS * contrast, _LEAST_DEPARTURE, _DEPARTURE)
    return np.where(middle.std(axis=1) < _COVERED * contrast, least, _DEPARTURE)


def _is_veiled(before: Array, middle: Array) -> bool:
    """Whether a picture is another one under a plain colour."""
    a, b = before - before.mean(), middle - middle.mean()
    contrast = float(a @ b) / float(a @ a + 1e-6)
    remainder = float(((b - contrast * a) ** 2).mean()) ** 0.5
    # What shows through is the old picture or its negative, more than anything else. A dark shot of
    # its own is no veil, though it has less contrast than the shots around it.
    most = min(_MOST_MOVED, abs(contrast)) * float(a.std())
    return contrast < _VEILED and remainder < max(PLAIN, most)
