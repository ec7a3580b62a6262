"""A predictor and an outcome that are correlated: their columns, and the row that is reported."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.effect import Effect, TooFew
from shared.insights.statistics.interval import Way, interval_of
from shared.insights.statistics.resampling import FloatArray, Groups

FEWEST_ROWS = 3
FEWEST_CLUSTERS = 2


@dataclass(frozen=True, slots=True)
class Pair:
    """A predictor, an outcome, and the column that holds the outcome on the scale named."""

    predictor: str
    outcome: str
    scale: str = "count"
    column: str | None = None

    @property
    def outcome_column(self) -> str:
        return self.column or self.outcome


class Columns:
    """The numeric columns that some pairs need, each once. Raises TooFew, ValueError."""

    def __init__(self, frame: pd.DataFrame, pairs: Sequence[Pair], groups: Groups):
        if len(frame) != groups.n:
            raise ValueError(f"{len(frame)} rows, but creators for {groups.n}")
        enough(groups.n, groups)
        wanted = [name for pair in pairs for name in (pair.predictor, pair.outcome_column)]
        self.names = list(dict.fromkeys(wanted))
        self._values = {name: numbers(frame[name], name) for name in self.names}
        self._pairs = tuple(pairs)

    def of(self, name: str) -> FloatArray:
        return self._values[name]

    def all(self) -> list[FloatArray]:
        return list(self._values.values())

    def places(self) -> list[tuple[int, int]]:
        """Where in `names` the two columns of each pair stand."""
        return [
            (self.names.index(pair.predictor), self.names.index(pair.outcome_column))
            for pair in self._pairs
        ]

    def effects(
        self,
        method: str,
        estimates: FloatArray,
        replicates: FloatArray,
        way: Way,
        groups: Groups,
    ) -> tuple[Effect, ...]:
        """A row per pair from its estimate (pairs,) and its values in the resamples (…, pairs)."""
        return tuple(
            self._effect(method, pair, float(estimate), column, way, groups)
            for pair, estimate, column in zip(self._pairs, estimates, replicates.T, strict=True)
        )

    def _effect(
        self,
        method: str,
        pair: Pair,
        estimate: float,
        replicates: FloatArray,
        way: Way,
        groups: Groups,
    ) -> Effect:
        found = interval_of(estimate, replicates, way, groups)
        return Effect(
            predictor=pair.predictor,
            outcome=pair.outcome,
            method=method,
            scale=pair.scale,
            estimate=found.estimate,
            se=found.se,
            ci_low=found.low,
            ci_high=found.high,
            p=found.p,
            q=None,
            n=groups.n,
            clusters=groups.count,
            interval=found.way,
            df=found.df,
            note=self._constant(pair) or found.note,
        )

    def _constant(self, pair: Pair) -> str | None:
        for name in (pair.predictor, pair.outcome_column):
            if self._values[name].min() == self._values[name].max():
                return f"{name} is {self._values[name][0]:g} in every row, so it goes with nothing"
        return None


def numbers(column: pd.Series, name: str) -> FloatArray:
    values = np.asarray(column, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} has missing or infinite values; drop such rows first")
    return values


def enough(rows: int, groups: Groups, beside: str = "") -> None:
    """Raises TooFew."""
    spent = f" after {beside}" if beside else ""
    if rows < FEWEST_ROWS:
        raise TooFew(f"{max(rows, 0)} rows{spent}: a correlation needs {FEWEST_ROWS} or more")
    if groups.count < FEWEST_CLUSTERS:
        raise TooFew(
            f"{groups.count} creator: an interval needs {FEWEST_CLUSTERS} or more; "
            "add videos of other creators"
        )
