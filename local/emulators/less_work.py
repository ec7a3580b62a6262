"""Takes out of the local BigQuery what costs time and helps nobody here."""

import os
import sys
import warnings
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

UNREAD_MIDDLEWARE = ("AccessLogMiddleware", "CorrelationIdMiddleware", "MetricsMiddleware")
"""bqemulator's log of requests, their numbers and counters. Each starts a task per request."""


def drop_unread_middleware(app: Any) -> Any:
    """The same application without those parts. It must not have answered a request yet."""
    app.user_middleware = [
        part for part in app.user_middleware if part.cls.__name__ not in UNREAD_MIDDLEWARE
    ]
    return app


def plan_quickly(connection: "DuckDBPyConnection") -> None:
    """Settings for many short statements: planning one takes longer than running it.

    Our MERGE statements name hundreds of JSON paths. The search for common subexpressions takes a
    fifth of their time, and saves less on a batch of 500 records. One core stays free for the
    programs that ask: they and the database take turns.
    """
    connection.execute("SET disabled_optimizers = 'common_subexpressions'")
    connection.execute(f"SET threads = {max(1, len(os.sched_getaffinity(0)) - 1)}")


def insert_new_tables() -> None:
    """Write a new table to the catalog by INSERT. By INSERT OR REPLACE it takes twice as long."""
    from bqemulator.catalog.duckdb_repository import DuckDBCatalogRepository

    write = DuckDBCatalogRepository._write_table

    def create_table(catalog: Any, table: Any) -> Any:
        catalog.ensure_ready()
        created = catalog._cache.create_table(table)  # raises where there is one
        write(SimpleNamespace(_engine=_Inserting(catalog._engine)), created)  # type: ignore[arg-type]
        return created

    DuckDBCatalogRepository.create_table = create_table  # type: ignore[method-assign]


class _Inserting:
    """An engine of bqemulator that replaces no row."""

    def __init__(self, engine: Any):
        self._engine = engine

    def execute(self, sql: str, parameters: list[Any]) -> Any:
        return self._engine.execute(sql.replace("INSERT OR REPLACE", "INSERT", 1), parameters)


def forgo_pandas() -> None:
    """Keep DuckDB from importing pandas when it binds the first parameter: .3 s for nothing.

    It asks for pandas several times for each value that it binds, and an import that fails is tried
    again. So there is an empty module, of a version that pyarrow does without.
    """
    sys.modules["pandas"] = module = ModuleType("pandas")
    module.__version__ = "0"  # type: ignore[attr-defined]
    import pyarrow

    with warnings.catch_warnings(action="ignore"):  # it says once that this version is too old
        pyarrow.array([])


def forgo_geography() -> None:
    """Load no extension for shapes on maps: no table of ours has any, and it takes .2 s."""
    from bqemulator.domain.errors import InvalidQueryError
    from bqemulator.storage.engine import DuckDBEngine
    from bqemulator.types import geography

    def refuse() -> "DuckDBPyConnection":
        raise InvalidQueryError("The local BigQuery has no GEOGRAPHY.")

    DuckDBEngine._load_spatial = lambda engine: None  # type: ignore[method-assign]
    geography._ensure_conv_conn = refuse


def forgo_storage_api() -> None:
    """Serve no gRPC: nobody here uses the Storage APIs, and a server for them takes .2 s to start.

    Call it before `bqemulator.server` is imported.
    """
    module = ModuleType("bqemulator.grpc_api.server")
    module.build_grpc_server = lambda context: (_NoServer(), 0)  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module


class _NoServer:
    """A server of no protocol."""

    async def start(self) -> None:
        """Listen on no port."""

    async def stop(self, grace: float) -> None:
        """End at once."""
