"""BigQuery on this machine: bqemulator on a file that outlives it.

`python -m local.emulators.bigquery --port N --data DIR --project P` serves BigQuery's REST API on
127.0.0.1 until SIGTERM and prints one JSON line once it answers.

It keeps less than BigQuery: no history of tables (FOR SYSTEM_TIME AS OF reads what is there now),
and of jobs only the newest. bqemulator would copy a table whole at each change, and hold every
statement with its parameters and results for ever. A text that was parsed is not parsed again:
bqemulator parses each statement some twenty times, most of what a MERGE costs it.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sqlglot.errors import ParseError, TokenError

from local import vacuum as rewriting
from local.data_errors import REBUILT, UnusableData, usable
from local.emulators.duckdb_lock import close_emulator
from local.emulators.guard import JSON, Door
from local.emulators.guard_asgi import AsgiGuard
from local.emulators.information_schema import answer_information_schema
from local.emulators.statements import watched

if TYPE_CHECKING:
    from bqemulator.server import EmulatorServer

# Load jobs upload files: with their description, or by PUT in pieces of any type.
DOOR = Door(JSON | {"multipart/related"}, files_to=re.compile("PUT /upload/"))
FILE = "bqemulator.duckdb"
KEPT_JOBS = 200
KEPT_TEXTS = 200
KEPT_TEXT_CHARS = 50_000
KEPT_S = 60.0
FORGETS_EVERY_S = 10.0
PLACE = ("line", "col", "start", "end")
Parse = Callable[..., list[Any]]


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 after a clean stop, 1 when the port or the data cannot be had.

    EX_DATAERR for a damaged file, EX_IOERR for a full disk; the last line then says what to do.
    """
    options = _parser().parse_args(arguments)
    # Its libraries print; stdout is for the ready line alone.
    ready = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        with usable(options.data / FILE, REBUILT):
            options.data.mkdir(parents=True, exist_ok=True)
            asyncio.run(_serve(options.port, options.data, options.project, ready))
    except UnusableData as error:
        sys.stderr.write(f"{error}\n")
        return error.status
    except Exception as error:
        sys.stderr.write(f"BigQuery did not start: {error}\n")
        return 1
    return 0


def import_spatial() -> None:
    """Put DuckDB's spatial extension, which comes in a wheel, where DuckDB looks for it.

    bqemulator would otherwise download it when it starts. Importing it again costs nothing.
    """
    import duckdb_extensions

    duckdb_extensions.import_extension("spatial")


async def _serve(port: int, data: Path, project: str, ready: IO[str]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _rewrite_if_requested(data)
    server = _server(port, data, project)
    while True:
        await server.start()
        forgetting = asyncio.create_task(_forget_jobs(server, project))
        try:
            if not ready.closed:
                ready.write(json.dumps({"ready": True, "port": server.rest_port}) + "\n")
                ready.close()
            port = server.rest_port
            await _until_stopped_or_to_rewrite(stop, data)
        finally:
            forgetting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await server.stop()
        _rewrite_if_requested(data)
        if stop.is_set():
            return
        server = _emulator(port, data, project)


async def _until_stopped_or_to_rewrite(stop: asyncio.Event, data: Path) -> None:
    while not (stop.is_set() or rewriting.is_requested(data)):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), rewriting.LOOKS_EVERY_S)


def _rewrite_if_requested(data: Path) -> None:
    """Somebody was erased: the file of tables is written anew while nobody has it open."""
    if not rewriting.is_requested(data):
        return
    for path in data.glob("*.duckdb"):
        rewriting.rewrite_duckdb(path)
    rewriting.finish(data)


async def _forget_jobs(server: "EmulatorServer", project: str) -> None:
    from bqemulator.jobs import executor

    while True:
        await asyncio.sleep(FORGETS_EVERY_S)
        context = server._context
        if context is None:
            continue
        async with context.engine.write_lock():
            for job_id in stale_jobs(context.catalog, project, datetime.now(UTC)):
                context.catalog.delete_job(project, job_id, not_found_ok=True)
                executor.JOB_RESULTS.pop(job_id, None)
                executor.JOB_SCHEMAS.pop(job_id, None)


