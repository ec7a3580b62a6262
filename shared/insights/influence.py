"""On whom the headline hangs: the rate ratio without single creators and single videos."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.insights.headline import Headline
from shared.insights.statistics.ratio_influence import (
    refitted_without,
    steps_without_creators,
    steps_without_videos,
)
from shared.insights.statistics.resampling import BoolArray, FloatArray, IntArray
from shared.insights.statistics.within_ratios import WithinScores

FEWEST_CREATORS = 3
EXACT = 5
"""So many creators and videos, those with the largest steps, are left out in a whole fit."""

EXACT_OF_MANY = 2
MANY_VIDEOS = 20_000
"""From this number of videos on, a whole fit takes its time."""


@dataclass(frozen=True, slots=True)
class RatioWithout:
    """The headline without a creator, or without a video of a creator.

    `estimate` is the log rate ratio per unit, and `change` is that less the headline's. Only a
    model that was fitted anew (`exact`) has a `p`. All are None where nothing is left to estimate.
    """

    creator: str
    video: str | None
    n: int
    estimate: float | None
    change: float | None
    p: float | None
    exact: bool


@dataclass(frozen=True)
class HeadlineInfluence:
    """The creators and the videos without which the headline changes most, the largest first.

    `lowest` and `highest` are the extremes over all creators.
    """

    estimate: float
    lowest: float | None
    highest: float | None
    creators: tuple[RatioWithout, ...]
    videos: tuple[RatioWithout, ...]

    def document(self) -> dict[str, Any]:
        return {
            "estimate": self.estimate,
            "lowest_without_one": self.lowest,
            "highest_without_one": self.highest,
            "largest": [
                {
                    "cluster": without.creator,
                    "n": without.n,
                    "estimate_without": without.estimate,
                    "change": without.change,
                    "p_without": without.p,
                    "exact": without.exact,
                }
                for without in self.creators
            ],
            "largest_videos": [
                {
                    "cluster": without.creator,
                    "video": without.video,
                    "estimate_without": without.estimate,
                    "change": without.change,
                    "p_without": without.p,
                    "exact": without.exact,
                }
                for without in self.videos
            ],
        }


def influence(headline: Headline | None, predictor: str) -> HeadlineInfluence | None:
    """Leave out each creator and each video; None where the headline has no such estimate."""
    if headline is None or headline.model is None or predictor not in headline.model.names:
        return None
    return _LeaveOne(headline, predictor).influence()


class _LeaveOne:
    """Leaves creators and videos out of one fitted headline."""

    def __init__(self, headline: Headline, predictor: str):
        assert headline.model is not None and headline.clusters is not None
        self._model, self._headline, self._predictor = headline.model, headline, predictor
        self._column = headline.model.names.index(predictor)
        self._estimate = float(headline.model.beta[self._column])
        self._exact = EXACT if len(headline.model.y) < MANY_VIDEOS else EXACT_OF_MANY

    def influence(self) -> HeadlineInfluence:
        creators = self._creators()
        estimates = [without.estimate for without in creators if without.estimate is not None]
        return HeadlineInfluence(
            estimate=self._estimate,
            lowest=min(estimates, default=None),
            highest=max(estimates, default=None),
            creators=tuple(creators[: self._exact]),
            videos=tuple(self._videos()),
        )

    def _creators(self) -> list[RatioWithout]:
        """All creators, by the size of the change."""
        groups = self._model.creators
        if groups.count < FEWEST_CREATORS:
            return []
        steps = steps_without_creators(self._model, self._column)
        refitted = set(_largest(steps)[: self._exact].tolist())
        creators = [
            self._without(groups.codes == code, groups.names[code], None)
            if code in refitted
            else self._stepped(groups.names[code], int(groups.sizes[code]), float(steps[code]))
            for code in range(groups.count)
        ]
        return sorted(creators, key=lambda without: -abs(_size(without)))

    def _videos(self) -> list[RatioWithout]:
        """The videos with the largest steps, left out exactly."""
        groups, frame = self._model.creators, self._headline.sample.frame
        ids = frame.get("video_id")
        labels = None if ids is None else ids.to_numpy()[self._model.kept]
        videos = []
        for row in _largest(steps_without_videos(self._model, self._column))[: self._exact]:
            is_left_out = np.arange(len(self._model.y)) == row
            video = None if labels is None else str(labels[row])
            videos.append(self._without(is_left_out, groups.names[groups.codes[row]], video))
        return sorted(videos, key=lambda without: -abs(_size(without)))

    def _without(self, left_out: BoolArray, creator: str, video: str | None) -> RatioWithout:
        n = int(left_out.sum())
        model = refitted_without(self._model, left_out)
        if model is None or self._predictor not in model.names:
            return RatioWithout(creator, video, n, None, None, None, exact=True)
        estimate = float(model.beta[model.names.index(self._predictor)])
        headline, others = self._headline, ~left_out
        groupings = [
            groups.where(others).where(model.kept)
            for groups in (headline.clusters, headline.sounds)
            if groups is not None
        ]
        p = WithinScores(model, self._predictor, groupings).p(0.0)
        return RatioWithout(creator, video, n, estimate, estimate - self._estimate, p, exact=True)

    def _stepped(self, creator: str, n: int, step: float) -> RatioWithout:
        return RatioWithout(creator, None, n, self._estimate + step, step, None, exact=False)


def _largest(steps: FloatArray) -> IntArray:
    """Positions by the size of the step; of equal ones the first comes first."""
    return np.argsort(-np.abs(steps), kind="stable")


def _size(without: RatioWithout) -> float:
    """Where nothing can be estimated without them, they carry all of it."""
    return np.inf if without.change is None else without.change
