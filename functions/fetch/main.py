"""Entry point: the scheduler names a collection; its new videos and their files arrive."""

import time
from typing import Any

import flask
import functions_framework

from shared import config, logs
from shared.answers import answer
from shared.clock import utc_now
from shared.concurrency import once
from shared.tiktok.bootstrap import fetch_app
from shared.tiktok.request import parse_request, run_request
from shared.tiktok.run import FetchApp

logs.configure()


@once
def wiring() -> FetchApp:
    """Clients, made at the first request and kept. A broken setting fails each request."""
    return fetch_app(config.read(config.FetchSettings), utc_now, time.monotonic)


@functions_framework.http
def fetch(request: flask.Request) -> flask.Response:
    """Fetch `{"collection": name, "mode": "discover"}`, or all that is due: `{"mode": "due"}`.

    The same request again continues where the run stopped, or changes nothing. Mode `refresh`
    reads the counts of known videos that have reached a declared age. Mode `canary` reads known
    videos of each source and keeps nothing; `ok` says whether every step works as before. A run
    that stops for quota or time answers 200, and `left` says what remains. Errors answer as in
    shared/answers.py.
    """

    def use_case() -> dict[str, Any]:
        mode, name = parse_request(request.get_data())
        return run_request(mode, name, wiring())

    return answer(use_case, retry="the next run continues from here")
