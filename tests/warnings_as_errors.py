"""A mark for tests of numbers: each warning is an error."""

import pytest

WARNINGS_AS_ERRORS = pytest.mark.filterwarnings(
    "error",
    # A server that an earlier test of the same process started may draw from `random` in its own
    # thread. Hypothesis sees that the state changed and blames the strategy.
    "ignore::hypothesis.errors.HypothesisDeprecationWarning",
    # These tests open nothing. The collector may close here what an earlier test left open.
    "ignore::ResourceWarning",
)
