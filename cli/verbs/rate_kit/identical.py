"""Clips of a kit that are one and the same file under several ids."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

WARNING = (
    "Each rater sees them as different clips, recognises them, and repeats the first rating. "
    "Agreement then looks better than it is, over more videos than there are. Take all but one out "
    "of the selection, and make the kit again."
)


def identical_clips(files: Iterable[tuple[str, Path]]) -> tuple[tuple[str, ...], ...]:
    """The ids of files with the same bytes, a group for each file that occurs twice or more.

    Only files of equal size are read.
    """
    by_size: dict[int, list[tuple[str, Path]]] = defaultdict(list)
    for video_id, path in files:
        by_size[path.stat().st_size].append((video_id, path))
    groups: dict[str, list[str]] = defaultdict(list)
    for of_size in by_size.values():
        for video_id, path in of_size if len(of_size) > 1 else ():
            groups[_sha256(path)].append(video_id)
    return tuple(sorted(tuple(sorted(ids)) for ids in groups.values() if len(ids) > 1))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
