"""Poisson regression with creator fixed effects (PPML).

The mean of video i of creator c in week t is exp(α_c + δ_t + offset_i + x_i β). What differs
between creators, measured or not, is in α_c and so cannot bias β. β is consistent for any counts
whose mean is right, zeros and overdispersion included (Gourieroux, Monfort & Trognon 1984,
Econometrica 52(3), 681–700; Correia, Guimarães & Zylkin 2020, Stata J. 20(1), 95–115, `ppmlhdfe`).
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from scipy.special import xlogy  # type: ignore[import-untyped]

from shared.insights.statistics.absorption import Absorbed
from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.products import applied, crossed, solved
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups
from shared.insights.statistics.separation import separated

MOST_STEPS = 200
_TOLERANCE = 1e-11
_NEAR = 1e-6
"""A step that moves each log mean by less squares what is missing, to below rounding."""

_MOST_HALVINGS = 30
_ROUNDING = 1e-14
"""The rounding of a sum, as a share of the sizes of its terms."""

_LARGEST_PREDICTOR = 300.0
_DEPENDENT = 1e-9
"""A column is left out if less than this share of its variance is free of all others."""

ALONE, NO_COUNTS, SEPARATED = "alone", "no_counts", "separated"
"""Why a row says nothing about β: its creator or week has no other video, or has no counts at all,
or no finite coefficient fits it."""


@dataclass(frozen=True)
class FixedEffectsFit:
    """A fitted model. Arrays have one entry per row used, columns in the order of `names`.

    `kept` says which of the given rows were used and `dropped` how many were not, by reason.
    `left_out` are columns that creators, weeks and other columns explain; `only_zeros` are those of
    them that differ in separated rows alone. `mean` are the fitted
    counts. `free` are the columns less what creators and weeks explain of them, weighted by `mean`.
    """

    kept: BoolArray
    dropped: dict[str, int]
    names: tuple[str, ...]
    left_out: tuple[str, ...]
    only_zeros: tuple[str, ...]
    beta: FloatArray
    mean: FloatArray
    free: FloatArray
    y: FloatArray
    x: FloatArray
    offset: FloatArray
    absorbed: Absorbed
    _totals: FloatArray = field(repr=False)

    @property
    def creators(self) -> Groups:
        return self.absorbed.creators

    @property
    def weeks(self) -> Groups | None:
        return self.absorbed.weeks

    @property
    def bread(self) -> FloatArray:
        """The inverse of Σ mean · free' free: (k, k)."""
        information = crossed(self.free * self.mean[:, None], self.free)
        return np.asarray(np.linalg.inv(information), dtype=np.float64)

    def means(self, predictor: FloatArray) -> FloatArray:
        """The means for a linear predictor, with each creator's effect fitted to its total."""
        return self._totals * shares(predictor, self.creators)


def poisson_fixed_effects(
    y: FloatArray,
    design: pd.DataFrame,
    offset: FloatArray | None,
    creators: Groups,
    weeks: Groups | None = None,
    *,
    needs_columns: bool = True,
) -> FixedEffectsFit:
    """Fit counts `y` (n,) of 0 or more to all columns of the design.

    `offset` is the log of the exposure. Rows that hold no information are dropped and counted.
    Raises NotEstimable when nothing is left to estimate, or no finite coefficients exist. A model
    that needs no columns may consist of creators and weeks alone.
    """
    names = tuple(str(name) for name in design.columns)
    x = np.asarray(design, dtype=np.float64).reshape(len(y), len(names))
    logs = np.zeros(len(y)) if offset is None else np.asarray(offset, dtype=np.float64)
    y = _checked(np.asarray(y, dtype=np.float64), x, logs)
    if needs_columns and not names:
        raise NotEstimable("no_columns", "no column of the model varies")
    return _fitted(y, x, names, logs, Absorbed(creators, weeks), needs_columns=needs_columns)


def refitted(model: FixedEffectsFit, rows: BoolArray) -> FixedEffectsFit:
    """The model of some of its rows; the search starts from its own answer. Raises NotEstimable."""
    y, x, offset, near = model.y[rows], model.x[rows], model.offset[rows], np.log(model.mean[rows])
    absorbed = model.absorbed.where(rows)
    return _fitted(y, x, model.names, offset, absorbed, start=(model.beta, near))


