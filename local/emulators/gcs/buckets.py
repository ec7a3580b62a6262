"""Handlers of buckets, of their notification configurations and of the project's own account."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from gcp_storage_emulator.handlers import buckets as package

from local.emulators.gcs.conditions import int_parameter
from local.emulators.gcs.errors import (
    ApiError,
    invalid,
    no_such_bucket,
    not_implemented,
    precondition_failed,
)
from local.emulators.gcs.resource import Fields, rfc3339
from local.emulators.gcs.wire import Request, Response

if TYPE_CHECKING:
    from local.emulators.gcs.service import Service
    from local.emulators.gcs.store import Store

NAME = re.compile(r"[a-z0-9][-_.a-z0-9]{1,220}[a-z0-9]", re.ASCII)
PROJECT_NUMBER = "1234"


class PackageStorage:
    """The store as the package's IAM and ACL handlers expect their own to look."""

    def __init__(self, store: Store):
        self._store = store

    @property
    def buckets(self) -> PackageStorage:
        return self

    def get(self, name: str) -> Fields | None:
        return self._store.bucket(name)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def get_bucket_iam_policy(self, name: str) -> Fields | None:
        return self._store.iam_policy(name)

    def set_bucket_iam_policy(self, name: str, policy: Fields) -> None:
        self._store.set_iam_policy(name, policy)

    def get_file_obj(self, bucket: str, name: str) -> Fields:
        return self._store.get(bucket, name).fields


def insert(request: Request, response: Response, service: Service) -> None:
    sent = request.data
    name = sent.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise invalid(f"Invalid bucket name: '{str(name)[:80]}'")
    _refuse_unsupported(sent)
    resource: Fields = package._make_bucket_resource(name, PROJECT_NUMBER)
    _apply(resource, sent)
    resource["metageneration"] = "1"
    resource["selfLink"] = f"{service.base_url}/storage/v1/b/{name}"
    # The package follows the real default of seven days; here nothing outlives its deletion.
    resource["softDeletePolicy"] = {"retentionDurationSeconds": "0"}
    service.store.create_bucket(name, resource)
    response.json(resource)


def get(request: Request, response: Response, service: Service) -> None:
    resource = service.store.bucket(request.params["bucket_name"])
    if resource is None:
        raise no_such_bucket()
    _check(request, resource)
    response.json(resource)


def ls(request: Request, response: Response, service: Service) -> None:
    """Every bucket at once, whatever the project: there is one project and few buckets."""
    prefix = request.option("prefix")
    items = [b for b in service.store.buckets() if str(b["name"]).startswith(prefix)]
    response.json({"kind": "storage#buckets", "items": items})


def patch(request: Request, response: Response, service: Service) -> None:
    sent = request.data
    _refuse_unsupported(sent)

    def change(resource: Fields) -> Fields:
        _check(request, resource)
        _apply(resource, sent)
        return resource | {"updated": rfc3339(datetime.now(UTC))}

    response.json(service.store.change_bucket(request.params["bucket_name"], change))


def delete(request: Request, response: Response, service: Service) -> None:
    service.store.delete_bucket(
        request.params["bucket_name"], lambda resource: _check(request, resource)
    )
    response.no_content()


def service_account(request: Request, response: Response, service: Service) -> None:
    """The account in whose name notifications are published."""
    if request.params["project"] != service.project:
        raise ApiError(HTTPStatus.NOT_FOUND, "notFound", "The project does not exist.")
    email = f"service-{PROJECT_NUMBER}@gs-project-accounts.iam.gserviceaccount.com"
    response.json({"kind": "storage#serviceAccount", "email_address": email})


def insert_notification(request: Request, response: Response, service: Service) -> None:
    response.json(service.configs.create(request.params["bucket_name"], request.data))


def list_notifications(request: Request, response: Response, service: Service) -> None:
    items = service.configs.all(request.params["bucket_name"])
    response.json({"kind": "storage#notifications", "items": items})


def get_notification(request: Request, response: Response, service: Service) -> None:
    bucket, config = request.params["bucket_name"], request.params["config_id"]
    response.json(service.configs.get(bucket, config))


def delete_notification(request: Request, response: Response, service: Service) -> None:
    service.configs.delete(request.params["bucket_name"], request.params["config_id"])
    response.no_content()


def _apply(resource: Fields, sent: Fields) -> None:
    """The package's rules for writable fields; it trusts the types it is sent, so check them."""
    for field in ("acl", "defaultObjectAcl", "cors"):
        if not isinstance(sent.get(field) or [], list):
            raise invalid(f"Invalid value for {field}: a list is needed.")
    package._patch_bucket(resource, sent)


def _check(request: Request, resource: Fields) -> None:
    metageneration = int(str(resource["metageneration"]))
    if int_parameter(request.query, "ifMetagenerationMatch") not in (None, metageneration):
        raise precondition_failed()
    if int_parameter(request.query, "ifMetagenerationNotMatch") == metageneration:
        raise precondition_failed("If-None-Match")


def _refuse_unsupported(sent: Fields) -> None:
    versioning = sent.get("versioning")
    if isinstance(versioning, dict) and versioning.get("enabled"):
        raise not_implemented("Object versioning is not supported by the local Cloud Storage.")
    soft_delete = sent.get("softDeletePolicy")
    if isinstance(soft_delete, dict) and str(soft_delete.get("retentionDurationSeconds")) != "0":
        raise not_implemented("Soft delete is not supported by the local Cloud Storage.")
    if sent.get("retentionPolicy"):
        raise not_implemented("Retention is not supported by the local Cloud Storage.")
