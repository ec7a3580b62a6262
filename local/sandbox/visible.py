"""What the shipped signals rater gives to each clip: the scale on which the counts are planted.

The counts of the sandbox depend on what its rater can see, so that what is planted can be found.
visible.json holds the scores, and a test rates the clips to hold them. After a change of a design
or of the rater, write the file again: `python -m local.sandbox.visible`.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from local.sandbox.designs import CLIP_SEED, DESIGNS, Design

FILE = Path(__file__).with_name("visible.json")
TOLERANCE = 3
"""Points by which a rating may differ from the stored one: another processor rounds otherwise."""


@dataclass(frozen=True, slots=True)
class VisibleScores:
    """Two scores of one clip by the signals rater, each 0 to 100."""

    unexpectedness: int
    emotional_intensity: int

    def distance(self, other: "VisibleScores") -> int:
        """The larger difference of the two scores, in points."""
        return max(
            abs(self.unexpectedness - other.unexpectedness),
            abs(self.emotional_intensity - other.emotional_intensity),
        )


@cache
def visible_scores() -> Mapping[str, VisibleScores]:
    """The stored scores by the name of the design."""
    stored = json.loads(FILE.read_bytes())
    return {name: VisibleScores(*scores) for name, scores in stored["designs"].items()}


def rate_design(design: Design) -> VisibleScores:
    """Render the clip of a design and rate it with the shipped rater (about a second)."""
    from local.sandbox.clips import render
    from shared.rating.signals import measure

    with TemporaryDirectory(prefix="visible-") as folder:
        clip = Path(folder) / "clip.mp4"
        render(design, CLIP_SEED, clip)
        signals = measure(clip)
    return VisibleScores(signals.unexpectedness, signals.emotional_intensity)


def main() -> None:
    """Rate every design and write visible.json."""
    from dataclasses import astuple

    from shared.rating.signals import VERSION

    lines = []
    for design in DESIGNS:
        sys.stderr.write(f"{design.name}\n")
        lines.append(f"  {json.dumps(design.name)}: {json.dumps(astuple(rate_design(design)))}")
    FILE.write_text(
        "{\n"
        f' "rater": "signals/{VERSION}",\n'
        ' "scores": ["unexpectedness", "emotional_intensity"],\n'
        ' "designs": {\n' + ",\n".join(lines) + "\n }\n}\n"
    )


if __name__ == "__main__":
    main()
