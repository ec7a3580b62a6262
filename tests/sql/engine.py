"""The analyser as a running server, and what it says of a statement."""

import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import grpc

from tests.sql import install
from tests.sql.catalog import Catalog

STARTS_WITHIN_S = 30.0
ANSWERS_WITHIN_S = 60.0

NOT_IN_BIGQUERY = ("FEATURE_TIMESTAMP_NANOS", "FEATURE_EXPERIMENTAL_MODULES")
"""Features of the language that BigQuery has not: its timestamps end at microseconds."""

ONLY_NAMED = ("FEATURE_ALTER_COLUMN_SET_DATA_TYPE",)
"""Features that the analyser has only when they are named, and BigQuery has anyway:
https://cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language (2026-11)."""


class RefusedStatement(Exception):
    """Google's analyser does not accept the statement; says why, in its words."""


class NotEvaluable(Exception):
    """The reference implementation cannot run the statement, though it is accepted."""


@dataclass(frozen=True)
class Protocol:
    """The generated modules; they exist only once the analyser is installed."""

    service: Any
    stub: Any
    options: Any
    language: Any
    types: Any
    tables: Any
    catalogs: Any
    values: Any

    @classmethod
    def load(cls) -> "Protocol":
        if str(install.PROTOCOL) not in sys.path:
            sys.path.append(str(install.PROTOCOL))
        import local_service_pb2
        import local_service_pb2_grpc
        from zetasql.proto import options_pb2 as analyzer_options
        from zetasql.proto import simple_catalog_pb2
        from zetasql.public import options_pb2, simple_table_pb2, type_pb2, value_pb2

        return cls(
            local_service_pb2,
            local_service_pb2_grpc.ZetaSqlLocalServiceStub,
            analyzer_options,
            options_pb2,
            type_pb2,
            simple_table_pb2,
            simple_catalog_pb2,
            value_pb2,
        )


class Engine:
    """One running server. Thread-safe, like a gRPC channel."""

    def __init__(self, address: str):
        self.protocol = Protocol.load()
        unbounded = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._channel = grpc.insecure_channel(address, options=unbounded)
        self._stub = self.protocol.stub(self._channel)

    def wait_ready(self) -> None:
        grpc.channel_ready_future(self._channel).result(timeout=STARTS_WITHIN_S)

    def close(self) -> None:
        self._channel.close()

    @cached_property
    def language(self) -> Any:
        """BigQuery's language: all features that are ready, and no internal types."""
        request = self.protocol.service.LanguageOptionsRequest(maximum_features=True)
        language = self._stub.GetLanguageOptions(request)
        language.product_mode = self.protocol.language.PRODUCT_EXTERNAL
        del language.supported_statement_kinds[:]  # none named means all
        feature = self.protocol.language.LanguageFeature.Value
        for name in NOT_IN_BIGQUERY:
            language.enabled_language_features.remove(feature(name))
        language.enabled_language_features.extend(map(feature, ONLY_NAMED))
        return language

    def analyse(self, sql: str, parameters: Mapping[str, Any], catalog: Catalog) -> Any:
        """The resolved statement. Raises RefusedStatement."""
        request = self.protocol.service.AnalyzeRequest(
            options=self._options(parameters),
            simple_catalog=catalog.for_statement(sql, self),
            sql_statement=sql,
        )
        return self._accepted(self._stub.Analyze, request).resolved_statement

    def evaluate(
        self,
        sql: str,
        parameters: Mapping[str, tuple[Any, Any]],
        catalog: Catalog,
        contents: Mapping[str, Any],
    ) -> tuple[list[Any], list[Any]]:
        """Columns and rows of a query over `contents` by table; parameters are (type, value).

        Raises RefusedStatement or NotEvaluable.
        """
        service = self.protocol.service
        request = service.EvaluateQueryRequest(
            sql=sql,
            options=self._options({name: kind for name, (kind, _) in parameters.items()}),
            simple_catalog=catalog.for_statement(sql, self),
            table_content=contents,
            params=[
                service.Parameter(name=name, value=value) for name, (_, value) in parameters.items()
            ],
        )
        answer = self._accepted(self._stub.EvaluateQuery, request)
        return list(answer.prepared.columns), list(answer.content.table_data.row)

    def tables_of(self, sql: str) -> list[list[str]]:
        """Paths of the tables that a statement names. Raises RefusedStatement."""
        request = self.protocol.service.ExtractTableNamesFromStatementRequest(
            sql_statement=sql, options=self.language
        )
        answer = self._accepted(self._stub.ExtractTableNamesFromStatement, request)
        return [list(table.table_name_segment) for table in answer.table_name]

    def _options(self, parameters: Mapping[str, Any]) -> Any:
        # BigQuery's day begins in UTC; ZetaSQL's own default is Los Angeles.
        options = self.protocol.options.AnalyzerOptionsProto(
            language_options=self.language, default_timezone="UTC"
        )
        for name, kind in parameters.items():
            options.query_parameters.add(name=name, type=kind)
        return options

    def _accepted(self, method: Any, request: Any) -> Any:
        try:
            return method(request, timeout=ANSWERS_WITHIN_S)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.INVALID_ARGUMENT:
                raise RefusedStatement(error.details()) from error
            if error.code() in (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.OUT_OF_RANGE):
                raise NotEvaluable(error.details()) from error
            raise


@contextmanager
def running() -> Iterator[Engine]:
    """The installed analyser on a free port of 127.0.0.1, until the block ends.

    Raises install.Unavailable.
    """
    program = install.program()
    port = _free_port()
    server = subprocess.Popen(
        [str(program), "127.0.0.1", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        engine = Engine(f"127.0.0.1:{port}")
        engine.wait_ready()
        yield engine
        engine.close()
    finally:
        server.terminate()
        server.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
