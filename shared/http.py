"""HTTP that always ends: no request outlasts its limits, however slowly the server answers.

The time-out of `requests` bounds each read and write, not their sum. A server that sends a byte a
minute keeps such a client forever. google-cloud-storage, google-auth and TikTok's client use it.
"""

import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http.client import HTTPResponse
from typing import Any

import requests
import urllib3
from certifi import where
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

PIECE_BYTES = 64 * 1024
POOLED = 32
"""Connections that a pool keeps open. More are opened at once, and closed after their request."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Limits of one request, in seconds.

    `connect_s` bounds each address of a host, TLS included, and `silence_s` each read and write. A
    request may take `request_s`, plus the time that its bytes take at `bytes_per_s`. So a file of
    500 MB gets six minutes, and a server that drips gets a minute.
    """

    connect_s: float = 5.0
    silence_s: float = 30.0
    request_s: float = 60.0
    bytes_per_s: float = 1_500_000.0


TOKEN_LIMITS = HttpLimits(silence_s=10.0, request_s=10.0)
"""google-auth waits 120 s for a token, up to twelve times. A token takes less than one second, and
google-auth itself asks three times."""


def bound(session: requests.Session, limits: HttpLimits) -> None:
    """Keep all requests of a session within limits, and its token requests within TOKEN_LIMITS.

    It mounts adapters, as Google's own samples do for `client._http` and the session of its tokens.
    """
    _mount(session, limits)
    tokens = getattr(getattr(session, "_auth_request", None), "session", None)
    if tokens is not None:
        _mount(tokens, TOKEN_LIMITS)


def bound_client(client: Any, request_timeout_s: float) -> None:
    """Keep all requests of a client of Cloud Storage or BigQuery within limits.

    `request_timeout_s` is the longest silence. A whole request may take twice as long, and longer
    for many bytes.
    """
    bound(client._http, limits_of(request_timeout_s))
    read_environment_once(client._http, client._connection.API_BASE_URL)


def limits_of(request_timeout_s: float) -> HttpLimits:
    """The limits of a client whose server may be silent for so long."""
    return HttpLimits(silence_s=request_timeout_s, request_s=2 * request_timeout_s)


def read_environment_once(session: requests.Session, url: str) -> None:
    """Take proxies and certificates for `url` from the environment now, for all requests.

    requests reads the whole environment at each request. For a small object that was a fifth of
    the processor time of reading it.
    """
    settings = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.verify = settings["proxies"], settings["verify"]
    session.trust_env = False


def bounded_pool(session: requests.Session, url: str, limits: HttpLimits) -> Any:
    """Connections of urllib3 alone, with the proxy and the certificates that a session has."""
    settings = session.merge_environment_settings(url, {}, None, None, None)
    certificates = settings["verify"] if isinstance(settings["verify"], str) else where()
    options: dict[str, Any] = {"maxsize": POOLED, "ca_certs": certificates, "retries": False}
    proxy = requests.utils.select_proxy(url, settings["proxies"])
    pool = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
    pool.pool_classes_by_scheme = dict(_pools(limits))
    return pool


def _mount(session: requests.Session, limits: HttpLimits) -> None:
    for scheme in ("https://", "http://"):
        session.mount(scheme, BoundedAdapter(limits))


class BoundedAdapter(HTTPAdapter):
    """The usual adapter. Its requests end in time, with requests.Timeout or ConnectionError."""

    def __init__(self, limits: HttpLimits = HttpLimits()):
        self.limits = limits
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self.limits)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager: Any = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = _pools(self.limits)
        return manager

    def send(self, *arguments: Any, **options: Any) -> requests.Response:
        options["timeout"] = self._timeout(options.get("timeout"))
        return super().send(*arguments, **options)

    def _timeout(self, wish: Any) -> tuple[float, float]:
        """Connect and read time-out: the caller's wish, but at most the limits."""
        connect_s, silence_s = wish if isinstance(wish, tuple) else (wish, wish)
        return (
            _shorter(connect_s, self.limits.connect_s),
            _shorter(silence_s, self.limits.silence_s),
        )


def _shorter(wish_s: float | None, limit_s: float) -> float:
    return limit_s if wish_s is None else min(wish_s, limit_s)


def _pools(limits: HttpLimits) -> Mapping[str, Any]:
    """urllib3's connection pools, with connections that obey a clock."""
    return {
        "http": _pool(HTTPConnectionPool, _PlainConnection, limits),
        "https": _pool(HTTPSConnectionPool, _TlsConnection, limits),
    }


def _pool(pool: type[Any], connection: Any, limits: HttpLimits) -> type[Any]:
    return type(pool.__name__, (pool,), {"ConnectionCls": partial(connection, limits=limits)})


class _Clock:
    """The time that one request may still take. Bytes that move add to it."""

    def __init__(self, limits: HttpLimits):
        self._limits = limits
        self._ends_at = time.monotonic() + limits.request_s

    def apply(self, sock: Any, silence_s: float | None) -> None:
        """Let the socket's next read or write end in time. Raises TimeoutError after the end."""
        remaining_s = self._ends_at - time.monotonic()
        if remaining_s <= 0:
            raise TimeoutError("the request took longer than it may")
        sock.settimeout(min(remaining_s, _shorter(silence_s, self._limits.silence_s)))

    def count(self, moved_bytes: int) -> None:
        self._ends_at += moved_bytes / self._limits.bytes_per_s


class _Clocked:
    """The common part of the plain and the TLS connection."""

    sock: Any
    timeout: Any
    response_class: Any

    def __init__(self, *arguments: Any, limits: HttpLimits, **options: Any):
        super().__init__(*arguments, **options)
        self._limits = limits
        self._clock = _Clock(limits)

    def request(self, *arguments: Any, **options: Any) -> None:
        self._clock = _Clock(self._limits)
        parent: Any = super()
        parent.request(*arguments, **options)

    def send(self, data: Any) -> None:
        """Send in pieces, because a TLS socket restarts its time-out with each record it sends."""
        parent: Any = super()
        if self.sock is None or not isinstance(data, bytes | bytearray | memoryview):
            parent.send(data)
            return
        view = memoryview(data)
        for start in range(0, len(view), PIECE_BYTES):
            piece = view[start : start + PIECE_BYTES]
            self._clock.apply(self.sock, self.timeout)
            parent.send(piece)
            self._clock.count(len(piece))

    def getresponse(self) -> Any:
        self.response_class = partial(_ClockedResponse, self._clock, self.timeout)
        parent: Any = super()
        return parent.getresponse()


class _PlainConnection(_Clocked, HTTPConnection):
    pass


class _TlsConnection(_Clocked, HTTPSConnection):
    pass


class _ClockedResponse(HTTPResponse):
    """http.client's answer; its head and body are read under the clock."""

    def __init__(
        self, clock: _Clock, silence_s: float | None, sock: Any, *arguments: Any, **options: Any
    ):
        super().__init__(sock, *arguments, **options)
        self.fp = io.BufferedReader(_ClockedReads(self.fp.detach(), sock, clock, silence_s))


class _ClockedReads(io.RawIOBase):
    def __init__(self, raw: Any, sock: Any, clock: _Clock, silence_s: float | None):
        self._raw = raw
        self._sock = sock
        self._clock = clock
        self._silence_s = silence_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._clock.apply(self._sock, self._silence_s)
        count: int | None = self._raw.readinto(buffer)
        self._clock.count(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
