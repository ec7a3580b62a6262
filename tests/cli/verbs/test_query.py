"""What `tta query` does on a cloud target before it pays, and what it says when something fails."""

from types import SimpleNamespace

import pytest
from google.api_core.exceptions import BadRequest, NotFound, RetryError

from cli.console import Screen
from cli.errors import UserError
from cli.verbs.query import run as querying
from cli.verbs.query.price import DEFAULT_MAX_GB, GB, LEAST_BYTES_PER_TABLE, limit_of, price
from cli.verbs.query.statement import reading
from local.endpoints import Endpoints

TERABYTE = 2**40


def a_dry_run(read, tables=1, kind="SELECT"):
    return SimpleNamespace(
        statement_type=kind, total_bytes_processed=read, referenced_tables=["t"] * tables
    )


FREE = a_dry_run(0)


class RecordedWarehouse:
    """Notes what is sent; `trial` is what a dry run says, `failure` what a run raises."""

    trial = FREE
    failure = None

    def __init__(self, endpoints):
        self.sent = type(self).sent = []

    def dry_run(self, sql):
        self.sent.append(("dry run", sql))
        return self.trial

    def ask_within(self, sql, bytes_billed):
        self.sent.append(("within", bytes_billed))
        return self._rows()

    def ask(self, sql):
        self.sent.append(("ask", sql))
        return self._rows()

    def rows(self, sql):
        return []

    def _rows(self):
        if self.failure is not None:
            raise self.failure
        return type("Rows", (list,), {"schema": [SimpleNamespace(name="n")]})()


@pytest.fixture
def ask(monkeypatch):
    """Answer a statement with a dry run's verdict; returns what was sent."""

    def answer(sql="SELECT 1 AS n", trial=FREE, failure=None, target="prod", **options):
        fake = type("Fake", (RecordedWarehouse,), {"trial": trial, "failure": failure})
        monkeypatch.setattr(querying, "Warehouse", fake)
        at = Endpoints(home="/nowhere", pid=0, key="", target=target)
        querying.answer(Screen(), at, sql, reading(sql, is_judged_later=True), **options)
        return fake.sent

    return answer


def test_bytes_and_dollars_are_told_before_the_query_runs(ask, capsys):
    sent = ask(trial=a_dry_run(TERABYTE), max_gb=2_000)

    assert [what for what, _ in sent] == ["dry run", "within"]
    assert "1,024.0 GB, about 6.2500 USD" in capsys.readouterr().err


def test_bigquery_itself_holds_the_limit_too(ask):
    assert ask()[-1] == ("within", int(DEFAULT_MAX_GB * GB))


def test_a_query_over_the_limit_is_refused_with_the_option_that_lets_it_run(ask):
    with pytest.raises(UserError, match=r"--max-gb 10 allows.*--max-gb 23 lets it run"):
        ask(trial=a_dry_run(20 * GB + 1))

    assert [what for what, _ in querying.Warehouse.sent] == ["dry run"]
    assert ask(trial=a_dry_run(20 * GB + 1), max_gb=23)


def test_what_bigquery_does_not_call_a_select_is_never_run(ask):
    with pytest.raises(UserError, match="DELETE was not sent"):
        ask(sql="SOME NEW SYNTAX", trial=a_dry_run(0, kind="DELETE"))

    assert [what for what, _ in querying.Warehouse.sent] == ["dry run"]


def test_each_table_is_billed_ten_megabytes_at_least_and_no_column_is_free():
    assert price(a_dry_run(1, tables=3)).bytes_billed == 3 * LEAST_BYTES_PER_TABLE
    assert price(a_dry_run(0, tables=3)).usd == 0
    assert price(a_dry_run(TERABYTE)).usd == 6.25
    assert limit_of(0.5).bytes_billed == GB // 2


def test_on_this_machine_nobody_speaks_of_a_price(ask, capsys):
    sent = ask(target="local")

    assert [what for what, _ in sent] == ["ask"]
    assert "USD" not in capsys.readouterr().err


def test_an_empty_home_says_how_videos_come_in(ask, capsys):
    ask(sql="SELECT COUNT(*) AS n FROM dim_video", target="local")

    advice = capsys.readouterr().err
    assert all(verb in advice for verb in ("tta demo", "tta query --demo", "tta ingest FILE"))


def test_a_table_that_is_not_there_names_the_nearest(ask):
    with pytest.raises(UserError, match=r"dim_video instead of dim_vidoe.*`tta tables`"):
        ask(sql="SELECT * FROM dim_vidoe", failure=NotFound("Table dim_vidoe"))


def test_silence_is_a_sentence(ask):
    silent = RetryError("Timeout of 20.0s exceeded", cause=None)

    with pytest.raises(UserError, match="gave no answer"):
        ask(failure=silent)
    with pytest.raises(UserError, match=r"bigquery\.log"):
        ask(failure=silent, target="local")


@pytest.mark.parametrize(
    "why",
    [
        'Query execution failed: Binder Error: Referenced column "viewz" not found in FROM clause!',
        "Unrecognized name: viewz; Did you mean views? at [1:8]",
    ],
)
def test_a_column_that_is_not_there_names_the_nearest(why, ask):
    with pytest.raises(UserError, match=r"column viewz.*mean views\?.*`tta tables fact_video_a"):
        ask(sql="SELECT viewz FROM fact_video_analytics", failure=BadRequest(why))

    with pytest.raises(UserError, match=r"BigQuery: Unrecognized name: b"):
        ask(sql="SELECT b FROM (SELECT 1 AS a)", failure=BadRequest("Unrecognized name: b"))


def test_a_reader_that_leaves_is_not_a_silent_bigquery(ask):
    with pytest.raises(BrokenPipeError):
        ask(failure=BrokenPipeError())
