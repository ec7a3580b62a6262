"""docs/tutorials/videos.csv, the synthetic table of the analyst's tutorial.

`python -m scripts.sample_table` writes it. Its columns are those of TikTok Studio's export, as an
agency has them after it joined the exports of its clients. It adds a score and a mark.

For video i of account c, with fame f_c and score V in points from 0 to 100:

    V     = 58 - 13 f_c + 13 e_i, rounded        (famous accounts post what is expected of them)
    views ~ Poisson(exp(7.6 + 1.1 f_c + 0.14 V / 10 + 0.45 g_i))

with f_c, e_i and g_i normal, mean 0 and standard deviation 1. So 10 points more multiply the views
of an account's video by exp(0.14) = 1.15. A comparison over all videos shows the opposite, because
fame raises views and lowers scores. Likes, comments and shares follow from views alone.
"""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

TABLE = Path(__file__).parents[1] / "docs/tutorials/videos.csv"
SEED = 20261101
ACCOUNTS = 40
VIDEOS_PER_ACCOUNT = range(6, 13)
EXPORTED = datetime(2026, 11, 1, tzinfo=UTC)
OLDEST_DAYS = 90
LOG_VIEWS_PER_10_POINTS = 0.14

COUNTS = ("Total views", "Total likes", "Total comments", "Total shares")
COLUMNS = ("Video title", "Video link", "Post time", *COUNTS, "Surprise score", "synthetic")
SHARES_OF_VIEWS = (0.07, 0.006, 0.009)
"""Likes, comments and shares for each view."""


def sample_table() -> str:
    """The whole table as CSV: 40 accounts, a row for each video, the newest video first."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(row for _, row in sorted(_videos(), reverse=True))
    return buffer.getvalue()


def _videos() -> Iterator[tuple[str, tuple[object, ...]]]:
    """The id and the row of each video, account by account."""
    rng = np.random.default_rng(SEED)
    for number in range(1, ACCOUNTS + 1):
        account, fame = f"sample_account_{number:02}", float(rng.normal())
        for take in range(1, int(rng.choice(VIDEOS_PER_ACCOUNT)) + 1):
            score = int(np.clip(np.round(58 - 13 * fame + 13 * rng.normal()), 0, 100))
            posted = EXPORTED - timedelta(seconds=int(rng.integers(86_400 * OLDEST_DAYS)))
            # TikTok's ids carry the second of the post in their upper 32 bits.
            video_id = str(int(posted.timestamp()) << 32 | int(rng.integers(1 << 32)))
            title = f"Synthetic video {take} of account {number}"
            link = f"https://www.tiktok.com/@{account}/video/{video_id}"
            counts = _counts(rng, fame, score)
            yield video_id, (title, link, f"{posted:%Y-%m-%d}", *counts, score, "true")


def _counts(rng: np.random.Generator, fame: float, score: int) -> tuple[int, ...]:
    """Views, likes, comments and shares of a video."""
    effect = LOG_VIEWS_PER_10_POINTS * score / 10
    views = int(rng.poisson(np.exp(7.6 + 1.1 * fame + effect + 0.45 * rng.normal())))
    return (views, *(int(rng.binomial(views, share)) for share in SHARES_OF_VIEWS))


if __name__ == "__main__":
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(sample_table(), encoding="utf-8")
