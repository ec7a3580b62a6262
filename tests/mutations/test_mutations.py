"""The lists of mutations fit the code; `make mutations` sees that each of them is caught."""

import pytest

from tests.mutations.mutation import PARTS, ROOT, mutations


@pytest.mark.parametrize("part", PARTS)
def test_every_mutation_can_be_made_and_names_tests_that_exist(part):
    listed = mutations(part)

    assert len(listed) >= 10
    for mutation in listed:
        compile(mutation.mutated(), mutation.file, "exec") if mutation.file.endswith(".py") else 0
        assert [test for test in mutation.tests if not (ROOT / test.split("::")[0]).exists()] == []
