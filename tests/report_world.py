"""Made-up rows of the star schema for reports, and what a test reads out of a page."""

import html
import json
import pickle
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any
from unittest.mock import patch

import numpy as np

from shared.insights.agreement.star_schema import numeric_columns
from shared.insights.plan import Plan
from shared.insights.plan_file import default_plan, default_text, parse_plan
from shared.insights.report import data
from shared.insights.report.analysis import Analysis, analysis_of
from shared.insights.report.data import ReportData, report_data
from shared.insights.report.page import page
from shared.insights.report.usual_counts import KPIS
from shared.warehouse.tables import schema
from tests.moment_world import Audience, retention_rows
from tests.moment_world import curves as retention_curves

DAY = date(2026, 11, 24)
COLLECTED = datetime(2026, 11, 1, tzinfo=UTC)
COLUMNS = [column["name"] for column in schema("fact_video_analytics")]
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 400
HOSTILE = '</script><script>document.title="owned"</script><img src=x onerror=alert(1)> =1+1'

Row = dict[str, Any]


def row(number: int, **columns: Any) -> Row:
    """One rated and counted video; anything may be said otherwise."""
    video: Row = dict.fromkeys(COLUMNS)
    video_id = str(7_300_000_000_000_000_000 + number)
    video |= {
        "video_id": video_id,
        "user_key": f"creator{number % 12}",
        "username": f"creator{number % 12}",
        "music_id": f"sound{number}",
        "lang_key": ("en", "de", "ja")[number % 3],
        "lang_source": "source",
        "created_at": COLLECTED - timedelta(days=10 + number % 40, hours=number % 24),
        "collected_at": COLLECTED,
        "duration_s": 8.0 + number % 30,
        "synthetic": False,
        "views": 1_000,
        "likes": 90,
        "comments": 7,
        "shares": 5,
        "saves": 3,
        "followers": 500 + 37 * (number % 12),
        "rating_status": "rated",
        "rater": "gemini/gemini-3.5-flash/1.0",
        "rubric_version": "1.0",
        "generation": "1",
        "config_hash": "c" * 12,
        "replicate": 0,
        "unexpectedness": number % 101,
        "expectation_gap": (3 * number) % 101,
        "emotional_intensity": (7 * number) % 101,
        "positivity": 50,
        "negativity": number % 50,
        "surprise_onset_s": 3.2,
        "expectation": "It goes on.",
        "violation": "It does not.",
        "loudness_lufs": -14.0 - number % 7,
        "caption": f"caption {number}",
        "hashtags": [("cooking", "dance", "cats")[number % 3], "fyp"],
        "file_name": None,
        "url": f"https://www.tiktok.com/@creator/video/{video_id}",
        "model_version": "gemini-3.5-flash-001",
        "evidence": json.dumps([{"at_s": 3.2, "what": "the moment"}]),
        "rating_flags": [],
    }
    return video | columns


def rows(count: int, seed: int = 1, **columns: Any) -> list[Row]:
    """Videos whose views rise a little with unexpectedness, by creators who differ."""
    rng = np.random.default_rng(seed)
    videos = []
    for number in range(count):
        score = int(rng.integers(0, 101))
        level = 6 + 0.012 * score + 0.1 * (number % 12) + rng.normal(0, 1)
        views = int(np.exp(level))
        videos.append(
            row(
                number,
                unexpectedness=score,
                expectation_gap=int(np.clip(score + rng.normal(0, 25), 0, 100)),
                emotional_intensity=int(rng.integers(0, 101)),
                views=views,
                likes=int(views * 0.08),
                comments=int(views * 0.01),
                shares=int(rng.poisson(views * 0.004)),
                saves=int(rng.poisson(views * 0.002)),
                **columns,
            )
        )
    return videos


class Rows:
    """A source that was read already."""

    def __init__(
        self,
        videos: Sequence[Row],
        curves: Mapping[str, str] | None = None,
        retention: Sequence[Row] = (),
    ):
        self._videos = list(videos)
        self._curves = curves or {}
        self._retention = list(retention)

    def videos(self) -> list[Row]:
        return self._videos

    def ages(self) -> list[Row]:
        """Every video at three ages, as if views grew by the square root of age."""
        return [
            {"video_id": row["video_id"], "age_days": age}
            | {kpi: row[kpi] and row[kpi] * (age / 30) ** 0.5 for kpi in KPIS}
            for row in self._videos
            for age in (1, 7, 30)
        ]

    def ratings(self) -> list[Row]:
        """Every rating twice, the second time a little off."""
        nothing = dict.fromkeys(numeric_columns())
        rated = [nothing | row for row in self._videos if row["rater"]]
        return rated + [_again(row) for row in rated]

    def retention(self) -> list[Row]:
        return self._retention

    def curves(self, video_ids: Sequence[str]) -> Mapping[str, str]:
        return {
            video_id: self._curves[video_id] for video_id in video_ids if video_id in self._curves
        }


BRIEFER = {
    "predictors: [unexpectedness, expectation_gap, emotional_intensity]": (
        "predictors: [unexpectedness]"
    ),
    "outcomes: [views, likes, comments, shares, saves]": "outcomes: [views, likes]",
    "  comments: views\n  shares: views\n  saves: views\n": "",
    "inverted_u: true\n": "",
    "  language: categorical # rare ones are pooled\n": "",
    "  posting_hour: cyclic # of created_at, UTC\n": "",
    "equal_age_days: 7 # counts at this age, where enough videos have such a reading\n": "",
    "duration_profile: [15, 30, 60] # borders in seconds\n": "",
    "interactions:\n  - [unexpectedness, valence]\n  - [unexpectedness, emotional_intensity]\n": "",
}


