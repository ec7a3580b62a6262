"""What goes wrong at the sandbox next, by the points `tiktok.…` of a plan (see local/faults)."""

import threading
from collections.abc import Mapping

from local.faults import BadFaultPlan, Dice, Fault, FaultPlan, parse_plan
from local.faults.dice import FaultLog, dice_for

POINTS = tuple(f"tiktok.{endpoint}" for endpoint in ("token", "query", "user", "display", "media"))
_CODES = {400: "invalid_params", 401: "access_token_invalid", 429: "rate_limit_exceeded"}


class Faults:
    """Dice for each endpoint; without a plan nothing goes wrong."""

    def __init__(self, plan: FaultPlan | None = None, log: FaultLog | None = None):
        self._log = log or FaultLog()
        self._lock = threading.Lock()
        self._dice: Mapping[str, Dice] = dice_for(POINTS, plan or FaultPlan(), self._log)

    def change(self, payload: object) -> None:
        """Take over the points that a plan names, and leave the others. Raises BadFaultPlan."""
        plan = parse_plan(payload)
        if foreign := sorted(set(plan.rules) - set(POINTS)):
            raise BadFaultPlan(
                f"{foreign[0]} is no point of the sandbox; there are {', '.join(POINTS)}."
            )
        with self._lock:
            self._dice = {**self._dice, **dice_for(POINTS, plan, self._log)}

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._dice = {}

    def next(self, endpoint: str, request: str) -> Fault | None:
        """The fault for one request; None when it shall be answered properly."""
        with self._lock:
            dice = self._dice.get(f"tiktok.{endpoint}")
        return dice.next(request) if dice else None

    def state(self) -> dict[str, list[str]]:
        """The points where something may go wrong, and what is queued there."""
        with self._lock:
            return {at: dice.waiting() for at, dice in self._dice.items()}


def code_for(status: int) -> str:
    """The API's error code for a status, where a fault names none."""
    return _CODES.get(status, "internal_error")
