"""Duration and sound of a video file, read from its header alone."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

MAX_READ_BYTES = 96 * 2**20
"""Refuse a file that needs more reading: even an hour of video has a header of a few MB."""

_PROBE_BYTES = 5 * 2**20
_PROBE_US = 5_000_000

# No format that names other files or addresses: FFmpeg would open them (playlists, concat).
_FORMATS = "mov,matroska,webm,avi,gif,mpegts,mpeg,flv,ogg,asf,h264,hevc,ivf,mp3,aac,wav,flac"
_OPTIONS = {
    "protocol_whitelist": "none",
    "format_whitelist": _FORMATS,
    "max_streams": "64",
    "max_pixels": str(4096 * 2304),
    "probesize": str(_PROBE_BYTES),
    "analyzeduration": str(_PROBE_US),
}


class Unreadable(Exception):
    """The file has no header of a video, and trying again cannot change that.

    `reason` is one of: `empty`, `not_a_video`, `no_video_stream`, `truncated`, `too_large`.
    """

    def __init__(self, reason: str, sentence: str):
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class ClipHeader:
    """What a container's header declares; `duration_s` is None when it declares none.

    A header may lie, so this takes the longest duration of picture, sound and container.
    """

    duration_s: float | None
    has_audio: bool


def read_clip_header(file: BinaryIO | Path) -> ClipHeader:
    """Read a container's header without decoding frames. A file object must be seekable.

    Raises Unreadable for a file that is not a video. Errors of the file object pass through.
    """
    if isinstance(file, Path):
        with file.open("rb") as opened:
            return read_clip_header(opened)
    bounded = _Bounded(file)
    head = _head(bounded)
    with _container(bounded, head) as container:
        picture = _picture(container)
        sounds = list(container.streams.audio)
        return ClipHeader(_longest(container, [picture, *sounds]), bool(sounds))


class _Overrun(Exception):
    """More was read than any header needs."""


class _Bounded:
    """A file with a limit on reading. It has no name, so FFmpeg cannot guess a format from one."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self._remaining = MAX_READ_BYTES

    def read(self, size: int) -> bytes:
        if self._remaining <= 0:
            raise _Overrun
        content = self._file.read(size)
        self._remaining -= len(content)
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


def _head(file: _Bounded) -> bytes:
    head = file.read(64)
    if not head:
        raise Unreadable("empty", "the file has no bytes")
    file.seek(0)
    return head


@contextmanager
def _container(file: _Bounded, head: bytes) -> Iterator[Any]:
    import av  # 40 MB of libraries, needed only here
    from av.error import FFmpegError

    try:
        container = av.open(file, options=_OPTIONS, metadata_errors="ignore")
    except _Overrun as error:
        raise Unreadable("too_large", f"more than {MAX_READ_BYTES} bytes of header") from error
    except (FFmpegError, ValueError, MemoryError) as error:
        if _looks_like_video(head):
            sentence = f"a video container that cannot be opened, cut off or broken: {error}"
            raise Unreadable("truncated", sentence) from error
        raise Unreadable("not_a_video", f"no known video container: {error}") from error
    with container:
        yield container


def _looks_like_video(head: bytes) -> bool:
    return (
        head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip")
        or head[:4] == b"\x1a\x45\xdf\xa3"
        or (head[:4] == b"RIFF" and head[8:12] == b"AVI ")
        or head[:6] in (b"GIF87a", b"GIF89a")
    )


def _picture(container: Any) -> Any:
    """The first video stream that is not a cover or thumbnail."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise Unreadable("no_video_stream", "the file holds no moving picture")


def _longest(container: Any, streams: list[Any]) -> float | None:
    import av

    claims = [
        float(stream.duration * stream.time_base)
        for stream in streams
        if stream.duration is not None and stream.time_base
    ]
    if container.duration is not None:
        claims.append(container.duration / av.time_base)
    return max((claim for claim in claims if claim > 0 and math.isfinite(claim)), default=None)
