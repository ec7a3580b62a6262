"""The dice of one point: they decide which fault, if any, the next request meets."""

import json
import os
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from local.faults.plan import Fault, FaultPlan, Rule

LOG = "faults.jsonl"


class FaultLog:
    """Writes a line for each fault to a file that several programs share. No path: no lines."""

    def __init__(self, path: Path | None = None):
        self._descriptor: int | None = None
        if path is not None:
            # O_APPEND and one write per line: lines of several programs do not mix.
            self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, at: str, fault: Fault, request: str) -> None:
        if self._descriptor is not None:
            line = {
                "time": datetime.now(UTC).isoformat(),
                "point": f"{at} {fault.name}",
                "request": request[:300],
            }
            os.write(self._descriptor, f"{json.dumps(line)}\n".encode())


class Dice:
    """Throws once a request. The nth request at a point meets the same fault for the same seed.

    After a restart of its program a point throws from the beginning.
    """

    def __init__(
        self, at: str, plan: FaultPlan, log: FaultLog, timer: Callable[[], float] = time.monotonic
    ):
        self.at = at
        self._log = log
        self._lock = threading.Lock()
        self._rule = plan.rules.get(at, Rule())
        self._queue = deque(self._rule.queue)
        self._timer = timer
        self._spell: tuple[Fault, float] | None = None
        self.random = random.Random(f"{plan.seed} {at}")

    def next(self, request: str) -> Fault | None:
        """The fault that this request meets, written to the log; None when it meets none."""
        with self._lock:
            fault = self._of_spell() or self._drawn()
        if fault is not None:
            self._log.write(self.at, fault, request)
        return fault

    def waiting(self) -> list[str]:
        """Names of the faults that are still in the queue."""
        with self._lock:
            return [fault.name for fault in self._queue]

    def _drawn(self) -> Fault | None:
        fault = self._queue.popleft() if self._queue else self._by_chance()
        if fault is not None and fault.settings.get("spell_s"):
            self._spell = fault, self._timer() + fault["spell_s"]
        return fault

    def _of_spell(self) -> Fault | None:
        """The fault that all requests meet now, while its spell lasts."""
        if self._spell is None:
            return None
        fault, ends_at = self._spell
        return fault if self._timer() < ends_at else None

    def _by_chance(self) -> Fault | None:
        draw = self.random.random()
        for fault, chance in self._rule.chances:
            draw -= chance
            if draw < 0:
                return fault
        return None


def dice_for(points: Iterable[str], plan: FaultPlan, log: FaultLog) -> dict[str, Dice]:
    """Dice for each of the points that the plan names."""
    return {at: Dice(at, plan, log) for at in points if at in plan.rules}


def counted(logs: Path) -> Counter[str]:
    """How often each fault point was hit, by the log under a folder of logs."""
    try:
        lines = (logs / LOG).read_text().splitlines()
    except FileNotFoundError:
        return Counter()
    return Counter(json.loads(line)["point"] for line in lines)
