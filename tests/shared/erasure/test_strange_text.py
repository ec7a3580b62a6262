"""Facts about erasing in what strangers wrote: half emoji, NaN, brackets, quotes after a mark."""

import base64
import json

import pytest

from shared.erasure.app import CannotErase, ErasureApp, ErasureRequest
from shared.erasure.erase import erase, target_of
from shared.privacy.redaction import Redaction
from tests.fakes import LakeInMemory, tombstones_in
from tests.records import DAY_0
from tests.shared.erasure.test_names import NoRows
from tests.shared.erasure.test_objects import erased

OTHER = "7300000000000000002"
HALF = "\ud83d"
"""Half of an emoji, as captions end that were cut to a length."""

MARK = "\ufeff".encode()


@pytest.fixture(scope="module")
def it():
    tombstones = tombstones_in(LakeInMemory())
    tombstones.put([], ["eve"], DAY_0)
    return Redaction(tombstones)


def _record(caption: str) -> bytes:
    return json.dumps({"video_id": OTHER, "video": {"caption": caption}}).encode()


# Half emoji and NaN


@pytest.mark.parametrize("oddity", [HALF, float("nan"), float("inf")])
def test_a_failure_with_an_oddity_is_cleaned_like_any_other(oddity):
    inside = {"video_id": OTHER, "caption": "hi @eve", "odd": oddity}
    data = base64.b64encode(json.dumps(inside).encode()).decode()
    entry = {"stage": "load", "sentence": "@eve", "data": data, "odd": oddity}

    redacted = json.loads(erased("failed/load/m.json", json.dumps(entry).encode()))

    cleaned = json.loads(base64.b64decode(redacted["data"]))
    assert redacted["sentence"] == "@[erased]"
    assert cleaned["caption"] == "hi @[erased]"
    assert repr(cleaned["odd"]) == repr(redacted["odd"]) == repr(oddity)


def test_a_message_with_half_an_emoji_is_cleaned_like_any_other(it):
    redacted = it.message(_record(f"@eve {HALF}"), {})

    assert json.loads(redacted)["video"]["caption"] == f"@[erased] {HALF}"


def test_json_with_nan_in_a_caption_does_not_cost_the_record():
    content = erased(f"metadata/{OTHER}.json", _record('{"n": NaN, "text": "@eve"}'))

    assert json.loads(content)["video"]["caption"] == '{"n":NaN,"text":"@[erased]"}'


def test_a_username_of_half_an_emoji_does_not_cost_the_page():
    videos = [{"username": HALF, "id": 1}, {"username": "eve", "id": 2}]

    redacted = erased("raw/research/cats/1.json", json.dumps({"videos": videos}).encode())

    assert json.loads(redacted) == {"videos": videos[:1]}


# Captions that begin with a bracket


@pytest.mark.parametrize("start", ["[Part 2] ", "[ENG SUB]", "{ad} ", "["])
def test_a_caption_that_begins_with_a_bracket_loses_the_name_alone(it, start):
    assert it.value({"caption": f"{start} with @eve!"}) == {"caption": f"{start} with @[erased]!"}


# Captions that are JSON


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        (r'"\u0040eve"', r'"\u0040[erased]"'),
        (r'{"text": "\u0040eve \/ x"}', '{"text":"@[erased] / x"}'),
        (r'{"any word": ["\u0040\u0065ve"]}', '{"any word":["@[erased]"]}'),
        (r'["&#64;eve", 1]', '["&#64;[erased]",1]'),
        (r'{"broken": "\u0040eve', r'{"broken": "\u0040[erased]'),
    ],
)
def test_a_caption_that_is_json_loses_the_name_however_it_is_escaped(it, caption, expected):
    assert it.value({"caption": caption}) == {"caption": expected}
    assert json.loads(erased(f"metadata/{OTHER}.json", _record(caption)))["video"] == {
        "caption": expected
    }


# Tables


def test_quotes_after_a_byte_order_mark_hide_no_row_and_no_header():
    header = MARK + b'"username","video_id","caption"\r\n'
    rows = b'"eve","5","x"\r\n"bob","6","hi ""@eve"", ok"\r\n"carl","7","two\r\nlines"\r\n'

    assert erased("manifests/a.csv", header + rows) == (
        header + b'bob,6,"hi ""@[erased]"", ok"\r\n"carl","7","two\r\nlines"\r\n'
    )


@pytest.mark.parametrize("name", ["README", "manifests/notes.txt", "manifests/notes.jsonl"])
def test_a_text_that_is_no_table_keeps_an_entity_whole(name):
    text = b"a cat; see &#64;eve;\nR&amp;B; b, c\n"

    assert erased(name, text) == text.replace(b"eve", b"[erased]")


def test_rows_that_name_nobody_keep_their_bytes_whatever_they_are():
    header = b"username;video_id;caption\n"
    others = b'"bob";"6";f\xfcr\r\n\n"carl" ;"7";"a ""b"""\n'
    last = b"dan;8;f\xfcr"

    redacted = erased("manifests/a.csv", header + others + b"eve;5;x\n" + last)

    assert redacted == header + others + last


# Names


@pytest.mark.parametrize("spelling", ["Eve", "@EVE", " @eve ", "@@eve", "＠eve", "\u202aeve\u202c"])
def test_every_spelling_of_a_handle_erases_the_same_creator(spelling):
    lake = LakeInMemory()
    lake.put("manifests/a.csv", b"username,id\n@Eve,5\n")

    app = ErasureApp(
        lake=lake,
        rows=NoRows(),
        tombstones=tombstones_in(lake),
        pseudonym=lambda plain: f"p_{plain}",
        clock=lambda: DAY_0,
        sleep=lambda seconds: None,
    )

    report = erase(target_of(ErasureRequest(creators=(spelling,)), app), app)

    assert report.remaining == []
    assert lake.read("manifests/a.csv") == b"username,id\n"
    assert tombstones_in(lake).has_creator("eve")


@pytest.mark.parametrize("spelling", ["@", "  ", "＠ ", "!?"])
def test_a_text_without_a_letter_or_digit_is_refused(spelling):
    with pytest.raises(CannotErase, match="as written after the @"):
        target_of(ErasureRequest(creators=(spelling,)), None)
