"""The raters of one deployment, by condition. Imports only what they need."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from shared import config
from shared.errors import Permanent
from shared.named_raters import GEMINI, NamedRater
from shared.rating.rater import Rater
from shared.storage.lake import Lake

if TYPE_CHECKING:
    from shared.rating.budget import Budget
    from shared.rating.joint_budget import JointBudget


class NoSuchRater(Permanent):
    """A request names an entry that RATERS does not have, or has no longer."""


@dataclass(frozen=True, slots=True)
class DeployedRaters:
    """The raters of a deployment, by condition.

    Called with a condition it returns that rater, with None the rater of the setting RATER, and
    with a condition of another family None. Raises NoSuchRater.
    """

    family: str
    default: str
    by_condition: dict[str, Rater]

    def __call__(self, condition: str | None) -> Rater | None:
        word = condition or self.default
        if rater := self.by_condition.get(word):
            return rater
        if word.startswith(self.family):
            raise NoSuchRater(
                "no_such_rater",
                f"{word}: this deployment has {', '.join(self.by_condition)}. Add the entry to "
                "RATERS, then replay the request with `tta failed --replay`",
            )
        return None


def deployed_raters(
    settings: config.AnalyzeSettings,
    lake: Lake,
    clock: Callable[[], datetime],
    timer: Callable[[], float],
    at_exit: Callable[[Callable[[], None]], object],
) -> DeployedRaters:
    """The raters that these settings deploy. Raises Misconfigured.

    A deployment of Gemini serves every condition of Gemini, each a rater of its own name. `at_exit`
    registers a function to call when the process ends normally.
    """
    is_gemini = settings.rater.startswith(GEMINI)
    raters = _gemini(settings, lake, clock, timer, at_exit) if is_gemini else _signals(settings)
    family = GEMINI if is_gemini else "signals"
    return DeployedRaters(family, settings.rater, {rater.condition: rater for rater in raters})


def _signals(settings: config.AnalyzeSettings) -> Iterator[Rater]:
    from shared.rating.signals.isolation import ForkedExaminer
    from shared.rating.signals.rater import SignalsRater

    yield SignalsRater(examine=ForkedExaminer(settings.decode_limit_s).examine)


def _gemini(
    settings: config.AnalyzeSettings,
    lake: Lake,
    clock: Callable[[], datetime],
    timer: Callable[[], float],
    at_exit: Callable[[Callable[[], None]], object],
) -> Iterator[Rater]:
    """A rater per condition. Those of one model share its client, and all share one budget."""
    from shared.rating.gemini.answers import Answers
    from shared.rating.gemini.api import GeminiApi
    from shared.rating.gemini.conditions import GeminiConditions
    from shared.rating.gemini.prices import Prices
    from shared.rating.gemini.rater import GeminiRater

    gemini_settings = config.read(config.GeminiSettings)
    conditions = GeminiConditions(gemini_settings, settings.raters)
    gemini = GeminiApi.connect(gemini_settings, settings.google_cloud_project)
    by_model = {model: gemini.with_model(model) for model in conditions.models}
    budgets = _budgets(settings, lake, clock, at_exit)
    prices = Prices.under(gemini_settings)
    for name in conditions.names:
        for condition in conditions.of_entry(name):
            yield GeminiRater(
                condition,
                by_model[condition.settings.model],
                Answers(lake),
                budgets[name],
                prices,
                clock,
                timer,
                gemini.files,
            )


def _budgets(
    settings: config.AnalyzeSettings,
    lake: Lake,
    clock: Callable[[], datetime],
    at_exit: Callable[[Callable[[], None]], object],
) -> "dict[str, Budget | JointBudget]":
    """The budget of each entry of RATERS; the empty name has the deployment's alone."""
    from shared.rating.budget import Budget
    from shared.rating.joint_budget import JointBudget
    from shared.rating.ledger import budget_name

    def budget(name: str, bounds: config.AnalyzeSettings | NamedRater) -> Budget:
        limits = (bounds.daily_budget_videos, bounds.daily_budget_usd)
        day_budget = Budget(lake, budget_name(name), *limits, clock, lease_s=settings.claim_lease_s)
        at_exit(day_budget.close)
        return day_budget

    total = budget("", settings)
    own = {
        rater.name: JointBudget(budget(rater.name, rater), total)
        for rater in settings.raters
        if rater.is_bounded
    }
    return {"": total} | {rater.name: own.get(rater.name, total) for rater in settings.raters}
