"""No web page reaches a server of ours: the table of servers, and each rule."""

import re
import socket

import pytest
import requests

from local.emulators.guard import FORM, JSON, Door, RequestHead, own_hosts, refusal
from tests.doors import SERVERS, OpenServer

EVIL = "http://evil.test"
TRIES = {
    "another name of this machine (DNS rebinding)": ({"Host": "evil.test"}, 403),
    "another name with our port": ({"Host": "evil.test:{port}"}, 403),
    "a page of another origin": ({"Origin": EVIL}, 403),
    "a page of another port of this machine": ({"Origin": "http://127.0.0.1:1"}, 403),
    "a page of no origin": ({"Origin": "null"}, 403),
    "an image or a script of a page": (
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        403,
    ),
}


@pytest.fixture
def servers(every_server: tuple[dict[str, OpenServer], str]) -> dict[str, OpenServer]:
    return every_server[0]


def ask(server: OpenServer, method: str = "", body: bytes | None = None, **headers: str):
    sent = {"Content-Type": server.content_type} if server.content_type else {}
    return requests.request(
        method or server.method,
        server.url,
        data=server.body if body is None else body,
        headers=sent | headers,
        timeout=60,
    )


def test_the_table_names_every_server(servers):
    assert set(servers) == set(SERVERS)


@pytest.mark.parametrize("name", SERVERS)
def test_a_program_of_this_machine_gets_through(servers, name):
    assert ask(servers[name]).status_code == servers[name].answers


@pytest.mark.parametrize("what", TRIES)
@pytest.mark.parametrize("name", SERVERS)
def test_a_web_page_is_refused_before_its_body_is_acted_on(servers, name, what):
    headers, status = TRIES[what]
    port = str(servers[name].port)

    answer = ask(servers[name], **{key: value.format(port=port) for key, value in headers.items()})

    assert answer.status_code == status
    assert "This server" in answer.text


@pytest.mark.parametrize("name", SERVERS)
def test_a_body_of_a_type_that_needs_no_preflight_is_refused(servers, name):
    answer = ask(servers[name], "POST", b"COPY", **{"Content-Type": "text/plain"})

    # Of the proxy's the function behind says so.
    assert (answer.status_code, "The body must be" in answer.text) == (415, True)


def test_a_browser_cannot_speak_with_grpc(every_server):
    """Without TLS browsers speak HTTP/1.1, which gRPC hangs up on."""
    host, _, port = every_server[1].partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(b"POST /google.pubsub.v1.Publisher/Publish HTTP/1.1\r\nHost: x\r\n\r\n")
        heard = b"".join(iter(lambda: connection.recv(4096), b""))

    assert not heard.startswith(b"HTTP/")


def test_what_was_refused_was_not_done(servers):
    bucket = {"Origin": EVIL, "Content-Type": "application/json"}
    storage = servers["storage"]

    requests.post(storage.url, data=b'{"name": "burgled"}', headers=bucket, timeout=10)

    assert requests.get(f"{storage.address}/storage/v1/b/burgled", timeout=10).status_code == 404


def head(method="POST", target="/", **headers):
    named_headers = {"host": "127.0.0.1:80"} | {
        key.replace("_", "-"): v for key, v in headers.items()
    }
    return RequestHead.of(method, target, named_headers.items())


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]", "[::1]:65535"]
)
def test_every_name_of_loopback_is_ours(host):
    assert refusal(Door(), head(host=host)) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.test",
        "127.0.0.1.evil.test",
        "localhost.evil.test:80",
        "evil.test@127.0.0.1",
        "127.0.0.1 evil.test",
        "127.0.0.1, evil.test",
        "127.0.0.2",
        "0.0.0.0",
        "[::1].evil.test",
        "127.0.0.1:80:evil",
        "",
    ],
)
def test_no_other_name_is_ours(host):
    assert refusal(Door(), head(host=host)).status == 403


def test_a_request_names_one_host():
    twice = RequestHead.of("GET", "/", [("Host", "127.0.0.1"), ("Host", "localhost")])

    assert refusal(Door(), twice).status == 400
    assert refusal(Door(), RequestHead.of("GET", "/", [])).status == 400


def test_an_absolute_target_counts_for_more_than_the_host():
    assert refusal(Door(), head(target="http://evil.test/")).status == 403
    assert refusal(Door(), head(target="http://127.0.0.1:80/")) is None
    assert refusal(Door(), head(target="http://[evil.test/")).status == 403


def test_a_page_of_our_own_may_ask():
    assert refusal(Door(), head(origin="http://127.0.0.1:80", sec_fetch_site="same-origin")) is None
    assert refusal(Door(), head(origin="https://127.0.0.1:80")).status == 403


def test_a_link_is_followed_only_to_a_door_that_takes_links():
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    page, frame = link | {"sec_fetch_dest": "document"}, link | {"sec_fetch_dest": "iframe"}
    door = Door(takes_links=True)

    assert refusal(door, head("GET", **page)) is None
    assert refusal(door, head("GET", **frame)).status == 403
    assert refusal(door, head("POST", **page)).status == 403
    assert refusal(Door(), head("GET", **page)).status == 403


def test_a_body_must_be_of_a_type_that_is_expected():
    door = Door(JSON | FORM, files_to=re.compile("PUT /upload/"))
    sent = {"content_length": "7"}

    assert refusal(door, head(content_type="application/json; charset=UTF-8", **sent)) is None
    assert refusal(door, head(content_type="text/plain", content_length="0")) is None
    assert refusal(door, head("PUT", "/upload/x", content_type="text/plain", **sent)) is None
    for kind in ("text/plain", "multipart/form-data; boundary=application/json", ""):
        assert refusal(door, head(content_type=kind, **sent)).status == 415
        chunked = {"content_type": kind, "transfer_encoding": "chunked"}
        assert refusal(door, head(**chunked)).status == 415


def test_the_host_of_an_emulator_that_the_environment_names_is_ours(monkeypatch):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://storage.test:4443")
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "pubsub.test:8085")

    assert own_hosts.__wrapped__() >= {"storage.test", "pubsub.test", "127.0.0.1"}


def test_the_answer_to_a_refused_upload_arrives(servers):
    """The server reads the body to its end: a reset connection would lose the answer."""
    storage = servers["storage"]
    with socket.create_connection(("127.0.0.1", storage.port), timeout=20) as connection:
        connection.sendall(
            b"POST /storage/v1/b HTTP/1.1\r\nHost: evil.test\r\nContent-Length: 500000\r\n\r\n"
            + b"x" * 500_000
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize("name", SERVERS)
def test_a_connection_that_says_nothing_stops_no_other(servers, name):
    with socket.create_connection(("127.0.0.1", servers[name].port), timeout=20):
        assert ask(servers[name]).status_code in (servers[name].answers, 409)
