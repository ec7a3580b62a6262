"""A discrete-time hazard with effects of each video and each second, absorbed.

For video v and the step from second t to t + 1, with `at_risk` n and `leaves` y:

    E y = n (1 - exp(-exp(η))),    η = α_v + γ_t + log(1 + Σ_j x_j (exp(β_j) - 1)) + Σ_k z_k θ_k

The complementary log-log link makes exp(β) the ratio of hazards in continuous time (Prentice &
Gloeckler 1978). An exposure x_j is the part of the step, or the chance, that the hazard has the
ratio exp(β_j); the exposures of a step add up to at most 1. For exposures of 0 and 1 this is the
binomial model with dummies.

It is solved as an estimating equation by Fisher's scoring, so that y may be negative: shares are
rounded, and people rewind. Cutting such counts at 0 would bias the hazard upwards.
"""

from dataclasses import dataclass

import numpy as np

from shared.insights.statistics.cluster_covariance import NotIdentified, corrected_covariance
from shared.insights.statistics.grid_effects import GridProjection
from shared.insights.statistics.products import applied, crossed, solved
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups

MOST_STEPS = 100
_TOLERANCE = 1e-7
"""Scoring stops when no linear predictor moves by more. The next is a hundredth of it."""

_NEAR = 0.01
"""After a smaller move the weights hardly change, so the next step uses them again."""

_COLLINEAR = 1e-9
"""The least part of its variation that a column must have for itself."""

_SMALLEST = 1e-300
_LARGEST_MOVE = 2.0
_LARGEST_COEFFICIENT = 20.0
"""On the log scale: nobody leaves, or everybody does."""

_LOWEST, _HIGHEST = -30.0, 3.0
"""Linear predictors beyond them are hazards of 0 and 1 in floating point."""


class NoHazard(ValueError):
    """The hazard has no finite solution, or two columns say the same. The message says which."""


@dataclass(frozen=True, slots=True)
class LeavingSteps:
    """`leaves` and `at_risk`, each (videos, seconds). A step without viewers is not observed."""

    leaves: FloatArray
    at_risk: FloatArray

    def estimable(self) -> "LeavingSteps":
        """Without videos and seconds that nobody leaves, or all: their effect would be infinite."""
        at_risk = np.where(self.at_risk > 0, self.at_risk, 0.0)
        leaves = np.where(at_risk > 0, self.leaves, 0.0)
        while True:
            keeps = np.outer(_is_finite(leaves, at_risk, 1), _is_finite(leaves, at_risk, 0))
            drops = ~keeps & (at_risk > 0)
            if not drops.any():
                return LeavingSteps(leaves, at_risk)
            at_risk, leaves = np.where(keeps, at_risk, 0.0), np.where(keeps, leaves, 0.0)


@dataclass(frozen=True, slots=True)
class HazardFit:
    """A fitted hazard. `coefficients` (k,) are β, then θ.

    `scores` (videos, k) and `information` (videos, k, k) are each video's, of columns that are
    cleared of both effects. `residual` (videos, seconds) are derivatives by η, `projection` is that
    of the solution.
    """

    coefficients: FloatArray
    scores: FloatArray
    information: FloatArray
    residual: FloatArray
    projection: GridProjection
    cells: int

    @property
    def bread(self) -> FloatArray:
        return np.asarray(np.linalg.inv(self.information.sum(axis=0)), dtype=np.float64)

    def clustered(self, groups: Groups) -> FloatArray:
        """The sandwich covariance without a factor for small samples (CR0)."""
        sums = applied(groups.sums(self.scores), self.bread)
        return crossed(sums, sums)

    def bias_reduced(self, groups: Groups) -> FloatArray:
        """The covariance for few clusters; NoHazard is raised if a cluster decides a coefficient.

        Effects of videos lie within clusters. Those of seconds do not, so they and the columns
        count as parameters: the factor is (cells - 1) / (cells - seconds - columns).
        """
        width = len(self.coefficients)
        free = self.cells - int((self.projection.weights.sum(axis=0) > 0).sum()) - width
        if free < 1:
            raise NoHazard("there are hardly more seconds of videos than effects")
        flat = groups.sums(self.information.reshape(groups.n, -1))
        try:
            covariance = corrected_covariance(
                flat.reshape(groups.count, width, width), groups.sums(self.scores)
            )
        except NotIdentified as error:
            raise NoHazard("a single cluster decides the estimate") from error
        return covariance * ((self.cells - 1) / free)

    @property
    def influence(self) -> FloatArray:
        """How far each video moves the coefficients, to first order: (videos, k)."""
        return applied(self.scores, self.bread)


def hazard_fit(
    steps: LeavingSteps, exposures: FloatArray, covariates: FloatArray | None = None
) -> HazardFit:
    """Fit exposures (p, videos, seconds) and covariates (q, …), of steps that are estimable.

    Raises NoHazard.
    """
    model = _Model(steps, exposures, covariates)
    reach = np.inf
    for _ in range(MOST_STEPS):
        score, weight = model.derivatives()
        if reach > _NEAR:
            equations = _NormalEquations(model.design, weight)
        reach = model.move(*equations.solution(score))
        if reach < _TOLERANCE:
            return model.fit()
    raise NoHazard(f"the hazard of leaving did not settle in {MOST_STEPS} steps")


def _is_finite(leaves: FloatArray, at_risk: FloatArray, axis: int) -> BoolArray:
    total, all_at_risk = leaves.sum(axis=axis), at_risk.sum(axis=axis)
    result: BoolArray = (total > 0) & (total < all_at_risk)
    return result


