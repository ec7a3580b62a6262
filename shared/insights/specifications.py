"""A multiverse: the primary question under every other reasonable choice of videos."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shared.insights.plan import Plan
from shared.insights.quality_gate import FEWEST_CLUSTERS, FEWEST_ROWS
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.influence import influence
from shared.insights.statistics.pairs import ColumnPair
from shared.insights.statistics.pearson import pearson_log1p
from shared.insights.statistics.resampling import BoolArray
from shared.insights.statistics.spearman import spearman, spearman_and_partial
from shared.insights.table.schema import AGE

EVERYTHING = "all videos"
SETTLED_DAYS = 30
TOP_SHARE = 0.01
FEWEST_OF_A_CREATOR = 3


@dataclass(frozen=True, slots=True)
class Specification:
    """One choice of videos, and its effect."""

    subset: str
    effect: Effect


def specifications(
    sample: Sample, question: OutcomeQuestion, plan: Plan
) -> tuple[Specification, ...]:
    """Every choice of videos with every kind of correlation, the smallest estimate first.

    Choices that keep under 20 videos or 5 creators, or all videos, are left out. An interval
    belongs to one choice: it does not cover the choice itself.
    """
    assert plan.primary is not None
    pair = sample.pair(plan.primary.predictor, question)
    tried = []
    for subset, chosen in _subsets(sample, question, plan):
        part = sample.where(chosen)
        if len(part.frame) < FEWEST_ROWS or part.groups.count < FEWEST_CLUSTERS:
            continue
        effects = [*_ranked(part, pair, plan), *pearson_log1p(part.frame, [pair], part.groups)]
        tried += [
            Specification(subset, effect) for effect in effects if effect.estimate is not None
        ]
    return tuple(sorted(tried, key=lambda choice: (choice.effect.estimate, choice.subset)))


def _ranked(part: Sample, pair: ColumnPair, plan: Plan) -> tuple[Effect, ...]:
    settings = (part.groups, plan.resamples or 0, plan.seed)
    if len(part.controls.columns):
        try:
            return spearman_and_partial(part.frame, [pair], part.controls, *settings)
        except NotEstimable:
            pass
    return spearman(part.frame, [pair], *settings)


def _subsets(
    sample: Sample, question: OutcomeQuestion, plan: Plan
) -> Iterator[tuple[str, BoolArray]]:
    everyone = np.ones(len(sample.frame), dtype=bool)
    yield EVERYTHING, everyone
    for name, chosen in _narrower(sample, question, plan):
        if chosen.any() and not chosen.all():
            yield name, chosen


def _narrower(
    sample: Sample, question: OutcomeQuestion, plan: Plan
) -> Iterator[tuple[str, BoolArray]]:
    frame, groups = sample.frame, sample.groups
    outcome = sample.values(question)
    yield (
        f"without the top {TOP_SHARE:.0%} of {question.outcome}",
        outcome <= np.quantile(outcome, 1 - TOP_SHARE),
    )
    if AGE in frame:
        age = frame[AGE].to_numpy(dtype=np.float64)
        yield f"{SETTLED_DAYS} days or older", age >= SETTLED_DAYS
        yield f"under {SETTLED_DAYS} days", age < SETTLED_DAYS
    if plan.cluster:
        yield (
            f"creators with {FEWEST_OF_A_CREATOR} videos or more",
            groups.sizes[groups.codes] >= FEWEST_OF_A_CREATOR,
        )
        yield "without the most influential creator", ~_most_influential(sample, question, plan)
    if "followers" in frame:
        followers = frame["followers"].to_numpy(dtype=np.float64)
        middle = np.nanmedian(followers) if np.isfinite(followers).any() else np.nan
        yield "more followers than most", followers > middle
        yield "fewer followers than most", followers <= middle
    if "language" in frame:
        most = frame["language"].mode()
        if len(most):
            yield f"without language {most.iloc[0]}", (frame["language"] != most.iloc[0]).to_numpy()


def _most_influential(sample: Sample, question: OutcomeQuestion, plan: Plan) -> BoolArray:
    assert plan.primary is not None
    x = sample.frame[plan.primary.predictor].to_numpy(dtype=np.float64)
    try:
        name = influence(x, sample.values(question), sample.groups)[0].cluster
    except NotEstimable:
        return np.zeros(len(x), dtype=bool)
    chosen: BoolArray = sample.groups.codes == sample.groups.names.index(name)
    return chosen
