"""Parked messages are found by budget and by video, with few and short listings."""

from datetime import date

import pytest

from shared.privacy.object_names import video_in_name
from shared.storage.layout import parked_name, video_key
from shared.storage.parked_objects import (
    budget_folders,
    named_rater,
    parked_folders,
    parked_of_video,
)
from tests.fakes import LakeInMemory

DAYS = (date(2026, 11, 2), date(2026, 11, 3))
VIDEO_ID, OTHER = "7300000000000000001", "7300000000000000002"
FLAT = f"parked/analyze/videos%2F{VIDEO_ID}.mp4-5-gemini%3Aflash-0.json"


@pytest.fixture
def lake():
    """Two videos, each parked for three budgets and two dates, and as a record."""
    lake = LakeInMemory()
    for video_id in (VIDEO_ID, OTHER):
        for day in DAYS:
            for budget in ("", "flash", "zeta"):
                key = video_key(video_id, "mp4-5-gemini-0")
                lake.put(parked_name("analyze", budget, day, key), b"{}")
            lake.put(parked_name("load", "", day, video_key(video_id, "message")), b"{}")
    lake.put(FLAT, b"{}")
    return lake


def test_the_parked_messages_of_a_video_are_found_by_its_id(lake):
    found = list(parked_of_video(lake, VIDEO_ID, parked_folders(lake)))

    assert sorted(found) == sorted(name for name in lake.names("parked/") if VIDEO_ID in name)
    assert len(found) == 1 + 2 * (3 + 1)


def test_an_id_that_begins_like_another_is_another_video(lake):
    assert list(parked_of_video(lake, VIDEO_ID[:-1], parked_folders(lake))) == []


def test_every_parked_message_is_named_after_its_video(lake):
    assert {video_in_name(name) for name in lake.names("parked/")} == {VIDEO_ID, OTHER}


def test_budgets_are_found_without_a_listing_of_their_messages(lake):
    for number in range(500):
        lake.put(FLAT.replace(VIDEO_ID, f"{number}"), b"{}")
        lake.put(parked_name("analyze", "flash", DAYS[0], f"videos/{number}.mp4"), b"{}")
    lake.listed = 0

    assert budget_folders(lake, "analyze") == [
        f"parked/analyze/{budget}/" for budget in ("any", "flash", "zeta")
    ]
    assert lake.listed == 4, "three folders, and the flat names together"


@pytest.mark.parametrize(
    ("name", "rater"),
    [
        (parked_name("analyze", "flash", DAYS[0], "x" * 500), "flash"),
        (parked_name("analyze", "", DAYS[0], "videos/1.mp4-5-gemini-0"), ""),
        (parked_name("analyze", "any", DAYS[0], "videos/1.mp4-5-gemini:any-0"), "any"),
        (FLAT, "flash"),
        ("parked/analyze/videos%2F1.mp4-5-gemini-0.json", ""),
    ],
)
def test_the_folder_tells_the_rater_and_a_flat_name_does_at_its_end(name, rater):
    assert named_rater(name) == rater
