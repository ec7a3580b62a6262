"""For whom: how the headline's rate ratio differs between creators."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import exp
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.headline import Headline
from shared.insights.predictor_steps import step_of
from shared.insights.sample import OutcomeQuestion
from shared.insights.statistics.creator_slopes import CreatorSlopes, creator_slopes
from shared.insights.statistics.distributions import false_discovery_control, t_quantile
from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.fixed_effects import FixedEffectsFit
from shared.insights.statistics.heterogeneity import Heterogeneity, shrunken
from shared.insights.statistics.interval import CONFIDENCE
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.shared_error import error_of_others
from shared.insights.statistics.subgroups import GroupComparison, compare_groups

ALPHA = 0.05
MOST_LISTED = 200
"""Creators in the document, those with most videos: a choice by estimate would list accidents."""

TIERS = (
    (0, "under 10,000 followers"),
    (10_000, "10,000 to 99,999 followers"),
    (100_000, "100,000 to 999,999 followers"),
    (1_000_000, "1,000,000 followers or more"),
)
"""Sizes as agencies name them: nano, micro, macro, mega."""

_LARGEST_LOG_RATIO = 20.0


@dataclass(frozen=True, slots=True)
class CreatorEffect:
    """The slope of one creator, as it is and moved towards the mean, with 95 % intervals."""

    creator: str
    n: int
    estimate: float
    low: float
    high: float
    shrunken: float
    shrunken_low: float
    shrunken_high: float


@dataclass(frozen=True, slots=True)
class GroupedBy:
    """A comparison of groups of creators; `p_adjusted` corrects for the number of comparisons."""

    by: str
    comparison: GroupComparison
    p_adjusted: float


@dataclass(frozen=True)
class ForWhom:
    """How creators differ. Without an answer `over` is None and `note` says why.

    Estimates are log rate ratios per unit of the predictor; ratios in the document are for `step`
    units. `creators` are those with a slope, most videos first.
    """

    predictor: str
    outcome: str
    scale: str
    step: float
    over: Heterogeneity | None = None
    p: float | None = None
    creators: tuple[CreatorEffect, ...] = ()
    left_out: dict[str, int] | None = None
    groupings: tuple[GroupedBy, ...] = ()
    note: str | None = None

    @property
    def differ(self) -> bool:
        """Whether there is a sign that creators differ: both p and the interval of τ² say so."""
        if self.over is None or self.p is None:
            return False
        return self.p < ALPHA and self.over.tau2_ends.low > 0

    @property
    def share_positive(self) -> float | None:
        """Share of the creators whose shrunken effect is above 0."""
        if not self.creators:
            return None
        return sum(effect.shrunken > 0 for effect in self.creators) / len(self.creators)

    def ratio(self, log_ratio: float) -> float | None:
        """The rate ratio of a step; None where it is beyond any use."""
        steps = self.step * log_ratio
        return exp(steps) if abs(steps) <= _LARGEST_LOG_RATIO else None

    def document(self) -> dict[str, Any]:
        """One JSON object; `creators` has at most 200 of them."""
        return {
            "predictor": self.predictor,
            "outcome": self.outcome,
            "scale": self.scale,
            "step": self.step,
            "note": self.note,
            "creators_used": len(self.creators),
            "creators_left_out": self.left_out or {},
            "differ": self.differ,
            "p": self.p,
            **self._spread(),
            "share_positive": self.share_positive,
            "groups": [self._grouping(grouping) for grouping in self.groupings],
            "creators_listed": min(MOST_LISTED, len(self.creators)),
            "creators": [self._creator(effect) for effect in self.creators[:MOST_LISTED]],
        }

    def _spread(self) -> dict[str, Any]:
        over = self.over
        if over is None:
            return dict.fromkeys(("tau", "tau_low", "tau_high", "q", "i2", "mean", "prediction"))
        return {
            "tau": over.tau2**0.5,
            "tau_low": over.tau2_ends.low**0.5,
            "tau_high": over.tau2_ends.high**0.5,
            "q": over.q,
            "i2": over.i2,
            "mean": self._interval(over.mean, over.mean_ends.low, over.mean_ends.high),
            "prediction": {
                **self._interval(over.mean, over.prediction.low, over.prediction.high),
                "hts_low": over.prediction_hts.low,
                "hts_high": over.prediction_hts.high,
            },
        }

    def _interval(self, estimate: float, low: float, high: float) -> dict[str, Any]:
        return {
            "estimate": estimate,
            "ci_low": low,
            "ci_high": high,
            "ratio": self.ratio(estimate),
            "ratio_low": self.ratio(low),
            "ratio_high": self.ratio(high),
        }

    def _creator(self, effect: CreatorEffect) -> dict[str, Any]:
        return {
            "creator": effect.creator,
            "n": effect.n,
            **self._interval(effect.estimate, effect.low, effect.high),
            "shrunken": self._interval(effect.shrunken, effect.shrunken_low, effect.shrunken_high),
        }

    def _grouping(self, grouping: GroupedBy) -> dict[str, Any]:
        return {
            "by": grouping.by,
            "p": grouping.comparison.p,
            "p_adjusted": grouping.p_adjusted,
            "groups": [
                {
                    "group": mean.group,
                    "creators": mean.creators,
                    "n": mean.videos,
                    **self._interval(mean.estimate, mean.low, mean.high),
                }
                for mean in grouping.comparison.means
            ],
        }


def for_whom_of(answer: Headline, predictor: str, seed: int) -> ForWhom:
    """How creators differ in the model of the headline."""
    frame, question = answer.sample.frame, answer.question
    if answer.scope == "account":
        return _blank(frame, predictor, question, "there is one account")
    if answer.model is None:
        note = (answer.fit.note or "there is no model").rstrip(".")
        return _blank(frame, predictor, question, note)
    return for_whom(answer.model, frame, predictor, question, seed)


def for_whom(
    model: FixedEffectsFit,
    frame: pd.DataFrame,
    predictor: str,
    question: OutcomeQuestion,
    seed: int,
) -> ForWhom:
    """How the slope of the predictor differs between the creators of a fitted model.

    `frame` has the rows that the model was given. A question without an answer gets a note.
    """
    if predictor not in model.names:
        note = f"{predictor} does not vary within creators"
        return _blank(frame, predictor, question, note)
    column = model.names.index(predictor)
    x, beta = model.x[:, column], float(model.beta[column])
    try:
        shared = error_of_others(model, column)
        slopes = creator_slopes(model.y, x, model.mean, beta, model.creators, seed, shared)
    except NotEstimable as error:
        return _blank(frame, predictor, question, error.sentence.rstrip("."))
    over = slopes.over
    return replace(
        _blank(frame, predictor, question),
        over=over,
        p=slopes.p,
        creators=_effects(slopes, over),
        left_out=slopes.left_out,
        groupings=_groupings(slopes, over.tau2, model, frame[model.kept], seed),
    )


def _blank(
    frame: pd.DataFrame, predictor: str, question: OutcomeQuestion, note: str | None = None
) -> ForWhom:
    step = step_of(frame[predictor], predictor).size
    return ForWhom(predictor, question.outcome, question.scale, step, note=note)


def _effects(slopes: CreatorSlopes, over: Heterogeneity) -> tuple[CreatorEffect, ...]:
    quantiles = t_quantile((1 + CONFIDENCE) / 2, slopes.df)
    reach = quantiles * np.sqrt(slopes.variances + slopes.shared)
    values, errors = shrunken(slopes.estimates, slopes.variances, over)
    effects = (
        CreatorEffect(
            name, int(n), float(b), float(b - r), float(b + r), float(s), float(s - e), float(s + e)
        )
        for name, n, b, r, s, e in zip(
            slopes.names,
            slopes.sizes,
            slopes.estimates,
            reach,
            values,
            quantiles * errors,
            strict=True,
        )
    )
    return tuple(sorted(effects, key=lambda effect: (-effect.n, effect.creator)))


def _groupings(
    slopes: CreatorSlopes, tau2: float, model: FixedEffectsFit, rows: pd.DataFrame, seed: int
) -> tuple[GroupedBy, ...]:
    """The comparisons that the table allows; their p are adjusted by Benjamini & Hochberg."""
    comparisons = {}
    for by, labels in _labels(model.creators, rows):
        chosen = np.array([name in labels for name in slopes.names])
        groups = [labels[name] for name in slopes.names if name in labels]
        comparison = compare_groups(
            slopes.estimates[chosen],
            slopes.variances[chosen],
            slopes.sizes[chosen],
            tau2,
            groups,
            seed,
            slopes.shared,
        )
        if comparison is not None:
            comparisons[by] = comparison
    if not comparisons:
        return ()
    adjusted = false_discovery_control([each.p for each in comparisons.values()])
    return tuple(
        GroupedBy(by, comparison, float(p))
        for (by, comparison), p in zip(comparisons.items(), adjusted, strict=True)
    )


def _labels(creators: Groups, rows: pd.DataFrame) -> Iterator[tuple[str, dict[str, str]]]:
    """The group of each creator whose group is in the table."""
    names = pd.Series(np.asarray(creators.names, dtype=object)[creators.codes], index=rows.index)
    if "followers" in rows:
        middle = rows["followers"].astype(float).groupby(names).median().dropna()
        yield "followers", {name: tier_of(count) for name, count in middle.items()}
    if "language" in rows:
        videos = pd.DataFrame({"creator": names, "language": rows["language"]}).dropna()
        videos = videos.astype({"language": str})
        counts = videos.groupby(["creator", "language"]).size().reset_index(name="videos")
        # Of languages that are as frequent, the first by name.
        usual = counts.sort_values("videos", ascending=False, kind="stable")
        usual = usual.drop_duplicates("creator")
        yield "language", dict(zip(usual["creator"], usual["language"], strict=True))


def tier_of(followers: float) -> str:
    """The tier of a number of followers."""
    return next(name for least, name in reversed(TIERS) if followers >= least)
