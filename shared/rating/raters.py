"""The raters of one deployment, by condition. Imports only what they need."""

from collections.abc import Callable
from datetime import datetime

from shared import config
from shared.rating.rater import Rater
from shared.storage.lake import Lake


def deployed_raters(
    settings: config.AnalyzeSettings,
    lake: Lake,
    clock: Callable[[], datetime],
    timer: Callable[[], float],
    at_exit: Callable[[Callable[[], None]], object],
) -> Callable[[str | None], Rater | None]:
    """A function from a condition to its rater; None selects the setting RATER.

    The function returns None for a condition of another deployment. A deployment of Gemini serves
    every condition of Gemini, each a rater of its own name. `at_exit` registers a function to call
    when the process ends normally.
    """
    if "gemini" in settings.rater:
        raters = _gemini(settings, lake, clock, timer, at_exit)
    else:
        raters = _signals(settings)
    by_condition = {rater.condition: rater for rater in raters}
    return lambda condition: by_condition.get(condition or settings.rater)


def _signals(settings: config.AnalyzeSettings) -> list[Rater]:
    from shared.rating.signals.isolation import ForkedExaminer
    from shared.rating.signals.rater import SignalsRater

    return [SignalsRater(examine=ForkedExaminer(settings.decode_limit_s).examine)]


def _gemini(
    settings: config.AnalyzeSettings,
    lake: Lake,
    clock: Callable[[], datetime],
    timer: Callable[[], float],
    at_exit: Callable[[Callable[[], None]], object],
) -> list[Rater]:
    from shared.rating.budget import Budget
    from shared.rating.gemini.answers import Answers
    from shared.rating.gemini.api import GeminiApi
    from shared.rating.gemini.prices import Prices
    from shared.rating.gemini.question import LITERATURE, GeminiCondition
    from shared.rating.gemini.rater import GeminiRater

    gemini_settings = config.read(config.GeminiSettings)
    gemini = GeminiApi.connect(gemini_settings, settings.google_cloud_project)
    budget = Budget(
        lake,
        "gemini",
        settings.daily_budget_videos,
        settings.daily_budget_usd,
        clock,
        lease_s=settings.claim_lease_s,
    )
    at_exit(budget.close)
    prices = Prices.under(gemini_settings)
    return [
        GeminiRater(
            GeminiCondition(gemini_settings, sees_caption, literature),
            gemini,
            Answers(lake),
            budget,
            prices,
            clock,
            timer,
            gemini.files,
        )
        for sees_caption in (False, True)
        for literature in LITERATURE
    ]
