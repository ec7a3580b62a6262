"""How many answers of one rater must be averaged until a score is reliable enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median_low
from typing import Any

import numpy as np

from shared.insights.statistics.power import icc1
from shared.insights.statistics.resampling import Groups

RELIABLE = 0.8
FEWEST_VIDEOS = 20
"""Below it, the ICC of two answers of reliability .6 has an error of more than .15."""

MOST_REPLICATES = 20
"""More are not proposed: another wording or model tells more."""


@dataclass(frozen=True, slots=True)
class ReplicateProposal:
    """The replicates that a reliability of RELIABLE takes, by the answers so far.

    `videos` have two answers or more. `present` is the usual number of answers of a video.
    `of_one` is the reliability of one answer (ICC(1) over these videos); None below FEWEST_VIDEOS,
    or where nothing varies. `replicates` is None where no number up to MOST_REPLICATES is enough.
    """

    dimension: str
    videos: int
    present: int
    of_one: float | None = None

    @property
    def now(self) -> float | None:
        """The reliability of the mean of the answers that are there."""
        return None if self.of_one is None else spearman_brown(self.of_one, self.present)

    @property
    def replicates(self) -> int | None:
        if self.of_one is None or self.of_one <= 0:
            return None
        share = RELIABLE * (1 - self.of_one) / (self.of_one * (1 - RELIABLE))
        needed = max(1, ceil(share - 1e-9))
        return needed if needed <= MOST_REPLICATES else None

    @property
    def sentence(self) -> str:
        if self.videos < FEWEST_VIDEOS:
            return (
                f"How many replicates are needed is known once {FEWEST_VIDEOS} videos have two "
                f"answers (--replicates 2); {self.videos} have."
            )
        if self.of_one is None or self.now is None:
            return f"The answers about {self.videos:,} videos are all alike: nothing varies."
        reached = f"{self._subject} a reliability of {_decimals(self.now)} for {self.dimension}"
        basis = f"{self.videos:,} videos with two answers or more"
        if self.replicates is None:
            return f"{reached} ({basis}): replicates hardly help, so try another wording or model."
        if self.replicates <= self.present:
            return f"{reached} ({basis}), so no more replicates are needed."
        then = _decimals(spearman_brown(self.of_one, self.replicates))
        return f"{reached} ({basis}); --replicates {self.replicates} would give {then}."

    @property
    def _subject(self) -> str:
        return "One answer has" if self.present == 1 else f"The mean of {self.present} answers has"

    def document(self) -> dict[str, Any]:
        return {
            "dimension": self.dimension,
            "videos": self.videos,
            "videos_needed": FEWEST_VIDEOS,
            "present": self.present,
            "reliability_of_one": self.of_one,
            "reliability_now": self.now,
            "wanted": RELIABLE,
            "replicates": self.replicates,
            "sentence": self.sentence,
        }


def spearman_brown(reliability: float, answers: float) -> float:
    """The reliability of a mean of answers, from that of one (Spearman 1910, Brown 1910)."""
    return answers * reliability / (1 + (answers - 1) * reliability)


def _decimals(share: float) -> str:
    return f"{share:.2f}".replace("0.", ".", 1)


def propose(
    dimension: str, answers: Sequence[Sequence[float]], counts: Sequence[int]
) -> ReplicateProposal:
    """From the scores of each video, and the number of answers of each video, read or not."""
    present = median_low([count for count in counts if count] or [0])
    repeated = [values for values in answers if len(values) > 1]
    if len(repeated) < FEWEST_VIDEOS:
        return ReplicateProposal(dimension, len(repeated), present)
    scores = np.concatenate([np.asarray(values, dtype=np.float64) for values in repeated])
    videos = Groups.of(number for number, values in enumerate(repeated) for _ in values)
    return ReplicateProposal(dimension, len(repeated), present, icc1(scores, videos))
