"""Counts of one run, for its answer and its log line."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, get_args

from shared.tiktok.media.media import Kind
from shared.tiktok.reasons import ReasonExample, explained


@dataclass
class Tally:
    """Each listed video is counted under one of four kinds, unless the run left it for later.

    `already_there` and `no_media` also count files that an earlier run settled. `failed` counts
    files that a later run tries again, and listed objects that are not videos (reason `malformed`).
    `read_again` counts known videos whose counts were read again, by id or on a page that listed
    them, `missed` those that an answer left out, `vanished` those that are certainly gone.
    `max_videos_reached` means that the source has older posts, which are not listed.
    """

    listed: int = 0
    new: int = 0
    already_listed: int = 0
    pages: int = 0
    max_videos_reached: bool = False
    read_again: int = 0
    missed: int = 0
    vanished: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Counter[str]] = field(
        default_factory=lambda: {"no_media": Counter(), "failed": Counter()}
    )

    examples: dict[tuple[str, str], ReasonExample] = field(default_factory=dict)

    def page(self, listed: int, new: int, already_listed: int) -> None:
        self.pages += 1
        self.listed += listed
        self.new += new
        self.already_listed += already_listed

    def reread(self, read: int, missed: int, vanished: int) -> None:
        self.read_again += read
        self.missed += missed
        self.vanished += vanished

    def note(
        self, kind: Kind, reason: str | None = None, example: ReasonExample | None = None
    ) -> None:
        """Count an outcome. The first example of a reason is kept."""
        self.kinds[kind] += 1
        if reason is not None:
            self.reasons[kind][reason] += 1
            self.examples.setdefault((kind, reason), example or ReasonExample())

    def answer(self) -> dict[str, Any]:
        return {
            "listed": self.listed,
            "new": self.new,
            "already_listed": self.already_listed,
            "pages": self.pages,
            "max_videos_reached": self.max_videos_reached,
            "read_again": self.read_again,
            "missed": self.missed,
            "vanished": self.vanished,
            **{kind: self.kinds[kind] for kind in get_args(Kind)},
            "reasons": {kind: dict(sorted(why.items())) for kind, why in self.reasons.items()},
            "why": [
                explained(kind, reason, count, self.examples[kind, reason])
                for kind, why in self.reasons.items()
                for reason, count in sorted(why.items(), key=lambda of: (-of[1], of[0]))
            ],
        }
