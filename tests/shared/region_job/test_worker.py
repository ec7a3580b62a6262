"""Facts about one task of the job: its result, its second attempt, and what it never says."""

import json
import logging
from collections import Counter
from dataclasses import replace

import pytest

from shared.config import LakeWorkSettings
from shared.erasure.outcome import ErasureReport
from shared.errors import Misconfigured, Permanent, Transient
from shared.progress import Progress
from shared.region_job import worker
from shared.region_job.documents import (
    EraseWork,
    RebuildWork,
    RunProgress,
    RunResult,
    new_run,
    parse_request,
    progress_name,
    request_name,
    result_name,
    to_json,
)
from shared.region_job.progress_writer import ProgressWriter
from shared.region_job.works import (
    JobServices,
    WorkRefused,
    erasure_fields,
    erasure_report,
)
from tests.fakes import LakeInMemory
from tests.records import DAY_0

NAME = "wanderer_quux_88"


class World:
    """A lake with one request, and a work that does what a test says."""

    def __init__(self, monkeypatch, work):
        self.lake, self.calls = LakeInMemory(), []
        self.run = new_run(work.work, DAY_0)
        self.lake.put(request_name(self.run), to_json(work))
        self.outcome: object = {"counts": 3}
        monkeypatch.setattr(worker, "perform", self._perform)

    def attempt(self, number: int = 0) -> int:
        settings = LakeWorkSettings(
            google_cloud_project="p", lake_bucket="b", cloud_run_task_attempt=number
        )
        return worker.work_off(self.run, JobServices(self.lake, None, settings, lambda: DAY_0))

    def document(self, name: str) -> dict | None:
        content = self.lake.read(name)
        return content and json.loads(content)

    def _perform(self, request, services, on_progress):
        self.calls.append(request)
        on_progress(Progress("Working", len(self.calls), 9))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def erasure(monkeypatch) -> World:
    return World(monkeypatch, EraseWork(asked_creators=(NAME,), names=(NAME,)))


@pytest.fixture
def rebuild(monkeypatch) -> World:
    return World(monkeypatch, RebuildWork(primary_raters=("gemini/",), rows_before={}))


def test_a_run_leaves_its_result_and_no_request(rebuild):
    assert rebuild.attempt() == 0

    assert rebuild.document(result_name(rebuild.run))["answer"] == {"counts": 3}
    assert not rebuild.lake.exists(request_name(rebuild.run))


def test_a_task_that_was_killed_after_its_result_only_deletes_the_request(rebuild):
    request = rebuild.lake.read(request_name(rebuild.run))
    rebuild.attempt()
    rebuild.lake.put(request_name(rebuild.run), request)

    assert rebuild.attempt(1) == 0

    assert len(rebuild.calls) == 1
    assert not rebuild.lake.exists(request_name(rebuild.run))


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(WorkRefused("No.", 2), 2), (Permanent("busy", "No."), 1)],
)
def test_a_refusal_is_a_result_because_nothing_would_change_it(rebuild, refusal, status):
    rebuild.outcome = refusal

    assert rebuild.attempt() == 0

    result = rebuild.document(result_name(rebuild.run))
    assert (result["answer"], result["refusal"], result["status"]) == (None, "No.", status)


def test_a_failure_is_tried_again_and_its_last_attempt_deletes_the_request(erasure):
    erasure.outcome = Transient("storage is away")

    for attempt in range(3):
        assert erasure.attempt(attempt) == 1
        assert erasure.lake.exists(request_name(erasure.run))
    assert erasure.attempt(3) == 1

    assert not erasure.lake.exists(request_name(erasure.run))
    assert erasure.document(result_name(erasure.run)) is None


def test_signs_of_life_grow_over_attempts(erasure):
    erasure.outcome = Transient("storage is away")
    signs = []

    for attempt in range(2):
        erasure.attempt(attempt)
        signs.append(erasure.document(progress_name(erasure.run))["sign"])

    assert signs[0] < signs[1]


def test_a_missing_request_is_said_to_be_missing(rebuild):
    rebuild.lake.delete(request_name(rebuild.run))

    assert rebuild.attempt() == 1

    assert "is missing" in rebuild.document(progress_name(rebuild.run))["error"]


@pytest.mark.parametrize("error", [Transient(f"o/{NAME}.json: 503"), KeyError(NAME)])
def test_no_log_and_no_progress_holds_the_name_of_the_erased(erasure, caplog, error):
    erasure.outcome = error

    with caplog.at_level(logging.DEBUG):
        erasure.attempt()

    assert any(record.message == "run failed" for record in caplog.records)
    assert NAME not in caplog.text + str([record.__dict__ for record in caplog.records])
    assert NAME.encode() not in erasure.lake.read(progress_name(erasure.run))


def test_a_broken_setting_is_named(erasure):
    erasure.outcome = Misconfigured("Environment: HASH_KEY is not set")

    erasure.attempt()

    assert "HASH_KEY" in erasure.document(progress_name(erasure.run))["error"]


def test_the_result_of_an_erasure_holds_no_name_and_is_a_report_again():
    remaining = [f"raw/research/creators/{NAME.title()}.json", "2 rows of dim_video"]
    report = ErasureReport(2, 1, rows=Counter(dim_video=2), remaining=remaining)

    answer = json.loads(to_json(RunResult(answer=erasure_fields(report, ["wanderer", NAME]))))

    shown = ["raw/research/creators/[erased].json", "2 rows of dim_video"]
    assert erasure_report(answer["answer"]) == replace(report, remaining=shown)


def test_the_result_holds_no_name_with_escapes_either():
    report = ErasureReport(remaining=["raw/research/creators/%C3%BCn%C3%AF.quux.json"])

    assert erasure_fields(report, ["ünï.quux"])["remaining"] == [
        "raw/research/creators/[erased].json"
    ]


def test_a_request_is_the_same_whatever_a_survey_looked_up():
    asked = EraseWork(asked_creators=("ada",))
    looked_up = asked.model_copy(update={"names": ("ada", "6801"), "handler_s": 570.0})

    assert asked.same_as(looked_up)
    assert not asked.same_as(EraseWork(asked_creators=("eve",)))


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"[" * 100_000, b'{"work": "dance"}', b'{"work": "erase", "x": 1}', b"\xff"],
)
def test_a_request_that_is_none_is_refused(content):
    with pytest.raises(Permanent, match=r"request\.json"):
        parse_request(content, "erase-1")


def test_progress_is_written_at_most_so_often_and_at_least_so_often():
    lake, run = LakeInMemory(), "rebuild-1"
    writer = ProgressWriter(lake, run, 0, lambda: DAY_0, write_every_s=0.01, sign_every_s=0.02)

    with writer:
        for number in range(10_000):
            writer(Progress("Loading", number, 10_000))
        first = _progress(lake, run)
        while _progress(lake, run).sign < first.sign + 3:
            pass

    assert _progress(lake, run).finished == 9_999
    assert first.sign < 1_000


def _progress(lake: LakeInMemory, run: str) -> RunProgress:
    return RunProgress.model_validate_json(lake.read(progress_name(run)))
