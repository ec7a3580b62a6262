"""Addresses of TikTok's pages: the id and the account that they name."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from shared.inputs.handles import page_handle

TIKTOK_ID = re.compile(r"[1-9]\d{14,19}", re.ASCII)
"""An id of TikTok. A shorter number counts something, most often the rows of a table."""

_POST = re.compile(
    r"(?:https?://)?(?:[a-z]{1,63}\.)?tiktokv?\.com/(?:@(?P<handle>[^/?#\s]*)/|share/)?"
    rf"(?:video|photo|v|embed(?:/v2)?)/(?P<id>{TIKTOK_ID.pattern})(?:\.html)?(?:[/?#]\S*)?",
    re.ASCII | re.IGNORECASE,
)
"""tiktokv.com stands in the data that TikTok gives to the owner of an account. A label of a name of
the DNS has at most 63 letters, so a caption of megabytes is not searched to its end."""
_SHORT = re.compile(
    r"(?:https?://)?(?:v[mt]\.tiktok\.com/|(?:www\.)?tiktok\.com/t/)\S+", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class PostAddress:
    """The post that an address names. `handle` has no @; it is None if the address names nobody."""

    video_id: str
    handle: str | None


def post_address(cell: Any) -> PostAddress | None:
    """The post whose page a cell is, as in `https://www.tiktok.com/@cats/video/7300000000000000001`.

    Text around an address makes the cell a caption, and no address.
    """
    match = _POST.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if match is None:
        return None
    return PostAddress(match["id"], unquote(match["handle"] or "").strip() or None)


def profile_handle(cell: Any) -> str | None:
    """The account whose page, or whose post's page, a cell is."""
    return page_handle(cell) if isinstance(cell, str) else None


def is_short_link(cell: Any) -> bool:
    """Whether a cell is an address that only TikTok can resolve, as `https://vm.tiktok.com/ZM…`."""
    return isinstance(cell, str) and _SHORT.fullmatch(cell.strip()) is not None
