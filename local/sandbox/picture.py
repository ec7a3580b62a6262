"""The pictures of a clip: a textured scene, a subject with a regular motion, and its breaks."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from local.sandbox.designs import Design

Plane = NDArray[np.int16]
_MARGIN = 64  # luma pixels around the frame that a pan may use; even, so that chroma stays aligned
_SUBJECT_RADIUS = 0.13  # of the frame's width


@dataclass(frozen=True, slots=True)
class Scene:
    """A background larger than the frame, as 4:2:0 planes."""

    y: Plane
    u: Plane
    v: Plane

    def mixed_with(self, other: "Scene", weight: float) -> "Scene":
        """A scene that differs from this one by `weight` (0 the same, 1 the other)."""
        pairs = ((self.y, other.y), (self.u, other.u), (self.v, other.v))
        mixed = [a + np.rint((b - a) * weight).astype(np.int16) for a, b in pairs]
        return Scene(*mixed)


class Picture:
    """Frames of one design, in any order. The same generator state gives the same frames."""

    def __init__(self, design: Design, rng: np.random.Generator):
        self.design = design
        self._width, self._height = design.size
        self._rng = rng
        self._scenes = self._make_scenes()

    def frame(self, index: int) -> NDArray[np.uint8]:
        """Frame `index` as PyAV's yuv420p array: shape (height * 3 / 2, width)."""
        t = index / self.design.fps
        x, y = self._camera(index)
        scene = self._scene_at(index)
        w, h = self._width, self._height
        luma = scene.y[y : y + h, x : x + w].copy()
        u = scene.u[y // 2 : (y + h) // 2, x // 2 : (x + w) // 2].copy()
        v = scene.v[y // 2 : (y + h) // 2, x // 2 : (x + w) // 2].copy()
        self._put_subject(luma, u, v, t)
        if self.design.noise:
            luma += self._noise_for_frame()
        planes = [np.clip(p, 0, 255).astype(np.uint8).ravel() for p in (luma, u, v)]
        return np.concatenate(planes).reshape(h * 3 // 2, w)

    def _make_scenes(self) -> list[Scene]:
        first = _scene(self.design, self._rng, palette=0)
        scenes = [first]
        for cut in range(len(self.design.cuts_s)):
            other = _scene(self.design, self._rng, palette=cut + 1)
            planted = self.design.kind == "jump_cut"
            scenes.append(first.mixed_with(other, self.design.surprise) if planted else other)
        return scenes

    def _scene_at(self, index: int) -> Scene:
        cuts = [round(cut * self.design.fps) for cut in self.design.cuts_s]
        return self._scenes[sum(index >= cut for cut in cuts)]

    def _camera(self, index: int) -> tuple[int, int]:
        if not self.design.moving:
            return _MARGIN, _MARGIN
        step = 2 if self._width > 400 else 1  # whole pixels per frame: a pan without judder
        return _to_and_fro(index * step), _to_and_fro(index * step // 2 + _MARGIN)

    def _put_subject(self, luma: Plane, u: Plane, v: Plane, t: float) -> None:
        oddness = self._oddness(t)
        phase = (t % self.design.pulse_s) / self.design.pulse_s
        hop = abs(np.sin(np.pi * phase)) * 0.10 * self._height
        radius = self._width * _SUBJECT_RADIUS * (1 + 0.9 * oddness)
        centre_x = self._width * (0.5 - 0.15 * oddness)
        centre_y = self._height * (0.62 - 0.25 * oddness) - hop
        box, mask, rings = _shape(luma.shape, centre_x, centre_y, radius, square=oddness >= 0.5)
        tone = 205 - 150 * oddness
        _blend(luma[box], mask, tone + 18 * rings)
        half = tuple(slice(side.start // 2, side.stop // 2) for side in box)
        _blend(u[half], mask[::2, ::2], 100 + 70 * oddness)
        _blend(v[half], mask[::2, ::2], 160 - 80 * oddness)

    def _oddness(self, t: float) -> float:
        """The oddity of the subject at `t`: the planted size during one pulse, else 0."""
        onset_s = self.design.onset_s
        if onset_s is None or not self.design.kind.startswith("oddball"):
            return 0.0
        during = onset_s - 1e-6 <= t < onset_s + self.design.pulse_s - 1e-6
        return self.design.surprise if during else 0.0

    @cached_property
    def _grain(self) -> Plane:
        shape = (self._height + _MARGIN, self._width + _MARGIN)
        grain = self._rng.normal(0, self.design.noise, shape)
        return np.rint(grain).astype(np.int16)

    def _noise_for_frame(self) -> Plane:
        # A random window of one field of grain: new noise for every frame at no cost.
        grain = self._grain
        y, x = self._rng.integers(0, _MARGIN, 2)
        return grain[y : y + self._height, x : x + self._width]


def _to_and_fro(step: int) -> int:
    """A position that walks 0 .. 2 * margin and back, one unit a step."""
    return abs((step + 2 * _MARGIN) % (4 * _MARGIN) - 2 * _MARGIN)


def _scene(design: Design, rng: np.random.Generator, palette: int) -> Scene:
    w, h = design.size[0] + 2 * _MARGIN, design.size[1] + 2 * _MARGIN
    hue = rng.uniform(0, 2 * np.pi) + palette * 2.4  # about the golden angle: scenes differ
    brightness = 95 + 45 * (palette % 2) + rng.uniform(-8, 8)
    luma = brightness + 34 * _TEXTURES[design.texture](rng, h, w)
    chroma = [
        128 + 34 * turn + 14 * _field(rng, h // 2, w // 2, cell=60)
        for turn in (np.cos(hue), np.sin(hue))
    ]
    return Scene(*(np.rint(np.clip(p, 8, 247)).astype(np.int16) for p in (luma, *chroma)))


def _field(rng: np.random.Generator, h: int, w: int, cell: int) -> NDArray[np.float32]:
    """Smooth random values of about unit size that change over `cell` pixels."""
    grid = rng.normal(0, 1, (h // cell + 2, w // cell + 2)).astype(np.float32)
    return np.asarray(_weights(h, cell) @ grid @ _weights(w, cell).T, np.float32)


def _weights(length: int, cell: int) -> NDArray[np.float32]:
    """The matrix that stretches a grid of values to `length` pixels, linearly."""
    at = np.arange(length) / cell
    lower = at.astype(int)
    weights = np.zeros((length, length // cell + 2))
    weights[np.arange(length), lower] = 1 - (at - lower)
    weights[np.arange(length), lower + 1] = at - lower
    return weights.astype(np.float32)


def _cloud(rng: np.random.Generator, h: int, w: int) -> NDArray[np.float32]:
    layers = [_field(rng, h, w, cell) * (cell / 96) ** 0.6 for cell in (96, 48, 24, 12, 6)]
    cloud: NDArray[np.float32] = np.array(layers).sum(axis=0) / np.float32(1.3)
    return cloud


def _hills(rng: np.random.Generator, h: int, w: int) -> NDArray[np.float32]:
    return np.float32(2.2) * np.abs(_cloud(rng, h, w)) - np.float32(1.2)


def _weave(rng: np.random.Generator, h: int, w: int) -> NDArray[np.float32]:
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    bend = 6 * _field(rng, h, w, 80)
    threads = np.sin((x + bend) / 5) * np.sin((y + bend) / 7)
    woven: NDArray[np.float32] = (0.7 * threads + 0.7 * _cloud(rng, h, w)).astype(np.float32)
    return woven


def _bricks(rng: np.random.Generator, h: int, w: int) -> NDArray[np.float32]:
    y, x = np.mgrid[0:h, 0:w]
    row = y // 26
    column = (x + 23 * (row % 2)) // 46
    tones = rng.normal(0, 0.5, (h // 26 + 1, w // 46 + 2))
    mortar = (y % 26 < 3) | ((x + 23 * (row % 2)) % 46 < 3)
    bricks = np.where(mortar, -1.4, tones[row, column])
    wall: NDArray[np.float32] = (bricks + 0.5 * _cloud(rng, h, w)).astype(np.float32)
    return wall


_TEXTURES = {"cloud": _cloud, "hills": _hills, "weave": _weave, "bricks": _bricks}


def _shape(
    frame: tuple[int, ...], x: float, y: float, radius: float, square: bool
) -> tuple[tuple[slice, slice], NDArray[np.float32], NDArray[np.float32]]:
    """A soft-edged disc or square: its even bounds, its mask and its rings."""
    reach = int(radius) + 4
    top, start_x = max(0, int(y) - reach) // 2 * 2, max(0, int(x) - reach) // 2 * 2
    bottom = min(frame[0] // 2 * 2, (int(y) + reach) // 2 * 2)
    right = min(frame[1] // 2 * 2, (int(x) + reach) // 2 * 2)
    dy = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(y)
    dx = np.arange(start_x, right, dtype=np.float32)[None, :] - np.float32(x)
    distance = np.maximum(abs(dx), abs(dy)) if square else np.sqrt(dx * dx + dy * dy)
    mask = np.clip((radius - distance) / 2, 0, 1)
    return (slice(top, bottom), slice(start_x, right)), mask, np.cos(distance * (12 / radius))


def _blend(under: Plane, mask: NDArray[np.float32], over: NDArray[np.float32] | float) -> None:
    under += np.rint((over - under) * mask).astype(np.int16)
