"""The columns of a table of videos: their kinds, their standard names, and those to read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Kind = Literal["id", "count", "seconds", "part", "time", "yes_or_no", "text", "number"]

IDS = frozenset({"video_id", "creator", "user_key", "creator_id", "username"})
COUNTS = frozenset({"views", "likes", "comments", "shares", "saves", "followers", "reach"})
WATCH_TIMES = frozenset({"total_watch_s", "average_watch_s"})
PARTS = frozenset({"completion_rate", "hook_rate_3s"})
"""Parts of a video's views or viewers, 0–1."""

MEANS = frozenset({"average_watch_s", *PARTS})
"""Outcomes that are means over a video's views or viewers. Nothing is left to divide them by."""

TIMES = frozenset({"created_at", "collected_at", "listed_at", "rated_at"})
MEASUREMENT = ("rater", "config_hash", "rubric_version")
"""Who rated, with which model, prompt and parameters, and by which version of the rubric."""

TEXTS = frozenset(
    {
        *("language", "rating_status", "source", *MEASUREMENT),
        *("caption", "content_hash", "sha256"),
    }
)
SYNTHETIC = "synthetic"
YES_OR_NO = frozenset({SYNTHETIC, "recognised"})
"""Read wherever a table has them. No plan may mix observed and synthetic rows, and a rater that
recognised a clip may know its success."""

AGE = "age"
"""Days from the post to its collection, from `created_at` and `collected_at` (or `as_of`)."""

POSTING_HOUR = "posting_hour"
"""Hour of the day, in UTC, of `created_at`."""

TOPIC = "topic"
"""The hashtag that most creators use of those of a video, from `hashtags` or `caption`."""

DERIVED = {AGE: "created_at", POSTING_HOUR: "created_at", TOPIC: "hashtags"}
"""Columns that are computed, each with the column that it is computed from."""


@dataclass(frozen=True)
class TableSchema:
    """What to read of a file.

    `sources` maps our names to the columns of the file. `kinds` has the names to convert,
    `optional` those of them that the file may lack.
    `differences` are names with the two columns to subtract, `derived` those of DERIVED to
    compute. `as_of` is the time of collection of rows that do not say it, `creator` the name of the
    creator's column. Of captions that are `only_compared`, codes are read (see captions.py).
    `rounded` is a column of the file that says whether the counts of a row look rounded.
    """

    sources: Mapping[str, str]
    kinds: Mapping[str, Kind]
    optional: frozenset[str]
    differences: Mapping[str, tuple[str, str]]
    derived: frozenset[str]
    as_of: datetime | None
    creator: str | None = None
    only_compared: frozenset[str] = frozenset()
    rounded: str | None = None

    @property
    def required(self) -> set[str]:
        """Columns of the file that must be there."""
        return {source for name, source in self.sources.items() if name not in self.optional}

    def with_kinds(self, kinds: Mapping[str, Kind]) -> "TableSchema":
        """The same schema, with only these columns to convert."""
        return replace(self, kinds=kinds)


def standard_kind(name: str) -> Kind | None:
    """What a column holds by its name; None where the name does not say."""
    if name in IDS:
        return "id"
    if name in COUNTS:
        return "count"
    if name in WATCH_TIMES:
        return "seconds"
    if name in PARTS:
        return "part"
    if name in TIMES:
        return "time"
    if name in YES_OR_NO:
        return "yes_or_no"
    return "text" if name in TEXTS else None
