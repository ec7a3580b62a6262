"""One run of `tta insights`: read a file or the star schema, analyse, write."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.files import refuse_absent, refuse_target, write
from cli.ledger import LedgerFolder, announce, lake_of
from cli.progress import ProgressLine
from cli.verbs.insights.absent import absent_advice
from cli.verbs.insights.stored import InsightsInputs, StoredVideos
from local.endpoints import LOCAL
from shared.concurrency import in_one_thread

if TYPE_CHECKING:
    from shared.inputs.tables.notation import Notation
    from shared.insights.agreement.ratings import Ratings
    from shared.insights.ledger.ledger import PlanHistory
    from shared.insights.plan import Plan
    from shared.insights.result import Insights
    from shared.insights.table.table import VideoTable

UNFIT = (
    "Without --plan, the columns of the shipped plan are needed. "
    "`tta insights --print-plan > plan.yaml` writes it: put your columns in, and give it with "
    "--plan plan.yaml."
)


@dataclass(frozen=True, slots=True)
class InsightsOptions:
    """The options of `tta insights`."""

    input: Path | None
    plan: Path | None
    out: Path | None
    target: str
    home: Path | None
    ratings: tuple[Path, ...] = ()
    keys: tuple[Path, ...] = ()
    stated: "Notation | None" = None
    synthetic: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    processes: int | None = None
    """None for one per processor."""

    def refuse(self) -> None:
        """Check the options before any work. Raises UserError."""
        if self.input is not None and self.target != LOCAL:
            raise UserError("--input and --target: give only one of them.", WRONG_USE)
        if self.columns and self.input is None:
            raise UserError("--columns is about a file: give it with --input FILE.", WRONG_USE)
        refuse_absent("--input", self.input)
        refuse_absent("--plan", self.plan)
        for option, paths in (("--ratings", self.ratings), ("--key", self.keys)):
            for path in paths:
                refuse_absent(option, path)
        if self.keys and not self.ratings:
            raise UserError("--key: it is for --ratings from a rating kit; give both.", WRONG_USE)
        refuse_target(self.out, (self.input, self.plan, *self.ratings, *self.keys))


@dataclass(frozen=True, slots=True)
class InsightsResult:
    """The result, and the JSON text that is written."""

    insights: "Insights"
    text: str


def run_insights(options: InsightsOptions, screen: Screen) -> InsightsResult:
    """Read, analyse and write. Raises UserError about the plan or the table."""
    in_one_thread()
    from shared.inputs.tables.errors import BadTable
    from shared.insights.plan import BadPlan
    from shared.insights.quality_gate import TooLittle
    from shared.insights.table.read import AbsentColumns
    from shared.processes import ProcessDied

    try:
        return _analyse(options, screen)
    except BadPlan as error:
        raise UserError(error.sentence, WRONG_USE) from error
    except AbsentColumns as error:
        advice = error.sentence if options.plan else f"{error.problem}\n{UNFIT}"
        raise UserError(advice) from error
    except (BadTable, TooLittle, ProcessDied) as error:
        raise UserError(error.sentence) from error


def _analyse(options: InsightsOptions, screen: Screen) -> InsightsResult:
    from shared.insights.plan_file import default_plan, read_plan

    plan = default_plan() if options.plan is None else read_plan(options.plan)
    # The cloud stays open for the ledger: starting it again costs more than the analysis.
    with ExitStack() as stack, screen.working("Reading the table …"):
        inputs = _inputs(options, plan, screen, stack)
        from shared.canonical import json_text
        from shared.insights.analysis import analyse
        from shared.processes import Processes, usual_count

        with Processes(options.processes or usual_count()) as processes:
            line = ProgressLine(screen.now)
            insights = analyse(
                *(inputs.table, plan, line, inputs.ratings, inputs.ages, options.synthetic),
                processes,
            )
        history = announce(lambda: _remember(options, insights, inputs), screen)
        text = json_text(insights.document() | {"registration": _registration(plan, history)})
    if options.out is not None:
        write(options.out, text)
        screen.say(f"Written to {options.out}.")
    return InsightsResult(insights, text)


def _registration(plan: "Plan", history: "PlanHistory | None") -> dict[str, str] | None:
    """The verdict on a plan that names its raters; None for others, whose JSON knows no ledger."""
    is_registered = plan.raters or plan.first_released_after is not None
    return history.document() if history is not None and is_registered else None


def _remember(
    options: InsightsOptions, insights: "Insights", inputs: "InsightsInputs"
) -> "PlanHistory":
    """Keep the run in the ledger of the lake, or of the home for a file."""
    from shared.clock import utc_now
    from shared.insights.ledger.entries import file_table, star_schema_table
    from shared.insights.ledger.runs import remember

    if options.input is not None:
        table, folder = file_table(options.input), LedgerFolder.in_home(options.home)
        joined = inputs.table.joined
        return remember(folder, insights, table, utc_now(), copies=True, joined=joined)
    endpoints = inputs.endpoints
    if endpoints is None:
        raise UserError("The star schema was read without a cloud.")
    table = star_schema_table(endpoints.dataset)
    return remember(lake_of(endpoints), insights, table, utc_now())


def _inputs(
    options: InsightsOptions, plan: "Plan", screen: Screen, stack: ExitStack
) -> InsightsInputs:
    from_files = _read_ratings(options, plan, screen)
    if options.input is not None:
        return InsightsInputs(_from_file(options, plan, from_files, screen), from_files, [], None)
    schema = StoredVideos(options.target, options.home, options.synthetic)
    stored = schema.inputs(plan, screen, stack)
    if from_files is None or stored.ratings is None:
        return replace(stored, ratings=from_files or stored.ratings)
    from shared.insights.agreement.long_table import RatingsBuilder

    rows = RatingsBuilder()
    for ratings in (from_files, stored.ratings):
        rows.add_all(ratings)
    return replace(stored, ratings=rows.ratings())


def _from_file(
    options: InsightsOptions, plan: "Plan", ratings: "Ratings | None", screen: Screen
) -> "VideoTable":
    """The table of --input, with scores from --ratings where it has none. Raises BadTable."""
    from shared.insights.rated_scores import RatedScores, rated_scores
    from shared.insights.table.read import AbsentColumns, StatedTable
    from shared.insights.table.recognised import VIDEO, read_videos

    assert options.input is not None
    schema = plan.table_schema
    scores = RatedScores({}, {}) if ratings is None else rated_scores(ratings, schema)
    stated = StatedTable(options.columns, options.stated)
    try:
        table = read_videos(options.input, schema, stated, scores.by_name)
    except AbsentColumns as error:
        advice = absent_advice(error.names, plan, ratings)
        if not advice:
            raise
        sentences = [error.problem, *advice, *([] if options.plan else [UNFIT])]
        raise UserError("\n".join(sentences)) from error
    for sentence in table.losses.sentences():
        screen.say(f"{options.input.name}: {sentence}")
    ids = [] if not table.joined else table.frame[VIDEO].tolist()
    for sentence in scores.sentences(table.joined, ids):
        screen.say(sentence)
    return table


def _read_ratings(options: InsightsOptions, plan: "Plan", screen: Screen) -> "Ratings | None":
    """Read the files of --ratings, and say how sheets were read. Raises BadTable."""
    if not options.ratings:
        return None
    from cli.verbs.rate_kit.key import KitKeys
    from shared.inputs.tables.errors import Ambiguous
    from shared.insights.agreement.rating_files import RatingFileOptions, read_rating_files
    from shared.insights.table.read import StatedTable

    only = tuple(plan.predictors) if len(plan.predictors) == 1 else ()
    how, keys = RatingFileOptions(dimensions=only), KitKeys.read(options.keys)
    try:
        ratings = read_rating_files(options.ratings, how, keys.videos)
    except Ambiguous:
        # What is stated is about the table; it decides here only where these files do not.
        if options.stated is None or options.stated.decimal is None:
            raise
        stated = StatedTable(notation=options.stated)
        ratings = read_rating_files(options.ratings, replace(how, stated=stated), keys.videos)
    ratings = keys.weighing(ratings)
    for sentence in (*ratings.read_as, *ratings.unread(), *keys.sentences):
        screen.say(sentence)
    if not set(plan.predictors) & set(ratings.dimensions):
        screen.say(
            f"--ratings corrects nothing. Its ratings are of {', '.join(ratings.dimensions[:6])}; "
            f"the plan's predictors are {', '.join(plan.predictors[:6])}."
        )
    return ratings
