"""The data of a report, frozen: page, insight tables and CSV files are made from it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd  # type: ignore[import-untyped]

from shared.canonical import canonical
from shared.inputs.tables.errors import BadTable
from shared.insights.agreement.ladder import PrimaryEffect
from shared.insights.agreement.ratings import Ratings
from shared.insights.agreement.star_schema import ratings_from_rows
from shared.insights.agreement.validation import Validation, ValidationInputs, validate
from shared.insights.measurement import result_hash
from shared.insights.moment.moment import moment
from shared.insights.moment.onset_pairs import onset_pairs
from shared.insights.moment.options import MomentOptions
from shared.insights.moment.result import MomentResult
from shared.insights.moment.star_schema import stored_curves
from shared.insights.moment.words import unread_sentence
from shared.insights.plan import Plan
from shared.insights.quality_gate import TooLittle
from shared.insights.report.agreement_rows import agreement_rows
from shared.insights.report.analysis import Analysis, analysis_of
from shared.insights.report.effect_rows import effect_rows
from shared.insights.report.gallery import GalleryVideo, gallery_rows, gallery_videos
from shared.insights.report.missing_data import MissingData, VideoCounts, missing_data, video_counts
from shared.insights.report.moment_rows import DrawnCurve, drawn_curves, moment_rows
from shared.insights.report.planted import PlantedEffect
from shared.insights.report.quality_rows import quality_rows
from shared.insights.report.source import ReportSource
from shared.insights.report.usual_counts import KPIS, UsualCounts, usual_counts
from shared.insights.result import Insights
from shared.insights.table.schema import MEANS
from shared.insights.table.video_kinds import VideoKind, rows_of_one_kind
from shared.processes import IN_THIS_PROCESS, Processes
from shared.progress import OnProgress, Progress, no_progress

WATCHING = MEANS | {"reach", "total_watch_s"}
"""Outcomes that the page has where the plan asks for them."""

Row = dict[str, Any]
FramesOf = Callable[[Sequence[Row]], Sequence[bytes | None]]
FilesOf = Callable[[Sequence[Row]], Sequence[str | None]]


@dataclass(frozen=True)
class ReportData:
    """One day's report. `effects`, `agreement` and `quality` are the rows of the insight tables.

    Everything is about videos of one kind (see table/video_kinds.py); `video_counts` says which,
    and how many others were set aside. `plan_hash` covers plan, measurement and kind. `videos` has
    one list per column, in the order of video_id; counts and scores may be None. `rows` are
    their whole rows. `analysed` are the positions of the rows that the analysis uses. `raters`
    (with their number of videos) and `rubric_versions` belong to the ratings used.
    """

    day: date
    plan: Plan
    plan_hash: str
    effects: tuple[Row, ...]
    agreement: tuple[Row, ...]
    quality: tuple[Row, ...]
    missing: MissingData | None
    video_counts: VideoCounts
    raters: dict[str, int]
    rubric_versions: tuple[str, ...]
    videos: dict[str, list[Any]]
    gallery: tuple[GalleryVideo, ...]
    carrying: tuple[DrawnCurve, ...]
    rows: tuple[Row, ...]
    analysed: frozenset[int]
    input_sha256: str
    versions: dict[str, str]
    insights: Insights | None
    """None when there was too little data."""

    @property
    def synthetic(self) -> bool:
        return self.video_counts.kind.is_synthetic

    @property
    def primary(self) -> Row | None:
        return next((row for row in self.effects if row["is_primary"]), None)

    @property
    def paragraph(self) -> str:
        """The answer, or the reason why there is none."""
        return " ".join(row["sentence"] for row in self.quality if row["part"] == "answer")

    def tables(self) -> dict[str, tuple[Row, ...]]:
        return {
            "insight_effect": self.effects,
            "insight_agreement": self.agreement,
            "insight_quality": self.quality,
        }


def report_data(
    source: ReportSource,
    plan: Plan,
    day: date,
    frames_of: FramesOf = lambda rows: [None] * len(rows),
    on_progress: OnProgress = no_progress,
    only_synthetic: bool = False,
    planted: PlantedEffect | None = None,
    files_of: FilesOf = lambda rows: [None] * len(rows),
    processes: Processes = IN_THIS_PROCESS,
) -> ReportData:
    """Read, analyse and freeze. The same rows, plan and day give the same report.

    Of observed and synthetic videos it takes one kind (see table/video_kinds.py). `planted` is the
    truth of the synthetic ones, where it is known.
    With too few videos the report says what is missing. Raises BadPlan, and the errors of
    `source`.
    """
    on_progress(Progress("Reading the star schema"))
    rows, kind = rows_of_one_kind(source.videos(), only_synthetic)
    counts = video_counts(rows, plan, kind)
    ratings = _ratings(source.ratings(), kind)
    ages = _ages(source, rows)
    analysis, obstacle = _analysis(rows, counts, plan, ratings, ages, on_progress, processes)
    rated = [row for row in rows if row["rating_status"] == "rated"]
    usual = usual_counts(rows)
    on_progress(Progress("Collecting the gallery"))
    shown = gallery_rows(rows, _primary_column(plan))
    pictures = frames_of(shown), files_of(shown)
    on_progress(Progress("Comparing the raters"))
    validation = _validation(ratings, analysis)
    agreement = validation.dimensions if validation else None
    after_moment = _moment(source, rows, ratings, on_progress)
    plan_hash = _plan_hash(plan, analysis, kind)
    truth = planted if kind.is_synthetic else None
    stamp = _stamp(plan_hash, day, rated, counts)
    return ReportData(
        day=day,
        plan=plan,
        plan_hash=plan_hash,
        effects=_stamped(effect_rows(analysis, moment_rows(after_moment)), stamp),
        agreement=_stamped(agreement_rows(validation), stamp),
        quality=_stamped(
            quality_rows(analysis, obstacle, counts, rows, agreement, truth, after_moment), stamp
        ),
        missing=obstacle,
        video_counts=counts,
        raters=dict(sorted(Counter(row["rater"] for row in rated).items())),
        rubric_versions=tuple(stamp["rubric_versions"]),
        videos=_columns(rows, plan, usual),
        gallery=gallery_videos(shown, _predictors(plan), usual, _signals(source, shown), *pictures),
        carrying=drawn_curves(after_moment, rows),
        rows=tuple(rows),
        analysed=frozenset(analysis.insights.analysed.frame.index) if analysis else frozenset(),
        input_sha256=analysis.insights.input_sha256 if analysis else "",
        versions=analysis.insights.document()["versions"] if analysis else {},
        insights=analysis.insights if analysis else None,
    )


def _analysis(
    rows: Sequence[Row],
    counts: VideoCounts,
    plan: Plan,
    ratings: Ratings | None,
    ages: Sequence[Row],
    on_progress: OnProgress,
    processes: Processes,
) -> tuple[Analysis | None, MissingData | None]:
    if obstacle := missing_data(counts, plan):
        return None, obstacle
    try:
        settings = on_progress, ratings, ages, counts.kind, processes
        return analysis_of(rows, plan, *settings), None
    except (TooLittle, BadTable) as error:
        return None, MissingData(error.sentence, "The data-quality section shows what was dropped.")


def _ratings(rows: Sequence[Row], kind: VideoKind) -> Ratings | None:
    """All ratings of videos of the kind; None when there are none."""
    try:
        ratings = ratings_from_rows(rows).of_kind(kind)
    except BadTable:
        return None
    return ratings if ratings.values else None


def _ages(source: ReportSource, rows: Sequence[Row]) -> list[Row]:
    videos = {row["video_id"] for row in rows}
    return [row for row in source.ages() if row["video_id"] in videos]


def _signals(source: ReportSource, shown: Sequence[Row]) -> Mapping[str, str]:
    return source.curves([row["video_id"] for row in shown]) if shown else {}


def _moment(
    source: ReportSource, rows: Sequence[Row], ratings: Ratings | None, on_progress: OnProgress
) -> MomentResult | None:
    """Who leaves after the surprise; None where no video has a curve."""
    on_progress(Progress("Comparing seconds"))
    options = MomentOptions()
    stored = stored_curves(source, rows, options.event)
    if not stored.curves:
        return None
    pairs = onset_pairs(ratings, options.event, {curve.video_id for curve in stored.curves})
    result = moment(stored.curves, replace(options, onset_pairs=pairs))
    note = unread_sentence(stored.unread)
    return replace(result, notes=(*result.notes, note)) if note else result


def _plan_hash(plan: Plan, analysis: Analysis | None, kind: VideoKind) -> str:
    """That of the result, else of the plan; reports on either kind never have the same."""
    if analysis is not None:
        return analysis.insights.plan_hash
    return result_hash(plan, pd.DataFrame(), kind.is_synthetic)


def _validation(ratings: Ratings | None, analysis: Analysis | None) -> Validation | None:
    """Agreement and ladder."""
    if ratings is None:
        return None
    effect = analysis.insights.primary if analysis else None
    synthetic = analysis is not None and analysis.gate.kind.is_synthetic
    primary = PrimaryEffect.of(effect.document(), synthetic) if effect else None
    return validate(ratings, ValidationInputs(primary=primary))


def _stamp(plan_hash: str, day: date, rated: Sequence[Row], counts: VideoCounts) -> Row:
    """The columns that every row of the report shares."""
    return {
        "report_date": day.isoformat(),
        "plan_hash": plan_hash,
        "raters": sorted({row["rater"] for row in rated}),
        "rubric_versions": sorted({row["rubric_version"] or "none" for row in rated}),
        "synthetic": counts.kind.is_synthetic,
    }


def _stamped(rows: Sequence[Row], stamp: Row) -> tuple[Row, ...]:
    """The rows as tables store them: floats have 12 digits, so page and table agree."""
    return tuple(canonical(stamp | row) for row in rows)


def _primary_column(plan: Plan) -> str:
    name = plan.primary.predictor if plan.primary else plan.predictors[0]
    return plan.columns.get(name, name)


def _predictors(plan: Plan) -> dict[str, str]:
    return {name: plan.columns[name] for name in plan.predictors if name in plan.columns}


def _columns(rows: Sequence[Row], plan: Plan, usual: UsualCounts) -> dict[str, list[Any]]:
    """The columns that the page can draw or filter by, one list per column."""
    columns: dict[str, list[Any]] = {
        "video_id": [row["video_id"] for row in rows],
        "creator": [row["username"] or row["user_key"] for row in rows],
        "language": [row["lang_key"] for row in rows],
        "rater": [row["rater"] or row["rating_status"] or "waiting" for row in rows],
        "created": [row["created_at"] and row["created_at"].date().isoformat() for row in rows],
        "duration_s": [row["duration_s"] for row in rows],
    }
    if any(row.get("file_name") for row in rows):
        columns["file_name"] = [row.get("file_name") for row in rows]
    for name, column in _predictors(plan).items():
        columns[name] = [row.get(column) for row in rows]
    for kpi in KPIS:
        columns[kpi] = [row[kpi] for row in rows]
        counts = [usual.get((row["video_id"], kpi)) for row in rows]
        columns[f"{kpi}_times_usual"] = [count and count.times for count in counts]
    for name in (each for each in plan.outcomes if each in WATCHING):
        columns[name] = [row.get(plan.columns[name]) for row in rows]
    return columns
