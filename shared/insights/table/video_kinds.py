"""Observed and synthetic videos, which never meet in one estimate.

The table decides. Where it has an observed row, the synthetic rows are set aside and counted. Where
all rows are synthetic, they are analysed and labelled as such. A row that does not say is observed.
A caller can also ask for the synthetic rows alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
OBSERVED, SYNTHETIC = "observed", "synthetic"


@dataclass(frozen=True, slots=True)
class VideoKind:
    """The kind of video that an analysis takes.

    `set_aside` counts the rows of the other kind. `synthetic_ids` are the videos that the table
    calls synthetic, whether they are analysed or set aside.
    """

    is_synthetic: bool = False
    set_aside: int = 0
    synthetic_ids: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return SYNTHETIC if self.is_synthetic else OBSERVED

    @property
    def sentence(self) -> str:
        """What was set aside, and how to ask for it; empty when nothing was."""
        if not self.set_aside:
            return ""
        other = OBSERVED if self.is_synthetic else SYNTHETIC
        videos = f"{self.set_aside:,} {other} {'video' if self.set_aside == 1 else 'videos'}"
        verb = "is" if self.set_aside == 1 else "are"
        if self.is_synthetic:
            return f"{videos} {verb} set aside: leave out --synthetic for an answer about them."
        return f"{videos} {verb} set aside: no figure rests on them. --synthetic asks for them."

    def document(self) -> dict[str, int]:
        """The number of rows that were set aside, by kind; empty when none was."""
        other = OBSERVED if self.is_synthetic else SYNTHETIC
        return {other: self.set_aside} if self.set_aside else {}

    def holds(self, flag: object) -> bool:
        """Whether a row with this value of `synthetic` is of the kind."""
        return is_synthetic(flag) == self.is_synthetic


ALL_OBSERVED = VideoKind()


def is_synthetic(flag: object) -> bool:
    """Whether a value of the column `synthetic` says so; NULL does not."""
    return flag is not None and bool(flag == True)  # noqa: E712 # numpy's True is another object


def kind_of(
    flags: Iterable[object], ids: Iterable[object] = (), only_synthetic: bool = False
) -> VideoKind:
    """The kind that an analysis of these rows takes, by their column `synthetic`.

    `ids` are the ids of the videos in the same order; none where the table has no ids.
    """
    marks = [is_synthetic(flag) for flag in flags]
    takes_synthetic = only_synthetic or (bool(marks) and all(marks))
    synthetic_ids = frozenset(str(video) for video, mark in zip(ids, marks, strict=False) if mark)
    return VideoKind(takes_synthetic, sum(mark != takes_synthetic for mark in marks), synthetic_ids)


def rows_of_one_kind(
    rows: Sequence[Row], only_synthetic: bool = False
) -> tuple[list[Row], VideoKind]:
    """The rows of `video_id` and `synthetic` that an analysis takes, and their kind."""
    flags = [row["synthetic"] for row in rows]
    kind = kind_of(flags, (row["video_id"] for row in rows), only_synthetic)
    return [row for row in rows if kind.holds(row["synthetic"])], kind
