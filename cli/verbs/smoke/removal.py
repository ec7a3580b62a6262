"""All that the lake and the warehouse hold of a video, and its removal."""

from collections.abc import Iterator
from urllib.parse import quote

from cli.warehouse import Warehouse
from shared.storage.lake import FAILED, PARKED, VIDEOS, Lake, metadata_name
from shared.warehouse.tables import definitions, schema

FOLDERS = ("ratings", "answers", "frames")
"""Each has a folder per video."""


def objects_of(video_id: str, lake: Lake) -> Iterator[str]:
    """Names of the objects of a video: file, metadata, ratings, and what waits or failed."""
    yield from lake.names(f"{VIDEOS}{video_id}.")
    yield from (name for name in (metadata_name(video_id),) if lake.exists(name))
    for folder in FOLDERS:
        yield from lake.names(f"{folder}/{video_id}/")
    escaped = quote(f"{VIDEOS}{video_id}.", safe="")
    for prefix in (PARKED, FAILED):
        yield from lake.names(f"{prefix}analyze/{escaped}")


def tables_with_videos() -> list[str]:
    """The tables that have rows of a video; creators and languages are shared."""
    return [
        table
        for table in sorted(definitions())
        if any(column["name"] == "video_id" for column in schema(table))
    ]


def rows_of(video_id: str, warehouse: Warehouse) -> int:
    """How many rows a video has, over all tables."""
    counts = " UNION ALL ".join(
        f"SELECT COUNT(*) AS n FROM {table} WHERE video_id = @video_id"  # nosec B608 # our tables
        for table in tables_with_videos()
    )
    return sum(row["n"] for row in warehouse.rows(counts, video_id=video_id))


def remove(video_id: str, lake: Lake, warehouse: Warehouse) -> tuple[int, int]:
    """Delete every object and row of a video; how many there were. Again, it removes nothing.

    The file goes first, so that an event of it that comes late finds nothing to rate.
    """
    objects = sum(lake.delete(name) for name in list(objects_of(video_id, lake)))
    rows = rows_of(video_id, warehouse)
    if rows:
        for table in tables_with_videos():
            statement = f"DELETE FROM {table} WHERE video_id = @video_id"  # nosec B608 # our tables
            warehouse.ask(statement, video_id=video_id)
    return objects, rows
