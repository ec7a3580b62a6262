"""`tta ingest`: own videos become rated rows; what is wrong with a file is told."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def ingested(tta) -> Callable[..., dict[str, Any]]:
    """Ingest, wait, and return what `--json` tells."""

    def ingest(*arguments: object, status: int = 0) -> dict[str, Any]:
        result = tta("ingest", *arguments, "--wait", "--json")
        assert result.returncode == status, result.stderr
        return json.loads(result.stdout)

    return ingest


def small_video(path: Path, codec: str, pix_fmt: str = "yuv420p") -> Path:
    import av
    import numpy as np

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = pix_fmt
        for shade in range(0, 200, 10):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), shade, np.uint8), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_a_video_ends_as_a_rated_row(ingested, clip, tmp_path):
    document = ingested(clip(tmp_path / "holiday.mp4", "11"))

    (row,) = document["rows"]
    assert row["rating_status"] == "rated"
    assert 0 <= row["unexpectedness"] <= 100
    assert row["video_id"] == document["files"][0]["video_id"]
    assert row["video_id"].startswith("u")


def test_a_name_that_is_an_id_stays_the_id(ingested, clip, tmp_path):
    document = ingested(clip(tmp_path / "7300000000000000012.mp4", "12"))

    assert [row["video_id"] for row in document["rows"]] == ["7300000000000000012"]


def test_files_of_every_type_are_rated_whatever_they_are_called(ingested, tmp_path):
    small_video(tmp_path / "a.mov", "libx264")
    small_video(tmp_path / "b.webm", "libvpx").rename(tmp_path / "b.mp4")
    small_video(tmp_path / "c.mkv", "libx264")
    small_video(tmp_path / "d.avi", "mpeg4")
    small_video(tmp_path / "e.gif", "gif", "rgb8")

    document = ingested(tmp_path)

    assert {row["file_name"]: row["rating_status"] for row in document["rows"]} == dict.fromkeys(
        ("a.mov", "b.mp4", "c.mkv", "d.avi", "e.gif"), "rated"
    )


def test_a_richer_table_completes_a_poorer_one_and_the_reverse_takes_nothing(
    ingested, ask, clip, tmp_path
):
    path, metadata = clip(tmp_path / "cat.mp4", "18"), tmp_path / "m.jsonl"
    at = {"file": "cat.mp4", "collected_at": "2026-05-01T00:00:00Z"}
    for fields in ({"views": 3}, {"username": "@Cats", "caption": "Wait"}, {"likes": 1}):
        metadata.write_text(json.dumps(at | fields))
        (row,) = ingested(path, "--metadata", metadata)["rows"]

    where = f"WHERE video_id = '{row['video_id']}'"
    assert ask(f"SELECT user_key, caption, file_name FROM dim_video {where}") == [
        {"user_key": "cats", "caption": "Wait", "file_name": "cat.mp4"}
    ]
    assert ask(f"SELECT views, likes FROM fact_metrics_snapshot {where}") == [
        {"views": 3, "likes": 1}
    ]


def test_a_truncated_file_is_unratable_with_a_reason(ingested, clip, tmp_path):
    path = clip(tmp_path / "cut.mp4", "13")
    path.write_bytes(path.read_bytes()[:5000])

    (row,) = ingested(path)["rows"]

    assert row["rating_status"] == "unratable"
    assert row["rating_reason"]


def test_the_same_file_twice_is_one_row(ingested, clip, tmp_path, ask):
    path = clip(tmp_path / "twice.mp4", "14")
    first = ingested(path)

    second = ingested(path)

    video_id = first["files"][0]["video_id"]
    assert second["files"][0]["outcome"] == "already_there"
    assert second["rows"] == first["rows"]
    count = f"SELECT COUNT(*) AS n FROM fact_rating WHERE video_id = '{video_id}'"
    assert ask(count) == [{"n": 1}]


def test_metadata_reaches_the_row_and_newer_counts_replace_it(ingested, clip, tmp_path, ask):
    path, metadata = clip(tmp_path / "cat.mp4", "15"), tmp_path / "m.jsonl"
    line = {"file": "cat.mp4", "username": "cats", "caption": "Das ist eine wirklich gute Katze"}
    metadata.write_text(json.dumps(line | {"views": 5, "collected_at": "2026-05-01T00:00:00Z"}))
    ingested(path, "--metadata", metadata)
    metadata.write_text(
        json.dumps({"file": "cat.mp4", "views": 9, "collected_at": "2026-05-02T00:00:00Z"})
    )

    (row,) = ingested(path, "--metadata", metadata)["rows"]

    assert row["views"] == 9
    where = f"WHERE video_id = '{row['video_id']}'"
    assert ask(f"SELECT user_key, lang_key FROM fact_video_analytics {where}") == [
        {"user_key": "cats", "lang_key": "de"}
    ]
    snapshots = ask(f"SELECT views FROM fact_metrics_snapshot {where} ORDER BY views")
    assert [snapshot["views"] for snapshot in snapshots] == [5, 9]


def test_posts_that_are_brought_again_a_week_later_have_a_reading_at_each_time(
    ingested, tmp_path, ask
):
    """Three posts of Zeeschuimer, seen twice: six readings, each at its own time."""
    ids = [str(7_300_000_000_000_000_101 + number) for number in range(3)]
    for week, plays in enumerate((1_000, 9_000)):
        lines = [_seen(video_id, plays + number, week) for number, video_id in enumerate(ids)]
        path = tmp_path / f"week-{week}.ndjson"
        path.write_text("\n".join(map(json.dumps, lines)))
        ingested("--metadata", path)

    rows = ask(
        "SELECT video_id, views, collected_at FROM fact_metrics_snapshot "
        f"WHERE video_id IN {tuple(ids)} ORDER BY collected_at, video_id"
    )

    assert [row["views"] for row in rows] == [1_000, 1_001, 1_002, 9_000, 9_001, 9_002]
    assert [row["collected_at"][:10] for row in rows] == ["2026-10-01"] * 3 + ["2026-10-08"] * 3


def test_a_file_of_curves_becomes_seconds_and_once_more_the_same_ones(tta, ask, tmp_path):
    video_id, path = "7300000000000000201", tmp_path / "curves.csv"
    path.write_text(f"video_id,second,share\n{video_id},0,100\n{video_id},2,40\n")
    seconds = (
        "SELECT second, share, user_key FROM retention_around_onset "
        f"WHERE video_id = '{video_id}' ORDER BY second"
    )
    expected = [
        {"second": 0, "share": 1.0, "user_key": "unknown"},
        {"second": 2, "share": 0.4, "user_key": "unknown"},
    ]

    for _ in range(2):
        result = tta("ingest", path, "--json")
        assert result.returncode == 0, result.stderr
        document = json.loads(result.stdout)
        assert document["curves"] == {"stored": 1, "videos": 1, "unlisted": [video_id]}
        deadline = time.monotonic() + 60
        while ask(seconds) != expected and time.monotonic() < deadline:
            time.sleep(0.2)
        assert ask(seconds) == expected


def _seen(video_id: str, plays: int, week: int) -> dict[str, object]:
    """A post as Zeeschuimer stores it. When it is seen again, only `last_updated` moves."""
    post = {"id": video_id, "createTime": 1_788_000_000, "author": {"uniqueId": "weekly"}}
    first = 1_790_812_800_000  # 2026-10-01
    return {
        "item_id": video_id,
        "source_platform": "tiktok.com",
        "timestamp_collected": first,
        "last_updated": first + week * 7 * 86_400_000,
        "data": post | {"stats": {"playCount": plays}},
    }


def test_a_bad_file_and_a_bad_line_are_told_and_their_neighbours_ingested(ingested, clip, tmp_path):
    good, bad = clip(tmp_path / "good.mp4", "16"), tmp_path / "bad.mp4"
    bad.write_bytes(b"no video at all")
    metadata = tmp_path / "m.jsonl"
    metadata.write_text('{"file": "good.mp4", "views": 3}\n{"file": "none.mp4", "views": 1}\n')
    stated = ("--collected-at", "2026-05-01")

    document = ingested(good, bad, "--metadata", metadata, *stated, status=1)

    assert [row["views"] for row in document["rows"]] == [3]
    assert any("is not a video" in problem for problem in document["problems"])
    (read,) = document["metadata"]
    assert (read["rows"], read["rows_lost"]) == (2, 1)
    assert (
        read["lost_rows"]["its file is not among the files (give the files beside their list)"][
            "line"
        ]
        == 2
    )


def test_a_wait_that_is_too_short_is_told(tta, clip, tmp_path):
    result = tta("ingest", clip(tmp_path / "slow.mp4", "17"), "--wait", "--timeout", "0.1")

    assert result.returncode in (0, 1)  # a fast machine may be done by then
    assert ("No rating in time" in result.stderr) == (result.returncode == 1)
