"""Associations of ratings with outcomes, corrected for the error of the ratings where data allow.

The rater's repeated answers give a reliability; people's ratings of some videos show systematic
error. The rate ratio within creators and the pooled rank correlation are corrected, each from the
rows behind it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.agreement.drawn_sample import Response
from shared.insights.agreement.ratings import Ratings
from shared.insights.correction.debiasing import Debiasing
from shared.insights.correction.disattenuation import Disattenuation
from shared.insights.correction.draws import CorrelationDraws
from shared.insights.correction.people_error import mean_rating
from shared.insights.correction.ratio_debiasing import debiased_ratio
from shared.insights.correction.ratio_disattenuation import (
    disattenuated_mean_ratio,
    disattenuated_ratio,
)
from shared.insights.headline import Headline
from shared.insights.rating_columns import (
    VIDEO,
    RatingsBesideRows,
    is_of_people,
    usable,
)
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.fixed_effects import FixedEffectsFit
from shared.insights.statistics.resampling import FloatArray, Groups
from shared.processes import IN_THIS_PROCESS, Processes

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
    ratings: Ratings | RatingsBesideRows,
    seed: int,
    processes: Processes = IN_THIS_PROCESS,
) -> list[Correction]:
    """Corrections of the Spearman effects of these questions; none without video ids.

    `ratings` may be those beside the rows of the sample already.
    """
    if VIDEO not in sample.frame:
        return []
    draws = CorrelationDraws(sample.groups, RESAMPLES, seed)
    answers = _beside(sample.frame, ratings)
    by_column = {question.outcome + question.scale: question for question in questions}
    pending = [
        correction
        for effect in effects
        if effect.method == "spearman" and effect.estimate is not None
        if (question := by_column.get(effect.outcome + effect.scale)) is not None
        for correction in _of_correlation(sample, question, effect, answers, draws)
    ]
    draws.compute(processes)
    return [correction.finished() for correction in pending]


def ratio_corrections(
    within: Headline, effects: Sequence[Effect], ratings: Ratings | RatingsBesideRows
) -> list[Correction]:
    """Corrections of the rate ratios of one outcome within creators, from the rows behind them.

    None without video ids, or where no ratio could be fitted. `ratings` may be those beside the
    rows of the sample already.
    """
    model, groupings = within.model, within.groupings
    if VIDEO not in within.sample.frame or model is None:
        return []
    answers = _beside(within.sample.frame.loc[within.rows], ratings)
    return [
        correction.finished()
        for effect in effects
        if effect.estimate is not None and effect.predictor in model.names
        for correction in _of_ratio(effect, model, groupings, answers)
    ]


def _beside(frame: pd.DataFrame, ratings: Ratings | RatingsBesideRows) -> RatingsBesideRows:
    if isinstance(ratings, RatingsBesideRows):
        return ratings.of_rows(frame)
    return RatingsBesideRows(frame, usable(ratings))


@dataclass(frozen=True, slots=True)
class _PendingCorrection:
    """A correction whose result may wait for draws that it shares with others."""

    effect: Effect
    of: Corrected
    method: str
    result: Callable[[], Any]
    note: str
    response: Response | None = None

    def finished(self) -> Correction:
        """The correction; where there is none, its note says why."""
        details: dict[str, Any] = {}
        effect, note = self.effect, self.note
        try:
            details = asdict(self.result())
            if (is_free := details.get("is_free_of_people_error")) is not None:
                note = f"{note} {WITHOUT_PEOPLE_ERROR if is_free else WITH_PEOPLE_ERROR}"
            if details["ci_low"] is None or details["ci_high"] is None:
                note = f"{note} {UNBOUNDED}"
        except NotEstimable as error:
            note = error.sentence
        estimate, low, high = (
            details.pop(name, None) for name in ("estimate", "ci_low", "ci_high")
        )
        return Correction(
            effect.predictor,
            effect.outcome,
            effect.scale,
            self.of,
            self.method,
            estimate,
            low,
            high,
            effect.estimate,
            effect.ci_low,
            effect.ci_high,
            details,
            note,
            self.response,
        )


@dataclass(frozen=True, slots=True)
class _Methods:
    """How one kind of estimate is corrected; each gives a function that gives the result."""

    without_noise: Callable[[FloatArray], Callable[[], Any]]
    without_bias: Callable[[FloatArray, FloatArray | None], Callable[[], Any]]
    of_people: Callable[[FloatArray], Callable[[], Any]] | None = None


def _of_correlation(
    sample: Sample,
    question: OutcomeQuestion,
    effect: Effect,
    answers: RatingsBesideRows,
    draws: CorrelationDraws,
) -> Iterator[_PendingCorrection]:
    x = sample.frame[effect.predictor].to_numpy(dtype=np.float64)
    y = sample.values(question)
    methods = _Methods(
        lambda repeated: (
            Disattenuation(draws, x, y, repeated, answers.averaged(effect.predictor)).result
        ),
        lambda people, weights: Debiasing(draws, x, y, mean_rating(people), weights).result,
    )
    return _corrected(effect, "spearman", answers, methods)


def _of_ratio(
    effect: Effect, model: FixedEffectsFit, groupings: Sequence[Groups], answers: RatingsBesideRows
) -> Iterator[_PendingCorrection]:
    name = effect.predictor
    methods = _Methods(
        lambda repeated: partial(
            disattenuated_ratio, model, name, repeated, groupings, answers.averaged(name)
        ),
        lambda people, weights: partial(debiased_ratio, model, name, people, groupings, weights),
        lambda people: partial(disattenuated_mean_ratio, model, name, people, groupings),
    )
    return _corrected(effect, "ppml", answers, methods)


def _corrected(
    effect: Effect, of: Corrected, answers: RatingsBesideRows, methods: _Methods
) -> Iterator[_PendingCorrection]:
    """Each correction for which there are ratings."""
    name, ratings = effect.predictor, answers.ratings
    people = answers.of_people(name)
    if people is not None and is_of_people(answers.frame, name, people, ratings):
        # There is no machine to compare with people, whose own error remains.
        if methods.of_people is not None:
            result = methods.of_people(people)
            yield _PendingCorrection(effect, of, DISATTENUATED, result, OF_PEOPLE)
        return
    repeated = answers.repeated(name)
    if repeated is not None:
        result, note = methods.without_noise(repeated), NOTES[of, DISATTENUATED]
        yield _PendingCorrection(effect, of, DISATTENUATED, result, note)
    if people is not None:
        yield _without_bias(effect, of, answers, methods, people)


def _without_bias(
    effect: Effect, of: Corrected, answers: RatingsBesideRows, methods: _Methods, people: FloatArray
) -> _PendingCorrection:
    """The correction by people, weighted where their videos were drawn."""
    drawn = answers.ratings.drawn
    if drawn is None:
        result = methods.without_bias(people, None)
        return _PendingCorrection(effect, of, DEBIASED, result, NOTES[of, DEBIASED])
    rated = np.flatnonzero(~np.isnan(people).all(axis=1))
    response = drawn.response({answers.videos[row] for row in rated})
    weights = np.array([response.weights.get(video, np.nan) for video in answers.videos])
    note = f"{OF_DRAWN[of]} {response.sentence()}"
    result = methods.without_bias(people, weights)
    return _PendingCorrection(effect, of, DEBIASED, result, note, response)
