"""A report before it has a shape: frozen, and all that page, tables and CSV are made of."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.canonical import settled
from shared.insights.agreement.ladder import Primary
from shared.insights.agreement.ratings import Ratings
from shared.insights.agreement.stored import ratings_in
from shared.insights.agreement.validation import Beside, Validation, validate
from shared.insights.plan import Plan
from shared.insights.quality_gate import TooLittle
from shared.insights.report.agreement_rows import agreement_rows
from shared.insights.report.analysis import Analysis, Say, analysed
from shared.insights.report.effect_rows import effect_rows
from shared.insights.report.gallery import Moment, chosen, moments
from shared.insights.report.missing import Missing, Stock, missing, stock
from shared.insights.report.quality_rows import quality_rows
from shared.insights.report.source import Source
from shared.insights.report.usual import KPIS, Usual, usual
from shared.insights.table.read import BadTable

Row = dict[str, Any]
FramesOf = Callable[[Sequence[Row]], Sequence[bytes | None]]


@dataclass(frozen=True)
class ReportData:
    """One day's report. `effects`, `agreement` and `quality` are the rows of the insight tables.

    `videos` has one list per column, all in the order of video_id; counts and scores may be None.
    `rows` are the videos whole, and `kept` the places of those that the analysis rests on.
    `raters` and `rubric_versions` are those of the ratings used.
    """

    day: date
    plan: Plan
    effects: tuple[Row, ...]
    agreement: tuple[Row, ...]
    quality: tuple[Row, ...]
    lacking: Missing | None
    stock: Stock
    raters: dict[str, int]
    rubric_versions: tuple[str, ...]
    videos: dict[str, list[Any]]
    moments: tuple[Moment, ...]
    rows: tuple[Row, ...]
    kept: frozenset[int]
    input_sha256: str
    versions: dict[str, str]

    @property
    def synthetic(self) -> bool:
        return self.stock.synthetic > 0

    @property
    def primary(self) -> Row | None:
        return next((row for row in self.effects if row["is_primary"]), None)

    @property
    def paragraph(self) -> str:
        """The answer, or what stands in its way."""
        said = [row["sentence"] for row in self.quality if row["part"] == "answer"]
        return " ".join(said)

    def tables(self) -> dict[str, tuple[Row, ...]]:
        return {
            "insight_effect": self.effects,
            "insight_agreement": self.agreement,
            "insight_quality": self.quality,
        }


def report_data(
    source: Source,
    plan: Plan,
    day: date,
    frames_of: FramesOf = lambda rows: [None] * len(rows),
    on_progress: Say = lambda _: None,
) -> ReportData:
    """Read, analyse and freeze. The same rows, plan and day give the same report.

    Too few videos are no error: the report says what is missing. Raises BadPlan, and what
    `source` raises.
    """
    on_progress("Reading the star schema …")
    rows = source.videos()
    there = stock(rows, plan)
    ratings = _ratings(source.ratings())
    found, lacking = _answer(rows, there, plan, ratings, source.ages(), on_progress)
    used = [row for row in rows if row["rating_status"] == "rated"]
    shown = chosen(rows, _primary_column(plan))
    normal = usual(rows)
    on_progress("Collecting the gallery …")
    gallery = moments(
        shown,
        _predictors(plan),
        normal,
        source.curves([row["video_id"] for row in shown]) if shown else {},
        frames_of(shown),
    )
    on_progress("Comparing the raters …")
    worth = _validation(ratings, found)
    stamp = _stamp(plan, day, used, there)
    return ReportData(
        day=day,
        plan=plan,
        effects=_stamped(effect_rows(found) if found else [], stamp),
        agreement=_stamped(agreement_rows(worth), stamp),
        quality=_stamped(quality_rows(found, lacking, there, rows), stamp),
        lacking=lacking,
        stock=there,
        raters=dict(sorted(Counter(row["rater"] for row in used).items())),
        rubric_versions=tuple(stamp["rubric_versions"]),
        videos=_videos(rows, plan, normal),
        moments=gallery,
        rows=tuple(rows),
        kept=frozenset(found.gate.frame.index) if found else frozenset(),
        input_sha256=found.insights.input_sha256 if found else "",
        versions=found.insights.document()["versions"] if found else {},
    )


def _answer(
    rows: Sequence[Row],
    there: Stock,
    plan: Plan,
    ratings: Ratings | None,
    ages: Sequence[Row],
    on_progress: Say,
) -> tuple[Analysis | None, Missing | None]:
    if lacking := missing(there, plan):
        return None, lacking
    try:
        return analysed(rows, plan, on_progress, ratings, ages), None
    except (TooLittle, BadTable) as error:
        return None, Missing(error.sentence, "The data-quality section shows what was dropped.")


def _ratings(rows: Sequence[Row]) -> Ratings | None:
    """All ratings; None when nobody has rated."""
    try:
        return ratings_in(rows)
    except BadTable:
        return None


def _validation(ratings: Ratings | None, found: Analysis | None) -> Validation | None:
    """Agreement and ladder."""
    if ratings is None:
        return None
    effect = found.insights.primary if found else None
    synthetic = found is not None and found.gate.synthetic > 0
    primary = Primary.of(effect.document(), synthetic) if effect else None
    return validate(ratings, Beside(primary=primary))


def _stamp(plan: Plan, day: date, used: Sequence[Row], there: Stock) -> Row:
    """What every row says besides its number."""
    return {
        "report_date": day.isoformat(),
        "plan_hash": plan.hash,
        "raters": sorted({row["rater"] for row in used}),
        "rubric_versions": sorted({row["rubric_version"] or "none" for row in used}),
        "synthetic": there.synthetic > 0,
    }


def _stamped(rows: Sequence[Row], stamp: Row) -> tuple[Row, ...]:
    """Rows as they are stored: floats to 12 digits, so that page and table hold the same ones."""
    return tuple(settled(stamp | row) for row in rows)


def _primary_column(plan: Plan) -> str:
    name = plan.primary.predictor if plan.primary else plan.predictors[0]
    return plan.columns.get(name, name)


def _predictors(plan: Plan) -> dict[str, str]:
    return {name: plan.columns[name] for name in plan.predictors if name in plan.columns}


def _videos(
    rows: Sequence[Row], plan: Plan, normal: Mapping[tuple[str, str], Usual]
) -> dict[str, list[Any]]:
    """Of every video what can be drawn or filtered by."""
    columns: dict[str, list[Any]] = {
        "video_id": [row["video_id"] for row in rows],
        "creator": [row["username"] or row["user_key"] for row in rows],
        "language": [row["lang_key"] for row in rows],
        "rater": [row["rater"] or row["rating_status"] or "waiting" for row in rows],
        "created": [row["created_at"] and row["created_at"].date().isoformat() for row in rows],
        "duration_s": [row["duration_s"] for row in rows],
    }
    for name, column in _predictors(plan).items():
        columns[name] = [row.get(column) for row in rows]
    for kpi in KPIS:
        columns[kpi] = [row[kpi] for row in rows]
        found = [normal.get((row["video_id"], kpi)) for row in rows]
        columns[f"{kpi}_times_usual"] = [one and one.times for one in found]
    return columns
