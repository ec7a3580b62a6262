"""Rate ratios of counts: three models of the same mean, so that none is believed alone.

All model log E[y] = offset + intercept + design · β, and differ in weights and standard errors:

- `gee_nb`, the headline: independence estimating equations with the variance μ + αμ², α from the
  NB2 likelihood; the bias-reduced covariance of Mancl & DeRouen (2001, Biometrics 57(1), 126–134);
  intervals from t, on creators - 1 degrees of freedom or fewer where few creators carry most of
  the variance (Pan & Wall 2002, Stat. Med. 21(10), 1429–1441).
- `nb2`: maximum likelihood of the negative binomial with variance μ + αμ²; sandwich over creators.
- `poisson_qmle`: Poisson quasi-likelihood, right whenever the mean is (Gourieroux, Monfort &
  Trognon 1984, Econometrica 52(3), 701–720); sandwich over creators.

With creators' levels spread as e^N(0, .64) and 100 creators, creators - 1 alone covered .93, this
.95. The two sandwiches are read on creators - 1, and have the usual factor
G / (G - 1) · (n - 1) / (n - k) (Cameron & Miller 2015).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import exp, isfinite

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from scipy import stats  # type: ignore[import-untyped]

from shared.insights import countfit
from shared.insights.countfit import Model, NotConverged
from shared.insights.effect import Effect, NotEstimable, TooFew, notes
from shared.insights.products import crossed
from shared.insights.resampling import FloatArray, Groups
from shared.insights.sandwich import NotIdentified, bias_reduced, sandwich

METHODS = ("gee_nb", "nb2", "poisson_qmle")
DISAGREE_BEYOND_SE = 2.0
"""Count models that differ by more of the headline's standard errors are named in a warning."""

_INTERCEPT = "intercept"
_DEPENDENT = 1e-8
"""A standardised column with a smaller share outside the others' span repeats them."""
_LARGEST_IRR_LOG = 700.0


@dataclass(frozen=True)
class Fit:
    """One count model: log rate ratios by name. Nothing but a note where it could not be fitted.

    `estimates` and `ses` are per unit of each design column. `alpha` is the NB2 dispersion (0 is
    Poisson). `df` is creators - 1; for the headline, `dfs` has fewer by name. A Fit with
    `converged` False has empty `estimates`, and `note` says why.
    """

    method: str
    names: tuple[str, ...]
    n: int
    clusters: int
    df: int
    estimates: dict[str, float] = field(default_factory=dict)
    ses: dict[str, float] = field(default_factory=dict)
    dfs: dict[str, float] = field(default_factory=dict)
    alpha: float | None = None
    converged: bool = False
    note: str | None = None

    def effect(self, name: str, outcome: str, scale: str = "rate") -> Effect:
        """The row of one design column; KeyError for a column that was not in the design."""
        if name not in self.names:
            raise KeyError(name)
        estimate, se = self.estimates.get(name), self.ses.get(name)
        low = high = p = df = None
        if estimate is not None and se is not None:
            df = self.dfs.get(name, float(self.df))
            reach = float(stats.t.ppf(0.975, df)) * se
            low, high = estimate - reach, estimate + reach
            p = float(2 * stats.t.sf(abs(estimate) / se, df))
        return Effect(
            predictor=name,
            outcome=outcome,
            method=self.method,
            scale=scale,
            estimate=estimate,
            se=se,
            ci_low=low,
            ci_high=high,
            p=p,
            q=None,
            n=self.n,
            clusters=self.clusters,
            irr=_ratio(estimate),
            irr_low=_ratio(low),
            irr_high=_ratio(high),
            df=df,
            note=self.note,
        )


def rate_ratios(
    y: FloatArray, design: pd.DataFrame, offset: FloatArray | None, groups: Groups
) -> tuple[Fit, Fit, Fit]:
    """Fit the GEE-NB, the NB2 and the Poisson-QMLE of a count on all columns of the design at once.

    `y` holds counts of 0 or more, `offset` the log of the exposure or None; the intercept is added
    here. What cannot be fitted (an outcome that is 0 in every row, a constant or repeated column,
    separation, no convergence) gives Fits with a note. Raises TooFew below columns + 3 rows or
    2 creators, NotEstimable for a negative or missing count or an exposure without a logarithm.
    """
    names = tuple(str(name) for name in design.columns)
    y = _checked(np.asarray(y, dtype=np.float64), design, offset, groups)
    raw = np.asarray(design, dtype=np.float64).reshape(len(y), len(names))
    shift = np.zeros(len(y)) if offset is None else np.asarray(offset, dtype=np.float64)
    problem = _problem(y, raw, names)
    if problem is not None:
        return _refused(problem, names, groups)
    centre, unit = raw.mean(axis=0), raw.std(axis=0)
    x = np.column_stack([np.ones(len(y)), (raw - centre) / unit])
    made = _Made(names, unit, groups)
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


def disagreement(fits: Sequence[Fit], name: str) -> str | None:
    """The sentence to print when a count model is over 2 standard errors off the headline's."""
    headline = fits[0]
    if name not in headline.estimates or name not in headline.ses:
        return None
    estimate, se = headline.estimates[name], headline.ses[name]
    far = [
        f"{fit.method} {fit.estimates[name]:+.3f}"
        for fit in fits[1:]
        if name in fit.estimates and abs(fit.estimates[name] - estimate) > DISAGREE_BEYOND_SE * se
    ]
    if not far:
        return None
    return (
        f"the count models disagree on {name}: {headline.method} {estimate:+.3f} "
        f"(SE {se:.3f}), {', '.join(far)}; the mean or the variance may be misspecified"
    )


