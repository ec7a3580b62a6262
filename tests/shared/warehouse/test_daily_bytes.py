"""The day's bytes: counted by all loaders together, and never lost or overspent unseen."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
import requests
from google.api_core.exceptions import BadRequest, Conflict, Forbidden

from shared.errors import Misconfigured, Transient
from shared.storage.lake import Superseded
from shared.warehouse import daily_bytes
from shared.warehouse.bytes_billed import LEAST_BYTES_PER_TABLE
from shared.warehouse.bytes_ledger import spent_name
from shared.warehouse.client import bigquery
from shared.warehouse.daily_bytes import (
    BytesSpent,
    DailyBytes,
    MeteredClient,
)
from tests.fakes import LakeInMemory
from tests.records import DAY_0

NAME = spent_name(DAY_0.date())


class Day:
    """A lake, and loaders whose clock the test moves."""

    def __init__(self):
        self.lake = LakeInMemory()
        self.now = DAY_0

    def loader(self, limit=1_000):
        return DailyBytes(self.lake, limit, lambda: self.now)

    def stored(self):
        return json.loads(self.lake.read(NAME))


@pytest.fixture
def day():
    return Day()


def test_loading_waits_once_the_bytes_are_spent(day):
    budget = day.loader()
    budget.require()
    budget.spend(999)
    budget.require()
    budget.spend(1)

    with pytest.raises(BytesSpent, match="1,000 bytes since midnight") as spent:
        budget.require()

    assert spent.value.due_at == DAY_0.replace(hour=0, minute=0) + timedelta(days=1)
    assert day.stored() == {"billed_bytes": 1_000, "budget_bytes": 1_000, "day": "2026-11-01"}


def test_a_new_day_begins_with_a_new_budget(day):
    budget = day.loader()
    budget.spend(1_000)

    day.now += timedelta(days=1)

    budget.require()


def test_what_other_loaders_spent_counts(day):
    first, second = day.loader(), day.loader()
    for budget in (first, second, first):
        budget.spend(300)

    first.spend(100)

    assert day.stored()["billed_bytes"] == 1_000
    with pytest.raises(BytesSpent):
        day.loader().require()
    second.spend(0)
    with pytest.raises(BytesSpent):
        second.require()


def test_two_loaders_that_write_at_once_lose_nothing(day, monkeypatch):
    budget, replace = day.loader(), day.lake.replace

    def overtaken(name, content, generation):
        monkeypatch.setattr(day.lake, "replace", replace)
        day.loader().spend(400)
        raise Superseded(name)

    monkeypatch.setattr(day.lake, "replace", overtaken)
    budget.spend(500)

    assert day.stored()["billed_bytes"] == 900


def test_bytes_that_cannot_be_written_are_counted_and_written_later(day, monkeypatch):
    budget = day.loader()
    budget.require()

    def down(*arguments):
        raise Transient("storage is down")

    with monkeypatch.context() as patch:
        patch.setattr(day.lake, "replace", down)
        budget.spend(1_000)
        with pytest.raises(BytesSpent):
            budget.require()
    budget.spend(1)

    assert day.stored()["billed_bytes"] == 1_001


def test_without_a_limit_nothing_is_counted(day):
    budget = day.loader(limit=None)
    budget.require()
    budget.spend(10**15)

    budget.require()

    assert day.lake.objects == {}


@pytest.mark.parametrize("failure", [Forbidden("no role"), RuntimeError("unknown")])
def test_counting_never_fails_a_batch_whose_rows_are_durable(day, monkeypatch, failure):
    budget = day.loader()
    budget.require()

    def refuse(*arguments):
        raise failure

    monkeypatch.setattr(day.lake, "replace", refuse)
    budget.spend(1_000)

    with pytest.raises(BytesSpent):
        budget.require()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"billed_bytes": "many"}',
        b'{"billed_bytes": 1e999}',
        b"\xff",
        b"[" * 9**5,
    ],
)
def test_a_damaged_account_stops_loading_and_says_what_to_do(day, content):
    day.lake.put(NAME, content)

    with pytest.raises(Misconfigured, match=f"{NAME} does not say.*Delete it"):
        day.loader().require()


@pytest.fixture
def jobs(monkeypatch):
    """What each statement says that it was billed, in the order in which they are sent."""
    billed = []
    monkeypatch.setattr(daily_bytes.bigquery.Client, "__init__", lambda self, **options: None)
    monkeypatch.setattr(
        bigquery.Client,
        "query",
        lambda self, sql: SimpleNamespace(total_bytes_billed=billed.pop(0)),
    )
    return billed


def test_the_bytes_of_each_statement_are_taken_once(jobs):
    client = MeteredClient(project="p")
    jobs += [3 * LEAST_BYTES_PER_TABLE, 0]
    client.query("SELECT 1"), client.query("SELECT 2")

    assert [client.take_billed(), client.take_billed()] == [3 * LEAST_BYTES_PER_TABLE, 0]


def test_a_statement_without_an_answer_counts_as_much_as_the_largest(jobs):
    client = MeteredClient(project="p")
    jobs += [None, 7 * LEAST_BYTES_PER_TABLE, None]
    client.query("SELECT 1")
    assert client.take_billed() == LEAST_BYTES_PER_TABLE

    client.query("SELECT 2"), client.query("SELECT 3")
    assert client.take_billed() == 14 * LEAST_BYTES_PER_TABLE


def failing(monkeypatch, error):
    def fail(self, sql):
        raise error

    monkeypatch.setattr(bigquery.Client, "query", fail)


@pytest.mark.parametrize(
    ("error", "statements"),
    [(requests.Timeout(), 1), (requests.ConnectionError(), 1), (BadRequest("syntax"), 0)],
)
def test_a_statement_that_was_not_answered_counts_and_a_refused_one_does_not(
    jobs, monkeypatch, error, statements
):
    client = MeteredClient(project="p")
    failing(monkeypatch, error)

    with pytest.raises(type(error)):
        client.query("SELECT 1")

    assert client.take_billed() == statements * LEAST_BYTES_PER_TABLE


def test_a_statement_that_was_sent_twice_counts_once(jobs, monkeypatch):
    """The second attempt says that the job exists, and the caller asks for it."""
    client = MeteredClient(project="p")
    failing(monkeypatch, Conflict("the job exists"))
    job = SimpleNamespace(total_bytes_billed=5 * LEAST_BYTES_PER_TABLE)
    monkeypatch.setattr(bigquery.Client, "get_job", lambda self, identity: job)
    with pytest.raises(Conflict):
        client.query("SELECT 1")

    assert client.get_job("its id") is job

    assert client.take_billed() == 5 * LEAST_BYTES_PER_TABLE
