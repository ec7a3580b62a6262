"""The headline: the rate ratio within creators, and for whom the data allow it.

Creators differ in fame, and fame raises views whatever a video shows. So each creator's videos are
compared with each other (Poisson with creator effects), in the same weeks and, where readings
allow, at the same age. With few accounts the answer is about them alone: their videos in time, with
trend and weekday, and neighbouring videos may be alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.equal_age import USED_FROM, EqualAge
from shared.insights.periods import blocks_in_time, trend_and_weekday
from shared.insights.plan import Plan
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.statistics.design import control_columns, varying
from shared.insights.statistics.effect import Effect, NotEstimable
from shared.insights.statistics.fit import Fit
from shared.insights.statistics.fixed_effects import FixedEffectsFit, poisson_fixed_effects
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.within_ratios import METHOD, fit_of, standard_errors

Scope = Literal["creators", "accounts", "account", "videos"]
"""Whom the answer is about: creators like these; these few accounts; this account; or videos whose
creators the plan does not name."""

FEWEST_CREATORS = 10
"""With fewer, flipping signs by creator has hardly any signs to flip."""

FEWEST_VIDEOS = 10
"""With fewer videos that can be compared within creators, an answer is about nothing."""

SHARED_FROM = 0.05
"""Sounds count as shared when so many videos have a sound that another creator uses."""

FEWEST_SOUNDS = 6
"""Five sounds have 32 patterns of signs, so no p below .05: with fewer, sounds enter the model.

Not with more: where 8 are used as often as 140 videos of 20 creators use them, flips by creator
alone with sounds in the model claimed .10 on null data, the larger p of both flips .03 (500 runs).
"""


FEW_SOUNDS = (
    "A few sounds are used by most videos, so videos with the same sound are compared. The "
    "interval does not say how other sounds would do."
)


@dataclass(frozen=True)
class Headline:
    """One outcome within creators. `rows` are the labels of the rows in `model`.

    `equal_age_days` is None where the latest counts are used, `periods` 0 without calendar weeks.
    `latest` is the primary effect with the latest counts, where those at equal age are used.
    `dropped` has the rows that hold no information within creators, by reason. `ses` are standard
    errors by column, clustered by creator and, where sounds are shared, by creator and sound.
    `sounds_in_model`: a few sounds are used so often that videos with the same one are compared.
    """

    question: OutcomeQuestion
    scope: Scope
    sample: Sample
    fit: Fit
    model: FixedEffectsFit | None = None
    clusters: Groups | None = None
    sounds: Groups | None = None
    sounds_in_model: bool = False
    periods: int = 0
    equal_age_days: float | None = None
    notes: tuple[str, ...] = ()
    latest: Effect | None = None
    ses: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def dropped(self) -> dict[str, int]:
        return {} if self.model is None else self.model.dropped

    @property
    def rows(self) -> pd.Index:
        frame = self.sample.frame
        return frame.index if self.model is None else frame.index[self.model.kept]

    @property
    def groupings(self) -> tuple[Groups, ...]:
        """Whose scores are flipped, by each of these; the larger p counts."""
        return tuple(groups for groups in (self.clusters, self.sounds) if groups is not None)

    def effect(self, predictor: str) -> Effect:
        """The log rate ratio of one predictor. KeyError where it is not in the design."""
        return self.fit.effect(predictor, self.question.outcome, self.question.scale)

    def document(self, predictor: str) -> dict[str, Any]:
        """What stands behind the primary effect, for the output contract."""
        return {
            "scope": self.scope,
            "equal_age_days": self.equal_age_days,
            "calendar_periods": self.periods,
            "shared_sounds": self.sounds is not None,
            "sounds_in_model": self.sounds_in_model,
            "flipped_units": None if self.clusters is None else self.clusters.count,
            "dropped": self.dropped,
            "clustered_se": {name: errors.get(predictor) for name, errors in self.ses.items()},
            "notes": list(self.notes),
        }


def headline(
    sample: Sample,
    question: OutcomeQuestion,
    plan: Plan,
    equal_age: EqualAge | None = None,
    targets: Sequence[str] | None = None,
) -> Headline:
    """Fit one outcome within creators. What cannot be fitted has a note in `fit`.

    `targets` (default: all predictors) get an interval, which takes longer than the fit.
    """
    sample, days, notes = _counted(sample, question, equal_age)
    scope = _scope(sample, plan)
    design, periods = _design(sample, plan, scope)
    creators = _creators(sample, scope)
    sounds = _shared_sounds(sample, plan, scope)
    columns = _columns_of_few(sounds, sample, plan)
    if columns is not None:
        design, sounds = pd.concat([design, columns], axis=1), None
        notes += [FEW_SOUNDS] if len(columns.columns) else []
    names = tuple(dict.fromkeys([*sample.predictors, *map(str, design.columns)]))
    try:
        model = _enough(
            poisson_fixed_effects(
                sample.counts(question), design, sample.offset(question), creators, periods
            )
        )
    except NotEstimable as error:
        fit = Fit(names, creators.n, creators.count, note=error.sentence, method=METHOD)
        if sample.groups.count >= FEWEST_CREATORS and scope != "videos":
            scope = "creators"  # nothing is compared within the few who have several videos
        return Headline(question, scope, sample, fit, notes=tuple(notes), equal_age_days=days)
    clusters = _units(sample, scope).where(model.kept)
    sounds = None if sounds is None else sounds.where(model.kept)
    fit = fit_of(model, names, clusters, sounds, targets or sample.predictors)
    return Headline(
        question=question,
        scope=scope,
        sample=sample,
        fit=fit,
        model=model,
        clusters=clusters,
        sounds=sounds,
        sounds_in_model=columns is not None,
        periods=0 if model.weeks is None else model.weeks.count,
        equal_age_days=days,
        notes=tuple(notes),
        ses=_clustered(model, clusters, sounds),
    )


def _enough(model: FixedEffectsFit) -> FixedEffectsFit:
    """The model. Raises NotEstimable where it rests on a handful of videos."""
    if len(model.y) < FEWEST_VIDEOS:
        raise NotEstimable(
            "too_few",
            f"only {len(model.y)} videos can be compared with another of their creator",
        )
    return model


def _clustered(
    model: FixedEffectsFit, clusters: Groups, sounds: Groups | None
) -> dict[str, dict[str, float]]:
    errors = {"creator": standard_errors(model, [clusters])}
    if sounds is not None:
        errors["creator_and_sound"] = standard_errors(model, [clusters, sounds])
    return errors


def _scope(sample: Sample, plan: Plan) -> Scope:
    if plan.cluster is None:
        return "videos"
    # A creator with one video is compared with nobody, so the answer is not about them.
    compared = int(np.sum(sample.groups.sizes > 1))
    if compared == 0 or compared >= FEWEST_CREATORS:
        return "creators"
    return "account" if compared == 1 else "accounts"


def _design(sample: Sample, plan: Plan, scope: Scope) -> tuple[pd.DataFrame, Groups | None]:
    """The columns of the model, and the calendar weeks whose effects are absorbed."""
    dates = sample.frame.get("created_at")
    if scope in ("account", "accounts"):
        time = pd.DataFrame(index=sample.frame.index) if dates is None else trend_and_weekday(dates)
        return varying(pd.concat([sample.design, time], axis=1)), None
    return sample.design, sample.weeks if plan.calendar_weeks and dates is not None else None


def _creators(sample: Sample, scope: Scope) -> Groups:
    """Whose effects are absorbed: each creator's, or one for all where none is named."""
    return Groups.of(["all"] * len(sample.frame)) if scope == "videos" else sample.groups


