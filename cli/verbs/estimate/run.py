"""What `tta estimate` counts, and how it is told."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.selection import Selection, videos_in
from shared.concurrency import in_order
from shared.config import MOST_UPLOADED_BYTES, AnalyzeSettings, GeminiSettings, read
from shared.inputs.media_type import HEAD_BYTES, media_type
from shared.rating.clip import ClipHeader, Unreadable, read_clip_header
from shared.rating.gemini.estimate import CallEstimate, Range, expected
from shared.rating.gemini.prices import Prices
from shared.rating.gemini.question import GeminiCondition
from shared.storage.lake import Gone, Lake

LISTED = 20
ASSUMED = (
    "Sound: 25 to 32 tokens a second; the documentation gives both.",
    "Prompt: a token for 4 characters of prompt and response schema.",
    "Output, thinking included: assumed, because no number is published.",
    "One call a rating; an answer that fails a check is asked for once more, at about the same "
    "cost.",
)


class _RatingLimits(AnalyzeSettings):
    """What bounds a rating, read where no project need be named."""

    google_cloud_project: str = ""
    lake_bucket: str = ""


@dataclass(frozen=True, slots=True)
class EstimateSettings:
    """Under which condition it would be rated, how often, within which limits, at which prices."""

    under: GeminiCondition
    limits: AnalyzeSettings
    prices: Prices
    on: date
    replicates: int = 1

    @classmethod
    def of(
        cls,
        on: date,
        fps: float | None,
        model: str | None,
        sees_caption: bool,
        replicates: int,
        asking: Mapping[str, Any] | None = None,
        sees_cards: bool = False,
    ) -> "EstimateSettings":
        """`asking` is how Gemini is asked, else the environment says it; `fps` holds for clips of
        every length. Raises UserError for an option, Misconfigured for a setting that is wrong.
        """
        changed: dict[str, Any] = {} if fps is None else {"fps": fps, "fps_long": fps}
        changed |= {} if model is None else {"model": model}
        configured = (
            read(GeminiSettings).model_dump() if asking is None else {"api_key": "", **asking}
        )
        try:
            settings = GeminiSettings.model_validate(configured | changed)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            option = str(first["loc"][0]).removesuffix("_long") if first["loc"] else "model"
            why = first["msg"].removeprefix("Value error, ")
            raise UserError(f"--{option}: {why}.", WRONG_USE) from error
        under = GeminiCondition(settings, sees_caption, sees_cards)
        return cls(under, read(_RatingLimits), Prices.under(settings), on, replicates)

    @property
    def settings(self) -> GeminiSettings:
        return self.under.settings

    @property
    def most_bytes(self) -> int:
        sent = MOST_UPLOADED_BYTES if self.settings.api_key else math.inf
        return int(min(self.limits.max_media_bytes, sent))

    def clip(self, file: BinaryIO, size: int) -> ClipHeader:
        """What would be rated. Raises Unreadable for what cannot be rated, or not priced."""
        if size == 0:
            raise Unreadable("empty", "the file has no bytes")
        if size > self.most_bytes:
            raise Unreadable("too_large", f"{size:,} bytes; the most is {self.most_bytes:,}")
        if media_type(file.read(HEAD_BYTES)) is None:
            raise Unreadable("not_a_video", "no video, by its first bytes")
        file.seek(0)
        clip = read_clip_header(file)
        if clip.duration_s is None:
            raise Unreadable("no_duration", "its header tells no duration; it would be rated")
        if clip.duration_s > self.settings.max_clip_s:
            most = self.settings.max_clip_s
            raise Unreadable("too_long", f"{clip.duration_s:.0f} s; the most is {most:.0f} s")
        return clip

    def expected(self, clip: ClipHeader) -> CallEstimate:
        once = expected(clip.duration_s or 0.0, clip.has_audio, self.under)
        return once.times(self.replicates)


@dataclass(frozen=True, slots=True)
class NotPriced:
    """Something selected that costs nothing, or what nobody knows."""

    what: str
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _VideoSource:
    """A file to look at, wherever it lies."""

    what: str
    size: Callable[[], int]
    open: Callable[[], AbstractContextManager[BinaryIO]]


@dataclass
class CostEstimate:
    """The sum over what was selected."""

    plan: EstimateSettings
    videos: int = 0
    duration_s: float = 0.0
    with_sound: int = 0
    total: CallEstimate = field(default_factory=CallEstimate)
    not_priced: list[NotPriced] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, plan: EstimateSettings, selected: Selection, lake: Lake | None) -> "CostEstimate":
        """Look at every header; nothing is sent or written anywhere."""
        estimate = cls(plan)
        estimate._add(_local(path) for path in selected.local_files)
        if lake is not None:
            objects = videos_in(lake, selected)
            estimate._add(
                _stored(lake, video.name, video.generation, video.size) for video in objects
            )
            estimate.problems += objects.problems
            estimate.not_priced += [
                NotPriced(video_id, "no_file", "the lake has no file of it")
                for video_id in objects.missing
            ]
        return estimate

    def _add(self, sources: Iterable[_VideoSource]) -> None:
        for clip in in_order(self._looked_at, sources):
            if isinstance(clip, NotPriced):
                self.not_priced.append(clip)
                continue
            self.videos += 1
            self.duration_s += clip.duration_s or 0.0
            self.with_sound += clip.has_audio
            self.total += self.plan.expected(clip)

    def _looked_at(self, source: _VideoSource) -> ClipHeader | NotPriced:
        try:
            with source.open() as file:
                return self.plan.clip(file, source.size())
        except Unreadable as error:
            return NotPriced(source.what, error.reason, error.sentence)
        except Gone:
            return NotPriced(source.what, "gone", "it was replaced or deleted meanwhile")
        except OSError as error:
            return NotPriced(source.what, "unreadable", error.strerror or str(error))

    def cost_usd(self, batch: bool) -> Range | None:
        plan = self.plan
        return self.total.cost_usd(plan.prices, plan.settings.model, plan.on, batch)

    @property
    def days(self) -> int | None:
        """Days that the daily budget makes of it, by the high end; None without a budget."""
        limits, cost = self.plan.limits, self.cost_usd(batch=False)
        takes = []
        if limits.daily_budget_videos is not None:
            takes.append(self.total.calls / limits.daily_budget_videos)
        if limits.daily_budget_usd is not None and cost is not None:
            takes.append(cost.high / limits.daily_budget_usd)
        return max(1, *(math.ceil(days) for days in takes)) if takes else None

    def document(self) -> dict[str, Any]:
        """For machines; tokens and USD are sums over all ratings."""
        plan, total = self.plan, self.total
        settings = plan.settings
        return {
            "model": settings.model,
            "condition": plan.under.word,
            "fps": {"up_to_s": settings.short_clip_s, "short": settings.fps}
            | {"long": settings.fps_long},
            "videos": self.videos,
            "with_sound": self.with_sound,
            "replicates": plan.replicates,
            "ratings": total.calls,
            "duration_s": round(self.duration_s, 3),
            "frames": total.frames,
            "tokens": {name: {"low": low, "high": high} for name, low, high in _tokens(total)},
            "cost_usd": {
                "live": _range(self.cost_usd(batch=False)),
                "batch": _range(self.cost_usd(batch=True)),
            },
            "prices": {
                "as_of": plan.prices.as_of,
                "source": plan.prices.source,
                "on": plan.on,
                "location": plan.prices.location,
            },
            "daily_budget": {
                "usd": plan.limits.daily_budget_usd,
                "videos": plan.limits.daily_budget_videos,
                "days": self.days,
            },
            "not_priced": [
                {"what": entry.what, "reason": entry.reason, "sentence": entry.sentence}
                for entry in self.not_priced
            ],
            "problems": self.problems,
            "assumed": list(ASSUMED),
        }

    def refuse_nothing(self) -> None:
        """Raises UserError when nothing could be priced."""
        if not self.videos:
            raise UserError("Nothing of what was selected can be priced.")


def show(estimate: CostEstimate, screen: Screen) -> None:
    _show_counts(estimate, screen)
    _show_prices(estimate, screen)
    _show_budget(estimate, screen)
    _show_rest(estimate, screen)


def _show_counts(estimate: CostEstimate, screen: Screen) -> None:
    plan, total = estimate.plan, estimate.total
    settings, rows = plan.settings, []
    rows.append(("videos", f"{estimate.videos:,}", ""))
    rows.append(("  with sound", f"{estimate.with_sound:,}", ""))
    rows.append(("seconds", f"{estimate.duration_s:,.1f}", ""))
    rows.append(("ratings", f"{total.calls:,}", ""))
    rows.append(("frames", f"{total.frames:,}", ""))
    rows += [
        (f"{name} tokens", f"{low:,}", f"{high:,}" if high != low else "")
        for name, low, high in _tokens(total)
    ]
    for name, batch in (("USD live", False), ("USD as a batch", True)):
        if cost := estimate.cost_usd(batch):
            rows.append((name, _usd(cost.low), _usd(cost.high)))
    shown = " with the caption" if plan.under.sees_caption else ""
    shown += " after cards of psychology" if plan.under.sees_cards else ""
    rate = f"{settings.fps:g} frames/s"
    if settings.fps != settings.fps_long:
        rate += f" up to {settings.short_clip_s:g} s, {settings.fps_long:g} beyond"
    title = f"{settings.model}{shown}, {rate}, {plan.replicates} rating(s) of each"
    screen.table(("", "low", "high"), rows, title)


def _show_prices(estimate: CostEstimate, screen: Screen) -> None:
    plan, prices = estimate.plan, estimate.plan.prices
    if estimate.cost_usd(batch=False) is None:
        models = ", ".join(prices.models)
        screen.show(
            f"{plan.settings.model} has no price on {plan.on} in the price table, so there is no "
            f"cost. It knows: {models}."
        )
    screen.show(f"Prices as of {prices.as_of}, for {plan.on} in {prices.location}: {prices.source}")
    for sentence in ASSUMED:
        screen.show(f"- {sentence}")


def _show_budget(estimate: CostEstimate, screen: Screen) -> None:
    limits = estimate.plan.limits
    parts = []
    if limits.daily_budget_videos is not None:
        parts.append(f"{limits.daily_budget_videos:,} videos")
    if limits.daily_budget_usd is not None:
        parts.append(f"{limits.daily_budget_usd:g} USD")
    if parts:
        days = f"; this takes up to {estimate.days} day(s)" if estimate.days else ""
        screen.show(f"Daily budget: {' and '.join(parts)}{days}.")
    else:
        screen.show("There is no daily budget: DAILY_BUDGET_USD and DAILY_BUDGET_VIDEOS set one.")


def _show_rest(estimate: CostEstimate, screen: Screen) -> None:
    if estimate.not_priced:
        counts = Counter(entry.reason for entry in estimate.not_priced)
        listing = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
        rows = [
            (entry.what, entry.reason, entry.sentence) for entry in estimate.not_priced[:LISTED]
        ]
        screen.table(("not priced", "reason", ""), rows)
        more = len(estimate.not_priced) - LISTED
        suffix = f" … and {more} more; --json lists all." if more > 0 else ""
        screen.show(f"Not priced: {listing}.{suffix}")
    for problem in estimate.problems[:LISTED]:
        screen.say(problem)


def _tokens(total: CallEstimate) -> Iterator[tuple[str, int, int]]:
    """What is counted, by modality, with both ends of what is expected."""
    low, high = total.low, total.high
    yield "video", low.video_tokens, high.video_tokens
    yield "audio", low.audio_tokens, high.audio_tokens
    yield "prompt", low.text_tokens, high.text_tokens
    yield "output", low.output_tokens, high.output_tokens


def _range(cost: Range | None) -> dict[str, float] | None:
    return None if cost is None else {"low": round(cost.low, 6), "high": round(cost.high, 6)}


def _usd(usd: float) -> str:
    return f"{usd:,.4f}" if usd < 1 else f"{usd:,.2f}"


def _local(path: Path) -> _VideoSource:
    return _VideoSource(str(path), lambda: path.stat().st_size, lambda: _opened(path))


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """An ordinary file: to open a pipe would wait for whoever writes it."""
    if not path.is_file():
        raise Unreadable("not_a_video", "no ordinary file")
    with path.open("rb") as file:
        yield file


def _stored(lake: Lake, name: str, generation: int, size: int) -> _VideoSource:
    return _VideoSource(name, lambda: size, lambda: lake.open(name, generation))
