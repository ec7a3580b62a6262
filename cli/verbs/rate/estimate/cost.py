"""What rating the selected videos with Gemini would cost, from their headers alone."""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from cli.errors import UserError
from cli.selection import Selection, videos_in
from cli.verbs.rate.estimate.settings import EstimateSettings
from cli.verbs.rate.replicates import proposal_of, stored_names
from shared.concurrency import in_order
from shared.rating.clip import ClipHeader, Unreadable
from shared.rating.gemini.estimate import CallEstimate, Range
from shared.storage.lake import Gone, Lake

if TYPE_CHECKING:
    from shared.insights.agreement.replicates import ReplicateProposal

ASSUMED = (
    "Sound: 25 to 32 tokens a second; the documentation gives both.",
    "Prompt: a token for 4 characters of prompt and response schema.",
    "Output, thinking included: assumed, because no number is published.",
    "One call a rating. An answer that fails a check is asked for once more, at about the same "
    "cost.",
)
ASSUMED_OF_RAG = (
    *ASSUMED[:-1],
    "Two calls a rating: a description, and the rating after the cards that it retrieves. A rating "
    "that fails a check is asked for once more, at about the cost of one call.",
)


@dataclass(frozen=True, slots=True)
class NotPriced:
    """A selected file that has no price, and why."""

    what: str
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _VideoSource:
    """A video file, on this machine or in the lake."""

    name: str
    size: Callable[[], int]
    open: Callable[[], AbstractContextManager[BinaryIO]]


