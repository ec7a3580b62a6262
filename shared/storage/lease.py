"""Who is at work on what, so that two deliveries of one event do not both pay for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import Transient
from shared.storage.lake import Lake, Superseded


class Claimed(Transient):
    """Another delivery of the same event is at work; its lease has not run out."""


class Claims:
    """Who is at work on what. A claim is an object with a lease, longer than a handler may run.

    Time is the bucket's, told by the claims themselves: a machine whose clock is wrong neither
    ends another's lease early nor holds on to its own.
    """

    def __init__(self, lake: Lake, lease_s: float):
        self._lake = lake
        self._lease_s = lease_s

    @contextmanager
    def held(self, name: str, owner: str) -> Iterator[None]:
        """Hold the claim while the block runs; give it back however the block ends.

        Raises Claimed while another owner's lease runs. A lease that has run out (its process
        died) is taken over. `owner` tells two deliveries apart, so that a create whose answer
        got lost recognises its own claim.
        """
        generation = self._take(name, owner.encode())
        try:
            yield
        finally:
            self._lake.delete(name, generation)

    def clear(self, name: str) -> None:
        """Take away a claim that a killed process left, once the work is known to be done."""
        self._lake.delete(name)

    def _take(self, name: str, owner: bytes) -> int:
        standing = self._created(name, owner, 0)
        if standing is None:
            standing = self._expired(name, owner)
        return standing

    def _created(self, name: str, owner: bytes, over: int) -> int | None:
        """Generation of our claim, written over that generation; None when another was first."""
        try:
            return self._lake.replace(name, owner, over)
        except Superseded:
            content, generation = self._lake.read_with_generation(name)
            return generation if content == owner else None

    def _expired(self, name: str, owner: bytes) -> int:
        """Take over a claim whose lease has run out. Raises Claimed when it has not."""
        claim = self._lake.age(name, asker=owner.decode())
        if claim is None:
            raise Claimed(f"{name} was given back just now")
        generation, age = claim
        if age.total_seconds() < self._lease_s:
            raise Claimed(f"{name} is held by another delivery")
        taken = self._created(name, owner, generation)
        if taken is None:
            raise Claimed(f"{name} was taken over by another delivery")
        return taken
