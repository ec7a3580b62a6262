"""Whether one picture is another one seen by a camera that moved, or in another light.

Cut and transition finders ask this for their few candidates. The change of every tick is freed of
the camera in `ticks`.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Indices = NDArray[np.intp]

# Zooms between two pictures that are tried; between them a shift explains most of the change.
_ZOOMS = (0.77, 0.88, 1.0, 1.14, 1.3)
_LEAST_OVERLAP = 0.4  # of each side: less shared picture proves nothing
_SAME = 0.8  # correlation of two pictures of one scene where they overlap
_SAME_PICTURE = 0.97  # correlation; above it only brightness or contrast changed
_FLAT = 2.0  # grey levels of standard deviation; a flat picture has no scene


def is_same_picture(first: Array, second: Array) -> bool:
    """Whether two square grids of luma differ by gain and offset alone. Flat ones are the same."""
    spreads = (float(first.std()), float(second.std()))
    if min(spreads) < _FLAT:
        return max(spreads) < _FLAT
    return _overlap(first, second, 0, 0) > _SAME_PICTURE


def is_same_scene(first: Array, second: Array) -> bool:
    """Whether some shift and zoom brings two square grids of luma together, up to gain and offset.

    A flat picture has no scene, so it is never the same, unless both are flat.
    """
    spreads = (float(first.std()), float(second.std()))
    if min(spreads) < _FLAT:
        return max(spreads) < _FLAT
    pairs = np.array([_zoomed(first, second, zoom) for zoom in _ZOOMS])
    return any(
        max(_overlap(a, b, down, right), _overlap(a, b, 0, 0)) > _SAME
        for (a, b), (down, right) in zip(pairs, _shifts(pairs), strict=True)
    )


def _zoomed(first: Array, second: Array, zoom: float) -> tuple[Array, Array]:
    """Enlarge the picture that shows more, so that things have one size in both."""
    if zoom >= 1:
        return _enlarged(first, zoom), second
    return first, _enlarged(second, 1 / zoom)


def _enlarged(picture: Array, zoom: float) -> Array:
    if zoom == 1:
        return picture
    at = _enlarging(len(picture), zoom)
    return np.asarray(picture[np.ix_(at, at)])


@lru_cache(maxsize=16)
def _enlarging(side: int, zoom: float) -> Indices:
    centre = (side - 1) / 2
    return np.asarray(np.rint(centre + (np.arange(side) - centre) / zoom), dtype=np.intp)


def _shifts(pairs: Array) -> list[tuple[int, int]]:
    """How far down and right the first picture of each pair lies, by phase correlation."""
    side = pairs.shape[-1]
    apart = pairs - pairs.mean(axis=(2, 3), keepdims=True)
    spectra = np.fft.rfft2(apart * _window(side))  # of all at once: each call has a fixed cost
    cross = spectra[:, 0] * np.conj(spectra[:, 1])
    peaks = np.fft.irfft2(cross / (np.sqrt(np.abs(cross)) + 1e-6), s=(side, side))
    places = (divmod(int(at), side) for at in peaks.reshape(len(pairs), -1).argmax(axis=1))
    wrapped = ((part - side * (part > side // 2) for part in shift) for shift in places)
    return [(down, right) for down, right in wrapped]


@lru_cache(maxsize=4)
def _window(side: int) -> Array:
    ramp = np.hanning(side + 2)[1:-1]
    return np.sqrt(np.outer(ramp, ramp)).astype(np.float32)


def _overlap(first: Array, second: Array, down: int, right: int) -> float:
    """Correlation of first[y + down, x + right] with second[y, x]; 0 where little overlaps."""
    side = len(first)
    if side - max(abs(down), abs(right)) < _LEAST_OVERLAP * side:
        return 0.0
    a = first[max(0, down) : side + min(0, down), max(0, right) : side + min(0, right)]
    b = second[max(0, -down) : side + min(0, -down), max(0, -right) : side + min(0, -right)]
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > a.size else 0.0
