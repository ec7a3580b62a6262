"""The expected cost of rating a clip, before anything runs.

Source: Vertex AI's page on video understanding, 2026-10. Real counts come with each answer in
`usageMetadata`, and only those are booked.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from typing import NamedTuple, Self

from shared.named_raters import STANDARD_WORDING
from shared.rating.clip import ClipHeader
from shared.rating.gemini import description
from shared.rating.gemini.prices import Prices
from shared.rating.gemini.question import GeminiCondition, question_file
from shared.rating.gemini.usage import Usage

TOKENS_PER_FRAME = 70
TOKENS_PER_FRAME_HIGH = 280
AUDIO_TOKENS_PER_S = (25, 32)
"""The documentation says 32 in older places and 25 elsewhere; for 3.x it is unclear."""

CHARACTERS_PER_TOKEN = 4
"""The documentation's rule of thumb for English, used for prompt and schema."""

CAPTION_TOKENS_AT_MOST = 1_100
"""For the rater `gemini+caption`: TikTok's longest caption has 4,000 characters, and the sentence
around it about a hundred."""

ANSWER_TOKENS = (400, 1_200)
"""Assumed: the 28 fields of the schema with their names take about 280 tokens; sentences and 2 to
20 moments take the rest."""

DESCRIPTION_TOKENS = (60, 300)
"""Assumed for the description that a `+rag` rater asks for first: four short texts."""

THINKING_TOKENS = {
    "minimal": (0, 200),
    "low": (100, 1_500),
    "medium": (500, 4_000),
    "high": (1_000, 16_000),
    "default": (0, 4_000),
}
"""Assumed by level, because no number is published. Thinking is billed as output. `default` is
minimal or medium, depending on the model. The limit on output covers answer and thinking."""


class Range(NamedTuple):
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CallEstimate:
    """The expected tokens of one call or, added up, of many. Output includes thinking."""

    calls: int = 0
    duration_s: float = 0.0
    frames: int = 0
    video_tokens: int = 0
    audio_tokens_low: int = 0
    audio_tokens_high: int = 0
    prompt_tokens: int = 0
    caption_tokens_high: int = 0
    output_tokens_low: int = 0
    output_tokens_high: int = 0

    def __add__(self, other: Self) -> Self:
        sums = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
        }
        return type(self)(**sums)

    def times(self, calls: int) -> Self:
        """The estimate of that many equal calls."""
        return type(self)(
            **{field.name: getattr(self, field.name) * calls for field in fields(self)}
        )

    @property
    def low(self) -> Usage:
        return Usage(
            text_tokens=self.prompt_tokens,
            video_tokens=self.video_tokens,
            audio_tokens=self.audio_tokens_low,
            output_tokens=self.output_tokens_low,
        )

    @property
    def high(self) -> Usage:
        return Usage(
            text_tokens=self.prompt_tokens + self.caption_tokens_high,
            video_tokens=self.video_tokens,
            audio_tokens=self.audio_tokens_high,
            output_tokens=self.output_tokens_high,
        )

    def cost_usd(self, prices: Prices, model: str, on: date, batch: bool = False) -> Range | None:
        """Low and high in USD; None for a model without a price."""
        low = prices.cost_usd(model, self.low, on, batch)
        high = prices.cost_usd(model, self.high, on, batch)
        return None if low is None or high is None else Range(low, high)


def estimate_call(duration_s: float, has_audio: bool, under: GeminiCondition) -> CallEstimate:
    """The estimate of the call that asks for a rating. A correction costs about as much again."""
    cards = _ceil(_characters_of_cards(under) / CHARACTERS_PER_TOKEN)
    return _estimate(
        duration_s, has_audio, under, prompt_tokens(under.wording) + cards, ANSWER_TOKENS
    )


def estimate_description(
    duration_s: float, has_audio: bool, under: GeminiCondition
) -> CallEstimate:
    """The estimate of the call that a `+rag` rater makes first."""
    return _estimate(duration_s, has_audio, under, description_tokens(), DESCRIPTION_TOKENS)


def estimate_rating(duration_s: float, has_audio: bool, under: GeminiCondition) -> CallEstimate:
    """The estimate of all calls of a rating without a correction."""
    rating = estimate_call(duration_s, has_audio, under)
    if not under.retrieves:
        return rating
    return estimate_description(duration_s, has_audio, under) + rating


def _estimate(
    duration_s: float,
    has_audio: bool,
    under: GeminiCondition,
    text_tokens: int,
    answer: tuple[int, int],
) -> CallEstimate:
    """The estimate of one call about a clip.

    A frame is sampled every 1/fps seconds from time 0, so a started interval counts:
    frames = ceil(duration × fps), at least 1.
    """
    settings = under.settings
    frames = max(1, _ceil(duration_s * settings.fps_for(duration_s)))
    low, high = AUDIO_TOKENS_PER_S if has_audio else (0, 0)
    thinking = THINKING_TOKENS[settings.thinking_level]
    is_fine = settings.media_resolution == "high"
    return CallEstimate(
        calls=1,
        duration_s=duration_s,
        frames=frames,
        video_tokens=frames * (TOKENS_PER_FRAME_HIGH if is_fine else TOKENS_PER_FRAME),
        audio_tokens_low=_ceil(duration_s * low),
        audio_tokens_high=_ceil(duration_s * high),
        prompt_tokens=text_tokens,
        caption_tokens_high=CAPTION_TOKENS_AT_MOST if under.sees_caption else 0,
        output_tokens_low=min(answer[0] + thinking[0], settings.max_output_tokens),
        output_tokens_high=min(answer[1] + thinking[1], settings.max_output_tokens),
    )


Estimated = Callable[[float, bool, GeminiCondition], CallEstimate]


def expected_usd(
    clip: ClipHeader,
    under: GeminiCondition,
    prices: Prices,
    on: date,
    estimated: Estimated = estimate_rating,
) -> float | None:
    """The most that a rating is expected to cost without a correction, or one call of it.

    A clip without a duration in its header counts as long as the longest that is rated. None for a
    model without a price.
    """
    duration_s = under.settings.max_clip_s if clip.duration_s is None else clip.duration_s
    most = estimated(duration_s, clip.has_audio, under).high
    return prices.cost_usd(under.settings.model, most, on)


def _characters_of_cards(under: GeminiCondition) -> int:
    """Of retrieved cards the most, because they are not known before the description."""
    if not under.retrieves:
        return len(under.preface or "")
    from shared.rating.gemini.literature import longest_preface

    return longest_preface()


@cache
def description_tokens() -> int:
    """Tokens of the description's prompt and schema, estimated from their characters."""
    return math.ceil(len(json.dumps(description.identity())) / CHARACTERS_PER_TOKEN)


@cache
def prompt_tokens(wording: str = STANDARD_WORDING) -> int:
    """Tokens of prompt and response schema, estimated from their characters."""
    files = (
        question_file(name, wording=wording) for name in ("prompt.txt", "response_schema.json")
    )
    texts = (file.read_text("utf-8") for file in files)
    return math.ceil(sum(map(len, texts)) / CHARACTERS_PER_TOKEN)


def _ceil(exact: float) -> int:
    """Round up, ignoring errors of floating point: 0.28 × 25 is 7."""
    return math.ceil(round(exact, 6))
