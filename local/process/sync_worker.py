"""gunicorn's worker of one request at a time, kept from connections that say nothing.

In the cloud Cloud Run's own proxy stands before it and passes on requests alone. Here everybody
connects to it directly, and browsers open connections in reserve: the plain worker would wait for
the first byte of such a one until its timeout, and answer nobody else.
"""

import select
import socket
from typing import Any

from gunicorn.workers.sync import SyncWorker

FIRST_BYTE_WITHIN_S = 0.5
NEXT_BYTES_WITHIN_S = 20.0


class ProxiedSyncWorker(SyncWorker):  # type: ignore[misc]
    """Handles a connection once it speaks, and closes one that stays silent."""

    def handle(self, listener: Any, client: socket.socket, addr: Any) -> None:
        readable, _, _ = select.select([client], [], [], FIRST_BYTE_WITHIN_S)
        if not readable:
            client.close()
            return
        client.settimeout(NEXT_BYTES_WITHIN_S)
        super().handle(listener, client, addr)