def _fitted(
    y: FloatArray,
    x: FloatArray,
    names: tuple[str, ...],
    logs: FloatArray,
    effects: Absorbed,
    *,
    needs_columns: bool = True,
    start: tuple[FloatArray, FloatArray] | None = None,
) -> FixedEffectsFit:
    """`start` has coefficients and log means near the answer."""
    spread = x.std(axis=0)
    units = np.where(spread > 0, spread, 1.0)  # so the steps converge whatever the units
    x = x / units
    informative, dropped, absorbed = _informative(y, x, effects)
    if not informative.any():
        raise NotEstimable(
            "no_within", "no creator has two videos with different counts to compare"
        )
    whole_x = x
    y, x, logs = y[informative], x[informative], logs[informative]
    chosen = independent(absorbed.swept(x, np.ones(len(y))), x)
    left_out = tuple(name for at, name in enumerate(names) if at not in chosen)
    if needs_columns and not chosen:
        raise NotEstimable("no_within", "no column varies within creators")
    x, units = x[:, chosen], units[chosen]
    beta, near = np.zeros(len(chosen)), logs
    if start is not None and not left_out:  # without a column the others have other coefficients
        beta, near = start[0] * units, start[1][informative]
    beta, mean = _iterated(y, x, absorbed, beta, near)
    return FixedEffectsFit(
        kept=informative,
        dropped=dropped,
        names=tuple(names[at] for at in chosen),
        left_out=left_out,
        only_zeros=_only_zeros(names, left_out, dropped, whole_x, effects),
        beta=beta / units,
        mean=mean,
        free=absorbed.swept(x, mean) * units,
        y=y,
        x=x * units,
        offset=logs,
        absorbed=absorbed,
        _totals=absorbed.creators.sums(y)[absorbed.creators.codes],
    )


def _only_zeros(
    names: tuple[str, ...],
    left_out: tuple[str, ...],
    dropped: dict[str, int],
    x: FloatArray,
    effects: Absorbed,
) -> tuple[str, ...]:
    """The columns that would be in the model if separated rows were."""
    if not left_out or SEPARATED not in dropped:
        return ()
    differing = independent(effects.swept(x, np.ones(len(x))), x)
    return tuple(names[at] for at in differing if names[at] in left_out)


def shares(predictor: FloatArray, creators: Groups) -> FloatArray:
    """exp(predictor) as a share of its creator's sum."""
    return np.exp(log_shares(predictor, creators))


def log_shares(predictor: FloatArray, creators: Groups) -> FloatArray:
    """The predictor less the log of its creator's sum of exponentials."""
    largest = np.full(creators.count, -np.inf)
    np.maximum.at(largest, creators.codes, predictor)
    below = predictor - largest[creators.codes]
    logs: FloatArray = below - np.log(creators.sums(np.exp(below)))[creators.codes]
    return logs


def independent(swept: FloatArray, raw: FloatArray) -> list[int]:
    """Positions of columns that neither fixed effects nor earlier columns explain."""
    spread = ((raw - raw.mean(axis=0)) ** 2).sum(axis=0)
    # The mean of a constant is rounded, so its spread and its sweep need not be 0.
    constant = raw.max(axis=0) == raw.min(axis=0)
    gram = crossed(swept, swept)
    chosen: list[int] = []
    for column in range(raw.shape[1]):
        left = float(gram[column, column])
        if constant[column] or left <= _DEPENDENT * spread[column]:
            continue
        if chosen:
            across = gram[chosen, column]
            left -= float(across @ np.linalg.solve(gram[np.ix_(chosen, chosen)], across))
        if left > _DEPENDENT * spread[column]:
            chosen.append(column)
    return chosen