def stale_jobs(catalog: Any, project: str, now: datetime) -> list[str]:
    """Ids of jobs that ended a while ago and are not among the newest: nobody asks for them."""
    before = now - timedelta(seconds=KEPT_S)
    ended = catalog.list_jobs(project, state_filter="DONE", max_results=sys.maxsize)
    return [job.job_id for job in ended[KEPT_JOBS:] if (job.end_time or now) < before]


def _keep_no_history() -> None:
    """Make only the snapshots of tables that somebody asks for (CREATE SNAPSHOT TABLE)."""
    from bqemulator.versioning.snapshots import SnapshotManager

    capture = SnapshotManager.capture

    def on_request(manager: Any, *table: str, kind: str = "AUTO") -> Any:
        return capture(manager, *table, kind=kind) if kind == "USER" else None

    SnapshotManager.capture = on_request  # type: ignore[method-assign, assignment]


def once_each(parse: Parse) -> Parse:
    """`Dialect.parse` that understands a text once, and gives a copy whenever it is asked again."""

    @lru_cache(maxsize=KEPT_TEXTS)
    def understood(text: str, dialect: Any, settings: str, **options: Any) -> list[Any]:
        try:
            trees = parse(dialect, text, **options)
        except TokenError as error:
            # bqemulator expects ParseError alone: of this one it makes a 500, which every client
            # repeats for minutes.
            raise ParseError(str(error)) from error
        for node in (node for tree in trees if tree for node in tree.walk()):
            # Where a name stood in the text is most of what to copy, and nobody asks for it.
            node._meta = {
                key: value for key, value in node.meta.items() if key not in PLACE
            } or None
        return trees

    def copied(dialect: Any, sql: str, **options: Any) -> list[Any]:
        if len(sql) > KEPT_TEXT_CHARS:
            return parse(dialect, sql, **options)
        # Dialects that differ in their settings alone are equal to Python.
        trees = understood(sql, dialect, str(dialect.settings), **options)
        return [tree and tree.copy() for tree in trees]

    return copied


def _server(port: int, data: Path, project: str) -> "EmulatorServer":
    import_spatial()
    _keep_no_history()
    os.environ["BQEMU_ENABLE_FORMAT_EXTENSIONS"] = "false"  # they would be downloaded, too
    from bqemulator.config import LogFormat, LogLevel
    from bqemulator.observability.logging_ import configure_logging

    # Once more by the server itself; before that it logs all it knows how to translate.
    configure_logging(level=LogLevel.WARNING, fmt=LogFormat.JSON)
    from bqemulator import server
    from sqlglot.dialects.dialect import Dialect

    Dialect.parse = once_each(Dialect.parse)  # type: ignore[method-assign]
    answer_information_schema()
    close_emulator(_uploads(data))
    server.create_app = _guarded(server.create_app)
    return _emulator(port, data, project)


def _uploads(data: Path) -> Path:
    return data.resolve() / "uploads"


def _emulator(port: int, data: Path, project: str) -> "EmulatorServer":
    """The server itself, of a program that was prepared by `_server`."""
    from bqemulator.config import LogLevel, PersistenceMode, Settings
    from bqemulator.server import EmulatorServer

    return EmulatorServer(
        Settings(
            rest_port=port,
            grpc_port=0,
            persistence_mode=PersistenceMode.PERSISTENT,
            data_dir=data,
            upload_staging_dir=_uploads(data),
            default_project_id=project,
            log_level=LogLevel.WARNING,
        )
    )


def _guarded(create_app: Callable[..., Any]) -> Callable[..., Any]:
    return lambda context: AsgiGuard(watched(create_app(context), os.environ), DOOR)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.emulators.bigquery", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="directory for the tables")
    parser.add_argument("--project", default="local", help="project of unqualified names")
    return parser


if __name__ == "__main__":
    sys.exit(main())
