"""Names of columns that mean our fields, in tables of any tool."""

from collections.abc import Mapping

from shared.inputs.column_names import VIDEO_COLUMNS, folded

__all__ = ["NAMES", "counts_by_word", "folded"]

NAMES: Mapping[str, tuple[str, ...]] = {
    "file": VIDEO_COLUMNS["file"],
    "video_id": VIDEO_COLUMNS["video_id"],
    "username": (
        *("username", "author", "author_name", "unique_id", "creator", "user_name", "handle"),
        *("author_unique_id", "uniqueid", "account", "uploader"),
    ),
    "display_name": ("display_name", "author_full", "nickname"),
    "bio": ("bio", "bio_description", "signature"),
    "verified": ("verified", "is_verified"),
    "caption": (
        *("caption", "desc", "description", "video_description", "body", "text", "vid_caption"),
        *("video_title", "title"),
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
        *("video_views", "vid_nview"),
    ),
    "likes": (
        *("likes", "like_count", "digg_count", "diggcount", "likecount", "total_likes", "hearts"),
        "vid_nlike",
    ),
    "comments": (
        *("comments", "comment_count", "commentcount", "total_comments", "comments_count"),
        "vid_ncomment",
    ),
    "shares": (
        *("shares", "share_count", "sharecount", "total_shares", "shares_count", "repost_count"),
        "vid_nshare",
    ),
    "saves": (
        *("saves", "favorites_count", "favourites_count", "collect_count", "collectcount"),
        *("save_count", "bookmarks", "total_bookmarks", "add_to_favorites", "saved"),
    ),
    "followers": ("followers", "follower_count", "author_followers", "account_followers"),
    "collected_at": (
        *("collected_at", "timestamp_collected", "scraped_at", "scrapedat", "fetched_at"),
        *("retrieved_at", "date_collected", "vid_scrapetime"),
    ),
}
"""Our fields, and the columns that mean them, folded. The first column present counts."""

_WORDS_FOR_COUNTS: Mapping[str, tuple[str, ...]] = {
    "views": (
        *("views", "aufrufe", "visualizaciones", "visualizações", "visualizzazioni", "vues"),
        *("weergaven", "wyświetlenia", "просмотр", "tayangan", "lượt xem", "görüntüleme"),
        *("観看", "观看", "再生", "視聴", "조회"),
    ),
    "likes": (
        *("likes", "gefällt", "me gusta", "j’aime", "j'aime", "curtidas", "mi piace", "vind-ik"),
        *("polubienia", "лайк", "suka", "lượt thích", "beğeni", "点赞", "讚", "いいね", "좋아요"),
    ),
    "comments": (
        *("comments", "kommentare", "comentarios", "comentários", "commentaires", "commenti"),
        *("opmerkingen", "reacties", "komentarze", "комментари", "komentar", "bình luận", "yorum"),
        *("评论", "留言", "コメント", "댓글"),
    ),
    "shares": (
        *("shares", "geteilt", "compartid", "veces compartido", "compartilhamentos", "partages"),
        *("condivisioni", "gedeeld", "udostępnienia", "репост", "поделились", "dibagikan"),
        *("chia sẻ", "paylaşım", "分享", "シェア", "공유"),
    ),
}
"""Words for the four counts in the languages of TikTok's interface, for tables beside addresses."""


def counts_by_word(columns: list[str]) -> dict[str, str]:
    """Counts by words in the names of columns, each only where one column alone has its word."""
    matches: dict[str, str] = {}
    for ours, words in _WORDS_FOR_COUNTS.items():
        candidates = [
            column for column in columns if any(word in column.casefold() for word in words)
        ]
        if len(candidates) == 1:
            matches[ours] = candidates[0]
    return matches
