"""The number of replicates that the ratings in the lake ask for."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from cli.selection import LakeVideo
from shared.concurrency import in_order
from shared.errors import Permanent
from shared.model import parse
from shared.rating_section import Rating
from shared.storage.lake import Lake
from shared.storage.layout import RatingKey, rating_name

if TYPE_CHECKING:
    from shared.insights.agreement.replicates import ReplicateProposal

DIMENSION = "unexpectedness"
MOST_VIDEOS = 200
"""Videos whose ratings are read: the ICC of so many has an error of some .05."""

RatingNames = Mapping[str, Collection[str]]
"""Names of one rater's ratings, all of one configuration, by video."""


def stored_names(
    lake: Lake, videos: Iterable[LakeVideo], rater: str, config_hash: str
) -> RatingNames:
    """List the ratings of each video. It reads none."""
    folders = {
        video.video_id: _folder(video.video_id, str(video.generation), rater, config_hash)
        for video in videos
    }
    names = in_order(lambda folder: list(lake.names(folder)), folders.values())
    return dict(zip(folders, names, strict=True))


def _folder(video_id: str, generation: str, rater: str, config_hash: str) -> str:
    return rating_name(video_id, RatingKey(generation, rater, config_hash)).rpartition("/")[0] + "/"


def proposal_of(lake: Lake, names: RatingNames) -> "ReplicateProposal":
    """Read the ratings of some videos that have several, and reckon what they ask for.

    The same ratings give the same choice, which is random with regard to their scores.
    """
    from shared.insights.agreement.replicates import propose

    repeated = sorted((video for video in names if len(names[video]) > 1), key=_lot)
    chosen = repeated[:MOST_VIDEOS]
    answers = [
        [score for name in sorted(names[video]) if (score := _score(lake, name)) is not None]
        for video in chosen
    ]
    return propose(DIMENSION, answers, [len(each) for each in names.values()])


def _lot(video_id: str) -> bytes:
    return hashlib.sha256(video_id.encode()).digest()


def _score(lake: Lake, name: str) -> float | None:
    """None for a refusal, and for what is not a rating."""
    try:
        rating = parse(Rating, lake.read(name) or b"", name)
    except Permanent:
        return None
    return getattr(rating.values, DIMENSION, None)
