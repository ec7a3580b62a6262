"""Videos without a rating: whether they are like the others, and how far that could matter."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.equal_age import AGE_CONTROLS, EqualAge
from shared.insights.missing_codes import value_range
from shared.insights.periods import calendar_periods
from shared.insights.plan import Plan
from shared.insights.quality_gate import Gate
from shared.insights.sample import OutcomeQuestion
from shared.insights.statistics.design import control_columns
from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.resampling import FloatArray, Groups
from shared.insights.statistics.tipping_point import (
    CountGap,
    ModelData,
    TippingPoint,
    count_gap,
    tipping_point,
)

NO_STATUS = "without a rating"


@dataclass(frozen=True)
class MissingRatings:
    """The `unrated` of all videos that have everything but the rating `predictor`.

    `gap` compares their `outcome` with that of the rated videos of the same creators. `mean` is the
    mean rating in points. Both are from counts at equal age where the headline is, and then from
    the videos that have them. `tipping` says which ratings of theirs would change the finding.
    """

    predictor: str
    outcome: str
    unrated: int
    videos: int
    statuses: dict[str, int]
    mean: float
    gap: CountGap | None
    tipping: TippingPoint | None

    def document(self) -> dict[str, Any]:
        return asdict(self)


def missing_ratings(
    passed: Gate, plan: Plan, equal_age: EqualAge | None = None
) -> MissingRatings | None:
    """Compare unrated with rated videos by the primary question; None where either is absent.

    `equal_age` has the counts of a headline at equal age.
    """
    primary = plan.primary
    if primary is None or not len(passed.unrated):
        return None
    frame = pd.concat([passed.frame, passed.unrated.assign(**{primary.predictor: np.nan})])
    videos = len(frame)
    if equal_age is not None:
        exposure = plan.exposure[primary.outcome] if primary.scale == "rate" else None
        question = OutcomeQuestion(primary.outcome, primary.scale, exposure)
        frame = equal_age.counted(frame.reset_index(drop=True), question)
    y = frame[primary.outcome].to_numpy(dtype=np.float64)
    data = _model_data(frame, y, passed, plan, is_at_equal_age=equal_age is not None)
    ratings = frame[primary.predictor].to_numpy(dtype=np.float64)
    is_missing = np.isnan(ratings)
    status = passed.unrated.get("rating_status", pd.Series(NO_STATUS, passed.unrated.index))
    counts = status.fillna(NO_STATUS).replace("rated", NO_STATUS).value_counts()
    return MissingRatings(
        predictor=primary.predictor,
        outcome=primary.outcome,
        unrated=len(passed.unrated),
        videos=videos,
        statuses={str(name): int(count) for name, count in counts.items()},
        mean=float(ratings[~is_missing].mean()),
        gap=count_gap(data, is_missing),
        # The headline's counts of no unrated video: nothing could change with their ratings.
        tipping=_tipping(data, ratings, primary.predictor) if is_missing.any() else None,
    )


def _model_data(
    frame: pd.DataFrame, y: FloatArray, passed: Gate, plan: Plan, *, is_at_equal_age: bool
) -> ModelData:
    """All rows with the columns of the headline's model but the rating.

    Other ratings are unknown where this one is: there they are their creator's mean.
    """
    assert plan.primary is not None
    labels = frame[plan.cluster] if plan.cluster else pd.Series("all", frame.index)
    transforms = {name: how for name, how in plan.controls.items() if name not in passed.left_out}
    others = [
        name
        for name in plan.predictors
        if name != plan.primary.predictor and name not in passed.left_out
    ]
    ratings = frame[others].astype(float)
    means = ratings.groupby(labels.to_numpy()).transform("mean")
    filled = ratings.fillna(means).fillna(ratings.mean())
    controls = control_columns(frame, transforms, pd.Series(list(labels), index=frame.index))
    if is_at_equal_age:
        controls = controls.drop(columns=AGE_CONTROLS & set(controls.columns))
    offset = None
    if plan.primary.scale == "rate":
        exposure = frame[plan.exposure[plan.primary.outcome]]
        offset = np.log(exposure.to_numpy(dtype=np.float64))
    in_weeks = plan.calendar_weeks and "created_at" in frame
    weeks = calendar_periods(frame["created_at"]) if in_weeks else None
    return ModelData(y, pd.concat([filled, controls], axis=1), offset, Groups.of(labels), weeks)


def _tipping(data: ModelData, ratings: FloatArray, predictor: str) -> TippingPoint | None:
    rated = ratings[~np.isnan(ratings)]
    limits = value_range(predictor) or (float(rated.min()), float(rated.max()))
    try:
        return tipping_point(data, ratings, limits)
    except NotEstimable:
        return None
