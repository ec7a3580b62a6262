"""The primary effect under each rater, by the headline's estimator, and their joint verdict.

A rater's answer to the primary question is the headline with the rater's own ratings in place of
the plan's predictors. Its scores are means over its replicates. Raters use a scale differently, so
ratios are per standard deviation of the rater's own ratings.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import exp
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.agreement.ratings import Ratings
from shared.insights.equal_age import EqualAge
from shared.insights.headline import Headline, exchangeable_units, headline
from shared.insights.number_words import ALPHA
from shared.insights.plan import Plan
from shared.insights.quality_gate import FEWEST_ROWS
from shared.insights.rating_columns import VIDEO, usable
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.joint_verdict import (
    DRAWS,
    JointVerdict,
    NullScore,
    joint_verdict,
)
from shared.insights.statistics.resampling import FloatArray

FEW = (
    "With so few accounts only neighbouring videos exchange their ratings, and the verdict is "
    "about these accounts."
)
MOST_RATERS = 40
"""More are left out, those with the fewest videos first."""


@dataclass(frozen=True)
class RaterEffect:
    """The answer of one rater. `sd` is the standard deviation of its ratings of these videos."""

    rater: str
    effect: Effect
    sd: float

    @property
    def ratio(self) -> tuple[float, float | None, float | None] | None:
        """The rate ratio per standard deviation, and the ends of its interval; None without one."""
        effect = self.effect
        if effect.estimate is None:
            return None
        low, high = (
            None if end is None else exp(end * self.sd) for end in (effect.ci_low, effect.ci_high)
        )
        return exp(effect.estimate * self.sd), low, high

    def document(self) -> dict[str, Any]:
        ratio, low, high = self.ratio or (None, None, None)
        per_sd = {"ratio_per_sd": ratio, "ratio_low": low, "ratio_high": high}
        return {"rater": self.rater, "sd": self.sd} | per_sd | self.effect.document()


@dataclass(frozen=True)
class RatersTogether:
    """All raters' answers to the primary question. `joint` is None where nothing can be tested.

    `absent` says by rater why it has no effect.
    """

    raters: tuple[RaterEffect, ...]
    joint: JointVerdict | None
    absent: Mapping[str, str]
    note: str | None = None

    @property
    def agreeing(self) -> int:
        """How many raters' estimates have the sign of the joint verdict."""
        sign = 0 if self.joint is None else self.joint.sign
        signs = [int(np.sign(each.effect.estimate or 0.0)) for each in self.raters]
        return sum(each == sign != 0 for each in signs)

    @property
    def significant(self) -> int:
        """How many raters claim, each alone, an effect at .05 with the sign of the verdict."""
        sign = 0 if self.joint is None else self.joint.sign
        return sum(
            each.effect.p is not None
            and each.effect.p < ALPHA
            and int(np.sign(each.effect.estimate or 0.0)) == sign
            for each in self.raters
        )

    def document(self) -> dict[str, Any]:
        joint = self.joint
        return {
            "raters": [each.document() for each in self.raters],
            "absent": dict(self.absent),
            "joint": None
            if joint is None
            else {
                "p": joint.p,
                "mean_z": joint.statistic,
                "draws": joint.draws,
                "sign": joint.sign,
                "same_sign": self.agreeing,
                "same_sign_at_05": self.significant,
            },
            "note": self.note,
        }


def raters_together(
    sample: Sample,
    question: OutcomeQuestion,
    plan: Plan,
    ratings: Ratings,
    equal_age: EqualAge | None = None,
    most: int = MOST_RATERS,
    draws: int = DRAWS,
) -> RatersTogether:
    """Answer the primary question under each rater that rated enough of the sample's videos.

    People and programs count alike; benchmarks, inattentive people and stand-ins do not count.
    """
    assert plan.primary is not None
    scored = dict(_scored(sample, plan, usable(ratings), most))
    answers = {rater: headline(part, question, plan, equal_age) for rater, part in scored.items()}
    predictor = plan.primary.predictor
    effects = [
        RaterEffect(rater, answer.effect(predictor), _spread(answer, predictor))
        for rater, answer in answers.items()
    ]
    absent = dict(_too_few(sample, predictor, usable(ratings))) | {
        each.rater: each.effect.note or "it has no estimate"
        for each in effects
        if each.effect.estimate is None
    }
    present = tuple(each for each in effects if each.rater not in absent)
    if not answers:
        return RatersTogether((), None, absent, f"no rater rated {FEWEST_ROWS} of these videos")
    whole = headline(sample, question, plan, equal_age)
    scores = _null_scores(sample, predictor, (answers[each.rater] for each in present), whole)
    scope = whole.scope
    try:
        joint = joint_verdict(list(scores), exchangeable_units(sample, scope), plan.seed, draws)
    except NotEstimable as error:
        return RatersTogether(present, None, absent, error.sentence)
    return RatersTogether(present, joint, absent, FEW if scope in ("account", "accounts") else None)


