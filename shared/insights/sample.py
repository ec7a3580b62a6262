"""The rows that answer each question: those with its outcome and its exposure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.periods import calendar_periods
from shared.insights.plan import Plan
from shared.insights.quality_gate import FEWEST_ROWS, Gate
from shared.insights.statistics.design import control_columns, varying
from shared.insights.statistics.pairs import ColumnPair
from shared.insights.statistics.resampling import FloatArray, Groups
from shared.insights.table.schema import MEANS


@dataclass(frozen=True)
class OutcomeQuestion:
    """An outcome on its scale: count, mean, or rate per `exposure`."""

    outcome: str
    scale: str
    exposure: str | None = None

    @property
    def column(self) -> str:
        return f"{self.outcome} / {self.exposure}" if self.exposure else self.outcome


@dataclass(frozen=True)
class Sample:
    """Rows that have the outcomes of some questions, with their creators and controls."""

    frame: pd.DataFrame
    groups: Groups
    controls: pd.DataFrame
    predictors: tuple[str, ...]

    @cached_property
    def design(self) -> pd.DataFrame:
        """All predictors and all controls: one model."""
        predictors = (self.frame[name] for name in self.predictors)
        return varying(pd.concat([*predictors, self.controls], axis=1))

    @cached_property
    def weeks(self) -> Groups:
        """The calendar weeks of posting, as far as they are known."""
        return calendar_periods(self.frame["created_at"])

    def offset(self, question: OutcomeQuestion) -> FloatArray | None:
        if question.exposure is None:
            return None
        logs: FloatArray = np.log(self.frame[question.exposure].to_numpy(dtype=np.float64))
        return logs

    def counts(self, question: OutcomeQuestion) -> FloatArray:
        values: FloatArray = self.frame[question.outcome].to_numpy(dtype=np.float64)
        return values

    def values(self, question: OutcomeQuestion) -> FloatArray:
        """The outcome on its scale: the count, or the count per exposure."""
        values: FloatArray = self.frame[question.column].to_numpy(dtype=np.float64)
        return values

    def pair(self, predictor: str, question: OutcomeQuestion) -> ColumnPair:
        return ColumnPair(predictor, question.outcome, question.scale, question.column)

    def where(self, mask: Any) -> "Sample":
        chosen = np.asarray(mask, dtype=bool)
        return Sample(
            self.frame[chosen],
            self.groups.where(chosen),
            varying(self.controls[chosen]),
            self.predictors,
        )


def questions(plan: Plan, left_out: tuple[str, ...]) -> tuple[OutcomeQuestion, ...]:
    """Every outcome as a count and, where it has an exposure, as a rate; a mean as it is."""
    result = []
    for outcome in plan.outcomes:
        if outcome in left_out:
            continue
        if outcome in MEANS:
            result.append(OutcomeQuestion(outcome, "mean"))
        else:
            result.append(OutcomeQuestion(outcome, "count"))
            if outcome in plan.exposure:
                result.append(OutcomeQuestion(outcome, "rate", plan.exposure[outcome]))
    return tuple(result)


def samples(
    gate: Gate, plan: Plan, questions: Iterable[OutcomeQuestion]
) -> Iterator[tuple[Sample, list[OutcomeQuestion]]]:
    """Samples, each with the questions that its rows answer: they are resampled together once."""
    frame = gate.frame.copy()
    by_rows: dict[bytes, tuple[Any, list[OutcomeQuestion]]] = {}
    for question in questions:
        mask = frame[question.outcome].notna().to_numpy(dtype=bool)
        if question.exposure:
            exposure = frame[question.exposure]
            mask = mask & (exposure > 0).to_numpy(dtype=bool)  # a rate needs an exposure above 0
            frame[question.column] = frame[question.outcome] / exposure.where(exposure > 0)
        by_rows.setdefault(mask.tobytes(), (mask, []))[1].append(question)
    predictors = tuple(name for name in plan.predictors if name not in gate.left_out)
    transforms = {
        name: transform for name, transform in plan.controls.items() if name not in gate.left_out
    }
    for mask, answerable in by_rows.values():
        rows = frame[mask]
        labels = rows[plan.cluster] if plan.cluster else [str(row) for row in rows.index]
        controls = pd.DataFrame(index=rows.index)
        if len(rows) >= FEWEST_ROWS:
            clusters = pd.Series(list(labels), index=rows.index)
            controls = control_columns(rows, transforms, clusters)
        yield Sample(rows, Groups.of(labels), controls, predictors), answerable
