"""Seconds that pyfixest needs for a Poisson fit with creators and weeks absorbed, as JSON.

    .venv/bin/uv run --no-project --with pyfixest==0.60.0 scripts/pyfixest_seconds.py TABLE.csv

Columns but y, creator and week are regressors. The first fit compiles, so it does not count.
`python -m benchmarks insights` runs it beside its own fit.
"""

import json
import sys
import time
import warnings

import pandas as pd  # type: ignore[import-untyped]
import pyfixest  # type: ignore[import-not-found]

FITS = 5


def main(path: str) -> None:
    warnings.simplefilter("ignore")  # it warns of each row that it drops
    frame = pd.read_csv(path)
    columns = [name for name in frame.columns if name not in ("y", "creator", "week")]
    formula = f"y ~ {' + '.join(columns)} | creator + week"
    seconds, clock = [], []
    for _ in range(1 + FITS):
        began, at = time.process_time(), time.perf_counter()
        model = pyfixest.fepois(formula, data=frame, vcov={"CRV1": "creator"}, fixef_rm="singleton")
        seconds.append(time.process_time() - began)
        clock.append(time.perf_counter() - at)
    estimate = float(model.coef()[columns[0]])
    best = {"seconds": min(seconds[1:]), "clock": min(clock[1:])}
    json.dump(best | {"estimate": estimate}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
