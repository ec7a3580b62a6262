"""From a table and a plan to every number of the report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.insights.agreement.ratings import Ratings
from shared.insights.cautions import cautions
from shared.insights.corrections import Correction, corrections, ratio_corrections
from shared.insights.equal_age import EqualAge
from shared.insights.for_whom import ForWhom, for_whom_of
from shared.insights.headline import Headline, headline
from shared.insights.missing_ratings import missing_ratings
from shared.insights.overturn import overturn
from shared.insights.plan import BadPlan, Plan
from shared.insights.quality_gate import FEWEST_CLUSTERS, FEWEST_ROWS, Gate, TooLittle, gate
from shared.insights.result import Insights
from shared.insights.robustness import assess_robustness
from shared.insights.sample import OutcomeQuestion, Sample, questions, samples
from shared.insights.secondary import Shapes, shapes
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.multiplicity import with_q
from shared.insights.statistics.pairs import ColumnPair
from shared.insights.statistics.pearson import pearson_log1p
from shared.insights.statistics.rate_ratios import rate_ratios
from shared.insights.statistics.resampling import JACKKNIFE_UP_TO
from shared.insights.statistics.spearman import spearman, spearman_and_partial
from shared.insights.table.table import VideoTable

Say = Callable[[str], None]
METHODS = ("ppml", "spearman", "partial_spearman", "gee_nb")
"""The effects of an outcome come in this order; other methods follow."""


def analyse(
    table: VideoTable,
    plan: Plan,
    on_progress: Say = lambda _: None,
    ratings: Ratings | None = None,
    ages: Sequence[Mapping[str, Any]] = (),
    only_synthetic: bool = False,
) -> Insights:
    """Answer the plan's questions from the rows of one kind (see table/video_kinds.py).

    `ratings` are repeated ratings and ratings by people. They correct the effects for errors of
    the table's own ratings. `ages` are rows of the view kpis_at_age, for counts at equal age.
    Raises TooLittle when too few rows are left, BadPlan when there are so many creators that they
    must be resampled and the plan lacks `resamples`, and BadTable when synthetic rows are asked for
    and there are none.
    """
    on_progress("Checking the rows …")
    passed = gate(table, plan, only_synthetic)
    if ratings is not None:
        ratings = ratings.of_kind(passed.kind)
    run = _AnalysisRun(plan, on_progress, ratings, EqualAge.of(ages, plan))
    for sample, answerable in samples(passed, plan, questions(plan, passed.left_out)):
        run.analyse(sample, answerable)
    if not run.effects:
        raise TooLittle("No question can be answered: every outcome has too few rows or creators.")
    run.analyse_primary_further()
    effects, primary = run.ordered_effects()
    robustness = assess_robustness(plan, run.sample, run.question, primary, effects, run.headline)
    n, clusters = run.size
    overturned = overturn(run.headline, run.sample, plan)
    notes = (*run.notes, *run.shapes.unanswered)
    missing = missing_ratings(passed, plan, run.equal_age_of_headline)
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
        cautions=cautions(
            *(passed, plan, effects, primary, robustness, notes, missing, run.headline),
            overturning=overturned.warnings,
        ),
        n=n,
        clusters=clusters,
        input_sha256=table.sha256,
        missing_ratings=missing,
        for_whom=run.for_whom(),
        people=_people(passed, plan, ratings),
        losses=table.losses,
    )


class _AnalysisRun:
    """Collects the effects of one analysis, sample by sample."""

    def __init__(self, plan: Plan, say: Say, ratings: Ratings | None, equal_age: EqualAge | None):
        self._plan, self._say, self._ratings = plan, say, ratings
        self._equal_age = equal_age
        self.headline: Headline | None = None
        self.corrected: list[Correction] = []
        self.effects: list[Effect] = []
        self.notes: list[str] = []
        self.size = (0, 0)
        self.sample: Sample | None = None
        self.question: OutcomeQuestion | None = None
        self.shapes = Shapes()

    def analyse(self, sample: Sample, questions: list[OutcomeQuestion]) -> None:
        """Apply every method to questions that the same rows answer."""
        outcomes = ", ".join(question.column for question in questions)
        if len(sample.frame) < FEWEST_ROWS:
            self.notes.append(f"Left out, with only {len(sample.frame)} rows: {outcomes}.")
            return
        self.size = max(self.size, (len(sample.frame), sample.groups.count))
        for question in questions:
            self._within(sample, question)
        if sample.groups.count < FEWEST_CLUSTERS:
            self.notes.append(
                f"No pooled figures of {outcomes}: {sample.groups.count} "
                f"{'creator is' if sample.groups.count == 1 else 'creators are'} too few to "
                "compare creators."
            )
            return
        self._need_resamples(sample)
        self._ranks(sample, questions)
        if self._ratings is not None:
            self._say("Corrections for errors of the ratings …")
            effects, seed = self.effects, self._plan.seed
            self.corrected += corrections(sample, questions, effects, self._ratings, seed)
        for question in questions:
            self._models(sample, question)

    def analyse_primary_further(self) -> None:
        """Answer the plan's further questions about the primary, such as its shape."""
        if self._plan.primary is None or self.sample is None or self.question is None:
            return
        if self.sample.groups.count >= FEWEST_CLUSTERS:
            self._say("Shape of the primary …")
            predictor = self._plan.primary.predictor
            self.shapes = shapes(self.sample, self.question, predictor, self._plan)
            self.effects += self.shapes.effects

    @property
    def equal_age_of_headline(self) -> EqualAge | None:
        """Where the counts of the headline come from; None where they are the latest ones."""
        at_equal_age = self.headline is not None and self.headline.equal_age_days is not None
        return self._equal_age if at_equal_age else None

    def for_whom(self) -> ForWhom | None:
        """How creators differ in the primary; None without a primary or named creators."""
        if self._plan.primary is None or self.headline is None or self._plan.cluster is None:
            return None
        self._say("For whom …")
        return for_whom_of(self.headline, self._plan.primary.predictor, self._plan.seed)

    def ordered_effects(self) -> tuple[tuple[Effect, ...], Effect | None]:
        """All effects with q, then the primary again; the primary is first and has no q."""
        order = {name: position for position, name in enumerate(self._plan.predictors)}
        effects = sorted(self.effects, key=lambda effect: self._sort_key(effect, order))
        position = self._headline_position(effects)
        # Every p belongs to the family, also those of the duration bands.
        bands = self.shapes.bands
        corrected = with_q([*effects, *(band.effect for band in bands)], position)
        self.shapes.bands = tuple(
            replace(band, effect=effect)
            for band, effect in zip(bands, corrected[len(effects) :], strict=True)
        )
        return corrected[: len(effects)], None if position is None else corrected[position]

    def _sort_key(self, effect: Effect, order: dict[str, int]) -> tuple[Any, ...]:
        method = METHODS.index(effect.method) if effect.method in METHODS else len(METHODS)
        return (
            not self._is_about_primary(effect),
            self._plan.outcomes.index(effect.outcome),
            effect.scale,
            order.get(effect.predictor, len(order)),
            effect.predictor,
            method,
            effect.method,
        )

    def _ranks(self, sample: Sample, questions: list[OutcomeQuestion]) -> None:
        pairs = [
            sample.pair(name, question) for question in questions for name in sample.predictors
        ]
        self.effects += self._ranked(sample, pairs)
        self._say("Correlations of log counts …")
        self.effects += pearson_log1p(sample.frame, pairs, sample.groups)

    def _ranked(self, sample: Sample, pairs: list[ColumnPair]) -> tuple[Effect, ...]:
        settings = (
            sample.groups,
            self._plan.resamples or 0,
            self._plan.seed,
            self._counting("Rank correlations"),
        )
        if len(sample.controls.columns):
            try:
                return spearman_and_partial(sample.frame, pairs, sample.controls, *settings)
            except NotEstimable as error:
                self.notes.append(f"No partial correlations: {error.sentence}.")
        return spearman(sample.frame, pairs, *settings)

    def _within(self, sample: Sample, question: OutcomeQuestion) -> None:
        self._say(f"{question.column} within creators …")
        answer = headline(sample, question, self._plan, self._equal_age)
        effects = [answer.effect(name) for name in sample.predictors]
        self.effects += effects
        if self._ratings is not None:
            self.corrected += ratio_corrections(answer, effects, self._ratings)
        if self._is_primary(question):
            self.sample, self.question = sample, question
            self.headline = self._with_latest(answer, sample, question)
            self.size = (len(sample.frame), sample.groups.count)
            self.notes += answer.notes

    def _with_latest(self, answer: Headline, sample: Sample, question: OutcomeQuestion) -> Headline:
        """The headline with the latest counts beside those at equal age."""
        if answer.equal_age_days is None or self._plan.primary is None:
            return answer
        latest = headline(sample, question, self._plan).effect(self._plan.primary.predictor)
        return replace(answer, latest=latest)

    def _models(self, sample: Sample, question: OutcomeQuestion) -> None:
        self._say(f"Count model of {question.column} …")
        try:
            fit = rate_ratios(
                sample.counts(question),
                sample.design,
                sample.offset(question),
                sample.groups,
                sample.predictors,
            )
        except NotEstimable as error:
            why = error.sentence.rstrip(".")
            self.notes.append(f"No count model of {question.column}: {why}.")
            return
        self.effects += [
            fit.effect(name, question.outcome, question.scale)
            for name in sample.predictors
            if name in sample.design.columns
        ]

    def _need_resamples(self, sample: Sample) -> None:
        if self._plan.resamples is None and sample.groups.count > JACKKNIFE_UP_TO:
            raise BadPlan(
                f"With {sample.groups.count:,} creators an interval comes from resampling them: "
                "give the plan the key resamples (2000 is usual)."
            )

    def _counting(self, what: str) -> Callable[[int, int], None]:
        self._say(f"{what} …")
        return lambda drawn, total: self._say(f"{what}: {drawn:,} of {total:,} draws of creators …")

    def _is_primary(self, question: OutcomeQuestion) -> bool:
        primary = self._plan.primary
        return primary is not None and (
            (question.outcome, question.scale) == (primary.outcome, primary.scale)
        )

    def _is_about_primary(self, effect: Effect) -> bool:
        primary = self._plan.primary
        return primary is not None and (
            (effect.predictor, effect.outcome, effect.scale)
            == (primary.predictor, primary.outcome, primary.scale)
        )

    def _headline_position(self, effects: Sequence[Effect]) -> int | None:
        """The rate ratio within creators; the pooled one where no creator has two videos."""
        positions = {
            effect.method: at
            for at, effect in enumerate(effects)
            if effect.method in ("ppml", "gee_nb") and self._is_about_primary(effect)
        }
        if self.headline is None or self.headline.model is None:
            return positions.get("gee_nb", positions.get("ppml"))
        return positions.get("ppml")


def _people(passed: Gate, plan: Plan, ratings: Ratings | None) -> int:
    """How many of the analysed videos people rated on the primary predictor."""
    if ratings is None or plan.primary is None or "video_id" not in passed.frame:
        return 0
    raters = ratings.of(plan.primary.predictor, "human")
    rated = {
        video for name in raters for video in ratings.first_values(plan.primary.predictor, name)
    }
    return len(rated & set(passed.frame["video_id"]))
