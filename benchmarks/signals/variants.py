"""Variants of a clip: brightness, contrast, size, encoding and frame rate."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.signals.clips import TEXTURES, Frame, encode
from local.sandbox.designs import SMALL, Design
from local.sandbox.picture import Picture
from shared.rating.signals import Signals, measure

FPS = 50
_PLAIN = {"preset": "veryfast", "crf": "23"}


@dataclass(frozen=True, slots=True)
class Variant:
    """A change of every frame, and the encoding."""

    name: str
    gain: float = 1.0
    offset: float = 0.0
    scale: float = 1.0
    every: int = 2
    start: int = 0  # first frame
    codec: str = "libx264"
    options: dict[str, str] = field(default_factory=lambda: dict(_PLAIN))
    within_percent: float = 5.0  # of the score


PLAIN = Variant("plain")
VARIANTS = (
    Variant("brightness", offset=12),
    Variant("contrast", gain=0.85),
    Variant("half the size", scale=0.5),
    Variant("1.5 times the size", scale=1.5),
    Variant("twice the frames", every=1),
    # .04 s: something happens elsewhere in a tenth. Of our own asking, and the bar with it.
    Variant("a first frame less", start=2, within_percent=20.0),
    Variant("x264, better", options={"preset": "medium", "crf": "18"}),
    Variant("x264, worse", options={"preset": "veryfast", "crf": "30"}),
    Variant("x265", codec="libx265", options={"preset": "ultrafast", "x265-params": "log-level=0"}),
)


def designs() -> tuple[Design, ...]:
    """An oddball of each size, half of them through a pan and noise, none in the library."""
    return tuple(
        Design(
            f"variant_{size}_{is_moving}",
            "oddball",
            size,
            onset_s=3.0,
            seconds=5.0,
            texture=TEXTURES[(number + 2 * is_moving) % 4],
            moving=is_moving,
            noise=4.0 * is_moving,
            fps=FPS,
            size=SMALL,
        )
        for is_moving in (False, True)
        for number, size in enumerate((0.4, 0.6, 0.8, 1.0))
    )


def variant_signals(design: Design, seed: int) -> Iterator[tuple[Variant, Signals]]:
    """The plain clip first, then each variant of it."""
    picture = Picture(design, np.random.default_rng(seed))
    frames = [picture.frame(index) for index in range(round(design.seconds * FPS))]
    with TemporaryDirectory(prefix="variants-") as folder:
        for variant in (PLAIN, *VARIANTS):
            path = Path(folder) / "clip.mp4"
            size = tuple(round(side * variant.scale / 2) * 2 for side in design.size)
            shown = (_changed(planes, variant) for planes in frames[variant.start :: variant.every])
            encode(path, shown, FPS // variant.every, size, variant.codec, variant.options)
            yield variant, measure(path)


def _changed(planes: Frame, variant: Variant) -> Frame:
    """Gain and offset of luma around mid grey; colour turns paler with the contrast."""
    rows = planes.shape[0] * 2 // 3
    changed = planes.astype(np.float32)
    changed[:rows] = (changed[:rows] - 120) * variant.gain + 120 + variant.offset
    changed[rows:] = (changed[rows:] - 128) * variant.gain + 128
    return np.clip(np.rint(changed), 0, 255).astype(np.uint8)
