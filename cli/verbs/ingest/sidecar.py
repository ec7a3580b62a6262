"""Metadata for video files of the person: each line is about one file or one video id.

{"file": "cat.mp4", "username": "cats", "caption": "Wait for it", "views": 1200, "likes": 80,
 "collected_at": "2026-05-01T12:00:00Z"}
{"video_id": "7300000000000000001", "views": 5000, "collected_at": "2026-05-08T12:00:00Z"}
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from cli.errors import UserError
from shared.model import Malformed
from shared.tiktok.sources.manifest_file import BadManifest, Manifest
from shared.tiktok.sources.manifest_line import Line, line_of


class Sidecar:
    """The content of a metadata file. Each of `problems` is a sentence with a line number."""

    def __init__(self, path: Path):
        self.lines: list[tuple[int, Line]] = []
        self.problems: list[str] = []
        self.unused: tuple[str, ...] = ()
        try:
            with path.open("rb") as file:
                self.read_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                self._read(path.name, file)
        except BadManifest as error:
            raise UserError(error.sentence) from error
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}") from error

    def _read(self, name: str, file: IO[bytes]) -> None:
        manifest = Manifest(file, name)
        for entry in manifest:
            where = f"{name}, line {entry.number}"
            if entry.fields is None:
                self.problems.append(f"{where}: {entry.problem}")
                continue
            try:
                self.lines.append((entry.number, line_of(entry.fields, where)))
            except Malformed as error:
                self.problems.append(error.sentence)
        self.unused = manifest.unused
