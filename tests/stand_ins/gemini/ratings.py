"""Ratings invented from a clip's identity: plausible and deterministic."""

import random
from typing import Any

_LANGUAGES = ("en", "es", "pt-BR", "id", "de", "ar", "zh-Hant", None)
_FREE_SCORES = (
    "explanation_difficulty",
    "emotional_intensity",
    "positivity",
    "negativity",
    "desirability_expected",
    "desirability_unexpected",
    "closeness",
    "perceived_realism",
    "confidence",
)
_WOBBLE = 4  # points that a second opinion differs by at most


def rating(identity: str, duration_s: float, opinion: str = "") -> dict[str, Any]:
    """A rating of the rubric's fields, by identity alone; another `opinion` differs by a little."""
    draw = random.Random(identity)
    surprise = draw.randint(0, 100)
    gap = _score(surprise + draw.randint(-15, 15))
    probable = round(0.02 + 0.9 * (1 - surprise / 100), 2)
    expected = round(min(1 - probable, 0.2 + 0.7 * surprise / 100), 2)
    onset = round(draw.uniform(0.2, 0.8) * duration_s, 2)
    values: dict[str, Any] = {
        "setup": "Made up by the stand-in: a set-up.",
        "expectation": "Made up by the stand-in: the set-up goes on as it began.",
        "event": "Made up by the stand-in: something else.",
        "violation": "Made up by the stand-in: it does not.",
        "surprise_onset_s": onset,
        "unexpectedness": surprise,
        "expectation_gap": gap,
        "probability_expected": expected,
        "probability_actual": probable,
        "cognitive_interruption": _score(surprise + draw.randint(-10, 10)),
        "sexual_content": draw.choice((0, 0, 0, 0, 10, 25)),
        "language": draw.choice(_LANGUAGES),
        "evidence": [
            {"at_s": round(onset / 2, 2), "what": "Made up by the stand-in: the set-up."},
            {"at_s": onset, "what": "Made up by the stand-in: the moment."},
        ],
    }
    values |= {name: draw.randint(0, 100) for name in _FREE_SCORES}
    values |= _of_the_whole(f"{identity} suspense", onset)
    return _reconsidered(values, f"{identity} {opinion}") if opinion else values


def _of_the_whole(identity: str, onset_s: float) -> dict[str, Any]:
    """Suspense up to the moment, the hook, and whether the clip is recognised."""
    draw = random.Random(identity)
    suspense = draw.randint(0, 100)
    has_suspense = suspense > 20
    return {
        "suspense": suspense,
        "hook": draw.randint(0, 100),
        "suspense_from_s": round(onset_s * draw.random(), 2) if has_suspense else None,
        "suspense_to_s": onset_s if has_suspense else None,
        "suspense_pays_off": draw.random() < 0.7 if has_suspense else None,
        "recognised": draw.random() < 0.05,
    }


def fitted(values: dict[str, Any], schema: dict[str, Any] | None, identity: str) -> dict[str, Any]:
    """Values for a schema, in its order; an unknown field gets any value of its type."""
    if not schema or "properties" not in schema:
        return values
    draw = random.Random(identity)
    properties = schema["properties"]
    order = schema.get("propertyOrdering") or list(properties)
    return {
        name: values[name] if name in values else _any_of_type(properties[name], draw)
        for name in order
        if name in properties
    }


def _reconsidered(values: dict[str, Any], seed: str) -> dict[str, Any]:
    draw = random.Random(seed)
    scores = {name: value for name, value in values.items() if type(value) is int}
    return values | {
        name: _score(value + draw.randint(-_WOBBLE, _WOBBLE)) for name, value in scores.items()
    }


def _score(number: int) -> int:
    return min(100, max(0, number))


def _any_of_type(schema: dict[str, Any], draw: random.Random) -> Any:
    kind = str(schema.get("type", "STRING")).upper()
    if schema.get("enum"):
        return draw.choice(schema["enum"])
    low, high = schema.get("minimum", 0), schema.get("maximum", 100)
    if kind == "INTEGER":
        return draw.randint(int(low), int(high))
    if kind == "NUMBER":
        return round(draw.uniform(low, high), 2)
    if kind == "BOOLEAN":
        return draw.random() < 0.5
    if kind == "ARRAY":
        return [_any_of_type(schema.get("items", {}), draw)]
    if kind == "OBJECT":
        properties = schema.get("properties", {})
        return {name: _any_of_type(schema, draw) for name, schema in properties.items()}
    return None if kind == "NULL" else "Made up by the stand-in."
