"""Records the statements of the local BigQuery, or has them judged first, for tests.

Two environment variables, read when the local BigQuery starts:

* TTA_SQL_RECORD=FOLDER: each different statement becomes a line of JSON in a file of this process
  (sql, types of its parameters, whether it was accepted).
* TTA_SQL_GATE=URL: each statement goes there first, as such a line. If the gate refuses it, the
  client gets BigQuery's answer, 400 invalidQuery, and the statement does not run.

Without them the application is used unchanged.
"""

import asyncio
import json
import os
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Message = Any
GATE_WITHIN_S = 60.0
EMULATOR = "local BigQuery"
"""The origin of recorded statements: the server does not know which program sent them."""


class Recorder:
    """Writes each different statement as a line. Several processes may write to one folder."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"{os.getpid()}-{os.urandom(4).hex()}.jsonl"
        self._seen: set[int] = set()

    def write(self, statement: Mapping[str, Any]) -> None:
        """Append the statement, unless this process has written it before. Lines are whole."""
        line = json.dumps(statement, ensure_ascii=False)
        if hash(line) not in self._seen:
            self._seen.add(hash(line))
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")


def watched(app: Any, environment: Mapping[str, str]) -> Any:
    """The same ASGI application, which records or judges jobs if a variable is set."""
    folder, gate = environment.get("TTA_SQL_RECORD"), environment.get("TTA_SQL_GATE")
    if not folder and not gate:
        return app
    return _Watched(app, Recorder(Path(folder)) if folder else None, gate)


class _Watched:
    def __init__(self, app: Any, recorder: Recorder | None, gate: str | None):
        self._app = app
        self._recorder = recorder
        self._gate = gate

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not _starts_job(scope):
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        statement = statement_of(body)
        if statement is None:
            await self._app(scope, _again(body, receive), send)
            return
        refusal = await asyncio.to_thread(self._ask_gate, statement)
        if refusal is None:
            await self._run(statement, scope, _again(body, receive), send)
        else:
            await _refuse(send, refusal)

    async def _run(self, statement: Mapping[str, Any], scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, _WatchedAnswer(send, statement, self._recorder).send)

    def _ask_gate(self, statement: Mapping[str, Any]) -> str | None:
        """Why the gate refuses the statement; None when it passes."""
        if self._gate is None:
            return None
        request = urllib.request.Request(self._gate, json.dumps(statement).encode())
        with urllib.request.urlopen(request, timeout=GATE_WITHIN_S) as response:  # nosec B310 # the URL is the tester's own
            refusal: str | None = json.loads(response.read())["refusal"]
        return refusal


def _starts_job(scope: Any) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] == "POST"
        and scope["path"].endswith(("/jobs", "/queries"))
    )


def statement_of(body: bytes) -> dict[str, Any] | None:
    """The statement of a request (jobs.insert or jobs.query); None for jobs of other kinds."""
    try:
        request = json.loads(body)
        query = request.get("configuration", {}).get("query") or request
        return {
            "sql": query["query"],
            "parameters": {
                parameter["name"]: type_of(parameter["parameterType"])
                for parameter in query.get("queryParameters") or ()
            },
            "origin": EMULATOR,
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def type_of(kind: Mapping[str, Any]) -> str:
    """A parameter's type as SQL writes it, from the API's form."""
    if kind["type"] == "ARRAY":
        return f"ARRAY<{type_of(kind['arrayType'])}>"
    return str(kind["type"])


class _WatchedAnswer:
    """Passes an answer on; before its last part, writes down whether it reports an error.

    Before, for a client that has its answer may end this process.
    """

    def __init__(self, send: Any, statement: Mapping[str, Any], recorder: Recorder | None):
        self._send = send
        self._statement = statement
        self._recorder = recorder
        self._status = 0
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        self._status = message.get("status", self._status)
        self._body += message.get("body", b"")
        is_last = message["type"] == "http.response.body" and not message.get("more_body")
        if is_last and self._recorder is not None:
            self._recorder.write({**self._statement, "accepted": self.is_accepted})
        await self._send(message)

    @property
    def is_accepted(self) -> bool:
        if self._status != 200:
            return False
        answer = json.loads(self._body)
        return not answer.get("errors") and "errorResult" not in answer.get("status", {})


async def _body(receive: Any) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


def _again(body: bytes, receive: Any) -> Any:
    """A `receive` that returns the body again, then the messages of the connection."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def _refuse(send: Any, reason: str) -> None:
    """https://cloud.google.com/bigquery/docs/error-messages: 400, invalidQuery."""
    details = {"reason": "invalidQuery", "location": "q", "domain": "global", "message": reason}
    error = {"code": 400, "message": reason, "errors": [details], "status": "INVALID_ARGUMENT"}
    body = json.dumps({"error": error}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})
