"""Associations of ratings with outcomes, corrected for the error of the ratings where data allow.

The rater's repeated answers give a reliability; people's ratings of some videos show systematic
error. The rate ratio within creators and the pooled rank correlation are corrected, each from the
rows behind it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.agreement.drawn_sample import Response
from shared.insights.agreement.ratings import Ratings
from shared.insights.correction.debiasing import debiased
from shared.insights.correction.disattenuation import disattenuated
from shared.insights.correction.people_error import mean_rating
from shared.insights.correction.ratio_debiasing import debiased_ratio
from shared.insights.correction.ratio_disattenuation import (
    disattenuated_mean_ratio,
    disattenuated_ratio,
)
from shared.insights.headline import Headline
from shared.insights.rating_columns import (
    VIDEO,
    averaged_answers,
    is_of_people,
    people_ratings,
    repeated_answers,
    usable,
)
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.resampling import FloatArray

RESAMPLES = 1_000
DISATTENUATED, DEBIASED = "disattenuated", "predict_then_debias"
Corrected = Literal["ppml", "spearman"]

_INDEPENDENT = (
    "It assumes that the errors of repeated answers are independent. It overcorrects where "
    "replicates share a bias (same model, same prompt) that goes with the outcome, and corrects "
    "too little where they share another error."
)
NOTES: dict[tuple[Corrected, str], str] = {
    ("spearman", DISATTENUATED): "without the rater's random error, estimated from its repeated "
    f"answers; reliability and effect are resampled together. {_INDEPENDENT}",
    ("spearman", DEBIASED): "as if people had rated every video; valid if the videos that they "
    "rated were chosen at random, whatever the machine's error is.",
    ("ppml", DISATTENUATED): "without the rater's random error within creators, estimated from its "
    f"repeated answers; the interval counts the chance in both. {_INDEPENDENT}",
    ("ppml", DEBIASED): "per point of people's rating, as if people had rated every video; valid "
    "if the videos that they rated were chosen at random, whatever the machine's error is.",
}
OF_DRAWN: dict[Corrected, str] = {
    "spearman": "as if people had rated every video, whatever the machine's error is.",
    "ppml": "per point of people's rating, as if people had rated every video, whatever the "
    "machine's error is.",
}
OF_PEOPLE = (
    "the ratings are people's, and this is without the random error of their mean, estimated from "
    "how they differ on the same videos; the interval counts the chance in both. It corrects too "
    "little where all people share an error."
)
WITHOUT_PEOPLE_ERROR = "People's own random error is taken out too, by how they differ."
WITH_PEOPLE_ERROR = (
    "People's own random error is still in it, and pulls the ratio towards 1: within creators, too "
    "few videos were rated by two people or more, or they agree too little."
)
UNBOUNDED = "So few creators carry the estimate that its interval has no end."


@dataclass(frozen=True, slots=True)
class Correction:
    """A corrected estimate and the uncorrected one; None with a note where not estimable.

    Both are correlations where `of` is "spearman", and log rate ratios per unit of the rating
    where it is "ppml".
    """

    predictor: str
    outcome: str
    scale: str
    of: Corrected
    method: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    uncorrected: float | None
    uncorrected_low: float | None
    uncorrected_high: float | None
    details: dict[str, Any]
    note: str
    response: Response | None = None
    """The drawn sample behind it; None where people rated whatever was picked."""

    def document(self) -> dict[str, Any]:
        """The output contract: the sample by its numbers, not by its videos."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        drawn = None if self.response is None else self.response.document()
        return fields | {"response": drawn}


def corrections(
    sample: Sample,
    questions: Sequence[OutcomeQuestion],
    effects: Sequence[Effect],
    ratings: Ratings,
    seed: int,
) -> list[Correction]:
    """Corrections of the Spearman effects of these questions; none without video ids."""
    if VIDEO not in sample.frame:
        return []
    ratings = usable(ratings)
    by_column = {question.outcome + question.scale: question for question in questions}
    return [
        correction
        for effect in effects
        if effect.method == "spearman" and effect.estimate is not None
        if (question := by_column.get(effect.outcome + effect.scale)) is not None
        for correction in _of_correlation(sample, question, effect, ratings, seed)
    ]


