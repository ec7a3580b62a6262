"""The vocabulary of faults: the points where one can happen, and the kinds each point knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STATUS = "status"
"""The kind behind a number such as `503`: that answer in place of the proper one."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A number or a text that a kind of fault takes; `default` None leaves it to chance or out."""

    default: Any
    least: float = 0.0
    most: float = 0.0
    is_whole: bool = False

    def problem(self, value: object) -> str | None:
        """What is wrong with a value, or None."""
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
    # Not carried out, and nothing said: the connection closes after a while.
    "drop": {"seconds": _seconds(2.0)},
    # Not carried out, and nothing said until the client hangs up, for so long at most. With a spell
    # every later request at the point meets the same, until so long after the first.
    "hang": {"seconds": _seconds(600.0), "spell_s": _seconds(0.0)},
    # Carried out; the connection is reset before the answer leaves.
    "lost": {},
    # Carried out after a while.
    "delay": {"seconds": _seconds(1.0)},
    # Carried out; the answer comes drop by drop.
    "slow": {"bytes_per_s": Setting(65_536, 1, 2**40, is_whole=True)},
    # Carried out twice at once; the second answer is the one that is seen.
    "duplicate": {},
    # Carried out after so many others that came later, or after a while.
    "reorder": {
        "behind": Setting(3, 1, 1_000, is_whole=True),
        "seconds": _seconds(2.0),
    },
    # Begun; the function's process is killed within that time.
    "kill": {"within_s": _seconds(0.5)},
    # The answer breaks off after so many bytes: in good order, or by a reset.
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
    # What functions ask of the services.
    "storage": _HTTP,
    "bigquery": _HTTP,
    # Messages on their way into topics, and out of the dead-letter subscriptions.
    "publish": frozenset({STATUS, "hang", "lost", "delay", "duplicate"}),
    "pull": frozenset({STATUS, "hang", "lost", "delay"}),
    # What reaches a function: deliveries, and the scheduler's calls.
    "fetch": _FUNCTION,
    "analyze": _FUNCTION,
    "analyze-gemini": _FUNCTION,
    "load": _FUNCTION,
    "sweep": _FUNCTION,
    # What Gemini is asked, where it answers on this machine. What is lost is paid again.
    "gemini": _API | {"drop", "lost", "slow"},
    # What TikTok answers.
    "tiktok.token": _API,
    "tiktok.query": _API,
    "tiktok.user": _API,
    "tiktok.display": _API,
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
