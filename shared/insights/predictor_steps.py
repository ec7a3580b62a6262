"""The difference in a predictor that a ratio is told for, in units that people use."""

from dataclasses import dataclass

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

POINTS = 10.0
"""The step on a scale from 0 to 100 that ratios are told for."""


@dataclass(frozen=True, slots=True)
class PredictorStep:
    """The difference in a predictor that a ratio is told for: its size, and the videos in words."""

    size: float
    videos: str


def step_of(values: pd.Series, predictor: str) -> PredictorStep:
    """10 points on a scale from 0 to 100, yes against no, else one standard deviation."""
    predictor = predictor.replace("_", " ")
    present = values.dropna().to_numpy(dtype=np.float64)
    if set(np.unique(present)) <= {0.0, 1.0}:
        return PredictorStep(1.0, f"videos with {predictor}")
    if len(present) and present.min() >= -100 and 10 < np.abs(present).max() <= 100:
        return PredictorStep(POINTS, f"videos {POINTS:g} points higher in {predictor}")
    spread = float(present.std(ddof=1))
    return PredictorStep(
        spread, f"videos {spread:.3g} (one standard deviation) higher in {predictor}"
    )


def step_in(frame: pd.DataFrame, predictor: str) -> PredictorStep | None:
    """The step of a column, or of the column whose between or within part the predictor is.

    None for any other predictor, such as a product of two.
    """
    for ending in ("", "_between", "_within"):
        name = predictor.removesuffix(ending)
        if name in frame:
            return step_of(frame[name], name)
    return None
