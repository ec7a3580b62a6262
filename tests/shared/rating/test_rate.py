"""What becomes of an upload: rated once, published each time, never paid twice."""

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import Permanent, Transient
from shared.messaging.events import VideoUploaded
from shared.messaging.in_flight import count_in_flight, set_mark
from shared.model import content_id
from shared.rating.rate import RateApp, rate_upload
from shared.rating.rater import RaterAnswer
from shared.rubric_values import Values
from shared.storage.layout import RatingKey, frame_name, metadata_name, rating_name
from shared.storage.lease import Lease, LeaseHeld
from tests.fakes import BusInMemory, LakeInMemory, tombstones_in
from tests.records import DAY_0, VIDEO_ID, metrics, record, video

MP4 = b"\x00\x00\x00\x18ftypisom" + b"\0" * 100
NAME = f"videos/{VIDEO_ID}.mp4"


class ScriptedRater:
    """Answers what it is told to, and counts what it was paid for."""

    name = "scripted/1"
    config_hash = "abcd"
    condition = "scripted"
    sees_caption = False

    def __init__(self):
        self.answer = RaterAnswer(status="rated", values=Values(unexpectedness=70))
        self.seen = []
        self.before_answering = lambda: None

    def rate(self, media):
        with media.open() as path:
            self.seen.append(path.read_bytes())
        self.before_answering()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class World:
    """A pipeline of fakes and all that left it."""

    def __init__(self):
        self.lake = LakeInMemory()
        self.bus = BusInMemory()
        self.rater = ScriptedRater()
        self.lake.now = DAY_0
        self.clock_is_wrong_by = timedelta(0)
        self.app = RateApp(
            lake=self.lake,
            tombstones=tombstones_in(self.lake),
            lease=Lease(self.lake, duration_s=660),
            raters=lambda condition: self.rater if condition in (None, "scripted") else None,
            publish=self.bus.publish,
            clock=lambda: self.lake.now + self.clock_is_wrong_by,
            timer=lambda: self.lake.now.timestamp(),
            max_media_bytes=1_000,
        )

    def upload(self, name=NAME, content=MP4) -> VideoUploaded:
        generation = self.lake.replace(name, content, self.lake.read_with_generation(name)[1])
        return VideoUploaded("lake", name, str(generation))

    def deliver(self, upload: VideoUploaded, delivery="d1") -> None:
        rate_upload(upload, delivery, self.app)

    def ratings(self) -> list[str]:
        return list(self.lake.names("ratings/"))


@pytest.fixture
def world():
    return World()


def test_an_upload_is_rated_stored_and_published(world):
    upload = world.upload()

    world.deliver(upload)

    (published,) = world.bus.published
    key = RatingKey(upload.generation, "scripted/1", "abcd")
    assert published.video_id == VIDEO_ID
    assert published.rating.values.unexpectedness == 70
    assert world.ratings() == [rating_name(VIDEO_ID, key)]


def test_the_same_event_five_times_pays_once_and_publishes_the_same(world):
    upload = world.upload()

    for number in range(5):
        world.lake.now += timedelta(minutes=1)
        world.deliver(upload, f"d{number}")

    assert len(world.rater.seen) == 1
    assert len({published.to_json() for published in world.bus.published}) == 1


MARK = "2026-11-01/any/5"


class InFlight:
    """A released upload, and whether a sweep still counts it as in flight."""

    def __init__(self, world):
        self.world = world
        self.upload = replace(world.upload(), in_flight=MARK)
        set_mark(world.lake, MARK)

    @property
    def is_counted(self):
        return count_in_flight(self.world.lake, DAY_0.date())[""] == 1


def test_a_released_upload_is_in_flight_until_it_is_rated(world):
    released = InFlight(world)

    assert released.is_counted
    world.deliver(released.upload)

    assert not released.is_counted


def test_a_released_upload_whose_file_is_gone_is_in_flight_no_more(world):
    released = InFlight(world)
    world.lake.delete(NAME)

    world.deliver(released.upload)

    assert not released.is_counted


