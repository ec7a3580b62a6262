"""The tutorial of the analyst does what it says. `make docs-check` runs the other pages."""

import pytest

from tests.docs.check import check
from tests.docs.pages import DOCS

TUTORIAL = DOCS / "tutorials/analyst.md"


@pytest.mark.skipif(not TUTORIAL.exists(), reason="The tutorial is not written yet.")
def test_the_tutorial_of_the_analyst_runs_as_written(tmp_path):
    assert check(TUTORIAL, tmp_path).count > 0
