"""How the outcome of `tta rate` is told: a row per video, with the spread over its replicates."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from cli.console import Screen
from cli.verbs.demo.run import LABEL
from cli.verbs.rate.outcome import Outcome
from cli.verbs.rate.price import usd
from cli.verbs.rate.requests import Found

MEASURED = (
    ("surprise", "unexpectedness"),
    ("gap", "expectation_gap"),
    ("intensity", "emotional_intensity"),
    ("onset_s", "surprise_onset_s"),
    ("confidence", "confidence"),
)


def show(outcome: Outcome, screen: Screen) -> None:
    if outcome.dry_run:
        _show_plan(outcome, screen)
    elif outcome.found:
        _show_ratings(outcome, screen)
        _show_cost(outcome, screen)


def _show_ratings(outcome: Outcome, screen: Screen) -> None:
    by_video: dict[str, list[Found]] = {}
    for one in sorted(outcome.found, key=lambda one: one.request.rating):
        by_video.setdefault(one.request.video.name, []).append(one)
    title = f"Rated by {outcome.asked.name}"
    if outcome.replicates > 1:
        title += f", {outcome.replicates} times each (lowest–highest)"
    columns = ["video", "status", *(name for name, _ in MEASURED), "USD"]
    more = screen.table(columns, [_row(ratings, outcome) for ratings in by_video.values()], title)
    if more:
        screen.say(f"… and {more} more videos; --json prints all.")
    if outcome.synthetic:
        screen.show(f"* {LABEL}: nothing here says anything about TikTok.")


def _row(ratings: list[Found], outcome: Outcome) -> Sequence[Any]:
    return (
        _video(ratings[0], outcome),
        _statuses(ratings, outcome.replicates),
        *(_spread(_said(ratings, name)) for _, name in MEASURED),
        _cost(ratings),
    )


def _video(one: Found, outcome: Outcome) -> str:
    video_id = one.request.video.video_id
    mark = " *" if video_id in outcome.synthetic else ""
    file = outcome.files.get(video_id)
    return f"{video_id}{mark}{f' ({file})' if file else ''}"


def _statuses(ratings: list[Found], replicates: int) -> str:
    counts = Counter(
        f"{one.rating.status}{f' ({one.rating.reason})' if one.rating.reason else ''}"
        for one in ratings
    )
    if replicates == 1:
        return next(iter(counts))
    return ", ".join(f"{count} {status}" for status, count in counts.most_common())


def _said(ratings: Iterable[Found], name: str) -> list[float]:
    values = (getattr(one.rating.values, name, None) for one in ratings)
    return [value for value in values if value is not None]


def _spread(values: list[float]) -> str:
    if not values:
        return ""
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def _cost(ratings: Iterable[Found]) -> str:
    known = [one.rating.cost_usd for one in ratings if one.rating.cost_usd is not None]
    return usd(sum(known)).removeprefix("USD ") if known else ""


def _show_cost(outcome: Outcome, screen: Screen) -> None:
    new = [one for one in outcome.found if not one.was_there]
    old = len(outcome.found) - len(new)
    parts = []
    if new:
        cost = f", which cost {usd(outcome.paid_usd)}" if outcome.asked.under else ""
        unpriced = sum(one.rating.cost_usd is None for one in new) if cost else 0
        unknown = f" and what {unpriced} of them cost without a price" if unpriced else ""
        parts.append(f"{_ratings(len(new))} new{cost}{unknown}")
    if old:
        parts.append(f"{_ratings(old)} there already, for nothing")
    screen.show(f"{'; '.join(parts)}.")
    others = {one.rating.rater for one in new} - {outcome.asked.name}
    if others:
        screen.show(
            f"Rated as {', '.join(sorted(others))}: [targets.{outcome.target}.gemini] in tta.toml "
            f"says {outcome.asked.name}. Let it say what is deployed."
        )


def _show_plan(outcome: Outcome, screen: Screen) -> None:
    there = Counter(one.request.video.video_id for one in outcome.found)
    ids = dict.fromkeys((*outcome.to_ask, *there))
    if ids:
        rows = [
            (
                f"{one}{f' ({outcome.files[one]})' if one in outcome.files else ''}",
                outcome.to_ask.get(one, 0),
                there[one],
            )
            for one in ids
        ]
        title = f"{outcome.asked.name} would be asked"
        if more := screen.table(("video", "to ask", "there already"), rows, title):
            screen.say(f"… and {more} more videos; --json prints all.")
    if outcome.price:
        screen.show(outcome.price.sentence(len(outcome.to_ask)))
    screen.show("Nothing was stored, sent or paid.")


def _ratings(count: int) -> str:
    return f"{count} rating{'' if count == 1 else 's'}"
