"""Tokens of a question and its answer, by the documented rules.

70 tokens a frame at the requested frames per second (280 at high resolution) and 25 a second of
sound (video understanding page, 2026-10-01); text is about four characters a token. The tokens of
thinking are made up: nothing documents them.
"""

import math
from collections import Counter
from typing import Any

from tests.stand_ins.gemini.clips import Clips
from tests.stand_ins.gemini.question import Medium, Question

FRAME_TOKENS = 70
HIGH_FRAME_TOKENS = 280
AUDIO_TOKENS_PER_S = 25
CHARACTERS_PER_TOKEN = 4
_HIGH = frozenset({"MEDIA_RESOLUTION_HIGH", "MEDIA_RESOLUTION_ULTRA_HIGH"})
_THOUGHTS = {"MINIMAL": 0, "LOW": 120, "MEDIUM": 480, "HIGH": 960}


def text_tokens(text: str) -> int:
    """Tokens of a text."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def thought_tokens(question: Question) -> int:
    """Thinking tokens for this question; MEDIUM is the API's default level."""
    return _THOUGHTS[question.thinking or "MEDIUM"]


def prompt_tokens(question: Question, clips: Clips) -> dict[str, int]:
    """Tokens of the question by modality, without zeros."""
    tokens: Counter[str] = Counter(TEXT=text_tokens(question.text))
    for medium in question.media:
        tokens.update(_medium_tokens(medium, clips))
    return {modality: count for modality, count in tokens.items() if count}


def metadata(question: Question, clips: Clips) -> dict[str, Any]:
    """The `usageMetadata` of a prompt without an answer."""
    by_modality = prompt_tokens(question, clips)
    total = sum(by_modality.values())
    return {
        "promptTokenCount": total,
        "totalTokenCount": total,
        "promptTokensDetails": modality_counts(by_modality),
        "trafficType": "ON_DEMAND",
    }


def with_answer(prompt: dict[str, Any], written: int, thoughts: int) -> dict[str, Any]:
    """The `usageMetadata` of a prompt and its answer; a count of zero is absent, as on the wire."""
    counts = {"candidatesTokenCount": written, "thoughtsTokenCount": thoughts}
    usage = {**prompt, **{name: count for name, count in counts.items() if count}}
    usage["totalTokenCount"] += written + thoughts
    if written:
        usage["candidatesTokensDetails"] = modality_counts({"TEXT": written})
    return usage


def modality_counts(tokens: dict[str, int]) -> list[dict[str, Any]]:
    """Tokens by modality as the API lists them."""
    return [{"modality": name, "tokenCount": count} for name, count in tokens.items()]


def _medium_tokens(medium: Medium, clips: Clips) -> dict[str, int]:
    kind = medium.mime_type.partition("/")[0]
    a_frame = HIGH_FRAME_TOKENS if medium.resolution in _HIGH else FRAME_TOKENS
    if kind not in ("video", "audio"):
        return {"IMAGE": a_frame}
    whole = clips.duration_s(medium.identity)
    shown = max(0.0, min(whole, medium.end_s or whole) - medium.start_s)
    tokens = {}
    if kind == "video":
        tokens["VIDEO"] = a_frame * max(1, math.ceil(round(shown * medium.fps, 6)))
    if clips.has_audio(medium.identity):
        tokens["AUDIO"] = math.ceil(round(shown * AUDIO_TOKENS_PER_S, 6))
    return tokens
