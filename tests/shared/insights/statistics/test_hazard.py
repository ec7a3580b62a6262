"""The hazard of leaving equals statsmodels' binomial model with a dummy per video and second."""

import warnings
from dataclasses import dataclass

import numpy as np
import pytest
from statsmodels.stats.sandwich_covariance import cov_cluster

from shared.insights.statistics.hazard import HazardFit, LeavingSteps, NoHazard, hazard_fit
from shared.insights.statistics.resampling import FloatArray, Groups
from tests import statsmodels_parts as sm

VIDEOS, SECONDS = 12, 15


@dataclass(frozen=True)
class Small:
    """A small table with gaps, a falling audience and shares that rise."""

    steps: LeavingSteps
    exposures: FloatArray
    covariates: FloatArray


def small(seed: int) -> Small:
    random = np.random.default_rng(seed)
    at_risk = random.integers(50, 500, (VIDEOS, SECONDS)).astype(float)
    at_risk[random.random(at_risk.shape) < 0.1] = 0
    since = np.arange(SECONDS) - random.integers(2, 8, VIDEOS)[:, None]
    exposures = np.stack([(since >= 0) & (since < 4), since >= 4]).astype(float)
    covariates = random.normal(size=(1, VIDEOS, SECONDS))
    hazard = np.exp(
        -3
        + 0.3 * random.normal(size=(VIDEOS, 1))
        + 0.2 * random.normal(size=SECONDS)
        - 0.4 * exposures[0]
        + 0.2 * covariates[0]
    )
    leaves = random.binomial(at_risk.astype(int), -np.expm1(-hazard)).astype(float)
    leaves[0, 3], leaves[2, 6] = -2, -1
    return Small(LeavingSteps(leaves, at_risk).estimable(), exposures, covariates)


class Dummies:
    """The same model in statsmodels, with a column for each video and second."""

    def __init__(self, table: Small):
        mask = table.steps.at_risk > 0
        self.videos, seconds = np.nonzero(mask)
        columns = [*table.exposures, *table.covariates]
        dummies = [self.videos == video for video in np.unique(self.videos)]
        dummies += [seconds == second for second in np.unique(seconds)[1:]]
        design = np.column_stack([column[mask] for column in columns] + dummies).astype(float)
        self.model = sm.GLM(
            table.steps.leaves[mask] / table.steps.at_risk[mask],
            design,
            family=sm.families.Binomial(sm.families.links.CLogLog()),
            var_weights=table.steps.at_risk[mask],
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # negative counts have no likelihood
            self.params = self.model.fit(tol=1e-13, maxiter=200).params

    def clustered(self) -> FloatArray:
        """statsmodels' sandwich of its own scores and its own expected information."""
        bread = np.linalg.inv(self.model.hessian(self.params, observed=False))
        scores = self.model.score_obs(self.params)
        return np.asarray(cov_cluster((scores, bread), self.videos, use_correction=False))


@pytest.fixture(params=range(3))
def table(request: pytest.FixtureRequest) -> Small:
    return small(request.param)


def fitted(table: Small) -> HazardFit:
    return hazard_fit(table.steps, table.exposures, table.covariates)


def test_coefficients_are_those_of_dummies(table):
    np.testing.assert_allclose(fitted(table).coefficients, Dummies(table).params[:3], atol=1e-8)


def test_clustered_errors_are_those_of_dummies(table):
    covariance = fitted(table).clustered(Groups.of(range(VIDEOS)))

    np.testing.assert_allclose(covariance, Dummies(table).clustered()[:3, :3], atol=1e-8)


def test_a_video_that_nobody_leaves_changes_nothing():
    table = small(1)
    leaves = table.steps.leaves.copy()
    leaves[5] = 0
    loyal = Small(LeavingSteps(leaves, table.steps.at_risk), table.exposures, table.covariates)
    others = np.arange(VIDEOS) != 5
    without = Small(
        LeavingSteps(leaves[others], table.steps.at_risk[others]),
        table.exposures[:, others],
        table.covariates[:, others],
    )

    estimable = Small(loyal.steps.estimable(), loyal.exposures, loyal.covariates)

    np.testing.assert_allclose(fitted(estimable).coefficients, fitted(without).coefficients)


def test_half_an_exposure_is_half_the_hazard_ratio_on_the_scale_of_hazards():
    at_risk = np.full((2, 2), 1e6)
    ratio, part = 0.5, 0.25
    hazard = np.array([[0.1, 0.1], [0.1, 0.1 * (1 + part * (ratio - 1))]])
    exposures = np.array([[[0.0, 0.0], [0.0, part]]])

    fit = hazard_fit(LeavingSteps(-np.expm1(-hazard) * at_risk, at_risk), exposures)

    assert np.exp(fit.coefficients[0]) == pytest.approx(ratio)


def test_a_column_without_variation_within_videos_is_refused():
    table = small(2)
    level = np.repeat(np.arange(VIDEOS)[:, None], SECONDS, axis=1)[None].astype(float)

    with pytest.raises(NoHazard, match="told apart from the videos"):
        hazard_fit(table.steps, table.exposures, level)
