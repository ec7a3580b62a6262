"""One association as it is reported: an estimate, its interval, and its sample."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from math import isfinite
from typing import Any

NOT_FITTED = "not fitted: "
"""How the note of a model begins that could not be fitted."""


class NotEstimable(ValueError):
    """The data have no answer to a question. The sentence says why.

    `what` is a word for machines (`constant`, `too_few`, `collinear`, `not_positive` …).
    """

    def __init__(self, what: str, sentence: str):
        super().__init__(sentence)
        self.what = what
        self.sentence = sentence


class TooFew(NotEstimable):
    """Fewer rows or creators than the method needs."""

    def __init__(self, sentence: str):
        super().__init__("too_few", sentence)


@dataclass(frozen=True, slots=True)
class Effect:
    """The association of one predictor with one outcome, by one method, on one scale.

    For rank methods `estimate` is a correlation in [-1, 1]. For count models it is the log
    rate ratio for one unit of the predictor as it stands in the design, and `irr` is its
    exponential. `se` is on the scale of `estimate`. `p` is two-sided and belongs to the
    interval: p < .05 exactly when the 95 % interval leaves out zero. `q` is p after
    Benjamini–Hochberg, None for the primary. An undefined number is None, and `note` says
    why; numbers are always finite. `interval` says where interval and p come from:
    "jackknife" or "bootstrap" of creators, "signs" of their scores, "sandwich" over them. `df` are
    the degrees of freedom where they come from t.
    """

    predictor: str
    outcome: str
    method: str
    scale: str
    estimate: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    p: float | None
    q: float | None
    n: int
    clusters: int
    irr: float | None = None
    irr_low: float | None = None
    irr_high: float | None = None
    interval: str | None = None
    df: float | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float) and not isfinite(value):
                raise ValueError(f"{self.predictor} × {self.outcome}: {field.name} is {value}")

    def document(self) -> dict[str, Any]:
        """The effect as a JSON object: undefined numbers are None, the others are not rounded."""
        return asdict(self)


def notes(parts: Sequence[str | None]) -> str | None:
    """The parts that exist, joined by semicolons; None when there are none."""
    sentences = [part for part in parts if part]
    return "; ".join(sentences) or None
