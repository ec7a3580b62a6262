"""What the estimate says: the contract between the statistics, the verb and the report."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from shared.canonical import canonical

Cluster = Literal["creator", "video"]
IDS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class HazardRatio:
    """A ratio of hazards with its 95 % interval and two-sided p; `log_ratio` and `se` are logs."""

    ratio: float
    low: float
    high: float
    p: float
    log_ratio: float
    se: float
    df: int


@dataclass(frozen=True, slots=True)
class SecondRatio:
    """The hazard ratio of one second around the onset, and where placebo onsets put it.

    Seconds before the onset are compared with earlier ones, later seconds with all before it.
    `placebo_low` and `placebo_high` hold 95 % of the placebos; None where those are few. A second
    that no video shows, or that nobody leaves, is not in the list.
    """

    second: int
    ratio: float
    low: float
    high: float
    placebo_low: float | None = None
    placebo_high: float | None = None


@dataclass(frozen=True, slots=True)
class LeadTest:
    """Do viewers leave differently before the onset already? Then the design does not hold."""

    f: float
    df: tuple[int, int]
    p: float


@dataclass(frozen=True, slots=True)
class OnsetError:
    """The standard deviation of marked onsets around the true ones, and who said so.

    Of `pairs` of raters, `far_pairs` mean different events, and do not count.
    """

    sd_s: float
    source: Literal["given", "agreement", "unknown"]
    pairs: int = 0
    far_pairs: int = 0


@dataclass(frozen=True, slots=True)
class CarryingVideo:
    """A video that moves the estimate much. `influence` is on the log hazard ratio.

    `shares` are by second, None where missing.
    """

    video_id: str
    creator: str
    influence: float
    onset_s: float
    viewers: int | None
    shares: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class MomentOverturn:
    """What would change the answer, to first order.

    `least` and `most` are the ratio without the cluster that moves it farthest either way.
    `videos_to_sign` is how few videos would have to go for the ratio to cross 1, and
    `videos_to_doubt` for its interval to hold 1; None where no set of videos does it.
    """

    least: float
    most: float
    without_least: str
    without_most: str
    videos_to_sign: int | None
    videos_to_doubt: int | None
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NeighbourComparison:
    """Leaving in the window against the seconds before it: what people do by eye, and fails.

    Leaving falls along a video in any case, and onsets do not lie at random.
    """

    ratio: float | None
    p: float | None
    videos: int


@dataclass(frozen=True, slots=True)
class MomentResult:
    """The answer. `effect` is None where `note` says why.

    `left_out` and `flags` give the videos by reason: the former are not used, the latter are.
    `cells` is how many seconds of videos the estimate compares; `viewers` counts those at the start
    of the videos used.
    """

    event: str
    window_s: tuple[float, float]
    effect: HazardRatio | None
    placebo_p: float | None
    placebos: int
    by_second: tuple[SecondRatio, ...]
    leads: LeadTest | None
    videos: int
    creators: int
    viewers: int
    cells: int
    cluster: Cluster
    clusters: int
    onset_error: OnsetError
    covariates: tuple[str, ...]
    carrying: tuple[CarryingVideo, ...]
    overturn: MomentOverturn | None
    neighbours: NeighbourComparison | None
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    note: str | None = None
    synthetic: bool = False

    def document(self) -> dict[str, Any]:
        """The result as JSON: no time, no path, no NaN; lists of videos end after ten."""
        document: dict[str, Any] = canonical(
            {"schema_version": 1}
            | asdict(self)
            | {"left_out": _counted(self.left_out), "flags": _counted(self.flags)}
        )
        return document


def _counted(videos: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, Any]]:
    return {
        reason: {"count": len(ids), "videos": list(ids[:IDS_SHOWN])}
        for reason, ids in sorted(videos.items())
    }
