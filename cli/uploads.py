"""Video files of the person: which can be ingested, and under which id."""

import hashlib
import os
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.files import similar_name
from shared.config import AnalyzeSettings
from shared.inputs.media_type import (
    AVI,
    GIF,
    HEAD_BYTES,
    MATROSKA,
    MP4,
    QUICKTIME,
    WEBM,
    MediaType,
    media_type,
)
from shared.model import content_id, id_in_name

ACCEPTED = (MP4, QUICKTIME, WEBM, MATROSKA, AVI, GIF)
"""The types that the signals rater reads. Gemini refuses some of them: see its ACCEPTED."""

ACCEPTED_WORDS = "MP4, MOV, WebM, Matroska, AVI and GIF"
TAKEN = f"`tta ingest` takes {ACCEPTED_WORDS}"
TABLE_SUFFIXES = (".csv", ".tsv", ".xlsx", ".json", ".jsonl", ".ndjson", ".parquet", ".txt")

MOST_BYTES: int = AnalyzeSettings.model_fields["max_media_bytes"].default
"""A larger file would be stored and then not rated."""


# Today's ids of TikTok have 19 digits and begin with 6 or 7. Times in nanoseconds begin with 1.
_TIKTOK_ID = re.compile(r"(?<![0-9A-Za-z])[67][0-9]{18}(?![0-9A-Za-z])")


class UnusableFile(Exception):
    """A file that cannot be ingested; the text says why."""


@dataclass(frozen=True, slots=True)
class VideoFile:
    """A video file that can be ingested.

    `content_id` is the id that its content gave it, where a row of metadata gave it another.
    """

    path: Path
    video_id: str
    type: MediaType
    content_id: str | None = None


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Each file; for a folder, its files in the order of names, without hidden ones."""
    for path in paths:
        if path.is_dir():
            inside = sorted(path.iterdir())
            # Also what is no file, such as a link to nothing: it is told, and not passed over.
            yield from (
                file for file in inside if not file.is_dir() and not file.name.startswith(".")
            )
        else:
            yield path


def inspect_video(path: Path) -> VideoFile:
    """Check the size and the first bytes of a file, and find its id. Raises UnusableFile."""
    if not path.exists():
        raise UnusableFile(_absent(path))
    if not path.is_file():
        raise UnusableFile("is not an ordinary file")
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MOST_BYTES:  # before its id is computed, which reads all of it
                raise UnusableFile(f"{too_large(size)}. {_smaller(path)}")
            kind = _accepted(file.read(HEAD_BYTES), path)
        return VideoFile(path, named_id(path) or content_id(_sha256(path)), kind)
    except OSError as error:
        raise UnusableFile(f"cannot be read: {error.strerror}") from error


def too_large(size: int) -> str:
    """Why a file of so many bytes, more than `MOST_BYTES`, is not taken."""
    return f"has {size:,} bytes; the most is {MOST_BYTES:,}"


def named_id(path: Path) -> str | None:
    """The id of the post that a file's name tells, whichever tool wrote the file.

    The whole name may be the id, or one TikTok id stands in it, as in yt-dlp's `Title [ID].mp4`,
    `@account_video_ID.mp4` and `ID_1.mp4`. Of two different ids in one name neither counts.
    """
    inside = set(_TIKTOK_ID.findall(path.stem.replace("_", " ")))
    return id_in_name(path.stem) or (inside.pop() if len(inside) == 1 else None)


def _absent(path: Path) -> str:
    if path.parts[0] in ("http:", "https:"):
        return "is an address; put it into a text file, and give that file with --metadata"
    if path.is_symlink():
        return "is a link to a file that does not exist; give the file itself"
    similar = similar_name(path)
    return f"there is no such file or folder in {path.parent.resolve()}{similar}"


def _smaller(path: Path) -> str:
    source, result = shlex.quote(str(path)), shlex.quote(f"{path.stem}-small.mp4")
    return f"Make it smaller: ffmpeg -i {source} -vf scale=-2:720 {result}"


def _accepted(head: bytes, path: Path) -> MediaType:
    kind = media_type(head)
    if not head:
        raise UnusableFile("is empty; copy or export it again")
    if kind is None:
        is_table = path.suffix.lower() in TABLE_SUFFIXES
        advice = f"a table of videos comes in by --metadata {path}" if is_table else TAKEN
        raise UnusableFile(f"is not a video, by its first bytes; {advice}")
    if kind not in ACCEPTED:
        raise UnusableFile(f"is {kind.mime}; only {ACCEPTED_WORDS} can be ingested")
    return kind


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
