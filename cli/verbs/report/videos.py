"""The files of a report's gallery, copied beside the page so that its cards play them offline."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from local.home import private_files

if TYPE_CHECKING:
    from shared.storage.lake import Lake

MOST_BYTES = 20_000_000
"""A larger file stays in the bucket."""

MOST_FILES = 96
READERS = 8

_PAYLOAD = re.compile(r'<script type="application/json" id="report">(.*?)</script>', re.DOTALL)
_FILE = re.compile(r"videos/[A-Za-z0-9_-]{1,64}\.[a-z0-9]{1,8}")
"""A name from a page may lead nowhere else."""


def copy_gallery(page: str, folder: Path, lake: "Lake") -> int:
    """Copy the files of the gallery to `folder`, and return how many are there.

    A file that is there already is not copied again. Files of an earlier gallery are removed.
    """
    names = [name for name in gallery_files(page) if _FILE.fullmatch(name)][:MOST_FILES]
    with private_files():
        (folder / "videos").mkdir(parents=True, exist_ok=True)
        for path in (folder / "videos").iterdir():
            if f"videos/{path.name}" not in names:
                path.unlink()
        with ThreadPoolExecutor(READERS) as threads:
            return sum(threads.map(lambda name: _copy(name, folder, lake), names))


def gallery_files(page: str) -> Iterator[str]:
    """The names of the media files that the page's gallery plays."""
    payload = _PAYLOAD.search(page)
    videos = json.loads(payload[1])["moments"] if payload else []
    return (video["file"] for video in videos if video["file"])


def _copy(name: str, folder: Path, lake: "Lake") -> bool:
    target = folder / name
    blob = lake.stat(name)
    if blob is None or (blob.size or 0) > MOST_BYTES:
        return False
    if not target.exists() or target.stat().st_size != blob.size:
        content = lake.read(name)
        if content is None:
            return False
        target.write_bytes(content)
    return True