def _units(sample: Sample, scope: Scope) -> Groups:
    """Whose scores are flipped."""
    if scope not in ("account", "accounts"):
        return sample.groups
    undated = pd.Series(pd.NaT, index=sample.frame.index, dtype="datetime64[us, UTC]")
    return blocks_in_time(
        sample.frame.get("created_at", undated),
        sample.groups,
        video_ids=sample.frame.get("video_id"),
    )


def exchangeable_units(sample: Sample, scope: Scope) -> Groups:
    """Within which videos may exchange their ratings: those of a creator, or neighbours in time."""
    return _creators(sample, scope) if scope == "videos" else _units(sample, scope)


def _shared_sounds(sample: Sample, plan: Plan, scope: Scope) -> Groups | None:
    """The sound of each video, where creators share sounds; a video without one stands alone."""
    if plan.sound not in sample.frame or scope != "creators":
        return None
    column = sample.frame[plan.sound]
    labels = [
        f"video {row}" if sound is None else f"sound {sound}" for row, sound in column.items()
    ]
    sounds = Groups.of(labels)
    pairs = pd.DataFrame({"sound": sounds.codes, "creator": sample.groups.codes})
    users = pairs.groupby("sound")["creator"].nunique().to_numpy()
    shared = users[sounds.codes] > 1
    return sounds if float(np.mean(shared)) >= SHARED_FROM else None


def _columns_of_few(sounds: Groups | None, sample: Sample, plan: Plan) -> pd.DataFrame | None:
    """A column for each common sound where few are used; None where sounds may vary."""
    if sounds is None or plan.sound is None:
        return None
    shares = sounds.sizes / sounds.n
    if 1 / float(np.sum(shares**2)) >= FEWEST_SOUNDS:
        return None
    labels = sample.frame[plan.sound].fillna("none")
    named = sample.frame[[]].assign(**{plan.sound: labels})
    creators = pd.Series(sample.groups.codes, index=named.index)
    return control_columns(named, {plan.sound: "categorical"}, creators)


def _counted(
    sample: Sample, question: OutcomeQuestion, equal_age: EqualAge | None
) -> tuple[Sample, float | None, list[str]]:
    """The sample with its counts, their age where it is equal, and why it is not."""
    if equal_age is None:
        return sample, None, []
    share = equal_age.share(sample, question)
    if share >= USED_FROM:
        return equal_age.sample(sample, question), equal_age.days, []
    return sample, None, [_latest_counts(question, equal_age, share)]


def _latest_counts(question: OutcomeQuestion, equal_age: EqualAge, share: float) -> str:
    return (
        f"Only {share:.0%} of the videos have {question.outcome} at {equal_age.days:g} days, so "
        "the latest counts are used and videos differ in age."
    )
