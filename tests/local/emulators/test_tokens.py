"""A throw-away key and the token stub satisfy the real google.auth."""

import json
import signal
import stat
import subprocess
import time

import google.auth
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from local.emulators.tokens import JWT_BEARER, make_key
from tests.programs import python


@pytest.fixture(scope="module")
def token_uri():
    command = [*python(), "-m", "local.emulators.tokens", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield json.loads(process.stdout.readline())["token_uri"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0
        assert process.stdout.read() == ""


@pytest.fixture
def key(tmp_path, token_uri):
    path = tmp_path / "home" / "key.json"
    make_key(path, "a-project", token_uri)
    return path


def post(token_uri, **form):
    return requests.post(token_uri, data=form, timeout=5)


def test_application_default_credentials_get_a_token(key, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))

    credentials, project = google.auth.default(["https://www.googleapis.com/auth/cloud-platform"])
    credentials.refresh(Request())

    assert credentials.valid
    assert project == "a-project"


def test_a_key_is_readable_by_its_owner_only(key):
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_key_is_short_for_each_client_checks_it(key):
    pem = json.loads(key.read_text())["private_key"].encode()

    assert serialization.load_pem_private_key(pem, None).key_size == 1024


def test_a_key_replaces_the_one_before(key, token_uri):
    before = json.loads(key.read_text())

    make_key(key, "b-project", token_uri)

    after = json.loads(key.read_text())
    assert after["project_id"] == "b-project"
    assert after["private_key"] != before["private_key"]
    assert [file.name for file in key.parent.iterdir()] == ["key.json"]


@pytest.mark.parametrize(
    "assertion", ["", "a.b.c", "a.W10.c", "é.é.é", "a." + "e30" + ".c", "a.eyJpc3MiOiJ4In0.c"]
)
def test_a_malformed_assertion_is_an_invalid_grant(token_uri, assertion):
    answer = post(token_uri, grant_type=JWT_BEARER, assertion=assertion)

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"


def test_an_expired_assertion_is_an_invalid_grant(key, token_uri):
    signer = service_account.Credentials.from_service_account_file(str(key)).signer
    claims = {"iss": "x", "exp": int(time.time()) - 1}
    assertion = google.auth.jwt.encode(signer, claims).decode()

    answer = post(token_uri, grant_type=JWT_BEARER, assertion=assertion)

    assert answer.json() == {
        "error": "invalid_grant",
        "error_description": "assertion has expired",
    }


def test_another_grant_type_is_unsupported(token_uri):
    answer = post(token_uri, grant_type="password", username="x")

    assert answer.json()["error"] == "unsupported_grant_type"


def test_a_body_over_the_limit_is_refused_unread(token_uri):
    answer = requests.post(token_uri, data={"assertion": "x" * 70_000}, timeout=5)

    assert answer.json()["error"] == "invalid_request"