def mean_scores(ratings: Ratings, dimension: str, rater: str) -> dict[str, float]:
    """The mean over a rater's replicates, by video."""
    values = ratings.values.get((dimension, rater), {})
    return {video: sum(of.values()) / len(of) for video, of in values.items()}


def raters_of(ratings: Ratings, dimension: str) -> list[str]:
    return ratings.of(dimension, "machine", "human")


def _scored(
    sample: Sample, plan: Plan, ratings: Ratings, most: int
) -> Iterator[tuple[str, Sample]]:
    """For each rater, the videos that it rated, with its ratings; the most videos first."""
    assert plan.primary is not None
    if VIDEO not in sample.frame:
        return
    videos = sample.frame[VIDEO].astype(str)
    columns = {
        rater: videos.map(mean_scores(ratings, plan.primary.predictor, rater))
        for rater in raters_of(ratings, plan.primary.predictor)
    }
    counts = {rater: int(column.notna().sum()) for rater, column in columns.items()}
    chosen = [rater for rater in columns if counts[rater] >= FEWEST_ROWS]
    for rater in sorted(chosen, key=lambda name: -counts[name])[:most]:
        yield rater, _with_ratings_of(rater, sample, ratings, plan.primary.predictor)


def _too_few(sample: Sample, predictor: str, ratings: Ratings) -> Iterator[tuple[str, str]]:
    """For each rater of too few of the sample's videos, how many it rated and how many it takes."""
    videos = set(sample.frame[VIDEO].astype(str)) if VIDEO in sample.frame else set()
    for rater in raters_of(ratings, predictor):
        count = len(videos & mean_scores(ratings, predictor, rater).keys())
        if count < FEWEST_ROWS:
            yield rater, f"it rated {count} of the analysed videos, and {FEWEST_ROWS} are needed"


def _with_ratings_of(rater: str, sample: Sample, ratings: Ratings, primary: str) -> Sample:
    """The videos that a rater rated, with its scores for every predictor that it rates there."""
    videos = sample.frame[VIDEO].astype(str)
    columns = {
        name: videos.map(mean_scores(ratings, name, rater)).astype("float64")
        for name in sample.predictors
    }
    rated = columns[primary].notna()
    full = {name: column for name, column in columns.items() if column[rated].notna().all()}
    frame = sample.frame.assign(**full)
    return replace(sample, frame=frame, predictors=tuple(full)).where(rated)


def _spread(answer: Headline, predictor: str) -> float:
    ratings = answer.sample.frame.loc[answer.rows, predictor].to_numpy(dtype=np.float64)
    return float(ratings.std())


def _null_scores(
    sample: Sample, predictor: str, answers: Iterable[Headline], whole: Headline
) -> Iterator[NullScore]:
    """The score of each rater at the headline's model without its rating of the primary.

    `whole` is the headline of all videos, for residuals of those that a rater did not rate.
    """
    elsewhere = _null_score(sample, predictor, whole)
    for answer in answers:
        score = _null_score(sample, predictor, answer)
        if score is not None:
            yield score if elsewhere is None else score.filled(elsewhere.rows, elsewhere.residual)


def _null_score(sample: Sample, predictor: str, answer: Headline) -> NullScore | None:
    """None where nothing is left of the rating; then it has no effect either."""
    model = answer.model
    if model is None or predictor not in model.names:
        return None
    column = model.names.index(predictor)
    others = pd.DataFrame(np.delete(model.x, column, axis=1)).rename(columns=str)
    positions = sample.frame.index.get_indexer(answer.rows)
    try:
        null = poisson_fixed_effects(
            model.y, others, model.offset, model.creators, model.weeks, needs_columns=False
        )
        rating: FloatArray = model.x[null.kept, column]
        return NullScore.of(null, rating, positions[null.kept])
    except NotEstimable:
        return None
