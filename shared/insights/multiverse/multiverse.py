"""The whole multiverse of raters: how much they differ, and what they say of the primary question.

The G-study and the effects answer different questions. The first is about scores of single videos,
the second about what these scores go with: raters may differ much and agree on the sign.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.canonical import canonical
from shared.insights.agreement.generalizability import DStudy, GStudy
from shared.insights.agreement.ratings import Ratings
from shared.insights.agreement.variances import generalizability
from shared.insights.equal_age import EqualAge
from shared.insights.multiverse.drawing import DrawnVideos
from shared.insights.multiverse.raters import (
    RatersTogether,
    mean_scores,
    raters_of,
    raters_together,
)
from shared.insights.plan import Plan
from shared.insights.quality_gate import TooLittle, gate
from shared.insights.rating_columns import VIDEO, usable
from shared.insights.sample import OutcomeQuestion, Sample, questions, samples
from shared.insights.star_schema import star_table_schema
from shared.insights.statistics.effect import NotEstimable
from shared.insights.table.table import table_of
from shared.insights.table.video_kinds import VideoKind

TABLE = "fact_video_analytics"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Multiverse:
    """The result. `raters` and `g_study` are None where the notes say why."""

    plan: Plan
    drawn: DrawnVideos
    raters: RatersTogether | None
    g_study: GStudy | None
    d_study: DStudy | None
    notes: tuple[str, ...]
    is_synthetic: bool = False

    def document(self) -> dict[str, Any]:
        primary = self.plan.primary
        document: dict[str, Any] = canonical(
            {
                "schema_version": 1,
                "synthetic": self.is_synthetic,
                "plan_hash": self.plan.hash,
                "primary": None if primary is None else primary.model_dump(),
                "sample": self.drawn.document(),
                "g_study": None if self.g_study is None else self.g_study.document(),
                "d_study": None if self.d_study is None else self.d_study.document(),
                "raters": None if self.raters is None else self.raters.document(),
                "notes": list(self.notes),
            }
        )
        return document


def multiverse(
    rows: Sequence[Row],
    plan: Plan,
    ratings: Ratings,
    drawn: DrawnVideos,
    kind: VideoKind,
    ages: Sequence[Row] = (),
) -> Multiverse:
    """Compare all raters of `ratings` on the drawn videos.

    `rows` are those of the star schema of these videos, and `ages` their counts at equal age.
    Raises NotEstimable where nobody rated the primary's predictor.
    """
    assert plan.primary is not None
    ratings = usable(ratings)
    predictor = plan.primary.predictor
    if not raters_of(ratings, predictor):
        raise NotEstimable("not_rated", f"nobody rated {predictor} of these videos")
    variances, d, notes = _generalizability(ratings, predictor)
    try:
        sample, question = _primary_sample(rows, plan, ratings, kind)
        together = raters_together(sample, question, plan, ratings, EqualAge.of(ages, plan))
    except TooLittle as error:
        together = None
        notes.append(f"No effects: {error.sentence}")
    return Multiverse(plan, drawn, together, variances, d, tuple(notes), kind.is_synthetic)


def _generalizability(
    ratings: Ratings, predictor: str
) -> tuple[GStudy | None, DStudy | None, list[str]]:
    try:
        studies = generalizability(ratings, predictor)
    except NotEstimable as error:
        return None, None, [f"No variances: {error}."]
    return studies.g, studies.d, []


def _primary_sample(
    rows: Sequence[Row], plan: Plan, ratings: Ratings, kind: VideoKind
) -> tuple[Sample, OutcomeQuestion]:
    """The rows that answer the primary question, rated by the mean of all raters."""
    rated = _with_consensus(rows, plan, ratings)
    table = replace(table_of(rated, star_table_schema(plan), TABLE), kind=kind)
    passed = gate(table, plan)
    assert plan.primary is not None
    for sample, answerable in samples(passed, plan, questions(plan, passed.left_out)):
        for question in answerable:
            if (question.outcome, question.scale) == (plan.primary.outcome, plan.primary.scale):
                return sample, question
    raise TooLittle("No video has the outcome of the primary question.")


def _with_consensus(rows: Sequence[Row], plan: Plan, ratings: Ratings) -> list[Row]:
    """Rows whose ratings are means over raters: which rows are used must not rest on one rater."""
    columns = {
        plan.table_schema.sources[name]: _consensus(ratings, name)
        for name in plan.predictors
        if name in plan.table_schema.sources
    }
    return [
        {**row, "rating_status": "rated"}
        | {column: by_video.get(row[VIDEO]) for column, by_video in columns.items()}
        for row in rows
    ]


def _consensus(ratings: Ratings, dimension: str) -> dict[str, float]:
    scores: dict[str, list[float]] = {}
    for rater in raters_of(ratings, dimension):
        for video, score in mean_scores(ratings, dimension, rater).items():
            scores.setdefault(video, []).append(score)
    return {video: sum(of_video) / len(of_video) for video, of_video in scores.items()}
