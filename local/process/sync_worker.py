"""gunicorn's worker for one request at a time, protected from silent connections.

In the cloud Cloud Run's proxy passes on whole requests. Here clients connect directly, and browsers
open spare connections. The plain worker would wait for the first byte of such a connection until
its timeout, and answer no other client.
"""

import select
import socket
from typing import Any

from gunicorn.workers.sync import SyncWorker

FIRST_BYTE_WITHIN_S = 0.5
NEXT_BYTES_WITHIN_S = 20.0


class ProxiedSyncWorker(SyncWorker):  # type: ignore[misc]
    """Handles a connection once it sends bytes, and closes one that stays silent."""

    def handle(self, listener: Any, client: socket.socket, addr: Any) -> None:
        readable, _, _ = select.select([client], [], [], FIRST_BYTE_WITHIN_S)
        if not readable:
            client.close()
            return
        client.settimeout(NEXT_BYTES_WITHIN_S)
        super().handle(listener, client, addr)
