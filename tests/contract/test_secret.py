"""Secret Manager as it answers on the wire, and what a function is told of it."""

import json
from base64 import b64encode

import pytest
import requests

from shared.errors import Misconfigured, Transient
from shared.secret_manager import secret_value
from tests.loopback import Reply, serving

NAME = "projects/p/secrets/tiktok-client-key"


def version(data: object) -> bytes:
    return json.dumps({"name": f"{NAME}/versions/3", "payload": {"data": data}}).encode()


def secret_requests(status: int, body: bytes) -> tuple[str, list[str]]:
    """The value, and the paths that were asked for."""
    with serving(lambda _: Reply(status, body)) as server, requests.Session() as session:
        value = secret_value(NAME, session, server.url)
        return value, [request.path for request in server.requests]


def test_the_latest_version_is_read_without_the_newline_that_echo_leaves():
    value, paths = secret_requests(200, version(b64encode(b"clt.key\n").decode()))

    assert value == "clt.key"
    assert paths == [f"/{NAME}/versions/latest:access"]


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (404, "gcloud secrets versions add tiktok-client-key --data-file=-"),
        (403, "roles/secretmanager.secretAccessor"),
        (400, "disabled or destroyed"),
        (418, "answered 418"),
    ],
)
def test_a_secret_that_cannot_be_read_is_a_broken_deploy_and_says_what_to_do(status, advice):
    with pytest.raises(Misconfigured, match=advice) as refused:
        secret_requests(status, b"{}")

    assert NAME in str(refused.value)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_secret_manager_that_is_busy_is_asked_again_later(status):
    with pytest.raises(Transient, match=str(status)):
        secret_requests(status, b"")


def test_a_secret_manager_that_is_away_is_asked_again_later():
    with serving(lambda _: Reply()) as server:
        url = server.url

    with pytest.raises(Transient), requests.Session() as session:
        secret_value(NAME, session, url)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        version(None),
        version("no base64!"),
        version(b64encode(b"\xff\xfe").decode()),
        version(b64encode(b" \n").decode()),
    ],
    ids=["html", "list", "null", "no base64", "no text", "blank"],
)
def test_what_is_no_secret_is_a_broken_deploy(body):
    with pytest.raises(Misconfigured, match=r"not text|empty"):
        secret_requests(200, body)
