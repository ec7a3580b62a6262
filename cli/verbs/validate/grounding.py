"""`tta validate --grounding`: Gemini judges stored ratings against the literature."""

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli.console import Screen
from cli.errors import UserError
from cli.listings import is_synthetic_video
from cli.verbs.rate.price import usd
from local.cloud import LAKE, can_ask_gemini
from local.endpoints import LOCAL, Endpoints
from shared.config import GeminiSettings, read
from shared.errors import Permanent
from shared.model import parse
from shared.rating_section import Rating
from shared.storage.lake import Lake

if TYPE_CHECKING:
    from shared.insights.agreement.grounding import Grounding, JudgedScore
    from shared.insights.agreement.ratings import Ratings
    from shared.rating.judge.judge import Judge, JudgedRating, StoredRating

JUDGED = "gemini/"
OUTPUT_TOKENS = 2_000
"""Assumed tokens of a judgement with its thinking; each answer has its real count."""


def refuse_without_judge(target: str) -> None:
    """Raises UserError, before any start, when this machine cannot ask Gemini."""
    if target == LOCAL and not can_ask_gemini(os.environ):
        raise UserError(
            "--grounding needs a Gemini key of your own: set GEMINI_API_KEY, or judge in the "
            "cloud with --target NAME."
        )


def judge_ratings(
    target: str, home: Path | None, limit: int, ratings: "Ratings", screen: Screen
) -> "Grounding":
    """Judge up to `limit` stored ratings. One that was judged before costs nothing."""
    from cli.cloud import open_cloud
    from shared.insights.agreement.grounding import grounding

    with open_cloud(home, screen, LAKE, target=target) as endpoints:
        lake = Lake.connect(endpoints.project, endpoints.bucket)
        stored = _chosen(lake, limit, bool(ratings.synthetic))
        if not stored:
            raise UserError(
                "There is no rating by Gemini to judge. Make some: tta rate … --rater gemini"
            )
        judge = _judge(endpoints, lake)
        _show_price(judge, stored, screen)
        verdicts = []
        for count, rating in enumerate(stored, 1):
            screen.now(f"Judging rating {count} of {len(stored)} …")
            verdicts.append(judge.judge(rating))
    cases = [case for verdict in verdicts for case in _cases(verdict)]
    refused = Counter(verdict.reason for verdict in verdicts if verdict.reason)
    versions = [verdict.model_version for verdict in verdicts]
    return grounding(judge.under.name, versions, cases, dict(refused), ratings)


def _chosen(lake: Lake, limit: int, only_synthetic: bool) -> list["StoredRating"]:
    """Ratings with a rationale, the first replicate of each, in the order of their hashes.

    They are of observed videos or of synthetic ones, as those that are validated.
    """
    from shared.rating.judge.judge import StoredRating

    names = [name for name in lake.names("ratings/") if f"/{JUDGED}" in name]
    firsts: dict[str, str] = {}
    for name in names:
        if name.endswith(".json"):
            firsts.setdefault(name.rpartition("/")[0], name)
    chosen: list[StoredRating] = []
    for name in sorted(firsts.values(), key=lambda name: hashlib.sha256(name.encode()).digest()):
        if len(chosen) == limit:
            break
        if is_synthetic_video(lake, name.split("/")[1]) != only_synthetic:
            continue
        with suppress(Permanent):
            rating = parse(Rating, lake.read(name) or b"", name)
            if rating.values is not None and rating.values.expectation:
                chosen.append(StoredRating(name.split("/")[1], rating))
    return chosen


def _judge(endpoints: Endpoints, lake: Lake) -> "Judge":
    from shared.rating.gemini.api import GeminiApi
    from shared.rating.judge.judge import Judge
    from shared.rating.judge.question import JudgeCondition

    configured = read(GeminiSettings).model_dump() if endpoints.is_local else {"api_key": ""}
    settings = GeminiSettings.model_validate(configured | endpoints.gemini)
    gemini = GeminiApi.connect(settings, endpoints.project)
    return Judge(JudgeCondition(settings), gemini, lake, lambda: datetime.now(UTC), time.monotonic)


def _show_price(judge: "Judge", stored: list["StoredRating"], screen: Screen) -> None:
    from shared.rating.gemini.estimate import CHARACTERS_PER_TOKEN
    from shared.rating.gemini.prices import Prices
    from shared.rating.gemini.usage import Usage

    new = [candidate for candidate in stored if not judge.is_judged(candidate)]
    characters = sum(
        len(json.dumps(judge.under.of(candidate.rating).question(candidate.rating).wire()))
        for candidate in new
    )
    used = Usage(
        text_tokens=characters // CHARACTERS_PER_TOKEN, output_tokens=OUTPUT_TOKENS * len(new)
    )
    prices = Prices.under(judge.under.settings)
    cost = prices.cost_usd(judge.under.settings.model, used, datetime.now(UTC).date())
    price = "which has no price in the price table" if cost is None else f"about {usd(cost)}"
    judged_before = len(stored) - len(new)
    screen.say(
        f"{len(new)} ratings to judge by {judge.under.settings.model}, {price}"
        f"{f'; {judged_before} were judged before' if judged_before else ''}. Ctrl-C ends it."
    )


def _cases(verdicts: "JudgedRating") -> Iterator["JudgedScore"]:
    from shared.insights.agreement.grounding import JudgedScore

    rating, values = verdicts.stored.rating, verdicts.stored.rating.values
    for dimension, judged in verdicts.judged.items():
        yield JudgedScore(
            verdicts.stored.video_id,
            rating.rater,
            dimension,
            getattr(values, dimension, None),
            judged.supported_score,
            judged.cards,
        )
