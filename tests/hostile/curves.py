"""Rows of retention curves that people bring to `tta ingest`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.errors import UserError
from cli.verbs.ingest.batch import IngestBatch
from cli.verbs.ingest.curves import IngestedCurves
from cli.verbs.ingest.store import Ingestion
from shared.tiktok.sources.manifest_file import ManifestOptions
from tests.fakes import LakeInMemory, tombstones_in
from tests.hostile.files import GARBAGE, PAGE, SQL
from tests.hostile.table import Cell, Feed, Handler, Seen

NOW = datetime(2026, 11, 1, tzinfo=UTC)
NEIGHBOUR, BAD = "7300000000000000001", "7300000000000000002"


def _row(**changes: Any) -> bytes:
    row = {"video_id": BAD, "second": 0, "share": 1.0, "viewers": 500} | changes
    return json.dumps({key: value for key, value in row.items() if value is not ...}).encode()


@contextmanager
def _reading(folder: Path) -> Iterator[Feed]:
    """A file of a good curve and, below it, this row; its curves enter a lake."""

    def feed(row: bytes) -> Seen:
        path = folder / "curves.jsonl"
        path.write_bytes(_row(video_id=NEIGHBOUR) + b"\n" + row + b"\n")
        try:
            batch = IngestBatch.of([path], None, ManifestOptions(), NOW, folder)
        except UserError as error:
            return Seen("refused", str(error))
        lake = LakeInMemory()
        stored = IngestedCurves.of(batch.curves, Ingestion(lake, NOW, tombstones_in(lake)))
        ids = {record.video_id for record in stored.records}
        says = "; ".join([*batch.sentences, *batch.problems])
        outcome = "left out" if batch.problems else "taken" if BAD in ids else "ignored"
        return Seen(outcome, says, NEIGHBOUR in ids)

    yield feed


_WHERE = "in line 2"

curve_rows = Handler(
    "rows of curves",
    "The rows of a file of retention curves for `tta ingest`. A row without a video or a second is"
    " reported and left out. A share that cannot be read leaves its second without a point.",
    {
        "empty": Cell("an empty line", b"", "ignored"),
        "cut off": Cell("half a row", _row()[:30], "left out", _WHERE),
        "garbage": Cell("2,000 random bytes", GARBAGE, "refused", "is not a"),
        "another format": Cell("a web page", PAGE, "left out", _WHERE),
        "not UTF-8": Cell(
            "an id with the byte FF", _row(video_id="@").replace(b"@", b"\xff"), "left out", _WHERE
        ),
        "NUL": Cell("a NUL in the id", _row(video_id="a\0b"), "left out", _WHERE),
        "wrong type": Cell("a share as a list", _row(share=[1]), "left out", "share"),
        "missing": Cell("no second", _row(second=...), "left out", "an empty cell in second"),
        "unknown": Cell("a field `vibes`: not read", _row(vibes=3), "taken"),
        "out of range": Cell("second 3,600", _row(second=3_600), "left out", "whole second"),
        "deep": Cell("100,000 lists in lists", lambda: b"[" * 100_000, "left out", _WHERE),
        "oversized": Cell(
            "a share of 5 MB of letters", lambda: _row(share="x" * 5_000_000), "left out", "share"
        ),
        "bomb": Cell(
            "a number with half a million digits",
            lambda: _row().replace(b"500", b"9" * 500_000),
            "left out",
            _WHERE,
        ),
        "twice": Cell(
            "a share given twice: JSON's last value counts",
            _row().replace(b'"share": 1.0', b'"share": 1.0, "share": 0.9'),
            "taken",
        ),
        "traversal": Cell("../../x as id", _row(video_id="../../x"), "left out", "is not an id"),
        "address": Cell(
            "an address of our network as id",
            _row(video_id="http://169.254.169.254/"),
            "left out",
            "is not an id",
        ),
        "injection": Cell("SQL as id", _row(video_id=SQL), "left out", "is not an id"),
    },
    _reading,
)
