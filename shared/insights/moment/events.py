"""The rated column with the second of each event."""

from collections.abc import Mapping
from typing import Any

from shared.insights.moment.options import Event

COLUMNS: Mapping[Event, str] = {
    "surprise": "surprise_onset_s",
    "suspense": "suspense_from_s",
    "payoff": "suspense_to_s",
}
"""The surprise and the suspense begin at theirs. At the payoff the suspense ends."""


def event_second(row: Mapping[str, Any], event: Event) -> float | None:
    """The second of the event; None where there is none. Suspense that breaks off has no payoff."""
    if event == "payoff" and not row.get("suspense_pays_off"):
        return None
    second = row.get(COLUMNS[event])
    return None if second is None else float(second)
