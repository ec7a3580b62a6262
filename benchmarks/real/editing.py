"""Edits that programs put into real footage: are they listed, and do they leave the score alone?"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.real.recipes import EVEN, Edit, Kind, fitted, flashed, joined
from benchmarks.real.shots import Shot, load, write
from benchmarks.real.sources import FOLDER, Clip, clips
from benchmarks.table import Measurement
from shared.rating.signals import Signals
from shared.rating.signals.decode import Footage, watch
from shared.rating.signals.edits import edits_of
from shared.rating.signals.measure import bands_of, measured
from shared.rating.signals.ordinary import EditMarks
from shared.rating.signals.scores import unexpectedness
from shared.rating.signals.surprise import surprise_of

COMMAND = "make real-clips"
GRADUAL: tuple[Kind, ...] = ("dissolve", "wipe", "fade", "flash")
DURATIONS_S = (0.1, 0.2, 0.35, 0.6, 1.0, 1.5)
_PART_S, _LATER_S = 3.0, 0.75  # of each shot beside the edit; the second one begins later
_SIZE = (320, 240)
_BRIEF_S, _LONGEST_S = 0.3, 1.5
_NEAR_S = 0.1
_SHORT_S = 0.21  # up to here a cut is a fair answer
_STEADY_POINTS = 5


@dataclass(frozen=True, slots=True)
class Join:
    """Parts of two shots and the edit between them; a flash stays in the first one."""

    first: Clip
    second: Clip
    kind: Kind
    seconds: float
    fps: int
    at_s: float = _PART_S  # the middle of the edit
    after_s: float = _PART_S  # from there to the end
    # What the clips show at the start, and behind a hard cut in the middle.
    first_s: float = 0.0
    second_s: float = _LATER_S
    luma: int = 235  # of a flash

    @property
    def edit(self) -> Edit:
        half = self.seconds / 2
        return Edit(self.kind, self.at_s - half, self.at_s + half)


def joins(role: str, kinds: tuple[Kind, ...] = GRADUAL) -> Iterator[Join]:
    """Each kind at each duration, with ever other pairs of shots and frame rates."""
    shots = _shots(role)
    number = 0
    for kind in kinds:
        for seconds in DURATIONS_S:
            first = shots[number % len(shots)]
            second = shots[(number * 3 + 1) % len(shots)]
            if second.file == first.file:
                second = shots[(number * 3 + 3) % len(shots)]
            after_s = _PART_S - (0.0 if kind == "flash" else _LATER_S)
            fps = EVEN[number % len(EVEN)]
            yield Join(first, second, kind, seconds, fps, after_s=after_s)
            number += 1


def any_joins(role: str, count: int, longest_s: float) -> Iterator[Join]:
    """Edits of any length from .08 s on, at any moment of any parts of the shots."""
    shots, rng = _shots(role), np.random.default_rng([41, round(longest_s * 100)])
    for number in range(count):
        first = shots[int(rng.integers(len(shots)))]
        others = [clip for clip in shots if clip.file != first.file]
        second = others[int(rng.integers(len(others)))]
        kind, seconds = GRADUAL[number % len(GRADUAL)], round(rng.uniform(0.08, longest_s), 2)
        at_s, after_s = (round(rng.uniform(2, 3.5), 2) for _ in range(2))
        needed_s = at_s + (after_s if kind == "flash" else seconds / 2)
        yield Join(
            first,
            second,
            kind,
            seconds,
            int(rng.choice(EVEN)),
            at_s,
            after_s,
            first_s=round(rng.uniform(0, max(0.0, first.seconds - needed_s)), 2),
            second_s=round(rng.uniform(seconds / 2, max(seconds, second.seconds - after_s)), 2),
            luma=int(rng.choice((235, 16))),
        )


def _shots(role: str) -> list[Clip]:
    return [clip for clip in clips() if clip.set == role and clip.uncut and clip.seconds > 5]


def edited(join: Join) -> Path:
    """The edited clip, made once."""
    return written(_name(join), lambda: _shot(join))


def reference(join: Join) -> Path:
    """The same pair with a hard cut; for a flash, the shot without it."""
    if join.kind == "flash":
        name = f"plain {join.first.name} {join.fps}{_moments(join)}"
        return written(
            name, lambda: _part(join.first, join, join.first_s, join.at_s + join.after_s)
        )
    return edited(replace(join, kind="cut", seconds=0.0))


def _shot(join: Join) -> Shot:
    """Gradual edits need material of both shots for their time."""
    if join.kind == "flash":
        plain = _part(join.first, join, join.first_s, join.at_s + join.after_s)
        return flashed(plain, join.at_s, join.seconds, join.luma)[0]
    half = join.seconds / 2
    first = _part(join.first, join, join.first_s, join.at_s + half)
    second = _part(join.second, join, join.second_s - half, join.after_s + half)
    return joined(first, second, join.kind, join.seconds)[0]


def _part(clip: Clip, join: Join, start_s: float, seconds: float) -> Shot:
    part = fitted(load(clip), _SIZE, join.fps, max(0.0, start_s), seconds)
    return Shot(part.frames, part.times_s, part.seconds)


def _name(join: Join) -> str:
    files = f"{join.kind} {join.seconds:g} {join.first.name} {join.second.name} {join.fps}"
    return files + _moments(join)


def _moments(join: Join) -> str:
    """Nothing for a join at the usual moments."""
    if (join.at_s, join.first_s, join.second_s) == (_PART_S, 0.0, _LATER_S):
        return ""
    luma = f" {join.luma}" if join.kind == "flash" else ""
    return f" {join.at_s:g} {join.after_s:g} {join.first_s:g} {join.second_s:g}{luma}"


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
    """The bars of gradual edits, and the same for edits at any moment."""
    lengths = f"of 0.1 to {_LONGEST_S:g} s"
    yield from _measured(role, "edits", list(joins(role)), lengths, steady=1.0)
    for longest_s in (_BRIEF_S, _LONGEST_S):
        name, lengths = f"edits at any moment, up to {longest_s:g} s,", "of any length"
        yield from _measured(role, name, list(any_joins(role, 72, longest_s)), lengths)


def _measured(
    role: str, name: str, edits: list[Join], lengths: str, steady: float | None = None
) -> Iterator[Measurement]:
    listed, moved, apart = [], [], []
    for join in edits:
        plain, edit = (watch(path) for path in (reference(join), edited(join)))
        before, after = (measured(deepcopy(clip)) for clip in (plain, edit))  # it uses a clip up
        listed.append(is_listed(join, after))
        moved.append(abs(after.unexpectedness - before.unexpectedness))
        # The marks of the hard cut would hide a part of an edit that is not listed.
        apart.append(_moved_apart(plain, edit) if listed[-1] else moved[-1])
    note = f"of {len(listed)} dissolves, wipes, fades and flashes {lengths}"
    start = f"real, {role}: {name}"
    yield Measurement(f"{start} listed", sum(listed) / len(listed), 0.9, COMMAND, note)
    for what, points, bar in (
        ("that move the score by 5 points at most", moved, steady),
        ("that do so in what both clips show", apart, None),
    ):
        within = sum(each <= _STEADY_POINTS for each in points)
        note = f"{within} of {len(points)}, the most {max(points)}"
        note += f", mean {sum(points) / len(points):.1f}"
        yield Measurement(f"{start} {what}", within / len(points), bar, COMMAND, note)


def _moved_apart(plain: Footage, edit: Footage) -> int:
    """By how many points an edit moves the score, without what it or the hard cut hides.

    A hard cut hides other moments than a gradual edit does: events, and what is ordinary and learnt
    there. Without those, the points tell what the edit itself does.
    """
    clips = (plain, edit)
    ticks = [clip.ticker.close() for clip in clips]
    marks = [
        edits_of(clip).marks(len(part.motion)) for clip, part in zip(clips, ticks, strict=True)
    ]
    before, after = (
        surprise_of(part, bands_of(clip, len(part.motion)), _hidden(len(part.motion), *marks))
        for clip, part in zip(clips, ticks, strict=True)
    )
    points = [unexpectedness(float(part.corrected.max())) for part in (before, after)]
    return abs(points[1] - points[0])


def _hidden(ticks: int, plain: EditMarks, edit: EditMarks) -> EditMarks:
    """What either clip hides. The new shot begins where it does in the edited one."""
    touched, new_shot = (np.zeros(ticks, dtype=bool) for _ in range(2))
    for part in (plain.touched, edit.touched):
        touched[: len(part)] |= part[:ticks]
    new_shot[: len(edit.new_shot)] = edit.new_shot[:ticks]
    return EditMarks(touched, new_shot)
