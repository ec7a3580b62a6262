"""One deadline for everything a rating sends to Google: attempts, uploads, waits and tokens.

httpx limits each connect, read and write separately. A trickling answer or a slow upload would
outlive every time-out, and the function that waits for it.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpx

_PIECE_BYTES = 64 * 2**10
_MOST_WRITE_S = 20.0  # per piece: a slower line is as good as down
_MOST_CONNECT_S = 20.0


class OutOfTime(httpx.HTTPError):
    """The deadline has passed. google-genai does not retry after this error."""

    def __init__(self) -> None:
        super().__init__("the time that a rating may take is over")


@contextmanager
def deadline_after(seconds: float, timer: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Limit everything that the block sends to Google to this time. The innermost block counts."""
    ends_at = timer() + seconds
    token = _LEFT_S.set(lambda: ends_at - timer())
    try:
        yield
    finally:
        _LEFT_S.reset(token)


def remaining_s() -> float:
    """Seconds until the deadline, negative after it; infinite without one."""
    return _LEFT_S.get()()


def hooks() -> dict[str, list[Callable[[Any], None]]]:
    """`event_hooks` for an httpx client that keeps the deadline of the sending thread."""
    return {"request": [_bound_request], "response": [_bound_response]}


_LEFT_S: ContextVar[Callable[[], float]] = ContextVar("left_s", default=lambda: math.inf)


def _bound_request(request: httpx.Request) -> None:
    if remaining_s() <= 0:
        raise OutOfTime
    request.extensions["timeout"] = _Timeouts(request.extensions.get("timeout") or {})
    if isinstance(request.stream, httpx.SyncByteStream):
        request.stream = _Paced(request.stream)


def _bound_response(response: httpx.Response) -> None:
    if isinstance(response.stream, httpx.SyncByteStream):
        response.stream = _Paced(response.stream)


class _Timeouts(dict[str, Any]):
    """Time-outs that never exceed the remaining time.

    httpcore looks each one up when its part of a request begins, so `get` computes it then.
    """

    def get(self, name: str, default: Any = None) -> Any:
        limits = [super().get(name, default), remaining_s()]
        limits += {"write": [_MOST_WRITE_S], "connect": [_MOST_CONNECT_S]}.get(name, [])
        shortest = min(limit for limit in limits if limit is not None)
        return None if shortest == math.inf else max(shortest, 0.001)


class _Paced(httpx.SyncByteStream):
    """The same bytes in pieces; checks the deadline before each piece."""

    def __init__(self, stream: httpx.SyncByteStream):
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            for start in range(0, len(chunk), _PIECE_BYTES):
                if remaining_s() <= 0:
                    raise OutOfTime
                yield chunk[start : start + _PIECE_BYTES]

    def close(self) -> None:
        self._stream.close()
