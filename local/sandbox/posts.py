"""Draws creators, posts, captions and counts from one seeded generator."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from local.sandbox.accounts import UNAVAILABLE, Account, draw_accounts, show_account
from local.sandbox.captions import HOSTILE, TONGUES
from local.sandbox.footage import LibraryClip, footage
from local.sandbox.kpis import CREATOR_SD, draw_counts
from local.sandbox.library import Post, SandboxCreator

YOUNGEST_DAYS = 8  # at the anchor, so that every post was counted at the age of seven days
DAYS = 60  # posts are spread over the days before the anchor, so that two API windows are needed
LEAST_POSTS = 16  # enough for every special post and every hostile caption
_POSTS_PER_CLIP = 2.5  # few, so that a person who looks at the posts sees different clips
_ROUNDS = 6  # posts that each creator has before chance deals the others
# Correlation of a creator's appeal with the surprise of its clips. Because of it, a comparison
# between creators overstates the planted effect.
_APPEAL_WITH_SURPRISE = 0.35
_ABSENT = ("photo", "deleted", "private")


@dataclass(frozen=True, slots=True)
class LibraryPlan:
    """Everything but the clips: what the API shows, and the truth that it does not show."""

    creators: tuple[SandboxCreator, ...]
    posts: tuple[Post, ...]
    post_truth: Mapping[str, Mapping[str, Any]]  # by video_id
    creator_truth: Mapping[str, Mapping[str, Any]]  # by username


@dataclass(frozen=True, slots=True)
class _Slot:
    """One post before its words and counts are drawn."""

    video_id: int
    create_time: int
    age_days: float
    account: Account
    clip: str | None
    absent: str | None
    hostile: int | None


def plan_posts(seed: int, posts: int, anchor: datetime, is_planted: bool = True) -> LibraryPlan:
    """Draw `posts` posts created in the 60 days before `anchor`. Raises ValueError below 16.

    Unless `is_planted`, the counts do not depend on what happens in the clips.
    """
    if posts < LEAST_POSTS:
        raise ValueError(f"a library has at least {LEAST_POSTS} posts, not {posts}")
    rng = np.random.default_rng([seed, posts])
    accounts = draw_accounts(rng, posts)
    drawn = [
        _post(rng, slot, number, is_planted)
        for number, slot in enumerate(_slots(rng, posts, accounts, anchor))
    ]
    drawn.sort(key=lambda pair: pair[0].wire["id"], reverse=True)
    counted = [post.username for post, _ in drawn]
    likes = {a.username: 0 for a in accounts}
    for post, _ in drawn:
        likes[post.username] += post.wire.get("like_count", 0)
    creators = tuple(
        show_account(rng, account, likes[account.username], counted.count(account.username))
        for account in accounts
    )
    return LibraryPlan(
        creators=creators,
        posts=tuple(post for post, _ in drawn),
        post_truth={post.video_id: truth for post, truth in drawn},
        creator_truth={
            a.username: {"language": a.language, "followers": a.followers, "u": round(a.appeal, 6)}
            for a in accounts
        },
    )


def _slots(
    rng: np.random.Generator, posts: int, accounts: list[Account], anchor: datetime
) -> list[_Slot]:
    by_state = {account.availability: account for account in accounts}
    posting = accounts[:-2]  # the last two have only the posts that are absent because of them
    turns = _deal_turns(rng, posts, len(posting))
    clips = _deal_clips(rng, [posting[turn].appeal for turn in turns])
    slots = []
    for n, second in enumerate(_seconds(rng, posts, anchor)):
        absent = _ABSENT[n] if n < len(_ABSENT) else None
        account = posting[turns[n]]
        slots.append(
            _Slot(
                video_id=second << 32 | int(rng.integers(1, 2**32)),
                create_time=second,
                age_days=(anchor.timestamp() - second) / 86_400,
                account=by_state[UNAVAILABLE[absent]] if absent in UNAVAILABLE else account,
                clip=None if absent else clips[n],
                absent=absent,
                hostile=n - 3 if 0 <= n - 3 < len(HOSTILE) else None,
            )
        )
    return slots


def _deal_turns(rng: np.random.Generator, posts: int, accounts: int) -> list[int]:
    """The number of the account of each post: in turn first, then by chance."""
    by_turns = min(posts, len(_ABSENT) + _ROUNDS * accounts)
    in_turn = [(n - len(_ABSENT)) % accounts for n in range(by_turns)]
    return in_turn + [int(n) for n in rng.integers(accounts, size=posts - by_turns)]


def _deal_clips(rng: np.random.Generator, appeals: list[float]) -> list[str]:
    """A clip for each post with media, each about equally often; more surprise with appeal."""
    clips = footage()
    shown = list(clips)[: max(6, round(len(appeals) / _POSTS_PER_CLIP))]
    with_media = np.array(appeals[len(_ABSENT) :]) / CREATOR_SD
    deck = rng.permutation([shown[n % len(shown)] for n in range(len(with_media))])
    by_surprise = sorted(map(str, deck), key=lambda name: clips[name].unexpectedness)
    chance = rng.normal(0, np.sqrt(1 - _APPEAL_WITH_SURPRISE**2), len(with_media))
    ranks = np.argsort(np.argsort(_APPEAL_WITH_SURPRISE * with_media + chance))
    return [""] * len(_ABSENT) + [by_surprise[int(rank)] for rank in ranks]


def _seconds(rng: np.random.Generator, posts: int, anchor: datetime) -> list[int]:
    """Distinct creation times. TikTok's ids carry the second in their upper 32 bits."""
    start = int((anchor - timedelta(days=DAYS)).timestamp())
    span = (DAYS - YOUNGEST_DAYS) * 86_400
    return [start + int(second) for second in rng.choice(span, posts, replace=False)]


