"""LIRIS-ACCEDE (Baveye et al. 2015): valence and arousal that 9,800 film excerpts evoke.

`annotations/ACCEDEranking.txt`: tab-separated, with `name` (ACCEDE00000.mp4), ranks, and
`valenceValue` and `arousalValue` from 1 to 5. A regression computed these from comparisons of pairs
by 1,517 people. `ACCEDEsets.txt` beside it has `name` and `set`: 0 test, 1 learning, 2 validation.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from shared.inputs.tables.errors import BadTable
from shared.insights.datasets.labels import Labels
from shared.insights.datasets.scores import Score, ScoreTable, clips_in

RANKING = ScoreTable(
    "liris",
    "ACCEDEranking.txt",
    "name",
    (
        Score("valenceValue", 1, 5, ("positivity",), ("negativity",)),
        Score("arousalValue", 1, 5, ("emotional_intensity", "arousal_proxy")),
    ),
)
SETS = "ACCEDEsets.txt"
TEST = "0"


def read(path: Path, fps: Mapping[str, float] | None = None) -> Labels:
    """Read ACCEDEranking.txt. Raises BadTable."""
    return RANKING.labels(path)


def read_test(path: Path, fps: Mapping[str, float] | None = None) -> Labels:
    """Read the excerpts of the official test set, which published results are about."""
    excerpts = _test_set(path.with_name(SETS))
    return replace(RANKING, benchmark="liris-test").labels(path, excerpts.__contains__)


def _test_set(path: Path) -> frozenset[str]:
    if not path.is_file():
        raise BadTable(f"{path}: no such file; put {SETS} beside {RANKING.file}.")
    sets = {
        clip: str(row.cells.get("set")).strip()
        for clip, row in clips_in(path, SETS, "name", ["set"])
    }
    for clip, value in sets.items():
        if value not in ("0", "1", "2"):
            raise BadTable(f"{path.name}, {clip}: set is {value[:40]!r}, not 0, 1 or 2.")
    return frozenset(clip for clip, value in sets.items() if value == TEST)
