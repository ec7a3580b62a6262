"""Rate ratios of counts: three models of the same mean, so that none is believed alone.

All model log E[y] = offset + intercept + design · β, and differ in weights and intervals:

- `gee_nb`, the headline: independence estimating equations with the variance μ + αμ², α from the
  NB2 likelihood; the bias-reduced standard error of Mancl & DeRouen (2001, Biometrics 57(1),
  126–134); interval and p from flipping the signs of the creators' scores (see signflip.py).
- `nb2`: maximum likelihood of the negative binomial with variance μ + αμ²; sandwich over creators.
- `poisson_qmle`: Poisson quasi-likelihood, right whenever the mean is (Gourieroux, Monfort &
  Trognon 1984, Econometrica 52(3), 701–720); sandwich over creators.

The two sandwiches are read by t on creators - 1, and have the usual factor
G / (G - 1) · (n - 1) / (n - k) (Cameron & Miller 2015).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.statistics import count_models as countfit
from shared.insights.statistics.cluster_covariance import (
    NotIdentified,
    bias_reduced,
    information,
    sandwich,
)
from shared.insights.statistics.count_models import Model, NotConverged
from shared.insights.statistics.effect import NotEstimable, TooFew, notes
from shared.insights.statistics.estimability import problem
from shared.insights.statistics.fit import Fit, by_t
from shared.insights.statistics.resampling import FloatArray, Groups
from shared.insights.statistics.score_bootstrap import SignFlip, Span

METHODS = ("gee_nb", "nb2", "poisson_qmle")


def rate_ratios(
    y: FloatArray,
    design: pd.DataFrame,
    offset: FloatArray | None,
    groups: Groups,
    asked: Sequence[str] | None = None,
) -> tuple[Fit, Fit, Fit]:
    """Fit the GEE-NB, the NB2 and the Poisson-QMLE of a count on all columns of the design at once.

    `y` holds counts of 0 or more, `offset` the log of the exposure or None; the intercept is added
    here; `asked` are the columns whose interval is wanted (default: all). What cannot be fitted
    (an outcome that is 0 in every row, a constant or repeated column, separation, no convergence)
    gives Fits with a note. Raises TooFew below columns + 3 rows or 2 creators, NotEstimable for a
    negative or missing count or an exposure without a logarithm.
    """
    names = tuple(str(name) for name in design.columns)
    y = _checked(np.asarray(y, dtype=np.float64), design, offset, groups)
    raw = np.asarray(design, dtype=np.float64).reshape(len(y), len(names))
    shift = np.zeros(len(y)) if offset is None else np.asarray(offset, dtype=np.float64)
    why = problem(y, raw, names)
    if why is not None:
        return _refused(why, names, groups)
    centre, unit = raw.mean(axis=0), raw.std(axis=0)
    x = np.column_stack([np.ones(len(y)), (raw - centre) / unit])
    made = _Made(names, unit, groups, names if asked is None else tuple(asked))
    try:
        model = countfit.nb2(y, x, shift)
        gee, nb2 = made.gee(y, x, model), made.plain("nb2", y, x, model)
    except NotConverged as error:
        gee, nb2, _ = _refused(str(error), names, groups)
    try:
        qmle = made.plain("poisson_qmle", y, x, countfit.poisson(y, x, shift))
    except NotConverged as error:
        *_, qmle = _refused(str(error), names, groups)
    return gee, nb2, qmle


@dataclass(frozen=True)
class _Made:
    """Turns a fit on standardised columns into a Fit per unit of the columns as they came."""

    names: tuple[str, ...]
    unit: FloatArray
    groups: Groups
    asked: tuple[str, ...]

    def gee(self, y: FloatArray, x: FloatArray, model: Model) -> Fit:
        parts = information(x, model.weights(y, x), self.groups)
        covariance, note = None, None
        try:
            covariance = bias_reduced(parts, x, model.scores(y), self.groups)
        except NotIdentified as error:
            note = self._alone(x, error.cluster)

        def span(place: int, se: float) -> Span:
            return SignFlip(place, x, y, model, parts, self.groups).span(se)

        return self._fit("gee_nb", model, covariance, span, note)

    def plain(self, method: str, y: FloatArray, x: FloatArray, model: Model) -> Fit:
        rows, sensitivity = model.estimating(y, x)
        covariance = sandwich(rows, sensitivity, self.groups)

        def span(place: int, se: float) -> Span:
            return by_t(float(model.beta[place]), se, self.groups.count - 1)

        return self._fit(method, model, covariance, span)

    def _fit(
        self,
        method: str,
        model: Model,
        covariance: FloatArray | None,
        span: Callable[[int, float], Span],
        note: str | None = None,
    ) -> Fit:
        estimates = model.beta[1:] / self.unit
        if not all(isfinite(value) for value in estimates.tolist()):
            return _refused("a coefficient is not finite", self.names, self.groups)[0]
        errors, why = self._errors(covariance)
        return Fit(
            method,
            self.names,
            self.groups.n,
            self.groups.count,
            estimates=dict(zip(self.names, estimates.tolist(), strict=True)),
            ses={name: se / self._unit(name) for name, se in errors.items()},
            spans={
                name: _per(span(1 + self.names.index(name), errors[name]), self._unit(name))
                for name in self.asked
                if name in errors
            },
            interval="signs" if method == "gee_nb" else "sandwich",
            df=None if method == "gee_nb" else float(self.groups.count - 1),
            alpha=None if method == "poisson_qmle" else model.alpha,
            converged=True,
            note=notes([note, why, model.note]),
        )

    def _errors(self, covariance: FloatArray | None) -> tuple[dict[str, float], str | None]:
        """Standard errors by name, on the standardised columns, or why there are none."""
        if self.groups.count <= len(self.names) + 1:
            return {}, (
                f"{self.groups.count} creators for {len(self.names)} columns: no standard errors; "
                "leave out controls or add creators"
            )
        if covariance is None:
            return {}, None
        variances = np.diag(covariance)[1 : len(self.names) + 1]
        if not (np.isfinite(variances).all() and (variances > 0).all()):
            return {}, "the creators do not determine the standard errors"
        return dict(zip(self.names, np.sqrt(variances).tolist(), strict=True)), None

    def _unit(self, name: str) -> float:
        return float(self.unit[self.names.index(name)])

    def _alone(self, x: FloatArray, cluster: int) -> str:
        others = self.groups.codes != cluster
        only = [
            name
            for name, column in zip(self.names, x[:, 1:].T, strict=True)
            if np.ptp(column[others]) == 0
        ]
        named = ", ".join(only) or "a combination of columns"
        return (
            f"{named} varies within creator {self.groups.names[cluster]} only, "
            "so there is no standard error across creators; leave it out"
        )


def _per(span: Span, unit: float) -> Span:
    low, high = (None if end is None else end / unit for end in (span.low, span.high))
    return Span(low, high, span.p)


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


def _refused(why: str, names: tuple[str, ...], groups: Groups) -> tuple[Fit, Fit, Fit]:
    gee, nb2, qmle = (
        Fit(method, names, groups.n, groups.count, note=f"not fitted: {why}") for method in METHODS
    )
    return gee, nb2, qmle
