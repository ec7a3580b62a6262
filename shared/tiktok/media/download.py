"""GET from an untrusted server: public addresses only, in bounded memory, until a deadline."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from http.client import HTTPException, IncompleteRead
from urllib.parse import urljoin

from certifi import where
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as TimedOut
from urllib3.response import HTTPResponse

from shared.tiktok.media.addresses import (
    DownloadRefused,
    DownloadTarget,
    ServerUnreachable,
    addresses_of,
    is_public,
)

CHUNK_BYTES = 64 * 1024
MAX_REDIRECTS = 5
CONNECT_S = 10.0
READ_S = 20.0
ADDRESSES_TRIED = 3
USER_AGENT = "tiktok-analytics-pipeline"

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


Headers = Callable[[str], Mapping[str, str]]
"""Request headers for an address, computed at each hop, so that no cookie reaches another host."""


def no_headers(url: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class DownloadResponse:
    """Status, declared length in bytes if any, and the body in chunks."""

    status: int
    length: int | None
    _response: HTTPResponse
    _late: threading.Event

    def chunks(self) -> Iterator[bytes]:
        """The body as sent (never unpacked), at most CHUNK_BYTES at a time.

        Raises ServerUnreachable when it ends short of its length or past the deadline.
        """
        got = 0
        with _translate_errors(self._late):
            while chunk := self._response.read1(CHUNK_BYTES, decode_content=False):
                got += len(chunk)
                yield chunk
        if self._late.is_set():
            raise ServerUnreachable("timeout", "The download took longer than its deadline.")
        if self.length is not None and got != self.length:
            raise ServerUnreachable("short_body", f"{got} of {self.length} bytes arrived.")


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=where())


@dataclass(frozen=True)
class Downloads:
    """GET requests to checked addresses.

    `allowed_origins` (scheme://host[:port]) may use http and private addresses. A host is resolved
    once per hop, and the connection goes to the address that was checked. So a second DNS answer
    changes nothing (DNS rebinding). Proxies of the environment are not used.
    """

    allowed_origins: Collection[str] = ()
    resolve: Callable[[str, int], Sequence[str]] = addresses_of
    tls: ssl.SSLContext = field(default_factory=_tls)
    connect_s: float = CONNECT_S
    read_s: float = READ_S
    timer: Callable[[], float] = time.monotonic

    @contextmanager
    def get(
        self, url: str, deadline_s: float, headers: Headers = no_headers
    ) -> Iterator[DownloadResponse]:
        """Open `url` and follow at most MAX_REDIRECTS. Each address is checked before it is asked.

        `deadline_s` bounds all hops and the reading of the body together. Raises DownloadRefused
        and ServerUnreachable.
        """
        ends_at = self.timer() + deadline_s
        for _ in range(MAX_REDIRECTS + 1):
            target = DownloadTarget.parse(url)
            left_s = ends_at - self.timer()
            with self._open(target, left_s, headers(url)) as (answer, location):
                if location is None:
                    yield answer
                    return
            url = urljoin(url, location)
        raise DownloadRefused("too_many_redirects", f"More than {MAX_REDIRECTS} redirects.")

    def check(self, url: str) -> None:
        """Check what the address alone shows, without a request. Raises DownloadRefused."""
        target = DownloadTarget.parse(url)
        if target.origin in self._allowed():
            return
        if target.scheme != "https":
            raise DownloadRefused("address_refused", f"{target.origin}: only https is fetched.")
        if _is_at_home(target.host):
            raise DownloadRefused("address_refused", f"{target.origin} is not a public address.")

    def checked_addresses(self, target: DownloadTarget) -> Sequence[str]:
        """IP addresses of the target that may be asked.

        Raises DownloadRefused, and ServerUnreachable for an unknown name.
        """
        exempt = target.origin in self._allowed()
        if target.scheme != "https" and not exempt:
            raise DownloadRefused("address_refused", f"{target.origin}: only https is fetched.")
        try:
            addresses = self.resolve(target.host, target.port)
        except (OSError, UnicodeError) as error:
            raise ServerUnreachable("dns", f"{target.host}: {error}") from error
        if not exempt and not all(is_public(address) for address in addresses):
            raise DownloadRefused("address_refused", f"{target.origin} is not a public address.")
        if not addresses:
            raise ServerUnreachable("dns", f"{target.host}: no address")
        return addresses[:ADDRESSES_TRIED]

    def _allowed(self) -> set[str]:
        return {DownloadTarget.parse(origin).origin for origin in self.allowed_origins}

    @contextmanager
    def _open(
        self, target: DownloadTarget, left_s: float, headers: Mapping[str, str]
    ) -> Iterator[tuple[DownloadResponse, str | None]]:
        late = threading.Event()
        with _translate_errors(late):
            connection = self._connected(target, self.checked_addresses(target))
        watch = threading.Timer(max(0.0, left_s), _hang_up, (connection.sock, late))
        watch.daemon = True
        watch.start()
        try:
            with _translate_errors(late):
                connection.timeout = self.read_s
                connection.request(
                    "GET",
                    target.path,
                    headers={
                        "Host": target.authority,
                        "User-Agent": USER_AGENT,
                        "Accept": "*/*",
                        **headers,
                        "Accept-Encoding": "identity",
                        "Connection": "close",
                    },
                    preload_content=False,
                    decode_content=False,
                )
                response = connection.getresponse()
            location = response.headers.get("Location") if response.status in _REDIRECTS else None
            yield DownloadResponse(response.status, _length(response), response, late), location
        finally:
            watch.cancel()
            connection.close()

    def _connected(self, target: DownloadTarget, addresses: Sequence[str]) -> HTTPConnection:
        """Connect to the first checked address that answers. Only TLS uses the host's name."""
        for remaining, address in enumerate(addresses, start=1 - len(addresses)):
            connection = self._connection(target, address)
            try:
                connection.connect()
                return connection
            except (NewConnectionError, TimedOut):
                connection.close()
                if remaining == 0:
                    raise
            except BaseException:
                connection.close()
                raise
        raise AssertionError("no address")

    def _connection(self, target: DownloadTarget, address: str) -> HTTPConnection:
        if target.scheme == "http":
            return HTTPConnection(address, target.port, timeout=self.connect_s)
        return HTTPSConnection(
            address,
            target.port,
            timeout=self.connect_s,
            ssl_context=self.tls,
            cert_reqs="CERT_REQUIRED",
            server_hostname=target.host,
        )


def _is_at_home(host: str) -> bool:
    """Whether a host is private by its name or address, as the metadata server is."""
    try:
        return not is_public(host)
    except ValueError:  # not an IP address; a name that looks public is resolved at the request
        return "." not in host or host.endswith((".local", ".internal"))


def _hang_up(sock: socket.socket, late: threading.Event) -> None:
    """Wake a read that waits for a slow server: the socket's own timeout restarts at each byte."""
    late.set()
    with suppress(OSError):  # closed meanwhile
        # The socket below TLS: an orderly end of TLS would wait for the server.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _length(response: HTTPResponse) -> int | None:
    text = response.headers.get("Content-Length", "")
    if response.headers.get("Transfer-Encoding") or not (text.isascii() and text.isdigit()):
        return None
    return int(text)


@contextmanager
def _translate_errors(late: threading.Event) -> Iterator[None]:
    """Raise ServerUnreachable, with a one-word reason, for errors of the connection."""
    try:
        yield
    except (HTTPError, HTTPException, OSError) as error:
        raise ServerUnreachable(_word(error, late), f"{type(error).__name__}: {error}") from error


def _word(error: Exception, late: threading.Event) -> str:
    if late.is_set() or isinstance(error, TimedOut | TimeoutError):
        return "timeout"
    if error.args and isinstance(error.args[-1], IncompleteRead):
        return "short_body"
    if isinstance(error, ssl.SSLError) or "SSL" in type(error).__name__:
        return "tls"
    return "connection"
