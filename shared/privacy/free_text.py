"""The fields that hold free text. An erasure replaces names only there.

These names hold for the lake, the tables and all input. A test fails when the record, the tables or
the terms of a manifest get a text field that neither this module nor the test lists. Keys, times,
numbers, ids and names of collections, raters and hashes are never changed.
"""

from shared.inputs.formats.names import NAMES, folded

RECORD_FIELDS = frozenset(
    {"caption", "hashtags", "display_name", "bio", "file_name"}
    | {"evidence", "what", "setup", "expectation", "event", "violation"}
)
"""In records, ratings and tables."""

SOURCE_FIELDS = frozenset(
    {"author_full", "nickname", "bio_description", "signature", "desc", "description"}
    | {"video_description", "body", "text", "hashtag_names", "hashtag_name", "hashtag_description"}
    | {"hashtagname", "title", "voice_to_text", "embed_html", "message"}
    | {name for term in ("caption", "hashtags", "display_name", "bio") for name in NAMES[term]}
)
"""In responses of TikTok and Gemini, and in lists that people bring; folded."""

FAILURE_FIELDS = frozenset({"sentence", "problem", "item"})
"""In failures: our sentence about it, and the object that was refused."""

FREE_TEXT = RECORD_FIELDS | SOURCE_FIELDS | FAILURE_FIELDS

ADDRESSES = frozenset(
    {"url", "tiktok_url", "share_url", "web_url", "media_url", "embed_link"}
    | {"profile_web_link", "profile_deep_link", "webpage_url", "original_url", "uploader_url"}
    | {*NAMES["url"], *NAMES["media_url"]}
)
"""Addresses of pages. A name counts there only after an @, because `node.js` may be a host."""

ACCOUNTS = frozenset(
    {"username", "creator_id", "user_key", "author", "author_name", "unique_id", "creator"}
    | {"uniqueid", "useruniqueid", "authormeta.name", "authormeta/name"}
    | {"author.uniqueid", "author/uniqueid", "author_uniqueid"}
    | {"data.author.uniqueid", "data/author/uniqueid", "data_author_uniqueid"}
    | {*NAMES["username"]}
)
"""Fields that say whose an object is. They are never rewritten: the whole object is deleted."""

ACCOUNT_OBJECTS = {"authorMeta": "name"}
"""Objects that say whose an object is, and the field in them that names the account."""

VIDEO_IDS = frozenset({*NAMES["video_id"], "video/id", "data.id", "data/id", "data_id"})
"""Fields that say which video an object is about."""


def is_free_text(field: str) -> bool:
    return folded(field) in FREE_TEXT


def is_address(field: str) -> bool:
    return folded(field) in ADDRESSES


def is_account(field: str) -> bool:
    return folded(field) in ACCOUNTS


def is_video_id(field: str) -> bool:
    return folded(field) in VIDEO_IDS
