"""Handlers of objects that move no content: metadata, listing, deletion."""

from __future__ import annotations

from local.emulators.gcs.backend import StorageBackend
from local.emulators.gcs.conditions import Conditions, int_parameter
from local.emulators.gcs.errors import invalid, no_such_bucket, not_implemented
from local.emulators.gcs.listing import PAGE_MAX, ListRequest
from local.emulators.gcs.resource import writable_fields
from local.emulators.gcs.wire import StorageRequest, StorageResponse

# Each of these would change which objects a page holds.
UNSUPPORTED_LIST_OPTIONS = ("delimiter", "matchGlob", "softDeleted", "versions")

NAMES_ALONE = "items(name),nextPageToken"
"""The one selection of fields that saves work here. Other requests get all fields."""


def get(request: StorageRequest, response: StorageResponse, backend: StorageBackend) -> None:
    if request.option("alt") == "media":
        raise not_implemented("alt=media outside /download")
    conditions = Conditions.from_query(request.query)
    stored = backend.store.get(*_address(request), conditions)
    response.json(stored.resource(request.base_url))


def ls(request: StorageRequest, response: StorageResponse, backend: StorageBackend) -> None:
    bucket = request.params["bucket"]
    if backend.store.bucket(bucket) is None:
        raise no_such_bucket()
    if request.option("fields") == NAMES_ALONE:
        response.json(_names(backend, bucket, _list_request(request)))
        return
    page = backend.list_objects(bucket, _list_request(request))
    answer: dict[str, object] = {"kind": "storage#objects"}
    if page.objects:
        answer["items"] = [stored.resource(request.base_url) for stored in page.objects]
    if page.next_page_token:
        answer["nextPageToken"] = page.next_page_token
    response.json(answer)


def _names(backend: StorageBackend, bucket: str, request: ListRequest) -> dict[str, object]:
    names, token = backend.list_names(bucket, request)
    answer: dict[str, object] = {"items": [{"name": name} for name in names]} if names else {}
    return answer | ({"nextPageToken": token} if token else {})


def delete(request: StorageRequest, response: StorageResponse, backend: StorageBackend) -> None:
    backend.store.delete(*_address(request), Conditions.from_query(request.query))
    response.no_content()


def patch(request: StorageRequest, response: StorageResponse, backend: StorageBackend) -> None:
    conditions = Conditions.from_query(request.query)
    change = writable_fields(request.data)
    changed = backend.store.patch(*_address(request), conditions, change)
    response.json(changed.resource(request.base_url))


def _list_request(request: StorageRequest) -> ListRequest:
    for name in UNSUPPORTED_LIST_OPTIONS:
        if request.option(name):
            raise not_implemented(f"The list option {name}")
    limit = int_parameter(request.query, "maxResults")
    if limit == 0:
        raise invalid("Invalid value for maxResults: it must be positive.")
    return ListRequest(
        prefix=request.option("prefix"),
        start=request.option("startOffset"),
        end=request.option("endOffset"),
        page_token=request.option("pageToken"),
        limit=min(limit or PAGE_MAX, PAGE_MAX),
    )


def _address(request: StorageRequest) -> tuple[str, str, int | None]:
    generation = int_parameter(request.query, "generation")
    return request.params["bucket"], request.params["name"], generation
