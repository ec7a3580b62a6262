"""Metadata that people write beside their files: the lines of `tta ingest --metadata`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.errors import UserError
from cli.verbs.ingest.batch import IngestBatch
from cli.verbs.ingest.store import Ingestion
from shared.tiktok.sources.manifest_file import ManifestOptions
from tests.fakes import LakeInMemory, tombstones_in
from tests.hostile.files import GARBAGE, PAGE, SQL
from tests.hostile.table import Cell, Feed, Handler, Seen

NOW = datetime(2026, 11, 1, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "video_id": "7300000000000000001",
    "username": "cats",
    "caption": "Wait for it",
    "views": 1200,
    "collected_at": "2026-05-01T12:00:00Z",
}
NEIGHBOUR = "7300000000000000002"


def _line(**changes: Any) -> bytes:
    payload = {key: value for key, value in (GOOD | changes).items() if value is not ...}
    return json.dumps(payload, ensure_ascii=False).encode()


@contextmanager
def _reading(folder: Path) -> Iterator[Feed]:
    """A file of a good line and, below it, this one; what is told of them enters a lake."""
    lake = LakeInMemory()

    def feed(line: bytes) -> Seen:
        path = folder / "metadata.jsonl"
        path.write_bytes(_line(video_id=NEIGHBOUR) + b"\n" + line + b"\n")
        try:
            batch = IngestBatch.of([], path, ManifestOptions(), NOW, folder)
        except UserError as error:
            return Seen("refused", str(error))
        ingestion = Ingestion(lake, NOW, tombstones_in(lake))
        descriptions = [ingestion.describe(video_id, line) for video_id, line in batch.lines]
        good = [record for record in descriptions if record.video_id == NEIGHBOUR]
        says = "; ".join(batch.sentences)
        if batch.problems:
            return Seen("left out", says, bool(good))
        return Seen("taken" if len(descriptions) > 1 else "ignored", says, bool(good))

    yield feed


_WHERE = "in line 2"

lines = Handler(
    "metadata lines",
    "The lines of `tta ingest --metadata FILE`. A bad line is reported by its number, the others"
    " are taken, and the command ends with exit status 1.",
    {
        "empty": Cell("an empty line", b"", "ignored"),
        "cut off": Cell("half a line", _line()[:40], "left out", _WHERE),
        "garbage": Cell("2,000 random bytes", GARBAGE, "refused", "is not a table"),
        "another format": Cell("a web page", PAGE, "left out", _WHERE),
        "not UTF-8": Cell(
            "a caption with the byte FF: left out of it",
            _line(caption="@").replace(b"@", b"\xff"),
            "taken",
            "is not UTF-8",
        ),
        "NUL": Cell("a NUL in the caption: left out of it", _line(caption="a\0b"), "taken"),
        "wrong type": Cell(
            "views as a list: left out of it", _line(views=[1200]), "taken", "views"
        ),
        "missing": Cell("neither file nor id", _line(video_id=...), "left out", "has no id"),
        "unknown": Cell("a field `vibes`: told", _line(vibes=3), "taken", "vibes"),
        "out of range": Cell("2^63 views: left out of it", _line(views=2**63), "taken", "views"),
        "deep": Cell("100,000 lists in lists", lambda: b"[" * 100_000, "left out", _WHERE),
        "oversized": Cell(
            "a caption of 5 MB: left out of it",
            lambda: _line(caption="x" * 5_000_000),
            "taken",
            "caption: 1 of 2 could not be read",
        ),
        "bomb": Cell(
            "a number with half a million digits",
            lambda: _line().replace(b"1200", b"9" * 500_000),
            "left out",
            _WHERE,
        ),
        "twice": Cell(
            "views given twice: JSON's last value counts",
            _line().replace(b'"views": 1200', b'"views": 1, "views": 2'),
            "taken",
        ),
        "traversal": Cell(
            "../../x as id", _line(video_id="../../x"), "left out", "neither a TikTok id"
        ),
        "address": Cell(
            "an address of our network as the video's: nothing is fetched from it",
            _line(url="http://169.254.169.254/"),
            "taken",
        ),
        "injection": Cell("SQL and HTML as caption", _line(caption=f"{SQL}<b>"), "taken"),
    },
    _reading,
)
