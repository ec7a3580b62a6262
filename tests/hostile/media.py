"""Video files, as anybody may drop them: rated by `signals`, their headers read as for Gemini."""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from shared.messaging.events import VideoUploaded
from shared.rating.clip import Unreadable, read_clip_header
from shared.rating.rate import RateApp, rate_upload
from shared.rating.signals.rater import SignalsRater
from shared.storage.lease import Lease
from tests.fakes import BusInMemory, LakeInMemory, tombstones_in
from tests.hostile.files import GARBAGE, PAGE, SQL
from tests.hostile.table import Cell, Feed, Handler, Seen

LIMIT = 3_000_000
PLAYLIST = b"#EXTM3U\n#EXTINF:4,\nhttp://169.254.169.254/latest/meta-data\n#EXT-X-ENDLIST\n"


@dataclass(frozen=True, slots=True)
class File:
    content: bytes
    name: str = "videos/7300000000000000001.mp4"


@cache
def clip(width: int = 64, height: int = 96, frames: int = 50, title: str = "a title") -> bytes:
    """A small MP4 in which something changes."""

    def fill(container: av.container.OutputContainer) -> None:
        container.metadata["title"] = title
        _draw(container, width, height, frames)

    return _written(fill)


def _draw(
    container: av.container.OutputContainer,
    width: int,
    height: int,
    frames: int,
    apart_s: float = 1 / 25,
) -> None:
    stream = container.add_stream("mpeg4", rate=25)
    stream.width, stream.height = width, height
    for number in range(frames):
        picture = np.full((height, width, 3), 40 + 150 * (number > frames // 2), np.uint8)
        picture[number % height] = 255
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = round(number * apart_s * 25)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def _written(fill) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
            fill(container)
        return path.read_bytes()


def _sound(container: av.container.OutputContainer) -> None:
    stream = container.add_stream("aac", rate=48_000, layout="mono")
    wave = np.sin(np.arange(48_000) / 20).astype(np.float32)[None]
    frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
    frame.rate = 48_000
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _two_pictures(container: av.container.OutputContainer) -> None:
    streams = [container.add_stream("mpeg4", rate=25) for _ in range(2)]
    for stream in streams:
        stream.width, stream.height = 64, 96
    for number in range(50):
        for stream in streams:
            picture = np.full((96, 64, 3), number * 5, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
    for stream in streams:
        container.mux(stream.encode())


def _with_title(title: bytes) -> File:
    return File(clip().replace(b"a title", title))


def _without_index() -> File:
    return File(clip().replace(b"moov", b"lost", 1))


def _of_a_day() -> File:
    """Fifty pictures, half an hour apart."""
    return File(_written(lambda container: _draw(container, 64, 96, 50, apart_s=1_800)))


def _nested() -> File:
    """100,000 boxes, each in the one before."""
    depth = 100_000
    boxes = b"".join(struct.pack(">I4s", 8 * (depth - at), b"moov") for at in range(depth))
    return File(clip()[:32] + boxes)


def _too_many_pixels() -> File:
    """Thousands of pixels a side, all of them black, in a few kilobytes."""

    def fill(container: av.container.OutputContainer) -> None:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 6_000
        black = av.VideoFrame(6_000, 6_000, "yuv420p")
        for plane in black.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(black))
        container.mux(stream.encode())

    return File(_written(fill))


@contextmanager
def _rating(folder: Path) -> Iterator[Feed]:
    lake, bus = LakeInMemory(), BusInMemory()
    rater = SignalsRater()
    app = RateApp(
        lake=lake,
        tombstones=tombstones_in(lake),
        lease=Lease(lake, 660),
        raters=lambda condition: rater,
        publish=bus.publish,
        clock=lambda: lake.now,
        timer=lambda: 0.0,
        max_media_bytes=LIMIT,
    )

    def rate(file: File) -> None:
        blob = lake.stat(file.name)
        generation = blob.generation if blob else lake.replace(file.name, file.content, 0)
        rate_upload(VideoUploaded("lake", file.name, str(generation)), "d", app)

    def feed(file: File) -> Seen:
        with suppress(Unreadable):
            read_clip_header(io.BytesIO(file.content))
        bus.published.clear()
        rate(file)
        published = list(bus.published)
        rate(File(clip(), "videos/7300000000000000002.mp4"))
        good = bus.published[len(published) :]
        neighbours = [record.rating.status for record in good if record.rating] == ["rated"]
        if not published:
            return Seen("ignored", neighbours=neighbours)
        rating = published[0].rating
        assert rating is not None
        if rating.status == "rated":
            return Seen("taken", published[0].video_id, neighbours)
        return Seen("row", f"{rating.status} {rating.reason}", neighbours)

    yield feed


media = Handler(
    "media",
    "A file under `videos/`, rated by `analyze`. A file that cannot be rated becomes a row that"
    " says why. The file's own name, title and declared type decide nothing.",
    {
        "empty": Cell("a file without bytes", lambda: File(b""), "row", "unratable empty"),
        "cut off": Cell(
            "the first third of a file",
            lambda: File(clip()[: len(clip()) // 3]),
            "row",
            "unratable",
        ),
        "garbage": Cell("2,000 random bytes", lambda: File(GARBAGE), "row", "not_a_video"),
        "another format": Cell("a web page", lambda: File(PAGE), "row", "not_a_video"),
        "not UTF-8": Cell("a title with the byte FF", lambda: _with_title(b"a ti\xffle"), "taken"),
        "NUL": Cell("a title with a NUL", lambda: _with_title(b"a ti\0le"), "taken"),
        "wrong type": Cell(
            "sound without a picture",
            lambda: File(_written(_sound)),
            "row",
            "unratable no_video_stream",
        ),
        "missing": Cell("a file without its index", _without_index, "row", "unratable truncated"),
        "unknown": Cell(
            "an unknown box after the file",
            lambda: File(clip() + struct.pack(">I4s", 108, b"evil") + bytes(100)),
            "taken",
        ),
        "out of range": Cell("fifty pictures in a day", _of_a_day, "row", "unratable too_long"),
        "deep": Cell("100,000 boxes, each in the one before", _nested, "row", "unratable"),
        "oversized": Cell(
            "more bytes than MAX_MEDIA_BYTES",
            lambda: File(clip() + bytes(LIMIT)),
            "row",
            "unratable too_large",
        ),
        "bomb": Cell(
            "a picture of 36 million pixels, all black", _too_many_pixels, "row", "unratable"
        ),
        "twice": Cell("two picture tracks", lambda: File(_written(_two_pictures)), "taken"),
        "traversal": Cell(
            "a name that leaves videos/: the content gives the id",
            lambda: File(clip(), "videos/../../etc/passwd.mp4"),
            "taken",
            "u",
        ),
        "address": Cell(
            "a playlist of an address of our network",
            lambda: File(PLAYLIST),
            "row",
            "unratable not_a_video",
        ),
        "injection": Cell(
            "SQL as name and title",
            lambda: File(clip(title=SQL), f"videos/{SQL}.mp4"),
            "taken",
            "u",
        ),
    },
    _rating,
)
