"""Programs that run beside a command: started together, watched, started again, and stopped."""

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from local.home import write_private
from local.process.child import Child, DidNotStart, Program

FIRST_BACK_OFF_S = 0.5
MOST_BACK_OFF_S = 15.0
HEALTHY_AFTER_S = 30.0
POLL_S = 0.1


class Children:
    """Several programs. One that ends by itself is reported and started again."""

    def __init__(
        self, logs: Path, on_trouble: Callable[[str], None], inherited: Iterable[int] = ()
    ):
        self._logs = logs
        self._on_trouble = on_trouble
        self._inherited = tuple(inherited)
        self._running: dict[str, Child] = {}
        self._failures: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self, program: Program) -> Child:
        """Start a program and return at once."""
        child = self._begin(program)
        with self._lock:
            self._running[program.name] = child
        return child

    def check(self) -> None:
        """Raises DidNotStart when a program has ended that should run."""
        with self._lock:
            ended = [child for child in self._running.values() if child.exit_status is not None]
        for child in ended:
            raise DidNotStart(child.end())

    def pids(self) -> dict[str, int]:
        """Process ids of the running programs, by name."""
        with self._lock:
            return {
                name: child.pid
                for name, child in self._running.items()
                if child.exit_status is None
            }

    def watch(self) -> None:
        """From now on start programs that end again, with a longer wait each time they end soon."""
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Stop all programs, stage by stage. Those that do not end in time are killed."""
        with self._lock:
            self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
        children = list(self._running.values())
        for stage in sorted({child.program.stage for child in children}):
            self._stop_stage([child for child in children if child.program.stage == stage])
        self._running.clear()

    def _begin(self, program: Program) -> Child:
        """Raises DidNotStart after `stop` has begun."""
        with self._lock:
            if self._stopping.is_set():
                raise DidNotStart(f"{program.name}: everything is being stopped")
            child = Child(program, self._logs / f"{program.name}.log", self._inherited)
            # People and fault tests use the file to inspect or to end one program.
            write_private(self._logs / f"{program.name}.pid", f"{child.pid}\n".encode())
            return child

    def _stop_stage(self, children: list[Child]) -> None:
        for child in children:
            child.ask_to_stop()
        now = time.monotonic()
        for child in children:
            child.stop(now + child.program.grace_s)
            (self._logs / f"{child.program.name}.pid").unlink(missing_ok=True)

    def _watch(self) -> None:
        while not self._stopping.wait(POLL_S):
            for name, child in list(self._running.items()):
                if child.exit_status is not None:
                    self._revive(name, child)

    def _revive(self, name: str, child: Child) -> None:
        now = time.monotonic()
        if name not in self._due:
            wait_s = self._back_off_s(name, ran_s=now - child.started_at)
            self._due[name] = now + wait_s
            self._on_trouble(f"{child.end()}\n  Starting it again in {wait_s:g} s.")
        elif now >= self._due[name]:
            del self._due[name]
            child.stop(now)  # its workers may still run
            self.start(child.program)

    def _back_off_s(self, name: str, ran_s: float) -> float:
        failures = 0 if ran_s > HEALTHY_AFTER_S else self._failures.get(name, 0)
        self._failures[name] = failures + 1
        return float(min(MOST_BACK_OFF_S, FIRST_BACK_OFF_S * 2**failures))
