"""The outcome of `tta rate`: ratings, cost, and what is missing."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cli.errors import UserError
from cli.verbs.rate.price import RatingPrice
from cli.verbs.rate.requests import ChosenRater, RaterRequest, RaterRequests, ReceivedRating

if TYPE_CHECKING:
    from shared.insights.agreement.replicates import ReplicateProposal


@dataclass
class RateOutcome:
    """The outcome of one run. A dry run has only the ratings that existed before."""

    rater: ChosenRater
    replicates: int = 1
    dry_run: bool = False
    files: dict[str, str] = field(default_factory=dict)
    """Files on this machine, by the id of their video."""
    synthetic: set[str] = field(default_factory=set)
    price: RatingPrice | None = None
    proposal: "ReplicateProposal | None" = None
    """The replicates that a reliable score takes; None for a rater that always answers alike."""
    to_ask: dict[str, int] = field(default_factory=dict)
    """Number of ratings asked for, by video."""
    requests: RaterRequests | None = None
    problems: list[str] = field(default_factory=list)
    misconfigured: str | None = None
    """Why the rater cannot rate anything: waiting does not help."""
    last_error: str | None = None
    """The last error that the rater logged and that may pass."""
    waited_s: float = 0.0
    target: str = "local"

    @property
    def received(self) -> list[ReceivedRating]:
        return self.requests.received if self.requests else []

    @property
    def waiting(self) -> list[RaterRequest]:
        return self.requests.open if self.requests and not self.dry_run else []

    @property
    def paid_usd(self) -> float:
        """The cost of the new ratings in US dollars."""
        return sum(
            received.rating.cost_usd or 0.0 for received in self.received if not received.was_there
        )

    def document(self) -> dict[str, Any]:
        parked = self.requests.parked if self.requests else {}
        lost = self.requests.failed if self.requests else []
        return {
            "condition": self.rater.condition,
            "rater": self.rater.name,
            "config_hash": self.rater.config_hash,
            "replicates": self.replicates,
            "dry_run": self.dry_run,
            "estimate": self.price.document() if self.price else None,
            "proposal": self.proposal.document() if self.proposal else None,
            "asked": self.to_ask,
            "ratings": [self._rating(entry) for entry in self.received],
            "cost_usd": round(self.paid_usd, 9),
            "parked": [_request(entry) | {"due_at": due_at} for entry, due_at in parked.items()],
            "failed": [
                _request(entry.request) | {"reason": entry.reason, "sentence": entry.sentence}
                for entry in lost
            ],
            "waiting": [_request(entry) for entry in self.waiting],
            "problems": self.problems,
        }

    def _rating(self, received: ReceivedRating) -> dict[str, Any]:
        video = received.request.video
        about = {
            "video_id": video.video_id,
            "object": video.name,
            "file": self.files.get(video.video_id),
            "synthetic": video.video_id in self.synthetic,
            "was_there": received.was_there,
        }
        return about | received.rating.model_dump(mode="json")

    def refuse_failure(self) -> None:
        """Raises UserError, naming every rating that is missing."""
        sentences = [*self.problems, *_unrated(self)]
        if sentences:
            raise UserError("\n".join(sentences))


def _unrated(outcome: RateOutcome) -> list[str]:
    requests = outcome.requests
    if requests is None:
        return []
    sentences = [
        f"{_request_label(lost.request)}: no rating, {lost.reason}: {lost.sentence}"
        for lost in requests.failed
    ]
    if outcome.misconfigured:
        sentences.append(f"The rater cannot work: {outcome.misconfigured}")
    if requests.parked:
        sentences.append(_parked_sentence(outcome))
    if outcome.waiting:
        sentences.append(_waiting_sentence(outcome))
    return sentences


def _parked_sentence(outcome: RateOutcome) -> str:
    assert outcome.requests is not None
    parked = outcome.requests.parked
    first = min((due for due in parked.values() if due), default=None)
    due = f"{first:%Y-%m-%d %H:%M} UTC" if first else "an unknown time"
    how = "while `tta up` runs" if outcome.target == "local" else "by themselves"
    return (
        f"{_counted(len(parked), 'rating')} would go over the day's budget and wait until {due}; "
        f"they continue then {how}, or with the same command."
    )


def _waiting_sentence(outcome: RateOutcome) -> str:
    assert outcome.requests is not None
    count = _counted(len(outcome.waiting), "rating")
    if outcome.misconfigured:
        return f"{count} not made; the same command continues after that is mended."
    some = ", ".join(_request_label(request) for request in outcome.waiting[:5])
    more = " …" if len(outcome.waiting) > 5 else ""
    sentences = [
        f"{count} did not arrive within {outcome.waited_s:.0f} s ({some}{more}). The requests "
        "stay in transit. The same command shows their ratings, and asks nothing twice."
    ]
    if outcome.last_error:
        sentences.append(f"The last error: {outcome.last_error}")
    if outcome.target != "local" and (others := outcome.requests.others()):
        sentences.append(
            f"There are ratings by {', '.join(others)}, but {outcome.rater.name} was waited for: "
            f"does [targets.{outcome.target}.gemini] say what is deployed?"
        )
    return "\n".join(sentences)


def _request_label(request: RaterRequest) -> str:
    again = f" (replicate {request.replicate})" if request.replicate else ""
    return f"{request.video.video_id}{again}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _request(request: RaterRequest) -> dict[str, Any]:
    video = request.video
    return {"video_id": video.video_id, "object": video.name, "replicate": request.replicate}
