"""One bounded decoding pass over an untrusted file: frames to grids, samples to sound levels."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from shared.rating.signals.cuts import CutFinder
from shared.rating.signals.grid import Gridder
from shared.rating.signals.result import Unratable
from shared.rating.signals.sound import SoundMeter
from shared.rating.signals.strip import Strip
from shared.rating.signals.ticks import Ticker

MAX_FRAME_PIXELS = 4096 * 2304  # more than any phone posts; memory holds a few such frames
MAX_DURATION_S = 1800.0
MAX_FRAMES = 250_000
MAX_PIXELS = 8e10  # decoded in total: about 21 min of 1080p at 30 frames/s
MAX_PACKETS = 2_000_000
MAX_GAP_S = 60.0  # between frames; a longer gap is a broken clock, and the rest is lost
MAX_BAD_PACKETS = 500  # in a row: nothing more will come

_BLOCK = 32  # frames per block: each numpy call has a fixed cost

# No format that names other files or addresses: FFmpeg would open them (playlists, concat).
_FORMATS = "mov,matroska,webm,avi,gif,mpegts,mpeg,flv,ogg,asf,h264,hevc,ivf,mp3,aac,wav,flac"
# Decoders of formats that people post; every other one would only be attack surface.
_CODECS = (
    "h264,hevc,vp8,vp9,libvpx-vp9,av1,libdav1d,mpeg4,mpeg1video,mpeg2video,h263,mjpeg,gif,"
    "theora,flv,wmv1,wmv2,vc1,prores,msmpeg4v3,"
    "aac,aac_latm,mp3,mp3float,mp2,mp2float,opus,libopus,vorbis,libvorbis,flac,alac,ac3,eac3,"
    "amrnb,amrwb,amr_nb,amr_wb,wmav2,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,"
    "pcm_f32le,pcm_u8,pcm_alaw,pcm_mulaw,adpcm_ms,adpcm_ima_wav"
)


@dataclass(slots=True)
class Footage:
    """The result of one pass: tenths of seconds, numbers per frame, and the file's own claims."""

    width: int = 0
    height: int = 0
    rotation: int = 0
    has_audio: bool = False
    frames: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    frame_s: float = 0.0  # duration of the last frame
    declared_s: float | None = None
    bad_packets: int = 0
    broke_off: bool = False
    damaged_s: list[tuple[float, float]] = field(default_factory=list)  # spans that may be wrong
    cuts: CutFinder = field(default_factory=CutFinder)
    strip: Strip = field(default_factory=Strip)
    ticker: Ticker = field(default_factory=Ticker)
    sound: SoundMeter = field(default_factory=SoundMeter)


def watch(path: str | os.PathLike[str]) -> Footage:
    """Decode video and sound once. Raises Unratable; OSError if the file cannot be read."""
    with opened(path) as container:
        return _Pass(container).run()


def opened(path: str | os.PathLike[str]) -> Any:
    """The container, to be closed. Raises Unratable; OSError if the file cannot be read."""
    head = _head(path)
    limits = {
        "protocol_whitelist": "file",
        "format_whitelist": _FORMATS,
        "codec_whitelist": _CODECS,
        "max_pixels": str(MAX_FRAME_PIXELS),
        "max_streams": "64",
    }
    try:
        # The prefix keeps FFmpeg from taking a file name for an address.
        return av.open(f"file:{Path(path).resolve()}", options=limits, metadata_errors="ignore")
    except (FFmpegError, ValueError, MemoryError) as error:
        if _looks_like_video(head):
            sentence = f"a video container that cannot be opened, cut off or broken: {error}"
            raise Unratable("truncated", sentence) from error
        raise Unratable("not_a_video", f"no known video container: {error}") from error


def _head(path: str | os.PathLike[str]) -> bytes:
    with Path(path).open("rb") as file:
        head = file.read(4096)
    if not head:
        raise Unratable("empty", "the file has no bytes")
    return head


