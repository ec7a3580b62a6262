"""What a run of `tta backfill` found to do, what came of it, and how that is told."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cli.console import Screen
from cli.errors import UserError
from cli.verbs.rate.price import usd
from shared.rating.batch.part import Part
from shared.rating.gemini.estimate import CallEstimate, Range

LISTED = 20
GO_ON = "The same command goes on where it stopped; nothing is paid twice."
_SKIPPED = {
    "rated": "are rated already",
    "answered": "are answered already and only need to be read",
    "under_way": "are under way",
    "not_asked": "cannot be asked about (too long, too large or no video) and cost nothing",
    "gone": "were replaced meanwhile",
}


@dataclass
class BackfillOutcome:
    """What there was to do, and what became of it."""

    rater: str
    config_hash: str
    model: str
    dry_run: bool = False
    standings: Counter[str] = field(default_factory=Counter)
    videos: int = 0
    seconds: float = 0.0
    expected: CallEstimate = field(default_factory=CallEstimate)
    cost: Range | None = None
    limited: bool = False
    parts: list[Part] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    ratings: Counter[str] = field(default_factory=Counter)
    corrected: int = 0
    cost_usd: float = 0.0
    without_price: int = 0
    unrated: int = 0
    trouble: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def to_ask(self) -> int:
        return self.standings["wanted"]

    @property
    def jobs(self) -> list[Part]:
        """Those that ask something."""
        return [part for part in self.parts if part.input_bytes]

    @property
    def running(self) -> list[Part]:
        return [part for part in self.jobs if not part.is_at("collected")]

    @property
    def failed(self) -> int:
        return sum(part.found.failed for part in self.jobs if part.found)

    @property
    def missing(self) -> int:
        return sum(part.found.missing for part in self.jobs if part.found)

    def messages(self) -> Counter[str]:
        return sum((Counter(part.found.messages) for part in self.jobs if part.found), Counter())

    def document(self) -> dict[str, Any]:
        return {
            "rater": self.rater,
            "config_hash": self.config_hash,
            "dry_run": self.dry_run,
            "selected": dict(sorted(self.standings.items())),
            "videos": self.videos,
            "duration_s": round(self.seconds, 3),
            "requests": self.to_ask,
            "cost_usd_expected": None
            if self.cost is None
            else {"low": round(self.cost.low, 6), "high": round(self.cost.high, 6)},
            "jobs": [self._job(part) for part in self.jobs],
            "ratings": dict(sorted(self.ratings.items())),
            "corrected_live": self.corrected,
            "cost_usd": round(self.cost_usd, 9),
            "without_price": self.without_price,
            "failed": self.failed,
            "missing": self.missing,
            "messages": dict(self.messages()),
            "left": self.unrated,
            "is_complete": not (self.running or self.unrated),
            "problems": self.problems,
        }

    def _job(self, part: Part) -> dict[str, Any]:
        return {
            "batch_id": part.batch_id,
            "part": part.number,
            "job": part.job,
            "state": self.state(part),
            "requests": part.requests,
            "problem": part.problem or None,
            "found": part.found.model_dump(exclude={"messages"}) if part.found else None,
        }

    def state(self, part: Part) -> str:
        state = part.job_state or self.states.get(part.display_name) or part.step
        return state.removeprefix("JOB_STATE_").lower().replace("_", " ")

    def refuse_failure(self) -> None:
        """Raises UserError, naming all that did not become a rating and should have."""
        sentences = list(self.problems)
        if self.failed or self.missing:
            sentences.append(
                f"{self.failed} requests failed and {self.missing} were not answered. The same "
                "command asks exactly these again; `tta rate … --rater gemini` asks them live."
            )
        if any(part.found and part.found.schema_refused for part in self.jobs):
            sentences.append(
                "Gemini does not serve the response schema any more. The next run sends it in "
                "words; those ratings carry the flag schema_relaxed."
            )
        if self.unrated:
            sentences.append(f"{self.unrated} are not rated yet ({self.trouble}). {GO_ON}")
        if sentences:
            raise UserError("\n".join(sentences))


def planned(outcome: BackfillOutcome) -> Iterator[str]:
    """What there is to do, in sentences."""
    seconds = f"{outcome.seconds:,.0f} s"
    yield f"{outcome.to_ask} ratings of {outcome.videos} videos ({seconds}) to ask in a batch."
    for status, text in _SKIPPED.items():
        if count := outcome.standings[status]:
            yield f"{count} {text}."
    if outcome.limited:
        yield "More are wanting: --max-requests leaves them for later."
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
        for sentence in planned(outcome):
            screen.show(sentence)
    if outcome.jobs:
        _show_jobs(outcome, screen)
    if outcome.dry_run:
        screen.show("Nothing was stored, sent or paid.")
        return
    _show_ratings(outcome, screen)
    if outcome.running:
        screen.show(f"{len(outcome.running)} jobs are not over yet. To see to them: {command}")


def _show_jobs(outcome: BackfillOutcome, screen: Screen) -> None:
    rows = []
    for part in outcome.jobs[:LISTED]:
        found = part.found
        told = (found.answered, found.failed, found.missing) if found else ("", "", "")
        rows.append((part.display_name, outcome.state(part), part.requests, *told))
    if not screen.machine:
        screen.table(("job", "state", "requests", "answered", "failed", "missing"), rows)
    for message, count in outcome.messages().most_common(LISTED):
        screen.show(f"  {count} failed: {message}")
    odd = sum(part.found.malformed + part.found.unknown for part in outcome.jobs if part.found)
    if odd:
        screen.show(f"  {odd} lines of output could not be read or were nobody's.")


def _show_ratings(outcome: BackfillOutcome, screen: Screen) -> None:
    if not outcome.ratings:
        if not outcome.running:
            screen.show("No rating was made.")
        return
    counts = ", ".join(f"{count} {status}" for status, count in outcome.ratings.most_common())
    unpriced = outcome.without_price
    unknown = f" and what {unpriced} of them cost without a price" if unpriced else ""
    screen.show(f"{counts}: {usd(outcome.cost_usd)}{unknown}.")
    if outcome.corrected:
        screen.show(f"{outcome.corrected} answers failed a check and were asked again, live.")
