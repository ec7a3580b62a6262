"""Files that are too large to be sent with a question, through the Files API on the wire."""

import struct
from json import JSONDecodeError

import pytest

from shared.config import GeminiSettings
from shared.errors import Misconfigured, Transient
from shared.model import Creator, Metrics, Record, Video
from shared.rating.gemini import deadline
from shared.rating.gemini import files as files_api
from shared.rating.gemini import rater as rating
from shared.rating.gemini.question import Reply
from tests.gemini_world import World, make_clip
from tests.records import DAY_0
from tests.stand_ins.gemini import standing_in

VIDEO_ID = "7300000000000000001"
GET = {"method": "files.get"}
UNREADABLE = [
    JSONDecodeError("Expecting value", "<html>", 0),
    AttributeError("'list' object has no attribute 'items'"),
]
"""The errors of google-genai for a proxy's page and for a list."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture
def gemini():
    with standing_in() as gemini:
        yield gemini


@pytest.fixture
def world(gemini, clip, monkeypatch):
    monkeypatch.setattr("google.genai._api_client.INITIAL_RETRY_DELAY", 0.0)
    return World(gemini, clip, api_key="key", inline_max_bytes=100)


def sent(gemini, method="POST", part="/files"):
    return [
        request
        for request in gemini.requests
        if request.method == method and part in request.path + request.query
    ]


def test_a_file_beyond_the_inline_limit_is_uploaded_rated_and_deleted(world, clip):
    rating = world.rate()

    assert (rating.status, rating.flags, world.calls) == ("rated", (), 1)
    start, piece = sent(world.gemini, part="/upload/")
    assert piece.body == clip
    (request,) = sent(world.gemini, part=":generateContent")
    video = request.json["contents"][0]["parts"][0]
    uri = video["fileData"].get("fileUri") or video["fileData"]["file_uri"]
    assert uri.endswith(f"/v1beta/{start.json['file']['name']}")
    assert "inlineData" not in video
    assert len(sent(world.gemini, "DELETE")) == 1
    assert world.gemini.files == []


def test_the_upload_is_the_documented_protocol(world, clip):
    world.rate()

    start, piece = (
        {name.lower(): value for name, value in request.headers.items()}
        for request in sent(world.gemini, part="/upload/")
    )
    assert start["x-goog-upload-protocol"] == "resumable"
    assert start["x-goog-upload-command"] == "start"
    assert start["x-goog-upload-header-content-length"] == str(len(clip))
    assert start["x-goog-upload-header-content-type"] == "video/mp4"
    assert piece["x-goog-upload-command"] == "upload, finalize"
    assert piece["x-goog-upload-offset"] == "0"


def test_a_file_within_the_limit_is_not_uploaded(gemini, clip):
    assert World(gemini, clip, api_key="key", inline_max_bytes=len(clip)).rate().status == "rated"

    assert sent(gemini, part="/upload/") == []


def test_a_file_is_uploaded_in_pieces(gemini, clip):
    padding = struct.pack(">I4s", 9 * 2**20, b"free").ljust(9 * 2**20, b"\0")
    world = World(gemini, clip + padding, api_key="key", inline_max_bytes=100)
    world.max_media_bytes = 20 * 2**20

    assert world.rate().status == "rated"

    _, first, second = sent(gemini, part="/upload/")
    assert first.body + second.body == clip + padding
    assert len(first.body) == 8 * 2**20


def test_a_file_beyond_the_limit_of_the_files_api_is_told_and_not_sent(world, monkeypatch):
    monkeypatch.setattr(rating, "MOST_UPLOADED_BYTES", 1_000)

    refused = world.rate()

    assert (refused.status, refused.reason, world.gemini.requests) == ("unratable", "too_large", [])


def test_nothing_that_is_sent_names_video_caption_or_creator(world):
    world.list_video(
        Record(
            video_id=VIDEO_ID,
            video=Video(
                observed_at=DAY_0, source="research", creator_id="creator-7351", caption="cap-7351"
            ),
            creator=Creator(observed_at=DAY_0, creator_id="creator-7351", username="handle-7351"),
            metrics=Metrics(collected_at=DAY_0, views=735_100_002),
        )
    )

    world.rate()

    for request in world.gemini.requests:
        seen = f"{request.path} {request.query} {dict(request.headers)}".encode() + request.body
        for secret in (b"7351", VIDEO_ID.encode(), b"lake", b"File-Name", b"displayName"):
            assert secret not in seen


def test_a_correction_asks_about_the_same_upload(world):
    world.gemini.script({"flaw": "strings"})

    rating = world.rate()

    assert (rating.flags, world.calls) == (("corrected",), 2)
    assert len(sent(world.gemini, part="/upload/")) == 2  # one start, one piece
    assert world.gemini.files == []


def test_a_refused_schema_asks_about_the_same_upload(world):
    states = {"code": 400, "message": "Request contains an invalid argument."}
    world.gemini.script({"when": {"with_schema": True}, "error": states})

    assert world.rate().flags == ("schema_relaxed",)
    assert len(sent(world.gemini, part="/upload/")) == 2
    assert world.gemini.files == []


def test_the_same_event_again_uploads_nothing(world):
    world.rate()
    before = len(world.gemini.requests)
    world.rate()

    assert len(world.gemini.requests) == before


def test_an_answer_that_is_kept_needs_no_upload(world, monkeypatch):
    store = world.lake.write_once

    def crash(name, content, content_type="application/json"):
        if name.startswith("ratings/"):
            raise ConnectionError("killed")
        return store(name, content, content_type)

    monkeypatch.setattr(world.lake, "write_once", crash)
    with pytest.raises(ConnectionError):
        world.rate()
    monkeypatch.undo()
    before = len(world.gemini.requests)

    assert world.rate().status == "rated"
    assert len(world.gemini.requests) == before


def test_a_video_over_the_days_budget_is_not_uploaded(gemini, clip):
    world = World(gemini, clip, api_key="key", inline_max_bytes=100, videos=1)
    world.rate()
    before = len(gemini.requests)

    world.deliver(world.upload("7300000000000000002"))

    assert len(gemini.requests) == before
    assert len(list(world.lake.names("parked/"))) == 1


# --- processing -----------------------------------------------------------------------------------


def test_a_file_is_waited_for_until_it_can_be_shown(world):
    world.gemini.script({"file": {"states": ["PROCESSING"] * 5}})

    assert world.rate().status == "rated"
    assert len(sent(world.gemini, "GET")) == 6


def test_a_file_that_cannot_be_processed_is_a_row_with_its_reason(world):
    world.gemini.script({"file": {"ends": "FAILED"}})

    rating = world.rate()
    world.rate()

    assert (rating.status, rating.reason, rating.cost_usd) == ("unratable", "not_processed", None)
    assert (world.calls, world.gemini.files) == (0, [])


def test_a_file_that_is_never_processed_is_given_up_and_deleted(world, monkeypatch):
    monkeypatch.setattr(files_api, "PROCESSED_WITHIN_S", 0.0)
    world.gemini.script({"file": {"ends": "PROCESSING"}})

    with pytest.raises(Transient, match="still processing"):
        world.rate()

    assert (world.calls, world.gemini.files) == (0, [])
    monkeypatch.undo()
    assert world.rate().status == "rated"


# --- failures: nothing is settled, nothing is left behind -----------------------------------------


@pytest.mark.parametrize(
    "step",
    [
        {"when": {"method": "files.start"}, "error": 503, "times": None},
        {"when": {"method": "files.start"}, "error": 429, "times": None},
        {"when": {"method": "files.start"}, "hang_up": "before", "times": None},
        {"when": {"method": "files.upload"}, "error": 503, "times": None},
        {"when": {"method": "files.upload"}, "hang_up": "before"},
        {"when": {"method": "files.upload"}, "hang_up": "halfway"},
        {"when": GET, "error": 503, "times": None},
        {"when": GET, "error": 404},
        {"when": GET, "error": 403},
        {"when": {}, "error": 503, "times": None},
    ],
    ids=str,
)
def test_what_passes_is_redelivered_and_leaves_no_file(world, step):
    world.gemini.script(step)

    with pytest.raises(Transient):
        world.rate()

    assert world.gemini.files == []
    assert list(world.lake.names("ratings/")) == []
    world.gemini.service.script.add([], clear=True)
    assert world.rate().status == "rated"
    assert world.gemini.files == []


@pytest.mark.parametrize("fault", [KeyError("no URL"), ValueError("not finalized")], ids=str)
def test_an_upload_whose_answer_lacks_a_part_is_redelivered(world, monkeypatch, fault):
    def upload(*_, **__):
        raise fault

    monkeypatch.setattr("google.genai.files.Files.upload", upload)

    with pytest.raises(Transient, match="did not finish the upload"):
        world.rate()


@pytest.mark.parametrize("fault", UNREADABLE, ids=repr)
def test_a_look_that_cannot_be_read_is_redelivered_and_leaves_no_file(world, monkeypatch, fault):
    monkeypatch.setattr("google.genai.files.Files.get", _raising(fault))

    with pytest.raises(Transient, match="an unreadable answer"):
        world.rate()

    assert world.gemini.files == []


@pytest.mark.parametrize("fault", UNREADABLE, ids=repr)
def test_an_answer_to_the_delete_that_cannot_be_read_does_not_cost_the_rating(
    world, monkeypatch, caplog, fault
):
    monkeypatch.setattr("google.genai.files.Files.delete", _raising(fault))

    assert world.rate().status == "rated"
    assert "uploaded file left to expire" in caplog.text


def test_a_key_that_is_not_valid_is_a_broken_deploy(world):
    message = "API key not valid. Please pass a valid API key."
    world.gemini.script(
        {"when": {"method": "files.start"}, "error": {"code": 400, "message": message}}
    )

    with pytest.raises(Misconfigured, match="API key"):
        world.rate()


def test_a_refused_video_leaves_no_file(world):
    world.gemini.script({"block": "SAFETY"})

    assert world.rate().status == "refused"
    assert world.gemini.files == []


def test_a_file_that_cannot_be_deleted_does_not_cost_the_rating(world, caplog):
    world.gemini.script({"when": {"method": "files.delete"}, "error": 500, "times": None})

    assert world.rate().status == "rated"
    assert "uploaded file left to expire" in caplog.text
    assert len(world.gemini.files) == 1


def test_a_file_is_deleted_though_the_time_for_the_rating_is_over(world, monkeypatch):
    monkeypatch.setattr("shared.rating.gemini.api.GeminiApi.ask", _late)

    with pytest.raises(Transient):
        world.rate()

    assert world.gemini.files == []


def test_no_time_left_sends_nothing_but_the_delete(world, monkeypatch):
    monkeypatch.setattr(GeminiSettings, "answer_s", 0.0)

    with pytest.raises(Transient):
        world.rate()

    assert {request.method for request in world.gemini.requests} == {"DELETE"}


def test_a_process_that_is_stopped_leaves_no_file(world, monkeypatch):
    monkeypatch.setattr("shared.rating.gemini.api.GeminiApi.ask", _interrupted)

    with pytest.raises(KeyboardInterrupt):
        world.rate()

    assert world.gemini.files == []


def _raising(fault):
    def call(*_, **__):
        raise fault

    return call


def _late(self, question):
    """Behave as if the answer had taken all of the time."""
    deadline._LEFT_S.set(lambda: -1.0)
    return Reply(self._sent(question))


def _interrupted(*_):
    raise KeyboardInterrupt
