"""Oddballs put into real footage: an object that appears, a jump in pitch, and a freeze."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from benchmarks.real.editing import written
from benchmarks.real.recipes import EVEN, with_freeze, with_object, with_pitch_jump
from benchmarks.real.shots import Shot, load
from benchmarks.real.sources import Clip, clips
from benchmarks.table import Measurement
from shared.rating.signals import Signals, measure

COMMAND = "make real-clips"
_NEAR_S = 0.2
_EARLIEST_S, _LATEST_S = 2.5, 1.6  # from the start, and before the end
_LONG_S = 9.9
_MOST_CORRELATED = 0.4
SHARES = (0.25, 0.35)  # of the sides of the picture


@dataclass(frozen=True, slots=True)
class Plant:
    """What is put where. `size` is a part of the sides for an object."""

    clip: Clip
    kind: str
    at_s: float
    fps: int
    size: float = 0.0
    corner: tuple[float, float] = (0.0, 0.0)

    def shot(self) -> Shot:
        shot = load(self.clip).sampled(self.fps)
        if self.kind == "object":
            return with_object(shot, self.at_s, self.corner, self.size)
        if self.kind == "freeze":
            return with_freeze(shot, self.at_s)
        return with_pitch_jump(shot, self.at_s, np.random.default_rng(1))

    def is_in(self, signals: Signals) -> bool:
        return signals.onset_s is not None and abs(signals.onset_s - self.at_s) <= _NEAR_S


def plants(role: str) -> Iterator[Plant]:
    """Two objects and a jump in pitch in each uncut shot."""
    rng = np.random.default_rng(7 if role == "tuning" else 8)
    for number, clip in enumerate(_shots(role)):
        for kind, size in (*(("object", share) for share in SHARES), ("pitch", 0.0)):
            at_s = round(float(rng.uniform(_EARLIEST_S, clip.seconds - _LATEST_S)), 3)
            low, high = 0.05, 0.95 - size
            corner = (float(rng.uniform(low, high)), float(rng.uniform(low, high)))
            yield Plant(clip, kind, at_s, EVEN[number % len(EVEN)], size, corner)


def _shots(role: str) -> list[Clip]:
    return [clip for clip in clips() if clip.set == role and clip.uncut and clip.seconds > 5]


def freezes(role: str) -> Iterator[Plant]:
    """A freeze of a second in each uncut shot."""
    rng = np.random.default_rng(9)
    for number, clip in enumerate(_shots(role)):
        at_s = round(float(rng.uniform(_EARLIEST_S, clip.seconds - _LATEST_S)), 3)
        yield Plant(clip, "freeze", at_s, EVEN[number % len(EVEN)])


def planted(plant: Plant) -> Path:
    name = f"{plant.kind} {plant.size:g} {plant.at_s:g} {plant.clip.name} {plant.fps}"
    return written(name, plant.shot)


def measurements(role: str) -> Iterator[Measurement]:
    """The bars of oddballs, and of surprise apart from motion."""
    sudden, frozen = (
        [plant.is_in(measure(planted(plant))) for plant in kinds]
        for kinds in (plants(role), freezes(role))
    )
    hits = sudden + frozen
    yield Measurement(
        f"real, {role}: oddballs found within 0.2 s", sum(hits) / len(hits), 0.9, COMMAND,
        f"{sum(sudden)} of {len(sudden)} objects and jumps in pitch, "
        f"{sum(frozen)} of {len(frozen)} freezes",
    )  # fmt: skip
    sizes = [abs(correlation(measure(path))) for path in _whole_files(role)]
    low = sum(size <= _MOST_CORRELATED for size in sizes)
    yield Measurement(
        f"real, {role}: files where surprise and motion go together by .4 at most",
        low / len(sizes), 0.9, COMMAND, f"{low} of {len(sizes)}, the most {max(sizes):.2f}",
    )  # fmt: skip


def _whole_files(role: str) -> Iterator[Path]:
    """Up to a minute of each file that is long enough: ten seconds are few for a correlation."""
    names = sorted({clip.file for clip in clips() if clip.set == role and clip.seconds >= _LONG_S})
    for name in names:
        clip = Clip(f"whole {name}", name, 0.0, 60.0, "test")
        yield written(clip.name, lambda clip=clip: _ended(load(clip)))


def _ended(shot: Shot) -> Shot:
    """Without the silence after the end of a shorter file."""
    seconds = shot.times_s[-1] + 0.04
    sound = None if shot.sound is None else shot.sound[: round(seconds * 48_000)]
    return Shot(shot.frames, shot.times_s, seconds, sound)


def correlation(signals: Signals) -> float:
    """Spearman's rank correlation of surprise and motion by the second."""
    surprise, motion = signals.surprise_curve, signals.motion_curve
    if len(set(surprise)) == 1 or len(set(motion)) == 1:
        return 0.0
    return float(stats.spearmanr(surprise, motion).statistic)
