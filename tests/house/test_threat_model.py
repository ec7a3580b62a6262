"""The threat model names tests, and each of them exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/threat-model.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)


def test_every_test_that_it_names_exists():
    missing = [
        f"{file}::{name}"
        for file, name in NAMED
        if not (ROOT / file).exists() or f"def {name}(" not in (ROOT / file).read_text()
    ]

    assert len(NAMED) > 30
    assert missing == []


def test_every_threat_names_a_test():
    threats = PAGE.split("\n### ")[1:]

    assert [threat.splitlines()[0] for threat in threats if "`tests/" not in threat] == []
