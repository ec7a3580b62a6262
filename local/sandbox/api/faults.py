"""The faults of the sandbox: the points `tiktok.…` of a plan (see local/faults)."""

import threading
from collections.abc import Mapping

from local.faults import BadFaultPlan, Dice, Fault, FaultPlan, parse_plan
from local.faults.dice import FaultLog, dice_for

ENDPOINTS = ("token", "query", "user", "display", "business", "media")
POINTS = tuple(f"tiktok.{endpoint}" for endpoint in ENDPOINTS)
_CODES = {400: "invalid_params", 401: "access_token_invalid", 429: "rate_limit_exceeded"}


class Faults:
    """Dice for each endpoint. Without a plan no request fails."""

    def __init__(self, plan: FaultPlan | None = None, log: FaultLog | None = None):
        self._log = log or FaultLog()
        self._lock = threading.Lock()
        self._dice: Mapping[str, Dice] = dice_for(POINTS, plan or FaultPlan(), self._log)

    def change(self, payload: object) -> None:
        """Replace the points that a plan names, and keep the others. Raises BadFaultPlan."""
        plan = parse_plan(payload)
        if foreign := sorted(set(plan.rules) - set(POINTS)):
            raise BadFaultPlan(
                f"{foreign[0]} is not a point of the sandbox. Its points are {', '.join(POINTS)}."
            )
        with self._lock:
            self._dice = {**self._dice, **dice_for(POINTS, plan, self._log)}

    def clear(self) -> None:
        """Drop all faults."""
        with self._lock:
            self._dice = {}

    def next(self, endpoint: str, request: str) -> Fault | None:
        """The fault for one request, or None."""
        with self._lock:
            dice = self._dice.get(f"tiktok.{endpoint}")
        return dice.next(request) if dice else None

    def state(self) -> dict[str, list[str]]:
        """The points that may fail, and the queued faults of each."""
        with self._lock:
            return {at: dice.waiting() for at, dice in self._dice.items()}


def code_for(status: int) -> str:
    """The API's error code for a status, if the fault has none of its own."""
    return _CODES.get(status, "internal_error")
