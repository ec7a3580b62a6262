"""Pairs of a predictor and an outcome: their columns and the reported effects."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.effect import Effect, TooFew
from shared.insights.statistics.interval import Resampling, interval_of
from shared.insights.statistics.resampling import FloatArray, Groups

FEWEST_ROWS = 3
FEWEST_CLUSTERS = 2


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """A predictor, an outcome, and the column that holds the outcome on the scale."""

    predictor: str
    outcome: str
    scale: str = "count"
    column: str | None = None

    @property
    def outcome_column(self) -> str:
        return self.column or self.outcome


class Columns:
    """The numeric columns that some pairs need, each once. Raises TooFew, ValueError."""

    def __init__(self, frame: pd.DataFrame, pairs: Sequence[ColumnPair], groups: Groups):
        if len(frame) != groups.n:
            raise ValueError(f"{len(frame)} rows, but creators for {groups.n}")
        refuse_too_few(groups.n, groups)
        names = [name for pair in pairs for name in (pair.predictor, pair.outcome_column)]
        self.names = list(dict.fromkeys(names))
        self._values = {name: finite_values(frame[name], name) for name in self.names}
        self._pairs = tuple(pairs)

    def of(self, name: str) -> FloatArray:
        return self._values[name]

    def all(self) -> list[FloatArray]:
        return list(self._values.values())

    def positions(self) -> list[tuple[int, int]]:
        """The positions in `names` of the two columns of each pair."""
        return [
            (self.names.index(pair.predictor), self.names.index(pair.outcome_column))
            for pair in self._pairs
        ]

    def effects(
        self,
        method: str,
        estimates: FloatArray,
        replicates: FloatArray,
        resampling: Resampling,
        groups: Groups,
    ) -> tuple[Effect, ...]:
        """An effect per pair from its estimate (pairs,) and its resampled values (…, pairs)."""
        return tuple(
            self._effect(method, pair, float(estimate), column, resampling, groups)
            for pair, estimate, column in zip(self._pairs, estimates, replicates.T, strict=True)
        )

    def _effect(
        self,
        method: str,
        pair: ColumnPair,
        estimate: float,
        replicates: FloatArray,
        resampling: Resampling,
        groups: Groups,
    ) -> Effect:
        interval = interval_of(estimate, replicates, resampling, groups)
        return Effect(
            predictor=pair.predictor,
            outcome=pair.outcome,
            method=method,
            scale=pair.scale,
            estimate=interval.estimate,
            se=interval.se,
            ci_low=interval.low,
            ci_high=interval.high,
            p=interval.p,
            q=None,
            n=groups.n,
            clusters=groups.count,
            interval=interval.resampling,
            df=interval.df,
            note=self._constant(pair) or interval.note,
        )

    def _constant(self, pair: ColumnPair) -> str | None:
        for name in (pair.predictor, pair.outcome_column):
            if self._values[name].min() == self._values[name].max():
                return f"{name} is {self._values[name][0]:g} in every row, so it goes with nothing"
        return None


def finite_values(column: pd.Series, name: str) -> FloatArray:
    values = np.asarray(column, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} has missing or infinite values; drop such rows first")
    return values


def refuse_too_few(rows: int, groups: Groups, spent_on: str = "") -> None:
    """Raises TooFew."""
    after = f" after {spent_on}" if spent_on else ""
    if rows < FEWEST_ROWS:
        raise TooFew(f"{max(rows, 0)} rows{after}: a correlation needs {FEWEST_ROWS} or more")
    if groups.count < FEWEST_CLUSTERS:
        raise TooFew(
            f"{groups.count} creator: an interval needs {FEWEST_CLUSTERS} or more; "
            "add videos of other creators"
        )
