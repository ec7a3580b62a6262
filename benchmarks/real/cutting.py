"""Hard cuts between real shots, and handheld footage without a cut, beside PySceneDetect."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from benchmarks.real.editing import written
from benchmarks.real.recipes import EVEN, fitted, handheld, joined
from benchmarks.real.shots import Shot, load
from benchmarks.real.sources import Clip, clips
from benchmarks.table import Measurement
from shared.rating.signals import measure

COMMAND = "make real-clips"

_SIZE = (320, 240)
_SHOTS, _LEAST_S, _MOST_S = 6, 0.7, 2.2
_NEAR_S = 0.05
Finder = Callable[[Path], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Montage:
    """Parts of shots one after another, and where they meet."""

    path: Path
    cuts_s: tuple[float, ...]


@dataclass(slots=True)
class Hits:
    """How many cuts of the recipes a finder finds, and how many others it reports."""

    hit: int = 0
    true: int = 0
    reported: int = 0

    @property
    def f1(self) -> float:
        return 2 * self.hit / max(1, self.true + self.reported)

    def count(self, true_s: tuple[float, ...], reported_s: tuple[float, ...]) -> None:
        self.true, self.reported = self.true + len(true_s), self.reported + len(reported_s)
        near = (any(abs(at_s - cut_s) <= _NEAR_S for at_s in reported_s) for cut_s in true_s)
        self.hit += sum(near)


def montages(role: str, count: int) -> Iterator[Montage]:
    """Six parts each, of any uncut shots, at 24 to 60 frames a second; every third is handheld."""
    rng = np.random.default_rng(21 if role == "tuning" else 22)
    shots = _shots(role)
    for number in range(count):
        fps = EVEN[number % len(EVEN)]
        plan = _plan(shots, rng)
        lengths = rng.uniform(_LEAST_S, _MOST_S, len(plan)).tolist()
        starts = [float(rng.uniform(0, clip.seconds - _MOST_S)) for clip in plan]
        cuts_s = np.cumsum([round(length * fps) / fps for length in lengths])[:-1]
        seed = int(rng.integers(1 << 30))
        yield Montage(
            written(
                f"montage {_name(role, shots)} {number}",
                lambda: _montage(plan, starts, lengths, fps, number % 3 == 2, seed),  # noqa: B023
            ),
            tuple(cuts_s.tolist()),
        )


def _shots(role: str) -> list[Clip]:
    return [clip for clip in clips() if clip.set == role and clip.uncut and clip.seconds > 3]


def _name(role: str, shots: list[Clip]) -> str:
    """A set with other clips has other montages, so it needs other names of files."""
    return f"{role} {crc32(' '.join(clip.name for clip in shots).encode()):08x}"


def _plan(shots: list[Clip], rng: np.random.Generator) -> list[Clip]:
    """Shots in any order; neighbours come from two files, or the picture might hardly change."""
    plan = [shots[int(rng.integers(len(shots)))]]
    while len(plan) < _SHOTS:
        others = [clip for clip in shots if clip.file != plan[-1].file]
        plan.append(others[int(rng.integers(len(others)))])
    return plan


def _montage(
    plan: list[Clip],
    starts: list[float],
    lengths: list[float],
    fps: int,
    is_handheld: bool,
    seed: int,
) -> Shot:
    rng = np.random.default_rng(seed)
    whole: Shot | None = None
    for clip, start_s, length_s in zip(plan, starts, lengths, strict=True):
        count = round(length_s * fps)
        shot = load(clip)
        if is_handheld:
            shot = handheld(shot, fps, length_s + 1, rng)
            start_s = 0.0
        part = fitted(shot, _SIZE, fps, start_s, length_s + 0.5)
        part = Shot(part.frames[:count], part.times_s[:count], count / fps)
        whole = part if whole is None else joined(whole, part, "cut", 0.0)[0]
    if whole is None:
        raise ValueError("a montage needs shots")
    return whole


def uncut(role: str, minutes: float) -> Iterator[tuple[Path, float]]:
    """Handheld footage without any cut, half a minute a file, at 24 to 60 frames a second."""
    shots = _shots(role)
    for number in range(round(minutes * 2)):
        clip, fps = shots[number % len(shots)], EVEN[number % len(EVEN)]
        rng = np.random.default_rng([31 if role == "tuning" else 32, number])
        make = lambda: handheld(load(clip), fps, 30.0, rng)  # noqa: E731, B023
        yield written(f"handheld {_name(role, shots)} {number}", make), 30.0


def ours(path: Path) -> tuple[float, ...]:
    return measure(path).cuts_s


def detector(name: str) -> Finder:
    """PySceneDetect's ContentDetector or AdaptiveDetector, as it ships."""
    import scenedetect

    def find(path: Path) -> tuple[float, ...]:
        scenes = scenedetect.detect(str(path), getattr(scenedetect, name)())
        return tuple(start.seconds for start, _ in scenes[1:])

    return find


FINDERS: dict[str, Callable[[], Finder]] = {
    "ours": lambda: ours,
    "ContentDetector": lambda: detector("ContentDetector"),
    "AdaptiveDetector": lambda: detector("AdaptiveDetector"),
}


def measurements(role: str, count: int = 24, minutes: float = 20.0) -> Iterator[Measurement]:
    """Hard cuts beside PySceneDetect, and cuts where there is none."""
    hits = {name: Hits() for name in FINDERS}
    finders = {name: make() for name, make in FINDERS.items()}
    for montage in montages(role, count):
        for name, find in finders.items():
            hits[name].count(montage.cuts_s, find(montage.path))
    others = {name: part.f1 for name, part in hits.items() if name != "ours"}
    note = ", ".join(f"{name} {f1:.3f}" for name, f1 in others.items())
    yield Measurement(
        f"real, {role}: F1 of hard cuts", hits["ours"].f1, max(others.values()), COMMAND,
        f"{hits['ours'].true} cuts; {note}",
    )  # fmt: skip
    false = sum(len(ours(path)) for path, _ in uncut(role, minutes))
    yield Measurement(
        f"real, {role}: cuts in handheld footage without one", false, 0, COMMAND,
        f"{minutes:g} minutes", is_most=True,
    )  # fmt: skip
