"""What PySensemakr says about its own data, as JSON: the oracle of the tests of sensitivity.

    .venv/bin/uv run --no-project --with PySensemakr==0.0.8 --with 'pandas<3' scripts/pysensemakr.py

The regression is that of Cinelli & Hazlett (2020): attitudes to peace of 1,276 refugees from
Darfur, on whether they were harmed. PySensemakr (MIT) is not a dependency, because it installs
Jupyter. So its numbers are in the tree, with the t and F from which each follows.
"""

import json
from pathlib import Path

import numpy as np
import sensemakr  # type: ignore[import-not-found]
import statsmodels.formula.api as smf  # type: ignore[import-untyped]

TARGET = Path(__file__).parents[1] / "tests/shared/insights/statistics/pysensemakr.json"
TREATMENT = "directlyharmed"
OTHERS = "age + farmer_dar + herder_dar + pastvoted + hhsize_darfur + female + village"
BENCHMARKS = {
    "female": ["female"],
    "pastvoted": ["pastvoted"],
    "work": ["farmer_dar", "herder_dar"],
}
TIMES = [1, 2, 3]


def main() -> None:
    darfur = sensemakr.load_darfur()
    outcome = smf.ols(f"peacefactor ~ {TREATMENT} + {OTHERS}", darfur).fit()
    treatment = smf.ols(f"{TREATMENT} ~ {OTHERS}", darfur).fit()
    content = {
        "made_by": "scripts/pysensemakr.py",
        "outcome": _fit(outcome, TREATMENT),
        "robustness_values": _robustness_values(outcome),
        "partial_r2": float(sensemakr.partial_r2(outcome, covariates=TREATMENT)),
        "benchmarks": [
            _benchmark(name, columns, outcome, treatment) for name, columns in BENCHMARKS.items()
        ],
        "strong_benchmarks": _from_r2(),
    }
    TARGET.write_text(json.dumps(content, indent=2) + "\n")


def _fit(model, column):
    return {
        "estimate": float(model.params[column]),
        "se": float(model.bse[column]),
        "t": float(model.tvalues[column]),
        "df": int(model.df_resid),
    }


def _robustness_values(model):
    """For the t of the regression, and for others: up to the case where the outcome binds."""
    df = int(model.df_resid)
    ts = (float(model.tvalues[TREATMENT]), -9.0, 0.3, 60.0, 500.0)
    return [
        {
            "t": t,
            "df": dof,
            "q": q,
            "alpha": alpha,
            "value": float(
                sensemakr.robustness_value(t_statistic=t, dof=dof, q=q, alpha=alpha).iloc[0]
            ),
        }
        for dof in (df, 12)
        for t in ts
        for q in (1, 0.5)
        for alpha in (1.0, 0.05)
    ]


def _benchmark(name, columns, outcome, treatment):
    bounds = sensemakr.ovb_bounds(
        outcome, TREATMENT, benchmark_covariates={name: columns}, kd=TIMES
    )
    return {
        "name": name,
        "columns": len(columns),
        "outcome": _left_out(outcome, columns),
        "treatment": _left_out(treatment, columns),
        "r2_outcome": float(sensemakr.group_partial_r2(outcome, columns)),
        "r2_treatment": float(sensemakr.group_partial_r2(treatment, columns)),
        "bounds": _bounds(bounds, ("adjusted_estimate", "adjusted_se", "adjusted_t")),
    }


def _left_out(model, columns):
    """F and df of leaving the columns out, by statsmodels."""
    test = model.f_test(
        [[float(name == column) for name in model.params.index] for column in columns]
    )
    return {"f": float(np.squeeze(test.fvalue)), "df": int(test.df_denom)}


def _from_r2():
    """Bounds from two partial R² alone, among them one whose outcome is cut at 1."""
    rows = []
    for r2_treatment, r2_outcome in ((0.1, 0.2), (0.02, 0.6), (0.24, 0.01)):
        bounds = sensemakr.ovb_partial_r2_bound(
            r2dxj_x=r2_treatment, r2yxj_dx=r2_outcome, kd=TIMES, ky=TIMES
        )
        rows.append(
            {"r2_treatment": r2_treatment, "r2_outcome": r2_outcome, "bounds": _bounds(bounds)}
        )
    return rows


def _bounds(table, more=()):
    columns = ("r2dz_x", "r2yz_dx", *more)
    return [
        {"times": times} | {column: float(row[column]) for column in columns}
        for times, (_, row) in zip(TIMES, table.iterrows(), strict=True)
    ]


if __name__ == "__main__":
    main()
