"""Two ratings that must show nothing: a negative control, and the rating of the next video.

A negative control (Lipsitch, Tchetgen Tchetgen & Cohen 2010, Epidemiology 21(3), 383–388) is a
rating that should not go with the outcome within creators. It stands in the model beside the
predictor: in its place it would show the predictor's own association wherever the two go together.
The lead placebo adds the rating of the creator's next video: it cannot have caused these views.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.quality_gate import FEWEST_ROWS
from shared.insights.statistics.effect import Effect
from shared.insights.statistics.lead import next_values
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups
from shared.insights.statistics.within_ratios import within_ratios

ALPHA = 0.05
NEXT = "next "


@dataclass(frozen=True)
class HeadlineModel:
    """The rows and columns that the headline is fitted to, so that a test can add one column.

    `weeks`, `sounds` and `clusters` are as in `within_ratios`.
    """

    y: FloatArray
    design: pd.DataFrame
    offset: FloatArray | None
    creators: Groups
    weeks: Groups | None = None
    sounds: Groups | None = None
    clusters: Groups | None = None

    def with_column(self, values: FloatArray, name: str, outcome: str, scale: str) -> Effect:
        """The effect of one more column, in the rows where it has a value."""
        rows: BoolArray = np.isfinite(values)
        groups = [self.weeks, self.sounds, self.clusters]
        weeks, sounds, clusters = (part and part.where(rows) for part in groups)
        fit = within_ratios(
            self.y[rows],
            self.design[rows].assign(**{name: values[rows]}),
            None if self.offset is None else self.offset[rows],
            self.creators.where(rows),
            [name],
            weeks=weeks,
            sounds=sounds,
            clusters=clusters,
        )
        return fit.effect(name, outcome, scale)


@dataclass(frozen=True)
class Placebos:
    """Columns of the headline's rows: the negative control under its name, and times of posting."""

    control: pd.Series | None = None
    created_at: pd.Series | None = None


def negative_control(
    model: HeadlineModel, headline: Effect, placebos: Placebos, notes: list[str]
) -> Effect | None:
    """The effect of the control; None without one, or with a sentence added to `notes`."""
    if placebos.control is None:
        return None
    values, name = placebos.control.to_numpy(dtype=np.float64), str(placebos.control.name)
    return _placebo(model, headline, values, name, f"negative control {name}", notes)


def lead_placebo(
    model: HeadlineModel, headline: Effect, placebos: Placebos, notes: list[str]
) -> Effect | None:
    """The effect of the next video's rating; None with a sentence added to `notes`."""
    if placebos.created_at is None:
        notes.append("No lead placebo: the plan names no created_at.")
        return None
    dated = placebos.created_at.notna().to_numpy(dtype=bool)
    times = placebos.created_at[dated].to_numpy(dtype="datetime64[us]").astype(np.int64)
    scores = model.design[headline.predictor].to_numpy(dtype=np.float64)
    values = np.full(len(scores), np.nan)
    values[dated] = next_values(scores[dated], times, model.creators.where(dated))
    return _placebo(model, headline, values, f"{NEXT}{headline.predictor}", "lead placebo", notes)


def _placebo(
    model: HeadlineModel,
    headline: Effect,
    values: FloatArray,
    name: str,
    what: str,
    notes: list[str],
) -> Effect | None:
    """The effect of one more column; None with a note where it has none."""
    rows = int(np.isfinite(values).sum())
    if rows < FEWEST_ROWS:
        notes.append(f"No {what}: {rows:,} videos have it, and {FEWEST_ROWS} are needed.")
        return None
    effect = model.with_column(values, name, headline.outcome, headline.scale)
    if effect.p is None:
        notes.append(f"No {what}: {effect.note or 'it has no interval'}.")
        return None
    return effect


def warnings_of(*effects: Effect | None) -> tuple[str, ...]:
    """A sentence for each of these ratings that goes with the outcome at .05."""
    return tuple(
        _WARNING[effect.predictor.startswith(NEXT)].format(
            name=effect.predictor, outcome=effect.outcome, p=f"p = {effect.p:.2g}"
        )
        for effect in effects
        if effect is not None and effect.p is not None and effect.p < ALPHA
    )


_WARNING = {
    False: "The negative control {name} goes with {outcome} within creators ({p}), which it should "
    "not: something that moves both is not in the model, and it may move the headline, too.",
    True: "The rating of a creator's next video goes with the {outcome} of this one ({p}), which "
    "it cannot cause: creators may repeat what worked, or ratings and counts drift together. Do "
    "not read the headline as an effect.",
}
