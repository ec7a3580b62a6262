"""Which handler answers which path of the JSON API."""

from __future__ import annotations

import re
from collections.abc import Callable

from local.emulators.gcs import buckets, objects, transfers
from local.emulators.gcs.backend import StorageBackend
from local.emulators.gcs.errors import not_implemented
from local.emulators.gcs.wire import StorageRequest, StorageResponse

Handler = Callable[[StorageRequest, StorageResponse, StorageBackend], None]


def outbox(request: StorageRequest, response: StorageResponse, backend: StorageBackend) -> None:
    """How many notifications Pub/Sub has not taken yet. The real API has no such page."""
    response.json({"pending": backend.outbox.pending()})


BUCKET = r"/storage/v1/b/(?P<bucket>[-.\w]+)"
OBJECT = rf"{BUCKET}/o/(?P<name>[^/]+)"
ROUTES: tuple[tuple[re.Pattern[str], dict[str, Handler]], ...] = (
    (re.compile(r"/admin/outbox"), {"GET": outbox}),
    (re.compile(r"/storage/v1/b"), {"POST": buckets.insert}),
    (re.compile(BUCKET), {"GET": buckets.get}),
    (
        re.compile(rf"{BUCKET}/notificationConfigs"),
        {"GET": buckets.list_notifications, "POST": buckets.insert_notification},
    ),
    (re.compile(rf"{BUCKET}/o"), {"GET": objects.ls}),
    (
        re.compile(OBJECT),
        {"GET": objects.get, "PATCH": objects.patch, "DELETE": objects.delete},
    ),
    (
        re.compile(rf"/upload{BUCKET}/o"),
        {"POST": transfers.insert, "PUT": transfers.resume, "DELETE": transfers.cancel},
    ),
    (re.compile(rf"/download{OBJECT}"), {"GET": transfers.download}),
)


def dispatch(request: StorageRequest, response: StorageResponse, backend: StorageBackend) -> None:
    """Find the handler and run it. Raises StorageApiError 501 for a path or method without one."""
    for pattern, handlers in ROUTES:
        matched = pattern.fullmatch(request.path)
        handler = handlers.get(request.method) if matched else None
        if matched and handler:
            request.match(matched.groupdict())
            return handler(request, response, backend)
    raise not_implemented(f"{request.method} {request.path[:200]}")
