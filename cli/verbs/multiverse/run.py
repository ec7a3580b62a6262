"""One run of `tta multiverse`: draw videos, have them rated under every condition, compare."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.files import refuse_absent, refuse_target, write
from cli.selection import LakeVideo, Selection, videos_in
from local.endpoints import LOCAL, Endpoints
from shared.concurrency import in_one_thread

if TYPE_CHECKING:
    from cli.verbs.multiverse.conditions import ConditionOutcomes
    from shared.insights.agreement.ratings import Ratings
    from shared.insights.multiverse.drawing import DrawnVideos
    from shared.insights.multiverse.multiverse import Multiverse
    from shared.insights.plan import Plan
    from shared.insights.table.video_kinds import VideoKind

USUAL_SAMPLE = 200
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MultiverseOptions:
    """The options of `tta multiverse`. `raters` are conditions, or names of raters."""

    words: tuple[str, ...] = ("all",)
    sample: int | None = None
    replicates: int = 2
    seed: int = 1
    raters: tuple[str, ...] = ()
    is_rating: bool = True
    dry_run: bool = False
    plan: Path | None = None
    timeout_s: float = 3_600.0
    synthetic: bool = False
    out: Path | None = None
    target: str = LOCAL
    home: Path | None = None

    def refuse(self) -> None:
        """Check the options before any work. Raises UserError."""
        if self.dry_run and not self.is_rating:
            raise UserError("--dry-run and --no-rate: give only one of them.", WRONG_USE)
        if self.is_rating and self.selection.local_files:
            raise UserError("Store these files first (tta ingest), then name their ids.", WRONG_USE)
        refuse_absent("--plan", self.plan)
        refuse_target(self.out, (self.plan,))

    @property
    def selection(self) -> Selection:
        return Selection.of(self.words)


@dataclass
class MultiverseResult:
    """The result. A dry run compares nothing, and `--no-rate` has no conditions."""

    drawn: "DrawnVideos"
    dry_run: bool = False
    conditions: "ConditionOutcomes | None" = None
    compared: "Multiverse | None" = None
    problems: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        compared = {} if self.compared is None else self.compared.document()
        conditions = None if self.conditions is None else self.conditions.document()
        return {
            "dry_run": self.dry_run,
            "sample": self.drawn.document(),
            "conditions": conditions,
            **compared,
            "problems": self.problems,
        }

    def refuse_failure(self) -> None:
        """Raises UserError, naming every rating that is missing."""
        if self.problems:
            raise UserError("\n".join(self.problems))


def run_multiverse(options: MultiverseOptions, screen: Screen) -> MultiverseResult:
    """Draw, rate and compare. Raises UserError about options, ratings and videos."""
    options.refuse()
    in_one_thread()
    from cli.cloud import open_cloud
    from local.cloud import INGEST, LAKE, QUERY
    from shared.inputs.tables.errors import BadTable
    from shared.insights.statistics.effect import NotEstimable

    plan = _plan(options)
    parts = QUERY | LAKE
    if options.is_rating and not options.dry_run:
        _refuse_without_gemini(options)
        parts |= INGEST
    with open_cloud(options.home, screen, parts, target=options.target) as endpoints:
        try:
            result = _Run(options, plan, endpoints, screen).result()
        except BadTable as error:
            raise UserError(error.sentence) from error
        except NotEstimable as error:
            raise UserError(f"Nothing to compare: {error.sentence}.") from error
    if options.out is not None:
        from shared.canonical import json_text

        write(options.out, json_text(result.document()))
        screen.say(f"Written to {options.out}.")
    return result


def _plan(options: MultiverseOptions) -> "Plan":
    """The plan, which must have a primary question. Raises UserError."""
    from shared.insights.plan import BadPlan
    from shared.insights.plan_file import default_plan, read_plan
    from shared.insights.star_schema import refuse_unfit

    try:
        plan = default_plan() if options.plan is None else read_plan(options.plan)
        refuse_unfit(plan)
    except BadPlan as error:
        raise UserError(error.sentence, WRONG_USE) from error
    if plan.primary is None:
        raise UserError(f"--plan {options.plan}: it declares no primary question.", WRONG_USE)
    return plan


def _refuse_without_gemini(options: MultiverseOptions) -> None:
    from cli.verbs.rate.run import refuse_without_gemini
    from local.cloud import attached
    from local.home import Home

    if options.target == LOCAL and options.raters != ("signals",):
        refuse_without_gemini(attached(Home.at(options.home)))


class _Run:
    """The steps of one run, on an open cloud."""

    def __init__(
        self, options: MultiverseOptions, plan: "Plan", endpoints: Endpoints, screen: Screen
    ):
        from cli.warehouse import Warehouse

        self._options, self._plan = options, plan
        self._endpoints, self._screen = endpoints, screen
        self._warehouse: Warehouse = Warehouse(endpoints)

    def result(self) -> MultiverseResult:
        with self._screen.working("Reading the star schema …"):
            rows, kind = self._rows()
            return self._rated(rows, kind) if self._options.is_rating else self._stored(rows, kind)

    def _stored(self, rows: list[Row], kind: "VideoKind") -> MultiverseResult:
        """Compare the ratings that fact_rating has."""
        ratings = self._chosen(self._stored_ratings())
        rated = ratings.videos
        if not self._options.selection.everything:
            rated &= {video.video_id for video in self._videos([])}
        drawn = self._drawn([row for row in rows if row["video_id"] in rated])
        return MultiverseResult(drawn, compared=self._compared(rows, kind, ratings, drawn))

    def _rated(self, rows: list[Row], kind: "VideoKind") -> MultiverseResult:
        """Have the drawn videos rated, and compare these ratings."""
        from cli.verbs.multiverse import conditions as multiverse_conditions
        from shared.insights.statistics.effect import NotEstimable

        options, endpoints, screen = self._options, self._endpoints, self._screen
        problems: list[str] = []
        videos = {video.video_id: video for video in self._videos(problems)}
        drawn = self._drawn([row for row in rows if row["video_id"] in videos])
        chosen = [videos[video_id] for video_id in drawn.ids]
        rating = multiverse_conditions.rate_options(options.replicates, options.timeout_s)
        words = multiverse_conditions.words_of(options.raters, endpoints)
        outcomes = multiverse_conditions.look_up_all(words, chosen, rating, endpoints, screen)
        result = MultiverseResult(drawn, options.dry_run, outcomes, problems=problems)
        if options.dry_run:
            return result
        screen.say(f"{drawn.sentence} {outcomes.price_sentence}")
        multiverse_conditions.ask_all(outcomes, rating, endpoints, screen)
        result.problems += multiverse_conditions.failures(outcomes.outcomes)
        ratings = outcomes.ratings()
        if ratings is not None:
            try:
                result.compared = self._compared(rows, kind, ratings, drawn)
            except NotEstimable as error:  # what was paid is shown all the same
                result.problems.append(f"Nothing to compare: {error.sentence}.")
        return result

    def _compared(
        self, rows: list[Row], kind: "VideoKind", ratings: "Ratings", drawn: "DrawnVideos"
    ) -> "Multiverse":
        from shared.insights.multiverse.multiverse import multiverse
        from shared.insights.report.source import statement

        self._screen.now("Comparing the raters …")
        chosen = [row for row in rows if row["video_id"] in drawn.probabilities]
        ages: Sequence[Row] = ()
        if self._plan.equal_age_days is not None:
            ages = self._warehouse.rows(statement("ages"))
        return multiverse(chosen, self._plan, ratings, drawn, kind, ages)

    def _rows(self) -> tuple[list[Row], "VideoKind"]:
        """The plan's columns of every video of one kind, and its creator."""
        from cli.verbs.insights.stored import plan_rows
        from shared.inputs.tables.errors import BadTable
        from shared.insights.table.video_kinds import rows_of_one_kind

        every = plan_rows(self._warehouse, self._plan, "user_key")
        rows, kind = rows_of_one_kind(every, self._options.synthetic)
        if not rows:
            raise BadTable(
                "fact_video_analytics has no such video. `tta ingest FILE` brings in videos, and "
                "--demo reads those of `tta demo`."
            )
        return rows, kind

    def _videos(self, problems: list[str]) -> Iterator[LakeVideo]:
        from shared.storage.lake import Lake

        objects = videos_in(
            Lake.connect(self._endpoints.project, self._endpoints.bucket), self._options.selection
        )
        yield from objects
        problems += [f"{video_id}: the lake has no file of it." for video_id in objects.missing]
        problems += objects.problems

    def _drawn(self, rows: list[Row]) -> "DrawnVideos":
        """Raises UserError where there is nothing to draw."""
        from shared.insights.multiverse.drawing import draw_videos, known_creators
        from shared.model import UNKNOWN_CREATOR

        if not rows:
            raise UserError("None of the selected videos is stored and in the star schema.")
        options = self._options
        size = options.sample or (USUAL_SAMPLE if options.is_rating else len(rows))
        return draw_videos(known_creators(rows, UNKNOWN_CREATOR), size, options.seed)

    def _stored_ratings(self) -> "Ratings":
        from cli.verbs.validate.stored import ratings_at

        ratings = ratings_at(self._endpoints)
        if ratings is None:
            raise UserError("fact_rating has no ratings. Leave --no-rate out to have some made.")
        return ratings

    def _chosen(self, ratings: "Ratings") -> "Ratings":
        """The ratings of --rater, or of everybody. Raises UserError for a rater who is absent."""
        names = self._options.raters
        absent = [name for name in names if name not in ratings.raters]
        if absent:
            present = ", ".join(ratings.raters)
            raise UserError(
                f"--rater {absent[0]}: nobody of that name rated. Give one of these: {present}."
            )
        return ratings.without(set(ratings.raters) - set(names)) if names else ratings
