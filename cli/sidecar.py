"""Metadata beside own files: JSON lines, each about one file or one video id.

{"file": "cat.mp4", "username": "cats", "caption": "Wait for it", "views": 1200, "likes": 80,
 "collected_at": "2026-05-01T12:00:00Z"}
{"video_id": "7300000000000000001", "views": 5000, "collected_at": "2026-05-08T12:00:00Z"}
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Self

from pydantic import Field, model_validator

from cli.refused import Refused
from shared.model import (
    Checked,
    Count,
    Instant,
    Language,
    Malformed,
    Seconds,
    Text,
    VideoId,
    Word,
    parse,
)

MOST_LINE_BYTES = 1_000_000

VIDEO_FIELDS = (
    "url",
    "caption",
    "hashtags",
    "region_code",
    "language",
    "created_at",
    "duration_s",
    "music_id",
)
CREATOR_FIELDS = ("username", "display_name", "bio", "verified", "followers")
COUNTS = ("views", "likes", "comments", "shares", "saves", "followers")


class Line(Checked):
    """What a person says of one video. Times need a zone; a count left out is not known."""

    file: Word | None = None
    video_id: VideoId | None = None
    url: Text | None = None
    caption: Text | None = None
    hashtags: tuple[Word, ...] | None = Field(default=None, max_length=500)
    region_code: Word | None = None
    language: Language | None = None
    created_at: Instant | None = None
    duration_s: Seconds | None = None
    music_id: Word | None = None
    username: Word | None = None
    display_name: Text | None = None
    bio: Text | None = None
    verified: bool | None = None
    views: Count | None = None
    likes: Count | None = None
    comments: Count | None = None
    shares: Count | None = None
    saves: Count | None = None
    followers: Count | None = None
    collected_at: Instant | None = None

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> Self:
        if (self.file is None) == (self.video_id is None):
            raise ValueError("needs either file or video_id")
        if self.username is None and self.given("display_name", "bio", "verified"):
            raise ValueError("display_name, bio and verified need a username")
        return self

    def given(self, *names: str) -> dict[str, object]:
        """The named fields that have a value."""
        values = ((name, getattr(self, name)) for name in names)
        return {name: value for name, value in values if value is not None}


class Sidecar:
    """A metadata file, read. `problems` are sentences, each with the number of its line."""

    def __init__(self, path: Path):
        self.lines: list[tuple[int, Line]] = []
        self.problems: list[str] = []
        try:
            with path.open("rb") as file:
                self.read_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                self._read(path, file)
        except OSError as error:
            raise Refused(f"{path}: {error.strerror}") from error

    def _read(self, path: Path, file: IO[bytes]) -> None:
        for number, raw in enumerate(_lines(file), 1):
            if not raw.strip():
                continue
            try:
                self.lines.append((number, _checked(raw, f"{path.name}, line {number}")))
            except Malformed as error:
                self.problems.append(error.sentence)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines of any file, in bounded memory; what is longer than allowed comes cut."""
    first = True
    while raw := file.readline(MOST_LINE_BYTES + 1):
        whole = raw
        while not raw.endswith(b"\n") and (raw := file.readline(MOST_LINE_BYTES)):
            pass
        yield whole.removeprefix(b"\xef\xbb\xbf") if first else whole
        first = False


def _checked(raw: bytes, where: str) -> Line:
    if len(raw) > MOST_LINE_BYTES:
        raise Malformed(f"{where}: longer than {MOST_LINE_BYTES} bytes")
    return parse(Line, raw, where)
