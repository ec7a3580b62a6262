"""Correlations of ratings with outcomes, corrected for the error of the ratings where data allow.

The rater is the one in the table's column `rater`, or else any machine. Its repeated answers give
a reliability; people's ratings of some videos show its systematic error. Made-up ratings of the
stand-in for tests are never used.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shared.insights.agreement.attention import inattentive
from shared.insights.agreement.ratings import Ratings
from shared.insights.correction.debiasing import debiased
from shared.insights.correction.disattenuation import disattenuated
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.resampling import FloatArray

RESAMPLES = 1_000
VIDEO = "video_id"
RATER = "rater"
NOTES = {
    "disattenuated": "without the rater's random error, estimated from its repeated answers; "
    "reliability and effect are resampled together. Systematic error remains.",
    "predict_then_debias": "as if people had rated every video; valid if the videos that they "
    "rated were chosen at random, whatever the machine's error is.",
}


@dataclass(frozen=True, slots=True)
class Correction:
    """A corrected correlation and the uncorrected one; None with a note where not estimable."""

    predictor: str
    outcome: str
    scale: str
    method: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    uncorrected: float | None
    uncorrected_low: float | None
    uncorrected_high: float | None
    details: dict[str, Any]
    note: str

    def document(self) -> dict[str, Any]:
        return asdict(self)


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
    ratings = ratings.without([*inattentive(ratings), *ratings.stand_ins])
    by_column = {question.outcome + question.scale: question for question in questions}
    return [
        correction
        for effect in effects
        if effect.method == "spearman" and effect.estimate is not None
        if (question := by_column.get(effect.outcome + effect.scale)) is not None
        for correction in _corrections(sample, question, effect, ratings, seed)
    ]


def _corrections(
    sample: Sample, question: OutcomeQuestion, effect: Effect, ratings: Ratings, seed: int
) -> Iterator[Correction]:
    x = sample.frame[effect.predictor].to_numpy(dtype=np.float64)
    y = sample.values(question)
    videos = [str(video) for video in sample.frame[VIDEO]]
    repeated = _repeated(videos, sample, effect.predictor, ratings)
    if repeated is not None:
        try:
            without_noise = disattenuated(x, y, repeated, sample.groups, RESAMPLES, seed)
            yield _correction("disattenuated", effect, asdict(without_noise))
        except NotEstimable as error:
            yield _correction("disattenuated", effect, {}, error.sentence)
    people = _people(videos, effect.predictor, ratings)
    if people is not None:
        try:
            without_bias = debiased(x, y, people, sample.groups, RESAMPLES, seed)
            yield _correction("predict_then_debias", effect, asdict(without_bias))
        except NotEstimable as error:
            yield _correction("predict_then_debias", effect, {}, error.sentence)


def _correction(
    method: str, effect: Effect, details: dict[str, Any], note: str | None = None
) -> Correction:
    estimate, low, high = (details.pop(name, None) for name in ("estimate", "ci_low", "ci_high"))
    return Correction(
        effect.predictor,
        effect.outcome,
        effect.scale,
        method,
        estimate,
        low,
        high,
        effect.estimate,
        effect.ci_low,
        effect.ci_high,
        details,
        note or NOTES[method],
    )


def _repeated(
    videos: Sequence[str], sample: Sample, predictor: str, ratings: Ratings
) -> FloatArray | None:
    """The rater's first answers (videos, answers), up to the median number of answers.

    A row is NaN where a video has fewer answers. None if no video has two. Where the table mixes
    raters, each video has the answers of its own rater.
    """
    row_raters = [str(rater) for rater in sample.frame[RATER]] if RATER in sample.frame else None
    machines = ratings.of(predictor, "machine")
    answers: dict[tuple[str, str], list[float]] = {}
    for rater in machines:
        name = rater.partition("@")[0]
        for video, by_number in ratings.values[(predictor, rater)].items():
            if len(by_number) >= 2:
                answers.setdefault((video, name), [by_number[n] for n in sorted(by_number)])
    names = dict.fromkeys(rater.partition("@")[0] for rater in machines)
    rows = []
    for index, video in enumerate(videos):
        own = [row_raters[index]] if row_raters else list(names)
        rows.append(next((answers[video, name] for name in own if (video, name) in answers), []))
    if not any(rows):
        return None
    width = int(np.median([len(row) for row in rows if row]))
    return np.array(
        [row[:width] if len(row) >= width else [np.nan] * width for row in rows], dtype=np.float64
    )


def _people(videos: Sequence[str], predictor: str, ratings: Ratings) -> FloatArray | None:
    """Mean of people's ratings by video, NaN where there is none; None without any."""
    people = ratings.of(predictor, "human")
    if not people:
        return None
    table = ratings.table(predictor, people)
    means = {
        video: float(np.nanmean(row)) for video, row in zip(table.videos, table.values, strict=True)
    }
    column = np.array([means.get(video, np.nan) for video in videos])
    return None if np.isnan(column).all() else column
