"""What `tta rate` prints: a row per video, with the range over its replicates."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from cli.console import Screen
from cli.verbs.rate.outcome import RateOutcome
from cli.verbs.rate.price import usd
from cli.verbs.rate.requests import ReceivedRating
from shared.rating_section import Rating

LABEL = "synthetic sandbox data"
MEASURED = (
    ("surprise", "unexpectedness"),
    ("gap", "expectation_gap"),
    ("intensity", "emotional_intensity"),
    ("onset_s", "surprise_onset_s"),
    ("confidence", "confidence"),
)


def show(outcome: RateOutcome, screen: Screen) -> None:
    if outcome.dry_run:
        _show_plan(outcome, screen)
    elif outcome.received:
        _show_ratings(outcome, screen)
        _show_cost(outcome, screen)
    _show_proposal(outcome, screen)


def _show_ratings(outcome: RateOutcome, screen: Screen) -> None:
    by_video: dict[str, list[ReceivedRating]] = {}
    for received in sorted(outcome.received, key=lambda received: received.request.rating):
        by_video.setdefault(received.request.video.name, []).append(received)
    title = f"Rated by {outcome.rater.name}"
    if outcome.replicates > 1:
        title += f", {outcome.replicates} times each (lowest–highest)"
    columns = ["video", "status", *(name for name, _ in MEASURED), "USD"]
    more = screen.table(columns, [_row(ratings, outcome) for ratings in by_video.values()], title)
    if more:
        screen.say(f"… and {more} more videos; --json prints all.")
    if outcome.synthetic:
        screen.show(f"* {LABEL}: nothing here says anything about TikTok.")


def _row(ratings: list[ReceivedRating], outcome: RateOutcome) -> Sequence[Any]:
    return (
        _video(ratings[0], outcome),
        _statuses(ratings, outcome.replicates),
        *(_spread(_scores(ratings, name)) for _, name in MEASURED),
        _cost(ratings),
    )


def _video(received: ReceivedRating, outcome: RateOutcome) -> str:
    video_id = received.request.video.video_id
    mark = " *" if video_id in outcome.synthetic else ""
    file = outcome.files.get(video_id)
    return f"{video_id}{mark}{f' ({file})' if file else ''}"


def _statuses(ratings: list[ReceivedRating], replicates: int) -> str:
    counts = Counter(_status(received.rating) for received in ratings)
    if replicates == 1:
        return next(iter(counts))
    return ", ".join(f"{count} {status}" for status, count in counts.most_common())


def _status(rating: Rating) -> str:
    return f"{rating.status} ({rating.reason})" if rating.reason else rating.status


def _scores(ratings: Iterable[ReceivedRating], name: str) -> list[float]:
    values = (getattr(received.rating.values, name, None) for received in ratings)
    return [value for value in values if value is not None]


def _spread(values: list[float]) -> str:
    if not values:
        return ""
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def _cost(ratings: Iterable[ReceivedRating]) -> str:
    costs = [
        received.rating.cost_usd for received in ratings if received.rating.cost_usd is not None
    ]
    return usd(sum(costs)).removeprefix("USD ") if costs else ""


def _show_cost(outcome: RateOutcome, screen: Screen) -> None:
    new = [received for received in outcome.received if not received.was_there]
    old = len(outcome.received) - len(new)
    parts = []
    if new:
        cost = f", which cost {usd(outcome.paid_usd)}" if outcome.rater.gemini else ""
        unpriced = sum(received.rating.cost_usd is None for received in new) if cost else 0
        unknown = f", without the cost of {unpriced} that have no price" if unpriced else ""
        parts.append(f"{_ratings(len(new))} new{cost}{unknown}")
    if old:
        parts.append(f"{_ratings(old)} existed before, at no cost")
    screen.show(f"{'; '.join(parts)}.")
    others = {received.rating.rater for received in new} - {outcome.rater.name}
    if others:
        screen.show(
            f"Rated as {', '.join(sorted(others))}: [targets.{outcome.target}.gemini] in tta.toml "
            f"says {outcome.rater.name}. Change it to what is deployed."
        )


def _show_proposal(outcome: RateOutcome, screen: Screen) -> None:
    """One sentence, where some videos were rated twice or so many are rated that they could be."""
    from shared.insights.agreement.replicates import FEWEST_VIDEOS

    proposal, requests = outcome.proposal, outcome.requests
    if proposal and requests and (proposal.videos or len(requests.ratings) >= FEWEST_VIDEOS):
        screen.show(proposal.sentence)


def _show_plan(outcome: RateOutcome, screen: Screen) -> None:
    existing = Counter(received.request.video.video_id for received in outcome.received)
    ids = dict.fromkeys((*outcome.to_ask, *existing))
    if ids:
        rows = [
            (
                f"{video_id}{f' ({outcome.files[video_id]})' if video_id in outcome.files else ''}",
                outcome.to_ask.get(video_id, 0),
                existing[video_id],
            )
            for video_id in ids
        ]
        title = f"{outcome.rater.name} would be asked"
        if more := screen.table(("video", "to ask", "there already"), rows, title):
            screen.say(f"… and {more} more videos; --json prints all.")
    if outcome.price:
        screen.show(outcome.price.sentence(len(outcome.to_ask)))
    screen.show("Nothing was stored, sent or paid.")


def _ratings(count: int) -> str:
    return f"{count} rating{'' if count == 1 else 's'}"
