"""The outcome of a backfill: its plan and its results."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from shared.rating.batch.part import Part
from shared.rating.gemini.estimate import CallEstimate, Range
from shared.rating_section import Rating


@dataclass
class BackfillOutcome:
    """Counts and costs of one run, over all of its jobs.

    `standings` counts ratings by their state before the run; `ratings` counts new ones by status.
    Costs are in US dollars; `cost` is None for a model without a price.
    """

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
    last_error: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def to_ask(self) -> int:
        """Ratings that a new job is to ask for."""
        return self.standings["wanted"]

    @property
    def jobs(self) -> list[Part]:
        """The parts that ask something."""
        return [part for part in self.parts if part.input_bytes]

    @property
    def running(self) -> list[Part]:
        return [part for part in self.jobs if not part.is_at("collected")]

    @property
    def failed(self) -> int:
        return sum(part.counts.failed for part in self.jobs if part.counts)

    @property
    def missing(self) -> int:
        return sum(part.counts.missing for part in self.jobs if part.counts)

    def messages(self) -> Counter[str]:
        """Error messages of Gemini, with the number of requests that each of them failed."""
        return sum((Counter(part.counts.messages) for part in self.jobs if part.counts), Counter())

    def count(self, rating: Rating) -> None:
        """Add a new rating."""
        self.ratings[rating.status] += 1
        self.corrected += "corrected" in rating.flags
        self.cost_usd += rating.cost_usd or 0.0
        self.without_price += rating.cost_usd is None and rating.model_version is not None

    def state(self, part: Part) -> str:
        """The state of a part's job in small letters, e.g. `running`."""
        state = part.job_state or self.states.get(part.display_name) or part.step
        return state.removeprefix("JOB_STATE_").lower().replace("_", " ")

    def document(self) -> dict[str, Any]:
        """The outcome as `tta rate --batch --json` prints it."""
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
            "found": part.counts.model_dump(exclude={"messages"}) if part.counts else None,
        }
