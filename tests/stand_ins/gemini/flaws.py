"""Flaws of a model's answer by name: of its values, then of its text."""

import json
from collections.abc import Callable
from typing import Any, Literal, get_args

Flaw = Literal[
    "out_of_range",  # a score of 101
    "strings",  # numbers in quotation marks
    "beyond_the_clip",  # times after the clip's end
    "backwards",  # suspense that ends before it begins
    "yes_or_no",  # words for true and false
    "incoherent",  # probabilities of exclusive outcomes that sum to more than 1
    "no_evidence",  # high unexpectedness, and no moment to show for it
    "extra_field",
    "missing_field",
    "truncated",  # half the JSON
    "not_json",
    "fenced",  # JSON in a Markdown code block
    "a_list",  # the rating inside a JSON array
    "not_a_number",  # NaN, which JSON does not have
    "empty_text",
]
FLAWS: tuple[str, ...] = get_args(Flaw)

Values = dict[str, Any]


def flawed_values(flaw: str | None, values: Values, duration_s: float) -> Values:
    """The values with the flaw; unchanged when it is a flaw of texts."""
    spoil = _OF_VALUES.get(flaw or "")
    return spoil(values, duration_s) if spoil else values


def flawed_text(flaw: str | None, values: Values) -> str:
    """The answer's text with the flaw; plain JSON when it is a flaw of values."""
    text = json.dumps(values, ensure_ascii=False)
    write = _OF_TEXT.get(flaw or "")
    return write(text) if write else text


def _in_quotation_marks(values: Values, _duration_s: float) -> Values:
    return {
        name: str(value) if isinstance(value, int | float) else value
        for name, value in values.items()
    }


def _late(values: Values, duration_s: float) -> Values:
    evidence = [{"at_s": duration_s + 7, "what": "Made up by the stand-in: after the end."}]
    return values | {"surprise_onset_s": duration_s + 5, "evidence": evidence}


_OF_VALUES: dict[str, Callable[[Values, float], Values]] = {
    "out_of_range": lambda values, _: values | {"unexpectedness": 101},
    "strings": _in_quotation_marks,
    "beyond_the_clip": _late,
    "backwards": lambda values, duration_s: (
        values | {"suspense_from_s": duration_s, "suspense_to_s": 0.0}
    ),
    "yes_or_no": lambda values, _: values | {"recognised": "yes", "suspense_pays_off": "no"},
    "incoherent": lambda values, _: (
        values | {"probability_expected": 0.9, "probability_actual": 0.4}
    ),
    "no_evidence": lambda values, _: values | {"unexpectedness": 90, "evidence": []},
    "extra_field": lambda values, _: values | {"virality": 50},
    "missing_field": lambda values, _: {
        name: value for name, value in values.items() if name != "unexpectedness"
    },
    "not_a_number": lambda values, _: values | {"surprise_onset_s": float("nan")},
}
_OF_TEXT: dict[str, Callable[[str], str]] = {
    "truncated": lambda text: text[: len(text) // 2],
    "not_json": lambda _: "I am sorry, but I cannot rate this video.",
    "fenced": lambda text: f"```json\n{text}\n```",
    "a_list": lambda text: f"[{text}]",
    "empty_text": lambda _: "",
}
