"""Worlds in which a rater refuses videos: the surprising and successful ones, or any.

Views rise by `within` per standard deviation of surprise within creators, who differ in fame. The
rater refuses a share of the videos: those with the highest sum of surprise and log views, or a
random part. `python -m tests.refusals 1000` prints how often the caution appears.
"""

import sys

import numpy as np

from shared.insights.cautions.missing import selective_ratings
from shared.insights.missing_ratings import missing_ratings
from shared.insights.quality_gate import gate
from shared.insights.statistics.estimate import wilson
from tests.insights_tables import plan, table

PLAN = plan(columns="[video_id, creator, views, likes, unexpectedness, rating_status]")
FULL = plan(
    columns=(
        "[video_id, creator, views, likes, followers, unexpectedness, emotional_intensity, "
        "rating_status]"
    ),
    predictors="[unexpectedness, emotional_intensity]",
    controls="[followers]",
)
VIDEOS = 7


def refused_videos(
    creators: int, selective: bool, run: int, within: float = 0.3, share: float = 0.24
) -> list[dict]:
    """The rows of one run: the same for the same arguments."""
    random = np.random.default_rng((20261201, creators, selective, run))
    creator = np.arange(creators * VIDEOS) % creators
    surprise = np.sqrt(0.3) * random.normal(size=creators)[creator]
    surprise += np.sqrt(0.7) * random.normal(size=len(creator))
    fame = random.normal(size=creators)[creator]
    logs = 7 + fame + within * surprise + random.normal(size=len(creator))
    views = random.poisson(np.exp(logs))
    score = _standard(surprise) + _standard(logs) if selective else random.normal(size=len(creator))
    refused = score >= np.quantile(score, 1 - share)
    scores = np.clip(np.round(50 + 15 * surprise), 0, 100)
    return [
        {
            "video_id": str(video),
            "creator": f"creator {creator[video]}",
            "views": int(views[video]),
            "likes": 0,
            "unexpectedness": None if refused[video] else int(scores[video]),
            "rating_status": "refused" if refused[video] else "rated",
        }
        for video in range(len(creator))
    ]


def share_with_caution(creators: int, selective: bool, runs: int) -> float:
    """In which share of the runs the caution about missing ratings appears."""
    return sum(_has_caution(creators, selective, run) for run in range(runs)) / runs


def _has_caution(creators: int, selective: bool, run: int) -> bool:
    passed = gate(table(refused_videos(creators, selective, run), PLAN), PLAN)
    return bool(list(selective_ratings(missing_ratings(passed, PLAN))))


def _standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


def main(runs: int) -> None:
    for creators in (20, 45, 100, 300):
        for selective in (True, False):
            share = share_with_caution(creators, selective, runs)
            interval = wilson(round(share * runs), runs, 0.99)
            kind = "surprising and successful" if selective else "any"
            sys.stdout.write(
                f"{creators:>4} creators, refused: {kind:<26} caution in {share:.3f} "
                f"({interval.ci_low:.3f} to {interval.ci_high:.3f}) of {runs:,} runs\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
