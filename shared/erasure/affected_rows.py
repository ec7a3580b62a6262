"""Rows of the tables that name something erased, and whose they are."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.erasure.objects import Mention
from shared.erasure.text_changes import TextChange

USER_KEY = "user_key"
VIDEO_KEY = "video_id"

_LAST = ("dim_video", "dim_user")
"""They say whose a video is, and which names a creator has. An erasure that is killed needs both
to go on, so their rows go last."""


@dataclass(frozen=True, slots=True)
class ErasedKeys:
    """A key column of a table, and the erased keys in it."""

    table: str
    column: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AffectedRows:
    """Rows to delete by their keys, and texts to replace.

    A text of a video's row belongs to `videos`, and one of a creator's to `creators` (user keys).
    """

    keys: Sequence[ErasedKeys] = ()
    changes: Sequence[TextChange] = ()
    videos: frozenset[str] = frozenset()
    creators: frozenset[str] = frozenset()

    def deletions(self) -> list[ErasedKeys]:
        """The keys in the order in which their rows are deleted."""
        return sorted(self.keys, key=lambda each: (_place(each.table), each.table, each.column))

    def counts(self) -> Counter[str]:
        """Erased keys and changed texts by table."""
        counts: Counter[str] = Counter()
        for each in self.keys:
            counts[each.table] += len(each.keys)
        counts.update(change.column.table for change in self.changes)
        return counts

    def mentions(self) -> Iterator[Mention]:
        for each in self.keys:
            yield from (Mention(each.table, each.column, key) for key in each.keys)
        for change in self.changes:
            yield Mention(change.column.table, change.column.name, change.text)


def _place(table: str) -> int:
    return _LAST.index(table) + 1 if table in _LAST else 0
