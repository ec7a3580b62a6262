"""Asks lme4 for the variance components of a table, through Rscript."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

SCRIPT = Path(__file__).parent / "lme4.R"


def fitted(y, factors):
    """lme4's components by factor, its residual, mean, criterion and version."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        columns = np.column_stack([y, *factors.values()])
        header = ",".join(["y", *factors])
        np.savetxt(path, columns, fmt="%.17g", delimiter=",", header=header, comments="")
        printed = subprocess.run(
            ["Rscript", str(SCRIPT), str(path)], check=True, capture_output=True, text=True
        ).stdout
    pairs = (line.split() for line in printed.splitlines())
    return {name: value if name == "lme4" else float(value) for name, value in pairs}
