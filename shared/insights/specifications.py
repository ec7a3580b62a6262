"""The primary question asked in every other way that would have been reasonable."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shared.insights.plan import Plan
from shared.insights.quality_gate import FEWEST_CLUSTERS, FEWEST_ROWS
from shared.insights.sample import Question, Sample
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.influence import influence
from shared.insights.statistics.pairs import Pair
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
    """One way of asking: which videos, and the effect they gave."""

    subset: str
    effect: Effect


def specifications(sample: Sample, question: Question, plan: Plan) -> tuple[Specification, ...]:
    """Every choice of videos under every kind of correlation, the smallest estimate first.

    What a choice leaves too small to answer (under 20 videos or 5 creators), or does not change,
    is left out. The intervals belong to one choice each: they do not say how sure the whole is.
    """
    assert plan.primary is not None
    pair = sample.pair(plan.primary.predictor, question)
    found = []
    for subset, chosen in _subsets(sample, question, plan):
        part = sample.where(chosen)
        if len(part.frame) < FEWEST_ROWS or part.groups.count < FEWEST_CLUSTERS:
            continue
        effects = [*_ranked(part, pair, plan), *pearson_log1p(part.frame, [pair], part.groups)]
        found += [Specification(subset, effect) for effect in effects]
    told = [one for one in found if one.effect.estimate is not None]
    return tuple(sorted(told, key=lambda one: (one.effect.estimate, one.subset)))


def _ranked(part: Sample, pair: Pair, plan: Plan) -> tuple[Effect, ...]:
    rest = (part.groups, plan.resamples or 0, plan.seed)
    if len(part.controls.columns):
        try:
            return spearman_and_partial(part.frame, [pair], part.controls, *rest)
        except NotEstimable:
            pass
    return spearman(part.frame, [pair], *rest)


def _subsets(sample: Sample, question: Question, plan: Plan) -> Iterator[tuple[str, BoolArray]]:
    everyone = np.ones(len(sample.frame), dtype=bool)
    yield EVERYTHING, everyone
    for name, chosen in _narrower(sample, question, plan):
        if chosen.any() and not chosen.all():
            yield name, chosen


def _narrower(sample: Sample, question: Question, plan: Plan) -> Iterator[tuple[str, BoolArray]]:
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


def _most_influential(sample: Sample, question: Question, plan: Plan) -> BoolArray:
    assert plan.primary is not None
    x = sample.frame[plan.primary.predictor].to_numpy(dtype=np.float64)
    try:
        name = influence(x, sample.values(question), sample.groups)[0].cluster
    except NotEstimable:
        return np.zeros(len(x), dtype=bool)
    chosen: BoolArray = sample.groups.codes == sample.groups.names.index(name)
    return chosen
