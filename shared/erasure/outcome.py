"""The target of an erasure, the survey before it, and the report after it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from shared.erasure.objects import Mention


@dataclass(frozen=True, slots=True)
class ErasureTarget:
    """Every name of each creator, and every video, that a request means here.

    `aliases` maps each given name to the creator's other names.
    """

    names: tuple[str, ...]
    videos: tuple[str, ...]
    creators: int
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class ErasureSurvey:
    """What an erasure would change. `unknown` are given names and ids that nothing here has.

    `objects_unread` counts listed objects that the tables say name nobody of these.
    """

    target: ErasureTarget
    unknown: tuple[str, ...]
    objects: Counter[str]
    rows: Counter[str]
    mentions: list[Mention]
    by_hand: list[str]
    changes: list[tuple[str, str]]
    objects_unread: int = 0

    def document(self) -> dict[str, Any]:
        return {
            "videos": len(self.target.videos),
            "creators": self.target.creators,
            "also_called": {name: list(aliases) for name, aliases in self.target.aliases.items()},
            "unknown": list(self.unknown),
            "objects": dict(self.objects),
            "rows": dict(self.rows),
            "fields": [
                {"source": source, "field": name, "count": count, "examples": examples}
                for source, name, count, examples in self.by_field()
            ],
            "by_hand": self.by_hand,
            "would_change": [{"object": name, "what": what} for name, what in self.changes],
            "objects_not_read": self.objects_unread,
        }

    def by_field(self, most: int = 3) -> list[tuple[str, str, int, list[str]]]:
        """Source, field, number of mentions, and at most `most` examples."""
        groups: dict[tuple[str, str], list[str]] = {}
        for mention in self.mentions:
            groups.setdefault((mention.source, mention.field), []).append(mention.example)
        return [
            (source, name, len(texts), list(dict.fromkeys(texts))[:most])
            for (source, name), texts in sorted(groups.items())
        ]


@dataclass
class ErasureReport:
    """What an erasure did.

    `remaining` still names somebody, and `by_hand` must be changed by a person. `copies` counts
    copies on this machine besides lake and tables. `objects_unread` counts listed objects that were
    not read, because the tables say that they name nobody erased.
    """

    videos: int = 0
    creators: int = 0
    tombstones: int = 0
    objects: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    copies: Counter[str] = field(default_factory=Counter)
    by_hand: list[str] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)
    objects_scanned: int = 0
    objects_unread: int = 0

    def document(self) -> dict[str, Any]:
        return {
            "videos": self.videos,
            "creators": self.creators,
            "new_tombstones": self.tombstones,
            "objects": dict(self.objects),
            "rows": dict(self.rows),
            "on_this_machine": dict(self.copies),
            "by_hand": self.by_hand,
            "left": self.remaining,
            "objects_looked_at": self.objects_scanned,
            "objects_not_read": self.objects_unread,
        }
