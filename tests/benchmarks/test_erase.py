"""The erasure of the benchmark, made small."""

import json

import pytest

from benchmarks import erase


@pytest.mark.campaign  # the suite erases in memory and on real tables
def test_one_creator_is_erased_and_few_objects_are_read(monkeypatch):
    sizes = {"VIDEOS": 24_000, "REAL": 40, "HERS": 2, "MENTIONING": 4, "FAILED": 3}
    for name, size in sizes.items():
        monkeypatch.setattr(erase, name, size)

    result = json.loads(erase.simulate())

    assert result["remaining"] == 0
    assert 10 < result["requests_per_video"] <= 100
    assert 4 * 2 < result["others"] < 200
    assert result["lists"] > 24 * 2
