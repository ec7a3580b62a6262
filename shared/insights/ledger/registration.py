"""Whether ratings are by the raters that a plan was registered for, by the release of their models.

A plan that was locked before a model existed cannot have been chosen by that model's ratings. See
"Pre-registration for the next model" (arXiv 2606.27687), which blocks about three in four of the
ways to a wanted result.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time

from shared.derived_scores import DERIVED_SCORES
from shared.insights.plan_keys import PlanKeys
from shared.rubric_values import Values

TABLE_OF_MODELS = "shared/rating/gemini/models.toml"

RATED = frozenset(Values.model_fields) | frozenset(DERIVED_SCORES)
"""What raters give, and what is computed from it alone."""

ReleaseOf = Callable[[str], date | None]
"""The day on which a rater's model was released; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What a plan asks of its raters, and whether the analysed ratings fulfil it.

    `releases` are those of the models by rater, if the plan asks for them. `problem` is a clause
    about the first demand that is not fulfilled, or empty. `known_before` is a predictor that no
    rater gives, such as the duration, so anybody could see it before the release; or empty.
    """

    problem: str = ""
    releases: Mapping[str, date] = field(default_factory=dict)
    known_before: str = ""

    @property
    def replaces_new_data(self) -> bool:
        """Whether the release shows that nobody could see the predictors before."""
        return bool(self.releases) and not self.known_before

    def after_lock(self, lock: datetime) -> str:
        """A clause on the first rater whose model was there when the plan was locked, or empty."""
        for rater, day in self.releases.items():
            if lock >= datetime.combine(day, time.min, UTC):
                return f"after the model of {rater} was released on {day}"
        return ""

    @property
    def first_release(self) -> str:
        """The earliest model in words: who rates with it, and when it was released."""
        rater, day = min(self.releases.items(), key=lambda item: (item[1], item[0]))
        return f"the model of {rater} was released on {day}"


def registration(
    plan: PlanKeys, raters: Sequence[str], release_of: ReleaseOf
) -> Registration | None:
    """Compare the raters of the analysed rows with the plan; None if it asks nothing of them.

    The name of a rater is empty where a row does not say who rated.
    """
    if not plan.raters and plan.first_released_after is None:
        return None
    if not any(raters):
        return Registration("the ratings do not say who rated")
    if not all(raters):
        return Registration("some ratings do not say who rated")
    for rater in raters:
        if plan.raters and not is_eligible(rater, plan.raters):
            return Registration(f"{rater} is not among the raters that the plan names")
    if plan.first_released_after is None:
        return Registration()
    released = _released(raters, plan.first_released_after, release_of)
    return replace(released, known_before=_known_before(plan))


def _known_before(plan: PlanKeys) -> str:
    """The first of the predictors in question that is not made of ratings, or empty."""
    predictors = (plan.primary.predictor,) if plan.primary else plan.predictors
    return next((name for name in predictors if not _is_rating(name, plan)), "")


def _is_rating(name: str, plan: PlanKeys) -> bool:
    if name in plan.differences:
        return all(_is_rating(part, plan) for part in plan.differences[name])
    return plan.columns.get(name, name) in RATED or name in RATED


def is_eligible(rater: str, prefixes: Sequence[str]) -> bool:
    """Whether a prefix names the rater. As in PRIMARY_RATERS, one with a `+` is named whole."""
    return rater in prefixes if "+" in rater else rater.startswith(tuple(prefixes))


def _released(raters: Sequence[str], border: date, release_of: ReleaseOf) -> Registration:
    releases: dict[str, date] = {}
    for rater in raters:
        day = release_of(rater)
        if day is None:
            return Registration(f"no release date of the model of {rater} is in {TABLE_OF_MODELS}")
        if day <= border:
            return Registration(f"the model of {rater} was released on {day}, not after {border}")
        releases[rater] = day
    return Registration(releases=releases)
