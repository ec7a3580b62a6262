"""Every example file read twice: by the product, and by pandas as a person would read it.

Pandas is the judge: it knows nothing of our formats. Each example says which of its columns hold
the counts, and which of its rows are posts with a time.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from shared.inputs.tables.container import open_table
from shared.tiktok.sources.manifest_file import Manifest, ManifestOptions

FILES = Path(__file__).parent / "files"
COUNTS = ("views", "likes", "comments", "shares")
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
Loader = Callable[[Path], pd.DataFrame]


@dataclass(frozen=True)
class Example:
    """A file, how pandas reads it, and its columns of views, likes, comments and shares."""

    name: str
    load: Loader
    columns: tuple[str, str, str, str] | None


@dataclass(frozen=True)
class Verdict:
    """What the product read of a file, and what pandas read of it."""

    name: str
    title: str
    rows: int
    taken: int
    lost_cells: dict[str, int]
    sums: dict[str, int]
    sums_of_pandas: dict[str, int]

    @property
    def is_equal(self) -> bool:
        return self.sums == self.sums_of_pandas


def _csv(separator: str = ",", encoding: str = "utf-8-sig", posts: str = "") -> Loader:
    def load(path: Path) -> pd.DataFrame:
        frame = pd.read_csv(path, sep=separator, dtype=str, encoding=encoding)
        return frame.dropna(subset=[posts]) if posts else frame

    return load


def _json(path: Path) -> pd.DataFrame:
    document = json.loads(path.read_text())
    records = document.get("collector", [document]) if isinstance(document, dict) else document
    return pd.json_normalize(records)


def _json_lines(path: Path) -> pd.DataFrame:
    return pd.json_normalize([json.loads(line) for line in path.read_text().splitlines()])


def _zeeschuimer(path: Path) -> pd.DataFrame:
    frame = _json_lines(path)
    for name in ("playCount", "diggCount", "commentCount", "shareCount"):
        frame[name] = frame[f"data.statsV2.{name}"].fillna(frame[f"data.stats.{name}"])
    return frame


_PAGE = ("playCount", "diggCount", "commentCount", "shareCount")
_OURS = ("views", "likes", "comments", "shares")
_4CAT = ("plays", "likes", "comments", "shares")
_INFO = ("view_count", "like_count", "comment_count", "repost_count")
_FLAT = tuple(f"stats.{name}" for name in _PAGE)
_PYKTOK = ("video_playcount", "video_diggcount", "video_commentcount", "video_sharecount")
_STUDIO = ("Total views", "Total likes", "Total comments", "Total shares")
_GERMAN = (
    *("Aufrufe insgesamt", "„Gefällt mir“ insgesamt", "Kommentare insgesamt"),
    "Geteilt insgesamt",
)
EXAMPLES = (
    Example("studio.csv", _csv(posts="Video link"), _STUDIO),
    Example("studio-german.csv", _csv(), _GERMAN),
    Example("zeeschuimer.ndjson", _zeeschuimer, _PAGE),
    Example("zeeschuimer.csv", _csv(";"), _4CAT),
    Example("4cat.csv", _csv(), _4CAT),
    Example("tiktok-scraper.json", _json, _PAGE),
    Example("tiktok-scraper.csv", _csv(), _PAGE),
    Example("clockworks.json", _json, _PAGE),
    Example("clockworks.csv", _csv(), _PAGE),
    Example("tiktokapi.csv", _csv(), _FLAT),
    Example("pyktok.csv", _csv(), _PYKTOK),
    Example("yt-dlp.info.json", _json, _INFO),
    Example("addresses.txt", lambda path: pd.read_csv(path, header=None), None),
    Example("addresses.csv", _csv("\t", "utf-16"), _GERMAN),
    Example("scraped.csv", _csv(posts="Scraped at"), ("Views", "Likes", "Comments", "Shares")),
    Example("ours.csv", _csv(), _OURS),
    Example("ours.jsonl", _json_lines, _OURS),
)


def verdicts(examples: Iterable[Example] = EXAMPLES) -> Iterator[Verdict]:
    """What was read of each example."""
    for example in examples:
        path = FILES / example.name
        manifest = Manifest(open_table(path), NOW, ManifestOptions(collected_at="file"), NOW)
        if example.name == "scraped.csv":  # it has times, and a cell without one
            manifest = Manifest(open_table(path), NOW, ManifestOptions(), NOW)
        lines = [entry.line for entry in manifest if entry.line is not None]
        losses = manifest.losses
        yield Verdict(
            example.name,
            manifest.format.title,
            losses.rows,
            losses.rows - losses.lost,
            {column: loss.count for column, loss in losses.cells.items()},
            {name: sum(getattr(line, name) or 0 for line in lines) for name in COUNTS},
            sums_of_pandas(example, path),
        )


def sums_of_pandas(example: Example, path: Path) -> dict[str, int]:
    """The counts of a file's posts, added up by pandas."""
    if example.columns is None:
        return dict.fromkeys(COUNTS, 0)
    frame = example.load(path)
    marks = "." if example.columns is _GERMAN else ","
    pairs = zip(COUNTS, example.columns, strict=True)
    return {name: int(_numbers(frame[column], marks).sum()) for name, column in pairs}


def _numbers(column: pd.Series, thousands: str) -> pd.Series:
    """Numbers without marks between thousands, times 1,000 or 1,000,000 before K and M."""
    texts = column.astype(str).str.strip()
    factors = texts.str[-1].map({"K": 1_000, "M": 1_000_000}).fillna(1)
    plain = texts.str.rstrip("KM").str.replace(thousands, "", regex=False)
    return (pd.to_numeric(plain, errors="coerce").fillna(0) * factors).round()
