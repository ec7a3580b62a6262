"""`tta rate --canary`: call the function as the scheduler does, and show the result."""

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime

from cli.console import Screen
from cli.errors import UserError
from cli.verbs.rate.price import usd
from local.endpoints import GEMINI, Endpoints
from shared.config import GeminiSettings
from shared.messaging.events import canary_body
from shared.model import parse
from shared.rating.gemini.canary import LATEST, CanaryVerdict, most_usd
from shared.rating.gemini.canary_clips import frozen_clips
from shared.rating.gemini.prices import Prices
from shared.rating.gemini.question import GeminiCondition
from shared.storage.lake import Lake

ANSWERS_WITHIN_S = 600.0
NEVER = (
    "The canary has not run there yet. `gcloud scheduler jobs run canary-gemini` runs it now; "
    "it needs gemini among `raters`."
)
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def show_canary(endpoints: Endpoints, screen: Screen) -> None:
    """Ask Gemini (on this machine) or read the verdict (of a target), and show it.

    Raises UserError when Gemini does not answer as before.
    """
    if endpoints.is_local:
        _show_cost(endpoints, screen)
        with screen.working("Asking Gemini about the frozen clips …"):
            _call(endpoints)
    content = Lake.connect(endpoints.project, endpoints.bucket).read(LATEST)
    if content is None:
        raise UserError(NEVER)
    verdict = parse(CanaryVerdict, content, LATEST)
    show(verdict, screen)
    if verdict.ok is False:
        raise UserError(f"Gemini's answers have changed: {verdict.why}.")


def show(verdict: CanaryVerdict, screen: Screen) -> None:
    """Print the result, a row per clip."""
    if screen.machine:
        screen.show_json(json.loads(verdict.to_json()))
        return
    answers = verdict.sitting.answers if verdict.sitting else ()
    if answers:
        screen.table(
            ("clip", "status", "unexpectedness", "tokens in", "tokens out", "seconds"),
            [
                (
                    clip.clip,
                    clip.status,
                    clip.scores.get("unexpectedness", ""),
                    clip.input_tokens,
                    clip.output_tokens,
                    "" if clip.latency_s is None else f"{clip.latency_s:.1f}",
                )
                for clip in answers
            ],
        )
    screen.show(in_words(verdict))


def in_words(verdict: CanaryVerdict) -> str:
    """A sentence about a result."""
    what = f"{verdict.rater} on {verdict.day}"
    if verdict.ok is None:
        return f"{what}: postponed, {verdict.why}."
    if verdict.is_baseline:
        return f"{what}: this is the baseline for later days."
    if verdict.ok:
        return f"{what}: no change."
    return f"{what}: changed: {verdict.why}."


def _show_cost(endpoints: Endpoints, screen: Screen) -> None:
    settings = GeminiSettings.model_validate({"api_key": "", **endpoints.gemini})
    most = most_usd(GeminiCondition(settings), Prices.under(settings), datetime.now(UTC).date())
    price = "have no price in the table" if most is None else f"cost at most about {usd(most)}"
    screen.say(
        f"{len(frozen_clips())} clips {price}, from the day's budget. A second run today is free."
    )


def _call(endpoints: Endpoints) -> None:
    body = json.dumps(canary_body()).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(endpoints.functions[GEMINI], body, headers)
    log = f"{endpoints.home}/logs/{GEMINI}.log"
    try:
        with _DIRECT.open(request, timeout=ANSWERS_WITHIN_S):
            return
    except urllib.error.HTTPError as error:
        raise UserError(f"{GEMINI} answered {error.code}; see {log}, then try again.") from error
    except OSError as error:
        raise UserError(f"{GEMINI} did not answer ({error}); see {log}.") from error
