"""The arithmetic of the day's quota, as `tta collections check` shows it."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from cli.console import Screen
from cli.errors import UserError
from shared.config import FetchSettings
from shared.storage.lake import Lake
from shared.tiktok.collections import Collection
from shared.tiktok.needs import RequestNeed, Saving, need_of, savings, state_of

DAILY_REQUESTS = "TIKTOK_DAILY_REQUESTS"
MOST_CHANGES = 5


@dataclass(frozen=True, slots=True)
class QuotaCheck:
    """What the collections of the Research API need a day, and what there is."""

    limit: int
    needs: Sequence[RequestNeed]
    changes: Sequence[Saving]

    @property
    def total(self) -> int:
        return sum(need.total for need in self.needs)

    @property
    def fits(self) -> bool:
        return self.total <= self.limit

    def document(self) -> dict[str, Any]:
        """The check for machines. `changes` is empty where all fits."""
        return {
            "daily_requests": self.limit,
            "needed": self.total,
            "fits": self.fits,
            "collections": [asdict(need) | {"total": need.total} for need in self.needs],
            "changes": [asdict(change) for change in self.changes],
        }

    def show(self, screen: Screen) -> None:
        """A table by collection and part, the sum in a sentence, and how to make it fit."""
        if not self.needs:
            return
        screen.show()
        screen.table(
            ("requests a day", "posts", "readings", "profiles", "sum"), map(_row, self.needs)
        )
        screen.say(self._sum())
        for need in self.needs:
            if need.full_pass_left:
                screen.say(
                    f"{need.collection}: a full pass has about {need.full_pass_left:,} requests "
                    "left."
                )
        for change in self.changes:
            screen.say(
                f"{change.collection}: `{change.field}: {_yaml(change.value)}` saves "
                f"{change.requests:,} a day."
            )

    def _sum(self) -> str:
        count = len(self.needs)
        subject = "This collection needs" if count == 1 else f"These {count} collections need"
        unknown = [need.collection for need in self.needs if not need.is_known]
        without = f" {', '.join(unknown)}: not known before the first window." if unknown else ""
        wait = ""
        if not self.fits:
            posts = sum(need.posts + need.readings for need in self.needs)
            wait = (
                " Posts and readings fit; profiles wait for quieter days."
                if posts <= self.limit
                else " Posts and readings alone are too many, so collections fall behind."
            )
        return f"{subject} {self.total:,} requests a day; you have {self.limit:,}.{without}{wait}"


def quota_check(lake: Lake, collections: Sequence[Collection], now: datetime) -> QuotaCheck:
    """Compare the collections' needs with the day's quota. Raises UserError for a bad setting."""
    states = {
        collection.name: (collection, state_of(collection, lake))
        for collection in collections
        if collection.source == "research"
    }
    needs = [need_of(collection, state, now) for collection, state in states.values()]
    limit, total = daily_requests(), sum(need.total for need in needs)
    offers = sorted(
        (saving for pair in states.values() for saving in savings(*pair, now)),
        key=lambda saving: -saving.requests,
    )
    changes = offers[:MOST_CHANGES] if total > limit else []
    return QuotaCheck(limit, needs, changes)


def daily_requests() -> int:
    """The function's own setting, if it is in the environment too, or its default."""
    text = os.environ.get(DAILY_REQUESTS, "")
    if not text:
        return int(FetchSettings.model_fields["tiktok_daily_requests"].default)
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise UserError(f"{DAILY_REQUESTS} must be a whole number above 0, not {text!r}.")
    return int(text)


def _row(need: RequestNeed) -> tuple[Any, ...]:
    if not need.is_known:
        return need.collection, "", "", "", "not known yet"
    return need.collection, need.posts, need.readings, need.profiles, need.total


def _yaml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(_yaml(each) for each in value)}]"
    return f"{value:g}"