def dummies(values: pd.Series, name: str) -> pd.DataFrame:
    """0/1 columns `name_level` for every level but the most frequent (first by name if tied)."""
    texts = values.astype(str)
    held = texts.value_counts()
    levels = sorted(held.index, key=lambda level: (-held[level], level))
    columns = {f"{name}_{level}": (texts == level).astype(float) for level in levels[1:]}
    return pd.DataFrame(columns, index=values.index)


@dataclass(frozen=True)
class _Made:
    """Turns a fit on standardised columns into a Fit per unit of the columns as they came."""

    names: tuple[str, ...]
    unit: FloatArray
    groups: Groups

    def gee(self, y: FloatArray, x: FloatArray, model: Model) -> Fit:
        try:
            covariance, df = bias_reduced(x, model.weights(y, x), model.scores(y), self.groups)
        except NotIdentified as error:
            return self._fit("gee_nb", model, None, self._alone(x, error.cluster))
        fit = self._fit("gee_nb", model, covariance, None)
        return replace(fit, dfs=dict(zip(self.names, df[1:].tolist(), strict=True)))

    def plain(self, method: str, y: FloatArray, x: FloatArray, model: Model) -> Fit:
        rows, sensitivity = model.estimating(y, x)
        covariance = sandwich(rows, sensitivity, self.groups)
        return self._fit(method, model, covariance, None)

    def _fit(
        self, method: str, model: Model, covariance: FloatArray | None, note: str | None
    ) -> Fit:
        estimates = dict(zip(self.names, (model.beta[1:] / self.unit).tolist(), strict=True))
        ses: dict[str, float] = {}
        if self.groups.count <= len(self.names) + 1:
            covariance = None
            note = (
                f"{self.groups.count} creators for {len(self.names)} columns: no standard errors; "
                "leave out controls or add creators"
            )
        if covariance is not None:
            variances = np.diag(covariance)[1 : len(self.names) + 1]
            if np.isfinite(variances).all() and (variances > 0).all():
                found = np.sqrt(variances) / self.unit
                ses = dict(zip(self.names, found.tolist(), strict=True))
            else:
                note = notes([note, "the creators do not determine the standard errors"])
        if not all(isfinite(value) for value in estimates.values()):
            return _refused("a coefficient is not finite", self.names, self.groups)[0]
        return Fit(
            method,
            self.names,
            self.groups.n,
            self.groups.count,
            self.groups.count - 1,
            estimates,
            ses,
            alpha=None if method == "poisson_qmle" else model.alpha,
            converged=True,
            note=notes([note, model.note]),
        )

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


def _problem(y: FloatArray, raw: FloatArray, names: tuple[str, ...]) -> str | None:
    """Why no model can be fitted, or None."""
    if not y.any():
        return "the outcome is 0 in every row, so there is no rate to compare"
    spread = np.ptp(raw, axis=0)
    if constant := [name for name, width in zip(names, spread, strict=True) if width == 0]:
        return f"constant: {', '.join(constant)}; leave out what does not vary"
    if repeated := _repeated(raw, names):
        return f"collinear: {', '.join(repeated)} repeats the columns before it; leave it out"
    return _separated(y, raw, names)


def _repeated(raw: FloatArray, names: tuple[str, ...]) -> list[str]:
    """Columns that are linear combinations of the intercept and the columns before them."""
    centred = raw - raw.mean(axis=0)
    unit = centred / np.sqrt((centred**2).mean(axis=0))
    moments = crossed(unit, unit) / len(unit)
    found: list[str] = []
    kept: list[int] = []
    for place, name in enumerate(names):
        share = 1.0
        if kept:
            across = moments[kept, place]
            share -= float(across @ np.linalg.solve(moments[np.ix_(kept, kept)], across))
        if share > _DEPENDENT:
            kept.append(place)
        else:
            found.append(name)
    return found


def _separated(y: FloatArray, raw: FloatArray, names: tuple[str, ...]) -> str | None:
    for column, name in zip(raw.T, names, strict=True):
        for edge, side in ((column.min(), "lowest"), (column.max(), "highest")):
            if len(np.unique(column)) == 2 and not y[column == edge].any():
                return (
                    f"separation: the outcome is 0 in every row with the {side} {name}, "
                    "so its rate ratio has no finite value; leave it out or merge levels"
                )
        if len(np.unique(y[y > 0])) and _apart(column, y):
            return (
                f"separation: {name} alone tells the rows with 0 from the others, "
                "so its rate ratio has no finite value; leave it out"
            )
    return None


def _apart(column: FloatArray, y: FloatArray) -> bool:
    """Whether all positive outcomes sit at one extreme value of the column, zeros beyond."""
    some = column[y > 0]
    return bool(np.ptp(some) == 0 and some[0] in (column.min(), column.max()))


def _refused(why: str, names: tuple[str, ...], groups: Groups) -> tuple[Fit, Fit, Fit]:
    gee, nb2, qmle = (
        Fit(method, names, groups.n, groups.count, groups.count - 1, note=f"not fitted: {why}")
        for method in METHODS
    )
    return gee, nb2, qmle


def _ratio(log_ratio: float | None) -> float | None:
    if log_ratio is None or abs(log_ratio) > _LARGEST_IRR_LOG:
        return None
    return exp(log_ratio)
