"""How `tta validate` writes figures, intervals and verdicts."""

from typing import Any

VERDICTS = {
    "pass": "passes",  # nosec B105 # a verdict
    "fail": "FAILS",
    "undecided": "undecided",
    "missing": "no data",
    "stand_in": "stand-in, no result",
}


def with_interval(figure: dict[str, Any]) -> str:
    """An estimate with its 95 % interval; a dash where it is not defined."""
    if figure.get("estimate") is None:
        return "–"
    ends = interval(figure)
    return number(figure["estimate"]) + (f" [{ends}]" if ends else "")


def interval(figure: dict[str, Any]) -> str:
    if figure.get("ci_low") is None or figure.get("ci_high") is None:
        return ""
    return f"{number(figure['ci_low'])} to {number(figure['ci_high'])}"


def number(value: float | None) -> str:
    # Adding 0 turns −0.0 into 0.0.
    return "" if value is None else f"{round(value, 2) + 0.0:.2f}".replace("-", "−")
