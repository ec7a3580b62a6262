"""The bytes of objects, in files whose opaque names say nothing about the objects.

A file is written once, by appending. It is an orphan until a row in the catalogue names it. `sweep`
removes orphans; a killed process leaves nothing else behind. Files are not fsynced: they survive
the death of the process, but not a power cut.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import google_crc32c

BLOCK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Content:
    """A finished file: its opaque name, its length in bytes, its checksums in base64."""

    id: str
    size: int
    crc32c: str
    md5: str


class ContentFiles:
    """The directory of content files, spread over 256 folders."""

    def __init__(self, root: Path):
        self._root = root
        for shard in range(256):
            (root / f"{shard:02x}").mkdir(parents=True, exist_ok=True)

    def create(self) -> ContentWriter:
        content_id = secrets.token_hex(16)
        self._path(content_id).touch(exist_ok=False)
        return ContentWriter(content_id, self._path(content_id))

    def resume(self, content_id: str) -> ContentWriter:
        """A writer for a file begun earlier. It reads the file once to compute its checksums."""
        writer = ContentWriter(content_id, self._path(content_id))
        with self.open(content_id) as file:
            while block := file.read(BLOCK_BYTES):
                writer.count(block)
        return writer

    def open(self, content_id: str) -> BinaryIO:
        return self._path(content_id).open("rb", buffering=0)

    def remove(self, content_id: str) -> None:
        self._path(content_id).unlink(missing_ok=True)

    def size(self, content_id: str) -> int | None:
        try:
            return self._path(content_id).stat().st_size
        except FileNotFoundError:
            return None

    def sweep(self, content_ids: Iterable[str]) -> int:
        """Remove every file but these; returns how many there were."""
        referenced = set(content_ids)
        orphans = [path for path in self._root.glob("??/*") if path.name not in referenced]
        for path in orphans:
            path.unlink(missing_ok=True)
        return len(orphans)

    def _path(self, content_id: str) -> Path:
        return self._root / content_id[:2] / content_id


class ContentWriter:
    """Appends to one content file and computes its checksums on the way.

    It holds no open file between calls of `append`, so an abandoned upload costs no descriptor.
    """

    def __init__(self, content_id: str, path: Path):
        self.id = content_id
        self.size = 0
        self._path = path
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc32c = google_crc32c.Checksum()

    def append(self, blocks: Iterable[bytes]) -> None:
        """Append every block. What was written before an error stays, counted and summed."""
        with self._path.open("r+b", buffering=0) as file:
            file.seek(self.size)
            file.truncate()  # a write cut short by a full disk is not counted
            for block in blocks:
                _write_all(file, block)
                self.count(block)

    def count(self, block: bytes) -> None:
        self._md5.update(block)
        self._crc32c.update(block)
        self.size += len(block)

    def finish(self) -> Content:
        md5 = base64.b64encode(self._md5.digest()).decode()
        crc32c = base64.b64encode(self._crc32c.digest()).decode()
        return Content(self.id, self.size, crc32c, md5)

    def discard(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def _write_all(file: BinaryIO, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[file.write(view) :]
