"""From a table and a plan to every number of the report: the same three give the same bytes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from shared.canonical import settled, versions
from shared.insights import coverage
from shared.insights.agreement.ratings import Ratings
from shared.insights.cautions import cautions
from shared.insights.corrections import Correction, corrections
from shared.insights.plan import BadPlan, Plan
from shared.insights.quality_gate import FEWEST_CLUSTERS, FEWEST_ROWS, Gate, TooLittle, gate
from shared.insights.robustness import Strength, strength
from shared.insights.sample import Question, Sample, questions, samples
from shared.insights.secondary import Shapes, shapes
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.multiplicity import with_q
from shared.insights.statistics.pairs import Pair
from shared.insights.statistics.pearson import pearson_log1p
from shared.insights.statistics.rate_ratios import rate_ratios
from shared.insights.statistics.resampling import JACKKNIFE_UP_TO
from shared.insights.statistics.spearman import spearman, spearman_and_partial
from shared.insights.table.table import VideoTable

Say = Callable[[str], None]
METHODS = ("spearman", "partial_spearman", "gee_nb")
"""In this order an outcome's effects are told; further ones stand behind."""


@dataclass(frozen=True)
class Insights:
    """What came out. `effects` begin with the primary, if the plan declares one."""

    plan: Plan
    gate: Gate
    effects: tuple[Effect, ...]
    primary: Effect | None
    shapes: Shapes
    strength: Strength
    corrected: tuple[Correction, ...]
    corrected_by: tuple[str, ...]
    warnings: tuple[str, ...]
    n: int
    clusters: int
    input_sha256: str

    def document(self) -> dict[str, Any]:
        """The output contract: no time, no place, no NaN; floats to 12 significant digits."""
        document: dict[str, Any] = settled(
            {
                "plan_hash": self.plan.hash,
                "plan": self.plan.model_dump(mode="json"),
                "input_sha256": self.input_sha256,
                "seed": self.plan.seed,
                "versions": versions(),
                "synthetic": self.gate.synthetic > 0,
                "n": self.n,
                "clusters": self.clusters,
                "dropped": self.gate.dropped,
                "quality": self.gate.document(),
                "effects": [effect.document() for effect in self.effects],
                "primary": self.primary.document() if self.primary else None,
                "corrected": [one.document() for one in self.corrected],
                "corrected_by": list(self.corrected_by),
                "coverage": coverage.document(self.clusters, self.effects)
                if self.plan.cluster
                else [],
                "warnings": list(self.warnings),
                "shape": self.shapes.document(),
                **self.strength.document(),
            }
        )
        return document


def analyse(
    table: VideoTable,
    plan: Plan,
    on_progress: Say = lambda _: None,
    ratings: Ratings | None = None,
) -> Insights:
    """Answer the plan's questions from the table.

    `ratings` are repeated ratings and people's, by which effects are corrected for errors of the
    table's own.

    Raises TooLittle when too few rows or creators are left, BadPlan when it lacks `resamples`
    and there are so many creators that they must be resampled.
    """
    on_progress("Checking the rows …")
    passed = gate(table, plan)
    work = _Work(passed, plan, on_progress, ratings)
    for sample, asked in samples(passed, plan, questions(plan, passed.left_out)):
        work.take(sample, asked)
    if not work.effects:
        raise TooLittle("No question can be answered: every outcome has too few rows or creators.")
    work.look_closer()
    effects, primary = work.told()
    beyond = strength(plan, work.sample, work.question, primary, effects)
    n, clusters = work.size
    told = cautions(passed, plan, effects, primary, beyond, (*work.said, *work.shapes.unanswered))
    return Insights(
        plan=plan,
        gate=passed,
        effects=effects,
        primary=primary,
        corrected=tuple(work.corrected),
        corrected_by=() if ratings is None else ratings.sources,
        shapes=work.shapes,
        strength=beyond,
        warnings=told,
        n=n,
        clusters=clusters,
        input_sha256=table.sha256,
    )


