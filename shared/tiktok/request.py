"""What a request asks `fetch` to do: one collection, all that is due, or the canary."""

from typing import Any, Literal, get_args

from shared.answers import BadRequest, json_object
from shared.tiktok.due import fetch_due
from shared.tiktok.fetch import fetch_collection
from shared.tiktok.run import FetchApp

Mode = Literal["discover", "refresh", "due", "canary"]
EXAMPLE = '{"collection": "cats", "mode": "discover"}'


def parse_request(body: bytes) -> tuple[Mode, str]:
    """The mode, and the name of a collection: empty for `due` and `canary`. Raises BadRequest."""
    options = json_object(body, {"collection", "mode"}, EXAMPLE)
    mode, name = options.get("mode", "discover"), options.get("collection")
    if mode not in get_args(Mode):
        raise BadRequest(f"mode: one of {', '.join(get_args(Mode))}.")
    if mode in ("due", "canary"):
        if name is not None:
            raise BadRequest(f"mode {mode} is about all collections; name none.")
        return mode, ""
    if not isinstance(name, str) or not name:
        raise BadRequest("collection: the name of a collection is missing.")
    return mode, name


def run_request(mode: Mode, name: str, app: FetchApp) -> dict[str, Any]:
    """Carry out a parsed request and return its answer, as the use case describes it."""
    if mode == "due":
        return fetch_due(app)
    if mode == "canary":
        from shared.tiktok.canary import canary  # runs once a day

        return canary(app)
    return fetch_collection(name, app, mode)