def _checked(y: FloatArray, x: FloatArray, logs: FloatArray) -> FloatArray:
    if not (np.isfinite(y).all() and (y >= 0).all()):
        raise NotEstimable("not_positive", "a count is missing or below 0")
    if not np.isfinite(logs).all():
        raise NotEstimable("not_positive", "an exposure has no logarithm")
    if not np.isfinite(x).all():
        raise NotEstimable("missing", "a value of the design is missing")
    return y


def _informative(
    y: FloatArray, x: FloatArray, absorbed: Absorbed
) -> tuple[BoolArray, dict[str, int], Absorbed]:
    """The rows that say something about β, the others by reason, and their fixed effects."""
    kept = np.ones(len(y), dtype=bool)
    dropped: dict[str, int] = {}
    rest = absorbed
    while kept.any():
        reason, fails = _first_failure(y[kept], x[kept], rest)
        if not fails.any():
            break
        dropped[reason] = dropped.get(reason, 0) + int(fails.sum())
        kept[np.flatnonzero(kept)[fails]] = False
        rest = absorbed.where(kept)
    return kept, dropped, rest


def _first_failure(y: FloatArray, x: FloatArray, absorbed: Absorbed) -> tuple[str, BoolArray]:
    """The rows that the first rule with any such row drops."""
    for reason in (NO_COUNTS, ALONE):
        fails = np.zeros(len(y), dtype=bool)
        for part in absorbed.parts:
            useless = part.sums(y) == 0 if reason == NO_COUNTS else part.sizes == 1
            fails |= useless[part.codes]
        if fails.any():
            return reason, fails
    return SEPARATED, separated(y, x, absorbed)


def _iterated(
    y: FloatArray, x: FloatArray, absorbed: Absorbed, beta: FloatArray, logs: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Newton's steps, halved where one overshoots. After each, creators fit their totals anew.

    `logs` are the log means that go with `beta`, up to the effects of creators and weeks.
    """
    creators = absorbed.creators
    logs = np.log(creators.sums(y))[creators.codes] + log_shares(logs, creators)
    for _ in range(MOST_STEPS):
        mean = np.exp(logs)
        projection = absorbed.weighted(mean)
        columns = projection.swept(x)
        try:
            step = solved(crossed(columns * mean[:, None], columns), crossed(columns, y - mean))
        except np.linalg.LinAlgError:
            break  # a column varies only where the means have fallen to nothing
        # Weeks take the residual times the mean: divided by a tiny mean it would lose all digits.
        move = applied(columns, step) + projection.week_part(y - mean)
        logs, factor = _shortened(y, logs, move, creators)
        beta = beta + factor * step
        largest = max(1.0, float(np.abs(beta).max(initial=0.0)))
        # Without columns the weeks alone move, so their last move decides.
        last = step if len(step) else move
        is_near = float(np.abs(move).max()) < _NEAR  # the weeks may move where no column does
        if factor == 1.0 and is_near and float(np.abs(last).max()) < _TOLERANCE * largest:
            return beta, np.exp(logs)
        if np.abs(logs).max() > _LARGEST_PREDICTOR:
            break
    raise NotEstimable("not_converged", "no finite coefficients fit the counts")


def _shortened(
    y: FloatArray, logs: FloatArray, move: FloatArray, creators: Groups
) -> tuple[FloatArray, float]:
    """The log means after the largest part of the move that fits no worse, and that part."""
    totals = np.log(creators.sums(y))[creators.codes]
    before = _likelihood_gap(y, logs)
    rounding = _ROUNDING * float(np.abs(xlogy(y, y)).sum())
    factor = 1.0
    for _ in range(_MOST_HALVINGS):
        candidate = totals + log_shares(logs + factor * move, creators)
        gap = _likelihood_gap(y, candidate)
        # Near the optimum a full step changes the gap by less than its rounding. Where the model
        # fits well, the gap is far smaller than the terms that it is the difference of.
        if gap <= before + max(1e-12 * max(1.0, abs(before)), rounding):
            return candidate, factor
        factor /= 2
    raise NotEstimable("not_converged", "no finite coefficients fit the counts")


def _likelihood_gap(y: FloatArray, logs: FloatArray) -> float:
    """Half the deviance of log means that add up to each creator's counts."""
    return float((xlogy(y, y) - y * logs).sum())
