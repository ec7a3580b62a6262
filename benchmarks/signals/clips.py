"""Clips of random designs with known surprises, from seeds that were not used for tuning."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from numpy.typing import NDArray

from local.sandbox.clips import render
from local.sandbox.designs import SMALL, Design
from local.sandbox.picture import Picture
from shared.rating.signals import Signals, measure

Frame = NDArray[np.uint8]  # planes of yuv420p above each other: height * 3 / 2 x width
TEXTURES = ("cloud", "hills", "weave", "bricks")
_LEAST_HABIT_S, _LEAST_AFTER_S = 1.8, 0.8


@dataclass(frozen=True, slots=True)
class RatedClip:
    """A clip's design and the signals that the rater measured."""

    design: Design
    signals: Signals

    @property
    def is_found(self) -> bool:
        """Whether the measured onset is within 0.2 s of the planted one."""
        planted_s, onset_s = self.design.onset_s, self.signals.onset_s
        return planted_s is not None and onset_s is not None and abs(onset_s - planted_s) <= 0.2


def random_design(name: str, kind: str, is_moving: bool, rng: np.random.Generator) -> Design:
    """A design of 4 to 8 s: with `is_moving` a pan and noise, without neither."""
    seconds = 0.2 * int(rng.integers(20, 41))
    latest = round((seconds - _LEAST_AFTER_S) / 0.2)
    onset_s = 0.2 * int(rng.integers(round(_LEAST_HABIT_S / 0.2), latest + 1))
    is_planted = kind not in ("none", "montage")
    return Design(
        name,
        kind,
        surprise=round(float(rng.uniform(0.25, 1)), 2) if is_planted else 0.0,
        onset_s=round(onset_s, 3) if is_planted else None,
        seconds=round(seconds, 3),
        texture=str(rng.choice(TEXTURES)),
        moving=is_moving,
        noise=4.0 if is_moving else 0.0,
        fps=int(rng.choice([25, 30])),
        size=SMALL,
        montage_s=round(0.2 * int(rng.integers(4, 9)), 3) if kind == "montage" else None,
    )


def rated_clips(kinds: tuple[str, ...], each: int, seed: int) -> Iterator[RatedClip]:
    """`each` clips of each kind, every second one moving; each file is deleted after measuring."""
    rng = np.random.default_rng(seed)
    with TemporaryDirectory(prefix="signals-") as folder:
        for kind in kinds:
            for number in range(each):
                design = random_design(f"{kind}_{number}", kind, number % 2 == 1, rng)
                path = Path(folder) / "clip.mp4"
                render(design, seed, path)
                yield RatedClip(design, measure(path))


class Handheld(Picture):
    """Pictures through a camera whose direction and speed keep changing."""

    def _camera(self, index: int) -> tuple[int, int]:
        t = index / self.design.fps
        return 64 + round(60 * np.sin(t * (0.6 + t / 30))), 64 + round(60 * np.sin(0.7 * t))


def handheld(count: int, seed: int) -> Iterator[RatedClip]:
    """Clips of 30 s with a camera that always moves, half of them with an oddball."""
    with TemporaryDirectory(prefix="signals-") as folder:
        for number in range(count):
            is_odd = number % 2 == 0
            design = Design(
                f"handheld_{number}",
                "oddball" if is_odd else "none",
                surprise=0.75 if is_odd else 0.0,
                onset_s=12.0 + number if is_odd else None,
                seconds=30.0,
                texture=TEXTURES[number % 4],
                noise=4.0,
            )
            picture = Handheld(design, np.random.default_rng([seed, number]))
            path = Path(folder) / "clip.mp4"
            frames = (picture.frame(index) for index in range(round(30 * design.fps)))
            encode(path, frames, design.fps, design.size)
            yield RatedClip(design, measure(path))


def encode(
    path: Path,
    frames: Iterable[Frame],
    fps: int,
    size: tuple[int, int],
    codec: str = "libx264",
    options: dict[str, str] | None = None,
) -> None:
    """Encode frames to a file without sound, scaled to `size`."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, options=options or {"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index, planes in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame = frame.reformat(*size, interpolation="AREA")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
