"""Lists of a bounded length, of something that may be long."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def batched(items: Iterable[Item], most: int) -> Iterator[list[Item]]:
    """The items in their order, in lists of `most`; the last list may be shorter.

    As `itertools.batched`, which Python 3.11 does not have.
    """
    remaining = iter(items)
    while batch := list(islice(remaining, most)):
        yield batch