def _post(
    rng: np.random.Generator, slot: _Slot, number: int, is_planted: bool
) -> tuple[Post, dict[str, Any]]:
    clip = footage()[slot.clip] if slot.clip else None
    language, caption, hashtags = _words(rng, slot)
    unexpectedness = clip.unexpectedness if clip else None
    wire = _wire(rng, slot, clip, (unexpectedness or 0) * is_planted, caption, hashtags)
    _leave_out(rng, wire, number)
    post = Post(str(slot.video_id), slot.account.username, slot.clip, slot.absent, wire)
    return post, {
        "clip": slot.clip,
        "absent": slot.absent,
        "language": language,
        "unexpectedness": unexpectedness,
        "onset_s": clip.onset_s if clip else None,
        "hostile_caption": None if slot.hostile is None else HOSTILE[slot.hostile][0],
    }


def _wire(
    rng: np.random.Generator,
    slot: _Slot,
    clip: LibraryClip | None,
    unexpectedness: float,
    caption: str,
    hashtags: tuple[str, ...],
) -> dict[str, Any]:
    account = slot.account
    wire: dict[str, Any] = {
        "id": slot.video_id,
        "create_time": slot.create_time,
        "username": account.username,
        "region_code": account.region,
        "video_description": caption,
        "hashtag_names": list(hashtags),
        "music_id": 6_900_000_000_000_000_000 + int(rng.integers(60)) * 977_777_777_777,
        "effect_ids": [str(rng.choice(["0", "1123977", "50127"]))],
        "is_stem_verified": False,
        **draw_counts(rng, unexpectedness, account.followers, slot.age_days, account.appeal),
    }
    if clip:
        wire["video_duration"] = max(1, round(clip.rendered.duration_s))
    if rng.random() < 0.3 and slot.hostile is None:
        wire["voice_to_text"] = caption.split(" #", maxsplit=1)[0]
    if rng.random() < 0.1:
        wire["playlist_id"] = slot.video_id - 4_294_967_311
    return wire


def _words(rng: np.random.Generator, slot: _Slot) -> tuple[str | None, str, tuple[str, ...]]:
    if slot.hostile is not None:
        _, language, caption = HOSTILE[slot.hostile]
        return language, caption, ("fyp",)
    # Most creators use their language; some posts are in English whatever the region.
    language = "en" if rng.random() < 0.12 else slot.account.language
    captions = TONGUES[language].captions
    caption, hashtags = captions[int(rng.integers(len(captions)))]
    return language, f"{caption} {' '.join('#' + tag for tag in hashtags)}", hashtags


def _leave_out(rng: np.random.Generator, wire: dict[str, Any], number: int) -> None:
    """Drop optional fields, as the API does: an unknown value is an absent key, never null."""
    for field, chance in {
        "music_id": 0.06,
        "effect_ids": 0.5,
        "hashtag_names": 0.08,
        "is_stem_verified": 0.7,
        "favorites_count": 0.1,
    }.items():
        if rng.random() < chance:
            wire.pop(field, None)
    if number % 70 == 12:  # rare, but it happens: a post whose count is not known
        wire.pop("share_count")
    if number % 70 == 13:
        wire.pop("view_count")
