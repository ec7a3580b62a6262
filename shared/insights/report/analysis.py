"""Every number of a report, computed from rows of the star schema by a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from shared.insights.agreement.ratings import Ratings
from shared.insights.analysis import analyse
from shared.insights.equal_age import EqualAge
from shared.insights.multiverse.raters import RatersTogether, raters_of, raters_together
from shared.insights.plan import Plan
from shared.insights.quality_gate import FEWEST_CLUSTERS, FEWEST_ROWS, Gate
from shared.insights.rating_columns import usable
from shared.insights.report.drawn_width import drawn_width_sentence
from shared.insights.report.growth import AgeEffect, at_equal_age
from shared.insights.result import Insights
from shared.insights.sample import OutcomeQuestion, Sample, questions, samples
from shared.insights.specifications import Specification, specifications
from shared.insights.statistics.dose_response import Point, Tenth, dose_curve, tenths
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.table.table import table_of
from shared.insights.table.video_kinds import VideoKind
from shared.processes import IN_THIS_PROCESS, Processes
from shared.progress import OnProgress, Progress, no_progress

TABLE = "fact_video_analytics"
MOST_RATERS = 12
"""Raters with a row: those with most videos. Each needs a fit, and a page has room for so many."""


@dataclass(frozen=True, slots=True)
class Association:
    """One predictor with one outcome on one scale."""

    predictor: str
    question: OutcomeQuestion


@dataclass
class Analysis:
    """`insights`, and what a report draws besides them, in the order of the plan."""

    insights: Insights
    curves: dict[Association, tuple[Point, ...]] = field(default_factory=dict)
    tenths: dict[Association, tuple[Tenth, ...]] = field(default_factory=dict)
    sizes: dict[Association, tuple[int, int]] = field(default_factory=dict)
    """Videos and creators behind a curve."""
    specifications: tuple[Specification, ...] = ()
    raters: RatersTogether | None = None
    """The primary question under each rater; None where fewer than two rated enough videos."""
    growth: tuple[AgeEffect, ...] = ()
    drawn_width: str | None = None
    """The interval to expect of a drawn sample that people rate."""

    @property
    def gate(self) -> Gate:
        return self.insights.gate


def analysis_of(
    rows: Sequence[Mapping[str, Any]],
    plan: Plan,
    on_progress: OnProgress = no_progress,
    ratings: Ratings | None = None,
    ages: Sequence[Mapping[str, Any]] = (),
    kind: VideoKind | None = None,
    processes: Processes = IN_THIS_PROCESS,
) -> Analysis:
    """Analyse the rows by the plan: all of them where `kind` names theirs, else of one kind.

    `ratings` are all ratings, by which effects are corrected. `ages` are the KPIs at equal age.
    Raises TooLittle and BadPlan as `analyse` does, BadTable when there is no row."""
    table = replace(table_of(rows, plan.table_schema, TABLE), kind=kind)
    insights = analyse(table, plan, on_progress, ratings, ages, processes=processes)
    analysis = Analysis(insights)
    on_progress(Progress("Curves, tenths, specifications"))
    gate, equal_age = insights.analysed, EqualAge.of(ages, plan)
    for sample, sample_questions in samples(gate, plan, questions(plan, gate.left_out)):
        for question in sample_questions:
            if _is_large_enough(sample):
                _add_curves(analysis, sample, question)
            if insights.headline is not None and insights.headline.question == question:
                _add_specifications(analysis, sample, question, equal_age, ratings, processes)
    analysis.growth = at_equal_age(ages, gate, plan, processes)
    analysis.drawn_width = drawn_width_sentence(insights, ratings)
    return analysis


def _is_large_enough(sample: Sample) -> bool:
    return len(sample.frame) >= FEWEST_ROWS and sample.groups.count >= FEWEST_CLUSTERS


def _add_curves(analysis: Analysis, sample: Sample, question: OutcomeQuestion) -> None:
    """Add the outcome along each rating, as a curve and by tenths."""
    y = sample.values(question)
    for predictor in sample.predictors:
        association = Association(predictor, question)
        x = sample.frame[predictor].to_numpy(dtype=np.float64)
        analysis.tenths[association] = tenths(x, y, sample.groups)
        analysis.sizes[association] = (len(sample.frame), sample.groups.count)
        controls = sample.controls if len(sample.controls.columns) else None
        try:
            analysis.curves[association] = dose_curve(x, y, sample.groups, controls)
        except NotEstimable:
            continue  # the figure says that there is no curve


def _has_several(ratings: Ratings, plan: Plan) -> bool:
    """Whether more than one rater gave scores of the primary, so that they can be compared."""
    primary = plan.primary
    return primary is not None and len(raters_of(usable(ratings), primary.predictor)) > 1


def _add_specifications(
    analysis: Analysis,
    sample: Sample,
    question: OutcomeQuestion,
    equal_age: EqualAge | None,
    ratings: Ratings | None,
    processes: Processes,
) -> None:
    """Add the primary question under each rater and every other reasonable analysis."""
    headline, plan = analysis.insights.headline, analysis.insights.plan
    assert headline is not None
    effects: dict[str, Effect] = {}
    if ratings is not None and _has_several(ratings, plan):
        together = raters_together(sample, question, plan, ratings, equal_age, most=MOST_RATERS)
        if len(together.raters) > 1:
            analysis.raters = together
            own = set(sample.frame.get("rater", ()))
            # One rater of the whole table is the headline itself.
            effects = {each.rater: each.effect for each in together.raters if {each.rater} != own}
    analysis.specifications = specifications(
        sample, question, plan, headline, equal_age, effects, processes
    )
