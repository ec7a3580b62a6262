"""The fields that hold free text. An erasure replaces names only there.

These names hold for the lake, the tables and all input. A test fails when the record, the tables or
the terms of a manifest get a text field that neither this module nor the test lists. Keys, times,
numbers, ids and names of collections, raters and hashes are never changed.
"""

RECORD_FIELDS = frozenset(
    {"caption", "hashtags", "display_name", "bio"}
    | {"evidence", "what", "expectation", "violation"}
)
"""In records, ratings and tables."""

SOURCE_FIELDS = frozenset(
    {"author_full", "nickname", "bio_description", "signature", "desc", "description"}
    | {"video_description", "body", "text", "hashtag_names", "hashtag_name", "hashtag_description"}
    | {"hashtagname", "title", "voice_to_text", "embed_html", "message"}
)
"""In responses of TikTok and Gemini, and in lists that people bring; in lower case."""

FAILURE_FIELDS = frozenset({"sentence", "problem", "item"})
"""In failures: our sentence about it, and the object that was refused."""

FREE_TEXT = RECORD_FIELDS | SOURCE_FIELDS | FAILURE_FIELDS

ADDRESSES = frozenset(
    {"url", "tiktok_url", "share_url", "web_url", "media_url", "embed_link"}
    | {"profile_web_link", "profile_deep_link"}
)
"""Addresses of pages. A name counts there only after an @, because `node.js` may be a host."""

ACCOUNTS = frozenset(
    {"username", "creator_id", "user_key", "author", "author_name", "unique_id", "creator"}
    | {"uniqueid", "useruniqueid"}
)
"""Fields that say whose an object is. They are never rewritten: the whole object is deleted."""

VIDEO_IDS = frozenset({"id", "video_id", "item_id", "aweme_id"})
"""Fields that say which video an object is about."""


def is_free_text(field: str) -> bool:
    return field.strip().lower() in FREE_TEXT


def is_address(field: str) -> bool:
    return field.strip().lower() in ADDRESSES


def is_account(field: str) -> bool:
    return field.strip().lower() in ACCOUNTS


def is_video_id(field: str) -> bool:
    return field.strip().lower() in VIDEO_IDS
