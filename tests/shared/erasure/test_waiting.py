"""A record that never reached the tables points at the objects of its video."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest

from shared.erasure.app import ErasureApp, ErasureRequest
from shared.erasure.erase import erase, survey
from shared.erasure.outcome import ErasureTarget
from shared.messaging.events import Message, VideoUploaded, as_json, notification_of
from shared.messaging.parked import park, upload_key
from shared.model import Record, content_id
from shared.privacy.tombstones import MENTIONS
from shared.storage.lake import Superseded
from shared.storage.layout import FAILED, PARKED, metadata_name, video_key
from shared.warehouse.loader import Loader
from tests.fakes import LakeInMemory, Stored
from tests.interleavings.posts import NAME
from tests.interleavings.warehouse import merge_in_memory
from tests.interleavings.world import DATASET, RATERS
from tests.records import DAY_0, creator, record, video
from tests.shared.erasure.test_pointed import small

LISTED = "7300000000000000055"
RATED = f"ratings/{LISTED}/1/gemini/x/abcd/0.json"
PAGE = "raw/research/2026-11-01/cats/20261101-00000000-ab.json"
MENTION = {"status": "rated", "values": {"violation": f"@{NAME} waves"}}


def load(app: ErasureApp, listing: Record) -> None:
    with patch("shared.warehouse.loader.run_statement", merge_in_memory):
        Loader(app.rows.client, DATASET, RATERS).load([listing])


def with_rating() -> tuple[LakeInMemory, ErasureApp]:
    """A loaded listing that mentions nobody, and a rating that the tables do not have."""
    lake, app = small()
    listing = record(LISTED, video=video(creator_id="bob", caption="a cat"))
    load(app, listing)
    lake.put(metadata_name(LISTED), listing.to_json())
    lake.put(RATED, json.dumps(MENTION).encode())
    return lake, app


def rating_message(key: str) -> Message:
    data = json.dumps({"video_id": LISTED, "rating": MENTION}).encode()
    return Message(id=key, data=data, attributes={"video_id": LISTED})


def fail(lake: LakeInMemory) -> None:
    message = as_json(rating_message("1"))
    lake.keep_failed("load", "1", "dead_lettered", "Gave up.", DAY_0, **message)


def wait_for_bytes(lake: LakeInMemory) -> None:
    """The record waits until the warehouse's budget has bytes again."""
    due_at = DAY_0 + timedelta(days=1)
    park(lake, "load", rating_message(video_key(LISTED, "1")), due_at, "bytes_spent", DAY_0)


def names_her(lake: LakeInMemory) -> list[str]:
    """Objects with her name, in plain bytes or in the base64 of a message."""
    return [name for name, stored in lake.objects.items() if NAME.encode() in plain(stored)]


def plain(stored: Stored) -> bytes:
    """The content of an object; of a kept message, the data."""
    if stored.name.startswith((FAILED, PARKED)):
        return base64.b64decode(json.loads(stored.content)["data"])
    return stored.content


@pytest.mark.parametrize("keep", [fail, wait_for_bytes])
def test_a_rating_whose_message_was_kept_loses_the_mention(keep: Callable[[LakeInMemory], None]):
    lake, app = with_rating()
    keep(lake)

    seen = survey(ErasureRequest(creators=(NAME,)), app)
    report = erase(seen.target, app)

    assert [what for _, what in seen.changes] == ["rewrite", "rewrite"]
    assert (seen.unknown, report.remaining, names_her(lake)) == ((), [], [])
    assert lake.read(RATED) == json.dumps(MENTION).replace(NAME, "[erased]").encode()


def test_a_page_of_posts_that_a_killed_fetch_never_sent_loses_the_mention():
    lake, app = small()
    unsent = record(LISTED, video=video(creator_id="bob", caption=f"with @{NAME}"))
    lake.put("state/cats.json", json.dumps({"outbox": [json.loads(unsent.to_json())]}).encode())
    page = [{"id": LISTED, "username": "bob", "video_description": f"with @{NAME}"}]
    lake.write_page_once(PAGE, json.dumps(page).encode(), [LISTED])

    erase(survey(ErasureRequest(creators=(NAME,)), app).target, app)

    assert names_her(lake) == []


