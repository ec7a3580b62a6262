"""The three works of the job: erase, rebuild, report. Each may run again after a kill."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared.config import LakeWorkSettings
from shared.errors import Permanent
from shared.http import HttpLimits, bound
from shared.privacy.mentions import ERASED
from shared.privacy.tombstones import Tombstones
from shared.progress import OnProgress
from shared.region_job.documents import EraseWork, RebuildWork, ReportWork, Work
from shared.storage.lake import Lake
from shared.warehouse.client import bigquery

if TYPE_CHECKING:
    from shared.erasure.outcome import ErasureReport

Answer = dict[str, Any]

STATEMENT_LIMITS = HttpLimits(silence_s=120.0, request_s=300.0)
"""One request to BigQuery. The client itself would wait for ever for a server that drips."""


class WorkRefused(Permanent):
    """The work cannot be done, and trying again would not help. `status` is the exit status."""

    def __init__(self, sentence: str, status: int = 1):
        super().__init__("refused", sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class JobServices:
    """What the works use."""

    lake: Lake
    warehouse: bigquery.Client
    settings: LakeWorkSettings
    clock: Callable[[], datetime]

    @classmethod
    def connect(cls, settings: LakeWorkSettings, clock: Callable[[], datetime]) -> "JobServices":
        warehouse = bigquery.Client(project=settings.google_cloud_project)
        bound(warehouse._http, STATEMENT_LIMITS)
        return cls(Lake.from_settings(settings), warehouse, settings, clock)

    def tombstones(self) -> Tombstones:
        return Tombstones(self.lake, self.settings.hashing_key)


def perform(request: Work, services: JobServices, on_progress: OnProgress) -> Answer:
    """Do the work. Raises Permanent for a refusal; what else it raises may be tried again."""
    if isinstance(request, EraseWork):
        return _erase(request, services, on_progress)
    if isinstance(request, RebuildWork):
        return _rebuild(request, services, on_progress)
    assert isinstance(request, ReportWork)
    return _report(request, services, on_progress)


def _erase(request: EraseWork, services: JobServices, on_progress: OnProgress) -> Answer:
    from shared.erasure.app import CannotErase, ErasureApp, ErasureRequest
    from shared.erasure.erase import erase
    from shared.erasure.outcome import ErasureTarget
    from shared.erasure.request import check
    from shared.erasure.rows import WarehouseRows
    from shared.privacy.hashing_key import verified_key
    from shared.privacy.pseudonym import pseudonym

    try:  # `tta` has checked it, but others may write to the lake, and a tombstone is for ever
        check(ErasureRequest(request.videos, request.names))
    except CannotErase:
        raise WorkRefused("The request has a name or an id that nobody can erase.", 2) from None
    key = verified_key(services.settings.hashing_key, services.lake)
    app = ErasureApp(
        lake=services.lake,
        rows=WarehouseRows(services.warehouse, services.settings.dataset),
        tombstones=services.tombstones(),
        pseudonym=lambda name: pseudonym(key(), name),
        clock=services.clock,
        on_progress=on_progress,
        handler_s=request.handler_s,
        everything=request.everything,
    )
    target = ErasureTarget(request.names, request.videos, len(set(request.asked_creators)))
    return erasure_fields(erase(target, app), (*request.names, *request.videos))


def erasure_fields(report: "ErasureReport", erased: Sequence[str]) -> Answer:
    """The report's fields, for JSON, without the names and ids of the erased.

    Names of objects hold them, those of creators with escapes (`%C3%BC`), and the result stays in
    the lake after the run.
    """
    names = sorted({*erased, *(quote(name, safe="") for name in erased)}, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, names)) or "(?!)", re.IGNORECASE)
    answer = {each.name: getattr(report, each.name) for each in fields(report)}
    return {
        name: [pattern.sub(ERASED, text) for text in value] if isinstance(value, list) else value
        for name, value in answer.items()
    }


def erasure_report(answer: Answer) -> "ErasureReport":
    """The report of these fields."""
    from shared.erasure.outcome import ErasureReport

    counters = {name: Counter(value) for name, value in answer.items() if isinstance(value, dict)}
    return ErasureReport(**(answer | counters))


def _rebuild(request: RebuildWork, services: JobServices, on_progress: OnProgress) -> Answer:
    from shared.warehouse.rebuild import RebuildApp, rebuild
    from shared.warehouse.rebuild_state import RebuildInProgress

    app = RebuildApp(
        lake=services.lake,
        tombstones=services.tombstones(),
        client=services.warehouse,
        dataset=services.settings.dataset,
        primary_raters=request.primary_raters,
        clock=services.clock,
        on_progress=on_progress,
    )
    try:
        counts = rebuild(app)
    except RebuildInProgress as error:
        raise WorkRefused(str(error)) from error
    return {"counts": counts, "rows_before": request.rows_before}


def _report(request: ReportWork, services: JobServices, on_progress: OnProgress) -> Answer:
    from shared.insights.plan import BadPlan
    from shared.insights.plan_file import parse_plan
    from shared.insights.report.daily_report import ReportApp, make_report
    from shared.processes import Processes, usual_count

    try:
        plan = None if request.plan is None else parse_plan(request.plan.encode(), "--plan")
        with Processes(usual_count()) as processes:
            app = ReportApp(
                lake=services.lake,
                client=services.warehouse,
                dataset=services.settings.dataset,
                on_progress=on_progress,
                clock=services.clock,
                processes=processes,
            )
            report = make_report(app, request.day, plan, request.synthetic)
    except BadPlan as error:
        raise WorkRefused(error.sentence, status=2) from error
    return report.document()
