"""Changes that an encoder, a platform or a download makes, and how far they move the result."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from benchmarks.real.shots import PLAIN, Shot, load, write
from benchmarks.real.sources import FOLDER, Clip, clips
from benchmarks.table import Measurement
from shared.rating.signals import Signals, measure
from shared.rating.signals.scores import unexpectedness

COMMAND = "make real-clips"
_SHOWN_S = 0.25
_NEAR_PEAK = 0.9
_SCORED = 20


@dataclass(frozen=True, slots=True)
class Change:
    """How a clip is encoded again: frame rate, frames, lines, codec."""

    name: str
    fps: float | None = None
    every_fifth: str = ""  # "repeated" or "dropped"
    first: int = 0
    lines: int | None = None
    codec: str = "libx264"
    suffix: str = ".mp4"
    options: dict[str, str] = field(default_factory=lambda: dict(PLAIN))

    def shot(self, shot: Shot) -> Shot:
        """The frames as this change leaves them."""
        if self.fps is not None:
            shot = shot.sampled(self.fps)
        if self.every_fifth:
            shot = _every_fifth(shot, self.every_fifth)
        if self.first:
            shot = _without_first(shot, self.first)
        return shot


ORIGINAL = Change("original")
_FASTEST = {"preset": "ultrafast", "crf": "23"}
CHANGES = (
    Change("x264 at crf 18", options={"preset": "medium", "crf": "18"}),
    Change("x264 at crf 32", options={"preset": "veryfast", "crf": "32"}),
    Change(
        "x265 at crf 28",
        codec="libx265",
        options={"preset": "ultrafast", "crf": "28", "x265-params": "log-level=0"},
    ),
    Change(
        "VP9",
        codec="libvpx-vp9",
        suffix=".webm",
        options={"crf": "33", "b": "0", "deadline": "realtime", "cpu-used": "8"},
    ),
    Change("24 frames a second", fps=24),
    Change("25 frames a second", fps=25),
    Change("30 frames a second", fps=30),
    Change("60 frames a second", fps=60),
    Change("every fifth frame repeated", every_fifth="repeated"),
    Change("every fifth frame dropped", every_fifth="dropped"),
    Change("first frame missing", first=1),
    Change("360 lines", lines=360, options=_FASTEST),
    Change("720 lines", lines=720, options=_FASTEST),
    Change("1080 lines", lines=1080, options=_FASTEST),
)


def _every_fifth(shot: Shot, how: str) -> Shot:
    """Repeat the frame before in place of every fifth one, or leave it out."""
    if how == "repeated":
        frames = [shot.frames[index - (index % 5 == 4)] for index in range(len(shot.frames))]
        return replace(shot, frames=tuple(frames))
    keep = [index for index in range(len(shot.frames)) if index % 5 != 4]
    return replace(
        shot,
        frames=tuple(shot.frames[index] for index in keep),
        times_s=tuple(shot.times_s[index] for index in keep),
    )


def _without_first(shot: Shot, count: int) -> Shot:
    """Everything happens earlier by the frames that are missing."""
    cut_s = shot.times_s[count]
    sound = None if shot.sound is None else shot.sound[round(cut_s * 48_000) :]
    times_s = tuple(at_s - cut_s for at_s in shot.times_s[count:])
    return Shot(shot.frames[count:], times_s, shot.seconds - cut_s, sound)


@dataclass(frozen=True, slots=True)
class Moved:
    """What one change did to one clip."""

    clip: Clip
    change: Change
    before: Signals
    after: Signals
    later_s: float  # how much earlier everything happens after the change

    @property
    def points(self) -> float:
        return abs(self.after.unexpectedness - self.before.unexpectedness)

    @property
    def is_scored(self) -> bool:
        return self.before.unexpectedness >= _SCORED

    @property
    def keeps_its_onset(self) -> bool:
        """Whether the onset stays, or goes to a moment that scores within a tenth of the peak."""
        if self.before.onset_s is None or self.after.onset_s is None:
            return self.before.onset_s == self.after.onset_s
        after_s = self.after.onset_s + self.later_s
        if abs(self.before.onset_s - after_s) <= _SHOWN_S:
            return True
        second = min(len(self.before.surprise_curve) - 1, int(after_s))
        near = self.before.surprise_curve[max(0, second - 1) : second + 2]
        return unexpectedness(max(near)) >= _NEAR_PEAK * self.before.unexpectedness

    @property
    def keeps_its_cuts(self) -> bool:
        return len(self.before.cuts_s) == len(self.after.cuts_s)


def encoded(clip: Clip, change: Change) -> Path:
    """The changed clip as a file, made once and kept beside the footage."""
    folder = FOLDER / "encoded"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{clip.name} {change.name}{change.suffix}".replace(" ", "-")
    if not path.exists():
        fresh = path.with_name(f"fresh-{path.name}")
        write(
            fresh,
            change.shot(load(clip)),
            lines=change.lines,
            codec=change.codec,
            options=change.options,
        )
        fresh.rename(path)
    return path


def moved(chosen: Iterable[Clip]) -> Iterator[Moved]:
    """Each clip under each change, beside the original."""
    for clip in chosen:
        before = measure(encoded(clip, ORIGINAL))
        for change in CHANGES:
            later_s = load(clip).times_s[change.first] if change.first else 0.0
            yield Moved(clip, change, before, measure(encoded(clip, change)), later_s)


def measurements(role: str) -> Iterator[Measurement]:
    yield from summary(role, list(moved(clip for clip in clips() if clip.set == role)))


def summary(role: str, cases: list[Moved]) -> Iterator[Measurement]:
    """The bars of one set of clips."""
    points = np.array([case.points for case in cases])
    scored = [case for case in cases if case.is_scored]
    onsets = float(np.mean([case.keeps_its_onset for case in scored])) if scored else 1.0
    cuts = float(np.mean([case.keeps_its_cuts for case in cases]))
    worst = max(cases, key=lambda case: case.points)
    about = f"{len(cases)} cases"
    start = f"real, {role}: "
    yield Measurement(
        f"{start}median change of the score, points", float(np.median(points)), 2, COMMAND,
        f"{about}; mean {points.mean():.1f}", is_most=True,
    )  # fmt: skip
    yield Measurement(
        f"{start}95th percentile of the change, points", float(np.percentile(points, 95)), 6,
        COMMAND, f"most {worst.points:g}: {worst.clip.name}, {worst.change.name}", is_most=True,
    )  # fmt: skip
    yield Measurement(
        f"{start}onsets that stay", onsets, 0.95, COMMAND, f"of {len(scored)} cases from 20 points"
    )
    yield Measurement(f"{start}numbers of cuts that stay", cuts, 0.95, COMMAND, about)
