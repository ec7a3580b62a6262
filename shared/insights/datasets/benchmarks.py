"""The readers of the benchmarks, by name."""

from shared.insights.datasets import blackswan, cowen, funqa, liris, oops, vce
from shared.insights.datasets.labels import Loader

BENCHMARKS: dict[str, Loader] = {
    "blackswan": blackswan.read,
    "cowen": cowen.read,
    "funqa": funqa.read,
    "liris": liris.read,
    "liris-test": liris.read_test,
    "oops": oops.read,
    "vce": vce.read,
}
