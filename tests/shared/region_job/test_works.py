"""Facts about the three works of the job: what each use case gets, and what is a refusal."""

import pytest

import shared.erasure.erase
import shared.insights.report.daily_report
import shared.warehouse.rebuild
from shared.config import LakeWorkSettings
from shared.erasure.outcome import ErasureReport
from shared.progress import Progress, no_progress
from shared.region_job.documents import EraseWork, RebuildWork, ReportWork
from shared.region_job.works import JobServices, WorkRefused, perform
from shared.warehouse.rebuild_state import RebuildInProgress
from tests.fakes import LakeInMemory
from tests.records import DAY_0

REBUILD = RebuildWork(primary_raters=("gemini/", "signals/"), rows_before={"dim_video": 7})


@pytest.fixture
def services() -> JobServices:
    settings = LakeWorkSettings(google_cloud_project="p", lake_bucket="b", hash_key="k" * 32)
    return JobServices(LakeInMemory(), None, settings, lambda: DAY_0)


def test_a_rebuild_gets_the_raters_of_its_request_and_gives_the_rows_from_before(
    services, monkeypatch
):
    def rebuild(app):
        app.on_progress(Progress("Loading", 3, 9))
        return {"raters": app.primary_raters, "dataset": app.dataset}

    monkeypatch.setattr(shared.warehouse.rebuild, "rebuild", rebuild)

    answer = perform(REBUILD, services, (steps := []).append)

    assert answer["counts"] == {"raters": ("gemini/", "signals/"), "dataset": "tiktok"}
    assert answer["rows_before"] == {"dim_video": 7}
    assert steps == [Progress("Loading", 3, 9)]


def test_of_two_rebuilds_at_once_one_is_refused_and_not_tried_again(services, monkeypatch):
    def rebuild(app):
        raise RebuildInProgress("Another rebuild of these tables is at work.")

    monkeypatch.setattr(shared.warehouse.rebuild, "rebuild", rebuild)

    with pytest.raises(WorkRefused, match="Another rebuild"):
        perform(REBUILD, services, no_progress)


def test_an_erasure_gets_what_the_survey_looked_up(services, monkeypatch):
    def erase(target, app):
        calls.append((target.names, target.videos, target.creators, app.handler_s))
        return ErasureReport(len(target.videos), target.creators)

    calls: list = []
    monkeypatch.setattr(shared.erasure.erase, "erase", erase)
    work = EraseWork(asked_creators=("ada",), names=("ada", "6801"), videos=("1",), handler_s=570.0)

    answer = perform(work, services, no_progress)

    assert calls == [(("ada", "6801"), ("1",), 1, 570.0)]
    assert (answer["videos"], answer["creators"]) == (1, 1)


@pytest.mark.parametrize("names", [("unknown",), ("ada", "@"), ("",)])
def test_a_request_that_would_erase_everybody_unknown_writes_no_tombstone(services, names):
    with pytest.raises(WorkRefused, match="nobody can erase") as refused:
        perform(EraseWork(names=names), services, no_progress)

    assert refused.value.status == 2
    assert list(services.lake.names("tombstones/")) == []


def test_a_plan_that_is_none_is_wrong_use_before_any_table_is_read(services):
    work = ReportWork(day=DAY_0.date(), plan="outcomes: 3\n")

    with pytest.raises(WorkRefused, match="--plan") as refused:
        perform(work, services, no_progress)

    assert refused.value.status == 2


def test_a_report_is_of_the_day_and_kind_that_its_request_names(services, monkeypatch):
    class Report:
        def __init__(self, *arguments):
            self.arguments = arguments

        def document(self):
            return {"arguments": self.arguments}

    monkeypatch.setattr(
        shared.insights.report.daily_report,
        "make_report",
        lambda app, day, plan, synthetic: Report(day, plan, synthetic),
    )

    answer = perform(ReportWork(day=DAY_0.date(), synthetic=True), services, no_progress)

    assert answer["arguments"] == (DAY_0.date(), None, True)
