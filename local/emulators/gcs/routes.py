"""Which handler answers which path: the package's table, its object handlers replaced by ours."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gcp_storage_emulator.handlers import buckets as package_buckets
from gcp_storage_emulator.handlers import objects as package_objects
from gcp_storage_emulator.server import HANDLERS as PACKAGE_ROUTES

from local.emulators.gcs import batch, buckets, objects, transfers
from local.emulators.gcs.buckets import PackageStorage
from local.emulators.gcs.errors import not_implemented
from local.emulators.gcs.wire import Request, Response

if TYPE_CHECKING:
    from local.emulators.gcs.service import Service

log = logging.getLogger(__name__)

Handler = Callable[[Request, Response, "Service"], None]


def health(request: Request, response: Response, service: Service) -> None:
    response["Content-Type"] = "text/plain"
    response.body = b"OK"


def outbox(request: Request, response: Response, service: Service) -> None:
    """How many notifications Pub/Sub has not taken yet (no part of the real API)."""
    response.json({"pending": service.outbox.pending()})


REPLACED: dict[Callable[..., None], Handler] = {
    package_buckets.ls: buckets.ls,
    package_buckets.insert: buckets.insert,
    package_buckets.get: buckets.get,
    package_buckets.delete: buckets.delete,
    package_buckets.patch: buckets.patch,
    package_objects.ls: objects.ls,
    package_objects.get: objects.get,
    package_objects.delete: objects.delete,
    package_objects.patch: objects.patch,
    package_objects.copy: objects.copy,
    package_objects.rewrite: objects.rewrite,
    package_objects.compose: objects.compose,
    package_objects.restore: objects.restore,
    package_objects.insert: transfers.insert,
    package_objects.upload_partial: transfers.resume,
    package_objects.download: transfers.download,
    package_objects.batch: batch.batch,
}
# The package serves these with its own code, given our store in the shape it knows.
KEPT = {
    package_buckets.acl_list,
    package_buckets.default_object_acl_list,
    package_buckets.test_iam_permissions,
    package_buckets.get_iam_policy,
    package_buckets.set_iam_policy,
    package_objects.acl_list,
}
API = r"(?:/storage/v1)?"
BUCKET = rf"{API}/b/(?P<bucket_name>[-.\w]+)"
OURS: tuple[tuple[str, dict[str, Handler]], ...] = (
    (r"/(?:healthz)?", {"GET": health}),
    (r"/admin/outbox", {"GET": outbox}),
    (rf"{API}/projects/(?P<project>[^/]+)/serviceAccount", {"GET": buckets.service_account}),
    (
        rf"{BUCKET}/notificationConfigs",
        {"GET": buckets.list_notifications, "POST": buckets.insert_notification},
    ),
    (
        rf"{BUCKET}/notificationConfigs/(?P<config_id>[^/]+)",
        {"GET": buckets.get_notification, "DELETE": buckets.delete_notification},
    ),
    (
        rf"{BUCKET}/o/(?P<object_id>[^/]+)/moveTo/o/(?P<dest_object_id>[^/]+)",
        {"POST": objects.move},
    ),
)
# The XML API as public and signed URLs use it. The package's pattern would take unknown paths of
# the JSON API for objects in a bucket called "storage".
XML = r"/(?!(?:storage|upload|download|batch)/|b/)(?P<bucket_name>[-.\w]+)/(?P<object_id>.+)"
# Methods the package's table lacks on paths that it has.
ADDED: dict[Callable[..., None], dict[str, Handler]] = {
    package_objects.upload_partial: {"DELETE": transfers.cancel},
    package_objects.patch: {"PUT": objects.update},
}


def dispatch(request: Request, response: Response, service: Service) -> None:
    """Find the handler and run it. Refusals are raised, not answered."""
    for pattern, handlers in ROUTES:
        if matched := pattern.fullmatch(request.path):
            request.match(matched.groupdict())
            handler = handlers.get(request.method)
            if handler is None and _is_plain_upload(request):
                handler = transfers.insert
            if handler:
                handler(request, response, service)
                return response.complete()
            break
    raise not_implemented(f"Not implemented: {request.method} {request.path[:200]}")


def _is_plain_upload(request: Request) -> bool:
    """Some clients upload to /b/BUCKET/o without the /upload prefix."""
    return (
        request.method == "POST" and "uploadType" in request.query and request.path.endswith("/o")
    )


def _routes() -> Iterator[tuple[re.Pattern[str], dict[str, Handler]]]:
    for expression, handlers in OURS:
        yield re.compile(expression), handlers
    for expression, handlers in PACKAGE_ROUTES:
        if package_objects.xml_upload in handlers.values():
            continue
        ours = {method: _ours(handler) for method, handler in handlers.items()}
        for handler in handlers.values():
            for method, added in ADDED.get(handler, {}).items():
                ours.setdefault(method, added)
        kept = {method: handler for method, handler in ours.items() if handler}
        if kept:
            yield re.compile(expression), kept
    xml: dict[str, Handler] = {"PUT": transfers.xml_upload, "DELETE": objects.delete}
    yield re.compile(XML), xml | dict.fromkeys(("GET", "HEAD"), transfers.download)


def _ours(handler: Callable[..., None]) -> Handler | None:
    """Our handler in place of the package's; None for what we do not offer (health, wipe)."""
    if handler in KEPT:
        return lambda request, response, service: handler(
            request, response, PackageStorage(service.store)
        )
    return REPLACED.get(handler)


ROUTES = tuple(_routes())
