"""Which videos of a page have a file in the lake: asked by page, as a lake may hold millions."""

from collections.abc import Iterable, Iterator, Sequence

from shared.storage.lake import Lake
from shared.storage.layout import VIDEOS

SCANNED_AT_ONCE = 1000
"""Names in one answer of Cloud Storage. After so many names between two ids of a page, a new
request that begins at the second id costs no more."""


def stored_files(lake: Lake, video_ids: Iterable[str]) -> set[str]:
    """The ids whose file is in the lake. Needs at most one request per id, mostly one for all."""
    remaining = sorted(set(video_ids), key=_first_name)
    requested, stored = set(remaining), set()
    while remaining:
        for scanned, video_id in enumerate(_ids_from(lake, remaining[0]), 1):
            if video_id in requested:
                stored.add(video_id)
            remaining = _after(remaining, video_id)
            if not remaining or scanned == SCANNED_AT_ONCE:
                break
        else:
            return stored
    return stored


def _ids_from(lake: Lake, video_id: str) -> Iterator[str]:
    for entry in lake.entries(VIDEOS, after=_first_name(video_id)):
        yield entry.name.removeprefix(VIDEOS).partition(".")[0]


def _first_name(video_id: str) -> str:
    """A name before that of any file of the video. Names sort as the bucket lists them."""
    return f"{VIDEOS}{video_id}."


def _after(video_ids: Sequence[str], video_id: str) -> list[str]:
    """The ids whose files sort after those of a video."""
    name = _first_name(video_id)
    return [each for each in video_ids if _first_name(each) > name]
