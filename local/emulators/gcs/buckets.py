"""Handlers of buckets and of their notification configurations."""

from __future__ import annotations

import re

from gcp_storage_emulator.handlers.buckets import _make_bucket_resource as make_bucket_resource

from local.emulators.gcs.backend import StorageBackend
from local.emulators.gcs.errors import invalid, no_such_bucket, not_implemented
from local.emulators.gcs.resource import Fields
from local.emulators.gcs.wire import StorageRequest, StorageResponse

NAME = re.compile(r"[a-z0-9][-_.a-z0-9]{1,220}[a-z0-9]", re.ASCII)
PROJECT_NUMBER = "1234"


def insert(request: StorageRequest, response: StorageResponse, backend: StorageBackend) -> None:
    name = request.data.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise invalid(f"Invalid bucket name: '{str(name)[:80]}'")
    if extra := sorted(request.data.keys() - {"name"}):
        raise not_implemented(f"The bucket field {extra[0][:80]}")
    resource: Fields = make_bucket_resource(name, PROJECT_NUMBER)
    resource["selfLink"] = f"{backend.base_url}/storage/v1/b/{name}"
    # The package follows the real default of seven days. Here a deleted object is gone.
    resource["softDeletePolicy"] = {"retentionDurationSeconds": "0"}
    backend.store.create_bucket(name, resource)
    response.json(resource)


def get(request: StorageRequest, response: StorageResponse, backend: StorageBackend) -> None:
    resource = backend.store.bucket(request.params["bucket"])
    if resource is None:
        raise no_such_bucket()
    response.json(resource)


def insert_notification(
    request: StorageRequest, response: StorageResponse, backend: StorageBackend
) -> None:
    response.json(backend.notifications.create(request.params["bucket"], request.data))


def list_notifications(
    request: StorageRequest, response: StorageResponse, backend: StorageBackend
) -> None:
    items = backend.notifications.all(request.params["bucket"])
    response.json({"kind": "storage#notifications", "items": items})
