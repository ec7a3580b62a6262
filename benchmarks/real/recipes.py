"""Clips made of real shots by program, with the truth from the recipe: edits, cameras, oddballs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from benchmarks.real.shots import RATE, Frame, Shot, Sound

Kind = Literal["cut", "dissolve", "wipe", "fade", "flash"]
EVEN = (24, 25, 30, 60)  # frames a second


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of the recipe, from its first to its last changed instant."""

    kind: Kind
    start_s: float
    end_s: float


def resized(frame: Frame, size: tuple[int, int]) -> Frame:
    """The planes at another size, cut to its shape so that nothing is squeezed."""
    width, height = size
    rows, wide = frame.shape
    tall = rows * 2 // 3
    planes = (
        frame[:tall],
        frame[tall:].reshape(2, tall // 2, wide // 2)[0],
        frame[tall:].reshape(2, tall // 2, wide // 2)[1],
    )
    sizes = ((width, height), (width // 2, height // 2), (width // 2, height // 2))
    parts = [
        cv2.resize(_cropped(plane, width / height), to, interpolation=cv2.INTER_AREA)
        for plane, to in zip(planes, sizes, strict=True)
    ]
    return _joined(*parts)


def _cropped(plane: Frame, aspect: float) -> Frame:
    height, width = plane.shape
    wide, tall = min(width, round(height * aspect)), min(height, round(width / aspect))
    left, top = (width - wide) // 2, (height - tall) // 2
    return np.ascontiguousarray(plane[top : top + tall, left : left + wide])


def _joined(luma: Frame, cb: Frame, cr: Frame) -> Frame:
    colours = np.concatenate([cb.reshape(-1), cr.reshape(-1)]).reshape(-1, luma.shape[1])
    return np.concatenate([luma, colours])


def fitted(shot: Shot, size: tuple[int, int], fps: float, start_s: float, seconds: float) -> Shot:
    """A part of a shot at a size and an even frame rate."""
    even = shot.sampled(fps)
    frames = [
        resized(frame, size)
        for frame, at_s in zip(even.frames, even.times_s, strict=True)
        if start_s <= at_s + 1e-6 < start_s + seconds
    ]
    times_s = tuple(index / fps for index in range(len(frames)))
    sound = None
    if shot.sound is not None:
        first = round(start_s * RATE)
        sound = shot.sound[first : first + round(len(frames) / fps * RATE)]
    return Shot(tuple(frames), times_s, len(frames) / fps, sound)


def joined(first: Shot, second: Shot, kind: Kind, seconds: float) -> tuple[Shot, Edit]:
    """Two shots of one size and rate; they overlap for `seconds` around the edit (a fade not).

    Without sound: an edit of the picture is judged.
    """
    fps = 1 / (first.times_s[1] - first.times_s[0])
    count = 0 if kind == "cut" else max(2, round(seconds * fps))
    middle = len(first.frames) - count // 2
    frames: list[Frame] = []
    for index in range(len(first.frames) + len(second.frames) - count):
        share = 1.0 if count == 0 else (index - middle + count / 2 + 0.5) / count
        a = first.frames[min(index, len(first.frames) - 1)]
        b = second.frames[max(0, min(index - len(first.frames) + count, len(second.frames) - 1))]
        is_old = index < middle - count // 2 if count else index < len(first.frames)
        if is_old:
            frames.append(a)
        elif share >= 1:
            frames.append(b)
        else:
            frames.append(_MIXED[kind](a, b, share))
    start_s = (middle - count // 2) / fps if count else len(first.frames) / fps
    times_s = tuple(index / fps for index in range(len(frames)))
    shot = Shot(tuple(frames), times_s, len(frames) / fps)
    return shot, Edit(kind, start_s, start_s + count / fps)


def _dissolved(a: Frame, b: Frame, share: float) -> Frame:
    return cv2.addWeighted(a, 1 - share, b, share, 0)


def _wiped(a: Frame, b: Frame, share: float) -> Frame:
    """The new picture comes from the left, in all three planes."""
    mixed = a.copy()
    rows, width = a.shape
    tall = rows * 2 // 3
    edge = round(share * width / 2) * 2
    mixed[:tall, :edge] = b[:tall, :edge]
    for old, new in zip(_colours(mixed, tall), _colours(b, tall), strict=True):
        old[:, : edge // 2] = new[:, : edge // 2]
    return mixed


def _colours(frame: Frame, tall: int) -> Frame:
    return frame[tall:].reshape(2, tall // 2, frame.shape[1] // 2)


def _faded(a: Frame, b: Frame, share: float) -> Frame:
    picture, shown = (a, 1 - 2 * share) if share < 0.5 else (b, 2 * share - 1)
    return under(picture, 16, 1 - shown)


def under(frame: Frame, luma: int, share: float) -> Frame:
    """The picture under a grey of `luma` that covers `share` of it."""
    tall = frame.shape[0] * 2 // 3
    plain = np.full_like(frame, 128)
    plain[:tall] = luma
    return cv2.addWeighted(frame, 1 - share, plain, share, 0)


_MIXED: dict[Kind, Callable[[Frame, Frame, float], Frame]] = {
    "dissolve": _dissolved,
    "wipe": _wiped,
    "fade": _faded,
}


def flashed(shot: Shot, at_s: float, seconds: float, luma: int = 235) -> tuple[Shot, Edit]:
    """A white (or black) flash: over the picture and away again."""
    frames = []
    for frame, time_s in zip(shot.frames, shot.times_s, strict=True):
        share = 1 - abs(time_s - at_s) / (seconds / 2)
        frames.append(under(frame, luma, min(1.0, 1.3 * share)) if share > 0 else frame)
    edit = Edit("flash", at_s - seconds / 2, at_s + seconds / 2)
    return replace(shot, frames=tuple(frames)), edit


def handheld(shot: Shot, fps: float, seconds: float, rng: np.random.Generator) -> Shot:
    """A camera in the hand before a shot that goes to and fro: it pans, tilts, zooms and shakes."""
    size = (320, 180)
    sources = [resized(frame, (480, 270)) for frame in shot.sampled(min(fps, 25)).frames]
    phases, paces = rng.uniform(0, 2 * np.pi, 8), rng.uniform(0.25, 1.4, 4)
    frames = []
    for index in range(round(seconds * fps)):
        at_s = index / fps
        forth = round(at_s * min(fps, 25)) % (2 * len(sources) - 2)
        source = sources[min(forth, 2 * len(sources) - 2 - forth)]
        frames.append(_seen(source, size, at_s, phases, paces))
    return Shot(tuple(frames), tuple(index / fps for index in range(len(frames))), seconds)


def _seen(
    source: Frame, size: tuple[int, int], at_s: float, phases: np.ndarray, paces: np.ndarray
) -> Frame:
    slow, shake = np.sin(phases[:4] + paces * at_s * 2), np.sin(phases[4:] + at_s * 2 * np.pi * 5)
    zoom = 1.25 + 0.2 * slow[2]
    across = 0.8 * slow[0] + 0.03 * shake[0]
    down = 0.8 * slow[1] + 0.03 * shake[1]
    turn = np.deg2rad(2.0 * slow[3] + 0.3 * shake[2])
    planes = []
    tall = source.shape[0] * 2 // 3
    for plane, half in ((source[:tall], 1), *((part, 2) for part in _colours(source, tall))):
        height, width = plane.shape
        wide, high = size[0] // half, size[1] // half
        scale = width / wide / (1.5 * zoom / 1.25)
        c, s = scale * np.cos(turn), scale * np.sin(turn)
        margin_x, margin_y = (width - wide * scale) / 2, (height - high * scale) / 2
        x = width / 2 + across * margin_x - c * wide / 2 + s * high / 2
        y = height / 2 + down * margin_y - s * wide / 2 - c * high / 2
        matrix = np.array([[c, -s, x], [s, c, y]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        planes.append(
            cv2.warpAffine(plane, matrix, (wide, high), flags=flags, borderMode=cv2.BORDER_REFLECT)
        )
    return _joined(*planes)


def with_object(shot: Shot, at_s: float, corner: tuple[float, float], share: float) -> Shot:
    """A striped box appears and stays for a second; `corner` and `share` are parts of the sides."""
    frames = []
    for frame, time_s in zip(shot.frames, shot.times_s, strict=True):
        if at_s <= time_s + 1e-6 < at_s + 1.0:
            frame = frame.copy()
            tall, width = frame.shape[0] * 2 // 3, frame.shape[1]
            top, left = round(corner[0] * tall / 2) * 2, round(corner[1] * width / 2) * 2
            high, wide = round(share * tall), round(share * width)
            box = frame[top : top + high, left : left + wide]
            box[:] = 255 - box // 2
            box[:: max(2, high // 4)] = 20
            for part in _colours(frame, tall):
                part[top // 2 : (top + high) // 2, left // 2 : (left + wide) // 2] = 90
        frames.append(frame)
    return replace(shot, frames=tuple(frames))


def with_freeze(shot: Shot, at_s: float, seconds: float = 1.0) -> Shot:
    """The picture stands still for a while; then the shot goes on where it would have been."""
    still = shot.shown_at(at_s)
    frames = tuple(
        still if at_s <= time_s < at_s + seconds else frame
        for frame, time_s in zip(shot.frames, shot.times_s, strict=True)
    )
    return replace(shot, frames=frames)


def with_pitch_jump(shot: Shot, at_s: float, rng: np.random.Generator) -> Shot:
    """A hummed tone with a tremor, as loud as speech, that jumps by two octaves."""
    count = round(shot.seconds * RATE)
    times = np.arange(count) / RATE
    hz = np.where(times < at_s, 220.0, 880.0) * (1 + 0.01 * np.sin(2 * np.pi * 5 * times))
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    sound: Sound = (0.1 * sum(np.sin(part * phase) / part for part in (1, 2, 3))).astype(np.float32)
    sound += rng.normal(0, 0.002, count).astype(np.float32)
    return replace(shot, sound=sound)
