"""Tokens of one or more calls, by kind."""

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as `usageMetadata` counts them.

    The prompt's tokens are split by modality. `cached_tokens` of them came from the cache; they are
    included in the split, as `cachedContentTokenCount` is in `promptTokenCount`. `output_tokens`
    counts the answer without `thinking_tokens`.
    """

    text_tokens: int = 0
    image_tokens: int = 0
    video_tokens: int = 0
    audio_tokens: int = 0
    cached_tokens: int = 0
    thinking_tokens: int = 0
    output_tokens: int = 0

    @property
    def input_tokens(self) -> int:
        """All tokens of the prompt, cached ones included."""
        return self.text_tokens + self.image_tokens + self.video_tokens + self.audio_tokens

    @property
    def written_tokens(self) -> int:
        """All tokens billed as output: answer and thinking."""
        return self.output_tokens + self.thinking_tokens

    def __add__(self, other: Self) -> Self:
        sums = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
        }
        return type(self)(**sums)