class _Model:
    """The state of the scoring: the effects, the coefficients, and the linear predictor."""

    def __init__(self, steps: LeavingSteps, exposures: FloatArray, covariates: FloatArray | None):
        self._steps, self._exposures = steps, exposures
        shape = (0, *steps.at_risk.shape)
        self._covariates = np.zeros(shape) if covariates is None else covariates
        self._ratios = len(exposures)
        if not (steps.at_risk > 0).any():
            raise NoHazard("no second of any video can be compared")
        self._rows, self._columns = _start(steps)
        self._coefficients = np.zeros(self._ratios + len(self._covariates))
        self._predictor, self.design = self._linear()

    def move(self, rows: FloatArray, columns: FloatArray, coefficients: FloatArray) -> float:
        """Take one step of scoring; the largest move of a linear predictor."""
        change = rows[:, None] + columns[None, :]
        change += np.einsum("k,kij->ij", coefficients, self.design)
        reach = float(np.abs(np.where(self._steps.at_risk > 0, change, 0.0)).max())
        if not np.isfinite(reach):
            raise NoHazard("the hazard of leaving has no finite solution")
        part = min(1.0, _LARGEST_MOVE / reach) if reach > 0 else 1.0
        self._rows = self._rows + part * rows
        self._columns = self._columns + part * columns
        self._coefficients = self._coefficients + part * coefficients
        if np.abs(self._coefficients[: self._ratios]).max(initial=0.0) > _LARGEST_COEFFICIENT:
            raise NoHazard("a hazard ratio runs off to 0 or infinity")
        self._predictor, self.design = self._linear()
        return reach

    def fit(self) -> HazardFit:
        """The solution, with each video's score and information."""
        score, weight = self.derivatives()
        projection = GridProjection(weight)
        free = projection.swept(self.design, self.design * weight)
        return HazardFit(
            self._coefficients,
            np.einsum("kij,ij->ik", free, score),
            np.einsum("kij,lij->ikl", free * weight, free),
            score,
            projection,
            int((weight > 0).sum()),
        )

    def _linear(self) -> tuple[FloatArray, FloatArray]:
        """The linear predictor, and its derivatives by the coefficients (k, videos, seconds)."""
        beta, theta = np.split(self._coefficients, [self._ratios])
        mixture = 1 + np.einsum("k,kij->ij", np.expm1(beta), self._exposures)
        slopes = self._exposures * np.exp(beta)[:, None, None] / mixture
        predictor = self._rows[:, None] + self._columns[None, :] + np.log(mixture)
        if len(theta):
            predictor = predictor + np.einsum("k,kij->ij", theta, self._covariates)
            slopes = np.concatenate([slopes, self._covariates])
        return np.clip(predictor, _LOWEST, _HIGHEST), slopes

    def derivatives(self) -> tuple[FloatArray, FloatArray]:
        """Derivative of each step's likelihood by its predictor, and its expected information."""
        hazard = np.exp(self._predictor)
        chance = -np.expm1(-hazard)
        ratio = hazard / chance
        score = (self._steps.leaves - self._steps.at_risk * chance) * ratio
        weight = self._steps.at_risk * hazard * ratio * (1 - chance)
        return score, weight


class _NormalEquations:
    """The equations of one step of scoring, for columns (k, videos, seconds) and their weights."""

    def __init__(self, design: FloatArray, weight: FloatArray):
        self._design, self._projection = design, GridProjection(weight)
        weighted = design * weight
        self._sums = self._projection.sums(weighted)
        whole = weighted_products(design, weighted)
        self._scale = 1 / np.sqrt(np.maximum(np.diag(whole), _SMALLEST))
        gram = whole - self._projection.explained(self._sums, self._sums)
        self._correlations = gram * np.outer(self._scale, self._scale)
        if len(design) and np.linalg.eigvalsh(self._correlations)[0] < _COLLINEAR:
            raise NoHazard(
                "the moment cannot be told apart from the videos and the seconds, as when all "
                "moments lie at one second"
            )

    def solution(self, score: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Moves of the videos, the seconds and the coefficients, for derivatives of each step."""
        by_row, by_column = score.sum(axis=1)[:, None], score.sum(axis=0)[:, None]
        slope = np.einsum("kij,ij->k", self._design, score)
        slope = slope - self._projection.explained(self._sums, (by_row, by_column))[:, 0]
        move = solved(self._correlations, slope * self._scale) * self._scale
        by_row = by_row - applied(self._sums[0], move)[:, None]
        by_column = by_column - applied(self._sums[1], move)[:, None]
        columns = self._projection.column_effects(by_row, by_column)
        rows = self._projection.row_effects(by_row, columns)
        return rows[:, 0], columns[:, 0], move


def _start(steps: LeavingSteps) -> tuple[FloatArray, FloatArray]:
    """Effects to begin from: the log hazard of all videos by second, and each video's level."""
    leaves, at_risk = steps.leaves, steps.at_risk
    overall = leaves.sum() / at_risk.sum()
    by_second = (leaves.sum(axis=0) + overall) / (at_risk.sum(axis=0) + 1)
    hazard = np.clip(by_second, 1e-6, 0.9)
    expected = np.maximum(applied(at_risk, hazard), 1e-12)
    level = np.clip((leaves.sum(axis=1) + overall) / (expected + overall), 0.05, 20.0)
    return np.log(level), np.log(-np.log1p(-hazard))


def weighted_products(design: FloatArray, weighted: FloatArray) -> FloatArray:
    """Σ weights · a b of all pairs of columns: (k, k)."""
    gram: FloatArray = np.einsum("kij,lij->kl", design, weighted)
    return gram
