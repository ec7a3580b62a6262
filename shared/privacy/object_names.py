"""Whom an object of the lake is named after: a name counts only where the lake puts one."""

import re
from itertools import pairwise
from urllib.parse import unquote

from shared.model import id_in_name
from shared.storage.layout import BUSINESS_TOKENS, TOKENS

FOLDERS = (
    *("videos", "media", "metadata", "metrics", "retention"),
    *("ratings", "answers", "frames", "deaths", "mentions"),
)
"""Folders in which an object, or a folder, is named after a video."""

_UPLOAD = re.compile(r"^raw/upload/[^/]+/([^/]+)-[0-9a-f]+\.json$")


def video_in_name(name: str) -> str | None:
    """The video that an object, a failed thing or a parked event is named after."""
    if match := _UPLOAD.match(name):
        return match[1]
    parts = name.removesuffix(".claim").split("/")
    if parts[0] in ("failed", "parked"):
        parts = unquote(parts[-1]).split("/")
    for folder, part in pairwise(parts):
        if folder in FOLDERS:
            return part.partition(".")[0]
        break
    last = parts[-1].partition(".")[0]
    return id_in_name(last) if name.startswith("failed/fetch/") else None


def creator_in_name(name: str) -> str | None:
    """The creator that an object is named after: kept profiles, and tokens."""
    folder, _, last = name.rpartition("/")
    if f"{folder}/" in (TOKENS, BUSINESS_TOKENS):
        return unquote(last)
    if folder.startswith("raw/") and folder.endswith("/creators"):
        return unquote(last.removesuffix(".json"))
    return None
