"""A hostile page in Debian's Chromium asks every local server for something, in every way it can.

The page has another origin. Later its own name leads to this machine and to a server's port (DNS
rebinding), so that a browser takes the server for the page's own.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.browser.conftest import EVIL
from tests.doors import SERVERS, OpenServer
from tests.loopback import Reply, serving

# One server of each kind of door. The functions have that of `load`; test_guard.py asks all doors.
OF_EACH_KIND = ("tokens", "storage", "bigquery", "display-login", "load behind the faults proxy")
DOORS = [
    *OF_EACH_KIND,
    *(
        pytest.param(name, marks=pytest.mark.campaign)
        for name in SERVERS
        if name not in OF_EACH_KIND
    ),
]
PAGE = b"<!doctype html><title>Free cats</title><body>"
# What needs no preflight, so that the request itself leaves the browser.
TYPES = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
FETCH = """async ([url, method, mode, type, body]) => {
    const headers = method === "GET" ? {} : {"Content-Type": type};
    const sent = method === "GET" ? undefined : body;
    try {
        return (await fetch(url, {method, mode, headers, body: sent})).status;
    } catch {
        return "blocked";
    }
}"""
FORM = """([url, type, body]) => {
    // A frame for each form, in place of the one before: that has had its answer.
    document.querySelectorAll("iframe, form").forEach((each) => each.remove());
    const frame = document.createElement("iframe");
    frame.name = "target";
    const form = document.createElement("form");
    Object.assign(form, {method: "POST", action: url, enctype: type, target: frame.name});
    const field = document.createElement("input");
    Object.assign(field, {name: body, value: ""});
    form.append(field);
    document.body.append(frame, form);
    form.submit();
}"""


@dataclass
class HostilePage:
    """A page of another origin, and the statuses that the browser saw, if not the page."""

    page: Any

    def status_of_fetch(self, server: OpenServer, method: str, kind: str, body: str) -> int:
        arguments = [server.url, method, "no-cors", kind, body]
        with self.page.expect_response(server.url, timeout=20_000) as response:
            self.page.evaluate(FETCH, arguments)
        return int(response.value.status)

    def status_of_form(self, server: OpenServer, kind: str, body: str) -> int:
        with self.page.expect_response(server.url, timeout=20_000) as response:
            self.page.evaluate(FORM, [server.url, kind, body])
        return int(response.value.status)


@pytest.fixture
def servers(every_server: tuple[dict[str, OpenServer], str]) -> dict[str, OpenServer]:
    return every_server[0]


@pytest.fixture(scope="module")
def window(chromium: Any) -> Iterator[Any]:
    page = chromium.new_page()
    yield page
    page.close()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of the hostile site."""
    with serving(lambda request: Reply(200, PAGE, {"Content-Type": "text/html"})) as server:
        yield f"http://{EVIL}:{server.port}/"


@pytest.fixture
def hostile(window: Any, site: str) -> HostilePage:
    if window.url != site:
        window.goto(site)
    return HostilePage(window)


@pytest.mark.parametrize("name", DOORS)
def test_a_page_of_another_origin_is_refused(servers, hostile, name):
    server = servers[name]
    body = server.body.decode() or "{}"

    seen = {f"POST {kind}": hostile.status_of_fetch(server, "POST", kind, body) for kind in TYPES}
    seen |= {f"form {kind}": hostile.status_of_form(server, kind, body) for kind in TYPES}
    seen |= {"GET": hostile.status_of_fetch(server, "GET", "", "")}

    assert set(seen.values()) == {403}, seen


@pytest.mark.parametrize("name", DOORS)
def test_a_page_of_another_origin_reads_nothing(servers, hostile, name):
    server = servers[name]
    for method in ("GET", server.method):
        arguments = [server.url, method, "cors", "application/json", server.body.decode()]
        assert hostile.page.evaluate(FETCH, arguments) == "blocked"


@pytest.mark.parametrize("name", DOORS)
def test_a_page_whose_name_was_rebound_to_the_server_is_refused(servers, window, name):
    """The browser takes the server for the page's own: any method, any type, any header."""
    server = servers[name]
    own = f"http://{EVIL}:{server.port}"

    first = window.goto(f"{own}/").status
    statuses = [
        window.evaluate(FETCH, [own + server.path, method, "cors", kind, server.body.decode()])
        for method, kind in (("GET", ""), ("POST", server.content_type or "application/json"))
    ]

    assert [first, *statuses] == [403, 403, 403]


def test_a_page_writes_no_file_through_bigquery(servers, hostile, tmp_path: Path):
    server, stolen = servers["bigquery"], tmp_path / "written"
    query = json.dumps({"query": f"COPY (SELECT 1) TO '{stolen}'", "useLegacySql": False})

    hostile.status_of_fetch(server, "POST", "text/plain", query)
    hostile.status_of_form(server, "text/plain", query)
    hostile.page.goto(f"http://{EVIL}:{server.port}/")
    hostile.page.evaluate(FETCH, [server.path, "POST", "cors", "application/json", query])

    assert not stolen.exists()
    # Nor does a program of this machine.
    answer = requests.post(server.url, json=json.loads(query), timeout=30)
    assert answer.json()["errors"][0]["reason"] == "invalidQuery"
    assert not stolen.exists()


def test_a_page_makes_no_bucket(servers, hostile):
    storage = servers["storage"]

    hostile.status_of_fetch(storage, "POST", "text/plain", '{"name": "burgled"}')

    assert requests.get(f"{storage.address}/storage/v1/b/burgled", timeout=10).status_code == 404


@pytest.mark.parametrize("name", DOORS)
def test_a_link_leads_to_the_page_of_a_login_and_to_no_other(servers, site, chromium, name):
    page = chromium.new_page()  # closed while it still goes somewhere
    page.goto(site)
    url = servers[name].url
    with page.expect_response(url) as response:
        page.evaluate("url => { location.href = url; }", url)
    page.close()

    assert response.value.status == (404 if name == "display-login" else 403)
