"""Draws the accounts of the sandbox: names, regions, followers, and how much they appeal."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from local.sandbox.captions import TONGUES
from local.sandbox.kpis import CREATOR_SD
from local.sandbox.library import SandboxCreator

_POSTS_PER_CREATOR = 6.5  # enough to compare the posts of one creator with each other
_FEWEST = 8
# A deleted post has a deleted account, and a private post a private one. One more account posts,
# but the API does not return it.
UNAVAILABLE = {"deleted": "not_found", "private": "private"}
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
class Account:
    """An account. `appeal` is u_c of the model in kpis.py: its share of log views."""

    username: str
    language: str
    region: str
    followers: int
    appeal: float
    availability: str


def draw_accounts(rng: np.random.Generator, posts: int) -> list[Account]:
    """Accounts for `posts` posts. The last two are those of the deleted and the private post."""
    count = max(_FEWEST, min(len(_NAMES), round(posts / _POSTS_PER_CREATOR)))
    languages = list(TONGUES)
    accounts = []
    for n, name in enumerate(_NAMES[:count]):
        tongue = languages[n % len(languages)]
        regions = TONGUES[tongue].regions
        accounts.append(
            Account(
                username=f"sandbox_{name}.{_TRADES[int(rng.integers(len(_TRADES)))]}",
                language=tongue,
                region=regions[n // len(languages) % len(regions)],
                followers=int(np.exp(rng.normal(9.0, 1.2))),
                appeal=float(rng.normal(0, CREATOR_SD)),
                availability=_SPECIAL.get(n - count, "ok"),
            )
        )
    return accounts


def show_account(
    rng: np.random.Generator, account: Account, likes: int, videos: int
) -> SandboxCreator:
    """The account as the API shows it; `likes` and `videos` are its totals."""
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
