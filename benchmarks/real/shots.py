"""A clip in memory, pictures and sound, and what encodes it again."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from benchmarks.real.sources import Clip

Frame = NDArray[np.uint8]  # planes of yuv420p above each other: height * 3 / 2 x width
Sound = NDArray[np.float32]  # one channel at RATE
RATE = 48_000
LINES = 480  # taller footage is scaled down to it
_CLOCK = 90_000
_SOUND_BLOCK = 1024
PLAIN = {"preset": "veryfast", "crf": "20"}


@dataclass(frozen=True, slots=True)
class Shot:
    """Frames at their times, in seconds from the first one, and the sound if there is some."""

    frames: tuple[Frame, ...]
    times_s: tuple[float, ...]
    seconds: float
    sound: Sound | None = None

    @property
    def size(self) -> tuple[int, int]:
        rows, width = self.frames[0].shape
        return width, rows * 2 // 3

    def shown_at(self, at_s: float) -> Frame:
        """The frame that a player shows at a moment."""
        index = int(np.searchsorted(self.times_s, at_s + 1e-6, side="right")) - 1
        return self.frames[max(0, index)]

    def sampled(self, fps: float) -> "Shot":
        """The same shot at an even frame rate: frames are repeated or dropped."""
        times_s = tuple(np.arange(0.0, self.seconds - 0.25 / fps, 1 / fps).tolist())
        frames = tuple(self.shown_at(at_s) for at_s in times_s)
        return Shot(frames, times_s, self.seconds, self.sound)


@lru_cache(maxsize=4)
def load(clip: Clip) -> Shot:
    """Decode a clip. Raises NoFootage."""
    frames, times_s = _pictures(clip)
    first_s = times_s[0]
    times_s = [at_s - first_s for at_s in times_s]
    sound = _sound(clip, first_s)
    return Shot(tuple(frames), tuple(times_s), clip.seconds, sound)


def _pictures(clip: Clip) -> tuple[list[Frame], list[float]]:
    frames, times_s = [], []
    with av.open(str(clip.path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in _decoded(container, stream):
            if frame.time is None or frame.time < clip.start_s:
                continue
            if times_s and frame.time <= times_s[-1]:
                continue  # a clock that stands still
            if frame.time >= clip.start_s + clip.seconds:
                break
            shrunk = min(1.0, LINES / frame.height)
            size = [round(side * shrunk / 2) * 2 for side in (frame.width, frame.height)]
            small = frame.reformat(*size, "yuv420p", interpolation="AREA")
            frames.append(small.to_ndarray())
            times_s.append(frame.time)
    return frames, times_s


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    """The frames that decode: real files hold packets that do not."""
    for packet in container.demux(stream):
        with suppress(FFmpegError):
            yield from packet.decode()


def _sound(clip: Clip, first_s: float) -> Sound | None:
    with av.open(str(clip.path)) as container:
        if not container.streams.audio:
            return None
        resampler = av.AudioResampler("fltp", "mono", RATE)
        sound = np.zeros(round(clip.seconds * RATE), np.float32)
        for frame in _decoded(container, container.streams.audio[0]):
            if frame.time is None or frame.time > first_s + clip.seconds:
                continue
            at = round((frame.time - first_s) * RATE)
            for part in resampler.resample(frame):
                _lay(sound, at, part.to_ndarray()[0])
                at += part.samples
    return sound


def _lay(sound: Sound, at: int, heard: Sound) -> None:
    first, last = max(0, at), min(len(sound), at + len(heard))
    if first < last:
        sound[first:last] = heard[first - at : last - at]


def write(
    path: Path,
    shot: Shot,
    *,
    lines: int | None = None,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
) -> None:
    """Encode a shot, each frame at its time, scaled to a number of lines."""
    width, height = shot.size
    scale = 1.0 if lines is None else lines / height
    size = (round(width * scale / 2) * 2, round(height * scale / 2) * 2)
    with av.open(str(path), "w") as container:
        rate = Fraction(round(len(shot.frames) / shot.seconds * 1000), 1000)
        video = container.add_stream(codec, rate=rate, options=options or dict(PLAIN))
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.time_base = Fraction(1, _CLOCK)
        sounds = codec_of_sound(path)
        audio = None
        if shot.sound is not None:
            audio = container.add_stream(sounds, rate=RATE, layout="mono")
        for frame in _scaled(shot, size):
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None and shot.sound is not None:
            for heard in _blocks(shot.sound):
                container.mux(audio.encode(heard))
            container.mux(audio.encode(None))


def codec_of_sound(path: Path) -> str:
    return "libopus" if path.suffix == ".webm" else "aac"


def _scaled(shot: Shot, size: tuple[int, int]) -> Iterator[av.VideoFrame]:
    for planes, at_s in zip(shot.frames, shot.times_s, strict=True):
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame = frame.reformat(*size, interpolation="BICUBIC")
        frame.pts, frame.time_base = round(at_s * _CLOCK), Fraction(1, _CLOCK)
        yield frame


def _blocks(sound: Sound) -> Iterable[av.AudioFrame]:
    for start in range(0, len(sound), _SOUND_BLOCK):
        part = np.ascontiguousarray(sound[None, start : start + _SOUND_BLOCK])
        heard = av.AudioFrame.from_ndarray(part, "fltp", "mono")
        heard.rate, heard.time_base, heard.pts = RATE, Fraction(1, RATE), start
        yield heard
