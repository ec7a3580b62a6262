"""How often the shipped plan finds what the sandbox plants, in a hundred libraries.

The sandbox multiplies expected views by a known ratio for each 10 points of a clip's
unexpectedness (local/sandbox/kpis.py). Each library draws creators, posts and counts anew. The
ratings are those of the sandbox's rater of meaning. The headline is that of `tta demo`: the shipped
plan, on counts at the age of seven days. In a hundred other libraries the counts do not depend on
what happens in a clip.
"""

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import exp, log
from statistics import fmean
from typing import Any

from benchmarks.table import Measurement, show
from local.sandbox import DEFAULT_ANCHOR, POSTS, Post
from local.sandbox.footage import LibraryClip, footage
from local.sandbox.history import AGE_DAYS, answers_about, readings
from local.sandbox.kpis import LOG_VIEWS_PER_10_POINTS
from local.sandbox.posts import LibraryPlan, plan_posts
from local.sandbox.raters import MEANING_RATER
from shared.insights.equal_age import EqualAge
from shared.insights.headline import headline as within_creators
from shared.insights.plan_file import default_plan
from shared.insights.quality_gate import gate
from shared.insights.sample import OutcomeQuestion, samples
from shared.insights.statistics.effect import Effect
from shared.insights.statistics.estimate import wilson
from shared.insights.table.table import table_of

COMMAND = "python -m benchmarks.planted"
SEEDS = 100
FEWEST, MOST = 0.90, 0.99
MOST_FALSE = 0.10
"""Of 100 tests at .05 at most 10 reject in 99 of 100 campaigns."""

COLLECTED_AT = DEFAULT_ANCHOR + timedelta(days=30)
COUNTS = {"views", "likes", "comments", "shares", "saves"}
_SCORES = ("unexpectedness", "expectation_gap", "emotional_intensity")


@dataclass(frozen=True, slots=True)
class PlantedRun:
    """The headline of one library: whether it is significant upwards, and what it holds."""

    is_found: bool
    is_significant: bool
    holds: bool
    ratio: float


def main(arguments: Sequence[str] | None = None) -> int:
    seeds = _parser().parse_args(arguments).seeds
    print(f"planted: ×{exp(LOG_VIEWS_PER_10_POINTS):.3f} per 10 points, {POSTS} posts a library")
    rows = list(measurements(seeds))
    show(rows)
    return 0 if all(row.ok for row in rows) else 1


def measurements(seeds: int = SEEDS) -> Iterator[Measurement]:
    with ProcessPoolExecutor() as pool:
        planted = list(pool.map(partial(run_of, is_planted=True), range(seeds)))
        without = list(pool.map(partial(run_of, is_planted=False), range(seeds)))
    middle = exp(sum(log(run.ratio) for run in planted) / seeds)
    yield _share("found", [run.is_found for run in planted], FEWEST, f", ×{middle:.3f} on average")
    holds = [run.holds for run in planted]
    yield _share("the interval holds the planted ratio", holds, FEWEST)
    yield _share("it is not too wide: it holds the ratio", holds, MOST, is_most=True)
    false = [run.is_significant for run in without]
    yield _share("found with nothing planted", false, MOST_FALSE, is_most=True)


def _share(
    name: str, hits: Sequence[bool], bar: float, note: str = "", *, is_most: bool = False
) -> Measurement:
    share = wilson(sum(hits), len(hits))
    words = f"{sum(hits)} of {len(hits)} ({share.ci_low:.3f} to {share.ci_high:.3f}){note}"
    command = f"{COMMAND} --seeds {len(hits)}"
    return Measurement(
        f"sandbox, {len(hits)} seeds: {name}", sum(hits) / len(hits), bar, command, words, is_most
    )


def run_of(seed: int, is_planted: bool) -> PlantedRun:
    """Analyse the library of a seed by the primary question of the shipped plan."""
    effect = primary(seed, is_planted)
    estimate, p, low, high = effect.estimate, effect.p, effect.ci_low, effect.ci_high
    if estimate is None or p is None:
        raise RuntimeError(f"seed {seed} has no headline: {effect.note}")
    truth = LOG_VIEWS_PER_10_POINTS / 10
    return PlantedRun(
        is_found=p < 0.05 and estimate > 0,
        is_significant=p < 0.05,
        holds=(low is None or low <= truth) and (high is None or truth <= high),
        ratio=exp(10 * estimate),
    )


def primary(seed: int, is_planted: bool) -> Effect:
    """The log ratio of views for one point of unexpectedness, as `analyse` puts it first."""
    plan = default_plan()
    library = plan_posts(seed, POSTS, DEFAULT_ANCHOR, is_planted)
    passed = gate(table_of(rows(library), plan.table_schema, "sandbox"), plan)
    question = OutcomeQuestion("views", "count")
    ((sample, _),) = samples(passed, plan, [question])
    equal_age = EqualAge.of(counts_at_equal_age(library), plan)
    return within_creators(sample, question, plan, equal_age).effect("unexpectedness")


def rows(library: LibraryPlan) -> list[dict[str, Any]]:
    """The rows of fact_video_analytics that the pipeline makes of a library."""
    # Nothing else that the plan names enters the headline: other scores, measures of the sound.
    unknown = dict.fromkeys(default_plan().columns.values())
    return [unknown | _row(library, number, post) for number, post in enumerate(library.posts)]


def counts_at_equal_age(library: LibraryPlan) -> list[dict[str, Any]]:
    """The rows of kpis_at_age for the age of seven days, at which every post was counted."""
    return [
        {"video_id": post.video_id, "age_days": AGE_DAYS, **reading.model_dump(include=COUNTS)}
        for post in library.posts
        for reading in readings(post, (AGE_DAYS,), DEFAULT_ANCHOR)
    ]


def _row(library: LibraryPlan, number: int, post: Post) -> dict[str, Any]:
    creators = {creator.username: creator for creator in library.creators}
    creator, wire = creators[post.username], post.wire
    clip = footage()[post.clip] if post.clip else None
    scores = _scores(clip, post.video_id, answers_about(number)) if clip else {}
    return {
        "video_id": post.video_id,
        "music_id": None if "music_id" not in wire else str(wire["music_id"]),
        "user_key": post.username,
        "created_at": wire["create_time"],
        "collected_at": COLLECTED_AT,
        "views": wire.get("view_count"),
        "likes": wire.get("like_count"),
        "comments": wire.get("comment_count"),
        "shares": wire.get("share_count"),
        "saves": wire.get("favorites_count"),
        # The API gives no profile of an account that is not available.
        "followers": creator.info["follower_count"] if creator.availability == "ok" else None,
        "duration_s": clip.rendered.duration_s if clip else None,
        "lang_key": library.post_truth[post.video_id]["language"] or "und",
        "synthetic": True,
        "rating_status": "rated" if scores else "no_media",
        "rater": MEANING_RATER.name if scores else None,
        **{name: scores.get(name) for name in _SCORES},
    }


def _scores(clip: LibraryClip, video_id: str, answers: int) -> dict[str, float]:
    """The mean of each score over the answers about a video, as in its fact row."""
    ratings = [
        MEANING_RATER.rate(clip, video_id, "1", replicate, DEFAULT_ANCHOR)
        for replicate in range(answers)
    ]
    return {name: fmean(getattr(it.values, name) for it in ratings) for name in _SCORES}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--seeds", type=int, choices=range(5, 10_001), default=SEEDS, metavar="N")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
