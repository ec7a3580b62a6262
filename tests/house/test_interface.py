"""What strangers rely on stays: commands, options, columns, JSON keys and file formats."""

import json
import re
from pathlib import Path

import pytest

from tests.house.interface import interface

BEFORE = json.loads(Path(__file__).with_name("interface.json").read_text())
"""At a94852d. Whoever changes the interface on purpose says so below, or prints this file again."""
REMOVED = {
    r"--embeddings|knowledge search --home": "knowledge is searched by words, which need no home",
    r"kendall": "Spearman's correlation is enough",
    r"nb2|qmle": "one pooled count model, gee_nb, stays",
}
"""Patterns of lines that are gone, each with the reason."""


@pytest.fixture(scope="module")
def now() -> dict[str, list[str]]:
    return interface()


@pytest.mark.parametrize("part", BEFORE)
def test_the_interface_is_as_before(now, part):
    gone = re.compile("|".join(REMOVED), re.IGNORECASE)

    assert now[part] == [line for line in BEFORE[part] if not gone.search(line)]
