"""What everything stands on may be away for a while: complete afterwards, nothing dead-lettered.

In the suite the outages last seconds and share one run. `make faults` gives each a
run of its own, and takes BigQuery away for three minutes.
"""

import os

import pytest

from tests.faults.world import at_once, hang, in_turn, outage, run

SECONDS = float(os.environ.get("FAULT_OUTAGE_S", "5"))
AWAY = outage("bigquery", SECONDS, after_s=1)
STORAGE_AWAY = outage("storage", min(SECONDS, 60), after_s=0.5)
RESTARTS = outage("pubsub", 0.1, after_s=1)
HANGS = hang("bigquery", SECONDS, after_s=1)
EACH_ALONE = {
    "BigQuery is away": AWAY,
    "storage is away": STORAGE_AWAY,
    "Pub/Sub restarts": RESTARTS,
    "BigQuery hangs": HANGS,
}
# What waits for BigQuery is still there when Pub/Sub restarts and when BigQuery is away.
TOGETHER = {"all of them": in_turn(at_once(HANGS, STORAGE_AWAY), RESTARTS, AWAY)}
RUNS = EACH_ALONE if "FAULT_OUTAGE_S" in os.environ else TOGETHER


@pytest.mark.parametrize("disturb", RUNS.values(), ids=RUNS)
def test_after_an_outage_everything_is_complete(disturb, clean, library, tmp_path):
    outcome = run(tmp_path, library, disturb)

    assert outcome.tables == clean.tables
    assert outcome.lake == clean.lake
