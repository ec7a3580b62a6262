"""The HTTP/1.1 server of the local Cloud Storage: keep-alive, one thread per connection."""

from __future__ import annotations

import fcntl
import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import TYPE_CHECKING

from local import vacuum
from local.data_errors import is_full
from local.emulators.gcs.backend import StorageBackend
from local.emulators.gcs.errors import ClientGone, StorageApiError, no_room
from local.emulators.gcs.notifications import Outbox
from local.emulators.gcs.routes import dispatch
from local.emulators.gcs.wire import Body, StorageRequest, StorageResponse
from local.emulators.guard import JSON, Door, GuardedHandler

if TYPE_CHECKING:
    from typing import TextIO

    from local.emulators.gcs.publisher import OutboxPublisher

log = logging.getLogger(__name__)

IDLE_TIMEOUT_S = 300
# A refused upload is read to its end, within this bound, so that its sender sees the answer.
DRAIN_MAX_BYTES = 64 * 1024 * 1024
STOP_GRACE_S = 3.0
# A chunk of a resumable upload comes by PUT and may be of any type.
DOOR = Door(JSON | {"multipart/related"}, files_to=re.compile(r"PUT /"))


class DirectoryInUse(Exception):
    """Another server runs on the same data directory."""


class Service:
    """The local Cloud Storage on 127.0.0.1:`port` (0: any free one), with all its data in `data`.

    `pubsub` is the HOST:PORT of the Pub/Sub API; without it notifications wait in the outbox.
    Raises DirectoryInUse, or OSError when the port is taken.
    """

    def __init__(self, data: Path, port: int = 0, pubsub: str | None = None):
        data.mkdir(parents=True, exist_ok=True)
        self._lock_file = _lock(data / "lock")
        self._http = _HttpServer(("127.0.0.1", port))
        self.port: int = self._http.server_address[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.backend = self._http.backend = StorageBackend(data, self.base_url)
        self._publisher = _publisher(self.backend.outbox, pubsub)
        self._stopping = threading.Event()
        self._rewriter = threading.Thread(target=self._rewrite_when_requested, daemon=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        """Clean up after an earlier run, then serve. Returns when requests are answered."""
        self.backend.recover()
        if self._publisher:
            self._publisher.start()
        self._rewriter.start()
        self._thread.start()

    def stop(self) -> None:
        """Finish open answers (3 s at most), then close the catalogue."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        self._http.wait_until_quiet(STOP_GRACE_S)
        if self._publisher:
            self._publisher.stop()
        self._stopping.set()
        self._rewriter.join()
        self.backend.database.close()
        self._lock_file.close()

    def _rewrite_when_requested(self) -> None:
        while not self._stopping.wait(vacuum.POLL_S):
            self.backend.rewrite_if_requested()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_port = False
    request_queue_size = 512

    backend: StorageBackend

    def __init__(self, address: tuple[str, int]):
        self._busy = 0
        self._busy_lock = threading.Lock()
        super().__init__(address, _StorageHandler)

    def handle_error(self, request: object, client_address: object) -> None:
        log.debug("connection ended by an error", exc_info=True)

    def server_bind(self) -> None:
        # http.server would look up the host's name, which may take seconds.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    @contextmanager
    def answering(self) -> Iterator[None]:
        with self._busy_lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._busy_lock:
                self._busy -= 1

    def wait_until_quiet(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while self._busy and time.monotonic() < deadline:
            time.sleep(0.01)


class _StorageHandler(GuardedHandler):
    server: _HttpServer
    door = DOOR
    protocol_version = "HTTP/1.1"
    server_version = "UploadServer"
    sys_version = ""
    timeout = IDLE_TIMEOUT_S
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    rbufsize = 64 * 1024

    def answer(self) -> None:
        with self.server.answering():
            response = StorageResponse()
            try:
                self._respond(response)
            except (ClientGone, ConnectionError, TimeoutError):
                self.close_connection = True
            finally:
                response.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def _respond(self, response: StorageResponse) -> None:
        try:
            body = Body.of(self.rfile, self.headers)  # type: ignore[arg-type]
        except StorageApiError as error:
            self.close_connection = True
            response.fail(error)
            return self._send(response)
        self._dispatch(body, response)
        if not body.drain(DRAIN_MAX_BYTES):
            self.close_connection = True
        return self._send(response)

    def _dispatch(self, body: Body, response: StorageResponse) -> None:
        backend = self.server.backend
        try:
            host = self.headers["Host"]  # the guard has checked that it is there
            request = StorageRequest(self.command, self.path, self.headers, body, host)
            dispatch(request, response, backend)
        except (ClientGone, ConnectionError, TimeoutError):
            raise
        except Exception as error:
            if not isinstance(error, StorageApiError):
                log.exception("%s %s failed", self.command, self.path)
            response.fail(no_room(backend.folder) if is_full(error) else error)

    def _send(self, response: StorageResponse) -> None:
        self.send_response(response.status, response.phrase)
        for name, value in response.header_lines():
            self.send_header(name, _header_value(value))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if response.has_body:
            response.write_body(self.wfile, self.connection)

    def log_message(self, format: str, *args: object) -> None:
        log.debug(format, *args)


def _header_value(value: str) -> str:
    """UTF-8 on the wire, as the real service does, and never a second header line."""
    line = "".join(" " if character in "\r\n\0" else character for character in value)
    return line.encode("utf-8", "replace").decode("latin-1")


def _lock(path: Path) -> TextIO:
    """Lock the directory: two servers would sweep away each other's files."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        message = f"{path.parent} is in use by another local Cloud Storage. Stop that one first."
        raise DirectoryInUse(message) from None
    return file


def _publisher(outbox: Outbox, endpoint: str | None) -> OutboxPublisher | None:
    if endpoint is None:
        return None
    from local.emulators.gcs.publisher import OutboxPublisher

    return OutboxPublisher(outbox, endpoint)