def _looks_like_video(head: bytes) -> bool:
    return (
        head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip")
        or head[:4] == b"\x1a\x45\xdf\xa3"
        or (head[:4] == b"RIFF" and head[8:12] == b"AVI ")
        or head[:6] in (b"GIF87a", b"GIF89a")
    )


class _Pass:
    """The state of one decoding pass and its budgets."""

    def __init__(self, container: Any) -> None:
        self.container = container
        self.footage = Footage()
        self.gridder = Gridder(_BLOCK)
        self.video = video_stream(container)
        self.audio = container.streams.audio[0] if container.streams.audio else None
        self.start_s = max(0.0, (container.start_time or 0) / av.time_base)
        if (container.start_time or 0) < 0:
            self.start_s = container.start_time / av.time_base
        self.pixels = 0
        self.bad_in_a_row = 0
        self.damaged_since_s: float | None = None  # until the next picture that stands by itself
        self.lost = False
        self.tick_s = float(self.video.time_base or 0)
        self.times_s: list[float] = []  # of the frames that wait in the gridder

    def run(self) -> Footage:
        footage = self.footage
        self._check_claims()
        self.video.thread_type = "AUTO"
        self.video.codec_context.options = {
            "max_pixels": str(MAX_FRAME_PIXELS),
            # Skips the loop filter on frames that no other frame is predicted from. It only
            # smooths edges of blocks, which means of cells do not show; saves a tenth of the time.
            "skip_loop_filter": "noref",
        }
        for packets, packet in enumerate(self._packets()):
            if packets > MAX_PACKETS:
                raise Unratable("too_large", f"more than {MAX_PACKETS} packets")
            self._take(packet)
            if self.bad_in_a_row > MAX_BAD_PACKETS or self.lost:
                footage.broke_off = True
                break
        if not footage.frames:
            raise Unratable("undecodable", "no frame could be decoded")
        self._digest()
        if self.damaged_since_s is not None:
            footage.damaged_s.append((self.damaged_since_s, footage.last_s))
        footage.sound.close()
        return footage

    def _check_claims(self) -> None:
        footage, context = self.footage, self.video.codec_context
        if context.width * context.height > MAX_FRAME_PIXELS:
            raise Unratable("too_large", f"frames of {context.width}x{context.height} pixels")
        declared = self.video.duration
        if declared is not None and self.video.time_base:
            footage.declared_s = float(declared * self.video.time_base)
        elif self.container.duration is not None:
            footage.declared_s = self.container.duration / av.time_base
        if footage.declared_s is not None and footage.declared_s > MAX_DURATION_S:
            raise Unratable("too_long", f"{footage.declared_s:.0f} s long")

    def _packets(self) -> Iterator[Any]:
        streams = [stream for stream in (self.video, self.audio) if stream is not None]
        try:
            yield from self.container.demux(streams)
        except (FFmpegError, IndexError, ValueError, MemoryError):
            # PyAV raises IndexError for a stream that appears after the file was opened.
            self.footage.broke_off = True

    def _take(self, packet: Any) -> None:
        if packet.is_corrupt:
            self._note_damage(packet)
        try:
            for frame in packet.decode():
                self._see(frame) if packet.stream is self.video else self._hear(frame)
                self.bad_in_a_row = 0
        except (FFmpegError, ValueError, MemoryError):
            self._note_damage(packet)
            self.bad_in_a_row += 1

    def _note_damage(self, packet: Any) -> None:
        """What is shown from a damaged packet to the next refresh is not the creator's."""
        self.footage.bad_packets += 1
        if packet.stream is self.video and self.damaged_since_s is None:
            at = packet.pts if packet.pts is not None else packet.dts
            shown_s = self.footage.last_s if at is None else float(at * packet.time_base)
            self.damaged_since_s = shown_s - (self.start_s if at is not None else 0.0)

    def _see(self, frame: Any) -> None:
        footage = self.footage
        self.pixels += frame.width * frame.height
        if frame.width * frame.height > MAX_FRAME_PIXELS or self.pixels > MAX_PIXELS:
            raise Unratable("too_large", "more pixels than a short video has")
        at_s = self._time_of(frame)
        if at_s > MAX_DURATION_S:
            raise Unratable("too_long", f"a frame at {at_s:.0f} s")
        if footage.frames and at_s - footage.last_s > MAX_GAP_S:
            self.lost = True
        if self.lost:
            return
        footage.frames += 1
        if footage.frames > MAX_FRAMES:
            raise Unratable("too_long", f"more than {MAX_FRAMES} frames")
        if footage.frames == 1:
            footage.first_s = at_s
            self._describe(frame)
        footage.last_s = at_s
        self._end_damage(frame, at_s)
        self.gridder.read(frame)
        self.times_s.append(at_s)
        if len(self.times_s) == _BLOCK:
            self._digest()

    def _end_damage(self, frame: Any, at_s: float) -> None:
        """Damage begins with a frame that FFmpeg calls corrupt, and ends with a sound refresh."""
        if frame.is_corrupt and self.damaged_since_s is None:
            self.footage.bad_packets += 1
            self.damaged_since_s = at_s
        elif self.damaged_since_s is not None and frame.key_frame and not frame.is_corrupt:
            self.footage.damaged_s.append((self.damaged_since_s, at_s))
            self.damaged_since_s = None

    def _digest(self) -> None:
        """Pass the waiting frames' cells to the cut finder, the strip and the ticker."""
        if self.times_s:
            luma, colour = self.gridder.cells()
            self.footage.cuts.see(luma, colour, self.times_s)
            self.footage.strip.see(luma, colour, self.times_s)
            self.footage.ticker.see(luma, colour, self.times_s)
            self.times_s = []

    def _time_of(self, frame: Any) -> float:
        """Seconds from the start of the file; never decreases."""
        footage = self.footage
        if frame.duration and self.tick_s:
            footage.frame_s = min(1.0, frame.duration * self.tick_s)
        elif not footage.frame_s:
            rate = self.video.average_rate or self.video.guessed_rate
            footage.frame_s = min(1.0, 1 / float(rate)) if rate else 0.04
        time_s: float | None = frame.time
        if time_s is None:
            return footage.last_s + footage.frame_s if footage.frames else 0.0
        return max(time_s - self.start_s, footage.last_s, 0.0)

    def _describe(self, frame: Any) -> None:
        footage = self.footage
        footage.rotation = 90 * quarter_turns(frame)
        aspect = self.video.sample_aspect_ratio or 1
        aspect = float(aspect) if 0.1 < aspect < 10 else 1.0
        size = (round(frame.width * aspect), frame.height)
        footage.width, footage.height = size if footage.rotation % 180 == 0 else size[::-1]

    def _hear(self, frame: Any) -> None:
        sound = self.footage.sound
        at_s = 0.0 if frame.time is None else float(frame.time) - self.start_s
        if sound.seconds > MAX_DURATION_S or at_s > MAX_DURATION_S:
            raise Unratable("too_long", "the sound is longer than a short video")
        self.footage.has_audio = True
        sound.hear(frame, max(0.0, at_s))


def video_stream(container: Any) -> Any:
    """The stream that FFmpeg would take: no cover or thumbnail, and the largest picture.

    Its `choose_video` counts the mark "default" as five million pixels.
    """
    moving = [
        stream
        for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
    ]
    if not moving:
        raise Unratable("no_video_stream", "the file holds no moving picture")
    stream = max(moving, key=_worth)  # the first one of equals
    if stream.codec_context is None:
        raise Unratable("undecodable", "no decoder for the picture")
    return stream


def _worth(stream: Any) -> int:
    is_default = bool(stream.disposition & av.stream.Disposition.default)
    context = stream.codec_context
    return 5_000_000 * is_default + (context.width * context.height if context else 0)


def quarter_turns(frame: Any) -> int:
    """How many times a player turns the frame clockwise by 90 degrees: 0 to 3."""
    return round(-(frame.rotation or 0) / 90) % 4
