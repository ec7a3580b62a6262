"""Entry point: the scheduler calls; the day's report is made of the star schema and the lake."""

from shared.concurrency import in_one_thread

in_one_thread()  # before pandas, which imports numpy

from typing import Any

import flask
import functions_framework

from shared import config, logs
from shared.answers import answer
from shared.clock import utc_now
from shared.concurrency import once
from shared.insights.report.request import ReportClients, ReportRequest, report_document

logs.configure()


@once
def wiring() -> ReportClients:
    """Clients, made at the first request and kept. A broken setting fails each request."""
    return ReportClients.connect(config.read(config.ReportSettings))


@functions_framework.http
def report(request: flask.Request) -> flask.Response:
    """Make the report of today (UTC), or of `{"date": "2026-01-31"}`.

    With `"synthetic": true` it is about the synthetic videos, where the lake has observed ones too.

    A second call of the day over the same rows changes nothing. 200 with the answer in words and
    the name of the page; errors as in shared/answers.py.
    """

    def use_case() -> dict[str, Any]:
        body = ReportRequest.parse(request.get_data(), utc_now().date())
        return report_document(wiring(), body)

    return answer(use_case, retry="call again")
