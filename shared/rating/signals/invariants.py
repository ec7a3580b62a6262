"""Invariants of the signals, checked on generated clips of known content.

The clips are simple arithmetic: a textured picture, a hopping ball, a square that appears where
nothing was before, a burst of sound. Nothing is compared with stored numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from numpy.typing import NDArray

from shared.rating.signals.measure import measure
from shared.rating.signals.result import Signals, Unratable

Image = NDArray[np.float64]
Scene = Callable[[float], Image]

FPS, WIDTH, HEIGHT, RATE = 25, 144, 256, 48_000
SECONDS = 8.0
ODD_S = 5.0
NEAR_S = 0.2
SAME_SCORE = 0.05
"""Largest share by which a harmless change may move the score."""

SAME_MOTION = 0.15
"""Largest share for mean motion: encoders predict forwards, so a reversed clip differs."""


@dataclass(frozen=True, slots=True)
class InvariantCheck:
    """One invariant, whether it holds, and the measured figures."""

    sentence: str
    holds: bool
    measured: str


def check_invariants(on_progress: Callable[[str], None] = lambda _: None) -> list[InvariantCheck]:
    """Generate every clip, measure it and check. Takes some seconds; deterministic."""
    with TemporaryDirectory(prefix="invariants-") as folder:
        clips = _MeasuredClips(Path(folder), on_progress)
        return [check(clips) for check in CHECKS]


class _MeasuredClips:
    """Clips by name, each generated and measured once."""

    def __init__(self, folder: Path, on_progress: Callable[[str], None]):
        self._folder, self._say = folder, on_progress
        self._signals: dict[str, Signals] = {}

    def measured(self, name: str, scene: Scene, seconds: float = SECONDS, **how: int) -> Signals:
        if name not in self._signals:
            self._say(f"Measuring a clip: {name} …")
            self._signals[name] = measure(self.path(name, scene, seconds, **how))
        return self._signals[name]

    def path(
        self,
        name: str,
        scene: Scene,
        seconds: float,
        fps: int = FPS,
        scale: int = 1,
        burst: int = 0,
        worse: int = 0,
    ) -> Path:
        path = self._folder / f"{name}.mp4"
        with av.open(str(path), "w") as container:
            how = {"preset": "veryfast", "crf": "30"} if worse else {"preset": "ultrafast"}
            video = container.add_stream("libx264", rate=fps, options=how)
            video.width, video.height, video.pix_fmt = WIDTH * scale, HEIGHT * scale, "yuv420p"
            audio = container.add_stream("aac", rate=RATE, layout="mono") if burst else None
            for index in range(round(seconds * fps)):
                luma = np.clip(scene(index / fps), 0, 255).astype(np.uint8).repeat(scale, 0)
                grey = np.full((HEIGHT * scale // 2, WIDTH * scale), 128, np.uint8)
                planes = np.concatenate([luma.repeat(scale, 1), grey])
                frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
                frame.pts, frame.time_base = index, Fraction(1, fps)
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
            if audio is not None:
                for start in range(0, round(seconds * RATE), 960):
                    heard = av.AudioFrame.from_ndarray(_sound(start, 960), "fltp", "mono")
                    heard.rate, heard.time_base, heard.pts = RATE, Fraction(1, RATE), start
                    container.mux(audio.encode(heard))
                container.mux(audio.encode(None))
        return path


def _sound(start: int, count: int) -> NDArray[np.float32]:
    """A hum, and for .4 s from ODD_S on something 40 dB louder."""
    at = (start + np.arange(count)) / RATE
    loud = np.where((at >= ODD_S) & (at < ODD_S + 0.4), 0.5, 0.005)
    return (loud * np.sin(2 * np.pi * 997 * at)).astype(np.float32)[None, :]


def _texture(seed: int) -> Image:
    coarse = np.random.default_rng(seed).normal(0, 30, (HEIGHT // 16, WIDTH // 16))
    return 120 + coarse.repeat(16, 0).repeat(16, 1)


def _still(seed: int = 1) -> Scene:
    picture = _texture(seed)
    return lambda t: picture


def _hopping(under: Scene) -> Scene:
    def scene(t: float) -> Image:
        image = under(t).copy()
        hop = int(30 * abs(np.sin(np.pi * t / 0.6)))
        image[180 - hop : 204 - hop, 60:84] = 220
        return image

    return scene


def _odd(under: Scene, *at_s: float) -> Scene:
    def scene(t: float) -> Image:
        image = under(t)
        if any(at <= t + 1e-6 < at + 0.4 for at in at_s):
            image = image.copy()
            image[40:90, 20:70] = 20
        return image

    return scene


def _static(clips: _MeasuredClips) -> InvariantCheck:
    signals = clips.measured("static", _still())
    holds = signals.unexpectedness == 0 and signals.motion < 0.1
    return InvariantCheck(
        "A still picture surprises nobody", holds, f"score {signals.unexpectedness}"
    )


def _cut(clips: _MeasuredClips) -> InvariantCheck:
    first, second = _still(1), _still(2)
    signals = clips.measured("cut", lambda t: first(t) if t < 4 - 1e-6 else second(t))
    near = [abs(cut - 4.0) <= 1.5 / FPS for cut in signals.cuts_s]
    return InvariantCheck(
        "A hard cut is found to the frame, once", near == [True], f"cuts {signals.cuts_s}"
    )


def _oddball(clips: _MeasuredClips) -> InvariantCheck:
    signals = clips.measured("oddball", _odd(_hopping(_still()), ODD_S))
    near = signals.onset_s is not None and abs(signals.onset_s - ODD_S) <= NEAR_S
    return InvariantCheck("An oddball is found where it is", near, f"onset {signals.onset_s}")


def _longer_habit(clips: _MeasuredClips) -> InvariantCheck:
    late = clips.measured("oddball", _odd(_hopping(_still()), ODD_S))
    early = clips.measured("early oddball", _odd(_hopping(_still()), 1.5), 4.5)
    holds = late.surprise_nats > early.surprise_nats
    measured = (
        f"{early.surprise_nats:.0f} nats after 1.5 s, {late.surprise_nats:.0f} after {ODD_S} s"
    )
    return InvariantCheck("The longer the habit, the more the exception surprises", holds, measured)


def _habituation(clips: _MeasuredClips) -> InvariantCheck:
    signals = clips.measured("five oddballs", _odd(_hopping(_still()), 3, 5, 7, 9, 11), 13)
    peaks = [max(signals.surprise_curve[at : at + 2]) for at in (3, 5, 7, 9, 11)]
    falls = all(later < earlier for earlier, later in pairwise(peaks))
    measured = ", ".join(f"{peak:.0f}" for peak in peaks)
    return InvariantCheck("What comes again surprises less each time", falls, f"{measured} nats")


def _reversal(clips: _MeasuredClips) -> InvariantCheck:
    scene = _odd(_hopping(_still()), 1.5)
    forwards = clips.measured("forwards", scene, 6)
    backwards = clips.measured("backwards", lambda t: scene(6 - 1 / FPS - t), 6)
    same = abs(forwards.motion - backwards.motion) <= SAME_MOTION * forwards.motion
    other = abs(forwards.surprise_nats - backwards.surprise_nats) > 0.05 * forwards.surprise_nats
    measured = f"motion {forwards.motion:.3f} and {backwards.motion:.3f}"
    return InvariantCheck(
        "Played backwards, motion stays and surprise changes", same and other, measured
    )


def _harmless(
    what: str, change: Callable[[Scene], Scene], **how: int
) -> Callable[[_MeasuredClips], InvariantCheck]:
    def check(clips: _MeasuredClips) -> InvariantCheck:
        scene = _odd(_hopping(_still()), ODD_S)
        plain = clips.measured("oddball", scene).unexpectedness
        changed = clips.measured(what, change(scene), **how).unexpectedness
        holds = abs(plain - changed) <= SAME_SCORE * plain
        return InvariantCheck(
            f"The score hardly depends on {what}", holds, f"{plain} and {changed}"
        )

    return check


def _burst(clips: _MeasuredClips) -> InvariantCheck:
    quiet = clips.measured("static", _still())
    signals = clips.measured("burst of sound", _still(), burst=1)
    heard = signals.onset_s is not None and abs(signals.onset_s - ODD_S) <= NEAR_S
    holds = (
        heard
        and signals.unexpectedness > quiet.unexpectedness
        and signals.loudness_lufs is not None
    )
    return InvariantCheck(
        "A burst of sound over a still picture is heard", holds, f"onset {signals.onset_s}"
    )


def _broken(clips: _MeasuredClips) -> InvariantCheck:
    path = clips.path("whole", _still(), 1.0)
    path.write_bytes(path.read_bytes()[:600])
    try:
        measure(path)
    except Unratable as error:
        return InvariantCheck("A broken file is refused with its reason", True, error.reason)
    return InvariantCheck("A broken file is refused with its reason", False, "it was measured")


CHECKS: tuple[Callable[[_MeasuredClips], InvariantCheck], ...] = (
    _static,
    _cut,
    _oddball,
    _longer_habit,
    _habituation,
    _reversal,
    _harmless("brightness", lambda scene: lambda t: scene(t) + 12),
    _harmless("contrast", lambda scene: lambda t: 120 + 0.85 * (scene(t) - 120)),
    _harmless("size", lambda scene: scene, scale=2),
    _harmless("frame rate", lambda scene: scene, fps=50),
    _harmless("encoding", lambda scene: scene, worse=1),
    _burst,
    _broken,
)
