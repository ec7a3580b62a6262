"""The planted effect of the sandbox, in fifty libraries.

The sandbox multiplies expected views by exp(.7) for each unit of surprise (local/sandbox/kpis.py).
The ratings are the true surprise of each clip, so the test is of the analysis alone. In fifty other
libraries counts do not depend on surprise.
"""

from collections.abc import Iterator
from typing import Any

from benchmarks.table import Measurement
from local.sandbox import DEFAULT_ANCHOR
from local.sandbox.kpis import LOG_VIEWS_PER_UNIT_SURPRISE
from local.sandbox.posts import plan_posts
from shared.insights.analysis import analyse
from shared.insights.plan import Plan
from shared.insights.plan_file import parse_plan
from shared.insights.statistics.effect import Effect
from shared.insights.table.table import table_of

COMMAND = "python -m benchmarks seeds"
SEEDS, POSTS = 50, 208
PLAN = b"""
columns: [video_id, creator, created_at, views, followers, surprise]
predictors: [surprise]
outcomes: [views]
primary: {predictor: surprise, outcome: views, scale: count}
controls: {followers: log, age: log}
cluster: creator
as_of: 2026-11-01
min_age_days: 1
"""


def measurements() -> Iterator[Measurement]:
    planted = [effects_of(seed, is_planted=True) for seed in range(SEEDS)]
    covered = sum(holds(effects["gee_nb"]) for effects in planted)
    yield Measurement(
        f"sandbox, {SEEDS} seeds: the planted effect is covered", covered, 45, COMMAND
    )
    without = [effects_of(seed, is_planted=False) for seed in range(SEEDS)]
    for method in ("spearman", "gee_nb"):
        seen = sum(is_significant(effects[method]) for effects in planted)
        false = sum(is_significant(effects[method]) for effects in without)
        yield Measurement(
            f"sandbox, {SEEDS} seeds with nothing planted: {method} significant",
            false,
            5,
            COMMAND,
            f"{seen} of {SEEDS} with the effect planted",
            is_most=True,
        )


def effects_of(seed: int, is_planted: bool) -> dict[str, Effect]:
    """The effects of one library by method."""
    plan: Plan = parse_plan(PLAN, "plan")
    insights = analyse(table_of(rows(seed, is_planted), plan.table_schema, "sandbox"), plan)
    return {effect.method: effect for effect in insights.effects}


def rows(seed: int, is_planted: bool) -> list[dict[str, Any]]:
    """The posts of a library, from its API and its truth."""
    library = plan_posts(seed, POSTS, DEFAULT_ANCHOR, is_planted)
    return [
        {
            "video_id": post.video_id,
            "creator": post.username,
            "created_at": post.wire["create_time"],
            "views": post.wire.get("view_count"),
            "followers": library.creator_truth[post.username]["followers"],
            "surprise": library.post_truth[post.video_id]["surprise"],
        }
        for post in library.posts
    ]


def holds(effect: Effect, truth: float = LOG_VIEWS_PER_UNIT_SURPRISE) -> bool:
    return (
        effect.ci_low is not None
        and effect.ci_high is not None
        and effect.ci_low <= truth <= effect.ci_high
    )


def is_significant(effect: Effect) -> bool:
    return effect.p is not None and effect.p < 0.05