def test_an_erasure_that_is_killed_finds_the_rating_by_its_failed_message_again():
    """The message is changed last, so it still points at the rating."""
    lake, app = with_rating()
    fail(lake)
    order: list[str] = []
    create = lake.create_stream

    def noted(name: str, *arguments: object, **options: object):
        order.append(name)
        return create(name, *arguments, **options)

    with patch.object(lake, "create_stream", noted):
        erase(survey(ErasureRequest(creators=(NAME,)), app).target, app)

    assert order == [RATED, "failed/load/1.json"]


def test_a_profile_that_changes_during_the_erasure_is_searched_again():
    """By then no row names her, so only the first round can say where to look."""
    lake, app = small()
    bob = creator(creator_id="bob", bio=f"friend of @{NAME}")
    load(app, record(LISTED, video=video(creator_id="bob"), creator=bob))
    profile = {"username": "bob", "bio_description": f"friend of @{NAME}"}
    lake.put("raw/research/creators/bob.json", json.dumps(profile).encode())
    create, names = lake.create_stream, []

    def superseded_at_first(name: str, *arguments: object, **options: object):
        names.append(name)
        if len(names) == 1:
            raise Superseded(name)
        return create(name, *arguments, **options)

    with patch.object(lake, "create_stream", superseded_at_first):
        erase(survey(ErasureRequest(creators=(NAME,)), app).target, app)

    assert names == ["raw/research/creators/bob.json"] * 2
    assert names_her(lake) == []


def test_the_mark_of_an_empty_folder_does_not_have_all_listings_read():
    """Cloud Storage's console creates `metadata/` for a folder. All names begin so."""
    lake, app = small()
    listing = record(LISTED, video=video(creator_id="bob", caption="a cat"))
    load(app, listing)
    lake.put(metadata_name(LISTED), listing.to_json())
    lake.put("metadata/", b"")

    seen = survey(ErasureRequest(creators=(NAME,)), app)

    assert (seen.changes, seen.objects_unread) == ([], 1)


def test_evidence_that_is_kept_without_a_mention_points_at_its_video():
    lake, app = with_rating()
    app.tombstones.put((), (NAME,), DAY_0)

    entry = app.tombstones.redact_evidence(as_json(rating_message("1")))

    assert entry != as_json(rating_message("1"))
    assert list(lake.names(MENTIONS)) == [f"{MENTIONS}{LISTED}"]
    erase(survey(ErasureRequest(creators=(NAME,)), app).target, app)
    assert (names_her(lake), list(lake.names(MENTIONS))) == ([], [])


# Files without an id in their name


OWN_FILE = "videos/holiday.mp4"


def own_upload(lake: LakeInMemory, name: str = OWN_FILE) -> VideoUploaded:
    return VideoUploaded("lake", name, str(lake.stat(name).generation), "gemini:flash")


def park_request(lake: LakeInMemory, upload: VideoUploaded) -> None:
    request = replace(notification_of(upload), id=upload_key(upload, "gemini:flash"))
    park(lake, "analyze", request, DAY_0 + timedelta(days=1), "over_budget", DAY_0, "flash")


def fail_request(lake: LakeInMemory, upload: VideoUploaded) -> None:
    key = upload_key(upload, "gemini:flash")
    lake.keep_failed("analyze", key, "broken", "Broken.", DAY_0, upload=upload.document())


@pytest.mark.parametrize("keep", [park_request, fail_request])
@pytest.mark.parametrize("most_objects", [0, 100], ids=["pointed", "everything"])
def test_a_request_for_an_own_file_goes_with_the_file(keep, most_objects):
    """Neither the file's name nor the request has the id, which follows from the content."""
    lake, app = small(most_objects)
    lake.put(OWN_FILE, b"holiday")
    lake.put("videos/birthday.mp4", b"another")
    for name in (OWN_FILE, "videos/birthday.mp4"):
        keep(lake, own_upload(lake, name))
    others = [name for name in lake.objects if "birthday" in name]
    own = content_id(hashlib.sha256(b"holiday").hexdigest())

    erase(ErasureTarget(names=(), videos=(own,), creators=0), app)

    assert [name for name in lake.names("") if not name.startswith("tombstones/")] == sorted(others)
