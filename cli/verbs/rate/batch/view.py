"""What `tta rate --batch` prints: the plan, the jobs, the ratings, and what to do next."""

from collections.abc import Iterator

from cli.console import Screen
from cli.errors import UserError
from cli.verbs.rate.price import usd
from shared.rating.batch.outcome import BackfillOutcome

LISTED = 20
CONTINUE = "The same command continues from here and pays for nothing twice."
_SKIPPED = {
    "rated": "are rated already",
    "answered": "are answered already and only need to be read",
    "under_way": "are under way",
    "not_asked": "cannot be asked about (too long, too large or no video) and cost nothing",
    "gone": "were replaced meanwhile",
}


def refuse_failure(outcome: BackfillOutcome) -> None:
    """Raises UserError, naming everything that should be a rating and is not."""
    sentences = list(outcome.problems)
    if outcome.failed or outcome.missing:
        sentences.append(
            f"{outcome.failed} requests failed and {outcome.missing} were not answered. The same "
            "command asks exactly these again; `tta rate … --rater gemini` asks them live."
        )
    if any(part.counts and part.counts.schema_refused for part in outcome.jobs):
        sentences.append(
            "Gemini does not serve the response schema any more. The next run sends it in "
            "words; those ratings carry the flag schema_relaxed."
        )
    if outcome.unrated:
        sentences.append(f"{outcome.unrated} are not rated yet ({outcome.last_error}). {CONTINUE}")
    if sentences:
        raise UserError("\n".join(sentences))


def plan_sentences(outcome: BackfillOutcome) -> Iterator[str]:
    """What a run would ask, and what that would cost."""
    seconds = f"{outcome.seconds:,.0f} s"
    yield f"{outcome.to_ask} ratings of {outcome.videos} videos ({seconds}) to ask in a batch."
    for status, text in _SKIPPED.items():
        if count := outcome.standings[status]:
            yield f"{count} {text}."
    if outcome.limited:
        yield "There are more: --max-requests leaves them for later."
    if outcome.to_ask and outcome.cost is None:
        yield f"{outcome.model} has no price in the price table, so there is no cost."
    elif outcome.to_ask and outcome.cost is not None:
        low, high = usd(outcome.cost.low), usd(outcome.cost.high)
        yield (
            f"Expected cost at the price of a batch: {low} to {high}. An answer that fails a "
            "check is asked once more, live, at the full price."
        )


def show(outcome: BackfillOutcome, screen: Screen, command: str) -> None:
    """For people: jobs, then ratings, then what to do next."""
    if outcome.dry_run:
        for sentence in plan_sentences(outcome):
            screen.show(sentence)
    if outcome.jobs:
        _show_jobs(outcome, screen)
    if outcome.dry_run:
        screen.show("Nothing was stored, sent or paid.")
        return
    _show_ratings(outcome, screen)
    if outcome.running:
        screen.show(f"{len(outcome.running)} jobs are not over yet. To continue: {command}")


def _show_jobs(outcome: BackfillOutcome, screen: Screen) -> None:
    rows = []
    for part in outcome.jobs[:LISTED]:
        counts = part.counts
        cells = (counts.answered, counts.failed, counts.missing) if counts else ("", "", "")
        rows.append((part.display_name, outcome.state(part), part.requests, *cells))
    if not screen.machine:
        screen.table(("job", "state", "requests", "answered", "failed", "missing"), rows)
    for message, count in outcome.messages().most_common(LISTED):
        screen.show(f"  {count} failed: {message}")
    odd = sum(part.counts.malformed + part.counts.unknown for part in outcome.jobs if part.counts)
    if odd:
        screen.show(f"  {odd} lines of output could not be read or belong to no request.")


def _show_ratings(outcome: BackfillOutcome, screen: Screen) -> None:
    if not outcome.ratings:
        if not outcome.running:
            screen.show("No rating was made.")
        return
    counts = ", ".join(f"{count} {status}" for status, count in outcome.ratings.most_common())
    unpriced = outcome.without_price
    unknown = f", without the cost of {unpriced} that have no price" if unpriced else ""
    screen.show(f"{counts}: {usd(outcome.cost_usd)}{unknown}.")
    if outcome.corrected:
        screen.show(f"{outcome.corrected} answers failed a check and were asked again, live.")
