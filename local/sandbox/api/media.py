"""The bytes of a post's file: a clip and its mark, as one stream with ranges."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.sandbox.library import Library, Post, mark

_CHUNK = 64 * 1024
# Why a listed post has no file: status, code, message.
ABSENT = {
    "photo": (404, "photo_post", "This post is a photo slideshow; there is no video file."),
    "deleted": (410, "post_deleted", "This post was deleted."),
    "private": (403, "post_private", "This post is private."),
}


class BadRange(Exception):
    """The range begins behind the end of the file: 416."""


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file as served: the clip's bytes, then the mark that makes them this post's own."""

    path: Path
    clip_bytes: int
    tail: bytes
    content_type: str

    @property
    def size(self) -> int:
        return self.clip_bytes + len(self.tail)

    def read(self, start: int, length: int) -> Iterator[bytes]:
        """Yield `length` bytes from `start`, at most 64 KiB at a time."""
        with self.path.open("rb") as file:
            file.seek(min(start, self.clip_bytes))
            unread = min(length, max(0, self.clip_bytes - start))
            length -= unread
            while unread > 0:
                chunk = file.read(min(_CHUNK, unread))
                if not chunk:
                    raise OSError(f"{self.path} is shorter than the manifest says")
                unread -= len(chunk)
                yield chunk
        if length > 0:
            skip = max(0, start - self.clip_bytes)
            yield self.tail[skip : skip + length]


def media_file(library: Library, post: Post) -> MediaFile | None:
    """The file of a post, or None where `post.absent` says why there is none."""
    path = library.clip_path(post)
    if path is None or post.clip is None:
        return None
    # Uploaders and CDNs often do not say video/mp4; every fifth post or so is such a one.
    vague = zlib.crc32(post.video_id.encode()) % 5 == 0
    return MediaFile(
        path=path,
        clip_bytes=library.clips[post.clip].bytes,
        tail=mark(post.video_id),
        content_type="application/octet-stream" if vague else "video/mp4",
    )


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """(start, length) of a single byte range, or None to send all. Raises BadRange."""
    match = re.fullmatch(r"bytes=([0-9]{0,18})-([0-9]{0,18})", (header or "").strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        length = min(int(last), size)
        if length == 0:
            raise BadRange
        return size - length, length
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if start >= size:
        raise BadRange
    return None if end < start else (start, end - start + 1)
