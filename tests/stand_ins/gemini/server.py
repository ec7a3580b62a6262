"""The stand-in on HTTP, on 127.0.0.1: the API's paths, `/_script` and `/_requests`."""

import contextlib
import json
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from local.emulators.guard import Door, GuardedHandler
from tests.stand_ins.gemini.clips import Clips
from tests.stand_ins.gemini.errors import error_body
from tests.stand_ins.gemini.ledger import Request
from tests.stand_ins.gemini.objects import Objects
from tests.stand_ins.gemini.replies import Reply
from tests.stand_ins.gemini.service import Service

MOST_BODY = 64 * 2**20
_MOST_SHOWN = 16 * 2**20  # bytes of bodies in one answer of /_requests


class StandIn(ThreadingHTTPServer):
    """A stand-in for the Gemini API. `port` 0 takes a free one; `url` says which."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service: Service | None = None, *, port: int = 0):
        super().__init__(("127.0.0.1", port), _Handler)
        self.service = service or Service()
        self.stopping = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Request]:
        """The requests, oldest first, refused ones included."""
        return self.service.ledger.requests

    @property
    def ignored(self) -> list[str]:
        """Parameters that were sent to a model that ignores them."""
        return self.service.ledger.ignored

    @property
    def files(self) -> list[str]:
        """Names of the uploaded files that were not deleted."""
        return self.service.files.names

    def script(self, *steps: Mapping[str, Any]) -> None:
        """Script the next replies: see script.Step. Raises ValueError for a malformed step."""
        self.service.script.add(steps)

    def stop(self) -> None:
        """Stop serving; slow answers are given up."""
        self.stopping.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that hangs up is no event here; anything else is a fault of the stand-in.
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def standing_in(
    *steps: Mapping[str, Any],
    durations: Mapping[str, float] | None = None,
    silent: Iterable[str] = (),
    objects: Objects | None = None,
    restless: bool = False,
) -> Iterator[StandIn]:
    """Serve in threads of this process for as long as the block lasts.

    `durations` (seconds) and `silent` are about the test's clips, see Clips; `objects` are the
    buckets of batch jobs, by default the local Cloud Storage; `restless` makes a clip's second
    answer differ a little from its first.
    """
    service = Service(clips=Clips(durations, silent), objects=objects, restless=restless)
    gemini = StandIn(service)
    gemini.script(*steps)
    thread = threading.Thread(target=gemini.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield gemini
    finally:
        gemini.stop()
        thread.join()


class _Handler(GuardedHandler):
    door = Door(files_to=re.compile(r"POST /upload/[^?]*\?(?:[^#]*&)?upload_id="))
    server: StandIn
    protocol_version = "HTTP/1.1"
    server_version = "GeminiStandIn"
    timeout = 60  # seconds an idle or stuck connection is kept
    wbufsize = -1  # headers and body leave together: no 40 ms of Nagle and delayed ack
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        url = urlsplit(self.path)
        body = self._read_body()
        if body is None:
            self.close_connection = True
            self._send(_json(413, error_body(413, f"The body has no length, or over {MOST_BODY}.")))
        elif url.path in ("/_script", "/_requests"):
            self._send(self._administered(url.path, url.query, body))
        else:
            note = self.server.service.ledger.note
            request = note(self.command, url.path, url.query, dict(self.headers.items()), body)
            self._send(self.server.service.answer(request))

    do_GET = do_POST = do_DELETE = _answer

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not (length.isascii() and length.isdigit()):
            return None
        return self.rfile.read(int(length)) if int(length) <= MOST_BODY else None

    def _administered(self, path: str, query: str, body: bytes) -> Reply:
        service = self.server.service
        if (self.command, path) == ("POST", "/_script"):
            try:
                service.configure(json.loads(body))
            except (ValueError, TypeError, AttributeError, RecursionError) as error:
                return _json(400, error_body(400, str(error)))
        elif (self.command, path) == ("DELETE", "/_requests"):
            service.ledger.clear()
        elif self.command != "GET":
            return _json(404, error_body(404, f"There is no {self.command} {path}."))
        return _json(200, self._script() if path == "/_script" else self._requests(query))

    def _script(self) -> dict[str, Any]:
        return {"left": self.server.service.script.remaining_steps()}

    def _requests(self, query: str) -> dict[str, Any]:
        after = parse_qs(query).get("after", ["0"])[0]
        ledger = self.server.service.ledger
        requests = ledger.after(int(after) if after.isdecimal() else 0, _MOST_SHOWN)
        shown = [request.shown() for request in requests]
        return {"count": ledger.count, "requests": shown, "ignored": ledger.ignored}

    def _send(self, reply: Reply) -> None:
        if reply.delay_s and self.server.stopping.wait(reply.delay_s):
            self.close_connection = True
            return
        if reply.hang_up == "before":
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.hang_up or self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if reply.hang_up else reply.body)
        self.close_connection = self.close_connection or bool(reply.hang_up)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _json(status: int, content: Mapping[str, Any]) -> Reply:
    return Reply(status, json.dumps(content).encode())
