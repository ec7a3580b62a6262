"""What a request asks `report` to do, and the clients that it keeps between requests."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.answers import BadRequest, json_object
from shared.config import ReportSettings
from shared.http import HttpLimits, bound
from shared.processes import Processes, usual_count
from shared.storage.lake import Lake
from shared.warehouse.client import bigquery
from shared.warehouse.gateway import Deadline

BIGQUERY_S = 420.0
STATEMENT_LIMITS = HttpLimits(silence_s=120.0, request_s=140.0)
"""All statements of a report together, and one request. A server that falls silent or drips at the
end is given up within the 570 s of the function."""


@dataclass(frozen=True, slots=True)
class ReportClients:
    """What is kept between requests."""

    lake: Lake
    warehouse: bigquery.Client
    dataset: str

    @classmethod
    def connect(cls, settings: ReportSettings) -> "ReportClients":
        warehouse = bigquery.Client(project=settings.google_cloud_project)
        bound(warehouse._http, STATEMENT_LIMITS)
        return cls(Lake.from_settings(settings), warehouse, settings.dataset)


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """The body of a request: the day, and whether the report is about the synthetic videos."""

    day: date
    only_synthetic: bool = False

    @classmethod
    def parse(cls, body: bytes, today: date) -> "ReportRequest":
        """Read a body; an empty one means the report of `today`. Raises BadRequest."""
        example = '{"date": "2026-01-31", "synthetic": true}'
        options = json_object(body or b"{}", {"date", "synthetic"}, example)
        only_synthetic = options.get("synthetic", False)
        if not isinstance(only_synthetic, bool):
            raise BadRequest("synthetic: not true or false.")
        if "date" not in options:
            return cls(today, only_synthetic)
        try:
            return cls(date.fromisoformat(options["date"]), only_synthetic)
        except (TypeError, ValueError) as error:
            raise BadRequest("date: not a day such as 2026-01-31.") from error


def report_document(clients: ReportClients, request: ReportRequest) -> dict[str, Any]:
    """Make the report and describe it."""
    # The statistics take a second to import, so they wait for a request that is valid.
    from shared.insights.report.daily_report import ReportApp, make_report

    # With one processor, a second process would only wait for the first.
    with Processes(usual_count()) as processes:
        app = ReportApp(
            lake=clients.lake,
            client=clients.warehouse,
            dataset=clients.dataset,
            processes=processes,
            deadline=Deadline.after(BIGQUERY_S),
        )
        result = make_report(app, request.day, only_synthetic=request.only_synthetic)
    return result.document()