class _Work:
    """Effects as they come, sample by sample."""

    def __init__(self, passed: Gate, plan: Plan, say: Say, ratings: Ratings | None = None):
        self._plan, self._say, self._ratings = plan, say, ratings
        self.corrected: list[Correction] = []
        self.effects: list[Effect] = []
        self.said: list[str] = []
        self.size = (0, 0)
        self.sample: Sample | None = None
        self.question: Question | None = None
        self.shapes = Shapes()

    def take(self, sample: Sample, asked: list[Question]) -> None:
        """Every method for questions that the same rows answer."""
        if len(sample.frame) < FEWEST_ROWS or sample.groups.count < FEWEST_CLUSTERS:
            named = ", ".join(question.column for question in asked)
            self.said.append(
                f"Left out, with only {len(sample.frame)} rows of {sample.groups.count} creators: "
                f"{named}."
            )
            return
        self._need_resamples(sample)
        self.size = max(self.size, (len(sample.frame), sample.groups.count))
        self._ranks(sample, asked)
        if self._ratings is not None:
            self._say("Corrections for errors of the ratings …")
            effects, seed = self.effects, self._plan.seed
            self.corrected += corrections(sample, asked, effects, self._ratings, seed)
        for question in asked:
            self._models(sample, question)
            if self._is_primary(question):
                self.sample, self.question = sample, question
                self.size = (len(sample.frame), sample.groups.count)

    def look_closer(self) -> None:
        """What the plan asks about the primary beyond one number."""
        if self._plan.primary and self.sample and self.question:
            self._say("Shape of the primary …")
            predictor = self._plan.primary.predictor
            self.shapes = shapes(self.sample, self.question, predictor, self._plan)
            self.effects += self.shapes.effects

    def told(self) -> tuple[tuple[Effect, ...], Effect | None]:
        """All effects with q, the primary first and without."""
        order = {name: place for place, name in enumerate(self._plan.predictors)}
        effects = sorted(self.effects, key=lambda effect: self._place(effect, order))
        place = next((at for at, effect in enumerate(effects) if self._is_headline(effect)), None)
        # Whatever has a p is in the family, wherever it is told.
        bands = self.shapes.bands
        corrected = with_q([*effects, *(band.effect for band in bands)], place)
        self.shapes.bands = tuple(
            replace(band, effect=effect)
            for band, effect in zip(bands, corrected[len(effects) :], strict=True)
        )
        return corrected[: len(effects)], None if place is None else corrected[place]

    def _place(self, effect: Effect, order: dict[str, int]) -> tuple[Any, ...]:
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

    def _ranks(self, sample: Sample, asked: list[Question]) -> None:
        pairs = [sample.pair(name, question) for question in asked for name in sample.predictors]
        self.effects += self._ranked(sample, pairs)
        self._say("Correlations of log counts …")
        self.effects += pearson_log1p(sample.frame, pairs, sample.groups)

    def _ranked(self, sample: Sample, pairs: list[Pair]) -> tuple[Effect, ...]:
        rest = (
            sample.groups,
            self._plan.resamples or 0,
            self._plan.seed,
            self._counting("Rank correlations"),
        )
        if len(sample.controls.columns):
            try:
                return spearman_and_partial(sample.frame, pairs, sample.controls, *rest)
            except NotEstimable as error:
                self.said.append(f"No partial correlations: {error.sentence}.")
        return spearman(sample.frame, pairs, *rest)

    def _models(self, sample: Sample, question: Question) -> None:
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
            self.said.append(f"No count model of {question.column}: {why}.")
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
        return lambda done, total: self._say(f"{what}: {done:,} of {total:,} draws of creators …")

    def _is_primary(self, question: Question) -> bool:
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

    def _is_headline(self, effect: Effect) -> bool:
        return effect.method == "spearman" and self._is_about_primary(effect)
