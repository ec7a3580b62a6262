"""What a simulated world is about: one creator who is erased, two who stay and mention her."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from shared.model import Creator, Metrics, Record, Video
from shared.privacy.mentions import ERASED
from shared.retention_section import Retention
from shared.tiktok.sources.source import SourceVideo

NAME = "ada.lovely"
OTHERS = ("bob.builds", "cyd_c")
COLLECTION = "cats"
DAY = datetime(2026, 11, 1, tzinfo=UTC)

Stage = Literal["loaded", "published", "failed", "parked", "dead", "new"]
STAGES: tuple[Stage, ...] = ("loaded", "published", "failed", "parked", "dead", "new")
"""Where a post is when the run begins; a new one is only in the source's listing."""


@dataclass(frozen=True, slots=True)
class Post:
    """One video. `caption` may mention the creator who is erased."""

    video_id: str
    creator: str
    caption: str
    stage: Stage

    @property
    def is_erased(self) -> bool:
        return self.creator == NAME

    @property
    def mentions(self) -> bool:
        return not self.is_erased and NAME in self.caption

    @property
    def redacted_caption(self) -> str:
        return self.caption.replace(NAME, ERASED)

    @property
    def media(self) -> bytes:
        """Enough of an MP4 to be known as one; no two are the same."""
        return b"\0\0\0\x18ftypmp42" + self.video_id[-2:].encode()

    def record(self, at: datetime = DAY) -> Record:
        listing = self.listed(at)
        return Record(
            video_id=self.video_id,
            video=listing.video,
            creator=listing.creator,
            metrics=listing.metrics,
        )

    def curve(self) -> Record:
        """The record of a reading of its retention curve, which comes apart from its listing."""
        shares = (1.0, int(self.video_id[-2:]) / 100)
        return Record(
            video_id=self.video_id, retention=Retention(collected_at=DAY, viewers=9, shares=shares)
        )

    def listed(self, at: datetime) -> SourceVideo:
        video = Video(
            observed_at=at,
            source="research",
            creator_id=self.creator,
            collection=COLLECTION,
            caption=self.caption,
            language="en",
            created_at=DAY - timedelta(days=2),
        )
        bio = f"I dance with @{NAME}" if self.mentions else None
        creator = Creator(observed_at=at, creator_id=self.creator, username=self.creator, bio=bio)
        metrics = Metrics(collected_at=at, views=int(self.video_id[-2:]))
        return SourceVideo(self.video_id, video, metrics, creator)


def posts(dice: random.Random) -> list[Post]:
    """Two of hers and three of others, each somewhere on its way."""
    return [
        Post(
            video_id=f"73000000000000000{number:02}",
            creator=creator,
            caption=f"dancing with @{NAME} again" if dice.random() < 0.6 else "a cat and a dog",
            stage=dice.choice(STAGES),
        )
        for number, creator in enumerate((NAME, NAME, OTHERS[0], OTHERS[0], OTHERS[1]), 11)
    ]
