"""Counts of videos at one age, so that older videos do not look more successful."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd  # type: ignore[import-untyped]

from shared.insights.plan import Plan
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.table.schema import AGE

VIDEO = "video_id"
USED_FROM = 0.8
"""The counts at equal age are used when so many of a sample's videos have them: the videos without
would otherwise be left out of the answer, and they may differ."""

AGE_CONTROLS = frozenset({AGE, f"log({AGE})", f"log1p({AGE})"})


@dataclass(frozen=True)
class EqualAge:
    """Counts by video at `days` after the post; columns are outcomes."""

    days: float
    counts: pd.DataFrame

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]], plan: Plan) -> "EqualAge | None":
        """The rows of the view kpis_at_age at the plan's age; None where there are none."""
        days = plan.equal_age_days
        if days is None or not rows:
            return None
        chosen = [row for row in rows if float(row["age_days"]) == days]
        if not chosen:
            return None
        frame = pd.DataFrame(chosen).drop_duplicates(VIDEO).set_index(VIDEO)
        names = {*plan.outcomes, *plan.exposure.values()} & set(frame.columns)
        return cls(days, frame[sorted(names)].astype("float64"))

    def share(self, sample: Sample, question: OutcomeQuestion) -> float:
        """The share of the sample's videos whose counts at this age are known."""
        return float(self._known(sample.frame, question).mean()) if len(sample.frame) else 0.0

    def sample(self, sample: Sample, question: OutcomeQuestion) -> Sample:
        """The sample with counts at this age, of the videos that have them; age is no control."""
        part = sample.where(self._known(sample.frame, question))
        frame = self.counted(part.frame, question)
        if question.exposure:
            frame = frame.assign(
                **{question.column: frame[question.outcome] / frame[question.exposure]}
            )
        controls = part.controls.drop(columns=AGE_CONTROLS & set(part.controls.columns))
        return replace(part, frame=frame, controls=controls)

    def counted(self, frame: pd.DataFrame, question: OutcomeQuestion) -> pd.DataFrame:
        """The rows whose counts at this age are known, with these counts."""
        rows = frame[self._known(frame, question)]
        counts = self.counts.loc[rows[VIDEO].to_numpy(), self._names(question)]
        return rows.assign(**{name: counts[name].to_numpy() for name in counts.columns})

    def _names(self, question: OutcomeQuestion) -> list[str]:
        names = [question.outcome]
        if question.exposure and question.exposure in self.counts.columns:
            names.append(question.exposure)
        return names

    def _known(self, frame: pd.DataFrame, question: OutcomeQuestion) -> pd.Series:
        if VIDEO not in frame or question.outcome not in self.counts.columns:
            return pd.Series(False, index=frame.index)
        counts = self.counts[self._names(question)]
        known = counts.notna().all(axis=1)
        if question.exposure in counts.columns:
            known &= counts[question.exposure] > 0
        return frame[VIDEO].isin(known.index[known])
