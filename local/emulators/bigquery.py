"""BigQuery on this machine: bqemulator with a persistent file.

`python -m local.emulators.bigquery --port N --data DIR --project P` serves BigQuery's REST API on
127.0.0.1 until SIGTERM and prints one JSON line once it answers.

It stores less than BigQuery: no history of tables (FOR SYSTEM_TIME AS OF reads the current rows),
and only the newest jobs, in memory. bqemulator would copy the whole table at each change, and store
every statement with its parameters and results for ever. It also translates each text only once
(see `translation.py`), and stores the translations of our views and MERGE statements in the data
directory. Tests have those of all statements stored in the folder that TTA_TRANSLATIONS names.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from local import vacuum as rewriting
from local.data_errors import REBUILT, UnusableData, usable
from local.emulators.duckdb_lock import close_emulator
from local.emulators.guard import JSON, Door
from local.emulators.guard_asgi import AsgiGuard
from local.emulators.information_schema import answer_information_schema
from local.emulators.less_work import (
    drop_unread_middleware,
    forgo_geography,
    forgo_pandas,
    forgo_storage_api,
    insert_new_tables,
)
from local.emulators.short_routes import ShortRoutes
from local.emulators.statements import watched
from local.emulators.stored_translations import ALL, StoredTranslations
from local.emulators.translation import cache_translations

if TYPE_CHECKING:
    from bqemulator.server import EmulatorServer

# Load jobs upload files: in one body with their description, or in chunks by PUT.
DOOR = Door(JSON | {"multipart/related"}, files_to=re.compile("PUT /upload/"))
FILE = "bqemulator.duckdb"
FOLDER = "translations"
KEPT_JOBS = 200
KEPT_S = 60.0
FORGETS_EVERY_S = 10.0
COLLECTS_AFTER_OBJECTS = 100_000


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 after a clean stop, 1 when the port or the data is taken.

    EX_DATAERR for a damaged file, EX_IOERR for a full disk. The last line then says what to do.
    """
    options = _parser().parse_args(arguments)
    # Libraries of bqemulator print to stdout, which is for the ready line alone.
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
            await asyncio.wait_for(stop.wait(), rewriting.POLL_S)


def _rewrite_if_requested(data: Path) -> None:
    """After an erasure, rewrite the file of tables while the server is stopped."""
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
    """Ids of jobs that ended a while ago and are not among the newest. No client reads them."""
    before = now - timedelta(seconds=KEPT_S)
    ended = catalog.list_jobs(project, state_filter="DONE", max_results=sys.maxsize)
    return [job.job_id for job in ended[KEPT_JOBS:] if (job.end_time or now) < before]


def _keep_no_history() -> None:
    """Make snapshots of tables only on request (CREATE SNAPSHOT TABLE)."""
    from bqemulator.versioning.snapshots import SnapshotManager

    capture = SnapshotManager.capture

    def on_request(manager: Any, *table: str, kind: str = "AUTO") -> Any:
        return capture(manager, *table, kind=kind) if kind == "USER" else None

    SnapshotManager.capture = on_request  # type: ignore[method-assign, assignment]


def _keep_jobs_in_memory() -> None:
    """Write no job to the file. The results of jobs are in memory alone, so they end together."""
    from bqemulator.catalog.duckdb_repository import DuckDBCatalogRepository
    from bqemulator.storage.engine import CATALOG_SCHEMA

    # An earlier version stored them, with all that their statements name.
    forget = f'DELETE FROM "{CATALOG_SCHEMA}"."jobs"'  # nosec B608 # our name

    def delete_job(catalog: DuckDBCatalogRepository, *job: str, not_found_ok: bool = False) -> None:
        catalog._cache.delete_job(*job, not_found_ok=not_found_ok)

    for name, method in {
        "_hydrate_jobs": lambda catalog: catalog._engine.execute(forget),
        "_write_job": lambda catalog, job: None,
        "delete_job": delete_job,
    }.items():
        setattr(DuckDBCatalogRepository, name, method)


def _server(port: int, data: Path, project: str) -> "EmulatorServer":
    gc.disable()  # while modules are imported: nearly all of those objects stay
    forgo_pandas()
    forgo_storage_api()
    forgo_geography()
    _keep_no_history()
    _keep_jobs_in_memory()
    insert_new_tables()
    os.environ["BQEMU_ENABLE_FORMAT_EXTENSIONS"] = "false"  # bqemulator would download them too
    from bqemulator.config import LogFormat, LogLevel
    from bqemulator.observability.logging_ import configure_logging

    # The server does this again. Before that it would log all functions that it translates.
    configure_logging(level=LogLevel.WARNING, fmt=LogFormat.JSON)
    from bqemulator import server

    answer_information_schema()
    cache_translations(_translations(data))
    # Trees of statements are many objects that live long. With the usual threshold the collector
    # went through them a thousand times a minute, a sixth of all work.
    gc.freeze()
    gc.set_threshold(COLLECTS_AFTER_OBJECTS)
    gc.enable()
    # What a killed server had received of a load job is of no use, and may name people.
    shutil.rmtree(_uploads(data), ignore_errors=True)
    close_emulator(_uploads(data))
    server.create_app = _guarded(server.create_app)
    return _emulator(port, data, project)


def _translations(data: Path) -> StoredTranslations:
    folder = os.environ.get("TTA_TRANSLATIONS")
    return StoredTranslations(Path(folder), ALL) if folder else StoredTranslations(data / FOLDER)


def _uploads(data: Path) -> Path:
    return data.resolve() / "uploads"


def _emulator(port: int, data: Path, project: str) -> "EmulatorServer":
    """A new server. `_server` must have prepared the program."""
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
    def guarded(context: Any) -> AsgiGuard:
        app = ShortRoutes(drop_unread_middleware(create_app(context)))
        return AsgiGuard(watched(app, os.environ), DOOR)

    return guarded


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.emulators.bigquery", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="directory for the tables")
    parser.add_argument("--project", default="local", help="project of unqualified names")
    return parser


if __name__ == "__main__":
    sys.exit(main())
