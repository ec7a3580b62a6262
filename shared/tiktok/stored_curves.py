"""Which listed videos bring a retention curve while the lake has none of them.

A video may be known before its curve: from another source, or because its figures come late.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from shared.storage.lake import Lake
from shared.storage.layout import RETENTION
from shared.tiktok.sources.source import SourceVideo


def without_curves(
    lake: Lake, videos: Iterable[SourceVideo], pool: ThreadPoolExecutor
) -> tuple[str, ...]:
    """Ids of the videos with a curve of which the lake has no reading."""

    def has_reading(video_id: str) -> bool:
        return next(lake.names(f"{RETENTION}{video_id}/"), None) is not None

    video_ids = [video.video_id for video in videos if video.retention is not None]
    pairs = zip(video_ids, pool.map(has_reading, video_ids), strict=True)
    return tuple(video_id for video_id, has_one in pairs if not has_one)
