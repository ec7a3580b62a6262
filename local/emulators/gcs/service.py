"""The server: a thread per connection, HTTP/1.1 with keep-alive, and everything it serves from."""

from __future__ import annotations

import fcntl
import logging
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import TYPE_CHECKING

from local import vacuum as rewriting
from local.emulators.gcs.content import ContentFiles
from local.emulators.gcs.database import Database
from local.emulators.gcs.errors import ApiError, ClientGone, NotModified
from local.emulators.gcs.listing import Page, Wanted, list_page
from local.emulators.gcs.notifications import Configs, Outbox
from local.emulators.gcs.routes import dispatch
from local.emulators.gcs.store import Store
from local.emulators.gcs.uploads import Uploads
from local.emulators.gcs.wire import Body, Request, Response
from local.emulators.guard import JSON, Door, GuardedHandler

if TYPE_CHECKING:
    from typing import TextIO

    from local.emulators.gcs.publisher import Publisher

log = logging.getLogger(__name__)

IDLE_TIMEOUT_S = 300
# A refused upload is read to its end, so that its sender sees the answer; but not for ever.
DRAIN_MAX_BYTES = 64 * 1024 * 1024
STOP_GRACE_S = 3.0
# An upload's body is an object, of any type: in one piece (`uploadType=media`), or by PUT.
DOOR = Door(
    JSON | {"multipart/related", "multipart/mixed"},
    files_to=re.compile(r"PUT /|POST [^?]*\?(?:[^#]*&)?uploadType=media(?:&|$)"),
)


class DirectoryInUse(Exception):
    """Another server runs on the same data directory."""


class Service:
    """The local Cloud Storage on 127.0.0.1:`port` (0: any free one), with all its data in `data`.

    `pubsub` is the HOST:PORT of the Pub/Sub API; without it notifications wait in the outbox.
    Raises DirectoryInUse, or OSError when the port is taken.
    """

    def __init__(
        self, data: Path, port: int = 0, pubsub: str | None = None, project: str = "local-project"
    ):
        data.mkdir(parents=True, exist_ok=True)
        self._lock_file = _lock(data / "lock")
        self._http = _HttpServer(("127.0.0.1", port), self)
        self.port: int = self._http.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        self.base_url = f"http://{self.host}"
        self.project = project
        self._db = Database(data / "catalogue.sqlite3")
        self.outbox = Outbox(self._db, self.base_url)
        self.configs = Configs(self._db)
        self.store = Store(self._db, ContentFiles(data / "content"), self.outbox)
        self.uploads = Uploads(self._db, self.store.files, self.store)
        self._publisher = _publisher(self.outbox, pubsub)
        self._data = data
        self._stopping = threading.Event()
        self._rewriter = threading.Thread(target=self._rewrite_when_asked, daemon=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        """Clean up after an earlier run, then serve. Returns when requests are answered."""
        self.uploads.expire()
        removed, damaged = self.store.recover()
        if removed:
            log.info("removed %d orphaned files", removed)
        for name in damaged:
            log.error("the bytes of %s are missing or cut short: upload it again", name)
        if self._publisher:
            self._publisher.start()
        self._rewriter.start()
        self._thread.start()

    def stop(self) -> None:
        """Answer what is being answered (3 s at most), then close the catalogue."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        self._http.wait_until_quiet(STOP_GRACE_S)
        if self._publisher:
            self._publisher.stop()
        self._stopping.set()
        self._rewriter.join()
        self._db.close()
        self._lock_file.close()

    def _rewrite_when_asked(self) -> None:
        """Rewrite the catalogue, because somebody was erased."""
        while not self._stopping.wait(rewriting.LOOKS_EVERY_S):
            if not rewriting.is_requested(self._data):
                continue
            try:
                self._db.rewrite()
            except sqlite3.OperationalError:
                log.info("the catalogue is in use; it is written anew in a moment")
                continue
            rewriting.finish(self._data)

    def list_objects(self, bucket: str, wanted: Wanted) -> Page:
        with self._db.read() as view:
            return list_page(view, bucket, wanted)


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_port = False
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], service: Service):
        self.service = service
        self._busy = 0
        self._busy_lock = threading.Lock()
        super().__init__(address, _Handler)

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


class _Handler(GuardedHandler):
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
            response = Response()
            try:
                self._respond(response)
            except (ClientGone, ConnectionError, TimeoutError):
                self.close_connection = True
            finally:
                response.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def _respond(self, response: Response) -> None:
        try:
            body = Body.of(self.rfile, self.headers)  # type: ignore[arg-type]
        except ApiError as error:
            self.close_connection = True
            response.fail(error)
            return self._send(response)
        self._dispatch(body, response)
        try:
            if not body.drain(DRAIN_MAX_BYTES):
                self.close_connection = True
        except ApiError:  # a malformed chunk
            self.close_connection = True
        return self._send(response)

    def _dispatch(self, body: Body, response: Response) -> None:
        method = self.headers.get("X-HTTP-Method-Override", self.command)
        try:
            request = Request(method, self.path, self.headers, body, self.server.service.host)
            dispatch(request, response, self.server.service)
        except (ClientGone, ConnectionError, TimeoutError):
            raise
        except Exception as error:
            if not isinstance(error, ApiError | NotModified):
                log.exception("%s %s failed", method, self.path)
            response.fail(error)

    def _send(self, response: Response) -> None:
        self.send_response(response.status, response.phrase)
        for name, value in response.header_lines():
            self.send_header(name, _header_value(value))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if response.has_body and self.command != "HEAD":
            response.write_body(self.wfile, self.connection)

    def log_message(self, format: str, *args: object) -> None:
        log.debug(format, *args)


def _header_value(value: str) -> str:
    """UTF-8 on the wire, as the real service does, and never a second header line."""
    line = "".join(" " if character in "\r\n\0" else character for character in value)
    return line.encode("utf-8", "replace").decode("latin-1")


def _lock(path: Path) -> TextIO:
    """Hold the directory; two servers would sweep away each other's files."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        message = f"{path.parent} is in use by another local Cloud Storage. Stop that one first."
        raise DirectoryInUse(message) from None
    return file


def _publisher(outbox: Outbox, endpoint: str | None) -> Publisher | None:
    if endpoint is None:
        return None
    from local.emulators.gcs.publisher import Publisher

    return Publisher(outbox, endpoint)
