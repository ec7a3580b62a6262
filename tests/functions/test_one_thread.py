"""Every function that uses numpy limits linear algebra to one thread, whatever is set outside."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITH_NUMPY = sorted(
    path.parent.name
    for path in ROOT.glob("functions/*/requirements.txt")
    if "\nnumpy==" in path.read_text()
)
THREADS = """
import json, sys
import main
import numpy
import threadpoolctl
pools = threadpoolctl.threadpool_info()
print(json.dumps([pool["num_threads"] for pool in pools if pool["user_api"] in ("blas", "openmp")]))
"""


def test_functions_with_numpy_are_known():
    assert WITH_NUMPY == ["analyze", "load", "report"]


@pytest.mark.parametrize(
    "function",
    ["analyze", *(pytest.param(name, marks=pytest.mark.campaign) for name in WITH_NUMPY[1:])],
)
def test_a_function_does_its_linear_algebra_in_one_thread(function):
    outside = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "2")
    folders = os.pathsep.join(map(str, (ROOT, ROOT / "functions" / function)))
    answer = subprocess.run(
        [sys.executable, "-c", THREADS],
        env=os.environ | outside | {"PYTHONPATH": folders},
        check=True,
        capture_output=True,
        text=True,
    )

    threads = json.loads(answer.stdout)
    assert threads
    assert set(threads) == {1}
