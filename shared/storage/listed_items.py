"""Objects of a bucket as a listing gives them, and the ids that an object notes of its videos."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from google.api_core.retry import Retry
from google.cloud import storage

from shared.storage.errors import translate_errors

OBJECT_FIELDS = "name,generation,size,updated,customTime,metadata"

_VIDEO_IDS = "videos"
_MOST_NOTED = 7_000
"""Characters of ids. An object has at most 8 KiB of metadata
(https://cloud.google.com/storage/quotas#objects)."""


def listed_items(
    bucket: storage.Bucket, prefix: str, fields: str, retry: Retry, **bounds: Any
) -> Iterator[Mapping[str, Any]]:
    """Objects in the order of names, page by page, with some fields as the API sends them.

    The client would make a blob of each, which takes five times as long. `bounds` are further
    arguments of `list_blobs`.
    """
    with translate_errors():
        items = bucket.list_blobs(
            prefix=prefix, fields=f"items({fields}),nextPageToken", retry=retry, **bounds
        )
        items.item_to_value = lambda iterator, item: item
        yield from items


def object_fields(item: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `LakeObject`, from an item with OBJECT_FIELDS."""
    custom_time = item.get("customTime")
    return {
        "name": item["name"],
        "generation": int(item["generation"]),
        "size": int(item["size"]),
        "updated": datetime.fromisoformat(item["updated"]),
        "custom_time": datetime.fromisoformat(custom_time) if custom_time else None,
        "video_ids": tuple(item.get("metadata", {}).get(_VIDEO_IDS, "").split()),
    }


def noted_ids(video_ids: Sequence[str]) -> dict[str, str] | None:
    """The metadata of an object that lists these videos. None without any, or with too many."""
    noted = " ".join(video_ids)
    return {_VIDEO_IDS: noted} if 0 < len(noted) <= _MOST_NOTED else None