@pytest.mark.parametrize(
    ("error", "is_counted"), [(Permanent("refused", "no"), False), (Transient("down"), True)]
)
def test_a_released_upload_that_comes_again_is_still_in_flight(world, error, is_counted):
    released = InFlight(world)
    world.rater.answer = error

    with pytest.raises(type(error)):
        world.deliver(released.upload)

    assert released.is_counted is is_counted


def test_a_deployment_that_does_not_rate_an_upload_leaves_its_mark(world):
    released = InFlight(world)

    world.deliver(replace(released.upload, condition="gemini"))

    assert released.is_counted


def test_a_second_delivery_at_the_same_instant_waits_for_the_first(world):
    upload = world.upload()
    refused = []

    def meanwhile():
        with suppress(LeaseHeld):
            world.deliver(upload, "d2")
            return
        refused.append("d2")

    world.rater.before_answering = meanwhile
    world.deliver(upload, "d1")

    assert refused == ["d2"]
    assert len(world.rater.seen) == 1


def test_a_claim_left_by_a_dead_process_is_taken_over_after_its_lease(world):
    upload = world.upload()
    key = RatingKey(upload.generation, "scripted/1", "abcd")
    claim = f"{rating_name(VIDEO_ID, key)}.claim"
    world.app.lease._take(claim, b"dead")
    with pytest.raises(LeaseHeld):
        world.deliver(upload)

    world.lake.now += timedelta(seconds=661)
    world.deliver(upload)

    assert len(world.rater.seen) == 1
    assert not world.lake.exists(claim)


def test_a_claim_that_outlived_its_rating_goes_with_the_next_delivery(world):
    upload = world.upload()
    world.deliver(upload)
    claim = f"{next(world.lake.names('ratings/'))}.claim"
    world.app.lease._take(claim, b"killed after it had written the rating")

    world.deliver(upload)

    assert len(world.rater.seen) == 1
    assert not world.lake.exists(claim)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_an_hour_wrong_neither_ends_a_lease_nor_prolongs_it(world, hours):
    upload = world.upload()
    key = RatingKey(upload.generation, "scripted/1", "abcd")
    world.app.lease._take(f"{rating_name(VIDEO_ID, key)}.claim", b"alive")
    world.clock_is_wrong_by = timedelta(hours=hours)
    with pytest.raises(LeaseHeld):
        world.deliver(upload)

    world.lake.now += timedelta(seconds=661)
    world.deliver(upload)

    assert len(world.rater.seen) == 1


def test_a_failed_attempt_gives_its_claim_back(world):
    upload = world.upload()
    world.rater.answer = Transient("quota")
    with pytest.raises(Transient):
        world.deliver(upload)

    world.rater.answer = RaterAnswer(status="rated", values=Values(unexpectedness=1))
    world.deliver(upload, "d2")

    assert len(world.bus.published) == 1


def test_a_paid_rating_survives_a_failed_publish(world):
    upload = world.upload()
    publish = world.bus.publish
    object.__setattr__(
        world.app, "publish", lambda record: (_ for _ in ()).throw(Transient("down"))
    )
    with pytest.raises(Transient):
        world.deliver(upload)

    object.__setattr__(world.app, "publish", publish)
    world.deliver(upload, "d2")

    assert len(world.rater.seen) == 1
    assert len(world.bus.published) == 1


def test_the_strongest_moment_is_in_the_lake_before_the_rating_says_that_there_is_one(world):
    upload = world.upload()
    world.rater.answer = replace(world.rater.answer, frame=b"jpeg")
    world.deliver(upload)
    (stored,) = world.ratings()

    assert world.lake.read(frame_name(VIDEO_ID, upload.generation)) == b"jpeg"

    world.lake.delete(stored)  # the process died before it had written the rating
    world.deliver(upload, "d2")

    assert world.lake.read(frame_name(VIDEO_ID, upload.generation)) == b"jpeg"
    assert list(world.lake.names("frames/")) == [frame_name(VIDEO_ID, upload.generation)]


def test_an_erased_video_that_is_uploaded_again_is_deleted_and_not_rated(world):
    world.app.tombstones.put([VIDEO_ID], [], DAY_0)

    world.deliver(world.upload())

    assert (world.rater.seen, world.bus.published) == ([], [])
    assert NAME not in world.lake.objects


