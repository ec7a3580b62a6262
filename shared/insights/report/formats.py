"""The formats of numbers and names in a report."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.insights.figure_names import method_name, predictor_name
from shared.insights.number_words import decimals, ratio_text, small_p

MINUS = "−"


def count(value: float) -> str:
    return f"{value:,.0f}".replace("-", MINUS)


def number(value: float) -> str:
    """Three significant digits; from 1,000 a whole number with separators."""
    if abs(value) >= 1_000:
        return count(value)
    return f"{value:.3g}".replace("-", MINUS)


def text(value: object) -> str:
    return str(value)


def names(values: list[str]) -> str:
    return ", ".join(values)


FORMATS: Mapping[str, Callable[[Any], str]] = {
    "rho": decimals,
    "count": count,
    "number": number,
    "ratio": ratio_text,
    "small": small_p,
    "text": text,
    "method": method_name,
    "predictor": predictor_name,
    "names": names,
}
