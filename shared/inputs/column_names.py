"""Names of the columns that say which video a row is about."""

import re
from collections.abc import Mapping

VIDEO_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "file": ("file", "file_name", "filename"),
    "video_id": (
        *("video_id", "id", "aweme_id", "item_id", "videoid", "vid_id", "post_id", "postid"),
        *("tiktok_id", "video.id"),
    ),
    "url": (
        *("url", "tiktok_url", "share_url", "web_url", "video_link", "webvideourl", "video_url"),
        *("post_url", "posturl", "link", "permalink"),
    ),
}
"""Our fields, and the columns that mean them, folded. A table of videos has one of them."""

_GAPS = re.compile(r"[\s\-]+")


def folded(name: object) -> str:
    """A column's name in lower case, with one underscore for blanks and hyphens."""
    return _GAPS.sub("_", str(name).strip().strip("\ufeff\"'").casefold()).strip("_")
