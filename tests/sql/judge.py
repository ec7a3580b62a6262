"""`make sql`: every question to Google's analyser, in one run. Exit status 1 when one fails."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from google.auth.credentials import AnonymousCredentials

from shared.warehouse.client import bigquery
from shared.warehouse.tables import definitions, schema
from tests.sql import awkward, engines, gate, install, literals, names, statements
from tests.sql.analyser import Analyser
from tests.sql.engine import running

RECORDED = install.ROOT / "build" / "statements"
"""Where `make test` leaves what passed while the suite ran."""

VIDEOS = 300
"""Enough for 5,000 rows from views and sources of MERGE."""

SEED = 1
LEAST_ROWS = 5_000
MOST_NOT_EVALUABLE = 0.05
FIRST_FEW = 20


def main() -> int:
    """Ask everything, and say what came of it."""
    try:
        install.install()
    except install.Unavailable as reason:
        _say("SKIPPED", str(reason))
        return int(install.is_required())
    with running() as engine:
        analyser = Analyser(engine)
        failures = [
            *judge_names(analyser),
            *judge_statements(analyser),
            *compare_engines(analyser),
            *run_demo(analyser),
        ]
    for failure in failures[:FIRST_FEW]:
        _say("FAILED", failure)
    if more := failures[FIRST_FEW:]:
        _say("FAILED", f"and {len(more)} more")
    return int(bool(failures))


def judge_names(analyser: Analyser) -> list[str]:
    """Reserved words among the names of tables, views and columns."""
    refusals = analyser.add_views(statements.views())
    _say("views", f"{len(statements.views())} views, {len(refusals)} refused")
    tables = {
        table: [name for name, _ in columns] for table, columns in analyser.catalog.tables.items()
    }
    every = names.names_of(tables)
    reserved = names.reserved(every, analyser.engine)
    _say("names", f"{len(every)} names, {len(reserved)} reserved words")
    service = names.refused_by_service(every)
    return [
        *map(str, refusals),
        *(f"{name} is a reserved word" for name in reserved),
        *(f"{name} is a name that BigQuery keeps for itself" for name in service),
        *judge_tables(),
    ]


def judge_tables() -> list[str]:
    """Tables whose partition or cluster BigQuery refuses."""
    columns = {
        table: {
            column["name"]: f"{'ARRAY of ' * (column['mode'] == 'REPEATED')}{column['type']}"
            for column in schema(table)
        }
        for table in definitions()
    }
    refusals = list(names.refused_cuts(definitions(), columns))
    _say("tables", f"{len(columns)} tables, {len(refusals)} partitions or clusters refused")
    return refusals


def judge_statements(analyser: Analyser) -> list[str]:
    """Refused statements, files that nobody judges, and texts in the code that nobody sent."""
    files = statements.files()
    examples = [*statements.examples(), *literals.examples()]
    sent = statements.recorded(RECORDED)
    failures = [f"{name}: no one judges this file" for name in statements.unlisted_files()]
    for title, group in (("files", files), ("examples", examples), ("sent by the suite", sent)):
        refusals = analyser.refusals(group)
        _say(title, f"{len(group)} different statements, {len(refusals)} refused")
        failures += map(str, refusals)
    if not sent:
        _say("SKIPPED", "Nothing was written down while the suite ran; `make test` does that.")
        return [*failures, "no statement of the suite"] if install.is_required() else failures
    return [*failures, *judge_code([*files, *examples, *sent])]


def judge_code(judged: Iterable[statements.Statement]) -> Iterator[str]:
    """Texts in the code that are SQL and in no judged statement."""
    texts = literals.literals()
    unsent = literals.escaped(texts, judged)
    _say("code", f"{len(texts)} texts that are SQL, {len(unsent)} in no statement above")
    for literal in unsent:
        yield f"{literal.origin}: no test sends this statement, so nothing has judged it"


def compare_engines(analyser: Analyser) -> list[str]:
    """Cells in which the emulator and the reference implementation differ."""
    with tempfile.TemporaryDirectory() as folder, local_bigquery(Path(folder)) as client:
        result = engines.compared(awkward.tables(VIDEOS, SEED), client, analyser)
    _say(
        "both engines", f"{result.rows:,} rows, {result.cells:,} cells of {result.queries} queries"
    )
    _say("both engines", f"{len(result.differences)} cells differ")
    for name, reason in result.not_evaluable.items():
        _say("not evaluable", f"{name}: {reason}")
    failures = list(result.differences)
    if result.rows < LEAST_ROWS:
        failures.append(f"only {result.rows:,} rows were compared")
    if len(result.not_evaluable) > MOST_NOT_EVALUABLE * result.queries:
        failures.append(f"{len(result.not_evaluable)} queries could not be compared")
    return failures


def run_demo(analyser: Analyser) -> list[str]:
    """The whole demo in a home of its own, with the analyser in front of every query."""
    with tempfile.TemporaryDirectory() as home, gate.opened(analyser) as door:
        demo = subprocess.run(
            [sys.executable, "-m", "cli", "demo", "--home", home],
            env={**os.environ, "TTA_SQL_GATE": door.url},
            cwd=install.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    _say("demo", f"{len(door.statements):,} statements asked for, {len(door.refusals)} refused")
    failures = [f"in the demo, {refusal}" for refusal in door.refusals]
    if demo.returncode != 0 or not door.statements:
        failures.append(f"the demo ended with {demo.returncode}: {demo.stderr[-2000:]}")
    return failures


@contextmanager
def local_bigquery(folder: Path, **environment: str) -> Iterator[bigquery.Client]:
    """A local BigQuery of its own, until the block ends."""
    command = [
        sys.executable,
        "-m",
        "local.emulators.bigquery",
        "--data",
        str(folder),
        "--project",
        "test",
    ]
    server = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        cwd=install.ROOT,
        env={**os.environ, **environment},
    )
    try:
        assert server.stdout is not None
        port = json.loads(server.stdout.readline())["port"]
        yield bigquery.Client(
            project="test",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": f"http://127.0.0.1:{port}"},
        )
    finally:
        server.terminate()
        server.wait(20)


def _say(title: str, sentence: str) -> None:
    sys.stdout.write(f"{title + ':':<19}{sentence}\n")
    sys.stdout.flush()
