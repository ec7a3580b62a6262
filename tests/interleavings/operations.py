"""What the operations of a run do, and who starts, kills and restarts them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from cloudevents.http import CloudEvent

from shared.erasure.app import ErasureRequest
from shared.erasure.erase import erase, survey
from shared.errors import Transient
from shared.messaging.events import PUBSUB_MESSAGE, Message, as_json
from shared.messaging.failed import failures, replay
from shared.messaging.sweep import sweep
from shared.messaging.topics import Unsendable
from shared.tiktok.fetch import fetch_collection
from shared.warehouse.rebuild import rebuild
from tests.interleavings.doubles import Delivery
from tests.interleavings.posts import COLLECTION, NAME
from tests.interleavings.scheduler import Killed, Stuck, Task
from tests.interleavings.world import HANDLER_S, World, entry_point

LATER = ("sweep", "replay", "rebuild", "fetch")
OPERATIONS = ("erase", *LATER)
KINDS = (*OPERATIONS, "load", "analyze")
CHANCES = {"erase": 0.9, "rebuild": 0.6, "fetch": 0.6, "sweep": 0.6, "replay": 0.6}
MOST_KILLS = 4
MOST_RUNS = 40
"""How often one operation may be started again before the run counts as stuck."""

_load, _analyze = entry_point("load"), entry_point("analyze")


@dataclass(eq=False)
class Operation:
    """One operation of a run: begun again after a kill or a failure, until it comes to its end."""

    kind: str
    due_s: float = 0.0
    runs: int = 0
    is_at_work: bool = False
    has_ended: bool = False


class Process:
    """An instance of `load` or `analyze`: what its deliveries share until it is killed."""

    def __init__(self, app: Any):
        self.app = app


class Run:
    """Starts and kills what a seed says. `play` ends when everything has come to its end."""

    def __init__(self, world: World, kinds: tuple[str, ...] | None = None):
        self.world = world
        self.scheduler = world.scheduler
        dice = self.scheduler.random
        self.begins = kinds or [kind for kind in OPERATIONS if dice.random() < CHANCES[kind]]
        self.operations = [Operation(kind) for kind in self.begins]
        self.kills = dice.choice((0, 0, 0.002, 0.006))
        self.repeats = dice.choice((0.0, 0.1))
        self.eagerness = dice.choice((0.02, 0.1, 0.3))
        self.killed = 0
        self._processes = {"load": self._process("load"), "analyze": self._process("analyze")}
        self.scheduler.on_pick = self._on_pick
        self.scheduler.on_time_out = self._kill

    @property
    def erases(self) -> bool:
        return "erase" in self.begins

    def play(self) -> None:
        with self._entry_points():
            self.scheduler.run()

    def play_calmly(self, *kinds: str) -> None:
        """Operations one after the other, and all deliveries; nothing is killed or short."""
        self.kills = self.repeats = self.world.over_budget = 0.0
        for kind in kinds:
            self.operations = [Operation(kind)]
            self.play()

    def deliver_again(self) -> None:
        """Every message that there ever was comes once more."""
        self.world.bus.pending += [Delivery(it.stage, it.message) for it in self.world.bus.sent]
        self.operations = []
        self.play()

    # Between two steps

    def _on_pick(self) -> None:
        dice, tasks = self.scheduler.random, self.scheduler.tasks
        if self.kills and tasks and self.killed < MOST_KILLS and dice.random() < self.kills:
            self.killed += 1
            self._kill(dice.choice(tasks))
        if not tasks:
            self._jump()
        if not tasks or dice.random() < self.eagerness:
            self._start()

    def _jump(self) -> None:
        """Nobody is at work: on to the time when something is due."""
        waiting = [it.due_s for it in self.operations if not it.has_ended and not it.is_at_work]
        waiting += [it.due_s for it in self.world.bus.pending]
        if waiting:
            self.scheduler.now_s = max(self.scheduler.now_s, min(waiting))

    def _start(self) -> None:
        now_s = self.scheduler.now_s
        due: list[Any] = [
            it
            for it in self.operations
            if not it.has_ended and not it.is_at_work and it.due_s <= now_s
        ]
        due += [it for it in self.world.bus.pending if it.due_s <= now_s]
        if due:
            chosen = self.scheduler.random.choice(due)
            if isinstance(chosen, Delivery):
                self._deliver(chosen)
            else:
                self._begin(chosen)

    def _kill(self, victim: Task) -> None:
        """A process dies with all that it has at hand, by chance or because it took too long."""
        process = victim.process
        for task in self.scheduler.tasks:
            if task is victim or (process is not None and task.process is process):
                self.scheduler.kill(task)
        for stage, running in self._processes.items():
            if running is process:
                self._processes[stage] = self._process(stage)

    # Operations

    def _begin(self, operation: Operation) -> None:
        operation.is_at_work = True
        operation.runs += 1
        if operation.runs > MOST_RUNS:
            raise Stuck(f"{operation.kind} was begun {MOST_RUNS} times")
        work = {
            "erase": self._erase,
            "rebuild": lambda: rebuild(self.world.rebuild_app()),
            "fetch": lambda: fetch_collection(COLLECTION, self.world.fetch_app()),
            "sweep": lambda: sweep(self.world.sweep_app()),
            "replay": self._replay,
        }[operation.kind]
        # Erase and rebuild are commands and may take as long as they like.
        is_bounded = operation.kind in ("fetch", "sweep", "replay")
        deadline = self.scheduler.now_s + HANDLER_S if is_bounded else None

        def end(task: Task) -> None:
            operation.is_at_work = False
            operation.has_ended = task.error is None
            operation.due_s = self.scheduler.now_s + 5 * self.scheduler.random.random()
            _raise_defect(task)

        self.scheduler.start(Task(operation.kind, work, deadline=deadline, on_end=end))

    def _erase(self) -> None:
        app = self.world.erase_app()
        report = erase(survey(ErasureRequest(creators=(NAME,)), app).target, app)
        if report.remaining:
            raise Transient(f"{report.remaining} is not out yet")

    def _replay(self) -> None:
        tombstones = self.world.tombstones()
        for failure in failures(self.world.lake):  # type: ignore[arg-type]
            try:
                replay(failure, self.world.lake, self.world.bus, tombstones)  # type: ignore[arg-type]
            except Unsendable:
                continue

    # Deliveries

    def _deliver(self, delivery: Delivery) -> None:
        self.world.bus.pending.remove(delivery)
        process = self._processes[delivery.stage]
        handler = _load.load if delivery.stage == "load" else _analyze.analyze
        event = _event(delivery.message)
        delivery.attempts += 1
        if delivery.attempts > MOST_RUNS:
            raise Stuck(f"a message was delivered {MOST_RUNS} times")

        def end(task: Task) -> None:
            dice = self.scheduler.random
            if task.error is not None or dice.random() < self.repeats:
                delivery.due_s = self.scheduler.now_s + 4 * dice.random()
                self.world.bus.pending.append(delivery)
            _raise_defect(task)

        self.scheduler.start(
            Task(
                delivery.stage,
                lambda: handler(event),
                process=process,
                attempt=delivery.attempts,
                deadline=self.scheduler.now_s + HANDLER_S,
                on_end=end,
            )
        )

    def _process(self, stage: str) -> Process:
        make: Callable[[], Any] = self.world.load_app if stage == "load" else self.world.analyze_app
        return Process(make())

    @contextmanager
    def _entry_points(self) -> Iterator[None]:
        """The functions as deployed; each finds the app of the process in which it runs."""

        def wiring() -> Any:
            assert self.scheduler.current is not None
            return self.scheduler.current.process.app

        def body(silent: bool) -> dict[str, Any]:
            assert self.scheduler.current is not None
            return {"deliveryAttempt": self.scheduler.current.attempt}

        flask = SimpleNamespace(request=SimpleNamespace(get_json=body))
        for module in (_load, _analyze):
            module.wiring, module.flask = wiring, flask  # type: ignore[attr-defined]
        yield


def _event(message: Message) -> CloudEvent:
    inner = as_json(message) | {"messageId": message.id}
    attributes = {"type": PUBSUB_MESSAGE, "source": "//simulated", "id": message.id}
    return CloudEvent(attributes, {"message": inner})


EXPECTED = (
    "Transient",
    "LeaseHeld",
    "CollectionBusy",
    "RebuildInProgress",
    "CannotErase",
    "Superseded",
    "Gone",
)
"""How an operation may end without being at fault: it is begun again."""


def _raise_defect(task: Task) -> None:
    error = task.error
    if error is None or isinstance(error, Killed) or task.is_killed:
        return
    if type(error).__name__ not in EXPECTED:
        raise error
