"""Tasks that wait until a subscription has something to deliver."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

# The bell for changes of the catalog; ids of subscriptions begin at 1.
ANY_CHANGE = 0


class Wakeups:
    """Events by subscription id: each waiter has its own, `ring` sets them all."""

    def __init__(self) -> None:
        self._waiting: defaultdict[int, set[asyncio.Event]] = defaultdict(set)

    def ring(self, subscription_id: int) -> None:
        for event in self._waiting.get(subscription_id, ()):
            event.set()

    @contextmanager
    def bell(self, subscription_id: int) -> Iterator[asyncio.Event]:
        """An event that is set whenever the subscription may have something new."""
        event = asyncio.Event()
        self._waiting[subscription_id].add(event)
        try:
            yield event
        finally:
            self._waiting[subscription_id].discard(event)
            if not self._waiting[subscription_id]:
                del self._waiting[subscription_id]


async def wait_for_bell(bell: asyncio.Event, within_s: float | None) -> None:
    """Wait for the bell for at most `within_s` seconds (None: for ever), then clear it."""
    try:
        async with asyncio.timeout(within_s):
            await bell.wait()
    except TimeoutError:
        pass
    bell.clear()
