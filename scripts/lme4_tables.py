"""What lme4 says about random unbalanced tables, as JSON: the oracle of variance components.

    apt-get install r-base-core r-cran-lme4
    .venv/bin/python -m scripts.lme4_tables

R and lme4 (GPL-2) are not dependencies, so their numbers are in the tree.
"""

import json
from pathlib import Path

from tests.shared.insights.statistics.lme4 import fitted
from tests.shared.insights.statistics.random_crossings import SEEDS, random_crossing

TARGET = Path(__file__).parents[1] / "tests/shared/insights/statistics/lme4.json"


def main() -> None:
    tables = []
    for seed in SEEDS:
        y, factors = random_crossing(seed)
        answer = fitted(y, factors)
        version = answer.pop("lme4")
        tables.append({"seed": seed, "n": len(y), "sum_y": float(y.sum())} | answer)
    lines = ",\n  ".join(json.dumps(table) for table in tables)
    head = {"made_by": "scripts/lme4_tables.py", "lme4": version}
    TARGET.write_text(f'{json.dumps(head)[:-1]}, "tables": [\n  {lines}\n]}}\n')


if __name__ == "__main__":
    main()
