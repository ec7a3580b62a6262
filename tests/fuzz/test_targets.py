"""Each parser on its seeds and on what blind mutations make of them.

`make fuzz` does it by coverage, all night if told to; this sees that the targets hold today.
"""

import random

import pytest

from tests.fuzz.targets import TARGETS

MUTATIONS, MOST_MUTATIONS = 50, 150
MUTATED_ELSEWHERE = ("clip",)
"""tests/shared/rating/test_clip.py mutates videos, too, so the suite gives the seeds alone."""
PIECES = (b"", b"\0", b"\xff", b"-1", b"NaN", b"9" * 400, b'"', b"[", b"{", b"null", b"\n", b": ")


@pytest.mark.parametrize(
    ("name", "mutations"),
    [
        *((name, 0 if name in MUTATED_ELSEWHERE else MUTATIONS) for name in TARGETS),
        *(pytest.param(name, MOST_MUTATIONS, marks=pytest.mark.campaign) for name in TARGETS),
    ],
)
def test_no_input_ends_in_anything_but_a_value_or_a_refusal(name, mutations):
    target, dice = TARGETS[name], random.Random(name)
    seeds = [seed for seed in target.seeds() if len(seed) < 20_000]

    for seed in seeds:
        target.check(seed)
    for _ in range(mutations):
        target.check(mutated(dice.choice(seeds), dice))


def mutated(seed: bytes, dice: random.Random) -> bytes:
    content = bytearray(seed)
    for _ in range(dice.choice([1, 1, 2, 8])):
        start = dice.randrange(len(content) + 1)
        end = min(len(content), start + dice.choice([0, 1, 4, 40]))
        content[start:end] = dice.choice([*PIECES, bytes(content[end : end + 30])])
    return bytes(content)
