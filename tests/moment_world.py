"""Made-up retention curves whose viewers leave by a known hazard, with a planted moment."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from shared.insights.moment.moment import moment
from shared.insights.moment.options import MomentOptions
from shared.insights.moment.result import MomentResult
from shared.insights.moment.seconds import Curve

SECONDS = 24


@dataclass(frozen=True)
class Audience:
    """How many watch how many videos; `log_ratio` is planted for five seconds from the onset."""

    videos: int = 40
    viewers: int = 5_000
    creators: int = 12
    log_ratio: float = -0.5
    seed: int = 3
    synthetic: bool = False
    first_id: int = 7_300_000_000_000_000_000


def curves(audience: Audience = Audience()) -> list[Curve]:
    draw = np.random.default_rng(audience.seed)
    return [_curve(number, audience, draw) for number in range(audience.videos)]


def _curve(number: int, audience: Audience, draw: np.random.Generator) -> Curve:
    onset_s = float(draw.uniform(4, 15))
    seconds = np.arange(SECONDS)
    inside = (seconds >= np.floor(onset_s)) & (seconds < np.floor(onset_s) + 5)
    log_hazard = -2.2 - 0.05 * seconds + draw.normal(0, 0.2) + audience.log_ratio * inside
    watching = [audience.viewers]
    for chance in 1 - np.exp(-np.exp(log_hazard)):
        watching.append(watching[-1] - int(draw.binomial(watching[-1], chance)))
    return Curve(
        video_id=str(audience.first_id + number),
        creator=f"creator{number % audience.creators}",
        viewers=audience.viewers,
        shares=np.round(np.array(watching) / audience.viewers, 2),
        duration_s=float(SECONDS),
        onset_s=onset_s,
        synthetic=audience.synthetic,
    )


@lru_cache
def usual_result() -> MomentResult:
    """The estimate of the usual audience, with few placebos."""
    return moment(curves(), MomentOptions(placebos=39))


def retention_rows(videos: list[Curve]) -> list[dict[str, object]]:
    """The same curves as rows of retention.sql."""
    return [
        {
            "video_id": curve.video_id,
            "viewers": curve.viewers,
            "seconds": list(range(len(curve.shares))),
            "shares": curve.shares.tolist(),
            "videos": len(videos),
        }
        for curve in videos
    ]


def video_rows(videos: list[Curve]) -> list[dict[str, object]]:
    """The rows of these videos, as far as the moment needs them."""
    return [
        {
            "video_id": curve.video_id,
            "user_key": curve.creator,
            "username": curve.creator,
            "synthetic": curve.synthetic,
            "duration_s": curve.duration_s,
            "model_version": None,
            "surprise_onset_s": curve.onset_s,
            "suspense_from_s": None,
            "suspense_to_s": None,
            "suspense_pays_off": None,
        }
        for curve in videos
    ]
