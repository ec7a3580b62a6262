"""A library whose clips are not videos, for tests and benchmarks that only move bytes.

Posts are evenly spaced in time, creators take turns, and counts are plain numbers. So a test can
compute what must arrive. It is synthetic like every library.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local.sandbox.library import Library, Post, RenderedClip, SandboxCreator

HEAD = b"\0\0\0\x18ftypisom\0\0\0\0isommp42"
FIRST_ID = 7_300_000_000_000_000_001
Fields = Mapping[str, Any]


def dummy_library(
    root: Path,
    posts: int,
    creators: int = 5,
    first: datetime = datetime(2026, 9, 5, tzinfo=UTC),
    every: timedelta = timedelta(hours=5),
    anchor: datetime = datetime(2026, 11, 1, tzinfo=UTC),
    clip_bytes: Mapping[str, int] | None = None,
    clip: Callable[[int], str] = lambda number: "short",
    absent: Mapping[int, str] | None = None,
    unavailable: Collection[int] = (0,),
    fields: Callable[[int], Fields] = lambda number: {},
) -> Library:
    """Post n is by `user{n % creators}`, `n * every` after the first, with n views or `fields(n)`.

    It shows `clip(n)` of `clip_bytes`, unless `absent` says why it has no file.
    """
    clips = {}
    for name, size in (clip_bytes or {"short": 9_000}).items():
        content = HEAD + b"v" * (size - len(HEAD))
        (root / name).write_bytes(content)
        clips[name] = RenderedClip(name, name, size, "", 1.0, 480, 854, 30, False)

    def post(number: int) -> Post:
        created = first + number * every
        wire = {
            "id": FIRST_ID + 1_000 * number,
            "username": f"user{number % creators}",
            "create_time": int(created.timestamp()),
            "region_code": "US",
            "hashtag_names": ["cat"],
            "video_description": f"caption {number}",
            "view_count": number,
            **fields(number),
        }
        why = (absent or {}).get(number)
        return Post(str(wire["id"]), wire["username"], None if why else clip(number), why, wire)

    accounts = tuple(
        SandboxCreator(
            f"user{n}",
            "private" if n in unavailable else "ok",
            {"display_name": f"User {n} (synthetic)", "follower_count": 100 * n},
        )
        for n in range(creators)
    )
    listed_posts = tuple(map(post, range(posts)))
    return Library(root, 1, anchor.isoformat(), clips, accounts, listed_posts)
