"""Reads Gemini's answer: a rating, a refusal, or a list of problems."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError

from shared.inputs.field_types import Checked
from shared.rating.gemini.checks import contradictions
from shared.rating.gemini.usage import Usage
from shared.rating.rubric import dimensions
from shared.rating_section import Moment, Status
from shared.rubric_values import RUBRIC_VERSION, Values

Wire = dict[str, Any]

REFUSALS = frozenset(
    {
        *("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"),
        *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
    }
)
"""Finish reasons by which the model or its filters decline. All others but STOP are failures."""

MOST_MOMENTS = 20  # of evidence, as the prompt says

_EMPTY_ANSWER = "(empty)"


class Stopped(Exception):
    """There is no answer, and a paid retry would end the same way."""

    def __init__(self, status: Status, reason: str):
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Unfit(Exception):
    """The answer fails these checks; the model may correct it when asked."""

    def __init__(self, *problems: str):
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer that passed every check."""

    values: Values
    evidence: tuple[Moment, ...]


class _Evidence(Checked):
    evidence: tuple[Moment, ...] = Field(max_length=MOST_MOMENTS)


def read(response: Wire, duration_s: float | None, rubric_version: str = RUBRIC_VERSION) -> Reading:
    """Read a response of generateContent to a question of that rubric. Raises Stopped and Unfit.

    `duration_s` is the clip's; None leaves times unchecked.
    """
    if _runs_on(response):
        raise Unfit(f"evidence has more than {MOST_MOMENTS} moments.")
    fields = object_of(text_of(response))
    reading = _rating(fields, rubric_version)
    if problems := contradictions(reading.values, reading.evidence, duration_s):
        raise Unfit(*problems)
    return reading


def usage(response: Wire) -> Usage:
    """Tokens of one call, by modality. Thinking is not part of `output_tokens` here."""
    counted = _mapping(response.get("usageMetadata"))
    by_modality: dict[str, int] = {}
    for detail in counted.get("promptTokensDetails") or ():
        modality, count = str(_mapping(detail).get("modality")), _count(detail, "tokenCount")
        by_modality[modality] = by_modality.get(modality, 0) + count
    tokens = {name: by_modality.get(name, 0) for name in ("IMAGE", "VIDEO", "AUDIO")}
    return Usage(
        # All other tokens count as text: a document, or an answer without details.
        text_tokens=max(0, _count(counted, "promptTokenCount") - sum(tokens.values())),
        image_tokens=tokens["IMAGE"],
        video_tokens=tokens["VIDEO"],
        audio_tokens=tokens["AUDIO"],
        cached_tokens=_count(counted, "cachedContentTokenCount"),
        thinking_tokens=_count(counted, "thoughtsTokenCount"),
        output_tokens=_count(counted, "candidatesTokenCount"),
    )


def turn(response: Wire) -> Wire:
    """The model's answer as its turn in a conversation.

    The API refuses an empty text and a turn without parts, though it may send either itself.
    """
    content = _mapping(_candidate(response).get("content"))
    parts = [part for part in map(_mapping, content.get("parts") or ()) if _says(part)]
    return {"role": "model", "parts": parts or [{"text": _EMPTY_ANSWER}]}


def _says(part: Wire) -> bool:
    return bool(part) and part.get("text") != ""


def _candidate(response: Wire) -> Wire:
    candidates = response.get("candidates")
    return _mapping(candidates[0]) if isinstance(candidates, list) and candidates else {}


def text_of(response: Wire) -> str:
    """The answer's text. Raises Stopped where the prompt or the answer was blocked or cut off."""
    if blocked := _mapping(response.get("promptFeedback")).get("blockReason"):
        raise Stopped("refused", f"prompt_{_word(blocked)}")
    candidate = _candidate(response)
    if not candidate:
        raise Stopped("unratable", "no_answer")
    finish = str(candidate.get("finishReason") or "STOP")
    if finish in REFUSALS:
        raise Stopped("refused", f"answer_{_word(finish)}")
    if finish != "STOP":
        raise Stopped("unratable", f"answer_{_word(finish)}")
    return _text_in(candidate)


def _text_in(candidate: Wire) -> str:
    parts = map(_mapping, _mapping(candidate.get("content")).get("parts") or ())
    # A thinking model may return its thoughts as parts of the same content.
    return "".join(str(part.get("text") or "") for part in parts if not part.get("thought"))


def _runs_on(response: Wire) -> bool:
    """Whether the answer was cut off in an endless list of moments.

    The schema bounds no list, so a model may repeat itself up to the limit on output. A correction
    helps here. Any other answer that was cut off would end the same way again.
    """
    candidate = _candidate(response)
    moments = _text_in(candidate).count('"at_s"')
    return candidate.get("finishReason") == "MAX_TOKENS" and moments > MOST_MOMENTS


def object_of(text: str) -> Wire:
    if not text.strip():
        raise Unfit("The answer is empty.")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unfit(f"The answer is not JSON: {error}.") from error
    if not isinstance(fields, dict):
        raise Unfit("The answer is not a JSON object.")
    return fields


def _rating(fields: Wire, rubric_version: str) -> Reading:
    """Check fields and ranges: 101 is not clamped, "80" is not 80, a missing field is not null."""
    dimension_names = [dimension.name for dimension in dimensions(rubric_version)]
    missing = [name for name in (*dimension_names, "evidence") if name not in fields]
    if missing:
        raise Unfit(f"Missing: {', '.join(missing)}.")
    rated_fields = {name: value for name, value in fields.items() if name != "evidence"}
    try:
        values = _VALUES.validate_json(json.dumps(rated_fields))
        evidence = _EVIDENCE.validate_json(json.dumps({"evidence": fields["evidence"]})).evidence
    except ValidationError as error:
        raise Unfit(*map(_sentence, error.errors(include_url=False)[:10])) from error
    if all(value is None for value in values.model_dump().values()):
        raise Unfit("Every field is null: nothing is rated.")
    return Reading(values, evidence)


_VALUES = TypeAdapter(Values)
_EVIDENCE = TypeAdapter(_Evidence)


def _sentence(problem: Any) -> str:
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}."


def _mapping(value: object) -> Wire:
    return value if isinstance(value, dict) else {}


def _count(source: object, name: str) -> int:
    value = _mapping(source).get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _word(reason: object) -> str:
    return str(reason).lower()[:80]
