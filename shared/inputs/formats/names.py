"""Names of columns that mean our fields, in tables of any tool."""

from collections.abc import Mapping

from shared.inputs.column_names import VIDEO_COLUMNS, folded

__all__ = ["NAMES", "folded"]

NAMES: Mapping[str, tuple[str, ...]] = {
    "file": VIDEO_COLUMNS["file"],
    "video_id": VIDEO_COLUMNS["video_id"],
    "username": (
        *("username", "author_username", "author", "author_name", "unique_id", "creator"),
        *("user_name", "handle", "author_unique_id", "uniqueid", "account", "uploader"),
        "author.uniqueid",
    ),
    "display_name": ("display_name", "author_full", "nickname"),
    "bio": ("bio", "bio_description", "signature"),
    "verified": ("verified", "is_verified"),
    "caption": (
        *("caption", "desc", "description", "video_description", "body", "text", "vid_caption"),
        *("video_desc", "video_title", "title"),
    ),
    "hashtags": ("hashtags", "hashtag_names", "vid_hashtags"),
    "url": VIDEO_COLUMNS["url"],
    "media_url": ("media_url",),
    "region_code": ("region_code", "location_created", "locationcreated"),
    "language": ("language",),
    "created_at": (
        *("created_at", "unix_timestamp", "create_time", "createtime", "createtimeiso"),
        *("timestamp", "posted_at", "post_time", "date_posted", "published_at", "publish_time"),
        *("video_publish_time", "vid_posttime"),
    ),
    "duration_s": ("duration_s", "duration", "video_duration", "vid_duration", "video_length"),
    "music_id": ("music_id", "musicid"),
    "views": (
        *("views", "plays", "view_count", "play_count", "playcount", "viewcount", "total_views"),
        *("video_views", "vid_nview", "n_plays"),
    ),
    "likes": (
        *("likes", "like_count", "digg_count", "diggcount", "likecount", "total_likes", "hearts"),
        *("vid_nlike", "n_likes"),
    ),
    "comments": (
        *("comments", "comment_count", "commentcount", "total_comments", "comments_count"),
        *("vid_ncomment", "n_comments"),
    ),
    "shares": (
        *("shares", "share_count", "sharecount", "total_shares", "shares_count", "repost_count"),
        *("vid_nshare", "n_shares"),
    ),
    "saves": (
        *("saves", "favorites_count", "favourites_count", "collect_count", "collectcount"),
        *("save_count", "bookmarks", "total_bookmarks", "add_to_favorites", "saved"),
    ),
    "followers": ("followers", "follower_count", "author_followers", "account_followers"),
    "reach": ("reach", "reached_audience", "unique_viewers"),
    "total_watch_s": ("total_watch_s", "total_watch_time", "total_play_time", "total_time_watched"),
    "average_watch_s": (
        *("average_watch_s", "average_watch_time", "average_time_watched", "avg_watch_time"),
        *("average_play_time", "average_view_duration"),
    ),
    "completion_rate": (
        *("completion_rate", "watched_full_video", "full_video_watched_rate", "finish_rate"),
        *("full_video_completion_rate", "video_completion_rate"),
    ),
    "hook_rate_3s": ("hook_rate_3s", "hook_rate", "3_second_hook_rate", "3_second_view_rate"),
    "collected_at": (
        *("collected_at", "timestamp_collected", "scraped_at", "scrapedat", "fetched_at"),
        *("retrieved_at", "date_collected", "vid_scrapetime"),
    ),
}
"""Our fields, and the columns that mean them, folded. The first column present counts."""
