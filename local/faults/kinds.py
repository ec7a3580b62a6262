"""The vocabulary of faults: the points where faults can happen, and the kinds of each point."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STATUS = "status"
"""The kind for a number such as `503`: the answer has that status."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A number or a text that a kind of fault takes; `default` None leaves it out."""

    default: Any
    least: float = 0.0
    most: float = 0.0
    is_whole: bool = False

    def problem(self, value: object) -> str | None:
        """The problem with a value, or None."""
        if isinstance(self.default, str):
            return None if isinstance(value, str) else "must be a text"
        is_number = isinstance(value, int if self.is_whole else int | float)
        if not is_number or isinstance(value, bool) or not self.least <= value <= self.most:  # type: ignore[operator]
            kind = "a whole number" if self.is_whole else "a number"
            return f"must be {kind} from {self.least:g} to {self.most:g}"
        return None


def _seconds(default: float) -> Setting:
    return Setting(default, 0, 600)


KINDS: Mapping[str, Mapping[str, Setting]] = {
    # Not carried out; answered with the status.
    STATUS: {
        "retry_after_s": Setting(None, 0, 86_400, is_whole=True),
        "code": Setting(""),
        "message": Setting("Synthetic fault, asked for."),
    },
    # Not carried out; the connection is reset.
    "reset": {},
    # Not carried out and not answered: the connection closes after a while.
    "drop": {"seconds": _seconds(2.0)},
    # Not carried out and not answered until the client hangs up, for `seconds` at most. With
    # `spell_s` every later request at the point meets the same fault for that time.
    "hang": {"seconds": _seconds(600.0), "spell_s": _seconds(0.0)},
    # Carried out; the connection is reset before the answer leaves.
    "lost": {},
    # Carried out after a while.
    "delay": {"seconds": _seconds(1.0)},
    # Carried out; the answer comes slowly.
    "slow": {"bytes_per_s": Setting(65_536, 1, 2**40, is_whole=True)},
    # Carried out twice at once; the client gets the second answer.
    "duplicate": {},
    # Carried out after `behind` later requests, or after `seconds`.
    "reorder": {
        "behind": Setting(3, 1, 1_000, is_whole=True),
        "seconds": _seconds(2.0),
    },
    # Begun; the function's process is killed within `within_s`.
    "kill": {"within_s": _seconds(0.5)},
    # The answer ends after `bytes`: with a normal close, or with a reset.
    "truncate": {"bytes": Setting(1_000, 0, 2**40, is_whole=True)},
    "break": {"bytes": Setting(1_000, 0, 2**40, is_whole=True)},
    # The answer declares another content type.
    "mislabel": {"content_type": Setting("text/html")},
}

_HTTP = frozenset(
    {STATUS, "reset", "drop", "hang", "lost", "delay", "slow", "duplicate", "reorder"}
)
_FUNCTION = _HTTP | {"kill"}
_API = frozenset({STATUS, "reset", "hang", "delay"})

POINTS: Mapping[str, frozenset[str]] = {
    # Requests of functions to services.
    "storage": _HTTP,
    "bigquery": _HTTP,
    # Messages into topics, and out of the dead-letter subscriptions.
    "publish": frozenset({STATUS, "hang", "lost", "delay", "duplicate"}),
    "pull": frozenset({STATUS, "hang", "lost", "delay"}),
    # Requests to functions: deliveries, and the scheduler's calls.
    "fetch": _FUNCTION,
    "analyze": _FUNCTION,
    "analyze-gemini": _FUNCTION,
    "load": _FUNCTION,
    "sweep": _FUNCTION,
    # Requests to Gemini, where a stand-in answers on this machine. A lost answer is paid twice.
    "gemini": _API | {"drop", "lost", "slow"},
    # Requests to TikTok.
    "tiktok.token": _API,
    "tiktok.query": _API,
    "tiktok.user": _API,
    "tiktok.display": _API,
    "tiktok.business": _API,
    "tiktok.media": _API | {"slow", "truncate", "break", "mislabel"},
}
PROXIED = (
    "storage",
    "bigquery",
    "gemini",
    "fetch",
    "analyze",
    "analyze-gemini",
    "load",
    "sweep",
)
"""The points whose requests pass through the proxy, when the plan names them."""
