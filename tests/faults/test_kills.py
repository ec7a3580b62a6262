"""Any program may be killed at any moment: tables and lake end as after a clean run.

Campaigns kill a few times over a small library; `make faults` kills often over 200 videos.
"""

import os

import pytest

from tests.faults.world import at_seeded_moments, run

KILLS = int(os.environ.get("FAULT_KILLS", "4"))
SEEDS = [int(seed) for seed in os.environ.get("FAULT_SEEDS", "1").split(",")]
PROGRAMS = ["fetch", "analyze", "load", "storage", "pubsub", "bigquery", "tiktok"]
THREADS_OF_ANALYZE = 4


def test_a_clean_run_asks_the_rater_once_per_file(clean, posts):
    files = sum(name.startswith("videos/") for name in clean.lake)

    assert clean.questions == files > 0
    assert len(clean.tables["fact_video_analytics"]) == posts


@pytest.mark.campaign  # in the suite mixed faults kill functions, and outages what they stand on
@pytest.mark.parametrize("seed", SEEDS)
def test_kills_at_seeded_moments_change_nothing(seed, clean, library, tmp_path):
    outcome = run(tmp_path, library, at_seeded_moments(seed, PROGRAMS, KILLS, most_s=2.5))

    print(
        f"\nseed {seed}: killed {dict(outcome.kills)};"
        f" asked {outcome.questions} for {clean.questions} files"
    )
    assert outcome.tables == clean.tables
    assert outcome.lake == clean.lake
    # A call is paid twice only when analyze or the lake died between the call and its write.
    between = THREADS_OF_ANALYZE * (outcome.kills["analyze"] + outcome.kills["storage"])
    assert clean.questions <= outcome.questions <= clean.questions + between


@pytest.mark.campaign
@pytest.mark.parametrize("seed", SEEDS)
def test_kills_change_nothing_while_records_are_pulled(seed, clean, library, tmp_path):
    """The suite has the one kill that matters most in tests/pipeline/test_freshness.py."""
    disturb = at_seeded_moments(seed, ["load", "load", "pubsub", "bigquery"], KILLS, most_s=4.0)

    outcome = run(tmp_path, library, disturb, freshness_s=300)

    print(f"\nseed {seed}: killed {dict(outcome.kills)}")
    assert outcome.tables == clean.tables
    assert outcome.lake == clean.lake
