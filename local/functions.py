"""The functions on this machine: each in its own process, served as Cloud Run serves it.

`python -m local.functions NAME --port N` runs functions-framework with gunicorn on 127.0.0.1 and
prints one JSON line once it listens.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.endpoints import GEMINI
from local.guard import JSON, Door, WsgiGuard
from local.home import PROJECT


@dataclass(frozen=True, slots=True)
class Function:
    """How a function is deployed. `threads` is its concurrency.

    `code` is the folder under functions/ and the entry point in it. `grace_s` is how long requests
    under way may take to end when it is stopped.
    """

    name: str
    signature: str
    threads: int
    code: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    grace_s: float = 3.0

    @property
    def source(self) -> str:
        return self.code or self.name


# What asking costs is lost when the answer is cut off, so it may take as long to come as gunicorn
# waits. While it may still come (a handler ends within 570 s) nobody else may ask.
_ASKING = Function(
    GEMINI,
    "cloudevent",
    threads=16,  # it waits for the network
    code="analyze",
    environment={"RATER": "gemini", "CLAIM_LEASE_S": "660"},
    grace_s=30.0,
)

# load: as many as may wait for one commit (1,000 is the most Cloud Run sends at once). analyze:
# rating keeps a core busy, so a few more than the cores of a small machine, whose waits overlap.
FUNCTIONS = {
    function.name: function
    for function in (
        Function("fetch", "http", threads=4),
        Function("analyze", "cloudevent", threads=4),
        _ASKING,
        Function("load", "cloudevent", threads=1_000),
        Function("sweep", "http", threads=2),
        Function("report", "http", threads=1),
    )
}


# A push of Pub/Sub, an event with its data and all in one body, or a call.
DOOR = Door(JSON | {"application/cloudevents+json"})


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m local.functions", description=__doc__)
    parser.add_argument("name", choices=sorted(FUNCTIONS))
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    options = parser.parse_args(arguments)
    serve(FUNCTIONS[options.name], options.port)


def serve(function: Function, port: int, folder: Path = PROJECT / "functions") -> None:
    """What the `functions-framework` command does, with a ready line and no control socket."""
    from functions_framework import create_app
    from functions_framework._http import create_server

    os.environ["WORKERS"] = "1"
    os.environ["THREADS"] = str(function.threads)
    source = str(folder / function.source / "main.py")
    app = create_app(function.source, source, function.signature)
    app.wsgi_app = WsgiGuard(app.wsgi_app, DOOR)
    # With one thread gunicorn would take its worker for sync, in which a connection that says
    # nothing, as browsers open in reserve, stops all others for good.
    options = {"worker_class": "gthread", "control_socket_disable": True}
    server = create_server(app, debug=False, when_ready=_say_ready, **options)
    server.run("127.0.0.1", port)


def _say_ready(arbiter: Any) -> None:
    port = arbiter.LISTENERS[0].sock.getsockname()[1]
    sys.stdout.write(json.dumps({"ready": True, "port": port}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
