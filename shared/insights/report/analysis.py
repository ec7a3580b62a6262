"""Every number of a report, from the rows of the star schema and a plan."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shared.insights.agreement.ratings import Ratings
from shared.insights.analysis import Insights, analyse
from shared.insights.plan import Plan
from shared.insights.quality_gate import FEWEST_CLUSTERS, FEWEST_ROWS, Gate
from shared.insights.report.growth import AtAge, at_equal_age
from shared.insights.sample import OutcomeQuestion, Sample, questions, samples
from shared.insights.specifications import Specification, specifications
from shared.insights.statistics.dose_response import Point, Tenth, dose_curve, tenths
from shared.insights.statistics.effect import NotEstimable
from shared.insights.table.table import table_of

Say = Callable[[str], None]
TABLE = "fact_video_analytics"


@dataclass(frozen=True, slots=True)
class Asked:
    """A rating against an outcome on a scale."""

    predictor: str
    question: OutcomeQuestion


@dataclass
class Analysis:
    """`insights` and what a report draws besides. Keys of `curves` and `tenths` are in order."""

    insights: Insights
    curves: dict[Asked, tuple[Point, ...]] = field(default_factory=dict)
    tenths: dict[Asked, tuple[Tenth, ...]] = field(default_factory=dict)
    sizes: dict[Asked, tuple[int, int]] = field(default_factory=dict)
    """Videos and creators behind a curve."""
    specifications: tuple[Specification, ...] = ()
    growth: tuple[AtAge, ...] = ()

    @property
    def gate(self) -> Gate:
        return self.insights.gate


def analysed(
    rows: Sequence[Mapping[str, Any]],
    plan: Plan,
    on_progress: Say = lambda _: None,
    ratings: Ratings | None = None,
    ages: Sequence[Mapping[str, Any]] = (),
) -> Analysis:
    """Follow the plan; `ratings` are all there are, by which effects are corrected, `ages` the
    KPIs at equal age.

    Raises TooLittle and BadPlan as `analyse` does, BadTable without a row."""
    insights = analyse(table_of(rows, plan.table_schema, TABLE), plan, on_progress, ratings)
    found = Analysis(insights)
    on_progress("Curves, tenths, specifications …")
    passed = insights.gate
    for sample, asked in samples(passed, plan, questions(plan, passed.left_out)):
        if _is_answered(sample):
            for question in asked:
                _along(found, sample, question)
                _other_ways(found, sample, question, plan)
    found.growth = at_equal_age(ages, passed, plan)
    return found


def _is_answered(sample: Sample) -> bool:
    return len(sample.frame) >= FEWEST_ROWS and sample.groups.count >= FEWEST_CLUSTERS


def _along(found: Analysis, sample: Sample, question: OutcomeQuestion) -> None:
    """The outcome along each rating."""
    y = sample.values(question)
    for predictor in sample.predictors:
        asked = Asked(predictor, question)
        x = sample.frame[predictor].to_numpy(dtype=np.float64)
        found.tenths[asked] = tenths(x, y, sample.groups)
        found.sizes[asked] = (len(sample.frame), sample.groups.count)
        controls = sample.controls if len(sample.controls.columns) else None
        try:
            found.curves[asked] = dose_curve(x, y, sample.groups, controls)
        except NotEstimable:
            continue  # the figure says that there is none


def _other_ways(found: Analysis, sample: Sample, question: OutcomeQuestion, plan: Plan) -> None:
    primary = plan.primary
    if primary and (question.outcome, question.scale) == (primary.outcome, primary.scale):
        found.specifications = specifications(sample, question, plan)
