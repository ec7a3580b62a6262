"""The day's quota of requests, shared by all collections.

`state/_quota/{name}.json` counts the day's reserved requests. A run reserves a handful at a time,
because Cloud Storage takes about one write per second to an object, and returns the unused ones. A
killed run loses at most a handful. When TikTok itself reports the quota as used up, which other
programs of the organisation may cause, every collection sees it here.
"""

import random
import threading
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Literal

from pydantic import ValidationError

from shared.errors import Transient
from shared.inputs.field_types import Checked, Count
from shared.storage.lake import Lake, Superseded
from shared.storage.layout import state_name
from shared.tiktok.sources.wire import QuotaExhausted

HANDFUL = 20
MOST_ATTEMPTS = 30


class _Day(Checked):
    """One UTC day. `taken` requests are used, or in the hands of runs."""

    day: date
    taken: Count = 0
    is_exhausted: bool = False


class DailyQuota:
    """Implements Quota, for any thread: at most `limit` requests a UTC day in total."""

    def __init__(
        self,
        lake: Lake,
        name: Literal["research"],
        limit: int,
        clock: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
    ):
        self._lake = lake
        self._name = state_name(f"_quota/{name}")  # no collection is called so
        self._limit = limit
        self._clock = clock
        self._pause = pause
        self._lock = threading.Lock()
        self._reserved = 0
        self._reserved_on: date | None = None

    def spend(self) -> None:
        with self._lock:
            today = self._clock().date()
            if self._reserved == 0 or self._reserved_on != today:
                self._reserved, self._reserved_on = self._taken(), today
            self._reserved -= 1

    def exhausted(self) -> None:
        with self._lock:
            self._reserved = 0
            self._changed(lambda day: day.model_copy(update={"is_exhausted": True}))

    def close(self) -> None:
        with self._lock:
            unused, self._reserved = self._reserved, 0
            if unused and self._reserved_on == self._clock().date():
                self._changed(
                    lambda day: day.model_copy(update={"taken": max(0, day.taken - unused)})
                )

    def _taken(self) -> int:
        """Take a handful of what is left. Raises QuotaExhausted when nothing is."""
        room = 0

        def take(day: _Day) -> _Day:
            nonlocal room
            room = min(HANDFUL, max(0, self._limit - day.taken))
            if day.is_exhausted or room == 0:
                raise QuotaExhausted(f"the {self._limit} requests of {day.day} (UTC) are used up")
            return day.model_copy(update={"taken": day.taken + room})

        self._changed(take)
        return room

    def _changed(self, change: Callable[[_Day], _Day]) -> None:
        for attempt in range(MOST_ATTEMPTS):
            content, generation = self._lake.read_with_generation(self._name)
            new = change(self._day(content))
            try:
                self._lake.replace(self._name, new.model_dump_json().encode(), generation)
                return
            except Superseded:  # another run at the same moment
                self._pause(random.uniform(0, 0.1 * (attempt + 1)))
        raise Transient(f"{self._name}: other runs replaced it {MOST_ATTEMPTS} times in a row")

    def _day(self, content: bytes | None) -> _Day:
        """The object's count for today. A new day, or an unreadable object, begins at zero."""
        today = self._clock().date()
        try:
            day = _Day.model_validate_json(content or b"")
        except ValidationError:
            return _Day(day=today)
        return day if day.day == today else _Day(day=today)
