"""Two ratings that must show nothing: a negative control, and the rating of the next video.

A negative control (Lipsitch, Tchetgen Tchetgen & Cohen 2010, Epidemiology 21(3), 383–388) is a
rating that should not go with the outcome within creators. It stands in the model beside the
predictor: in its place it would show the predictor's own association wherever the two go together.
The lead placebo adds the rating of the creator's next video: it cannot have caused these views.
"""

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.headline import Headline
from shared.insights.quality_gate import FEWEST_ROWS
from shared.insights.sample import Sample
from shared.insights.statistics.effect import Effect
from shared.insights.statistics.lead import next_values
from shared.insights.statistics.resampling import BoolArray, Groups
from shared.insights.statistics.within_ratios import within_ratios

ALPHA = 0.05
NEXT = "next "
CREATED_AT = "created_at"


def negative_control(headline: Headline, name: str, notes: list[str]) -> Effect | None:
    """The effect of the control; None with a sentence added to `notes`."""
    if name not in headline.sample.frame:
        notes.append(f"No negative control: the table has no {name}.")
        return None
    return _placebo(headline, headline.sample.frame[name], name, f"negative control {name}", notes)


def lead_placebo(
    headline: Headline, predictor: str, sample: Sample, notes: list[str]
) -> Effect | None:
    """The effect of the next video's rating; None with a sentence added to `notes`.

    The next video is looked up among all of `sample`, which may hold more than the headline uses.
    """
    if CREATED_AT not in sample.frame:
        notes.append("No lead placebo: the plan names no created_at.")
        return None
    dated = sample.frame[CREATED_AT].notna().to_numpy(dtype=bool)
    rows = sample.frame[dated]
    times = rows[CREATED_AT].dt.tz_localize(None).to_numpy(dtype="datetime64[us]").astype(np.int64)
    scores = rows[predictor].to_numpy(dtype=np.float64)
    following = next_values(scores, times, sample.groups.where(dated))
    values = pd.Series(following, index=rows.index)
    return _placebo(headline, values, f"{NEXT}{predictor}", "lead placebo", notes)


def _placebo(
    headline: Headline, values: pd.Series, name: str, what: str, notes: list[str]
) -> Effect | None:
    """The effect of one more column; None with a note where it has none."""
    aligned = values.reindex(headline.rows).astype("float64")
    rows = int(np.isfinite(aligned).sum())
    if rows < FEWEST_ROWS:
        notes.append(f"No {what}: {rows:,} videos have it, and {FEWEST_ROWS} are needed.")
        return None
    effect = _with_column(headline, aligned, name)
    if effect.p is None:
        notes.append(f"No {what}: {effect.note or 'it has no interval'}.")
        return None
    return effect


def _with_column(headline: Headline, values: pd.Series, name: str) -> Effect:
    """The effect of one more column in the headline's model, in the rows where it has a value."""
    model, question = headline.model, headline.question
    assert model is not None
    rows: BoolArray = np.isfinite(values.to_numpy(dtype=np.float64))
    design = pd.DataFrame(model.x[rows], columns=list(model.names))
    fit = within_ratios(
        model.y[rows],
        design.assign(**{name: values.to_numpy(dtype=np.float64)[rows]}),
        model.offset[rows],
        model.creators.where(rows),
        [name],
        weeks=_part(model.weeks, rows),
        sounds=_part(headline.sounds, rows),
        clusters=_part(headline.clusters, rows),
    )
    return fit.effect(name, question.outcome, question.scale)


def _part(groups: Groups | None, rows: BoolArray) -> Groups | None:
    return None if groups is None else groups.where(rows)


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
