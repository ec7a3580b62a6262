"""No statement escapes: what is written down while the suite runs, and what is made of it."""

import asyncio
import json
from pathlib import Path

from google.auth.credentials import AnonymousCredentials

from local.emulators.statements import EMULATOR, Recorder, watched
from shared.warehouse.client import bigquery
from tests.sql import judge, literals, statements, witness
from tests.sql.analyser import Analyser
from tests.sql.literals import Literal
from tests.sql.statements import Statement, distinct


def test_a_statement_is_written_down_with_its_types_and_its_sender(tmp_path, monkeypatch):
    monkeypatch.setattr(bigquery.Client, "query", lambda client, sql, job_config=None: sql)
    witness.watch({"TTA_SQL_RECORD": str(tmp_path)})
    client = bigquery.Client(project="p", credentials=AnonymousCredentials())
    names = bigquery.ArrayQueryParameter("names", "STRING", ["a"])
    config = bigquery.QueryJobConfig(query_parameters=[names])

    for _ in "twice":
        client.query("SELECT @names AS names", job_config=config)

    (statement,) = statements.recorded(tmp_path)
    assert statement.sql == "SELECT @names AS names"
    assert statement.parameters == {"names": "ARRAY<STRING>"}
    assert statement.origin.startswith("tests/sql/test_collecting.py:")


def test_nobody_watches_without_a_folder(monkeypatch):
    before = bigquery.Client.query

    witness.watch({})

    assert bigquery.Client.query is before


def test_a_line_that_a_killed_process_left_half_is_passed_over(tmp_path: Path):
    Recorder(tmp_path).write({"sql": "SELECT 1", "origin": "a", "parameters": {}, "accepted": True})
    (tmp_path / "killed.jsonl").write_text('{"sql": "SELECT')

    assert [statement.sql for statement in statements.recorded(tmp_path)] == ["SELECT 1"]


def test_a_statement_is_written_down_before_its_sender_has_the_answer(tmp_path):
    written = []

    async def bigquery_refuses(scope, receive, send):
        await send({"type": "http.response.start", "status": 400})
        await send({"type": "http.response.body", "body": b"{}"})

    async def receive():
        return {"type": "http.request", "body": b'{"query": "SELECT"}'}

    async def send(message):
        written.append((message["type"], [each.accepted for each in statements.recorded(tmp_path)]))

    app = watched(bigquery_refuses, {"TTA_SQL_RECORD": str(tmp_path)})
    request = {"type": "http", "method": "POST", "path": "/bigquery/v2/projects/p/queries"}
    asyncio.run(app(request, receive, send))

    assert written == [("http.response.start", []), ("http.response.body", [False])]


def test_of_several_senders_the_product_is_named_and_the_best_answer_counts():
    texts = ["SELECT  1 FROM `p.a.t`", "SELECT 1 FROM `p.b.t`", "SELECT 1\nFROM `q.c.t`"]
    same = [
        Statement(texts[0], EMULATOR, accepted=True),
        Statement(texts[1], "cli/x.py:1", accepted=None),
        Statement(texts[2], "tests/y.py:1", accepted=False),
    ]

    (statement,) = distinct(same)

    assert (statement.origin, statement.accepted) == ("cli/x.py:1", True)


def test_a_string_is_part_of_what_makes_a_statement():
    assert len(distinct([Statement("SELECT 'a'", "x"), Statement("SELECT 'b'", "x")])) == 2


def test_what_the_local_bigquery_refused_too_is_nobodys_fault(analyser: Analyser):
    refused_by_both = Statement("SELECT nothing FROM x y z", "cli/x.py:1", accepted=False)
    accepted_by_one = Statement("SELECT 1 AS window", "cli/x.py:1", accepted=True)
    by_nobody = Statement("SELECT 2 AS window", "cli/x.py:1", accepted=None)

    refusals = analyser.refusals([refused_by_both, accepted_by_one, by_nobody])

    assert [refusal.statement for refusal in refusals] == [accepted_by_one, by_nobody]


def test_a_table_that_a_test_made_is_unknown_and_one_of_the_product_is_a_failure(analyser):
    own = Statement("SELECT 1 FROM made_up", "tests/x.py:1", accepted=True)
    of_product = Statement("SELECT 2 FROM made_up", "cli/x.py:1", accepted=True)

    refusals = analyser.refusals([own, of_product])

    assert [refusal.statement for refusal in refusals] == [of_product]


def test_a_test_may_ask_about_an_older_table_and_the_product_may_not(analyser):
    sql = "SELECT `following` FROM dim_user"
    of_test = Statement(sql, "tests/x.py:1", accepted=True)
    of_product = Statement(sql, "cli/x.py:1", accepted=True)

    assert analyser.refusals([of_test]) == []
    assert len(analyser.refusals([of_product])) == 1


def test_a_text_that_no_test_sends_is_a_failure(tmp_path: Path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "module.py").write_text(
        "def ask(table):\n"
        "    sent = f'SELECT COUNT(*) FROM {table} WHERE x'\n"
        "    formatted = 'SELECT {columns} FROM dim_lang'\n"
        "    prose = 'Delete it, or SELECT another.'\n"
        "    unsent = 'DELETE FROM dim_lang WHERE TRUE'\n"
        "    in_parentheses = '(SELECT a FROM dim_user)'\n"
        "    behind_a_comment = '-- why\\nSELECT b FROM dim_user'\n"
    )
    candidates = literals.literals(tmp_path, ["code"])
    sent = ["SELECT COUNT(*)\nFROM dim_lang WHERE x LIMIT 1", "SELECT a, b FROM dim_lang"]

    unsent = literals.escaped(candidates, [Statement(sql, "x") for sql in sent])

    assert [literal.origin for literal in unsent] == [
        f"code/module.py:{line}" for line in (5, 6, 7)
    ]


def test_the_code_is_seen_to_hold_sql():
    origins = {literal.origin.partition(":")[0] for literal in literals.literals()}

    assert {
        "shared/erasure/rows.py",
        "shared/warehouse/tables.py",
        "cli/verbs/doctor/clip.py",
    } <= origins


def test_a_text_in_the_code_that_nothing_judged_fails_the_run(monkeypatch):
    monkeypatch.setattr(literals, "literals", lambda: [Literal("DROP TABLE x", "cli/x.py:7")])

    (failure,) = judge.judge_code([Statement("SELECT 1", "x")])

    assert failure.startswith("cli/x.py:7: no test sends this statement")


def test_ci_does_not_pass_without_the_statements_of_the_suite(viewed, tmp_path, monkeypatch):
    monkeypatch.setattr(judge, "RECORDED", tmp_path)
    monkeypatch.setenv("ANALYSER", "required")

    assert "no statement of the suite" in judge.judge_statements(viewed)


def test_a_refused_statement_of_the_suite_fails_the_run(viewed, tmp_path, monkeypatch):
    line = {"sql": "SELECT 1 AS window", "origin": EMULATOR, "parameters": {}, "accepted": True}
    (tmp_path / "a.jsonl").write_text(f"{json.dumps(line)}\n")
    monkeypatch.setattr(judge, "RECORDED", tmp_path)
    monkeypatch.setattr(literals, "literals", list)

    assert any("Unexpected keyword WINDOW" in text for text in judge.judge_statements(viewed))
