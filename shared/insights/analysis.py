"""From a table and a plan to every number of the report."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.insights.agreement.ratings import Ratings
from shared.insights.analysis_run import AnalysisRun
from shared.insights.cautions import cautions
from shared.insights.drawn_videos import drawn_videos
from shared.insights.equal_age import EqualAge
from shared.insights.missing_ratings import missing_ratings
from shared.insights.overturn import overturn
from shared.insights.plan import Plan
from shared.insights.quality_gate import Gate, TooLittle, gate
from shared.insights.result import Insights
from shared.insights.robustness import assess_robustness
from shared.insights.sample import questions, samples
from shared.insights.table.table import VideoTable
from shared.processes import IN_THIS_PROCESS, Processes
from shared.progress import OnProgress, Progress, no_progress


def analyse(
    table: VideoTable,
    plan: Plan,
    on_progress: OnProgress = no_progress,
    ratings: Ratings | None = None,
    ages: Sequence[Mapping[str, Any]] = (),
    only_synthetic: bool = False,
    processes: Processes = IN_THIS_PROCESS,
) -> Insights:
    """Answer the plan's questions from the rows of one kind (see table/video_kinds.py).

    `ratings` are repeated ratings and ratings by people. They correct the effects for errors of
    the table's own ratings. `ages` are rows of the view kpis_at_age, for counts at equal age.
    `processes` share the draws of creators, and their number changes no digit.
    Raises TooLittle when too few rows are left, BadPlan when there are so many creators that they
    must be resampled and the plan lacks `resamples`, and BadTable when synthetic rows are asked for
    and there are none.
    """
    on_progress(Progress("Checking the rows"))
    passed = gate(table, plan, only_synthetic)
    if ratings is not None:
        ratings = ratings.of_kind(passed.kind)
    drawn = drawn_videos(passed, plan)
    analysed = passed if drawn is None else drawn.gate
    run = AnalysisRun(plan, on_progress, ratings, EqualAge.of(ages, plan), processes)
    for sample, answerable in samples(analysed, plan, questions(plan, passed.left_out)):
        run.analyse(sample, answerable)
    if not run.effects:
        raise TooLittle("No question can be answered: every outcome has too few rows or creators.")
    run.analyse_primary_further()
    effects, primary = run.ordered_effects()
    robustness = assess_robustness(plan, run.sample, run.question, primary, effects, run.headline)
    overturned = overturn(run.headline, run.sample, plan)
    missing = missing_ratings(passed, plan, run.equal_age_of_headline)
    warned = passed, plan, effects, primary, robustness, run.all_notes, missing, run.headline
    return Insights(
        plan=plan,
        gate=passed,
        effects=effects,
        primary=primary,
        headline=run.headline,
        overturn=overturned,
        corrected=tuple(run.corrected),
        corrected_by=() if ratings is None else ratings.sources,
        shapes=run.shapes,
        robustness=robustness,
        cautions=cautions(*warned, overturning=overturned.warnings, drawn=drawn),
        n=run.size[0],
        clusters=run.size[1],
        input_sha256=table.sha256,
        missing_ratings=missing,
        for_whom=run.for_whom(),
        people=_people(analysed, plan, ratings),
        drawn=drawn,
        losses=table.losses,
    )


def _people(passed: Gate, plan: Plan, ratings: Ratings | None) -> int:
    """How many of the analysed videos people rated on the primary predictor."""
    if ratings is None or plan.primary is None or "video_id" not in passed.frame:
        return 0
    raters = ratings.of(plan.primary.predictor, "human")
    rated = {
        video for name in raters for video in ratings.first_values(plan.primary.predictor, name)
    }
    return len(rated & set(passed.frame["video_id"]))
