"""Oops! (Epstein, Chen & Vondrick 2020): when an intended action fails, by three workers a clip.

`annotations/transition_times.json`: {name: {"t": [seconds, …], "len": …, …}}; a worker who saw no
failure is -1. Clips in which most saw none are ordinary, the others are made to surprise.
"""

from collections.abc import Mapping
from pathlib import Path

from shared.insights.agreement.known_groups import GROUP
from shared.insights.agreement.onset import ONSET
from shared.insights.datasets.labels import Labels, number, read_json
from shared.insights.table.read import BadTable

NOT_FOUND = -1


def read(path: Path, fps: Mapping[str, float] | None = None) -> Labels:
    """Read transition_times.json. Raises BadTable."""
    content = read_json(path)
    if not isinstance(content, dict) or not content:
        raise BadTable(f"{path.name}: an object from clip to times is needed.")
    labels = Labels("oops")
    for name, entry in content.items():
        given = entry.get("t") if isinstance(entry, dict) else None
        if not isinstance(given, list) or not given:
            raise BadTable(f"{path.name}, {name}: there is no list t.")
        times = [number(at, path, f"{name}, t") for at in given]
        found = [at for at in times if at >= 0]
        is_failure = 2 * len(found) > len(times)
        labels.add(name, GROUP, float(is_failure))
        if is_failure:
            for worker, at in enumerate(found):
                labels.add(name, ONSET, at, worker)
    return labels
