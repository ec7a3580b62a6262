"""The day's quota of requests, shared by all collections.

`state/_quota/{name}.json` counts the day's reserved requests. A run reserves a handful at a time,
because Cloud Storage takes about one write per second to an object, and returns the unused ones. A
killed run loses at most a handful. Spare requests, for profiles, leave what posts and readings need
in a day. When TikTok itself reports the quota as used up, which other
programs of the organisation may cause, every collection sees it here.
"""

import random
import threading
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Literal

from pydantic import ValidationError

from shared.concurrency import once
from shared.errors import Transient
from shared.inputs.field_types import Checked, Count
from shared.storage.lake import Lake, Superseded
from shared.storage.layout import state_name
from shared.tiktok.sources.wire import QuotaExhausted, ReservedForPosts

HANDFUL = 20
MOST_ATTEMPTS = 30


class _Day(Checked):
    """One UTC day. `taken` requests are used, or in the hands of runs; `spare` are among them."""

    day: date
    taken: Count = 0
    spare: Count = 0
    is_exhausted: bool = False


class DailyQuota:
    """Implements Quota, for any thread: at most `limit` requests a UTC day in total.

    `needed` says how many of them posts and readings need. It is called once, at the first spare
    request.
    """

    def __init__(
        self,
        lake: Lake,
        name: Literal["research"],
        limit: int,
        clock: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
        needed: Callable[[], int] = lambda: 0,
    ):
        self._lake = lake
        self._name = state_name(f"_quota/{name}")  # no collection is called so
        self._limit = limit
        self._clock = clock
        self._pause = pause
        self._lock = threading.Lock()
        self._needed = once(needed)
        self._reserved = {False: 0, True: 0}  # by whether it is spare
        self._reserved_on: date | None = None

    def spend(self, is_spare: bool = False) -> None:
        with self._lock:
            today = self._clock().date()
            if self._reserved_on != today:
                self._reserved, self._reserved_on = {False: 0, True: 0}, today
            if self._reserved[is_spare] == 0:
                self._reserved[is_spare] = self._taken(is_spare)
            self._reserved[is_spare] -= 1

    def exhausted(self) -> None:
        with self._lock:
            self._reserved = {False: 0, True: 0}
            self._changed(lambda day: day.model_copy(update={"is_exhausted": True}))

    def close(self) -> None:
        with self._lock:
            unused, self._reserved = self._reserved, {False: 0, True: 0}
            if any(unused.values()) and self._reserved_on == self._clock().date():
                self._changed(lambda day: _returned(day, unused[False], unused[True]))

    def _taken(self, is_spare: bool) -> int:
        """Take a handful of what is left. Raises as `spend` does when nothing is."""
        needed = self._needed() if is_spare else 0
        room = 0

        def take(day: _Day) -> _Day:
            nonlocal room
            used = day.taken - day.spare
            reserve = max(0, needed - used) if is_spare else 0
            room = min(HANDFUL, max(0, self._limit - day.taken - reserve))
            if is_spare and (day.is_exhausted or room == 0):
                raise ReservedForPosts(f"{reserve} requests of {day.day} (UTC) are reserved")
            if day.is_exhausted or room == 0:
                raise QuotaExhausted(f"the {self._limit} requests of {day.day} (UTC) are used up")
            spare = day.spare + (room if is_spare else 0)
            return day.model_copy(update={"taken": day.taken + room, "spare": spare})

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


def _returned(day: _Day, unused: int, unused_spare: int) -> _Day:
    taken = max(0, day.taken - unused - unused_spare)
    return day.model_copy(update={"taken": taken, "spare": max(0, day.spare - unused_spare)})
