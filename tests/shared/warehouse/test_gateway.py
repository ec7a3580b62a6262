"""All statements go through one place, and nothing that BigQuery is asked may wait for ever."""

import ast
import socket
import threading
from collections.abc import Iterator
from functools import cache

import pytest
import requests
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from urllib3.exceptions import ProtocolError

from shared.errors import Transient
from shared.warehouse import gateway, statements
from shared.warehouse.client import bigquery
from shared.warehouse.failures import RequestTooLarge
from tests.house.tree import PRODUCT, modules

GATEWAY = "shared/warehouse/gateway.py"
EMULATOR = "local/emulators/bigquery.py"
STATEMENTS = {"query", "query_and" + "_wait", "insert_rows", "insert_rows_json", "extract_table"}
OTHERS = {
    *("create_dataset", "create_table", "delete_dataset", "delete_table", "get_dataset"),
    *("get_table", "update_table", "update_dataset", "list_tables", "list_datasets", "list_rows"),
    *("copy_table", "get_job", "cancel_job"),
}


@cache
def calls(source: str) -> list[tuple[str, ast.Call]]:
    """Calls of methods, by their names. A file that holds none of the names is not parsed."""
    if not any(name in source for name in (*STATEMENTS, *OTHERS, "load_table_from")):
        return []
    return [
        (node.func.attr, node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


def sends_statements(source: str) -> bool:
    """Whether a client of BigQuery is asked there, whatever the variable is called."""
    return any(
        name.startswith("load_table_from")
        or (name in STATEMENTS and "client" in ast.unparse(call.func).lower())
        for name, call in calls(source)
    )


def unbounded(source: str) -> list[str]:
    """Calls without a time-out and a bounded retry."""
    return [
        f"line {call.lineno}: {name}"
        for name, call in calls(source)
        if name in OTHERS
        and not any(
            keyword.arg is None and ast.unparse(keyword.value) == "BOUNDED"
            for keyword in call.keywords
        )
    ]


def other_modules():
    return [module for module in modules(*PRODUCT) if module.path not in (GATEWAY, EMULATOR)]


def test_no_other_file_sends_statements():
    assert [module.path for module in other_modules() if sends_statements(module.text)] == []


@pytest.mark.parametrize(
    "line",
    [
        "self._client.query(sql).result()",
        "app.client.query(sql)",
        "bigquery.Client(project='p').query(sql)",
        "client.load_table_from_json(rows, table)",
        "warehouse.load_table_from_file(file, table)",
        "client.insert_rows_json(table, rows)",
    ],
)
def test_a_file_that_sent_statements_would_be_seen(line):
    assert sends_statements(line)


def test_every_other_call_to_bigquery_is_bounded():
    calls = {
        module.path: unbounded(module.text)
        for module in other_modules()
        if "shared.warehouse.client" in module.imports
    }

    assert {path: lines for path, lines in calls.items() if lines} == {}


def test_a_call_without_a_bound_would_be_seen():
    assert unbounded("client.get_table(path)") == ["line 1: get_table"]
    assert unbounded("client.get_table(path, timeout=3)") == ["line 1: get_table"]


@pytest.fixture
def silent() -> Iterator[bigquery.Client]:
    """A BigQuery that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepted = []

        def accept():
            try:
                while True:
                    accepted.append(server.accept()[0])
            except OSError:
                pass

        threading.Thread(target=accept, daemon=True).start()
        yield client_of(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)
        for connection in accepted:
            connection.close()


def client_of(port: int) -> bigquery.Client:
    return bigquery.Client(
        project="p",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": f"http://127.0.0.1:{port}"},
    )


def test_a_statement_that_nobody_answers_ends(silent, monkeypatch):
    monkeypatch.setattr(gateway, "REQUEST_TIMEOUT_S", 0.1)
    monkeypatch.setattr(gateway, "API_RETRY", gateway.API_RETRY.with_timeout(0.1))
    with pytest.raises(Transient):
        statements.run_statement(silent, "p.d", "SELECT 1", "nothing")


def test_the_time_of_what_belongs_together_runs_out_before_it_is_asked(silent):
    with pytest.raises(Transient, match="used up"):
        gateway.run(silent, "p.d", "SELECT 1", deadline=gateway.Deadline.after(-1))


class Answers:
    """A client that takes down what it is told and raises what it has to."""

    project, location = "p", None

    def __init__(self, error: Exception | None = None, job: object = None):
        self._error = error
        self._job = job
        self.started: list[dict] = []

    def query(self, sql, **options):
        self.started.append(options)
        if self._error:
            raise self._error
        return bigquery.QueryJob(options["job_id"], sql, client=self)

    def get_job(self, job_id, **options):
        if self._job is None:
            raise exceptions.NotFound("no such job")
        return bigquery.QueryJob(job_id, "SELECT 1", client=self)


def test_every_statement_is_bounded_in_bytes_billed_and_in_time():
    client = Answers()

    gateway.start(client, "p.d", "SELECT 1")

    (options,) = client.started
    assert options["timeout"] == gateway.REQUEST_TIMEOUT_S
    assert options["job_config"].maximum_bytes_billed == gateway.MOST_BYTES_BILLED
    assert options["job_config"].dry_run is False


def test_a_dry_run_is_a_job_that_was_not_waited_for():
    client = Answers()

    job = gateway.start(client, "p.d", "SELECT 1", dry_run=True, maximum_bytes_billed=10**10)

    assert isinstance(job, bigquery.QueryJob)
    assert client.started[0]["job_config"].dry_run is True
    assert client.started[0]["job_config"].maximum_bytes_billed == 10**10


def test_a_statement_whose_answer_got_lost_runs_once():
    client = Answers(exceptions.Conflict("Already Exists: Job"), job="there")

    job = gateway.start(client, "p.d", "SELECT 1")

    assert job.job_id == client.started[0]["job_id"]


def test_a_conflict_about_no_job_of_ours_is_told():
    with pytest.raises(exceptions.Conflict):
        gateway.start(Answers(exceptions.Conflict("something else")), "p.d", "SELECT 1")


BROKEN_PIPE = requests.ConnectionError(
    ProtocolError("Connection aborted.", BrokenPipeError(32, "Broken pipe"))
)
RESET = requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104)))
LARGE = "SELECT '" + "x" * 2_000_000 + "'"


@pytest.mark.parametrize(
    "error", [BROKEN_PIPE, RESET, exceptions.from_http_status(413, "Request Entity Too Large")]
)
def test_a_large_request_that_is_cut_off_or_refused_is_too_large(error):
    with pytest.raises(RequestTooLarge):
        gateway.start(Answers(error), "p.d", LARGE)


def test_a_small_request_that_is_cut_off_is_the_networks_fault():
    with pytest.raises(requests.ConnectionError):
        gateway.start(Answers(BROKEN_PIPE), "p.d", "SELECT 1")


def test_a_body_that_was_cut_off_is_not_sent_again_as_it_is():
    client = Answers(BROKEN_PIPE)
    with pytest.raises(RequestTooLarge):
        gateway.start(client, "p.d", LARGE)

    retry = client.started[0]["retry"]
    assert retry._predicate(BROKEN_PIPE) is False
    assert retry._predicate(requests.ConnectionError("refused")) is True


def test_more_than_8_mb_never_leave():
    client = Answers()

    with pytest.raises(RequestTooLarge):
        gateway.start(client, "p.d", "SELECT '" + "驚" * 1_400_000 + "'")

    assert client.started == []
