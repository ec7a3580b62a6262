"""What the listing of a video in the lake says of it."""

from contextlib import suppress

from shared.model import Malformed, parse_record
from shared.storage.lake import Lake
from shared.storage.layout import metadata_name


def is_synthetic_video(lake: Lake, video_id: str) -> bool:
    """Whether the listing calls the video synthetic. A video without one is observed."""
    content = lake.read(metadata_name(video_id))
    with suppress(Malformed):
        record = parse_record(content) if content else None
        return bool(record and record.video and record.video.synthetic)
    return False
