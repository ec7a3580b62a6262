"""Own files and what is known of them enter the lake; saying it again changes nothing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.uploads import VideoFile
from cli.verbs.ingest.store import Ingestion
from shared.inputs.media_type import MP4 as MP4_TYPE
from shared.model import Metrics, Record, Video, parse_record
from shared.tiktok.sources.manifest_line import Line
from tests.cli.verbs.test_uploads import MP4
from tests.fakes import LakeInMemory, tombstones_in

ID = "7300000000000000001"
MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
TUESDAY = datetime(2026, 5, 5, tzinfo=UTC)


@pytest.fixture
def lake() -> LakeInMemory:
    return LakeInMemory()


def described(lake: LakeInMemory, now: datetime = MONDAY, **fields: object) -> Record:
    dated = {"video_id": ID, "collected_at": MONDAY} | fields
    line = Line.model_validate(dated) if fields else None
    return Ingestion(lake, now, tombstones_in(lake)).describe(ID, line)


def stored(lake: LakeInMemory, tmp_path: Path, content: bytes = MP4) -> str:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    return Ingestion(lake, MONDAY, tombstones_in(lake)).store(VideoFile(path, ID, MP4_TYPE))


def test_a_file_without_metadata_is_described_as_an_upload(lake):
    assert described(lake) == Record(video_id=ID, video=Video(observed_at=MONDAY, source="upload"))


def test_the_description_is_kept_in_the_lake(lake):
    record = described(lake, username="cats", views=5)

    assert parse_record(lake.read(f"metadata/{ID}.json")) == record


def test_the_same_said_again_tomorrow_changes_nothing(lake):
    first = described(lake, MONDAY, username="cats", caption="Wait for it", views=5)
    names = set(lake.objects)

    assert described(lake, TUESDAY, username="cats", caption="Wait for it", views=5) == first
    assert set(lake.objects) == names


def test_the_same_file_again_keeps_what_was_said_of_it(lake):
    first = described(lake, MONDAY, username="cats", views=5)

    assert described(lake, TUESDAY) == first


def test_newer_counts_replace_older_ones_and_leave_the_rest(lake):
    described(lake, caption="Wait for it", views=5)

    record = described(lake, TUESDAY, views=9, collected_at=TUESDAY)

    assert record.metrics == Metrics(collected_at=TUESDAY, views=9)
    assert record.video.caption == "Wait for it"


def test_counts_stay_when_only_the_caption_is_said(lake):
    described(lake, views=5)

    assert described(lake, TUESDAY, caption="Wait for it").metrics.views == 5


def test_every_reading_of_the_counts_is_kept_for_a_rebuild(lake):
    described(lake, views=5)
    described(lake, TUESDAY, views=9, collected_at=TUESDAY)

    raw = [parse_record(lake.read(name)) for name in lake.objects if name.startswith("raw/upload/")]

    assert sorted(record.metrics.views for record in raw) == [5, 9]


def test_a_count_that_cannot_be_is_kept_and_a_rounded_one_is_flagged(lake):
    record = described(lake, username="cats", views=-5, followers=-1, is_rounded=True)

    assert (record.metrics.views, record.metrics.flags) == (-5, ("rounded_count",))
    assert (record.metrics.followers, record.creator.followers) == (-1, None)


def test_a_correction_is_a_newer_observation(lake):
    described(lake, MONDAY, caption="Wiat for it")

    record = described(lake, TUESDAY, caption="Wait for it")

    assert record.video.observed_at > MONDAY


def test_a_day_from_a_later_list_takes_no_clock_away(lake):
    exact = datetime(2026, 5, 3, 15, 22, 10, tzinfo=UTC)
    day = datetime(2026, 5, 3, tzinfo=UTC)
    described(lake, created_at=exact)

    record = described(lake, TUESDAY, collected_at=TUESDAY, created_at=day, is_day=True)

    assert record.video.created_at == exact


def test_a_video_that_was_listed_by_a_collection_keeps_its_source(lake):
    listed = Record(
        video_id=ID, video=Video(observed_at=MONDAY, source="research", url="https://x")
    )
    lake.write_once(f"metadata/{ID}.json", listed.to_json())

    record = described(lake, TUESDAY, username="cats")

    assert record.video.source == "research"
    assert record.video.url == "https://x"


def test_counts_without_a_time_are_no_reading(lake):
    assert described(lake, TUESDAY, views=5, collected_at=None).metrics is None


def test_a_count_that_is_not_given_is_not_zero(lake):
    assert described(lake, views=5).metrics.likes is None


def test_a_file_is_stored_under_its_id_once(lake, tmp_path):
    assert stored(lake, tmp_path) == "stored"
    assert stored(lake, tmp_path) == "already_there"
    assert lake.read(f"videos/{ID}.mp4") == MP4


def test_other_content_under_the_same_id_does_not_replace_the_first(lake, tmp_path):
    stored(lake, tmp_path)

    assert stored(lake, tmp_path, MP4 + b"other") == "other_content"
    assert lake.read(f"videos/{ID}.mp4") == MP4


def test_a_file_stored_before_its_row_came_is_told(lake, tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(MP4)
    ingestion = Ingestion(lake, MONDAY, tombstones_in(lake))
    own_id = "u0123456789abcdef"
    renamed = VideoFile(path, ID, MP4_TYPE, content_id=own_id)

    assert ingestion.earlier_copy(renamed) is None
    ingestion.store(VideoFile(path, own_id, MP4_TYPE))
    assert ingestion.earlier_copy(renamed) == own_id


def test_counts_that_contradict_stored_ones_of_the_same_moment_are_told(lake):
    ingestion = Ingestion(lake, MONDAY, tombstones_in(lake))

    def describe(**counts: int) -> None:
        fields = {"video_id": ID, "collected_at": MONDAY} | counts
        ingestion.describe(ID, Line.model_validate(fields))

    describe(views=5000)
    describe(views=5000, likes=1)
    assert ingestion.contradictions == []
    describe(views=5)
    assert ingestion.contradictions == [f"{ID}: views 5,000 is stored, and the list says 5"]
