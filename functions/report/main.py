"""Entry point: the scheduler calls, the day's report is made of the star schema and the lake."""

from shared.concurrency import in_one_thread

in_one_thread()  # before BigQuery's client, which imports pandas, and with it numpy

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import flask
import functions_framework
from google.cloud import bigquery

from shared import config, logs
from shared.concurrency import once
from shared.errors import Misconfigured, Permanent, Transient
from shared.http import HttpLimits, bound
from shared.storage.lake import Lake
from shared.warehouse.gateway import Deadline

logs.configure()

BIGQUERY_S = 420.0
STATEMENT_LIMITS = HttpLimits(silence_s=120.0, request_s=140.0)
"""All statements of a report together, and one request. So a server that falls silent or drips at
the end is given up within the 570 s of the function."""


class BadRequest(Permanent):
    """The body does not say what to do."""

    def __init__(self, sentence: str):
        super().__init__("bad_request", sentence)


@dataclass(frozen=True, slots=True)
class Clients:
    """What is kept between requests."""

    lake: Lake
    warehouse: bigquery.Client
    dataset: str


@once
def wiring() -> Clients:
    """Clients, made at the first request and kept. A broken setting fails each request."""
    settings = config.read(config.ReportSettings)
    project = settings.google_cloud_project
    warehouse = bigquery.Client(project=project)
    bound(warehouse._http, STATEMENT_LIMITS)
    return Clients(
        lake=Lake.connect(project, settings.lake_bucket, settings.request_timeout_s),
        warehouse=warehouse,
        dataset=settings.dataset,
    )


@functions_framework.http
def report(request: flask.Request) -> flask.Response:
    """Make the report of today (UTC), or of `{"date": "2026-01-31"}`.

    A second call of the day over the same rows changes nothing. 200 with the answer in words and
    the name of the page; 400 for a body or a plan in the bucket that cannot be read; 503 when
    storage or BigQuery is down; 500 for a deploy that lacks a setting or a table.
    """
    try:
        return _json(200, _made(_day(request)))
    except Permanent as error:
        return _json(400, {"error": error.reason, "message": error.sentence})
    except Transient as error:
        return _json(503, {"error": "transient", "message": f"{error}; call again."})
    except Misconfigured as error:
        return _json(500, {"error": "misconfigured", "message": str(error)})


def _made(day: date) -> dict[str, Any]:
    # Statistics take a second to import: not before a request wants them.
    from shared.insights.report.daily_report import ReportApp, make_report

    clients = wiring()
    app = ReportApp(
        lake=clients.lake,
        client=clients.warehouse,
        dataset=clients.dataset,
        deadline=Deadline.after(BIGQUERY_S),
    )
    return make_report(app, day).document()


def _day(request: flask.Request) -> date:
    try:
        body = json.loads(request.get_data() or b"{}")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or body.keys() - {"date"}:
        raise BadRequest('The body is empty, or a JSON object such as {"date": "2026-01-31"}.')
    if "date" not in body:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(body["date"])
    except (TypeError, ValueError) as error:
        raise BadRequest("date: not a day such as 2026-01-31.") from error


def _json(status: int, content: dict[str, Any]) -> flask.Response:
    return flask.Response(json.dumps(content), status, mimetype="application/json")
