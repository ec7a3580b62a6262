"""One analysis, sample by sample: every method of every question, and the effects in order."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from shared.insights.agreement.ratings import Ratings
from shared.insights.corrections import Correction, corrections, ratio_corrections
from shared.insights.equal_age import EqualAge
from shared.insights.for_whom import ForWhom, for_whom_of
from shared.insights.headline import Headline, headline
from shared.insights.plan import BadPlan, Plan
from shared.insights.quality_gate import FEWEST_CLUSTERS, FEWEST_ROWS
from shared.insights.rating_columns import VIDEO, RatingsBesideRows, usable
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.secondary import Shapes, shapes
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.multiplicity import with_q
from shared.insights.statistics.pairs import ColumnPair
from shared.insights.statistics.pearson import pearson_log1p
from shared.insights.statistics.rate_ratios import rate_ratios
from shared.insights.statistics.resampling import JACKKNIFE_UP_TO
from shared.insights.statistics.spearman import spearman, spearman_and_partial
from shared.processes import Processes
from shared.progress import OnProgress, Progress

METHODS = ("ppml", "spearman", "partial_spearman", "gee_nb")
"""The effects of an outcome come in this order; other methods follow."""


class AnalysisRun:
    """Collects the effects of one analysis, sample by sample."""

    def __init__(
        self,
        plan: Plan,
        say: OnProgress,
        ratings: Ratings | None,
        equal_age: EqualAge | None,
        processes: Processes,
    ):
        self._plan, self._say, self._ratings = plan, say, ratings
        self._processes = processes
        self._beside: RatingsBesideRows | None = None
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
        self._beside = None
        if self._ratings is not None and VIDEO in sample.frame:
            self._beside = RatingsBesideRows(sample.frame, usable(self._ratings))
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
        if self._beside is not None:
            self._say(Progress("Corrections for errors of the ratings"))
            self.corrected += corrections(
                *(sample, questions, self.effects, self._beside, self._plan.seed, self._processes)
            )
        for question in questions:
            self._models(sample, question)

    def analyse_primary_further(self) -> None:
        """Answer the plan's further questions about the primary, such as its shape."""
        if self._plan.primary is None or self.sample is None or self.question is None:
            return
        if self.sample.groups.count >= FEWEST_CLUSTERS:
            self._say(Progress("Shape of the primary"))
            predictor = self._plan.primary.predictor
            self.shapes = shapes(self.sample, self.question, predictor, self._plan, self._processes)
            self.effects += self.shapes.effects

    @property
    def all_notes(self) -> tuple[str, ...]:
        """What could not be answered, with the further questions about the primary."""
        return (*self.notes, *self.shapes.unanswered)

    @property
    def equal_age_of_headline(self) -> EqualAge | None:
        """Where the counts of the headline come from; None where they are the latest ones."""
        at_equal_age = self.headline is not None and self.headline.equal_age_days is not None
        return self._equal_age if at_equal_age else None

    def for_whom(self) -> ForWhom | None:
        """How creators differ in the primary; None without a primary or named creators."""
        if self._plan.primary is None or self.headline is None or self._plan.cluster is None:
            return None
        self._say(Progress("For whom"))
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
        self._say(Progress("Correlations of log counts"))
        self.effects += pearson_log1p(sample.frame, pairs, sample.groups)

    def _ranked(self, sample: Sample, pairs: list[ColumnPair]) -> tuple[Effect, ...]:
        settings = (
            sample.groups,
            self._plan.resamples or 0,
            self._plan.seed,
            self._counting("Rank correlations"),
            self._processes,
        )
        if len(sample.controls.columns):
            try:
                return spearman_and_partial(sample.frame, pairs, sample.controls, *settings)
            except NotEstimable as error:
                self.notes.append(f"No partial correlations: {error.sentence}.")
        return spearman(sample.frame, pairs, *settings)

    def _within(self, sample: Sample, question: OutcomeQuestion) -> None:
        self._say(Progress(f"{question.column} within creators"))
        answer = headline(sample, question, self._plan, self._equal_age)
        effects = [answer.effect(name) for name in sample.predictors]
        self.effects += effects
        if self._beside is not None:
            self.corrected += ratio_corrections(answer, effects, self._beside)
        if self._is_primary(question):
            self.sample, self.question = sample, question
            self.headline = self._with_latest(answer, sample, question)
            self.size = (len(sample.frame), sample.groups.count)
            self.notes += answer.notes

    def _with_latest(self, answer: Headline, sample: Sample, question: OutcomeQuestion) -> Headline:
        """The headline with the latest counts beside those at equal age."""
        if answer.equal_age_days is None or self._plan.primary is None:
            return answer
        predictor = self._plan.primary.predictor
        latest = headline(sample, question, self._plan, targets=[predictor])
        return replace(answer, latest=latest.effect(predictor))

    def _models(self, sample: Sample, question: OutcomeQuestion) -> None:
        self._say(Progress(f"Count model of {question.column}"))
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
        self._say(Progress(what))
        return lambda drawn, total: self._say(Progress(what, drawn, total, "draws of creators"))

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
