"""Remove one video by its id, without a look at everything else.

For a video that nobody else can mention, such as the clip of a smoke test. No tombstone is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from shared.erasure.rows import WarehouseRows
from shared.storage.lake import Lake
from shared.storage.layout import FAILED, VIDEOS, metadata_name
from shared.storage.parked_objects import parked_folders, parked_of_video

_FOLDERS = ("metrics", "retention", "ratings", "answers", "frames", "deaths")
"""Each has a folder per video."""


@dataclass(frozen=True, slots=True)
class VideoRemoval:
    """How many objects and rows were deleted, and how many of both are still there."""

    objects: int
    rows: int
    remaining: int


def remove_video(video_id: str, lake: Lake, rows: WarehouseRows) -> VideoRemoval:
    """Delete every object and row of a video, and count what remains. A second run changes nothing.

    The file goes first, so that a late event of it has nothing to rate.
    """
    objects = sum(lake.delete(name) for name in list(objects_of(video_id, lake)))
    deleted = rows.delete_video(video_id) if rows.count_video(video_id) else 0
    return VideoRemoval(objects, deleted, remaining(video_id, lake, rows))


def remaining(video_id: str, lake: Lake, rows: WarehouseRows) -> int:
    """The number of objects and rows that a video has."""
    return len(list(objects_of(video_id, lake))) + rows.count_video(video_id)


def objects_of(video_id: str, lake: Lake) -> Iterator[str]:
    """Names of a video's objects: file, readings, ratings, frames, parked and failed events."""
    yield from lake.names(f"{VIDEOS}{video_id}.")
    if lake.exists(metadata_name(video_id)):
        yield metadata_name(video_id)
    for folder in _FOLDERS:
        yield from lake.names(f"{folder}/{video_id}/")
    yield from parked_of_video(lake, video_id, parked_folders(lake))
    yield from lake.names(f"{FAILED}analyze/{quote(f'{VIDEOS}{video_id}.', safe='')}")
