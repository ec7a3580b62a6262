"""The two requests of every statement, answered without FastAPI's routing.

A client starts a job (jobs.insert) and reads its results (jobs.getQueryResults). FastAPI takes a
millisecond for each: it tries its routes in turn, resolves dependencies, and reads results in
another thread. bqemulator's own functions answer here, too.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from local.emulators.guard_asgi import Message, Receive, Send

if TYPE_CHECKING:
    from starlette.applications import Starlette

_JOBS = re.compile(r"/bigquery/v2/projects/([^/]+)/jobs")
_RESULTS = re.compile(r"/bigquery/v2/projects/([^/]+)/queries/([^/]+)")
_NUMBERS = frozenset({"maxResults", "startIndex"})


class ShortRoutes:
    """An ASGI application that answers these two itself, and passes on all others."""

    def __init__(self, app: "Starlette"):
        from pydantic import TypeAdapter

        self._app = app
        self._serialized: Callable[..., bytes] = TypeAdapter(dict[str, Any]).dump_json

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        is_http = scope["type"] == "http"
        if is_http and scope["method"] == "POST" and (match := _JOBS.fullmatch(scope["path"])):
            await self._answer(self._insert_job, match, scope, receive, send)
        elif (
            is_http
            and scope["method"] == "GET"
            and (match := _RESULTS.fullmatch(scope["path"]))
            and (page := page_of(scope["query_string"])) is not None
        ):
            await self._answer(self._query_results, match, {**scope, "page": page}, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(
        self, endpoint: Any, match: re.Match[str], scope: Message, receive: Receive, send: Send
    ) -> None:
        """Send what the function returns, or bqemulator's own answer to what it raises."""
        from starlette.requests import Request
        from starlette.responses import Response

        request = Request({**scope, "app": self._app}, receive)
        try:
            content = self._serialized(await endpoint(request, *match.groups()))
            response = Response(content, media_type="application/json")
        except Exception as error:
            response = await self._handler_of(error)(request, error)
        await response(scope, receive, send)

    async def _insert_job(self, request: Any, project: str) -> Any:
        from bqemulator.api.dependencies import get_caller, get_context
        from bqemulator.api.routes import jobs

        return await jobs.insert_job(project, request, get_context(request), get_caller(request))

    async def _query_results(self, request: Any, project: str, job: str) -> Any:
        from bqemulator.api.dependencies import get_context
        from bqemulator.api.routes import jobs

        page = {"maxResults": 10_000, "startIndex": 0, "pageToken": None, **request.scope["page"]}
        return jobs.get_query_results(project, job, get_context(request), **page)

    def _handler_of(self, error: Exception) -> Any:
        """The application has one for Exception, so that there is always one."""
        handlers: Mapping[Any, Any] = self._app.exception_handlers
        return next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)


def page_of(query: bytes) -> dict[str, Any] | None:
    """The page of results that a query string asks for. None if FastAPI must judge a value."""
    page: dict[str, Any] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name in _NUMBERS:
            if not (value.isascii() and value.isdigit()):
                return None
            page[name] = int(value)
        elif name == "pageToken":
            page[name] = value
    return page
