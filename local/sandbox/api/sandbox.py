"""The state of the sandbox without HTTP: the APIs, the faults, the switches and the counts."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from local.faults import BadFaultPlan
from local.sandbox.api.business import SandboxBusinessApi
from local.sandbox.api.display import SandboxDisplayApi
from local.sandbox.api.faults import Faults
from local.sandbox.api.research import SandboxResearchApi
from local.sandbox.library import Library


class Sandbox:
    """The state that all request handlers share. Safe to use from many threads."""

    def __init__(
        self,
        library: Library,
        api: SandboxResearchApi | None = None,
        faults: Faults | None = None,
        display: SandboxDisplayApi | None = None,
        business: SandboxBusinessApi | None = None,
    ):
        self.library = library
        self.api = api or SandboxResearchApi(library)
        self.display = display or SandboxDisplayApi(self.api.shown)
        self.business = business or SandboxBusinessApi(self.api.shown)
        self.faults = faults or Faults()
        self._lock = threading.Lock()
        self._answers: dict[str, Counter[str]] = {}
        self._media: Counter[str] = Counter()
        self._media_bytes = 0

    def count(self, endpoint: str, outcome: object) -> None:
        """Note one answer: a status, or `truncated` or `reset`."""
        with self._lock:
            self._answers.setdefault(endpoint, Counter())[str(outcome)] += 1

    def count_media(self, video_id: str, sent: int) -> None:
        """Note a request for a post's file and how much of it was sent."""
        with self._lock:
            self._media[video_id] += 1
            self._media_bytes += sent

    def stats(self) -> dict[str, Any]:
        """Answers by endpoint and status, quota, and requests for each post's file."""
        with self._lock:
            return {
                "synthetic": True,
                "requests": {name: dict(counts) for name, counts in self._answers.items()},
                "quota": self.api.quota_state(),
                "media_bytes": self._media_bytes,
                "media_requests": dict(self._media),
            }

    def change(self, payload: object) -> dict[str, Any]:
        """Apply a plan of faults (see local/faults) and the switches of the API itself.

        expire_search_id, revoke_tokens, clear: true acts at once. quota: queries a day.
        end_date: "inclusive" or "exclusive", since the documentation leaves it open.
        disorder: true lists some posts twice and some out of order.
        shown_at: the moment at which the posts are seen, ISO 8601, or null. vanish, restore: ids.
        """
        settings = dict(payload) if isinstance(payload, dict) else payload
        if not isinstance(settings, dict):
            raise BadFaultPlan("faults must be a JSON object")
        switches = {key: settings.pop(key) for key in list(settings) if key in _SWITCHES}
        for key, value in switches.items():
            if not _SWITCHES[key](value):
                raise BadFaultPlan(f"{key} cannot be {value!r}")
        if switches.get("clear"):
            self.faults.clear()
        self.faults.change(settings)
        self._switch(switches)
        return {
            **self.faults.state(),
            "quota": self.api.quota_state(),
            **self.api.shown.state(),
        }

    def _switch(self, switches: Mapping[str, Any]) -> None:
        if switches.get("expire_search_id"):
            self.api.forget_searches()
        if switches.get("revoke_tokens"):
            self.api.revoke_tokens()
            self.display.consents.revoke()
            self.business.consents.revoke()
        self.api.is_disorderly = switches.get("disorder", self.api.is_disorderly)
        if "shown_at" in switches:
            moment = switches["shown_at"]
            self.api.shown.show_at(None if moment is None else datetime.fromisoformat(moment))
        self.api.shown.vanish(switches.get("vanish", ()))
        self.api.shown.restore(switches.get("restore", ()))
        self.api.quota = switches.get("quota", self.api.quota)
        if "end_date" in switches:
            self.api.end_inclusive = switches["end_date"] == "inclusive"


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_moment(value: object) -> bool:
    if value is None:
        return True
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_ids(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(video_id, str) for video_id in value)


_SWITCHES: Mapping[str, Callable[[object], bool]] = {
    "expire_search_id": _is_flag,
    "revoke_tokens": _is_flag,
    "clear": _is_flag,
    "quota": lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
    "end_date": lambda value: value in ("inclusive", "exclusive"),
    "disorder": _is_flag,
    "shown_at": _is_moment,
    "vanish": _is_ids,
    "restore": _is_ids,
}
