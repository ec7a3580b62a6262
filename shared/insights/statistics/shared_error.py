"""The error that all creators' slopes have in common: that of the other coefficients."""

import numpy as np

from shared.insights.statistics.cluster_covariance import NotIdentified, bias_reduced, information
from shared.insights.statistics.fixed_effects import FixedEffectsFit
from shared.insights.statistics.products import crossed
from shared.insights.statistics.resampling import FloatArray
from shared.insights.statistics.within_ratios import covariance


def error_of_others(model: FixedEffectsFit, column: int) -> float:
    """The variance that the other coefficients of a fit give to the slope of every creator.

    They are taken from the common fit as if known. Their error enters each slope as far as their
    columns go with the predictor: near collinearity it is most of the error of the mean.
    """
    others = [at for at in range(len(model.names)) if at != column]
    if not others:
        return 0.0
    weighted = model.free * model.mean[:, None]
    gram = crossed(weighted, model.free)
    follow = gram[others, column] / gram[column, column]
    variance = float(follow @ _covariance(model)[np.ix_(others, others)] @ follow)
    return variance if np.isfinite(variance) and variance > 0 else 0.0


def _covariance(model: FixedEffectsFit) -> FloatArray:
    parts = information(model.free, model.mean, model.creators)
    try:
        return bias_reduced(parts, model.free, model.y - model.mean, model.creators)
    except (NotIdentified, np.linalg.LinAlgError):
        return covariance(model, [model.creators])
