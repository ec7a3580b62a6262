"""Leases of pulled messages, renewed while their batch is handled."""

import logging
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from shared.errors import Transient
from shared.messaging.subscription import PulledMessage, PulledSubscription

log = logging.getLogger(__name__)

LEASE_S = 60
"""A message of a killed run comes again after this time at the latest. The subscription's own
deadline, ten minutes, is made for pushes."""

RENEWED_EVERY_S = 20.0
"""Two renewals in a row may fail before a lease ends."""


class PulledLeases:
    """Holds messages for the length of the block; a thread renews their leases.

    Messages that are still held at the end of the block are returned.
    A renewal that fails is repeated at the next turn. A message whose lease has ended comes again,
    so its handler must not mind to see it twice.
    """

    def __init__(self, subscription: PulledSubscription):
        self._subscription = subscription
        self._messages: dict[str, PulledMessage] = {}
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="leases", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join()
        try:
            self._subscription.reject(list(self._messages.values()))
        except Transient as failure:
            log.warning("messages not returned", extra={"why": str(failure)})

    def add(self, messages: Sequence[PulledMessage]) -> None:
        """Hold messages that were just pulled. Raises Transient; also then the end returns them."""
        with self._lock:
            self._messages |= {message.ack_id: message for message in messages}
        self._subscription.extend(messages, LEASE_S)

    def drop(self, messages: Sequence[PulledMessage]) -> None:
        """Hold these no longer, because they are acknowledged or returned."""
        with self._lock:
            for message in messages:
                self._messages.pop(message.ack_id, None)

    def _renew(self) -> None:
        while not self._is_over.wait(RENEWED_EVERY_S):
            with self._lock:
                messages = list(self._messages.values())
            try:
                self._subscription.extend(messages, LEASE_S)
            except Transient as error:
                log.warning("leases not renewed", extra={"why": str(error)})
