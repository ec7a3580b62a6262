"""Calls `fetch`, `sweep` and `load` as the scheduler does, and watches their traffic."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from cli.console import Screen
from cli.errors import UserError
from local.endpoints import Endpoints
from local.process.background import in_background
from local.traffic import Traffic, read_traffic_or_none, wait_until_over

FETCH_WITHIN_S = 1_800.0
SWEEP_WITHIN_S = 180.0
DRAIN_WITHIN_S = 580.0
"""Deadlines of the scheduler. The functions end by themselves before."""
SWEEP_EVERY_S = 60.0
LOOK_EVERY_S = 0.2
JSON_BODY = {"Content-Type": "application/json"}
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call_fetch(endpoints: Endpoints, parameters: dict[str, str]) -> dict[str, Any]:
    """Call `fetch`, and return its answer. Raises UserError with its reason."""
    body = json.dumps(parameters).encode()
    request = urllib.request.Request(endpoints.functions["fetch"], body, JSON_BODY)
    try:
        with _DIRECT.open(request, timeout=FETCH_WITHIN_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise UserError(f"fetch answered {error.code}: {_reason(error, endpoints)}") from error
    except OSError as error:
        raise UserError(f"fetch did not answer ({error}); see {_log(endpoints)}.") from error


def show_canary(endpoints: Endpoints, screen: Screen) -> None:
    """Show the canary's answer, a row per source and step. Raises UserError when a step broke."""
    with screen.working("Reading a known video of each source …"):
        answer = call_fetch(endpoints, {"mode": "canary"})
    if screen.machine:
        screen.show_json(answer)
    elif answer["sources"]:
        screen.table(
            ("source", "collection", "video", "step", "", "why"),
            [
                (*(source[name] or "" for name in _OF_SOURCE), *_of_step(step))
                for source in answer["sources"]
                for step in source["steps"]
            ],
        )
    for silent in answer["silent"]:
        screen.say(f"{silent['collection']} lists nothing: {silent['why']}.")
    if not answer["sources"]:
        raise UserError("There is no collection to try. Add some: tta collections put FILE")
    broke = [source for source in answer["sources"] if not source["ok"]]
    if broke:
        where = ", ".join(f"{source['source']} at step {source['broke']}" for source in broke)
        raise UserError(f"Broke: {where}.")


_OF_SOURCE = ("source", "collection", "video_id")
_VERDICTS = {True: "ok", False: "BROKE", None: "not tried"}


def _of_step(step: dict[str, Any]) -> tuple[str, str, str]:
    return step["step"], _VERDICTS[step["ok"]], step["why"]


def sweep(endpoints: Endpoints) -> None:
    """Call `sweep` as the scheduler does. The next call repeats what this one could not do."""
    request = urllib.request.Request(endpoints.functions["sweep"], b"{}", JSON_BODY)
    with suppress(OSError), _DIRECT.open(request, timeout=SWEEP_WITHIN_S):
        pass


def drain(endpoints: Endpoints) -> None:
    """Have `load` pull all records, as the scheduler does. The next call repeats what failed."""
    from shared.messaging.events import drain_body

    body = json.dumps(drain_body()).encode()
    request = urllib.request.Request(endpoints.functions["load"], body, JSON_BODY)
    with suppress(OSError), _DIRECT.open(request, timeout=DRAIN_WITHIN_S):
        pass