def test_a_video_that_is_erased_while_it_is_rated_leaves_no_rating(world):
    upload = world.upload()
    world.rater.answer = replace(world.rater.answer, frame=b"jpeg")
    world.rater.before_answering = lambda: world.app.tombstones.put([VIDEO_ID], [], DAY_0)

    world.deliver(upload)

    assert (world.ratings(), world.bus.published) == ([], [])
    assert list(world.lake.names("frames/")) == []


def test_an_overwritten_file_is_another_generation_and_rated_anew(world):
    first = world.upload()
    world.deliver(first)

    world.deliver(world.upload(content=MP4 + b"more"))

    assert len(world.ratings()) == 2


def test_an_event_of_a_replaced_generation_is_acknowledged(world):
    first = world.upload()
    world.upload(content=MP4 + b"more")

    world.deliver(first)

    assert world.rater.seen == []


def test_a_file_that_is_replaced_while_it_is_rated_keeps_no_rating(world):
    """A model reads the object by its name, so it may have seen the new file."""
    first = world.upload()
    world.rater.before_answering = lambda: world.upload(content=MP4 + b"more")

    world.deliver(first)

    assert len(world.rater.seen) == 1
    assert world.ratings() == []
    assert world.bus.published == []


def test_a_rating_that_appears_before_the_lease_is_held_is_not_paid_again(world, monkeypatch):
    upload = world.upload()
    world.deliver(upload)
    (name,) = world.ratings()
    rating = world.lake.read(name)
    world.lake.delete(name)
    take = world.app.lease._take

    def taken_late(claim, owner):
        world.lake.write_once(name, rating)
        return take(claim, owner)

    monkeypatch.setattr(world.app.lease, "_take", taken_late)
    world.deliver(upload, "d2")

    assert len(world.rater.seen) == 1
    assert len({published.to_json() for published in world.bus.published}) == 1


def test_an_object_gone_before_handling_is_acknowledged(world):
    upload = world.upload()
    world.lake.delete(NAME)

    world.deliver(upload)

    assert world.bus.published == []


@pytest.mark.parametrize("name", ["videos/folder/", "metadata/7300000000000000001.json", "x.mp4"])
def test_what_is_no_file_under_videos_is_ignored(world, name):
    world.deliver(world.upload(name))

    assert world.bus.published == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"GIMP is no video", "not_a_video"), (MP4 + b"\0" * 1_000, "too_large")],
)
def test_a_file_that_cannot_be_rated_becomes_a_row_with_its_reason(world, content, reason):
    world.deliver(world.upload(content=content))

    (published,) = world.bus.published
    assert (published.rating.status, published.rating.reason) == ("unratable", reason)
    assert world.rater.seen == []


def test_a_name_that_is_no_id_gives_the_content_its_own(world):
    world.deliver(world.upload("videos/My Clip (1).MP4"))

    assert world.bus.published[0].video_id == content_id(hashlib.sha256(MP4).hexdigest())


def test_a_rating_is_published_without_the_listing_which_was_published_before(world):
    listing = record(video=video(), metrics=metrics())
    world.lake.write_once(metadata_name(VIDEO_ID), listing.to_json())

    world.deliver(world.upload())

    (published,) = world.bus.published
    assert published.sections() == ["rating"]


def test_a_rating_stored_by_another_meanwhile_is_the_one_published(world):
    upload = world.upload()
    key = RatingKey(upload.generation, "scripted/1", "abcd")

    def outlive_the_lease():
        world.rater.before_answering = lambda: None
        world.lake.now += timedelta(seconds=700)
        world.rater.answer = RaterAnswer(status="rated", values=Values(unexpectedness=11))
        world.deliver(upload, "d2")
        world.rater.answer = RaterAnswer(status="rated", values=Values(unexpectedness=99))

    world.rater.before_answering = outlive_the_lease
    world.deliver(upload, "d1")

    assert [published.rating.values.unexpectedness for published in world.bus.published] == [11, 11]
    assert world.ratings() == [rating_name(VIDEO_ID, key)]