def _again(rating: Row) -> Row:
    score = rating["unexpectedness"]
    off = 6 * (int(rating["video_id"][-3:]) % 3 - 1)
    return rating | {
        "replicate": 1,
        "unexpectedness": None if score is None else min(100, max(0, score + off)),
    }


def brief_plan() -> str:
    """The text of the shipped plan with fewer questions, where a test is not about the answers."""
    text = default_text()
    for part, briefer in BRIEFER.items():
        assert part in text, part
        text = text.replace(part, briefer)
    return text


def briefly(videos: Sequence[Row], **more: Any) -> ReportData:
    """The report of the brief plan, where a test is not about all of the shipped questions."""
    return report_of(videos, parse_plan(brief_plan().encode(), "plan.yaml"), **more)


class Analyses:
    """`analysis_of`, which follows from its arguments, computed once for all tests of a process."""

    def __init__(self) -> None:
        self.pickled: dict[bytes, bytes] = {}

    def of(self, rows: Sequence[Row], plan: Plan, on_progress: Any, *more: Any) -> Analysis:
        arguments = pickle.dumps((list(rows), plan, more))
        if arguments not in self.pickled:
            self.pickled[arguments] = pickle.dumps(analysis_of(rows, plan, on_progress, *more))
        return pickle.loads(self.pickled[arguments])


ANALYSES = Analyses()


def report_of(videos: Sequence[Row], plan: Plan | None = None, **more: Any) -> ReportData:
    source = Rows(videos, more.pop("curves", None), more.pop("retention", ()))
    with patch.object(data, "analysis_of", ANALYSES.of):
        return report_data(source, plan or default_plan(), DAY, **more)


@lru_cache
def usual_report() -> ReportData:
    """Three hundred videos, one of them with a hostile caption, signals and key frames.

    Sixty of them have retention curves around their own moments.
    """
    videos, watched = rows(300), retention_curves(Audience(videos=60))
    for video, curve in zip(videos, watched, strict=False):
        video |= {"surprise_onset_s": curve.onset_s, "duration_s": curve.duration_s}
    videos[7]["caption"] = HOSTILE
    videos[7]["username"] = HOSTILE
    videos[7]["unexpectedness"] = 100
    videos[8]["likes"] = videos[8]["views"] + 1
    signals = json.dumps({"surprise": [0.0, 1.5, None, 40.0, 3.0]})
    return report_of(
        videos,
        curves={row["video_id"]: signals for row in videos},
        retention=retention_rows(watched),
        frames_of=lambda shown: [JPEG] * len(shown),
    )


@lru_cache
def usual_page() -> str:
    """The page of it, which no test changes."""
    return page(usual_report())


class Page(HTMLParser):
    """What a page says: bound numbers and sentences, and digits that nothing binds."""

    VOID = frozenset({"meta", "img", "input", "br", "hr"})
    STATIC = frozenset({"figcaption", "pre", "script", "style", "h3", "title", "noscript", "time"})
    STATIC_CLASSES = frozenset(
        {"kicker", "glossary", "lead", "watermark-line", "missing", "missing-note"}
    )

    def __init__(self, page: str):
        super().__init__()
        self.bound: list[dict[str, str]] = []
        self.unbound: list[str] = []
        self.payload: dict[str, Any] = {}
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.VOID:
            return
        attributes = {name: value or "" for name, value in attrs}
        self._open.append((tag, attributes))
        if "data-column" in attributes:
            row = next((parent for _, parent in reversed(self._open) if "data-row" in parent), {})
            self.bound.append(
                {
                    "table": row.get("data-table", ""),
                    "row": row.get("data-row", ""),
                    "column": attributes["data-column"],
                    "kind": attributes.get("data-kind", "sentence" if tag == "span" else "text"),
                    "value": attributes.get("data-value", attributes.get("value", "")),
                    "text": "",
                }
            )

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if any("data-column" in attributes for _, attributes in self._open):
            self.bound[-1]["text"] += data
        elif self._open and self._open[-1][1].get("id") == "report":
            self.payload = json.loads(data)
        elif any(ch.isdigit() for ch in data) and not self._is_static():
            self.unbound.append(data.strip())

    def _is_static(self) -> bool:
        return any(
            tag in self.STATIC
            or self.STATIC_CLASSES & set(attributes.get("class", "").split())
            or attributes.get("id") == "method"
            or tag == "code"
            for tag, attributes in self._open
        )


def cells(tables: Mapping[str, Sequence[Row]]) -> Iterator[tuple[tuple[str, str], Row]]:
    """Every row of the insight tables by its name."""
    keys = {"insight_effect": "effect", "insight_agreement": "figure", "insight_quality": "finding"}
    for table, table_rows in tables.items():
        for row in table_rows:
            yield (table, row[keys[table]]), row


@lru_cache
def usual_page_read() -> Page:
    """What the usual page says, read once for all tests."""
    return Page(usual_page())


def text_of(page: str) -> str:
    """What a person reads of some markup, without the tags."""
    return html.unescape(re.sub(r"<[^>]+>", "", page)).replace("\u00a0", " ")
