"""What a caller may choose about the estimate."""

from dataclasses import dataclass
from typing import Literal, get_args

Event = Literal["surprise", "suspense", "payoff"]
EVENTS: tuple[Event, ...] = get_args(Event)

WINDOW_S = (0.0, 5.0)
"""The five seconds after the onset; docs/decisions/0060 says why."""


@dataclass(frozen=True, slots=True)
class MomentOptions:
    """`window_s` counts seconds from the onset, its end not included.

    `onset_sd_s` is the standard deviation of a marked onset around the true one. Where it is None,
    `onset_pairs` give it: the times in seconds that two raters marked in one video.
    `placebos` is how often onsets are drawn in other videos' place, from `seed`.
    """

    event: Event = "surprise"
    window_s: tuple[float, float] = WINDOW_S
    onset_sd_s: float | None = None
    onset_pairs: tuple[tuple[float, float], ...] = ()
    uses_covariates: bool = True
    placebos: int = 199
    seed: int = 20261128

    def __post_init__(self) -> None:
        start, end = self.window_s
        if not (0 <= start < end <= 10):
            raise ValueError("A window lies between 0 and 10 seconds after the onset.")
        if self.onset_sd_s is not None and not 0 <= self.onset_sd_s <= 10:
            raise ValueError("The error of the onset lies between 0 and 10 seconds.")
        if self.placebos < 0:
            raise ValueError("The number of placebos is not negative.")
