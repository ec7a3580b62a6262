"""Handlers of objects that move no bytes over the wire: metadata, listing, deletion, copies."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO

from local.emulators.gcs import transfers
from local.emulators.gcs.conditions import Conditions, int_parameter
from local.emulators.gcs.content import BLOCK_BYTES, Content
from local.emulators.gcs.errors import ApiError, invalid, no_such_bucket
from local.emulators.gcs.listing import PAGE_MAX, Wanted
from local.emulators.gcs.resource import Fields, StoredObject, check_name, writable_fields
from local.emulators.gcs.wire import Request, Response

if TYPE_CHECKING:
    from local.emulators.gcs.service import Service

COMPOSE_MAX_SOURCES = 32


def get(request: Request, response: Response, service: Service) -> None:
    if request.option("alt") == "media":
        return transfers.download(request, response, service)
    bucket, name, generation = _address(request)
    conditions = Conditions.from_request(request.query, request.headers)
    found = service.store.get(bucket, name, generation, conditions)
    response.json(found.resource(request.base_url))
    return None


def ls(request: Request, response: Response, service: Service) -> None:
    bucket = request.params["bucket_name"]
    if service.store.bucket(bucket) is None:
        raise no_such_bucket()
    answer: dict[str, object] = {"kind": "storage#objects"}
    if request.flag("softDeleted"):
        return response.json(answer)
    page = service.list_objects(bucket, _wanted(request))
    if page.items:
        answer["items"] = [item.resource(request.base_url) for item in page.items]
    if page.prefixes:
        answer["prefixes"] = page.prefixes
    if page.next_page_token:
        answer["nextPageToken"] = page.next_page_token
    return response.json(answer)


def delete(request: Request, response: Response, service: Service) -> None:
    conditions = Conditions.from_request(request.query, request.headers)
    service.store.delete(*_address(request), conditions)
    response.no_content()


def patch(request: Request, response: Response, service: Service) -> None:
    _change(request, response, service, replace=False)


def update(request: Request, response: Response, service: Service) -> None:
    _change(request, response, service, replace=True)


def restore(request: Request, response: Response, service: Service) -> None:
    message = "Soft delete is off in the local Cloud Storage, so nothing can be restored."
    raise ApiError(HTTPStatus.NOT_FOUND, "notFound", message)


def copy(request: Request, response: Response, service: Service) -> None:
    response.json(_copy(request, service).resource(request.base_url))


def rewrite(request: Request, response: Response, service: Service) -> None:
    """One call is always enough: a copy is a second name for the same bytes."""
    made = _copy(request, service)
    response.json(
        {
            "kind": "storage#rewriteResponse",
            "totalBytesRewritten": str(made.size),
            "objectSize": str(made.size),
            "done": True,
            "resource": made.resource(request.base_url),
        }
    )


def move(request: Request, response: Response, service: Service) -> None:
    """Rename within a bucket: the source goes by the commit that brings the destination."""
    bucket, name, _ = _address(request)
    target = check_name(request.params["dest_object_id"])
    if target == name:
        raise invalid("The source and the destination of a move must differ.")
    source, content = service.store.link(bucket, name, None, Conditions.from_source(request.query))

    def forget_source(tx: sqlite3.Connection, new: StoredObject) -> None:
        service.store.forget_generation(tx, source)

    conditions = Conditions.from_request(request.query, request.headers)
    made = service.store.put(bucket, target, content, _carried(source), conditions, forget_source)
    service.store.files.remove(source.content)
    response.json(made.resource(request.base_url))


def compose(request: Request, response: Response, service: Service) -> None:
    """Concatenate up to 32 objects; like the real result it has a CRC32C but no MD5."""
    bucket, target = request.params["bucket_name"], check_name(request.params["object_id"])
    sent = request.data
    conditions = Conditions.from_request(request.query, request.headers)
    service.store.check(bucket, target, conditions)
    fields = writable_fields(bucket, target, _object(sent.get("destination") or {}))
    content, sources = _concatenate(service, bucket, _sources(sent))
    fields.setdefault("contentType", sources[0].fields.get("contentType"))
    made = service.store.put(bucket, target, content, fields, conditions)
    if sent.get("deleteSourceObjects") is True:
        for source in {each.name: each for each in sources if each.name != target}.values():
            service.store.delete(bucket, source.name, source.generation)
    response.json(made.resource(request.base_url))


def _change(request: Request, response: Response, service: Service, replace: bool) -> None:
    bucket, name, generation = _address(request)
    conditions = Conditions.from_request(request.query, request.headers)
    change = writable_fields(bucket, name, request.data)
    changed = service.store.patch(bucket, name, generation, conditions, change, replace)
    response.json(changed.resource(request.base_url))


def _copy(request: Request, service: Service) -> StoredObject:
    """Metadata comes from the request if it sends any, else from the source, as in the real API."""
    bucket, name, _ = _address(request)
    target_bucket = request.params["dest_bucket_name"]
    target = check_name(request.params["dest_object_id"])
    sent = writable_fields(target_bucket, target, request.data)
    generation = int_parameter(request.query, "sourceGeneration")
    conditions = Conditions.from_request(request.query, request.headers)
    service.store.check(target_bucket, target, conditions)
    source, content = service.store.link(
        bucket, name, generation, Conditions.from_source(request.query)
    )
    fields = {"contentType": source.fields.get("contentType"), **sent} if sent else _carried(source)
    return service.store.put(target_bucket, target, content, fields, conditions)


def _carried(source: StoredObject) -> Fields:
    """What a copy takes over; the ACL is not among it."""
    sent = {key: value for key, value in source.fields.items() if key != "acl"}
    return writable_fields(source.bucket, source.name, sent)


def _sources(sent: Fields) -> list[Fields]:
    sources = sent.get("sourceObjects")
    if not isinstance(sources, list) or not 0 < len(sources) <= COMPOSE_MAX_SOURCES:
        raise invalid(f"Between 1 and {COMPOSE_MAX_SOURCES} source objects are needed.")
    return [_object(source) for source in sources]


def _concatenate(
    service: Service, bucket: str, sources: list[Fields]
) -> tuple[Content, list[StoredObject]]:
    writer = service.store.files.create()
    found = []
    try:
        for source in sources:
            wanted = _object(source.get("objectPreconditions") or {})
            query = {k: [str(v)] for k, v in wanted.items() if k == "ifGenerationMatch"}
            generation = int_parameter(
                {"generation": [str(source["generation"])]} if "generation" in source else {},
                "generation",
            )
            conditions = Conditions.from_request(query, {})
            name = check_name(source.get("name"))
            stored, file = service.store.open(bucket, name, generation, conditions)
            found.append(stored)
            with file:
                writer.append(_blocks(file))
    except BaseException:
        writer.discard()
        raise
    components = sum(int(str(each.fields.get("componentCount", 1))) for each in found)
    return writer.finish(components), found


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK_BYTES):
        yield block


def _wanted(request: Request) -> Wanted:
    limit = int_parameter(request.query, "maxResults")
    if limit == 0:
        raise invalid("Invalid value for maxResults: it must be positive.")
    return Wanted(
        prefix=request.option("prefix"),
        delimiter=request.option("delimiter"),
        start=request.option("startOffset"),
        end=request.option("endOffset") or None,
        page_token=request.option("pageToken"),
        limit=min(limit or PAGE_MAX, PAGE_MAX),
        glob=request.option("matchGlob"),
        trailing_delimiter=request.flag("includeTrailingDelimiter"),
    )


def _address(request: Request) -> tuple[str, str, int | None]:
    generation = int_parameter(request.query, "generation")
    return request.params["bucket_name"], request.params["object_id"], generation


def _object(value: object) -> Fields:
    if not isinstance(value, dict):
        raise invalid("Parse Error: an object is needed.")
    return value
