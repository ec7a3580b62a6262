"""HTTP answers of a function: JSON, and for an error the status that says what to do next."""

import json
from collections.abc import Callable, Set
from typing import Any

import flask

from shared.errors import Busy, Misconfigured, Permanent, Transient


class BadRequest(Permanent):
    """The body does not say what to do."""

    def __init__(self, sentence: str):
        super().__init__("bad_request", sentence)


def answer(use_case: Callable[[], dict[str, Any]], retry: str) -> flask.Response:
    """Run a use case and answer 200 with its JSON, or the status of its error.

    400, or 404 for an unknown collection, when the same request cannot succeed; 409 while another
    run is at work; 503 to call again, where `retry` says what that does; 500 for a broken deploy.
    """
    try:
        return _json(200, use_case())
    except Permanent as error:
        status = 404 if error.reason == "unknown_collection" else 400
        return _error(status, error.reason, error.sentence)
    except Busy as error:
        return _error(409, "busy", f"{error}; that run continues, and nothing is lost.")
    except Transient as error:
        return _error(503, "transient", f"{error}; {retry}.")
    except Misconfigured as error:
        return _error(500, "misconfigured", str(error))


def json_object(body: bytes, keys: Set[str], example: str) -> dict[str, Any]:
    """Read a request's body. Raises BadRequest for other JSON, and for keys beyond `keys`."""
    expected = f"The body must be a JSON object such as {example}."
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not JSON. {expected}") from error
    if not isinstance(content, dict) or content.keys() - keys:
        raise BadRequest(expected)
    return content


def _error(status: int, reason: str, sentence: str) -> flask.Response:
    return _json(status, {"error": reason, "message": sentence})


def _json(status: int, content: dict[str, Any]) -> flask.Response:
    return flask.Response(json.dumps(content), status, mimetype="application/json")
