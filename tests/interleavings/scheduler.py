"""Who proceeds: one task at a time, from one outside operation to the next, by a seeded dice.

Each task runs the product's code in a thread of its own. Before an outside operation the code calls
`step`; there the thread stops until the dice name it again. Between two steps nobody else runs, so
a seed gives the same run every time. Time is virtual: a step takes up to STEP_S, and sleeping takes
none at all.

https://apple.github.io/foundationdb/testing.html (simulation), checked 2026-11
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, ClassVar

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
STEP_S = 0.004
MOST_STEPS = 30_000
STOPS = "stops:"
"""How the note in a trace begins that a task was killed or failed."""

WEIGHTS = (0.05, 0.3, 1.0, 3.0)
"""How often a task is named beside the others; one that starves meets what others did meanwhile."""


class Killed(BaseException):
    """The process was killed: whatever it still does has no effect."""


class Stuck(Exception):
    """Nobody can proceed, or the run comes to no end."""


@dataclass(eq=False)
class Task:
    """One operation at work. `deadline` is when its platform kills it, in virtual seconds."""

    kind: str
    work: Callable[[], None]
    process: Any = None
    attempt: int = 1
    deadline: float | None = None
    weight: float = 1.0
    is_killed: bool = False
    has_ended: bool = False
    wakes_at: float | None = None
    can_go_on: Callable[[], bool] | None = None
    error: BaseException | None = None
    on_end: Callable[["Task"], None] = lambda task: None
    on_failure: Callable[[], None] = lambda: None
    worker: "_Worker | None" = field(default=None, repr=False)


class Scheduler:
    """Runs tasks to their ends. `on_pick` may start or kill tasks between two steps."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.now_s = 0.0
        self.steps: list[tuple[float, str, str]] = []
        self.tasks: list[Task] = []
        self.current: Task | None = None
        self.on_pick: Callable[[], None] = lambda: None
        self.on_time_out: Callable[[Task], None] = self.kill
        self.stickiness = self.random.choice((0.0, 0.5, 0.85))
        self.jumps = self.random.choice((0.003, 0.03))
        self._main = threading.Lock()
        self._main.acquire()
        self._error: BaseException | None = None

    # From inside a task

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.now_s)

    def step(self, what: str) -> None:
        """Stop before an outside operation until the dice name this task. Raises Killed."""
        task = self._own()
        self._pass_on(task)
        self.steps.append((self.now_s, task.kind, what))

    def sleep(self, seconds: float) -> None:
        task = self._own()
        task.wakes_at = self.now_s + seconds
        self._pass_on(task)

    def wait_for(self, can_go_on: Callable[[], bool], timeout_s: float | None = None) -> bool:
        """Until something is so; False when it was not in time."""
        task = self._own()
        task.can_go_on = can_go_on
        task.wakes_at = None if timeout_s is None else self.now_s + timeout_s
        self._pass_on(task)
        return can_go_on()

    def _own(self) -> Task:
        task = self.current
        assert task is not None
        if task.is_killed:
            raise Killed
        return task

    def _pass_on(self, task: Task) -> None:
        following = self._pick()
        if following is not task:
            self._wake(following)
            assert task.worker is not None
            task.worker.gate.acquire()
        task.wakes_at = task.can_go_on = None
        if task.is_killed:
            raise Killed

    # From outside

    def start(self, task: Task) -> Task:
        task.weight = self.random.choice(WEIGHTS)
        self.tasks.append(task)
        return task

    def run(self) -> None:
        """Until every task has ended and `on_pick` starts no more. Raises Stuck."""
        following = self._pick()
        if following is not None:
            self._wake(following)
            self._main.acquire()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def ended(self, task: Task) -> None:
        """Called by the worker: hand over to the next one."""
        task.has_ended = True
        self.tasks.remove(task)
        try:
            if task.error is not None:
                self.steps.append((self.now_s, task.kind, f"{STOPS} {task.error!r}"))
                task.on_failure()
            task.on_end(task)
            following = self._pick()
        except BaseException as error:
            self._error, following = error, None
        self._wake(following)

    def kill(self, task: Task) -> None:
        task.is_killed = True

    def _wake(self, task: Task | None) -> None:
        self.current = task
        if task is None:
            self._main.release()
            return
        if task.worker is None:
            task.worker = _worker()
            task.worker.begin(self, task)
        else:
            task.worker.gate.release()

    def _pick(self) -> Task | None:
        if len(self.steps) > MOST_STEPS:
            for task in self.tasks:
                task.is_killed = True
            if self._error is None:
                self._error = Stuck(f"no end after {MOST_STEPS} steps")
        else:
            self.on_pick()
        while self.tasks:
            self.now_s += self.random.random() * STEP_S
            self._time_out()
            ready = [task for task in self.tasks if self._is_ready(task)]
            sleeping = [task for task in self.tasks if task.wakes_at is not None]
            if ready:
                # Who waits for somebody is patient while anybody can go on.
                sleeping = [task for task in sleeping if task.can_go_on is None]
                if not sleeping or self.random.random() >= self.jumps:
                    return self._chosen(ready)
            if not sleeping:
                for task in self.tasks:
                    task.is_killed = True
                self._error = self._error or Stuck("everybody waits for somebody")
                continue
            self.now_s = max(self.now_s, min(task.wakes_at or 0.0 for task in sleeping))
        return None

    def _time_out(self) -> None:
        for task in self.tasks:
            if task.deadline is not None and task.deadline < self.now_s and not task.is_killed:
                self.on_time_out(task)

    def _is_ready(self, task: Task) -> bool:
        if task.is_killed or (task.wakes_at is None and task.can_go_on is None):
            return True
        if task.can_go_on is not None and task.can_go_on():
            return True
        return task.wakes_at is not None and task.wakes_at <= self.now_s

    def _chosen(self, ready: list[Task]) -> Task:
        if len(ready) == 1:
            return ready[0]
        if self.current in ready and self.random.random() < self.stickiness:
            assert self.current is not None
            return self.current
        sums = list(accumulate(task.weight for task in ready))
        at = self.random.random() * sums[-1]
        return next(task for task, upto in zip(ready, sums, strict=True) if at <= upto)


