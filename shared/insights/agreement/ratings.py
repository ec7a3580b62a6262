"""Ratings: which rater gave which video which value on which dimension, and how often.

Who a rater is follows from the name: `human/…` and names without a slash are people, `benchmark/…`
is a published annotation, anything else is a machine.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from shared.insights.statistics.resampling import FloatArray
from shared.rating.rubric import scores

Kind = Literal["human", "machine", "benchmark"]
STAND_IN = "-stand-in"
ATTENTION = "attention_check"
"""Dimension of the rating kit's checks: 1 where the rater did as told, else 0."""

Values = dict[str, dict[int, float]]
"""video -> replicate -> value"""


@dataclass(frozen=True)
class Ratings:
    """Every value by dimension and rater; raters and dimensions in the order they appeared."""

    values: dict[tuple[str, str], Values]
    stand_ins: frozenset[str] = frozenset()
    machines: frozenset[str] = frozenset()
    synthetic: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    empty: int = 0
    """Rows without a value."""

    @property
    def dimensions(self) -> list[str]:
        return list(dict.fromkeys(dimension for dimension, _ in self.values))

    @property
    def raters(self) -> list[str]:
        return list(dict.fromkeys(rater for _, rater in self.values))

    def kind(self, rater: str) -> Kind:
        """Who a rater is, by name."""
        if rater in self.machines:
            return "machine"
        head, slash, _ = rater.partition("/")
        if head == "benchmark":
            return "benchmark"
        return "human" if head == "human" or not slash else "machine"

    def of(self, dimension: str, *kinds: Kind) -> list[str]:
        """Raters who rated a dimension, of these kinds (all when none is named)."""
        rated = [rater for name, rater in self.values if name == dimension]
        return [rater for rater in rated if not kinds or self.kind(rater) in kinds]

    def table(self, dimension: str, raters: Sequence[str]) -> "RatingTable":
        """Each rater's first value of each video."""
        columns = [self.values.get((dimension, rater), {}) for rater in raters]
        videos = sorted({video for column in columns for video in column})
        made = np.full((len(videos), len(raters)), np.nan)
        for place, column in enumerate(columns):
            for row, video in enumerate(videos):
                if replicates := column.get(video):
                    made[row, place] = replicates[min(replicates)]
        return RatingTable(tuple(videos), tuple(raters), made)

    def replicates(self, dimension: str, rater: str) -> "RatingTable":
        """A rater's values of each video by replicate, one column each."""
        values = self.values.get((dimension, rater), {})
        numbers = sorted({number for of_video in values.values() for number in of_video})
        videos = sorted(values)
        made = [[values[video].get(number, np.nan) for number in numbers] for video in videos]
        shaped = np.array(made, dtype=np.float64).reshape(len(videos), len(numbers))
        return RatingTable(tuple(videos), tuple(map(str, numbers)), shaped)

    def scores(self, rater: str) -> list[str]:
        """The rubric's scores that a rater gave; of a table with other names, all dimensions."""
        own = [name for name, by in self.values if by == rater]
        return [name for name in own if name in scores()] or own

    def renamed(self, videos: Mapping[str, str]) -> "Ratings":
        """The same with other ids where the mapping has one."""
        if not videos:
            return self
        values = {
            key: {videos.get(video, video): held for video, held in by_video.items()}
            for key, by_video in self.values.items()
        }
        return replace(self, values=values)

    def without(self, raters: Iterable[str]) -> "Ratings":
        """The same without some raters."""
        gone = set(raters)
        kept = {key: held for key, held in self.values.items() if key[1] not in gone}
        return self._with(kept)

    def only(self, dimensions: Iterable[str]) -> "Ratings":
        """The same with these dimensions alone."""
        wanted = set(dimensions)
        kept = {key: held for key, held in self.values.items() if key[0] in wanted}
        return self._with(kept)

    def of_synthetic(self, videos: Iterable[str]) -> "Ratings":
        """The same, knowing that these videos are synthetic."""
        return replace(self, synthetic=self.synthetic | frozenset(videos))

    def _with(self, values: dict[tuple[str, str], Values]) -> "Ratings":
        raters = {rater for _, rater in values}
        return replace(self, values=values, stand_ins=self.stand_ins & raters)


@dataclass(frozen=True)
class RatingTable:
    """Videos by raters; NaN where a rater did not rate."""

    videos: tuple[str, ...]
    raters: tuple[str, ...]
    values: FloatArray

    @property
    def complete(self) -> FloatArray:
        """The rows that every rater rated."""
        whole: FloatArray = self.values[~np.isnan(self.values).any(axis=1)]
        return whole

    @property
    def usual(self) -> int:
        """Of a table by replicate: as many as keep the most values in rows without a gap."""
        kept = [
            (count * int((~np.isnan(self.values[:, :count]).any(axis=1)).sum()), count)
            for count in range(1, len(self.raters) + 1)
        ]
        return max((one for one in kept if one[1] >= 2 and one[0]), default=(0, 1))[1]
