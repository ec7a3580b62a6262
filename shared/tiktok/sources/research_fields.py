"""The Research API's fields as our model; a missing field stays unknown."""

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from shared.model import Metrics, Video
from shared.quality import flag_on_arrival
from shared.tiktok.collections import Collection
from shared.tiktok.sources.fields import (
    cleaned,
    first_problem,
    hashtags,
    instant,
    page_url,
    seconds,
    video_id_of,
)
from shared.tiktok.sources.source import BadVideo, SourceVideo


def read_video(item: Any, collection: Collection, at: datetime) -> SourceVideo:
    """A listed video and its counts. Raises BadVideo, which names the wrong field."""
    video_id, item = video_id_of(item), cleaned(item)
    username = item.get("username") or None
    music_id = item.get("music_id")
    try:
        video = Video(
            observed_at=at,
            source="research",
            creator_id=username,
            collection=collection.name,
            url=page_url(username, video_id),
            caption=item.get("video_description"),
            hashtags=hashtags(item.get("hashtag_names")),
            region_code=item.get("region_code") or None,
            created_at=instant(item.get("create_time")),
            duration_s=seconds(item.get("video_duration")),
            music_id=str(music_id) if type(music_id) is int else music_id or None,
            synthetic=collection.synthetic,
        )
        metrics = Metrics(
            collected_at=at,
            views=item.get("view_count"),
            likes=item.get("like_count"),
            comments=item.get("comment_count"),
            shares=item.get("share_count"),
            saves=item.get("favorites_count", item.get("favourites_count")),
        )
    except ValidationError as error:
        raise BadVideo(first_problem(error)) from error
    return SourceVideo(
        video_id, video, flag_on_arrival(metrics, video.created_at, at, source="research")
    )
