"""What a mutation is, and the files that list them."""

from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
PARTS = ("load", "fetch", "analyze", "erase", "insights", "region_job")


@dataclass(frozen=True)
class Mutation:
    """In `file`, `old` becomes `new`; one of `tests` (paths from the root) must then fail."""

    breaks: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def mutated(self, root: Path = ROOT) -> str:
        """The file with the fault in it. Raises ValueError unless `old` is there exactly once."""
        text = (root / self.file).read_text()
        if text.count(self.old) != 1 or self.old == self.new:
            raise ValueError(f"{self.file}: not there exactly once: {self.old!r}")
        return text.replace(self.old, self.new)


def mutations(part: str) -> list[Mutation]:
    """The mutations of one part, as its YAML file lists them."""
    entries = yaml.safe_load((FOLDER / f"{part}.yaml").read_text())
    return [Mutation(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries]
