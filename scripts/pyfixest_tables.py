"""What pyfixest says about random tables of counts, as JSON: the oracle of the fixed-effects fit.

    .venv/bin/uv run --no-project --with pyfixest==0.60.0 python -m scripts.pyfixest_tables

pyfixest (MIT) is not a dependency, because it installs 590 MB of packages. So its numbers are in
the tree. Each table is fitted twice: as it is, where pyfixest looks for separated rows itself, and
on the rows that linear programming leaves. Where they differ, the second counts
(docs/surprises.md).
"""

import json
import warnings
from pathlib import Path

import pyfixest  # type: ignore[import-not-found]

from tests.shared.insights.statistics.random_counts import SEEDS, informative, random_counts

TARGET = Path(__file__).parents[1] / "tests/shared/insights/statistics/pyfixest.json"
EXACTLY = {"iwls_tol": 1e-13, "fixef_tol": 1e-11, "fixef_maxiter": 20_000}


def main() -> None:
    warnings.simplefilter("ignore")  # pyfixest warns of each row that it drops
    tables = [_table(seed) for seed in SEEDS]
    lines = ",\n  ".join(json.dumps(table) for table in tables)
    head = {"made_by": "scripts/pyfixest_tables.py", "pyfixest": pyfixest.__version__}
    TARGET.write_text(f'{json.dumps(head)[:-1]}, "tables": [\n  {lines}\n]}}\n')


def _table(seed):
    frame = random_counts(seed)
    rows = informative(frame)
    return {
        "seed": seed,
        "sum_y": float(frame["y"].sum()),
        "sum_x": float(frame["x"].sum()),
        "rows": int(rows.sum()),
        "rows_by_itself": _rows_by_itself(frame),
        "columns": _columns(frame[rows]),
    }


def _rows_by_itself(frame):
    try:
        return int(_fitted(frame, "creator", separation_check=["fe", "ir"])._N)
    except Exception as error:  # whatever it raises is what it says
        return f"{type(error).__name__}: {error}"[:80]


def _columns(frame):
    one_way = _fitted(frame, "creator", separation_check=[])
    two_way = _fitted(frame, "creator+sound", separation_check=[])
    return {
        str(name): {
            "estimate": float(one_way.coef()[name]),
            "se": float(one_way.se()[name]),
            "se_two_way": float(two_way.se()[name]),
        }
        for name in one_way.coef().index
    }


def _fitted(frame, clusters, separation_check):
    """Columns that are constant on these rows are left out, as the product leaves them out."""
    varying = [name for name in ("x", "flag") if frame[name].nunique() > 1]
    has_offset = frame["offset"].abs().sum() > 0
    return pyfixest.fepois(
        f"y ~ {' + '.join(varying)} | creator + week",
        data=frame,
        vcov={"CRV1": clusters},
        fixef_rm="singleton",
        separation_check=separation_check,
        **({"offset": "offset"} if has_offset else {}),
        **EXACTLY,
    )


if __name__ == "__main__":
    main()
