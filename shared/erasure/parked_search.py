"""Kept messages about some videos, without a read of all that is kept."""

from collections.abc import Iterator, Set
from urllib.parse import quote

from shared.concurrency import in_order
from shared.model import id_in_name
from shared.privacy.object_names import video_in_name
from shared.storage.folders import behind
from shared.storage.lake import Lake, LakeObject
from shared.storage.layout import FAILED, PARKED, VIDEOS, video_key
from shared.storage.parked_objects import UPLOADS, parked_folders

MOST_LISTINGS = 2_000
"""With more, one listing of all that is parked is shorter: a page of it has 1,000 names."""

_KEYED = quote(VIDEOS, safe="")
_BEHIND_KEYED = f"{_KEYED}~"


def parked_entries(lake: Lake, videos: Set[str]) -> Iterator[LakeObject]:
    """The parked messages of these videos, and those whose name does not say a video."""
    folders = parked_folders(lake)
    for folder in folders:
        yield from _without_video(lake, folder)
    if len(videos) * len(folders) > MOST_LISTINGS:
        yield from (each for each in lake.entries(PARKED) if video_in_name(each.name) in videos)
        return
    prefixes = [
        f"{folder}{quote(video_key(video_id, ''), safe='')}"
        for folder in folders
        for video_id in sorted(videos)
    ]
    for entries in in_order(lambda prefix: list(lake.entries(prefix)), prefixes):
        yield from entries


def messages_about_own_files(lake: Lake) -> Iterator[LakeObject]:
    """Failed and parked messages about files whose name does not begin with an id.

    All names are listed. For an own file that is erased, there is no shorter way.
    """
    for folder in (f"{FAILED}{UPLOADS}/", *parked_folders(lake)):
        for entry in lake.entries(f"{folder}{_KEYED}"):
            if id_in_name(video_in_name(entry.name) or "") is None:
                yield entry


def _without_video(lake: Lake, folder: str) -> Iterator[LakeObject]:
    """Messages right in a folder with another key, as earlier versions parked records."""
    after = ""
    while True:
        for entry in lake.entries(folder, after):
            key, slash, _ = entry.name.removeprefix(folder).partition("/")
            if slash:
                after = behind(f"{folder}{key}/")
                break
            if key.startswith(_KEYED):
                after = f"{folder}{_BEHIND_KEYED}"
                break
            yield entry
        else:
            return
