"""The conditions of Gemini in a cloud, and the one that the person chose."""

from cli.errors import WRONG_USE, UserError
from local.endpoints import Endpoints
from shared.config import GeminiSettings, RatersSettings, read
from shared.named_raters import read_named_raters
from shared.rating.gemini.conditions import GeminiConditions, UnknownCondition
from shared.rating.gemini.question import GeminiCondition


def conditions_here() -> GeminiConditions:
    """The conditions that the environment of this shell describes. Raises Misconfigured."""
    return GeminiConditions(read(GeminiSettings), read(RatersSettings).raters)


def conditions_of(endpoints: Endpoints) -> GeminiConditions:
    """The conditions in that cloud; those of this shell where the cloud has no settings of Gemini.

    The key is left out: it is not part of a rater's identity.
    """
    if endpoints.gemini:
        settings = GeminiSettings.model_validate({"api_key": ""} | endpoints.gemini)
        return GeminiConditions(settings, read_named_raters(endpoints.raters))
    here = conditions_here()
    return GeminiConditions(here.settings.model_copy(update={"api_key": ""}), here.raters)


def chosen_condition(conditions: GeminiConditions, word: str) -> GeminiCondition:
    """The condition of a word such as gemini:flash+rag. Raises UserError where there is none."""
    try:
        return conditions.condition(word)
    except UnknownCondition as error:
        raise UserError(
            f"--rater {error}. A deployment names its raters in RATERS "
            "(docs/reference/gemini.md, “Several raters”).",
            WRONG_USE,
        ) from error
