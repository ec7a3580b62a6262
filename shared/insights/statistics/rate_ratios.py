"""Rate ratios of counts by generalised estimating equations (`gee_nb`).

The model is log E[y] = offset + intercept + design · β, with independence estimating equations
and the variance μ + αμ². α comes from the NB2 likelihood. The standard error is the bias-reduced
one of Mancl & DeRouen (2001, Biometrics 57(1), 126–134). Interval and p come from flipping the
signs of the creators' scores (score_bootstrap.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics.cluster_covariance import NotIdentified, bias_reduced, information
from shared.insights.statistics.count_models import Model, NotConverged, negative_binomial
from shared.insights.statistics.effect import NOT_FITTED, NotEstimable, TooFew, notes
from shared.insights.statistics.estimability import problem
from shared.insights.statistics.fit import Fit
from shared.insights.statistics.resampling import FloatArray, Groups
from shared.insights.statistics.score_bootstrap import ScoreBootstrap, ScoreInterval


def rate_ratios(
    y: FloatArray,
    design: pd.DataFrame,
    offset: FloatArray | None,
    groups: Groups,
    targets: Sequence[str] | None = None,
) -> Fit:
    """Fit the model of a count on all columns of the design at once.

    `y` holds counts of 0 or more, `offset` the log of the exposure or None. The intercept is added
    here. `targets` are the columns that get an interval (default: all). What cannot be fitted
    (an outcome that is 0 in every row, a constant or repeated column, separation, no convergence)
    gives a Fit with a note. Raises TooFew below columns + 3 rows or 2 creators, NotEstimable for a
    negative or missing count or an exposure without a logarithm.
    """
    names = tuple(str(name) for name in design.columns)
    y = _checked(np.asarray(y, dtype=np.float64), design, offset, groups)
    columns = np.asarray(design, dtype=np.float64).reshape(len(y), len(names))
    log_exposure = np.zeros(len(y)) if offset is None else np.asarray(offset, dtype=np.float64)
    if reason := problem(y, columns, names):
        return Fit(names, groups.n, groups.count, note=f"{NOT_FITTED}{reason}")
    # On standardised columns Newton's method converges whatever the units.
    units = columns.std(axis=0)
    x = np.column_stack([np.ones(len(y)), (columns - columns.mean(axis=0)) / units])
    try:
        model = negative_binomial(y, x, log_exposure)
    except NotConverged as error:
        return Fit(names, groups.n, groups.count, note=f"{NOT_FITTED}{error}")
    return _Inference(names, units, groups, x, y, model).fit(names if targets is None else targets)


@dataclass(frozen=True)
class _Inference:
    """Turns a model of standardised columns into a Fit per unit of the original columns."""

    names: tuple[str, ...]
    units: FloatArray
    groups: Groups
    x: FloatArray
    y: FloatArray
    model: Model

    def fit(self, targets: Sequence[str]) -> Fit:
        groups, units = self.groups, dict(zip(self.names, self.units.tolist(), strict=True))
        estimates = self.model.beta[1:] / self.units
        if not np.isfinite(estimates).all():
            note = f"{NOT_FITTED}a coefficient is not finite"
            return Fit(self.names, groups.n, groups.count, note=note)
        parts = information(self.x, self.model.weights, groups)
        errors, reason = self._standard_errors(parts)
        return Fit(
            self.names,
            groups.n,
            groups.count,
            estimates=dict(zip(self.names, estimates.tolist(), strict=True)),
            ses={name: se / units[name] for name, se in errors.items()},
            intervals={
                name: self._interval(name, errors[name], parts).divided_by(units[name])
                for name in targets
                if name in errors
            },
            alpha=self.model.alpha,
            note=notes([reason, self.model.note]),
        )

    def _interval(self, name: str, se: float, parts: FloatArray) -> ScoreInterval:
        column = 1 + self.names.index(name)
        return ScoreBootstrap(column, self.x, self.y, self.model, parts, self.groups).interval(se)

    def _standard_errors(self, parts: FloatArray) -> tuple[dict[str, float], str | None]:
        """Standard errors by name, on the standardised columns, or why there are none."""
        creators, columns = self.groups.count, len(self.names)
        covariance, reason = None, None
        try:
            covariance = bias_reduced(parts, self.x, self.model.scores(self.y), self.groups)
        except NotIdentified as error:
            reason = self._varies_within_one(error.cluster)
        if creators <= columns + 1:
            too_few = (
                f"{creators} creators for {columns} columns: no standard errors; "
                "leave out controls or add creators"
            )
            return {}, notes([reason, too_few])
        if covariance is None:
            return {}, reason
        variances = np.diag(covariance)[1:]
        if not (np.isfinite(variances).all() and (variances > 0).all()):
            return {}, "the creators do not determine the standard errors"
        return dict(zip(self.names, np.sqrt(variances).tolist(), strict=True)), None

    def _varies_within_one(self, cluster: int) -> str:
        others = self.groups.codes != cluster
        columns = [
            name
            for name, column in zip(self.names, self.x[:, 1:].T, strict=True)
            if np.ptp(column[others]) == 0
        ]
        return (
            f"{', '.join(columns) or 'a combination of columns'} varies within creator "
            f"{self.groups.names[cluster]} only, so there is no standard error across creators; "
            "leave it out"
        )


def _checked(
    y: FloatArray, design: pd.DataFrame, offset: FloatArray | None, groups: Groups
) -> FloatArray:
    if not len(y) == len(design) == groups.n or (offset is not None and len(offset) != len(y)):
        raise ValueError("outcome, design, offset and creators differ in their number of rows")
    if not np.isfinite(y).all() or (len(y) and y.min() < 0):
        raise NotEstimable("negative", "a count is missing or negative; drop such rows first")
    if not np.isfinite(np.asarray(design, dtype=np.float64)).all():
        raise ValueError("the design has missing or infinite values; drop such rows first")
    if offset is not None and not np.isfinite(offset).all():
        raise NotEstimable("not_positive", "an exposure of 0 has no logarithm; drop such rows")
    least = design.shape[1] + 3  # the intercept, alpha, and one to spare
    if len(y) < least:
        raise TooFew(
            f"{len(y)} rows for {design.shape[1]} columns: a count model needs {least} or more"
        )
    if groups.count < 2:
        raise TooFew(f"{groups.count} creator: a count model needs 2 or more")
    return y
