"""The headline of an analysis on the study's samples, and whether its interval holds the truth."""

from collections.abc import Iterator

import pandas as pd  # type: ignore[import-untyped]

from benchmarks.study.methods import IntervalCheck, check_of
from benchmarks.study.world import CONTROLS, Truth, Videos
from shared.insights.headline import headline
from shared.insights.plan import Plan
from shared.insights.plan_file import parse_plan
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.statistics.effect import Effect
from shared.insights.statistics.resampling import Groups

COUNT, RATE = OutcomeQuestion("views", "count"), OutcomeQuestion("likes", "rate", "views")
PLAN = b"""
columns: [video_id, creator, views, likes, unexpectedness]
predictors: [unexpectedness]
outcomes: [views, likes]
primary: {predictor: unexpectedness, outcome: views, scale: count}
exposure: {likes: views}
cluster: creator
seed: 1
"""


def within(videos: Videos, truth: Truth) -> Iterator[IntervalCheck]:
    """The rate ratio within creators, of counts and of rates."""
    plan = parse_plan(PLAN, "plan of the study")
    frame = videos.frame.rename(columns={"rating": "unexpectedness"})
    groups = Groups.of(videos.creators)
    count = _effect(frame, groups, COUNT, plan)
    yield check_of("ppml", count, truth.log_ratio_within)
    seen = (frame["views"] > 0).to_numpy()
    rate = _effect(frame[seen], groups.where(seen), RATE, plan)
    yield check_of("ppml, rate", rate, truth.log_ratio_rate_within)


def _effect(frame: pd.DataFrame, groups: Groups, question: OutcomeQuestion, plan: Plan) -> Effect:
    sample = Sample(frame, groups, frame[list(CONTROLS)], ("unexpectedness",))
    return headline(sample, question, plan).effect("unexpectedness")
