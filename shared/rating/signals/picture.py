"""The picture of one moment as a small upright JPEG without metadata of the file."""

import os
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Interpolation

from shared.rating.signals.decode import MAX_FRAME_PIXELS, opened, quarter_turns, video_stream
from shared.rating.signals.result import Unratable

MOST_SIDE = 480  # pixels; about 30 kB, of which a report holds some hundreds
_QUALITY = "4"  # of FFmpeg's scale from 2 (best) to 31
_NEAR_S = 1.0  # earlier frames that no other is predicted from are skipped
# Decoded from the refresh before the moment: ten seconds of 1080p at 60 frames/s.
_MOST_PIXELS = 1.25e9


def picture_at(path: str | os.PathLike[str], at_s: float) -> bytes | None:
    """JPEG of the frame at `at_s` seconds from the start of the file; deterministic.

    Decodes from the nearest refresh before. None where nothing can be decoded.
    """
    try:
        with opened(path) as container:
            stream = video_stream(container)
            stream.codec_context.options = {"max_pixels": str(MAX_FRAME_PIXELS)}
            start_s = (container.start_time or 0) / av.time_base
            frame = _shown(container, stream, at_s + start_s)
            aspect = float(stream.sample_aspect_ratio or 1)
            return None if frame is None else _jpeg(frame, aspect if 0.1 < aspect < 10 else 1.0)
    except (Unratable, FFmpegError, ValueError, IndexError, MemoryError):
        return None


def _shown(container: Any, stream: Any, at_s: float) -> Any:
    """The last frame that begins by `at_s`, else the first one; None without frames."""
    shown, pixels = None, 0
    for frame in _from_refresh(container, stream, at_s):
        if shown is not None and frame.time is not None and frame.time > at_s + 1e-6:
            break
        shown, pixels = frame, pixels + frame.width * frame.height
        if pixels > _MOST_PIXELS:
            break
    return shown


def _from_refresh(container: Any, stream: Any, at_s: float) -> Iterator[Any]:
    """Frames from the refresh before `at_s`, as long as they can be decoded."""
    with suppress(FFmpegError):  # a file that cannot seek is read from its start
        container.seek(round(at_s * av.time_base))
    with suppress(FFmpegError):
        for packet in container.demux(stream):
            is_far = packet.pts is not None and packet.pts * packet.time_base < at_s - _NEAR_S
            stream.codec_context.skip_frame = "NONREF" if is_far else "DEFAULT"
            with suppress(FFmpegError, ValueError):  # frames after a damaged one may decode
                yield from packet.decode()


def _jpeg(frame: Any, aspect: float) -> bytes:
    width, height = frame.width * aspect, float(frame.height)
    shrunk = min(1.0, MOST_SIDE / max(width, height))
    sides = [max(2, round(side * shrunk / 2) * 2) for side in (width, height)]
    turns = quarter_turns(frame)
    small = frame.reformat(*sides, "rgb24", interpolation=Interpolation.AREA)
    upright = np.ascontiguousarray(np.rot90(small.to_ndarray(), -turns))
    picture = av.VideoFrame.from_ndarray(upright, format="rgb24").reformat(
        format="yuvj420p", dst_color_range=ColorRange.JPEG
    )
    options = {"qmin": _QUALITY, "qmax": _QUALITY}
    encoder: Any = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, "yuvj420p"
    encoder.time_base, encoder.options, encoder.thread_count = Fraction(1, 25), options, 1
    picture.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])
