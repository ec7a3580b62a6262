"""What the headline says of one sample, and what the figures beside it would have said."""

from collections import Counter
from functools import cache
from math import inf

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from scipy import stats  # type: ignore[import-untyped]

from benchmarks.worlds.cautions import is_cautioned
from benchmarks.worlds.world import World, WorldSample
from shared.insights.equal_age import EqualAge
from shared.insights.headline import headline
from shared.insights.plan import Plan
from shared.insights.plan_file import parse_plan
from shared.insights.sample import OutcomeQuestion, Sample
from shared.insights.statistics.effect import Effect
from shared.insights.statistics.resampling import Groups

ALPHA = 0.05
EQUAL_AGE_DAYS = 7.0
VIEWS = OutcomeQuestion("views", "count")
PLAN = """
columns: [video_id, creator, created_at, collected_at, views, unexpectedness]
predictors: [unexpectedness]
outcomes: [views]
primary: {predictor: unexpectedness, outcome: views, scale: count}
cluster: creator
calendar_weeks: true
seed: 1
"""


def verdict(world: World, videos: WorldSample) -> Counter[str]:
    """What happened in one run, as counts of 0 and 1.

    Of the headline: `significant`, `right` (significant, with the sign of the truth), `covered`
    (its interval holds the truth), `none` (it has no estimate). `clustered` and `pooled` say
    whether the clustered standard error and the pooled rank correlation claim an effect;
    `pooled_wrong` that the pooled one does so without the sign of the truth; `cautioned` that the
    page says that ratings are missing for a reason.
    """
    frame = rated(videos.frame)
    counts: Counter[str] = Counter(runs=1)
    counts.update(_of_headline(answer(world, frame), videos.truth))
    counts.update(_of_pooled(frame, videos.truth))
    if "refused" in videos.frame:
        counts["cautioned"] = int(is_cautioned(videos.frame))
    return counts


def rated(frame: pd.DataFrame) -> pd.DataFrame:
    """The videos that have a rating."""
    return frame[frame["refused"] == 0] if "refused" in frame else frame


def answer(world: World, frame: pd.DataFrame) -> Effect:
    """The headline of an analysis of these videos."""
    sample = Sample(
        frame.rename(columns={"rating": "unexpectedness"}),
        Groups.of(frame["creator"]),
        frame[list(world.controls)],
        ("unexpectedness",),
    )
    result = headline(sample, VIEWS, _plan(world.has_sounds), _equal_age(world, frame))
    return result.effect("unexpectedness")


@cache
def _plan(has_sounds: bool) -> Plan:
    text = PLAN
    if has_sounds:
        text = text.replace("views, unex", "views, sound, unex") + "sound: sound\n"
    return parse_plan(text.encode(), "plan of a world")


def _equal_age(world: World, frame: pd.DataFrame) -> EqualAge | None:
    if not world.has_equal_age:
        return None
    counts = frame.set_index("video_id")[["views_at_equal_age"]]
    return EqualAge(EQUAL_AGE_DAYS, counts.rename(columns={"views_at_equal_age": "views"}))


def _of_headline(effect: Effect, truth: float) -> dict[str, int]:
    if effect.p is None or effect.estimate is None:
        return {"none": 1}
    low = -inf if effect.ci_low is None else effect.ci_low
    high = inf if effect.ci_high is None else effect.ci_high
    is_significant = effect.p < ALPHA
    return {
        "significant": is_significant,
        "right": is_significant and effect.estimate * truth > 0,
        "covered": low <= truth <= high,
        "clustered": effect.se is not None
        and abs(effect.estimate) > effect.se * _t(effect.clusters - 1),
    }


def _of_pooled(frame: pd.DataFrame, truth: float) -> dict[str, int]:
    """Spearman's ρ over all videos, with a standard error clustered by creator.

    The product takes the jackknife. It is the same to first order, and 20 times slower.
    """
    groups = Groups.of(frame["creator"])
    if groups.count < 2:
        return {}
    ranks = frame[["rating", "views"]].rank().to_numpy()
    u, v = ((ranks - ranks.mean(axis=0)) / ranks.std(axis=0)).T
    rho = float(np.mean(u * v))
    sums = groups.sums(u * v - rho * (u**2 + v**2) / 2)
    se = float(np.sqrt((sums**2).sum() * groups.count / (groups.count - 1))) / len(frame)
    is_significant = abs(rho) > se * _t(groups.count - 1)
    return {"pooled": is_significant, "pooled_wrong": is_significant and rho * truth <= 0}


@cache
def _t(freedom: int) -> float:
    return float(stats.t.ppf(1 - ALPHA / 2, freedom)) if freedom > 0 else inf
