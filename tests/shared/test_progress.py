"""Progress of long work, in a sentence."""

import pytest

from shared.progress import Progress


@pytest.mark.parametrize(
    ("progress", "sentence"),
    [
        (Progress("Searching the lake"), "Searching the lake"),
        (Progress("Searching the lake", 1_200), "Searching the lake: 1,200 objects"),
        (Progress("Searching the lake", 0, 10_000), "Searching the lake: 0 of 10,000 objects"),
        (Progress("Loading", 3, 9, "tables"), "Loading: 3 of 9 tables"),
    ],
)
def test_a_sentence_has_the_counts_that_are_known(progress, sentence):
    assert progress.sentence() == sentence
