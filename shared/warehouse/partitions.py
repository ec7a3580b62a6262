"""The partition of a row, which follows from its key alone.

A batch names the partitions of its keys as constants, so BigQuery reads and bills no others. A
table has at most 10,000 partitions (https://cloud.google.com/bigquery/quotas#partitioned_tables).
Here no key, however strange, leads to more than 9,785.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta

FIRST_DAY = date(2014, 1, 1)
"""No TikTok id is older: the first, of musical.ly, are of 2014."""

MOST_ID = 2**63 - 1
"""TikTok's ids are signed 64-bit numbers, which last until 2038-01-19."""

OTHER_IDS = 1_000
"""Partitions for ids that hold no day: own files, and short numbers."""

MOST_PARTITIONS = 4_000
"""As many as one job may change (https://cloud.google.com/bigquery/quotas#partitioned_tables)."""

USER_BUCKETS = MOST_PARTITIONS

MOST_DAYS = 9_785
"""Partitions of videos: the days from FIRST_DAY to the last of MOST_ID, and OTHER_IDS."""

_FIRST_OTHER = date(1970, 1, 1)


def id_day(video_id: str) -> date:
    """The partition of a video.

    The upper 32 bits of a TikTok id are the second in which it was made. Its partition is that day
    (UTC). Any other id has one of 1,000 partitions, written as the days from 1970-01-01 on.
    """
    if video_id.startswith("u"):
        return _other(int(video_id[1:5], 16) % OTHER_IDS)
    number = int(video_id)
    if number <= MOST_ID:
        day = datetime.fromtimestamp(number >> 32, UTC).date()
        if day >= FIRST_DAY:
            return day
    return _other(number % OTHER_IDS)


def _other(bucket: int) -> date:
    return _FIRST_OTHER + timedelta(days=bucket)


def user_bucket(user_key: str) -> int:
    """The partition of a creator, from 0 to 3,999."""
    digits = hashlib.md5(user_key.encode(), usedforsecurity=False).hexdigest()
    return int(digits[:6], 16) % USER_BUCKETS