@dataclass
class CostEstimate:
    """The sum over the selected videos. `with_sound` counts videos with a sound track."""

    settings: EstimateSettings
    videos: int = 0
    duration_s: float = 0.0
    with_sound: int = 0
    total: CallEstimate = field(default_factory=CallEstimate)
    not_priced: list[NotPriced] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    proposal: "ReplicateProposal | None" = None
    """The replicates that a reliable score takes, by the ratings in the lake; None without any."""

    @classmethod
    def of(
        cls, settings: EstimateSettings, selection: Selection, lake: Lake | None
    ) -> "CostEstimate":
        """Read every header; nothing is sent or written."""
        estimate = cls(settings)
        estimate._add(_local(path) for path in selection.local_files)
        if lake is not None:
            videos = videos_in(lake, selection)
            stored = list(videos)
            estimate._add(
                _stored(lake, video.name, video.generation, video.size) for video in stored
            )
            under = settings.condition
            names = stored_names(lake, stored, under.name, under.config_hash)
            estimate.proposal = proposal_of(lake, names) if any(names.values()) else None
            estimate.problems += videos.problems
            estimate.not_priced += [
                NotPriced(video_id, "no_file", "the lake has no file of it")
                for video_id in videos.missing
            ]
        return estimate

    def _add(self, sources: Iterable[_VideoSource]) -> None:
        for header in in_order(self._read_header, sources):
            if isinstance(header, NotPriced):
                self.not_priced.append(header)
                continue
            self.videos += 1
            self.duration_s += header.duration_s or 0.0
            self.with_sound += header.has_audio
            self.total += self.settings.expected(header)

    def _read_header(self, source: _VideoSource) -> ClipHeader | NotPriced:
        try:
            with source.open() as file:
                return self.settings.read_header(file, source.size())
        except Unreadable as error:
            return NotPriced(source.name, error.reason, error.sentence)
        except Gone:
            return NotPriced(source.name, "gone", "it was replaced or deleted meanwhile")
        except OSError as error:
            return NotPriced(source.name, "unreadable", error.strerror or str(error))

    @property
    def ratings(self) -> int:
        return self.videos * self.settings.replicates

    @property
    def assumed(self) -> tuple[str, ...]:
        """What the estimate rests on, in sentences."""
        return ASSUMED_OF_RAG if self.settings.condition.retrieves else ASSUMED

    def cost_usd(self, batch: bool) -> Range | None:
        """Cost in US dollars; None for a model without a price, and where there is no batch."""
        settings = self.settings
        if batch and settings.condition.retrieves:
            return None
        return self.total.cost_usd(settings.prices, settings.gemini.model, settings.on, batch)

    def proposed_usd(self, batch: bool) -> Range | None:
        """Cost of the proposed replicates from the first one on, as `cost_usd`."""
        cost, proposal = self.cost_usd(batch), self.proposal
        if cost is None or proposal is None or proposal.replicates is None:
            return None
        factor = proposal.replicates / self.settings.replicates
        return Range(cost.low * factor, cost.high * factor)

    @property
    def days(self) -> int | None:
        """Days that the daily budget spreads the ratings over, at most; None without a budget."""
        limits, cost = self.settings.limits, self.cost_usd(batch=False)
        needed = []
        if limits.daily_budget_videos is not None:
            needed.append(self.ratings / limits.daily_budget_videos)
        if limits.daily_budget_usd is not None and cost is not None:
            needed.append(cost.high / limits.daily_budget_usd)
        return max(1, *(math.ceil(days) for days in needed)) if needed else None

    def document(self) -> dict[str, Any]:
        """The estimate for machines; tokens and US dollars are sums over all ratings."""
        settings, gemini, total = self.settings, self.settings.gemini, self.total
        fps = {"up_to_s": gemini.short_clip_s, "short": gemini.fps, "long": gemini.fps_long}
        return {
            "model": gemini.model,
            "condition": settings.condition.word,
            "fps": fps,
            "videos": self.videos,
            "with_sound": self.with_sound,
            "replicates": settings.replicates,
            "ratings": self.ratings,
            "calls": total.calls,
            "duration_s": round(self.duration_s, 3),
            "frames": total.frames,
            "tokens": {name: {"low": low, "high": high} for name, low, high in token_ranges(total)},
            "cost_usd": {
                "live": _range(self.cost_usd(batch=False)),
                "batch": _range(self.cost_usd(batch=True)),
            },
            "proposal": self._proposal(),
            "prices": self._prices(),
            "daily_budget": {
                "usd": settings.limits.daily_budget_usd,
                "videos": settings.limits.daily_budget_videos,
                "days": self.days,
            },
            "not_priced": [asdict(entry) for entry in self.not_priced],
            "problems": self.problems,
            "assumed": list(self.assumed),
        }

    def _proposal(self) -> dict[str, Any] | None:
        if self.proposal is None:
            return None
        costs = {"live": self.proposed_usd(batch=False), "batch": self.proposed_usd(batch=True)}
        cost_usd = {how: _range(cost) for how, cost in costs.items()}
        return self.proposal.document() | {"cost_usd": cost_usd}

    def _prices(self) -> dict[str, Any]:
        prices, on = self.settings.prices, self.settings.on
        return {
            "as_of": prices.as_of,
            "source": prices.source,
            "on": on,
            "location": prices.location,
        }

    def refuse_nothing(self) -> None:
        """Raises UserError when no selected video has a price."""
        if not self.videos:
            raise UserError(f"None of the selected videos has a price{self._first_reason()}")

    def _first_reason(self) -> str:
        """Why, by the first of them, and what to select instead."""
        reason = ""
        if self.not_priced:
            first = self.not_priced[0]
            reason = f"; {first.what}: {first.sentence.rstrip('.')}"
        return f"{reason}. Select video files: `tta rate my-video.mp4 --estimate`."


def token_ranges(total: CallEstimate) -> Iterator[tuple[str, int, int]]:
    """Tokens by modality: the name, the lowest and the highest count."""
    low, high = total.low, total.high
    yield "video", low.video_tokens, high.video_tokens
    yield "audio", low.audio_tokens, high.audio_tokens
    yield "prompt", low.text_tokens, high.text_tokens
    yield "output", low.output_tokens, high.output_tokens


def _range(cost: Range | None) -> dict[str, float] | None:
    return None if cost is None else {"low": round(cost.low, 6), "high": round(cost.high, 6)}


def _local(path: Path) -> _VideoSource:
    return _VideoSource(str(path), lambda: path.stat().st_size, lambda: _open_file(path))


@contextmanager
def _open_file(path: Path) -> Iterator[BinaryIO]:
    # Opening a pipe would block until somebody writes to it.
    if not path.is_file():
        raise Unreadable("not_a_video", "it is not an ordinary file")
    with path.open("rb") as file:
        yield file


def _stored(lake: Lake, name: str, generation: int, size: int) -> _VideoSource:
    return _VideoSource(name, lambda: size, lambda: lake.open(name, generation))
