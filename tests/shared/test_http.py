"""No HTTP request outlasts its limits: silence, drips, slow readers, tokens."""

import io
import ssl
import time

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession

from shared.http import (
    TOKEN_LIMITS,
    BoundedAdapter,
    HttpLimits,
    bound,
    bounded_pool,
    read_environment_once,
)
from tests import loopback
from tests.shared.tiktok.media.test_download import certificate
from tests.silent_servers import (
    drips_its_body,
    drips_its_head,
    reads_in_drips,
    serving,
    silent,
)

BRIEF = HttpLimits(connect_s=1.0, silence_s=0.3, request_s=0.6)
ENDS = (requests.Timeout, requests.ConnectionError)


def session(limits=BRIEF):
    bounded = requests.Session()
    bound(bounded, limits)
    return bounded


def test_a_server_that_says_nothing_is_given_up_though_the_caller_would_wait():
    with serving(silent) as url, pytest.raises(requests.ReadTimeout):
        session().get(url, timeout=600)


def test_a_caller_without_a_time_out_gets_one():
    with serving(silent) as url, pytest.raises(requests.ReadTimeout):
        session().get(url)


@pytest.mark.parametrize("behave", [drips_its_head, drips_its_body])
def test_an_answer_that_drips_ends_with_its_request(behave):
    with serving(behave) as url, pytest.raises(ENDS, match=r"took longer than it may|timed out"):
        session(HttpLimits(silence_s=30.0, request_s=0.6)).get(url)


def test_a_streamed_answer_that_drips_ends_too():
    with serving(drips_its_body) as url:
        answer = session(HttpLimits(silence_s=30.0, request_s=0.6)).get(url, stream=True)

        with pytest.raises(ENDS):
            list(answer.iter_content(65_536))


def test_a_request_that_is_read_in_drips_ends_while_it_is_sent():
    with serving(reads_in_drips) as url, pytest.raises(requests.ConnectionError):
        session(HttpLimits(silence_s=30.0, request_s=0.6)).post(url, data=bytes(20_000_000))


def test_a_file_that_is_sent_piece_by_piece_is_bounded_too():
    with serving(reads_in_drips) as url, pytest.raises(requests.ConnectionError):
        body = io.BytesIO(bytes(20_000_000))
        session(HttpLimits(silence_s=30.0, request_s=0.6)).post(url, data=body)


@pytest.mark.parametrize(("bytes_per_s", "arrives"), [(1_000.0, True), (1e12, False)])
def test_bytes_add_to_the_time_that_a_request_may_take(bytes_per_s, arrives):
    def pieces():
        for _ in range(12):
            yield bytes(10_000)
            time.sleep(0.1)

    limits = HttpLimits(silence_s=30.0, request_s=0.5, bytes_per_s=bytes_per_s)
    with loopback.serving(lambda _: loopback.Reply(body=pieces(), length=120_000)) as server:
        if arrives:
            assert session(limits).get(server.url).content == bytes(120_000)
        else:
            with pytest.raises(ENDS):
                session(limits).get(server.url)


def test_tls_is_bounded_as_well(tmp_path):
    cert_file, key_file = certificate(tmp_path, "localhost")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert_file, key_file)

    def pieces():
        while True:
            yield b" "
            time.sleep(0.05)

    reply = loopback.Reply(body=pieces(), length=100_000)
    with (
        loopback.serving(lambda _: reply, tls=tls) as server,
        pytest.raises(ENDS, match=r"took longer than it may|Read timed out"),
    ):
        url = f"https://localhost:{server.port}"
        session(HttpLimits(silence_s=30.0, request_s=0.6)).get(url, verify=str(cert_file))


def test_the_next_request_of_a_connection_has_a_time_of_its_own():
    with loopback.serving(lambda _: loopback.Reply(body=b"{}")) as server:
        bounded = session(HttpLimits(request_s=30.0))

        answers = [bounded.post(server.url, data=b"x" * 100_000).content for _ in range(3)]

    assert answers == [b"{}"] * 3


def test_the_callers_own_shorter_time_out_counts():
    with serving(silent) as url, pytest.raises(requests.ReadTimeout, match=r"read timeout=0.2"):
        session(HttpLimits(silence_s=30.0, request_s=60.0)).get(url, timeout=0.2)


def test_tokens_are_asked_for_briefly_as_well():
    authorized = AuthorizedSession(AnonymousCredentials())

    bound(authorized, BRIEF)

    adapter = authorized._auth_request.session.get_adapter("https://oauth2.googleapis.com")
    assert isinstance(adapter, BoundedAdapter)
    assert adapter.limits == TOKEN_LIMITS
    assert adapter.max_retries.total == 0


def test_the_environment_is_read_once_for_all_requests(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ours.pem")
    session = requests.Session()

    read_environment_once(session, "https://storage.googleapis.com")
    monkeypatch.setenv("HTTPS_PROXY", "http://other:3128")

    assert session.proxies["https"] == "http://proxy:3128"
    assert session.verify == "/etc/ours.pem"
    assert session.trust_env is False


def test_a_pool_without_requests_uses_the_same_proxy_and_certificates(monkeypatch):
    url = "https://storage.googleapis.com"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ours.pem")
    direct = bounded_pool(requests.Session(), url, HttpLimits())
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    proxied = bounded_pool(requests.Session(), url, HttpLimits())

    assert direct.proxy is None
    assert proxied.proxy.url == "http://proxy:3128"
    for pool in (direct, proxied):
        assert pool.connection_pool_kw["ca_certs"] == "/etc/ours.pem"