@contextmanager
def scheduled(endpoints: Endpoints) -> Iterator[None]:
    """Call `sweep` every minute, and `load` if it pulls, as long as the block lasts."""
    over = threading.Event()
    calls: list[tuple[Callable[[Endpoints], None], float]] = [(sweep, SWEEP_EVERY_S)]
    if endpoints.pulls_records:
        calls.append((drain, endpoints.freshness_s))

    def repeat(call: Callable[[Endpoints], None], every_s: float) -> None:
        while not over.wait(every_s):
            call(endpoints)

    for call in calls:
        threading.Thread(target=repeat, args=call, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def fetch_and_settle(
    endpoints: Endpoints, parameters: dict[str, str], on_look: Callable[[Traffic], None]
) -> tuple[dict[str, Any], Traffic]:
    """Call `fetch`, and wait until nothing that it started is in transit."""
    return fetch_watched(endpoints, parameters, on_look), wait_until_over(endpoints, on_look)


def fetch_watched(
    endpoints: Endpoints, parameters: dict[str, str], on_look: Callable[[Traffic], None]
) -> dict[str, Any]:
    """Call `fetch`. What it stored may still be in transit when it answers."""
    answer = in_background(call_fetch, endpoints, parameters)
    while not answer.done():
        if (traffic := read_traffic_or_none(endpoints)) is not None:
            on_look(traffic)
        time.sleep(LOOK_EVERY_S)
    return answer.result()


def _reason(error: urllib.error.HTTPError, endpoints: Endpoints) -> str:
    try:
        return str(json.load(error)["message"])
    except (ValueError, KeyError, TypeError, OSError):
        return f"see {_log(endpoints)}"


def _log(endpoints: Endpoints) -> str:
    return f"{endpoints.home}/logs/fetch.log"


def on_its_way(traffic: Traffic) -> str:
    """A line about the messages in transit."""
    return (
        f"On the way: {traffic.outbox + traffic.to_analyze} files to rate, "
        f"{traffic.to_load} records to load …"
    )


def in_words(answer: dict[str, Any]) -> list[str]:
    """What `fetch` did, a line per kind of outcome."""
    if answer["mode"] == "due":
        return _due_in_words(answer)
    reads = "refresh" in answer["mode"] or answer.get("read_again")
    read = [_read_again(answer)] if reads else []
    if answer["mode"] == "refresh":
        return [*read, *_leftover_lines(answer)]
    lines = [
        *read,
        f"listed   {answer['listed']} videos ({answer['new']} new, "
        f"{answer['already_listed']} already known)",
        f"stored   {answer['stored']} files ({answer['already_there']} already there)",
        f"no media {answer['no_media']} videos{_reasons(answer, 'no_media')}",
    ]
    if answer["failed"]:
        lines.append(f"failed   {answer['failed']}{_reasons(answer, 'failed')}")
    if answer["max_videos_reached"]:
        lines.append("stopped  at max_videos: raise it, or older posts are never listed")
    return [*lines, *_leftover_lines(answer)]


def reasons_in_words(answer: dict[str, Any]) -> list[str]:
    """Each reason for which a video has no file: its count, an example, and what helps."""
    if answer["mode"] == "due":
        return [line for ran in answer["ran"] for line in reasons_in_words(ran)]
    return [_reason_line(of) for of in answer.get("why", [])]


def _reason_line(of: dict[str, Any]) -> str:
    """One reason in a line, such as "2 timeout: the server did not answer in time (e.g. …)."."""
    shown = [of["example"]["video_id"] and f"video {of['example']['video_id']}"]
    shown.append(of["example"]["sentence"])
    example = ": ".join(part.rstrip(".") for part in shown if part)
    example = f" (e.g. {example})" if example else ""
    return f"{of['count']:,} {of['reason']}: {of['meaning']}{example}. {of['advice']}"


def _read_again(answer: dict[str, Any]) -> str:
    return (
        f"read     {answer['read_again']} videos again ({answer['missed']} not found, "
        f"{answer['vanished']} of them gone for sure)"
    )


def _leftover_lines(answer: dict[str, Any]) -> list[str]:
    if not answer["left"]:
        return []
    return [f"left     for a later run, because of: {answer['left']['why']}"]


def _due_in_words(answer: dict[str, Any]) -> list[str]:
    lines = []
    for ran in answer["ran"]:
        lines += [f"{ran['collection']}:", *(f"  {line}" for line in in_words(ran))]
    lines += [f"{name}: another run has it" for name in answer["busy"]]
    lines += [f"{name}: left for the next run" for name in answer["left"]]
    lines += [f"{failure['collection']}: {failure['why']}" for failure in answer["failed"]]
    return lines or ["Nothing is due."]


def _reasons(answer: dict[str, Any], kind: str) -> str:
    counts = answer["reasons"].get(kind, {})
    listing = ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items()))
    return f" ({listing})" if listing else ""
