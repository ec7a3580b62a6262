"""The formats of numbers and names in a report."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.insights.wording import decimals

MINUS = "−"


def count(value: float) -> str:
    return f"{value:,.0f}".replace("-", MINUS)


def number(value: float) -> str:
    """Three significant digits; from 1,000 a whole number with separators."""
    if abs(value) >= 1_000:
        return count(value)
    return f"{value:.3g}".replace("-", MINUS)


def ratio(value: float) -> str:
    return f"{value:.2f}" if 0.1 <= value < 100 else f"{value:.3g}"


def ratio_of_one_point(value: float) -> str:
    return f"{value:.4f}"


def small(p: float) -> str:
    return "< .001" if p < 0.001 else f"{p:.3f}".replace("0.", ".", 1)


def text(value: object) -> str:
    return str(value)


def names(values: list[str]) -> str:
    return ", ".join(values)


FORMATS: Mapping[str, Callable[[Any], str]] = {
    "rho": decimals,
    "count": count,
    "number": number,
    "ratio": ratio,
    "ratio_of_one_point": ratio_of_one_point,
    "small": small,
    "text": text,
    "names": names,
}
