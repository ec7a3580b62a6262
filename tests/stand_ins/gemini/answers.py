"""The response to a question: an invented rating, changed by the script."""

import hashlib
from typing import Any

from tests.stand_ins.gemini import usage
from tests.stand_ins.gemini.clips import Clips
from tests.stand_ins.gemini.flaws import flawed_text, flawed_values
from tests.stand_ins.gemini.question import Question
from tests.stand_ins.gemini.ratings import fitted, rating
from tests.stand_ins.gemini.script import Step
from tests.stand_ins.gemini.wire import snake


def response(question: Question, step: Step, clips: Clips, opinion: str = "") -> dict[str, Any]:
    """A GenerateContentResponse in wire format; deterministic."""
    if step.block:
        content = _blocked(question, step, clips)
    else:
        content = _answered(question, step, clips, opinion)
    if step.usage is None:
        del content["usageMetadata"]
    else:
        content["usageMetadata"] |= step.usage
    content["modelVersion"] = f"{question.model}-stand-in"
    key = f"{question.identity} {question.turns} {opinion}"
    content["responseId"] = hashlib.sha256(key.encode()).hexdigest()[:22]
    return snake(content) if step.casing == "snake" else content


def _blocked(question: Question, step: Step, clips: Clips) -> dict[str, Any]:
    feedback = {"blockReason": step.block, "blockReasonMessage": "Asked for by the test's script."}
    return {"promptFeedback": feedback, "usageMetadata": usage.metadata(question, clips)}


def _answered(question: Question, step: Step, clips: Clips, opinion: str) -> dict[str, Any]:
    thoughts = usage.thought_tokens(question)
    if step.thought:
        thoughts = max(thoughts, usage.text_tokens(step.thought))
    text = _text(question, step, clips, opinion)
    text, finish = _within(text, question.max_output_tokens - thoughts)
    candidate: dict[str, Any] = {"finishReason": step.finish or finish, "index": 0}
    if step.content:
        candidate["content"] = {"role": "model", "parts": _parts(step.thought, text)}
    written = usage.text_tokens(text) if step.content and step.candidates else 0
    prompt = usage.metadata(question, clips)
    return {
        "candidates": [candidate] if step.candidates else [],
        "usageMetadata": usage.with_answer(prompt, written, thoughts),
    }


def _text(question: Question, step: Step, clips: Clips, opinion: str) -> str:
    if step.text is not None:
        return step.text
    duration_s = clips.duration_s(question.identity)
    made_up = rating(question.identity, duration_s, opinion)
    values = fitted(made_up, question.schema, question.identity)
    values = flawed_values(step.flaw, values, duration_s) | step.values
    fields = {name: value for name, value in values.items() if name not in step.without}
    return flawed_text(step.flaw, fields)


def _within(text: str, tokens: int) -> tuple[str, str]:
    """Thinking counts against the limit on output, so a small limit leaves little or no text."""
    if usage.text_tokens(text) <= tokens:
        return text, "STOP"
    return text[: max(0, tokens) * usage.CHARACTERS_PER_TOKEN], "MAX_TOKENS"


def _parts(thought: str | None, text: str) -> list[dict[str, Any]]:
    thinking = [{"text": thought, "thought": True}] if thought is not None else []
    return [*thinking, {"text": text}]
