"""VCE (Mazeika et al. 2022): how strongly viewers felt each of 27 emotions, surprise among them.

`train_labels.json` and `test_labels.json`: {id: {"emotions": {"Surprise": …}, "file": "videos/…"}}.
"""

from collections.abc import Mapping
from pathlib import Path

from shared.inputs.tables.errors import BadTable
from shared.insights.datasets.labels import Labels, parse_number, read_json

SURPRISE = "Surprise"


def read(path: Path, fps: Mapping[str, float] | None = None) -> Labels:
    """Read a file of labels; the intensity of surprise becomes unexpectedness. Raises BadTable."""
    content = read_json(path)
    if not isinstance(content, dict) or not content:
        raise BadTable(f"{path.name}: an object from id to emotions is needed.")
    labels = Labels("vce")
    for name, entry in content.items():
        emotions = entry.get("emotions") if isinstance(entry, dict) else None
        if not isinstance(emotions, dict) or SURPRISE not in emotions:
            raise BadTable(f"{path.name}, {name}: there is no emotions.{SURPRISE}.")
        intensity = parse_number(emotions[SURPRISE], path, f"{name}, {SURPRISE}")
        if not 0 <= intensity <= 1:
            raise BadTable(f"{path.name}, {name}: {SURPRISE} is {intensity:g}, not 0 to 1.")
        labels.add(str(entry.get("file", name)), "unexpectedness", intensity)
    return labels
