"""BlackSwanSuite (Chinchure et al. 2025): clips of Oops! cut before, at and after the event.

An array (or lines) of objects with the clips' names under `preevent` and `event`. The clip before
the event is ordinary, the clip of the event surprises. With `original` and `transition`, the uncut
clip has its onset too, unless it was cropped before it was cut.
"""

from collections.abc import Mapping
from pathlib import Path

from shared.insights.agreement.known_groups import GROUP
from shared.insights.agreement.onset import ONSET
from shared.insights.datasets.labels import Labels, entries, parse_number, read_json

UNCUT = frozenset({"no", "allowed"})


def read(path: Path, fps: Mapping[str, float] | None = None) -> Labels:
    """Read a file of the suite. Raises BadTable."""
    labels = Labels("blackswan")
    for number, entry in enumerate(entries(read_json(path), path, ("preevent", "event")), 1):
        labels.add(str(entry["preevent"]), GROUP, 0.0)
        labels.add(str(entry["event"]), GROUP, 1.0)
        if "original" in entry and "transition" in entry:
            at_s = parse_number(entry["transition"], path, f"entry {number:,}, transition")
            if str(entry.get("is_modified", "no")) in UNCUT:
                labels.add(str(entry["original"]), ONSET, at_s)
    return labels
