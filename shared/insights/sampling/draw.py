"""A draw of videos for people to rate: creators first, then videos of the drawn creators.

The headline compares videos of one creator, so a rated video without another one of its creator
says nothing. That is why the draw has two stages. Creators are drawn in fixed number by the ordered
pivotal method, in proportion to what they are expected to add to the error of the estimate. In a
drawn creator, videos are drawn along the order of their ratings, with more chance where the rater's
answers disagree. A video's probability is the product of both, and its weight is one over it.

The second stage looks at ratings only, never at counts. Two or three videos of a creator are
compared at their own mean, and a choice by counts would bias that comparison.
"""

from dataclasses import dataclass

import numpy as np

from shared.insights.sampling.fixed_size import capped_probabilities, pivotal_draw
from shared.insights.statistics.resampling import FloatArray, Groups, IntArray

EACH = 4
"""Videos of a drawn creator, as a rule.

k videos of a creator keep (k - 1) / k of what they say after their own mean is taken. Fewer videos
of more creators lose more of that; more of fewer leave few creators for an interval.
"""

FEWEST_DRAWN_CREATORS = 12
"""Fewer creators have too few signs to flip, so small draws take fewer videos of each."""

ROOM = 1.1
"""Drawn creators are expected to have so many times the videos that are drawn.

Which creators are drawn is chance, so some draws have a little fewer videos than were asked for.
"""

FLOOR = 0.25
"""No creator has less than this share of the mean probability; no video, in its creator."""


@dataclass(frozen=True)
class DrawFrame:
    """The videos that can be drawn: each has another video of its creator beside it.

    `rows` are their positions in the table that they come from. `order` is the rating along which a
    creator's videos are spread. `spread` is the expected distance of people's rating from the mean
    of its creator. `sizes` is what a creator is expected to add to the standard error; `strata` are
    the labels of creators.
    """

    rows: IntArray
    creators: Groups
    order: FloatArray
    spread: FloatArray
    sizes: FloatArray
    strata: tuple[str, ...]


@dataclass(frozen=True)
class VideoDraw:
    """The drawn positions in the frame, ascending, and the probability of each."""

    positions: IntArray
    probabilities: FloatArray

    @property
    def weights(self) -> FloatArray:
        return 1 / self.probabilities


def draw(frame: DrawFrame, count: int, seed: int) -> VideoDraw:
    """Draw `count` videos. The same frame, count and seed give the same draw.

    As many as there are come without chance where `count` is not below their number.
    """
    random = np.random.default_rng((seed, count))
    total = frame.creators.n
    if count >= total:
        return VideoDraw(np.arange(total), np.ones(total))
    creators, of_creators = _draw_creators(frame, count, random)
    numbers = _numbers(frame, creators, of_creators, count)
    rows, probabilities = [], []
    for creator, number in zip(creators.tolist(), numbers.tolist(), strict=True):
        own = np.flatnonzero(frame.creators.codes == creator)
        own = own[np.argsort(frame.order[own], kind="stable")]
        chances = capped_probabilities(frame.spread[own], number, FLOOR)
        drawn = pivotal_draw(chances, random)
        rows.append(own[drawn])
        probabilities.append(chances[drawn] * of_creators[creator])
    drawn_rows, chances = np.concatenate(rows), np.concatenate(probabilities)
    ascending = np.argsort(drawn_rows)
    return VideoDraw(drawn_rows[ascending], chances[ascending])


def creator_count(frame: DrawFrame, count: int) -> int:
    """How many creators a draw of `count` videos takes: more than usual where they have few."""
    most = min(frame.creators.count, max(count // 2, 1))  # each has two videos or more
    creators = max(round(count / EACH), min(FEWEST_DRAWN_CREATORS, count // 2), 1)
    while creators < most and _videos_of(frame, creators) < ROOM * count:
        creators += 1
    return min(creators, most)


def _videos_of(frame: DrawFrame, creators: int) -> float:
    """How many videos so many drawn creators are expected to have."""
    return float(capped_probabilities(frame.sizes, creators, FLOOR) @ frame.creators.sizes)


def creator_probabilities(frame: DrawFrame, count: int) -> FloatArray:
    """The probability of each creator in a draw of `count` videos."""
    return capped_probabilities(frame.sizes, creator_count(frame, count), FLOOR)


def _draw_creators(
    frame: DrawFrame, count: int, random: np.random.Generator
) -> tuple[IntArray, FloatArray]:
    """The drawn creators, and the probability of every creator."""
    probabilities = creator_probabilities(frame, count)
    listed = np.array(sorted(range(len(frame.strata)), key=lambda at: (frame.strata[at], at)))
    drawn = listed[pivotal_draw(probabilities[listed], random)]
    return np.sort(drawn), probabilities


def _numbers(
    frame: DrawFrame, creators: IntArray, probabilities: FloatArray, count: int
) -> IntArray:
    """How many videos of each drawn creator: two or more, and all together `count`.

    A creator that is drawn for sure, because it weighs so much, has the more videos.
    """
    most = frame.creators.sizes[creators]
    shares = frame.sizes[creators] / probabilities[creators]
    numbers = np.minimum(2, most)
    while int(numbers.sum()) < count and (numbers < most).any():
        # The next video goes where the fewest are for the creator's share.
        need = np.where(numbers < most, shares / (numbers + 0.5), -np.inf)
        numbers[int(np.argmax(need))] += 1
    return numbers.astype(np.int64)
