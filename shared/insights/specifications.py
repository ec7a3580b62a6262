"""The primary question under every other reasonable analysis: a specification curve.

After Simonsohn, Simmons & Nelson (2020, Nat. Hum. Behav. 4, 1208–1214). The analyses vary what the
headline rests on: the estimator, the age of the counts, controls, calendar weeks, clusters, and
whose ratings and which videos are used. Each other rater of these videos is an analysis, too.
Estimators answer different questions: within creators, videos of one creator are compared; pooled,
creators are compared with each other, too. So their signs may differ. The curve keeps them apart as
families and certifies nothing by a majority.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.equal_age import EqualAge
from shared.insights.headline import Headline, headline
from shared.insights.plan import Plan
from shared.insights.quality_gate import FEWEST_CLUSTERS, FEWEST_ROWS
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.fixed_effects import independent
from shared.insights.statistics.pairs import ColumnPair
from shared.insights.statistics.rate_ratios import rate_ratios
from shared.insights.statistics.ratio_influence import steps_without_creators
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.spearman import spearman, spearman_and_partial
from shared.insights.subsets import ratings_apart, subsets
from shared.insights.table.schema import AGE
from shared.processes import IN_THIS_PROCESS, Processes

WITHIN, COUNT_MODEL, RANKS = "within creators", "pooled count model", "pooled ranks"
ESTIMATORS = (WITHIN, COUNT_MODEL, RANKS)
"""The families, in the order of the curve."""

EVERYTHING, ALL_RATINGS = "all videos", "all ratings"
LATEST = "latest counts"
SETTLED_DAYS = 30
SETTLED = f"{SETTLED_DAYS} days or older"
CONTROLLED, UNCONTROLLED = "all controls", "no controls"
WEEKS, NO_WEEKS = "calendar weeks", "no calendar weeks"
BY_CREATOR, BY_SOUND, BY_RUN = "by creator", "by creator and sound", "by runs of videos"
MOST_RESAMPLES = 200
"""With many creators a rank correlation's interval comes from so many draws of them: one of the
curve's many bars needs fewer than the answer."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What one analysis chose. Pooled estimators have no weeks; their clusters are creators."""

    estimator: str
    counts: str
    controls: str
    weeks: str = NO_WEEKS
    clusters: str = BY_CREATOR
    videos: str = EVERYTHING
    ratings: str = ALL_RATINGS

    @property
    def text(self) -> str:
        """The choices besides estimator and videos, separated by semicolons."""
        parts = (self.counts, self.controls, self.weeks, self.clusters, self.ratings)
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Specification:
    """One analysis and its effect: a log rate ratio per unit, or a rank correlation."""

    choices: Choices
    effect: Effect
    is_headline: bool = False


def specifications(
    sample: Sample,
    question: OutcomeQuestion,
    plan: Plan,
    answer: Headline,
    equal_age: EqualAge | None = None,
    raters: Mapping[str, Effect] | None = None,
    processes: Processes = IN_THIS_PROCESS,
) -> tuple[Specification, ...]:
    """Every analysis that has an estimate, by estimator and then the smallest estimate first.

    `answer` is the headline of the same sample, and `raters` are its effects with the ratings of
    other raters in place of the table's. Parts with fewer than 20 videos are left out, and
    from pooled estimators those with fewer than 5 creators. An interval belongs to one analysis:
    it does not cover the choice among them.
    """
    curve = _Curve(sample, question, plan, answer, equal_age, processes)
    # Two trials whose rows allow the same choices only are one analysis.
    trials = dict([*curve.parts(), *curve.models(), *curve.raters(raters or {})])
    estimated = [
        Specification(choices, effect, choices == curve.usual)
        for choices, effect in trials.items()
        if effect.estimate is not None
    ]
    return tuple(sorted(estimated, key=_position))


def _position(specification: Specification) -> tuple[int, float, str, str]:
    choices, estimate = specification.choices, specification.effect.estimate
    assert estimate is not None
    return ESTIMATORS.index(choices.estimator), estimate, choices.videos, choices.text


def _most_influential(answer: Headline, predictor: str) -> str | None:
    """The creator without whom the headline changes most."""
    model = answer.model
    if model is None or predictor not in model.names:
        return None
    steps = steps_without_creators(model, model.names.index(predictor))
    return model.creators.names[int(np.argmax(np.abs(steps)))]


Trial = tuple[Choices, Effect]


