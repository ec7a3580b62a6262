"""A probability sample of stored videos: creators first, then videos of each.

An effect within creators needs several videos of a creator, so a simple random sample of videos
would waste most of them. Creators are drawn with equal probability and without replacement, then so
many videos of each as the take allows. A video's probability is (drawn creators / creators) ·
(its creator's take / its creator's videos), so it is known before anybody rates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

USUAL_TAKE = 5
"""Videos of a creator. Five say 80 % of what all of its videos say, and leave room for creators."""


@dataclass(frozen=True)
class DrawnVideos:
    """The sample. `probabilities` are those of each drawn video to be drawn, in its order."""

    probabilities: Mapping[str, float]
    videos: int
    creators: int
    drawn_creators: int
    take: int
    seed: int

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self.probabilities)

    @property
    def sentence(self) -> str:
        """How the videos were drawn."""
        count = len(self.probabilities)
        if count == self.videos:
            return f"All {count:,} videos of {self.creators:,} creators are taken."
        return (
            f"{count:,} of {self.videos:,} videos are drawn: {self.drawn_creators:,} of "
            f"{self.creators:,} creators at random, and up to {self.take:,} videos of each at "
            f"random (seed {self.seed})."
        )

    def document(self) -> dict[str, Any]:
        return {
            "design": "creators, then videos; both at random without replacement",
            "videos": self.videos,
            "creators": self.creators,
            "drawn_creators": self.drawn_creators,
            "take": self.take,
            "seed": self.seed,
            "probabilities": dict(self.probabilities),
        }


def draw_videos(creator_of: Mapping[str, str], size: int, seed: int) -> DrawnVideos:
    """About `size` videos of these (a creator for each id); all of them if there are no more.

    The same videos, size and seed give the same sample, in whatever order the videos come.
    """
    by_creator: dict[str, list[str]] = {}
    for video in sorted(creator_of):
        by_creator.setdefault(creator_of[video], []).append(video)
    sizes = np.array([len(by_creator[name]) for name in sorted(by_creator)], dtype=np.int64)
    take, count = _design(sizes, size)
    random = np.random.default_rng(seed)
    chosen = random.permutation(len(sizes))[:count]
    probabilities: dict[str, float] = {}
    for creator in sorted(chosen.tolist()):
        videos = by_creator[sorted(by_creator)[creator]]
        own = min(take, len(videos))
        for video in sorted(random.permutation(videos)[:own].tolist()):
            probabilities[video] = count / len(sizes) * own / len(videos)
    return DrawnVideos(probabilities, len(creator_of), len(sizes), count, take, seed)


def _design(sizes: np.ndarray, size: int) -> tuple[int, int]:
    """Videos to take of a creator, and creators to draw: many creators before many videos."""
    if not len(sizes):
        return 0, 0
    taken = np.minimum(sizes, USUAL_TAKE)
    if int(taken.sum()) > size:
        return USUAL_TAKE, max(1, min(len(sizes), round(size / float(taken.mean()))))
    take = USUAL_TAKE
    while take < int(sizes.max()) and int(np.minimum(sizes, take).sum()) < size:
        take += 1
    return take, len(sizes)


def known_creators(rows: Sequence[Mapping[str, Any]], unknown: str) -> dict[str, str]:
    """The creator of each video; a video of nobody known is one of its own."""
    return {
        row["video_id"]: row["user_key"]
        if row["user_key"] not in (None, unknown)
        else f"video {row['video_id']}"
        for row in rows
    }
