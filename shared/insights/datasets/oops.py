"""Oops! (Epstein, Chen & Vondrick 2020): when an intended action fails, by three workers a clip.

`annotations/transition_times.json`: {name: {"t": [seconds, …], "len": …, …}}, with -1 for a worker
who saw no failure. A clip surprises if most workers saw a failure; otherwise it is ordinary.
"""

from collections.abc import Mapping
from pathlib import Path

from shared.inputs.tables.errors import BadTable
from shared.insights.agreement.known_groups import GROUP
from shared.insights.agreement.onset import ONSET
from shared.insights.datasets.labels import Labels, parse_number, read_json


def read(path: Path, fps: Mapping[str, float] | None = None) -> Labels:
    """Read transition_times.json. Raises BadTable."""
    content = read_json(path)
    if not isinstance(content, dict) or not content:
        raise BadTable(f"{path.name}: an object from clip to times is needed.")
    labels = Labels("oops")
    for name, entry in content.items():
        annotations = entry.get("t") if isinstance(entry, dict) else None
        if not isinstance(annotations, list) or not annotations:
            raise BadTable(f"{path.name}, {name}: there is no list t.")
        times = [parse_number(at, path, f"{name}, t") for at in annotations]
        failures = [at for at in times if at >= 0]
        is_failure = 2 * len(failures) > len(times)
        labels.add(name, GROUP, float(is_failure))
        if is_failure:
            for worker, at in enumerate(failures):
                labels.add(name, ONSET, at, worker)
    return labels
