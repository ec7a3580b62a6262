"""Worlds of synthetic videos: a known rate ratio within creators, and what may hide it.

For video i of creator c; capital letters and ε are independent standard normal, one per creator
(A, C, F), sound (S, T) or video (B, D, ε):

    videos of c   7, or 1 + Poisson(6 · Gamma(1)), or 40 % of all videos for one creator
    day           of posting, at random in ten weeks
    surprise s    √.4 A_c + √.6 B_i, unless the world says otherwise
    rating        50 + 15 s
    views         Poisson(m), ln m = 6 + C_c + ε_i, unless the world says otherwise

Each function of a world gives ln m and s. `within` of a world is the true log rate ratio within
creators for one standard deviation of surprise.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd  # type: ignore[import-untyped]

SEED = 20261128
RATING_SD = 15.0
WEEKS = 10
FIRST_DAY = pd.Timestamp("2026-03-02", tz="UTC")
"""A Monday."""

_LARGEST_LOG = 30.0

Floats = npt.NDArray[np.float64]


class Draw:
    """The random numbers of one sample: of its creators, its sounds and its videos."""

    def __init__(self, rng: np.random.Generator, creators: npt.NDArray[np.int64]):
        self.rng, self.creators = rng, creators
        self.n, self.count = len(creators), int(creators.max()) + 1
        self.day = rng.uniform(0, 7 * WEEKS, self.n)
        self.sounds = np.arange(self.n)
        self.columns: dict[str, Floats] = {}
        self.log_mean_at_equal_age: Floats | None = None

    def creator(self) -> Floats:
        """A standard normal number per creator, repeated for its videos."""
        return self.rng.normal(size=self.count)[self.creators]

    def video(self) -> Floats:
        return self.rng.normal(size=self.n)

    def share_sounds(self) -> Callable[[], Floats]:
        """Give each video a sound: about 15 videos have the same one, some many more."""
        many = max(10, self.n // 15)
        popularity = np.arange(1, many + 1) ** -0.5
        self.sounds = self.rng.choice(many, self.n, p=popularity / popularity.sum())
        return lambda: self.rng.normal(size=many)[self.sounds]


Generator = Callable[[Draw], tuple[Floats, Floats]]
"""From random numbers to the surprise of each video, and the log of the views to expect."""


@dataclass(frozen=True)
class World:
    """One world. `within` is the log rate ratio per standard deviation of surprise.

    Where there are `accounts`, the sizes of the world are the videos of each of them.
    """

    name: str
    title: str
    generate: Generator
    within: float = 0.0
    sizes: str = "unequal"
    has_sounds: bool = False
    controls: tuple[str, ...] = ()
    has_equal_age: bool = False
    accounts: int = 0
    videos_of_account: tuple[int, ...] = ()


@dataclass(frozen=True)
class WorldSample:
    """One sample: a row per video. `truth` is the log rate ratio per point of the rating."""

    frame: pd.DataFrame
    truth: float


def _plain(draw: Draw) -> tuple[Floats, Floats]:
    return np.sqrt(0.4) * draw.creator() + np.sqrt(0.6) * draw.video(), 6 + draw.creator()


def heavy_creator(draw: Draw) -> tuple[Floats, Floats]:
    """ln m = 6 + C + 2 ε: a tail so long that one video may have half of all views."""
    surprise, level = _plain(draw)
    return surprise, level + 2 * draw.video()


def pareto(draw: Draw) -> tuple[Floats, Floats]:
    """m is Pareto with exponent 1.1: its variance is infinite."""
    surprise, level = _plain(draw)
    return surprise, level + np.log(draw.rng.pareto(1.1, draw.n) + 1)


def fame_half_visible(draw: Draw) -> tuple[Floats, Floats]:
    """s = .6 F + .8 B, ln m = 6 + F + ε; ln followers = 9 + F + C shows half of fame."""
    fame = draw.creator()
    draw.columns["log_followers"] = 9 + fame + draw.creator()
    return 0.6 * fame + 0.8 * draw.video(), 6 + fame + draw.video()


def fame_hidden(draw: Draw) -> tuple[Floats, Floats]:
    """s = .6 F + .8 B, ln m = 6 + F + ε; nothing shows fame."""
    fame = draw.creator()
    return 0.6 * fame + 0.8 * draw.video(), 6 + fame + draw.video()


def fame_strong(draw: Draw) -> tuple[Floats, Floats]:
    """s = .8 F + .6 B, ln m = 6 + F + ε; nothing shows fame."""
    fame = draw.creator()
    return 0.8 * fame + 0.6 * draw.video(), 6 + fame + draw.video()


def simpson(draw: Draw) -> tuple[Floats, Floats]:
    """ln m rises by .6 for each unit of s within creators, and falls by 2 between them."""
    between, within = np.sqrt(0.5) * draw.creator(), np.sqrt(0.5) * draw.video()
    return between + within, 6 - 2 * between + 0.6 * within + 0.5 * draw.creator() + draw.video()


def within_only(draw: Draw) -> tuple[Floats, Floats]:
    """ln m rises by .4 for each unit of s within creators; between them s says nothing."""
    between, within = np.sqrt(0.4) * draw.creator(), np.sqrt(0.6) * draw.video()
    return between + within, 6 + draw.creator() + 0.4 * within + draw.video()


def rising_ratings(draw: Draw) -> tuple[Floats, Floats]:
    """s = .8 z(day) + .6 B. All are read on one day; views follow (1 - exp(-age/20))².

    At equal age s says nothing. Each week is a better or worse one for all videos, too.
    """
    age = 7 * WEEKS + 7 - draw.day
    draw.columns["log_age"] = np.log(age)
    rise = (draw.day - 3.5 * WEEKS) / (7 * WEEKS / np.sqrt(12))
    season = 0.3 * draw.rng.normal(size=WEEKS)[(draw.day // 7).astype(int)]
    growth = 2 * np.log1p(-np.exp(-age / 20))
    surprise = 0.8 * rise + 0.6 * draw.video()
    draw.log_mean_at_equal_age = 5.5 + 0.7 * draw.creator() + season + draw.video()
    return surprise, draw.log_mean_at_equal_age + 1 + growth


def selective_refusals(draw: Draw) -> tuple[Floats, Floats]:
    """ln m = 6 + C + .3 s + ε; of videos with s > 0 and ε > 0, 96 % are refused (24 % of all)."""
    surprise, level = _plain(draw)
    luck = draw.video()
    refused = (surprise > 0) & (luck > 0) & (draw.rng.random(draw.n) < 0.96)
    draw.columns["refused"] = refused.astype(np.float64)
    return surprise, level + 0.3 * surprise + luck


def shared_sounds(draw: Draw) -> tuple[Floats, Floats]:
    """s = √.3 A + √.3 S + √.4 B, ln m = 6 + C + 1.2 (√.3 T + √.7 ε): creators share sounds."""
    sound = draw.share_sounds()
    surprise = np.sqrt(0.3) * draw.creator() + np.sqrt(0.3) * sound() + np.sqrt(0.4) * draw.video()
    luck = np.sqrt(0.3) * sound() + np.sqrt(0.7) * draw.video()
    return surprise, 6 + draw.creator() + 1.2 * luck


WORLDS = (
    World(
        "heavy_creator",
        "no effect, log-normal σ 2, one creator has 40 % of the videos",
        heavy_creator,
        sizes="one large",
    ),
    World("pareto", "no effect, Pareto 1.1", pareto),
    World(
        "fame_half_visible",
        "no effect, fame raises surprise and views, followers show half of it",
        fame_half_visible,
    ),
    World("fame_hidden", "the same, fame hidden, equal creators", fame_hidden, sizes="equal"),
    World("fame_strong", "the same, loading .8", fame_strong, sizes="equal"),
    World("simpson", "within creators +.6, between them -2", simpson, within=0.6),
    World("within_only", "within creators +.4, nothing between them", within_only, within=0.4),
    World(
        "rising_ratings",
        "no effect at equal age, ratings rise over calendar time",
        rising_ratings,
        controls=("log_age",),
    ),
    World(
        "rising_at_equal_age",
        "the same, with views read at one age",
        rising_ratings,
        has_equal_age=True,
    ),
    World(
        "selective_refusals",
        "within creators +.3, 24 % refused because surprising and successful",
        selective_refusals,
        within=0.3,
    ),
    World(
        "shared_sounds",
        "no effect, shared sounds explain 30 % of ratings and log views",
        shared_sounds,
        has_sounds=True,
    ),
)


def sample(world: World, size: int, run: int) -> WorldSample:
    """The videos of one run: the same for the same arguments."""
    rng = np.random.default_rng((SEED, zlib.crc32(world.name.encode()), size, run))
    if world.accounts:
        creators = np.repeat(np.arange(world.accounts), size)
    else:
        creators = _creators(rng, size, world.sizes)
    draw = Draw(rng, creators)
    surprise, log_mean = world.generate(draw)
    frame = pd.DataFrame(
        {
            "video_id": [f"video {row}" for row in range(draw.n)],
            "creator": draw.creators,
            "created_at": FIRST_DAY + pd.to_timedelta(draw.day.round(5), unit="D"),
            "sound": [f"sound {sound}" for sound in draw.sounds],
            "rating": 50 + RATING_SD * surprise,
            "views": _counts(rng, log_mean),
            **draw.columns,
        }
    )
    if draw.log_mean_at_equal_age is not None:
        frame["views_at_equal_age"] = _counts(rng, draw.log_mean_at_equal_age)
    return WorldSample(frame, world.within / RATING_SD)


def _counts(rng: np.random.Generator, log_mean: Floats) -> Floats:
    return rng.poisson(np.exp(np.minimum(log_mean, _LARGEST_LOG))).astype(np.float64)


def _creators(rng: np.random.Generator, count: int, sizes: str) -> npt.NDArray[np.int64]:
    """The creator of each video; about 7 videos for each of them."""
    if sizes == "equal":
        return np.repeat(np.arange(count), 7)
    videos = 1 + rng.poisson(6 * rng.gamma(1.0, size=count))
    if sizes == "one large":
        videos[0] = round(0.4 / 0.6 * videos[1:].sum())
    return np.repeat(np.arange(count), videos)
