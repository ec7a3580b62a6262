"""What everything stands on may be away for a while: complete afterwards, nothing dead-lettered.

The suite's outages last seconds; `make faults` takes BigQuery away for three minutes.
"""

import os

import pytest

from tests.faults.world import hang, outage, run

SECONDS = float(os.environ.get("FAULT_OUTAGE_S", "5"))


@pytest.mark.parametrize(
    "disturb",
    [
        pytest.param(outage("bigquery", SECONDS, after_s=1), id="BigQuery is away"),
        pytest.param(outage("storage", min(SECONDS, 60), after_s=0.5), id="storage is away"),
        pytest.param(outage("pubsub", 0.1, after_s=1), id="Pub/Sub restarts"),
        pytest.param(hang("bigquery", SECONDS, after_s=1), id="BigQuery hangs"),
    ],
)
def test_after_an_outage_everything_is_complete(disturb, clean, library, tmp_path):
    left = run(tmp_path, library, disturb)

    assert left.tables == clean.tables
    assert left.lake == clean.lake
