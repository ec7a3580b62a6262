"""Where placebo onsets put the ratio of each second around them: the grey band of the figure.

Each draw takes one step of scoring from the model without any onset. Its columns are 1 in a single
second of each video, so their sums are gathered and no table of videos and seconds is made.
"""

from collections.abc import Mapping

import numpy as np

from shared.insights.moment.curve_rules import LAST_SECOND
from shared.insights.moment.design import MomentDesign
from shared.insights.moment.estimate import FIRST_SECOND, LAGS, LEADS, ratios_of
from shared.insights.moment.placebo import NullModel, PlaceboOnsets, null_model
from shared.insights.statistics.resampling import FloatArray, IntArray

_QUANTILES = (0.025, 0.975)
FEWEST_PLACEBOS = 39
"""With fewer draws the outermost is within the band."""


def placebo_band(
    design: MomentDesign, placebos: int, seed: int
) -> Mapping[int, tuple[float, float]]:
    """The ratios between which 95 % of the placebos lie, by second; empty for few placebos.

    Seconds before the onset are compared with earlier ones, later seconds with all before it, as in
    the estimate. Raises NoHazard.
    """
    if placebos < FEWEST_PLACEBOS:
        return {}
    step = _OneStep(null_model(design))
    draws = PlaceboOnsets(design)
    ratios = np.stack(
        [step.log_ratios(draws.onsets_s[draws.draw(seed, number)]) for number in range(placebos)]
    )
    low, high = ratios_of(np.quantile(ratios, _QUANTILES, axis=0))
    return {second: (float(low[at]), float(high[at])) for at, second in enumerate((*LEADS, *LAGS))}


class _OneStep:
    """The log ratios of a step of scoring from the null model, for any onsets.

    Covariates are not cleared again: residuals of the null model are free of them.
    """

    def __init__(self, model: NullModel):
        self._projection, self._residual = model.projection, model.residual
        self._padded_weights = _padded(model.projection.weights)
        self._padded_residual = _padded(model.residual)

    def log_ratios(self, onsets_s: FloatArray) -> FloatArray:
        """The log ratio of each second from the first lead to the last lag."""
        first = np.floor(onsets_s).astype(np.int64)[:, None]
        at = first + np.arange(LAST_SECOND + 1 - FIRST_SECOND)
        weights = np.take_along_axis(self._padded_weights, at, axis=1)
        scores = np.take_along_axis(self._padded_residual, at, axis=1)
        later = np.arange(self._residual.shape[1]) > first + LAST_SECOND
        later_weights = np.where(later, self._projection.weights, 0.0)
        by_row = np.column_stack([weights, later_weights.sum(axis=1)])
        by_column = np.column_stack([self._by_second(at, weights), later_weights.sum(axis=0)])
        slope = np.append(scores.sum(axis=0), self._residual[later].sum())
        sums = (by_row, by_column)
        gram = np.diag(by_row.sum(axis=0)) - self._projection.explained(sums, sums)
        lags = slice(len(LEADS), None)
        return np.append(
            _solution(gram, slope)[: len(LEADS)], _solution(gram[lags, lags], slope[lags])[:-1]
        )

    def _by_second(self, at: IntArray, weights: FloatArray) -> FloatArray:
        """Sums of the weights by second, one column for each second around the onset."""
        seconds = self._padded_weights.shape[1]
        columns = [
            np.bincount(where, values, seconds)
            for where, values in zip(at.T, weights.T, strict=True)
        ]
        table: FloatArray = np.column_stack(columns).astype(np.float64)
        return table[-FIRST_SECOND : -(LAST_SECOND + 1)]


def _padded(values: FloatArray) -> FloatArray:
    """Columns of zeros on either side, so that no second around an onset lies outside."""
    padded: FloatArray = np.pad(values, ((0, 0), (-FIRST_SECOND, LAST_SECOND + 1)))
    return padded


def _solution(gram: FloatArray, slope: FloatArray) -> FloatArray:
    """gram⁻¹ slope; 0 for a second that no placebo shows."""
    return np.asarray(np.linalg.lstsq(gram, slope, rcond=1e-10)[0], dtype=np.float64)
