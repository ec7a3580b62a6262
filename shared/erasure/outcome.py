"""What an erasure is about, what it would change, and what it did."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from shared.erasure.objects import Mention


@dataclass(frozen=True, slots=True)
class ErasureTarget:
    """Whom and what a request means here: every name of each creator, and every video.

    `aliases` are the names that were not given, by the one that was.
    """

    names: tuple[str, ...]
    videos: tuple[str, ...]
    creators: int
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class ErasureSurvey:
    """What would change, before anything does. `unknown` are names and ids that nothing names."""

    target: ErasureTarget
    unknown: tuple[str, ...]
    objects: Counter[str]
    rows: Counter[str]
    findings: list[Mention]
    by_hand: list[str]
    changes: list[tuple[str, str]]

    def document(self) -> dict[str, Any]:
        return {
            "videos": len(self.target.videos),
            "creators": self.target.creators,
            "also_called": {name: list(them) for name, them in self.target.aliases.items()},
            "unknown": list(self.unknown),
            "objects": dict(self.objects),
            "rows": dict(self.rows),
            "fields": [
                {"source": source, "field": name, "count": count, "examples": examples}
                for source, name, count, examples in self.by_field()
            ],
            "by_hand": self.by_hand,
            "would_change": [{"object": name, "what": what} for name, what in self.changes],
        }

    def by_field(self, most: int = 3) -> list[tuple[str, str, int, list[str]]]:
        """Place, field, how often somebody is named there, and examples."""
        groups: dict[tuple[str, str], list[str]] = {}
        for finding in self.findings:
            groups.setdefault((finding.source, finding.field), []).append(finding.example)
        return [
            (source, name, len(texts), list(dict.fromkeys(texts))[:most])
            for (source, name), texts in sorted(groups.items())
        ]


@dataclass
class ErasureReport:
    """What was done. `remaining` still names somebody, `by_hand` is for a person to mend.

    `copies` counts what this machine held besides lake and tables.
    """

    videos: int = 0
    creators: int = 0
    tombstones: int = 0
    objects: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    copies: Counter[str] = field(default_factory=Counter)
    by_hand: list[str] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)
    looked_at: int = 0

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
            "objects_looked_at": self.looked_at,
        }
