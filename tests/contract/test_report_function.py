"""The report through functions-framework's door, over a lake in memory and rows that are there."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import functions_framework
import pytest

from shared.errors import Misconfigured, Transient
from shared.insights.plan_file import default_text
from shared.insights.report import daily_report
from shared.insights.report import data as report_data
from shared.insights.report.request import ReportClients
from shared.storage.layout import PLAN
from tests.fakes import LakeInMemory
from tests.report_world import JPEG, Analyses, Rows, brief_plan, rows

MAIN = str(Path(__file__).parents[2] / "functions/report/main.py")


@pytest.fixture(scope="module")
def analyses():
    return Analyses()


class Client:
    """A client of BigQuery of which only the project is asked."""

    project = "p"


class World:
    """The served function and what it leaves. The plan in its lake is a brief one."""

    def __init__(self, monkeypatch, analyses):
        app = functions_framework.create_app("report", MAIN, "http")
        self.lake, self.videos, self.written = LakeInMemory(), rows(60), []
        self.lake.put(PLAN, brief_plan().encode())
        main = sys.modules["main"]
        clients = ReportClients(lake=self.lake, warehouse=Client(), dataset="tiktok")
        monkeypatch.setattr(main, "wiring", lambda: clients)
        monkeypatch.setattr(report_data, "analysis_of", analyses.of)
        monkeypatch.setattr(daily_report, "StarSchema", lambda *_: Rows(self.videos))
        monkeypatch.setattr(daily_report, "replace_rows", lambda *call: self.written.append(call))
        self._client = app.test_client()

    def call(self, body: bytes = b"{}") -> tuple[int, dict]:
        answer = self._client.post("/", data=body)
        return answer.status_code, json.loads(answer.data)

    def files(self) -> dict[str, bytes]:
        return {name: self.lake.read(name) for name in self.lake.names("reports/")}


@pytest.fixture
def world(monkeypatch, analyses):
    return World(monkeypatch, analyses)


def test_it_writes_rows_and_three_files_and_answers_in_words(world):
    world.lake.delete(PLAN)  # the shipped one

    status, answer = world.call(b'{"date": "2026-11-24"}')

    assert status == 200
    assert sorted(world.files()) == [
        f"reports/2026-11-24/{name}" for name in ("codebook.csv", "report.csv", "report.html")
    ]
    assert answer["report"] == "reports/2026-11-24/report.html"
    assert "95 % interval" in answer["answer"]
    (_, dataset, (day, plan_hash), tables, _), *more = world.written
    assert (dataset, day.isoformat(), plan_hash) == ("p.tiktok", "2026-11-24", answer["plan_hash"])
    assert {name: len(rows) for name, rows in tables.items()} == answer["rows"]
    assert not more


@pytest.mark.campaign
def test_a_second_call_of_the_day_writes_the_same(world, analyses):
    world.call(b'{"date": "2026-11-24"}')
    before, answered = world.files(), world.written[0][3]
    analyses.pickled.clear()  # the second call computes it again

    world.call(b'{"date": "2026-11-24"}')

    assert world.files() == before
    assert world.written[1][3] == answered


def test_newer_rows_replace_the_report_of_the_day(world):
    _, first = world.call()
    world.videos = rows(80)

    _, second = world.call()

    assert len(world.files()) == 3
    assert second["answer"] != first["answer"]


def test_an_empty_body_means_today(world):
    _, answer = world.call(b"")

    assert answer["date"] == datetime.now(UTC).date().isoformat()


def test_too_little_data_is_a_report_that_says_so(world):
    world.videos = []

    status, answer = world.call()

    assert status == 200
    assert answer["missing"].startswith("There are no videos yet.")


def mixed_videos():
    generated = [row | {"synthetic": True, "user_key": "demo"} for row in rows(90)]
    for number, row in enumerate(generated):
        row["video_id"] = f"9{number:018d}"
    return [*rows(60), *generated]


def test_the_report_of_the_day_is_about_observed_videos(world):
    _, alone = world.call()
    world.videos = mixed_videos()

    _, answer = world.call()

    assert (answer["synthetic"], answer["set_aside"]) == (False, {"synthetic": 90})
    assert answer["answer"] == alone["answer"]
    assert b"demo" not in world.files()[answer["report"].replace(".html", ".csv")]


def test_a_report_on_the_synthetic_videos_lies_beside_that_of_the_day(world):
    world.videos = mixed_videos()
    _, daily = world.call(b'{"date": "2026-11-24"}')
    before = world.files()

    _, answer = world.call(b'{"date": "2026-11-24", "synthetic": true}')

    assert (answer["synthetic"], answer["set_aside"]) == (True, {"observed": 60})
    assert answer["plan_hash"] != daily["plan_hash"]
    assert answer["report"] == f"reports/2026-11-24/{answer['plan_hash']}/report.html"
    assert {name: world.files()[name] for name in before} == before
    assert len(list(world.lake.names("ledger/fact_video_analytics%40tiktok/"))) == 1
    assert len(list(world.lake.names("ledger/fact_video_analytics%40tiktok-synthetic/"))) == 1


def test_where_all_videos_are_synthetic_they_are_the_report_of_the_day(world):
    world.videos = [row | {"synthetic": True} for row in rows(60)]
    day = {"date": "2026-11-24"}

    _, answer = world.call(json.dumps(day).encode())
    _, requested = world.call(json.dumps(day | {"synthetic": True}).encode())

    assert answer["synthetic"] is True
    assert requested == answer


def test_key_frames_are_taken_from_the_lake(world):
    world.lake.put(f"frames/{world.videos[0]['video_id']}/1.jpg", JPEG)

    _, answer = world.call()

    assert b"data:image/jpeg" in world.files()[answer["report"]]
    assert world.files()[answer["report"]].count(b'"frame":"') == 1


def test_the_plan_in_the_bucket_is_followed(world):
    _, before = world.call()
    plan = brief_plan()
    world.lake.put(PLAN, plan.replace("min_age_days: 7", "min_age_days: 30").encode())

    _, answer = world.call()

    assert answer["plan_hash"] != before["plan_hash"]


def test_another_prompt_under_the_same_name_has_another_hash(world):
    _, before = world.call()
    world.videos[0] = world.videos[0] | {"config_hash": "d" * 12}

    _, answer = world.call()

    assert answer["plan_hash"] != before["plan_hash"]
    assert world.written[1][2][1] == answer["plan_hash"]


def test_the_page_counts_the_plans_before_it_and_a_second_delivery_does_not_count(world):
    world.lake.put(PLAN, brief_plan().replace("min_age_days: 7", "min_age_days: 8").encode())
    world.call(b'{"date": "2026-11-24"}')
    world.lake.put(PLAN, brief_plan().encode())

    _, answer = world.call()
    page = world.files()[answer["report"]]
    world.call()

    assert b"1 other plan was run on these data before this one" in page
    assert b"Exploratory: the plan was not locked" in page
    assert b"</span> The analysis is exploratory: the plan was not locked before" in page
    assert world.files()[answer["report"]] == page
    assert len(list(world.lake.names("ledger/fact_video_analytics%40tiktok/"))) == 2
    assert "other plan" not in json.dumps(answer)


def test_a_report_without_an_analysis_is_not_a_run(world):
    world.videos = []

    _, answer = world.call()

    assert list(world.lake.names("ledger/")) == []
    assert b"The ledger" not in world.files()[answer["report"]]


def test_a_plan_that_cannot_be_read_is_named_with_its_line(world):
    world.lake.put(PLAN, default_text().encode() + b"nonsense: 1\n")

    status, answer = world.call()

    assert status == 400
    assert answer["message"].startswith("config/plan.yaml, line ")
    assert "there is no key nonsense" in answer["message"]
    assert world.files() == {}


UNCLEAR = (b"[]", b"{", b"null", b"\xff", b"[" * 100_000, b'{"when": 1}')


@pytest.mark.parametrize("body", [*UNCLEAR, b'{"date": 7}', b'{"date": "tomorrow"}'])
def test_a_body_that_says_nothing_clear_is_refused(world, body):
    status, answer = world.call(body)

    assert status == 400
    assert "2026-01-31" in answer["message"]
    assert world.written == []


def test_a_kind_that_is_neither_true_nor_false_is_refused(world):
    status, answer = world.call(b'{"synthetic": "no"}')

    assert (status, answer["message"]) == (400, "synthetic: not true or false.")
    assert world.written == []


@pytest.mark.parametrize(
    ("error", "status"), [(Transient("down"), 503), (Misconfigured("no table"), 500)]
)
def test_what_fails_around_it_is_told_apart(world, monkeypatch, error, status):
    def fail(*arguments):
        raise error

    monkeypatch.setattr(daily_report, "replace_rows", fail)

    assert world.call()[0] == status
    assert world.files() == {}
