"""A sample of a very large table's videos, drawn so that the question stays the same.

The headline compares videos of one creator and speaks of creators like these. So whole creators are
drawn: each has the same chance and keeps all its videos. They are drawn in strata of their number
of videos, so the sample has small and large creators in the table's proportions (systematic
sampling along the size, Cochran 1977, Sampling Techniques, 3rd ed., section 8.11). Where the table
has few creators, the answer is about them: each keeps the same share of its videos, along time.
Nothing needs weights, since every video has the same chance.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.plan import Plan
from shared.insights.quality_gate import Gate
from shared.insights.statistics.resampling import BoolArray, Groups, IntArray

FEWEST_DRAWN_CREATORS = 1_000
"""Where fewer creators would be left, their videos are drawn instead."""

_STREAM = 62
"""Beside the plan's seed, so that no other draw of the analysis is the same."""


@dataclass(frozen=True)
class VideoSample:
    """The rows that were drawn of `videos` and `creators`; `by` says what was drawn."""

    gate: Gate
    """The gate of the table with these rows alone; its counts are of all rows."""
    by: Literal["creators", "videos"]
    videos: int
    creators: int | None
    drawn_creators: int | None

    @property
    def drawn(self) -> int:
        return len(self.gate.frame)

    @property
    def share(self) -> float:
        return self.drawn / self.videos

    @property
    def sentence(self) -> str:
        """What was drawn of what, and how to have all of it."""
        if self.by == "creators":
            how = (
                f"all videos of {self.drawn_creators:,} of {self.creators:,} creators, drawn at "
                "random within their numbers of videos"
            )
        elif self.creators is None:
            how = "drawn at random"
        else:
            how = f"the same share of each of {self.creators:,} creators, drawn along time"
        return (
            f"The associations rest on {self.drawn:,} of {self.videos:,} videos "
            f"({self.share:.1%}): {how}. Counts and data quality are of all videos. Without the "
            "key most_videos the plan uses every video, which takes longer."
        )

    def document(self) -> dict[str, Any]:
        return {
            "by": self.by,
            "drawn": self.drawn,
            "videos": self.videos,
            "share": self.share,
            "drawn_creators": self.drawn_creators,
            "creators": self.creators,
        }


def drawn_videos(passed: Gate, plan: Plan) -> VideoSample | None:
    """Some `most_videos` of the rows that passed; None where there are no more, or no such key.

    The same rows, in any order, and the same seed give the same sample.
    """
    frame, most = passed.frame, plan.most_videos
    if most is None or len(frame) <= most:
        return None
    random = np.random.default_rng((plan.seed, _STREAM))
    share = most / len(frame)
    groups = None if plan.cluster is None else Groups.of(frame[plan.cluster])
    if groups is None:
        chosen = _systematic(random.permutation(len(frame)), share, random)
        return VideoSample(_with(passed, chosen), "videos", len(frame), None, None)
    if share * groups.count < FEWEST_DRAWN_CREATORS:
        chosen = _systematic(_along_time(frame, groups), share, random)
        return VideoSample(_with(passed, chosen), "videos", len(frame), groups.count, None)
    creators = _systematic(_by_size(groups, random), share, random)
    rows = np.isin(groups.codes, creators).nonzero()[0]
    gate = _with(passed, rows)
    return VideoSample(gate, "creators", len(frame), groups.count, len(creators))


def _with(passed: Gate, rows: IntArray) -> Gate:
    mask: BoolArray = np.zeros(len(passed.frame), dtype=np.bool_)
    mask[rows] = True
    return replace(passed, frame=passed.frame[mask])


def _systematic(order: IntArray, share: float, random: np.random.Generator) -> IntArray:
    """Every 1/share-th unit of an order, from a random start: each has the chance `share`."""
    steps = np.arange(random.random() / share, len(order), 1 / share)
    return order[steps.astype(np.int64)]


def _by_size(groups: Groups, random: np.random.Generator) -> IntArray:
    """The codes of creators from few to many videos, at random among equals."""
    by_name = np.argsort(np.asarray(groups.names, dtype=object))
    shuffled = by_name[random.permutation(groups.count)]
    order: IntArray = shuffled[np.argsort(groups.sizes[shuffled], kind="stable")]
    return order


def _along_time(frame: pd.DataFrame, groups: Groups) -> IntArray:
    """The positions of all rows, creator by creator, each creator's by time and id."""
    names = [name for name in ("created_at", "video_id") if name in frame]
    keys = pd.DataFrame({name: frame[name].to_numpy() for name in names})
    keys.insert(0, "creator", np.asarray(groups.names, dtype=object)[groups.codes])
    order: IntArray = np.lexsort([keys[name].to_numpy() for name in reversed(keys.columns)])
    return order
