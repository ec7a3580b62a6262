"""Ratings: the values that raters gave videos, by dimension and replicate.

The name of a rater says its kind: `human/…` and names without a slash are people, `benchmark/…` is
a published annotation, and any other name is a machine. Names of raters that the sandbox made up
begin with `synthetic/`; `synthetic/human/…` is a made-up person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from shared.inputs.tables.losses import Losses
from shared.insights.agreement.drawn_sample import DrawnSample
from shared.insights.statistics.resampling import FloatArray
from shared.insights.table.video_kinds import VideoKind
from shared.rating.rubric import scores

Kind = Literal["human", "machine", "benchmark"]
STAND_IN = "-stand-in"
SYNTHETIC = "synthetic/"
ATTENTION = "attention_check"
"""Dimension of the rating kit's attention checks: 1 when the rater passed, else 0."""

Values = dict[str, dict[int, float]]
"""Video -> replicate -> value."""


@dataclass(frozen=True)
class Ratings:
    """Every value by dimension and rater, in the order in which they appeared."""

    values: dict[tuple[str, str], Values]
    stand_ins: frozenset[str] = frozenset()
    machines: frozenset[str] = frozenset()
    synthetic: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    empty: int = 0
    """Rows without a value."""
    read_as: tuple[str, ...] = ()
    """How files were read whose layout had to be recognised: a sentence for each."""
    losses: tuple[tuple[str, Losses], ...] = ()
    """By file, the cells and rows that could not be read."""
    set_aside: Mapping[str, int] = field(default_factory=dict)
    """Videos that were set aside, by their kind."""
    drawn: DrawnSample | None = None
    """The sample that people rated, where it was drawn with known probabilities."""

    def unread(self) -> list[str]:
        """What of the files could not be read: a sentence for each loss."""
        return [f"{name}: {text}" for name, losses in self.losses for text in losses.sentences()]

    @property
    def dimensions(self) -> list[str]:
        return list(dict.fromkeys(dimension for dimension, _ in self.values))

    @property
    def raters(self) -> list[str]:
        return list(dict.fromkeys(rater for _, rater in self.values))

    def kind(self, rater: str) -> Kind:
        """The kind of a rater, by its name."""
        if rater in self.machines:
            return "machine"
        if "/" not in rater:
            return "human"
        head = rater.removeprefix(SYNTHETIC).partition("/")[0]
        if head == "benchmark":
            return "benchmark"
        return "human" if head == "human" else "machine"

    def of(self, dimension: str, *kinds: Kind) -> list[str]:
        """Raters of a dimension, of these kinds (all kinds when none is given)."""
        raters = [rater for name, rater in self.values if name == dimension]
        return [rater for rater in raters if not kinds or self.kind(rater) in kinds]

    def first_values(self, dimension: str, rater: str) -> dict[str, float]:
        """The rater's first value of each video."""
        videos = self.values.get((dimension, rater), {})
        return {video: replicates[min(replicates)] for video, replicates in videos.items()}

    def table(self, dimension: str, raters: Sequence[str]) -> "RatingTable":
        """Each rater's first value of each video."""
        columns = [self.first_values(dimension, rater) for rater in raters]
        videos = sorted({video for column in columns for video in column})
        rows = [[column.get(video, np.nan) for column in columns] for video in videos]
        values = np.array(rows, dtype=np.float64).reshape(len(videos), len(raters))
        return RatingTable(tuple(videos), tuple(raters), values)

    def replicates(self, dimension: str, rater: str) -> "RatingTable":
        """A rater's values of each video, one column per replicate."""
        values = self.values.get((dimension, rater), {})
        numbers = sorted({number for of_video in values.values() for number in of_video})
        videos = sorted(values)
        rows = [[values[video].get(number, np.nan) for number in numbers] for video in videos]
        table = np.array(rows, dtype=np.float64).reshape(len(videos), len(numbers))
        return RatingTable(tuple(videos), tuple(map(str, numbers)), table)

    def scores(self, rater: str) -> list[str]:
        """The rubric's scores that a rater gave; all its dimensions if none is in the rubric."""
        dimensions = [dimension for dimension, name in self.values if name == rater]
        return [dimension for dimension in dimensions if dimension in scores()] or dimensions

    def renamed(self, videos: Mapping[str, str]) -> "Ratings":
        """The same ratings, with the ids of videos replaced by the mapping."""
        if not videos:
            return self
        values = {
            key: {videos.get(video, video): replicates for video, replicates in by_video.items()}
            for key, by_video in self.values.items()
        }
        return replace(self, values=values)

    def without(self, raters: Iterable[str]) -> "Ratings":
        """The same ratings without some raters."""
        excluded = set(raters)
        return self._with(
            {key: by_video for key, by_video in self.values.items() if key[1] not in excluded}
        )

    def only(self, dimensions: Iterable[str]) -> "Ratings":
        """The same ratings of these dimensions only."""
        included = set(dimensions)
        return self._with(
            {key: by_video for key, by_video in self.values.items() if key[0] in included}
        )

    def of_kind(self, kind: VideoKind) -> "Ratings":
        """The ratings of observed or of synthetic videos, whichever the kind is of.

        A video is synthetic if these ratings or the kind's table say so, and observed otherwise.
        Attention checks are about raters, so they stay.
        """
        synthetic = self.synthetic | kind.synthetic_ids
        if not synthetic and not kind.is_synthetic:
            return self
        values = {
            key: by_video
            if key[0] == ATTENTION
            else {v: of for v, of in by_video.items() if (v in synthetic) == kind.is_synthetic}
            for key, by_video in self.values.items()
        }
        chosen = self._with({key: by_video for key, by_video in values.items() if by_video})
        return replace(chosen, synthetic=synthetic if kind.is_synthetic else frozenset())

    @property
    def videos(self) -> frozenset[str]:
        """The rated videos. The clips of attention checks are none."""
        of_videos = (by for (name, _), by in self.values.items() if name != ATTENTION)
        return frozenset(video for by_video in of_videos for video in by_video)

    def with_synthetic(self, videos: Iterable[str]) -> "Ratings":
        """The same ratings, with these videos marked as synthetic."""
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
        """The rows of the videos that every rater rated."""
        rows: FloatArray = self.values[~np.isnan(self.values).any(axis=1)]
        return rows

    @property
    def usual_replicates(self) -> int:
        """Number of first columns (2 or more) that keep the most values in rows without a gap.

        1 where no row has two values. A third replicate of a few videos must not cost the others.
        """
        cells = {
            count: count * int((~np.isnan(self.values[:, :count]).any(axis=1)).sum())
            for count in range(2, len(self.raters) + 1)
        }
        return max(
            (count for count in cells if cells[count]), key=lambda n: (cells[n], n), default=1
        )
