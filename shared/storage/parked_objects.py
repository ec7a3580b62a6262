"""Parked messages as objects: which budget and which video each belongs to, and short listings.

A message is `parked/{stage}/{budget}/{due date}/{key}.json`. So the listing of one budget begins
with what was due first, and it can stop where the money or the due dates end. Earlier versions
wrote flat names, `parked/{stage}/{key}.json`. Those are still listed.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal
from urllib.parse import quote

from shared.storage.folders import folders
from shared.storage.lake import Lake, LakeObject
from shared.storage.layout import ANY_BUDGET, PARKED, VIDEOS, parked_folder, video_key

UPLOADS: Literal["analyze"] = "analyze"
"""The stage whose messages wait for the budget of a rater."""

RECORDS = "load"

_FLAT_UPLOADS = f"{PARKED}{UPLOADS}/{quote(VIDEOS, safe='')}"
_OF_RATER = re.compile(r"-gemini%3A([a-z][a-z0-9-]*)(?:%2B[a-z]+)*-[0-9]+\.json$")


def named_rater(parked: str) -> str:
    """The entry of RATERS that a parked upload is for, by its object's name; "" for none.

    A flat name that was cut because it is long tells no entry.
    """
    folder, *deeper = parked.split("/")[2:]
    if deeper and folder != ANY_BUDGET:
        return folder
    match = _OF_RATER.search(parked)
    return match[1] if match else ""


def budget_of(condition: str) -> str:
    """The entry of RATERS in the word for a condition: `flash` of `gemini:flash+caption`."""
    return condition.partition("+")[0].partition(":")[2]


def budget_folders(lake: Lake, stage: str) -> list[str]:
    """Prefixes of the budgets for which messages of a stage wait; one request for each."""
    if stage != UPLOADS:
        return [parked_folder(stage)]
    return list(_subfolders(lake, f"{PARKED}{stage}/"))


def has_flat_entries(lake: Lake, stage: str) -> bool:
    """Whether earlier versions parked messages that are still there; one request."""
    return next(flat_entries(lake, stage, page_size=1), None) is not None


def flat_entries(lake: Lake, stage: str, page_size: int | None = None) -> Iterator[LakeObject]:
    """Messages that earlier versions parked, in the order of their names."""
    stage_folder = f"{PARKED}{stage}/"
    # A message's id, which is the key of a record, is a number: it comes before any folder.
    prefix = _FLAT_UPLOADS if stage == UPLOADS else stage_folder
    for entry in lake.entries(prefix, page_size=page_size):
        if "/" in entry.name.removeprefix(stage_folder):
            return
        yield entry


def parked_folders(lake: Lake) -> list[str]:
    """Prefixes under which a key follows: one for each stage, and one for each budget and date."""
    prefixes = [f"{PARKED}{stage}/" for stage in (UPLOADS, RECORDS)]
    for stage in (UPLOADS, RECORDS):
        for budget in budget_folders(lake, stage):
            prefixes += _subfolders(lake, budget)
    return prefixes


def parked_of_video(lake: Lake, video_id: str, prefixes: Iterable[str]) -> Iterator[str]:
    """Names of a video's parked messages: one listing for each of `parked_folders`.

    Records that earlier versions parked have the message's id as their key, so they are not found.
    """
    for prefix in prefixes:
        yield from lake.names(f"{prefix}{quote(video_key(video_id, ''), safe='')}")


def _subfolders(lake: Lake, prefix: str) -> Iterator[str]:
    return (name for name in folders(lake, prefix, _FLAT_UPLOADS) if name.endswith("/"))
