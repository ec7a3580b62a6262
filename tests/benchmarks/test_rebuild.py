"""The measurement of a rebuild reads what it wrote, and compares what it says it compares."""

import pytest

from benchmarks import rebuild
from benchmarks.warehouse_cost.world import VIDEOS_PER_CREATOR


@pytest.mark.campaign  # the suite rebuilds after the demo, and in memory
def test_a_small_lake_is_rebuilt_as_events_fill_the_tables():
    seconds, processor_s, memory, differing = rebuild.measurements(
        4 * VIDEOS_PER_CREATOR, settle_s=0
    )

    assert "20 videos in 100 objects" in seconds.name
    assert processor_s.measured > 0
    assert 30 < memory.measured < rebuild.MEMORY_BAR_MB
    assert differing.measured == 0


def test_a_row_that_differs_is_counted_in_both_datasets(monkeypatch):
    rows = {"live": [("dim_video", "a"), ("dim_video", "b")], "events": [("dim_video", "a")]}
    monkeypatch.setattr(rebuild, "_rows", lambda client, dataset, ids, handles: rows[dataset])
    monkeypatch.setattr(rebuild, "Loader", lambda *arguments: _LoadsNothing())

    assert rebuild._differing_rows(None, 20) == 1


class _LoadsNothing:
    def load(self, records):
        assert records