class Signal:
    """Obeys `threading.Event`, as far as the product uses it."""

    def __init__(self, scheduler: Scheduler):
        self._scheduler = scheduler
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True

    def wait(self, timeout: float | None = None) -> bool:
        return self._is_set or self._scheduler.wait_for(self.is_set, timeout)


class Turn:
    """Obeys `threading.Lock` as a context, for a lock that is held over outside operations."""

    def __init__(self, scheduler: Scheduler):
        self._scheduler = scheduler
        self._holder: Task | None = None

    def __enter__(self) -> None:
        while self._holder is not None and not self._holder.has_ended:
            self._scheduler.wait_for(lambda: self._holder is None or self._holder.has_ended)
        self._holder = self._scheduler.current

    def __exit__(self, *why: object) -> None:
        self._holder = None


class _Worker(threading.Thread):
    """A thread that runs one task after another; starting a thread for each would take longer."""

    idle: ClassVar[list["_Worker"]] = []

    def __init__(self) -> None:
        super().__init__(daemon=True, name="simulated")
        self.gate = threading.Lock()
        self.gate.acquire()
        self._job: tuple[Scheduler, Task] | None = None
        self.start()

    def begin(self, scheduler: Scheduler, task: Task) -> None:
        self._job = scheduler, task
        self.gate.release()

    def run(self) -> None:
        while True:
            self.gate.acquire()
            assert self._job is not None
            scheduler, task = self._job
            try:
                if not task.is_killed:
                    task.work()
            except BaseException as error:
                task.error = error
            if task.is_killed:
                task.error = Killed()
            _Worker.idle.append(self)
            scheduler.ended(task)


def _worker() -> _Worker:
    return _Worker.idle.pop() if _Worker.idle else _Worker()
