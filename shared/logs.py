"""One JSON line per outcome, in the form of Cloud Logging, under the trace of its video.

A trace belongs to a video, not to a request. It follows from the id, so every function computes the
same trace, and one search finds the whole history of a video.

No line holds a secret, even if a service repeats it in an answer.
"""

import hashlib
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

_VIDEO: ContextVar[str | None] = ContextVar("video", default=None)
_SECRETS: set[str] = set()
_SHORTEST_SECRET = 8
_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName"}


def trace_of(video_id: str) -> str:
    """The trace of a video, 32 hex digits: the same in every function, at any time."""
    return hashlib.sha256(f"video {video_id}".encode(errors="replace")).hexdigest()[:32]


@contextmanager
def delivery_scope() -> Iterator[None]:
    """A block in which `about` may be called. Lines after it have no video."""
    token = _VIDEO.set(None)
    try:
        yield
    finally:
        _VIDEO.reset(token)


def about(video_id: str | None) -> None:
    """From now on all lines of this delivery name this video."""
    _VIDEO.set(video_id)


def secret(value: str) -> str:
    """Return the value, and remember it: from now on `redact` and all log lines hide it."""
    if len(value) >= _SHORTEST_SECRET:
        _SECRETS.add(value)
    return value


def redact(text: str) -> str:
    """The text without secrets. Use it on a service's answer before it becomes part of an error."""
    for value in _SECRETS:
        text = text.replace(value, "[secret]")
    return text


class JsonLines(logging.Formatter):
    """Severity, constant message, extra fields, video, trace and traceback of a log record.

    Field names: https://cloud.google.com/logging/docs/structured-logging
    """

    def __init__(self, project: str = ""):
        super().__init__()
        self._traces = f"projects/{project}/traces/" if project else ""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "severity": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        line |= {key: value for key, value in record.__dict__.items() if key not in _OWN}
        if video_id := line.get("video_id") or _VIDEO.get():
            line["video_id"] = video_id
            line["logging.googleapis.com/trace"] = f"{self._traces}{trace_of(video_id)}"
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return redact(json.dumps(line, ensure_ascii=False, default=str))


def _redacting(make: Callable[..., logging.LogRecord]) -> Callable[..., logging.LogRecord]:
    """Hide secrets in the records of other loggers, which print errors with all their causes."""

    def make_redacted(*arguments: Any, **more: Any) -> logging.LogRecord:
        record = make(*arguments, **more)
        if _SECRETS:
            record.msg, record.args = redact(record.getMessage()), ()
            if record.exc_info and record.exc_info[0]:
                record.exc_text = redact(_PLAIN.formatException(record.exc_info))
        return record

    return make_redacted


_PLAIN = logging.Formatter()


def configure() -> None:
    """Send this process's logs to stderr as JSON lines. A second call changes nothing."""
    root = logging.getLogger("shared")
    if root.handlers:
        return
    logging.setLogRecordFactory(_redacting(logging.getLogRecordFactory()))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(os.environ.get("GOOGLE_CLOUD_PROJECT", "")))
    root.addHandler(handler)
    root.setLevel(os.environ.get("LOG_LEVEL", "INFO"))
    root.propagate = False
