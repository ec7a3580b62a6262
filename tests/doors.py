"""Every server that the product opens on this machine, each with a request that it takes."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from cli.verbs.collections.login import CallbackPage
from local.cloud import running
from tests.stand_ins.gemini.server import standing_in

# `load` is asked through the proxy of a plan in which nothing ever goes wrong.
PLAN = "load: {503: 0}\n"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
POSTS = 16
SERVERS = (
    "tokens",
    "storage",
    "bigquery",
    "pubsub-admin",
    "tiktok",
    "gemini",
    "display-login",
    "fetch",
    "analyze",
    "analyze-gemini",
    "sweep",
    "report",
    "load behind the faults proxy",
)


@dataclass(frozen=True)
class OpenServer:
    """A server, and a request that passes its door: with `answers` as the status."""

    address: str
    method: str
    path: str
    content_type: str
    body: bytes
    answers: int

    @property
    def url(self) -> str:
        return self.address + self.path

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


@contextmanager
def open_servers(home: Path) -> Iterator[tuple[dict[str, OpenServer], str]]:
    """A whole local cloud, Gemini's stand-in and the page of a login: every name of SERVERS.

    Beside them the address of Pub/Sub, which speaks gRPC and so to no browser.
    """
    (plan := home.with_suffix(".yaml")).write_text(PLAN)
    with ExitStack() as stack:
        gemini = stack.enter_context(standing_in())
        keys = {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": gemini.url}
        with patch.dict(os.environ, keys):  # other tests of this process must not see them
            cloud = stack.enter_context(running(home, posts=POSTS, faults=plan))
        login = stack.enter_context(_waiting_for_a_login())

        def post(address: str, path: str, body: object, answers: int) -> OpenServer:
            return OpenServer(address, "POST", path, JSON, json.dumps(body).encode(), answers)

        functions = {
            name: post(address, "/", [], 200 if name == "sweep" else 400)
            for name, address in cloud.functions.items()
            if name != "load"
        }
        yield (
            functions
            | {
                "tokens": OpenServer(cloud.tokens, "POST", "/token", FORM, b"grant_type=none", 400),
                "storage": post(cloud.storage, "/storage/v1/b?project=p", {"name": "doors"}, 200),
                "bigquery": post(
                    cloud.bigquery,
                    f"/bigquery/v2/projects/{cloud.project}/queries",
                    {"query": "SELECT 1", "useLegacySql": False},
                    200,
                ),
                "pubsub-admin": OpenServer(cloud.pubsub_admin, "GET", "/backlog", "", b"", 200),
                "tiktok": post(cloud.tiktok, "/admin/faults", {}, 200),
                "gemini": post(gemini.url, "/_script", {"clear": True}, 200),
                "display-login": OpenServer(login, "GET", "/", "", b"", 404),
                "load behind the faults proxy": post(cloud.functions["load"], "/", [], 400),
            },
            cloud.pubsub,
        )


@contextmanager
def _waiting_for_a_login() -> Iterator[str]:
    over = threading.Event()

    def serve(page: CallbackPage) -> None:
        while not over.is_set():
            page.answer_once()

    with CallbackPage() as page:
        serving = threading.Thread(target=serve, args=(page,))
        serving.start()
        yield page.address.removesuffix("/callback/")
        over.set()
        serving.join()
