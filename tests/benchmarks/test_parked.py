"""The simulated backlog of the benchmark, made small."""

import json

from benchmarks import parked


def test_each_day_releases_what_its_budget_pays_and_counts_what_it_lists(monkeypatch):
    monkeypatch.setattr(parked, "PARKED", 300)
    monkeypatch.setattr(parked, "BUDGET", 12)
    monkeypatch.setattr(parked, "OWN_BUDGET", 4)
    monkeypatch.setattr(parked, "SWEEPS_A_DAY", 8)
    monkeypatch.setattr(parked, "HANDLED_BETWEEN", 5)

    result = json.loads(parked.simulate())

    assert 12 <= result["released_a_day"] <= 12 + 8
    assert 12 <= result["listed"] <= 300 + 2 * 12
    assert result["requests"] > 0
