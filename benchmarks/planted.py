"""How often the shipped plan finds what the sandbox plants, in a hundred libraries.

The sandbox multiplies expected views by a known ratio for each 10 points that the signals rater
gives to a clip (local/sandbox/kpis.py). Each library draws creators, posts and counts anew. The
ratings are the stored ones of the clips (local/sandbox/visible.json), so no clip is rated here.
The headline is that of `tta demo`: the shipped plan, on counts that were read after the anchor.
In a hundred other libraries the counts do not depend on what the rater sees.
"""

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import exp, log
from typing import Any

from benchmarks.table import Measurement, show
from local.sandbox import DEFAULT_ANCHOR, POSTS, Post
from local.sandbox.designs import BY_NAME, DESIGNS
from local.sandbox.kpis import LOG_VIEWS_PER_10_POINTS
from local.sandbox.posts import LibraryPlan, plan_posts
from local.sandbox.visible import TOLERANCE, rate_design, visible_scores
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
"""The sandbox shows the counts of its anchor whenever the demo reads them. So all posts are old
enough, and the ages in the table are not those of the model; weeks of posting stand in for them."""


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
    yield _stored_scores()


def _stored_scores() -> Measurement:
    stored = visible_scores()
    distances = [rate_design(design).distance(stored[design.name]) for design in DESIGNS]
    off = sum(distance > TOLERANCE for distance in distances)
    name = (
        f"sandbox: clips of {len(DESIGNS)} whose stored scores are off by over {TOLERANCE} points"
    )
    return Measurement(name, off, 0, COMMAND, f"at most {max(distances)} points", is_most=True)


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
    passed = gate(table_of(rows(seed, is_planted), plan.table_schema, "sandbox"), plan)
    question = OutcomeQuestion("views", "count")
    ((sample, _),) = samples(passed, plan, [question])
    return within_creators(sample, question, plan).effect("unexpectedness")


def rows(seed: int, is_planted: bool = True, posts: int = POSTS) -> list[dict[str, Any]]:
    """The rows of fact_video_analytics that the pipeline makes of a library."""
    library = plan_posts(seed, posts, DEFAULT_ANCHOR, is_planted)
    # Nothing else that the plan names enters the headline: other scores, measures of the sound.
    unknown = dict.fromkeys(default_plan().columns.values())
    return [unknown | _row(library, post) for post in library.posts]


def _row(library: LibraryPlan, post: Post) -> dict[str, Any]:
    creators = {creator.username: creator for creator in library.creators}
    creator, wire = creators[post.username], post.wire
    scores = visible_scores()[post.clip] if post.clip else None
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
        "duration_s": BY_NAME[post.clip].seconds if post.clip else None,
        "lang_key": library.post_truth[post.video_id]["language"] or "und",
        "synthetic": True,
        "rating_status": "rated" if scores else "no_media",
        "rater": "signals" if scores else None,
        "unexpectedness": scores and scores.unexpectedness,
        "emotional_intensity": scores and scores.emotional_intensity,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--seeds", type=int, choices=range(5, 10_001), default=SEEDS, metavar="N")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
