"""The sandbox on HTTP, on a port of 127.0.0.1."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Any

from local.sandbox.api.business import SandboxBusinessApi
from local.sandbox.api.display import SandboxDisplayApi
from local.sandbox.api.faults import Faults
from local.sandbox.api.handler import SandboxHandler
from local.sandbox.api.research import SandboxResearchApi
from local.sandbox.api.sandbox import Sandbox
from local.sandbox.library import Library


class TikTokServer(ThreadingHTTPServer, Sandbox):
    """A sandbox that is served. `port` 0 takes a free port; `url` says which."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        library: Library,
        api: SandboxResearchApi | None = None,
        faults: Faults | None = None,
        *,
        display: SandboxDisplayApi | None = None,
        business: SandboxBusinessApi | None = None,
        port: int = 0,
        quiet: bool = True,
    ):
        Sandbox.__init__(self, library, api, faults, display, business)
        shared = {"sandbox": self, "quiet": quiet}
        handler = type("ServedSandboxHandler", (SandboxHandler,), shared)
        ThreadingHTTPServer.__init__(self, ("127.0.0.1", port), handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients may hang up at any time. Any other error is a bug of the sandbox.
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


@contextmanager
def running(
    library: Library,
    api: SandboxResearchApi | None = None,
    faults: Faults | None = None,
    *,
    port: int = 0,
) -> Iterator[TikTokServer]:
    """Serve in a thread of this process until the block ends."""
    server = TikTokServer(library, api, faults, port=port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
