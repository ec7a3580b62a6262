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

from local.emulators.guard import JSON, Door, WsgiGuard
from local.endpoints import ANALYZE, GEMINI
from local.home import PROJECT
from local.served import Served, deployed, served


@dataclass(frozen=True, slots=True)
class Function:
    """A function on this machine: one instance, served like the one in the cloud.

    `code` is the folder under functions/ and the entry point in it.
    """

    name: str
    signature: str
    served: Served
    code: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        return self.code or self.name

    @property
    def settings(self) -> dict[str, str]:
        """The settings that only this function gets."""
        own = self.served.deadline_s
        return {**({} if own is None else {"DEADLINE_S": str(own)}), **self.environment}


# A request to Gemini costs money also when its answer is cut off. No other delivery may send it
# again while an answer may still come, so the lease lasts as long as in the cloud.
_GEMINI = Function(
    GEMINI,
    "cloudevent",
    served(GEMINI),
    code="analyze",
    environment={
        "RATER": "gemini",
        "CLAIM_LEASE_S": str(deployed()["messages"]["claim_lease_s"]),
        "GEMINI_DEADLINE_S": str(served(GEMINI).timeout_s),
    },
)

FUNCTIONS = {
    function.name: function
    for function in (
        Function("fetch", "http", served("fetch")),
        Function("analyze", "cloudevent", served(ANALYZE)),
        _GEMINI,
        Function("load", "cloudevent", served("load")),
        Function("sweep", "http", served("sweep")),
        Function("report", "http", served("report")),
    )
}

# Time for open requests when a function is stopped, as in Cloud Run.
SHUTDOWN_S = float(deployed()["shutdown_s"])


# A push of Pub/Sub, a structured CloudEvent, or a call.
DOOR = Door(JSON | {"application/cloudevents+json"})


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m local.functions", description=__doc__)
    parser.add_argument("name", choices=sorted(FUNCTIONS))
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    options = parser.parse_args(arguments)
    serve(FUNCTIONS[options.name], options.port)


def serve(function: Function, port: int, folder: Path = PROJECT / "functions") -> None:
    """Do what the `functions-framework` command does, with a ready line and no control socket.

    The framework chooses the worker and its timeout from the same variables.
    """
    from functions_framework import create_app
    from functions_framework._http import create_server

    os.environ.update(function.served.environment)
    source = str(folder / function.source / "main.py")
    app = create_app(function.source, source, function.signature)
    app.wsgi_app = WsgiGuard(app.wsgi_app, DOOR)
    options: dict[str, Any] = {"control_socket_disable": True}
    if function.served.concurrency == 1:
        # The framework's choice is the sync worker. This one adds what Cloud Run's proxy does.
        options["worker_class"] = "local.process.sync_worker.ProxiedSyncWorker"
    server = create_server(app, debug=False, when_ready=_say_ready, **options)
    server.run("127.0.0.1", port)


def _say_ready(arbiter: Any) -> None:
    port = arbiter.LISTENERS[0].sock.getsockname()[1]
    sys.stdout.write(json.dumps({"ready": True, "port": port}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
