"""Retention curves that people bring enter the lake once."""

import os

import pytest

from cli.errors import UserError
from cli.verbs.ingest.curves import IngestedCurves, curves_in
from cli.verbs.ingest.store import Ingestion
from shared.model import parse_record
from shared.storage.layout import metadata_name, retention_name
from shared.tiktok.sources.manifest_file import ManifestOptions
from tests.cli.verbs.test_ingest_batch import ID, NOW, OTHER, brought, written
from tests.fakes import LakeInMemory, tombstones_in
from tests.records import DAY_0, curve

__all__ = ["brought"]

CURVES = f"video_id,second,share\n{ID},0,1\n{ID},1,0.5\n{OTHER},0,1\n"


@pytest.fixture
def lake():
    return LakeInMemory()


def stored(lake, path) -> IngestedCurves:
    file = curves_in(path, ManifestOptions())
    return IngestedCurves.of(file.curves, Ingestion(lake, NOW, tombstones_in(lake)))


def test_a_curve_is_kept_as_it_is_published(lake, tmp_path):
    outcome = stored(lake, written(tmp_path / "a.csv", CURVES))

    first, second = outcome.records
    name = retention_name(ID, first.retention.collected_at)
    assert parse_record(lake.read(name)) == first
    assert outcome.document() == {"stored": 2, "videos": 2, "unlisted": [ID, OTHER]}
    assert second.sections() == ["retention"]


def test_the_same_file_again_changes_nothing_even_when_it_was_copied(lake, tmp_path):
    first = stored(lake, written(tmp_path / "a.csv", CURVES))
    objects = dict(lake.objects)
    copy = written(tmp_path / "copy.csv", CURVES)
    os.utime(copy, (0, 0))

    again = stored(lake, copy)

    assert again.records == first.records
    assert lake.objects == objects
    assert again.problems("") == []


def test_another_curve_of_the_same_time_is_told_and_does_not_mix_with_the_first(lake, tmp_path):
    stored(lake, written(tmp_path / "a.csv", CURVES))
    objects = dict(lake.objects)

    outcome = stored(lake, written(tmp_path / "b.csv", CURVES.replace("0.5", "0.6")))

    assert lake.objects == objects
    assert [record.video_id for record in outcome.records] == [OTHER]
    (problem,) = outcome.problems("")
    assert problem.startswith(f"{ID}: the lake has another curve of the same time")
    assert "--collected-at" in problem


def test_a_curve_of_an_erased_video_is_not_stored_again(lake):
    tombstones = tombstones_in(lake)
    tombstones.put([ID], [], DAY_0)

    outcome = IngestedCurves.of(
        [(ID, curve(0, 1.0)), (OTHER, curve(0, 1.0))], Ingestion(lake, NOW, tombstones)
    )

    assert [record.video_id for record in outcome.records] == [OTHER]
    assert f"tta erase --home x --take-back --video {ID}" in outcome.problems(" --home x")[0]
    assert not [*lake.names(f"retention/{ID}/")]


def test_listed_videos_are_not_named(lake):
    lake.put(metadata_name(ID), b"{}")

    outcome = IngestedCurves.of(
        [(ID, curve(0, 1.0)), (OTHER, curve(0, 1.0))], Ingestion(lake, NOW, tombstones_in(lake))
    )

    assert outcome.unlisted == [OTHER]
    assert f"1 of these videos are not listed yet: {OTHER}" in outcome.sentences()[1]


@pytest.mark.parametrize("option", [False, True])
def test_a_file_of_curves_is_known_by_its_columns_wherever_it_is_named(tmp_path, brought, option):
    path = written(tmp_path / "a.csv", CURVES)

    batch = brought([], path) if option else brought([path])

    assert [(video_id, each.shares) for video_id, each in batch.curves] == [
        (ID, (1.0, 0.5)), (OTHER, (1.0,)),
    ]  # fmt: skip
    assert batch.metadata[0]["format"] == "retention curves"
    assert (batch.lines, batch.problems) == ([], [])


def test_a_list_beside_a_file_of_curves_is_read_as_a_list(tmp_path, brought):
    curves = written(tmp_path / "a.csv", CURVES)
    listed = written(tmp_path / "m.csv", f"video_id,views,collected_at\n{ID},5,2026-11-01\n")

    batch = brought([curves], listed)

    assert ([line.views for _, line in batch.lines], len(batch.curves)) == ([5], 2)


def test_curves_of_another_tool_are_refused_with_what_to_do(tmp_path, brought):
    path = written(tmp_path / "yt.csv", "elapsedVideoTimeRatio,audienceWatchRatio\n0.01,0.9\n")

    with pytest.raises(UserError, match="Multiply elapsedVideoTimeRatio by the duration"):
        brought([path])
