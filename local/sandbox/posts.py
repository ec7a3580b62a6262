"""Draws creators, posts, captions and counts from one seeded generator."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from local.sandbox.captions import HOSTILE, TONGUES
from local.sandbox.designs import BY_NAME, DESIGNS, Design
from local.sandbox.kpis import CREATOR_SD, draw_counts
from local.sandbox.library import Post, SandboxCreator

DAYS = 60  # posts are spread over the days before the anchor, so that two API windows are needed
LEAST_POSTS = 16  # enough for every special post and every hostile caption
_POSTS_PER_DESIGN = 6  # so that a small library is made in a few seconds
_ABSENT = ("photo", "deleted", "private")
# A deleted post has a deleted account, and a private post a private one. One more account posts,
# but the API does not return it.
_UNAVAILABLE = {"deleted": "not_found", "private": "private"}
_SPECIAL = {-1: "not_found", -2: "private", -3: "restricted"}  # the last of the accounts
_NAMES = (
    "mira",
    "tomas",
    "lena",
    "jules",
    "noor",
    "kenji",
    "ana",
    "piotr",
    "zeynep",
    "wayan",
    "hugo",
    "elif",
    "sora",
    "minjun",
    "carla",
    "omar",
    "divya",
    "felix",
    "ines",
    "bruno",
    "yuki",
    "salma",
    "greta",
    "paulo",
    "nina",
    "dario",
    "leila",
    "jonas",
    "aiko",
    "rafael",
    "emre",
    "putri",
    "luca",
    "hana",
    "karim",
    "asha",
    "max",
    "chloe",
    "joao",
    "giulia",
    "deniz",
    "sari",
    "ren",
    "jiwoo",
    "diego",
    "youssef",
    "ravi",
    "ida",
)
_TRADES = ("bakes", "walks", "loops", "paints", "fixes", "grows", "plays", "folds")


@dataclass(frozen=True, slots=True)
class LibraryPlan:
    """Everything but the clips: what the API shows, and the truth that it does not show."""

    creators: tuple[SandboxCreator, ...]
    posts: tuple[Post, ...]
    post_truth: Mapping[str, Mapping[str, Any]]  # by video_id
    creator_truth: Mapping[str, Mapping[str, Any]]  # by username


@dataclass(frozen=True, slots=True)
class _Account:
    username: str
    language: str
    region: str
    followers: int
    effect: float
    availability: str


@dataclass(frozen=True, slots=True)
class _Slot:
    """One post before its words and counts are drawn."""

    video_id: int
    create_time: int
    age_days: float
    account: _Account
    design: str | None
    absent: str | None
    hostile: int | None


def plan_posts(seed: int, posts: int, anchor: datetime, is_planted: bool = True) -> LibraryPlan:
    """Draw `posts` posts created in the 60 days before `anchor`. Raises ValueError below 16.

    Unless `is_planted`, the counts do not depend on the surprise in the truth.
    """
    if posts < LEAST_POSTS:
        raise ValueError(f"a library has at least {LEAST_POSTS} posts, not {posts}")
    rng = np.random.default_rng([seed, posts])
    accounts = _accounts(rng, max(8, min(len(_NAMES), round(posts * 48 / 208))))
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
        _creator(rng, account, likes[account.username], counted.count(account.username))
        for account in accounts
    )
    return LibraryPlan(
        creators=creators,
        posts=tuple(post for post, _ in drawn),
        post_truth={post.video_id: truth for post, truth in drawn},
        creator_truth={
            a.username: {"language": a.language, "followers": a.followers, "u": round(a.effect, 6)}
            for a in accounts
        },
    )


def _accounts(rng: np.random.Generator, count: int) -> list[_Account]:
    languages = list(TONGUES)
    accounts = []
    for n, name in enumerate(_NAMES[:count]):
        tongue = languages[n % len(languages)]
        regions = TONGUES[tongue].regions
        accounts.append(
            _Account(
                username=f"sandbox_{name}.{_TRADES[int(rng.integers(len(_TRADES)))]}",
                language=tongue,
                region=regions[n // len(languages) % len(regions)],
                followers=int(np.exp(rng.normal(9.0, 1.6))),
                effect=float(rng.normal(0, CREATOR_SD)),
                availability=_SPECIAL.get(n - count, "ok"),
            )
        )
    return accounts


def _slots(
    rng: np.random.Generator, posts: int, accounts: list[_Account], anchor: datetime
) -> list[_Slot]:
    by_state = {account.availability: account for account in accounts}
    posting = accounts[:-2]
    designs = _deal_designs(rng, posts)
    slots = []
    for n, second in enumerate(_seconds(rng, posts, anchor)):
        absent = _ABSENT[n] if n < len(_ABSENT) else None
        # The first posts go round the accounts, the others by chance. The last two accounts have
        # only the posts that are absent because of them.
        account = posting[n % len(posting) if n < 2 * len(posting) else rng.integers(len(posting))]
        slots.append(
            _Slot(
                video_id=second << 32 | int(rng.integers(1, 2**32)),
                create_time=second,
                age_days=(anchor.timestamp() - second) / 86_400,
                account=by_state[_UNAVAILABLE[absent]] if absent in _UNAVAILABLE else account,
                design=None if absent else designs[n],
                absent=absent,
                hostile=n - 3 if 0 <= n - 3 < len(HOSTILE) else None,
            )
        )
    return slots


def _deal_designs(rng: np.random.Generator, posts: int) -> list[str]:
    """Each design about equally often, in random order and independent of the creator."""
    shown = DESIGNS[: max(6, posts // _POSTS_PER_DESIGN)]
    deck = [shown[n % len(shown)].name for n in range(posts - len(_ABSENT))]
    return [""] * len(_ABSENT) + [str(name) for name in rng.permutation(deck)]


def _seconds(rng: np.random.Generator, posts: int, anchor: datetime) -> list[int]:
    """Distinct creation times. TikTok's ids carry the second in their upper 32 bits."""
    start = int((anchor - timedelta(days=DAYS)).timestamp())
    span = (DAYS - 1) * 86_400  # the youngest post is a day old when it is counted
    return [start + int(second) for second in rng.choice(span, posts, replace=False)]


