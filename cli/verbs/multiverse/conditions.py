"""The ratings of a sample under every condition: their price, the requests, and the wait."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cli.console import Screen
from cli.selection import LakeVideo, Selection
from cli.verbs.rate.modes import condition_of
from cli.verbs.rate.outcome import RateOutcome
from cli.verbs.rate.price import usd
from cli.verbs.rate.requests import ReceivedRating
from cli.verbs.rate.run import (
    RateOptions,
    let_it_settle,
    look_up,
    new_outcome,
    publish,
    wait_for_ratings,
)
from local.endpoints import Endpoints
from shared.derived_scores import DERIVED_SCORES
from shared.named_raters import ConditionWord
from shared.storage.lake import Lake

if TYPE_CHECKING:
    from shared.insights.agreement.ratings import Ratings

STANDARD = "gemini"


@dataclass(frozen=True)
class ConditionOutcomes:
    """What became of each condition, in the order in which they were named."""

    outcomes: tuple[RateOutcome, ...]

    @property
    def to_ask(self) -> int:
        return sum(sum(outcome.to_ask.values()) for outcome in self.outcomes)

    @property
    def most_usd(self) -> float | None:
        """The highest expected cost of all; None where a model has no price."""
        prices = [outcome.price.most_usd for outcome in self.outcomes if outcome.price]
        priced = [price for price in prices if price is not None]
        return sum(priced) if len(priced) == len(prices) else None

    @property
    def price_sentence(self) -> str:
        """The highest cost of everything that is still to be asked."""
        raters = sum(bool(outcome.to_ask) for outcome in self.outcomes)
        what = f"{_counted(self.to_ask, 'rating')} by {_counted(raters, 'rater')}"
        if not self.to_ask:
            return "Every rating exists already, at no cost."
        if self.most_usd is None:
            return f"{what}. The price table lacks one of the models, so there is no total."
        return (
            f"{what}: at most about {usd(self.most_usd)} in all, or twice that if every answer "
            "must be corrected."
        )

    def document(self) -> list[dict[str, Any]]:
        return [
            {
                "condition": outcome.rater.condition,
                "rater": outcome.rater.name,
                "to_ask": sum(outcome.to_ask.values()),
                "most_usd": outcome.price.most_usd if outcome.price else 0.0,
                "ratings": len(outcome.received),
                "cost_usd": round(outcome.paid_usd, 9),
            }
            for outcome in self.outcomes
        ]

    def ratings(self) -> "Ratings | None":
        """The ratings received, with each rater's replicates; None without any."""
        from shared.insights.agreement.long_table import ratings_from_records

        received = [rating for outcome in self.outcomes for rating in outcome.received]
        cells = [cell for rating in received for cell in _cells(rating)]
        return ratings_from_records(cells, "the ratings") if cells else None


def words_of(chosen: Sequence[str], endpoints: Endpoints) -> list[str]:
    """The conditions to ask, each once; without a choice all that the deployment names.

    Raises UserError for one that does not exist.
    """
    from cli.verbs.rate.conditions import conditions_of

    words = chosen or [str(ConditionWord(name)) for name in conditions_of(endpoints).names]
    return list(dict.fromkeys(condition_of(word, False) for word in words))


def look_up_all(
    words: Sequence[str],
    videos: list[LakeVideo],
    options: RateOptions,
    endpoints: Endpoints,
    screen: Screen,
) -> ConditionOutcomes:
    """Which ratings exist under each condition, and what the others cost. It asks nothing."""
    lake = Lake.connect(endpoints.project, endpoints.bucket)
    outcomes = []
    for word in words:
        screen.now(f"Looking for ratings by {word} …")
        own = replace(options, condition=word)
        outcome = new_outcome(own, endpoints)
        look_up(videos, own, lake, outcome)
        outcomes.append(outcome)
    return ConditionOutcomes(tuple(outcomes))


def ask_all(
    conditions: ConditionOutcomes, options: RateOptions, endpoints: Endpoints, screen: Screen
) -> None:
    """Ask every rater before waiting for the first, so that they rate side by side."""
    unrated = [each for each in conditions.outcomes if each.requests and each.requests.is_open]
    for outcome in unrated:
        assert outcome.requests is not None
        publish(outcome.requests, endpoints, screen)
    for outcome in unrated:
        own = replace(options, condition=outcome.rater.condition)
        wait_for_ratings(own, endpoints, outcome, screen)
    for outcome in unrated:
        let_it_settle(endpoints, outcome)


def rate_options(replicates: int, timeout_s: float) -> RateOptions:
    """Options of `tta rate` for videos that are listed already."""
    return RateOptions(Selection(everything=True), STANDARD, replicates, timeout_s)


def _cells(received: ReceivedRating) -> Iterator[dict[str, Any]]:
    rating = received.rating
    if rating.values is None:
        return
    derived = {name: score(rating.values) for name, score in DERIVED_SCORES.items()}
    for dimension, value in (rating.values.model_dump() | derived).items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield {
                "video_id": received.request.video.video_id,
                "rater": rating.rater,
                "dimension": dimension,
                "value": value,
                "replicate": rating.replicate,
                "model_version": rating.model_version,
            }


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def failures(outcomes: Iterable[RateOutcome]) -> Iterator[str]:
    """Sentences about ratings that are missing, with their condition."""
    from cli.errors import UserError

    for outcome in outcomes:
        try:
            outcome.refuse_failure()
        except UserError as error:
            yield f"{outcome.rater.condition}: {error}"