def ratio_corrections(
    within: Headline, effects: Sequence[Effect], ratings: Ratings
) -> list[Correction]:
    """Corrections of the rate ratios of one outcome within creators, from the rows behind them.

    None without video ids, or where no ratio could be fitted.
    """
    model, groupings = within.model, within.groupings
    if VIDEO not in within.sample.frame or model is None:
        return []
    frame, ratings = within.sample.frame.loc[within.rows], usable(ratings)
    return [
        correction
        for effect in effects
        if effect.estimate is not None and effect.predictor in model.names
        for correction in _corrected(
            effect,
            "ppml",
            frame,
            ratings,
            lambda answers, name=effect.predictor: disattenuated_ratio(  # type: ignore[misc]
                model, name, answers, groupings, averaged_answers(frame, name, ratings)
            ),
            lambda people, weights, name=effect.predictor: debiased_ratio(  # type: ignore[misc]
                model, name, people, groupings, weights
            ),
            lambda people, name=effect.predictor: disattenuated_mean_ratio(  # type: ignore[misc]
                model, name, people, groupings
            ),
        )
    ]


def _of_correlation(
    sample: Sample, question: OutcomeQuestion, effect: Effect, ratings: Ratings, seed: int
) -> Iterator[Correction]:
    x = sample.frame[effect.predictor].to_numpy(dtype=np.float64)
    settings = sample.groups, RESAMPLES, seed
    y = sample.values(question)
    return _corrected(
        effect,
        "spearman",
        sample.frame,
        ratings,
        lambda answers: disattenuated(
            x, y, answers, *settings, averaged_answers(sample.frame, effect.predictor, ratings)
        ),
        lambda people, weights: debiased(x, y, mean_rating(people), *settings, weights),
    )


def _corrected(
    effect: Effect,
    of: Corrected,
    frame: pd.DataFrame,
    ratings: Ratings,
    without_noise: Callable[[FloatArray], Any],
    without_bias: Callable[[FloatArray, FloatArray | None], Any],
    of_people: Callable[[FloatArray], Any] | None = None,
) -> Iterator[Correction]:
    """Each correction for which there are ratings."""
    people = people_ratings([str(video) for video in frame[VIDEO]], effect.predictor, ratings)
    if people is not None and is_of_people(frame, effect.predictor, people, ratings):
        # There is no machine to compare with people, whose own error remains.
        if of_people is not None:
            yield _correction(DISATTENUATED, of, effect, of_people, people, OF_PEOPLE)
        return
    answers = repeated_answers(frame, effect.predictor, ratings)
    if answers is not None:
        yield _correction(DISATTENUATED, of, effect, without_noise, answers)
    if people is not None:
        yield _without_bias(effect, of, frame, ratings, without_bias, people)


def _without_bias(
    effect: Effect,
    of: Corrected,
    frame: pd.DataFrame,
    ratings: Ratings,
    correct: Callable[[FloatArray, FloatArray | None], Any],
    people: FloatArray,
) -> Correction:
    """The correction by people, weighted where their videos were drawn."""
    if ratings.drawn is None:
        return _correction(DEBIASED, of, effect, lambda rated: correct(rated, None), people)
    videos = [str(video) for video in frame[VIDEO]]
    rated = np.flatnonzero(~np.isnan(people).all(axis=1))
    response = ratings.drawn.response({videos[row] for row in rated})
    weights = np.array([response.weights.get(video, np.nan) for video in videos])
    drawn = _correction(
        DEBIASED,
        of,
        effect,
        lambda ratings: correct(ratings, weights),
        people,
        f"{OF_DRAWN[of]} {response.sentence()}",
    )
    return replace(drawn, response=response)


def _correction(
    method: str,
    of: Corrected,
    effect: Effect,
    correct: Callable[[FloatArray], Any],
    ratings: FloatArray,
    note: str | None = None,
) -> Correction:
    details: dict[str, Any] = {}
    note = note or NOTES[of, method]
    try:
        details = asdict(correct(ratings))
        if (is_free := details.get("is_free_of_people_error")) is not None:
            note = f"{note} {WITHOUT_PEOPLE_ERROR if is_free else WITH_PEOPLE_ERROR}"
        if details["ci_low"] is None or details["ci_high"] is None:
            note = f"{note} {UNBOUNDED}"
    except NotEstimable as error:
        note = error.sentence
    estimate, low, high = (details.pop(name, None) for name in ("estimate", "ci_low", "ci_high"))
    return Correction(
        effect.predictor,
        effect.outcome,
        effect.scale,
        of,
        method,
        estimate,
        low,
        high,
        effect.estimate,
        effect.ci_low,
        effect.ci_high,
        details,
        note,
    )
