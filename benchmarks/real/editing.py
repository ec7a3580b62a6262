"""Edits that programs put into real footage: are they listed, and do they leave the score alone?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.real.recipes import EVEN, Edit, Kind, fitted, flashed, joined
from benchmarks.real.shots import Shot, load, write
from benchmarks.real.sources import FOLDER, Clip, clips
from benchmarks.table import Measurement
from shared.rating.signals import Signals, measure

COMMAND = "make real-clips"
GRADUAL: tuple[Kind, ...] = ("dissolve", "wipe", "fade", "flash")
DURATIONS_S = (0.1, 0.2, 0.35, 0.6, 1.0, 1.5)
_PART_S = 3.0  # of each shot beside the edit
_SIZE = (320, 240)
_NEAR_S = 0.1
_SHORT_S = 0.21  # up to here a cut is a fair answer
_STEADY_POINTS = 5


@dataclass(frozen=True, slots=True)
class Join:
    """Two shots and the edit between them; a flash stays in the first one."""

    first: Clip
    second: Clip
    kind: Kind
    seconds: float
    fps: int

    @property
    def edit(self) -> Edit:
        if self.kind == "cut":
            return Edit("cut", _PART_S, _PART_S)
        return Edit(self.kind, _PART_S - self.seconds / 2, _PART_S + self.seconds / 2)


def joins(role: str, kinds: tuple[Kind, ...] = GRADUAL) -> Iterator[Join]:
    """Each kind at each duration, with ever other pairs of shots and frame rates."""
    shots = [clip for clip in clips() if clip.set == role and clip.uncut and clip.seconds > 5]
    number = 0
    for kind in kinds:
        for seconds in DURATIONS_S:
            first = shots[number % len(shots)]
            second = shots[(number * 3 + 1) % len(shots)]
            if second.file == first.file:
                second = shots[(number * 3 + 3) % len(shots)]
            yield Join(first, second, kind, seconds, EVEN[number % len(EVEN)])
            number += 1


def edited(join: Join) -> Path:
    """The edited clip, made once."""
    return written(_name(join), lambda: _shot(join))


def reference(join: Join) -> Path:
    """The same pair with a hard cut; for a flash, the shot without it."""
    if join.kind == "flash":
        name = f"plain {join.first.name} {join.fps}"
        return written(name, lambda: _part(join.first, join, 0.0, 2 * _PART_S))
    return edited(Join(join.first, join.second, "cut", 0.0, join.fps))


def _shot(join: Join) -> Shot:
    """The edit is centred at _PART_S: gradual edits need material of both shots for their time."""
    if join.kind == "flash":
        return flashed(_part(join.first, join, 0.0, 2 * _PART_S), _PART_S, join.seconds)[0]
    half = join.seconds / 2
    first = _part(join.first, join, 0.0, _PART_S + half)
    second = _part(join.second, join, 0.75 - half, _PART_S + half - 0.75)
    return joined(first, second, join.kind, join.seconds)[0]


def _part(clip: Clip, join: Join, start_s: float, seconds: float) -> Shot:
    part = fitted(load(clip), _SIZE, join.fps, max(0.0, start_s), seconds)
    return Shot(part.frames, part.times_s, part.seconds)


def _name(join: Join) -> str:
    return f"{join.kind} {join.seconds:g} {join.first.name} {join.second.name} {join.fps}"


def written(name: str, made_of: Callable[[], Shot]) -> Path:
    folder = FOLDER / "edited"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.mp4".replace(" ", "-")
    if not path.exists():
        fresh = path.with_name(f"fresh-{path.name}")
        write(fresh, made_of())
        fresh.rename(path)
    return path


def is_listed(join: Join, signals: Signals) -> bool:
    """Whether a transition overlaps the edit, or up to .2 s a cut is in it."""
    start_s, end_s = join.edit.start_s - _NEAR_S, join.edit.end_s + _NEAR_S
    if any(part.start_s <= end_s and part.end_s >= start_s for part in signals.transitions):
        return True
    is_short = join.seconds <= _SHORT_S
    return is_short and any(start_s <= at_s <= end_s for at_s in signals.cuts_s)


def measurements(role: str) -> Iterator[Measurement]:
    """The bars of gradual edits."""
    listed, moved = [], []
    for join in joins(role):
        signals = measure(edited(join))
        listed.append(is_listed(join, signals))
        plain = measure(reference(join)).unexpectedness
        moved.append(abs(signals.unexpectedness - plain))
    note = f"of {len(listed)} dissolves, wipes, fades and flashes of 0.1 to 1.5 s"
    yield Measurement(f"real, {role}: edits listed", sum(listed) / len(listed), 0.9, COMMAND, note)
    steady = sum(points <= _STEADY_POINTS for points in moved)
    yield Measurement(
        f"real, {role}: edits that move the score by 5 points at most",
        steady / len(moved), 1.0, COMMAND, f"{steady} of {len(moved)}, the most {max(moved)}",
    )  # fmt: skip
