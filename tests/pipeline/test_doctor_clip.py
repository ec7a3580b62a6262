"""`tta doctor --clip`: its own clip passes the pipeline, and all traces of it are removed."""

import json
from typing import Any

import pytest

from cli.verbs.doctor import clip as test_clip
from local.cloud import pointing_at
from shared.erasure.one_video import remaining
from shared.erasure.rows import WarehouseRows
from shared.storage.lake import Lake
from shared.warehouse.client import bigquery

LEFT = "u00000000000005e1"


@pytest.fixture(scope="module")
def smoke_report(tta) -> dict[str, Any]:
    result = tta("doctor", "--clip", "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture
def lake(cloud):
    with pointing_at(cloud):
        yield Lake.connect(cloud.project, cloud.bucket)


@pytest.fixture
def rows(cloud, lake) -> WarehouseRows:
    return WarehouseRows(bigquery.Client(project=cloud.project), cloud.dataset)


def test_a_clip_is_uploaded_rated_loaded_and_removed(smoke_report):
    steps = [step["step"] for step in smoke_report["steps"]]
    assert steps == ["uploaded", "rated", "loaded", "removed"]
    assert smoke_report["raters"] == ["signals"] and smoke_report["problem"] is None


def test_nothing_of_it_is_left(smoke_report, lake, rows):
    assert remaining(smoke_report["video_id"], lake, rows) == 0
    assert list(lake.names(test_clip.MARKS)) == []


def test_what_is_removed_was_there(smoke_report):
    removed = smoke_report["steps"][-1]["detail"]

    # file, key frame, metadata, rating; video, rating, fact
    assert removed == "4 objects and 4 rows"


@pytest.mark.campaign
def test_every_run_has_a_clip_of_its_own(smoke_report, tta):
    again = json.loads(tta("doctor", "--clip", "--json").stdout)

    assert again["video_id"] != smoke_report["video_id"]


def test_what_a_killed_run_left_is_removed_by_the_next(tta, lake, clip, tmp_path):
    lake.write_once(f"{test_clip.MARKS}{LEFT}", b"")
    content = clip(tmp_path / "left.mp4", "99").read_bytes()
    lake.write_once(f"videos/{LEFT}.mp4", content, "video/mp4")

    result = tta("doctor", "--clip")

    assert "earlier run" in result.stderr
    assert "The clip came through, and nothing of it is left." in result.stdout
    assert list(lake.names(f"videos/{LEFT}")) == list(lake.names(test_clip.MARKS)) == []


def test_one_that_does_not_come_through_says_what_is_missing_and_is_removed(
    tta, lake, rows, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(test_clip, "raters_of", lambda endpoints: ["nobody", "signals"])
        result = tta("doctor", "--clip", "--timeout", "2", "--json")

    document = json.loads(result.stdout)
    assert result.returncode == 1
    assert "No rating by nobody" in result.stderr and "logs" in result.stderr
    assert document["steps"][0]["step"] == "uploaded" and document["steps"][-1]["step"] == "removed"
    # Something of it may still come, and the next run knows.
    assert list(lake.names(test_clip.MARKS)) == [f"{test_clip.MARKS}{document['video_id']}"]
    assert "earlier run" in tta("doctor", "--clip").stderr
    assert remaining(document["video_id"], lake, rows) == 0


def test_a_cloud_in_which_nobody_rates_is_told(cloud, monkeypatch, lake):
    monkeypatch.setattr(test_clip, "RATERS", "nobody-")

    with pytest.raises(test_clip.UserError, match="No rater listens to uploads"):
        test_clip.raters_of(cloud)
