"""Placebo onsets: those of other videos, in their place.

Under no effect the curves say nothing of which onset is theirs. Each draw gives every video an
onset of any video that lies within its own curve. The statistic is the score of the window at the
model without any onset, cleared of what follows the window and divided by its clustered standard
error. One fit serves all draws.
"""

from dataclasses import dataclass

import numpy as np

from shared.insights.moment.curve_rules import LAST_SECOND
from shared.insights.moment.design import MomentDesign
from shared.insights.moment.estimate import window_exposures
from shared.insights.moment.exposure import after
from shared.insights.statistics.grid_effects import GridProjection
from shared.insights.statistics.hazard import hazard_fit, weighted_products
from shared.insights.statistics.products import applied
from shared.insights.statistics.resampling import FloatArray, Groups, IntArray

_NO_MORE = 1 - 1e-9
"""Ties between a placebo and the estimate count against it, whatever rounding makes of them."""


@dataclass(frozen=True, slots=True)
class NullModel:
    """The hazard without any onset: residuals (videos, seconds), and covariates of each second."""

    residual: FloatArray
    projection: GridProjection
    covariates: FloatArray
    clusters: Groups

    def statistic(self, exposures: FloatArray) -> float:
        """The studentised one-step log ratio of the first exposure, beside the others."""
        columns = np.concatenate([exposures, self.covariates])
        weighted = columns * self.projection.weights
        sums = self.projection.sums(weighted)
        gram = weighted_products(columns, weighted) - self.projection.explained(sums, sums)
        effects = self.projection.column_effects(*sums)
        scores = np.einsum("kij,ij->ik", columns, self.residual) - applied(self.residual, effects)
        # Row effects add nothing: residuals of a video add up to 0.
        direction = np.asarray(np.linalg.lstsq(gram, np.eye(len(gram))[0], rcond=None)[0])
        moves = self.clusters.sums(applied(scores, direction))
        se = float(np.sqrt((moves**2).sum()))
        return float(moves.sum()) / se if se > 0 else 0.0


def null_model(design: MomentDesign) -> NullModel:
    """The hazard without any onset. Raises NoHazard."""
    steps = design.steps.estimable()

    def fit(covariates: FloatArray) -> NullModel:
        solution = hazard_fit(steps, np.zeros((0, *steps.at_risk.shape)), covariates)
        return NullModel(solution.residual, solution.projection, covariates, design.clusters)

    return design.with_covariates(fit)


def placebo_p(
    design: MomentDesign, window_s: tuple[float, float], sd_s: float, placebos: int, seed: int
) -> float:
    """How often placebo onsets give as strong a result: (1 + #) / (1 + placebos)."""
    model = null_model(design)
    draws = PlaceboOnsets(design)
    onsets_s = draws.onsets_s
    columns = window_exposures(onsets_s, design.seconds, window_s, sd_s)
    later = after(onsets_s, design.seconds, LAST_SECOND + 1.0, sd_s)[None]
    columns[1] -= later[0]
    # One row for each onset: a draw chooses rows.
    exposures = np.concatenate([columns, later])
    own = np.searchsorted(onsets_s, design.onsets_s)
    threshold = abs(model.statistic(exposures[:, own])) * _NO_MORE
    farther = sum(
        abs(model.statistic(exposures[:, draws.draw(seed, number)])) >= threshold
        for number in range(placebos)
    )
    return (1 + farther) / (1 + placebos)


class PlaceboOnsets:
    """Onsets of other videos that lie within a video's own curve; `onsets_s` are all, sorted."""

    def __init__(self, design: MomentDesign):
        self.onsets_s: FloatArray = np.sort(design.onsets_s)
        own = np.array([_last_s(steps) for steps in design.steps.at_risk])
        latest = np.maximum(own, design.onsets_s)
        self._feasible = np.searchsorted(self.onsets_s, latest, side="right")

    def draw(self, seed: int, number: int) -> IntArray:
        """Which onset each video gets in one draw. It rests on the seed and its number alone."""
        chosen: IntArray = np.random.default_rng((seed, number)).integers(0, self._feasible)
        return chosen


def _last_s(at_risk: FloatArray) -> float:
    """The last second at which somebody may leave."""
    return float(np.flatnonzero(at_risk)[-1])
