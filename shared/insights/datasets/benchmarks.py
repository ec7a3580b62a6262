"""The readers of the benchmarks, by name."""

from shared.insights.datasets import blackswan, funqa, oops, vce
from shared.insights.datasets.labels import Loader

BENCHMARKS: dict[str, Loader] = {
    "blackswan": blackswan.read,
    "funqa": funqa.read,
    "oops": oops.read,
    "vce": vce.read,
}