class _Curve:
    """The analyses of one question."""

    def __init__(
        self,
        sample: Sample,
        question: OutcomeQuestion,
        plan: Plan,
        answer: Headline,
        equal_age: EqualAge | None,
        processes: Processes,
    ):
        assert plan.primary is not None
        self._processes = processes
        self._question, self._plan = question, plan
        self._predictor = plan.primary.predictor
        self._influential = _most_influential(answer, self._predictor)
        self._by_counts = dict(_counts(sample, question, equal_age))
        self._weeks = (NO_WEEKS, WEEKS) if _may_have_weeks(answer, sample) else (NO_WEEKS,)
        self._clusters = (BY_CREATOR,) if answer.sounds is None else (BY_CREATOR, BY_SOUND)
        self._with_sounds = self._clusters if answer.sounds_in_model else (BY_SOUND,)
        self._controls = (
            (UNCONTROLLED, CONTROLLED) if len(sample.controls.columns) else (UNCONTROLLED,)
        )
        days = answer.equal_age_days
        usual = Choices(
            WITHIN,
            LATEST if days is None else _at_age(days),
            self._controls[-1],
        )
        self.usual = _as_fitted(usual, answer)

    def models(self) -> Iterator[Trial]:
        """All videos: every combination of counts, controls, weeks and clusters."""
        for counts, part in self._by_counts.items():
            for controls in self._controls:
                controlled = _controlled(part, controls)
                for weeks, clusters in product(self._weeks, self._clusters):
                    choices = Choices(WITHIN, counts, controls, weeks, clusters)
                    yield from self._within(choices, controlled)
                yield from self._count_model(Choices(COUNT_MODEL, counts, controls), controlled)
            yield from self._ranks(counts, part)

    def parts(self) -> Iterator[Trial]:
        """Some videos or some ratings, with the headline's choices in everything else."""
        whole = self._by_counts[self.usual.counts]
        has_creators = self._plan.cluster is not None
        videos = subsets(whole, self._question, has_creators, self._influential)
        changes = [({"videos": name}, chosen) for name, chosen in videos]
        changes += [({"ratings": name}, chosen) for name, chosen in ratings_apart(whole.frame)]
        for change, chosen in changes:
            part = whole.where(chosen)
            choices = replace(self.usual, **change)
            controlled = _controlled(part, choices.controls)
            yield from self._within(choices, controlled)
            pooled = replace(choices, weeks=NO_WEEKS, clusters=BY_CREATOR)
            yield from self._count_model(replace(pooled, estimator=COUNT_MODEL), controlled)
            ranks = replace(pooled, estimator=RANKS, controls=UNCONTROLLED)
            if _is_large_enough(part):
                yield ranks, self._spearman(part)

    def raters(self, effects: Mapping[str, Effect]) -> Iterator[Trial]:
        """The headline with each other rater's ratings."""
        for rater, effect in effects.items():
            yield replace(self.usual, ratings=f"rated by {rater}"), effect

    def _within(self, choices: Choices, part: Sample) -> Iterator[Trial]:
        if len(part.frame) < FEWEST_ROWS:
            return
        plan = self._plan.model_copy(
            update={
                "calendar_weeks": choices.weeks == WEEKS,
                "sound": self._plan.sound if choices.clusters in self._with_sounds else None,
            }
        )
        answer = headline(part, self._question, plan, targets=[self._predictor])
        if self._predictor in answer.fit.names:
            yield _as_fitted(choices, answer), answer.effect(self._predictor)

    def _count_model(self, choices: Choices, part: Sample) -> Iterator[Trial]:
        if not _is_large_enough(part):
            return
        design = _without_repeated(part.design)
        y, offset = part.counts(self._question), part.offset(self._question)
        try:
            fit = rate_ratios(y, design, offset, part.groups, [self._predictor])
        except NotEstimable:
            return
        if self._predictor in design.columns:
            question = self._question
            yield choices, fit.effect(self._predictor, question.outcome, question.scale)

    def _ranks(self, counts: str, part: Sample) -> Iterator[Trial]:
        if not _is_large_enough(part):
            return
        for controls, effect in zip(
            (UNCONTROLLED, CONTROLLED), self._with_partial(part), strict=False
        ):
            yield Choices(RANKS, counts, controls), effect

    def _with_partial(self, part: Sample) -> Sequence[Effect]:
        """The rank correlation and, where controls allow, the partial one of the same draws."""
        if len(part.controls.columns):
            pairs, settings = self._rank_settings(part)
            with suppress(NotEstimable):
                return spearman_and_partial(
                    part.frame, pairs, part.controls, *settings, processes=self._processes
                )
        return [self._spearman(part)]

    def _spearman(self, part: Sample) -> Effect:
        pairs, settings = self._rank_settings(part)
        return spearman(part.frame, pairs, *settings, processes=self._processes)[0]

    def _rank_settings(self, part: Sample) -> tuple[list[ColumnPair], tuple[Groups, int, int]]:
        draws = min(self._plan.resamples or MOST_RESAMPLES, MOST_RESAMPLES)
        pairs = [part.pair(self._predictor, self._question)]
        return pairs, (part.groups, draws, self._plan.seed)


def _counts(
    sample: Sample, question: OutcomeQuestion, equal_age: EqualAge | None
) -> Iterator[tuple[str, Sample]]:
    """The sample by the age of its counts: the latest, at equal age, and of settled videos only."""
    yield LATEST, sample
    if equal_age is not None and equal_age.share(sample, question) > 0:
        yield _at_age(equal_age.days), equal_age.sample(sample, question)
    if AGE in sample.frame:
        settled = sample.frame[AGE].to_numpy(dtype=np.float64) >= SETTLED_DAYS
        if settled.any() and not settled.all():
            yield SETTLED, sample.where(settled)


def _at_age(days: float) -> str:
    return f"counts at {days:g} days"


def _may_have_weeks(answer: Headline, sample: Sample) -> bool:
    return answer.scope in ("creators", "videos") and "created_at" in sample.frame


def _as_fitted(choices: Choices, answer: Headline) -> Choices:
    """The choices that a fit could follow: few accounts have no weeks, and runs as clusters."""
    if answer.scope in ("account", "accounts"):
        return replace(choices, weeks=NO_WEEKS, clusters=BY_RUN)
    return replace(
        choices,
        weeks=WEEKS if answer.periods else NO_WEEKS,
        clusters=BY_CREATOR if answer.sounds is None else BY_SOUND,
    )


def _controlled(part: Sample, controls: str) -> Sample:
    if controls == CONTROLLED:
        return part
    return replace(part, controls=pd.DataFrame(index=part.frame.index))


def _without_repeated(design: pd.DataFrame) -> pd.DataFrame:
    """Without columns that others explain: in a part without one language, the other languages."""
    raw = design.to_numpy(dtype=np.float64)
    return design.iloc[:, independent(raw - raw.mean(axis=0), raw)]


def _is_large_enough(part: Sample) -> bool:
    return len(part.frame) >= FEWEST_ROWS and part.groups.count >= FEWEST_CLUSTERS
