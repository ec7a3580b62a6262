"""Parked uploads in flight: released by `sweep`, and not yet handled by `analyze`.

The day's ledger shows what `analyze` has reserved. A released upload reserves nothing before it is
delivered, so the next sweep would spend its money a second time. Therefore a mark is written before
the upload is published, and `analyze` deletes it when the upload is rated, parked again, refused or
ignored. `sweep` deletes that of a dead letter.

A mark is `state/in-flight/{day}/{budget}/{generation}`, with the generation of the parked object.
So a second sweep at once, or one that follows a killed one, writes the same mark. Marks of the day
before yesterday are deleted: their messages are lost, or nobody answers them. The bucket's clock
must agree, because a sweep whose clock is ahead would delete the marks of today.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from shared.concurrency import in_order
from shared.errors import Permanent
from shared.storage.lake import Lake
from shared.storage.layout import ANY_BUDGET

FOLDER = "state/in-flight/"
ATTRIBUTE = "in_flight"
"""The attribute of a message that names its mark, without the folder."""

LIFETIME = timedelta(days=1)
"""A mark that is dated before yesterday is at least that old, if the clocks were right."""

_MARK = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}/[a-z0-9-]{1,20}/[0-9]{1,20}")
_PROBE = "probe-"


def mark_of(day: date, budget: str, generation: int) -> str:
    """The mark of a parked upload that is released on a day."""
    return f"{day.isoformat()}/{budget or ANY_BUDGET}/{generation}"


def mark_in(attributes: Mapping[str, str]) -> str:
    """The mark that a message names; "" for none."""
    mark = attributes.get(ATTRIBUTE, "")
    return mark if _MARK.fullmatch(mark) else ""


def set_mark(lake: Lake, mark: str) -> None:
    lake.put(f"{FOLDER}{mark}", b"{}")


def delete_mark(lake: Lake, mark: str) -> None:
    """Say that an upload was handled. Without a mark it does nothing."""
    if mark:
        lake.delete(f"{FOLDER}{mark}")


@contextmanager
def handling(lake: Lake, mark: str) -> Iterator[None]:
    """Delete the mark when the block ends or raises Permanent; otherwise the message returns."""
    try:
        yield
    except Permanent:
        delete_mark(lake, mark)
        raise
    delete_mark(lake, mark)


def count_in_flight(lake: Lake, day: date) -> Counter[str]:
    """Uploads in flight that were released on that UTC day or the day before, by budget.

    The empty name counts all of them. Older marks are deleted, but those that are younger than
    LIFETIME by the bucket's clock count, too.
    """
    counts: Counter[str] = Counter()
    names: list[str] = []
    dated_earlier: list[str] = []
    for name in lake.names(FOLDER):
        is_earlier = name.removeprefix(FOLDER) < (day - timedelta(days=1)).isoformat()
        (dated_earlier if is_earlier else names).append(name)
    names += filter(None, in_order(lambda name: _unless_outdated(lake, name), dated_earlier))
    for name in names:
        budget, _, generation = name.removeprefix(FOLDER).partition("/")[2].partition("/")
        if not generation.startswith(_PROBE):
            counts.update({"", "" if budget == ANY_BUDGET else budget})
    return counts


def _unless_outdated(lake: Lake, name: str) -> str:
    """The name of a mark that is still young. Otherwise the mark is deleted."""
    stored = lake.age(name, asker="sweep")
    if stored is None:
        return ""
    generation, age = stored
    if age < LIFETIME:
        return name
    lake.delete(name, generation)
    return ""


def may_probe(lake: Lake, budget: str, now: datetime) -> bool:
    """Whether this is the first probe of a budget in an hour. One sweep gets True."""
    at = now.astimezone(UTC)
    name = f"{FOLDER}{at.date().isoformat()}/{budget or ANY_BUDGET}/{_PROBE}{at.hour:02}"
    return lake.write_once(name, b"{}")