def _post(
    rng: np.random.Generator, slot: _Slot, number: int, is_planted: bool
) -> tuple[Post, dict[str, Any]]:
    design = BY_NAME[slot.design] if slot.design else None
    language, caption, hashtags = _words(rng, slot)
    surprise = design.surprise if design and is_planted else 0.0
    wire = _wire(rng, slot, design, surprise, caption, hashtags)
    _leave_out(rng, wire, number)
    post = Post(str(slot.video_id), slot.account.username, slot.design, slot.absent, wire)
    return post, {
        "design": slot.design,
        "absent": slot.absent,
        "language": language,
        "surprise": design.surprise if design else None,
        "onset_s": design.onset_s if design else None,
        "hostile_caption": None if slot.hostile is None else HOSTILE[slot.hostile][0],
    }


def _wire(
    rng: np.random.Generator,
    slot: _Slot,
    design: Design | None,
    surprise: float,
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
        **draw_counts(rng, surprise, account.followers, slot.age_days, account.effect),
    }
    if design:
        wire["video_duration"] = max(1, round(design.seconds))
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


def _creator(
    rng: np.random.Generator, account: _Account, likes: int, videos: int
) -> SandboxCreator:
    name = account.username.removeprefix("sandbox_").replace(".", " ").title()
    info: dict[str, Any] = {
        "display_name": f"{name} (synthetic)",
        "bio_description": "Synthetic sandbox account. Nobody real.",
        "avatar_url": f"https://sandbox.invalid/avatar/{account.username}.jpeg",
        "is_verified": bool(rng.random() < 0.1),
        "follower_count": account.followers,
        "following_count": int(rng.integers(5, 900)),
        "likes_count": likes,
        "video_count": videos,
    }
    if rng.random() < 0.2:
        info["bio_url"] = f"https://sandbox.invalid/@{account.username}"
    return SandboxCreator(account.username, account.availability, info)
