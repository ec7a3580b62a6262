"""Renders a design as H.264 + AAC, with one thread and no clock, so the bytes are repeatable."""

import hashlib
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from local.sandbox.designs import Design
from local.sandbox.library import RenderedClip
from local.sandbox.picture import Picture
from local.sandbox.sound import SAMPLE_RATE_HZ, sound

_AAC_FRAME = 1024
# Without cpu-independent, x264's fast reciprocals in the macroblock tree encode the same frames to
# other bytes from run to run (seen with two encoders in one process).
_X264 = {"preset": "veryfast", "crf": "25", "x264-params": "threads=1:cpu-independent=1"}


class Frames(Protocol):
    """The pictures of a clip."""

    @property
    def design(self) -> Design: ...

    def frame(self, index: int) -> NDArray[np.uint8]:
        """Frame `index` as PyAV's yuv420p array: shape (height * 3 / 2, width)."""
        ...


def render(design: Design, seed: int, target: Path) -> RenderedClip:
    """Write the clip of a design to `target` in one step; returns its description."""
    rng = np.random.default_rng([seed, zlib.crc32(design.name.encode())])
    samples = sound(design, rng)
    return encode(Picture(design, rng), samples, target)


def encode(picture: Frames, samples: NDArray[np.float32] | None, target: Path) -> RenderedClip:
    """Write frames and sound to `target` in one step; returns the clip's description."""
    temporary = target.with_name(target.name + ".part")
    with av.open(temporary, "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata["comment"] = "synthetic sandbox clip"
        _write(container, picture, samples)
    temporary.replace(target)
    return _describe(picture.design, target)


def _write(
    container: OutputContainer, picture: Frames, samples: NDArray[np.float32] | None
) -> None:
    design = picture.design
    video = _video_stream(container, design)
    audio = None if samples is None else _audio_stream(container)
    sent = 0
    for index in range(round(design.seconds * design.fps)):
        frame = av.VideoFrame.from_ndarray(picture.frame(index), format="yuv420p")
        frame.pts, frame.time_base = index, Fraction(1, design.fps)
        container.mux(video.encode(frame))
        if audio is not None and samples is not None:
            until = round((index + 1) / design.fps * SAMPLE_RATE_HZ)
            sent = _send_sound(container, audio, samples, sent, until)
    container.mux(video.encode(None))
    if audio is not None and samples is not None:
        _send_sound(container, audio, samples, sent, len(samples) + _AAC_FRAME)
        container.mux(audio.encode(None))


def _send_sound(
    container: OutputContainer,
    audio: AudioStream,
    samples: NDArray[np.float32],
    sent: int,
    until: int,
) -> int:
    """Encode whole AAC frames up to sample `until` (the last may be short); returns the end."""
    while sent < len(samples) and sent + _AAC_FRAME <= until:
        frame = av.AudioFrame.from_ndarray(
            samples[None, sent : sent + _AAC_FRAME], format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, sent
        frame.time_base = Fraction(1, SAMPLE_RATE_HZ)
        container.mux(audio.encode(frame))
        sent += frame.samples
    return sent


def _video_stream(container: OutputContainer, design: Design) -> VideoStream:
    stream = container.add_stream("libx264", rate=design.fps, options=_X264)
    stream.codec_context.thread_count = 1
    stream.width, stream.height = design.size
    stream.pix_fmt = "yuv420p"
    return stream


def _audio_stream(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
    stream.bit_rate = 48_000
    return stream


def _describe(design: Design, path: Path) -> RenderedClip:
    content = path.read_bytes()
    return RenderedClip(
        name=design.name,
        file=f"clips/{path.name}",
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        duration_s=design.seconds,
        width=design.size[0],
        height=design.size[1],
        fps=design.fps,
        has_audio=not design.silent,
    )
