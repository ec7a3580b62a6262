"""A lease on a piece of work, so that two deliveries of one event do not both pay for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import Transient
from shared.storage.lake import Lake, Superseded


class LeaseHeld(Transient):
    """Another delivery of the same event holds the lease, and it has not expired."""


class Lease:
    """Leases of one duration, which must exceed a handler's time limit. Each is an object.

    Age is measured by the bucket's clock. So a machine whose clock is wrong neither ends another
    machine's lease early nor keeps its own too long.
    """

    def __init__(self, lake: Lake, duration_s: float):
        self._lake = lake
        self._duration_s = duration_s

    @contextmanager
    def acquire(self, name: str, owner: str) -> Iterator[None]:
        """Hold the lease `name` while the block runs, and release it however the block ends.

        Raises LeaseHeld while another owner's lease runs. An expired lease is taken over: its
        process died. `owner` identifies the delivery. A create whose answer was lost finds its own
        lease by it.
        """
        generation = self._take(name, owner.encode())
        try:
            yield
        finally:
            self._lake.delete(name, generation)

    def discard(self, name: str) -> None:
        """Delete a lease that a killed process left, once its work is known to be finished."""
        self._lake.delete(name)

    def _take(self, name: str, owner: bytes) -> int:
        generation = self._create(name, owner, over=0)
        return self._take_over(name, owner) if generation is None else generation

    def _create(self, name: str, owner: bytes, over: int) -> int | None:
        """Generation of our lease, written over that generation; None when another was first."""
        try:
            return self._lake.replace(name, owner, over)
        except Superseded:
            content, generation = self._lake.read_with_generation(name)
            return generation if content == owner else None

    def _take_over(self, name: str, owner: bytes) -> int:
        """Take over an expired lease. Raises LeaseHeld when it has not expired."""
        current = self._lake.age(name, asker=owner.decode())
        if current is None:
            raise LeaseHeld(f"{name} was released a moment ago")
        generation, age = current
        if age.total_seconds() < self._duration_s:
            raise LeaseHeld(f"{name} is held by another delivery")
        taken = self._create(name, owner, generation)
        if taken is None:
            raise LeaseHeld(f"{name} was taken over by another delivery")
        return taken
