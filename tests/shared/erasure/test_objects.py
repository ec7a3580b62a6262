"""Facts about single objects of the lake when something is erased, however strange they are."""

import hashlib
import json

import pytest

from shared.erasure.objects import apply, examine
from shared.model import content_id
from shared.privacy.redaction import Redaction
from shared.storage.layout import COLLECTIONS
from tests.fakes import LakeInMemory, tombstones_in
from tests.records import DAY_0

GONE, OTHER = "7300000000000000001", "7300000000000000002"
CREATORS = ("ada.l", "eve", "author", "2026", "11", "00z", "3.5", "cats_2026", "марина")
LONG = b"x" * 200_000  # more than a cell of a table may hold
DEEP = b"[" * 100_000


def erased(
    name: str, content: bytes, videos: tuple[str, ...] = (GONE,), collections: bytes = b""
) -> bytes | None:
    """What is left of an object; None when it is gone."""
    lake = LakeInMemory()
    tombstones = tombstones_in(lake)
    tombstones.put(videos, [*CREATORS], DAY_0)
    lake.put(COLLECTIONS, collections)
    lake.put(name, content)
    (entry,) = lake.entries(name)
    redaction = Redaction(tombstones)
    affected = examine(entry, lake, redaction)
    if affected is not None:
        apply(affected, lake, redaction)
    return lake.read(name)


def action_of(collections: bytes) -> str | None:
    """What an erasure does with this file of collections."""
    lake = LakeInMemory()
    tombstones = tombstones_in(lake)
    tombstones.put([GONE], ["ada.l", "eve"], DAY_0)
    lake.put(COLLECTIONS, collections)
    (entry,) = lake.entries(COLLECTIONS)
    affected = examine(entry, lake, Redaction(tombstones))
    return affected and affected.action


@pytest.mark.parametrize("content", [b"", b"\0\xff\xfe", DEEP, LONG, b"[" * 300 + b"]" * 300])
@pytest.mark.parametrize("name", ["batches/1/a.jsonl", "manifests/a.csv", "failed/load/a.json"])
def test_what_names_nobody_stays_whatever_it_is(name, content):
    assert erased(name, content) == content


def test_the_request_of_a_run_stays_for_its_next_attempt():
    naming = b'{"names": ["ada.l"], "caption": "with @ada.l"}'

    assert erased("state/jobs/erase-20261129T010203Z-abcdef/request.json", naming) == naming
    assert erased("state/jobs/erase-20261129T010203Z-abcdef/result.json", naming) != naming


def test_a_first_line_of_json_is_no_header_of_a_table():
    line = json.dumps({"required": ["what", "violation", "evidence"], "text": "@ada.l falls"})

    redacted = erased("batches/1/output-00000/a.jsonl", f"{line}\n{line}\n".encode())

    assert redacted.count(b"[erased]") == 2 and b"ada.l" not in redacted


@pytest.mark.parametrize("strange", [DEEP, LONG, b"\xff"])
def test_lines_about_the_erased_go_and_strange_ones_stay(strange):
    lines = b"\n".join([strange, b"with @ada.l", GONE.encode(), OTHER.encode()])

    redacted = erased("manifests/a.csv", lines)

    assert redacted.splitlines()[-2:] == [b"with @[erased]", OTHER.encode()]
    assert GONE.encode() not in redacted


@pytest.mark.parametrize("lines", [1, 2])
def test_a_list_of_lines_loses_whole_lines_however_few_it_has(lines):
    line = b'{"video_id": "%s", "name": "videos/%s.mp4"}\n' % (GONE.encode(), GONE.encode())

    assert erased("batches/1/plan-00000.jsonl", line * lines) == b""


def test_a_strange_line_loses_the_name_or_goes():
    text = LONG + b" " + GONE.encode() + b"\n" + OTHER.encode() + b"\n"
    broken = b'{"username": "eve", \n' + OTHER.encode() + b"\n"

    assert GONE.encode() not in erased("manifests/a.csv", text)
    assert erased("manifests/a.csv", text).endswith(OTHER.encode() + b"\n")
    assert erased("manifests/a.jsonl", broken) == OTHER.encode() + b"\n"


@pytest.mark.parametrize("name", ["videos/holiday.mp4", "videos/20260501", "videos/a/b.c.mp4"])
def test_an_own_file_goes_by_the_id_of_its_content(name):
    own = content_id(hashlib.sha256(b"holiday").hexdigest())

    assert erased(name, b"holiday", (own,)) is None
    assert erased(name, b"another", (own,)) == b"another"


def test_a_file_with_an_id_in_its_name_stays_whatever_is_in_it():
    own = content_id(hashlib.sha256(b"holiday").hexdigest())

    assert erased(f"videos/{OTHER}.mp4", b"holiday", (own,)) == b"holiday"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"video_id": OTHER, "caption": "@ada.l"}, {"video_id": OTHER, "caption": "@[erased]"}),
        ({"video_id": GONE, "caption": "@ada.l"}, None),
        (
            {"request": {"labels": {"video": OTHER}}, "text": "@ada.l"},
            {"request": {"labels": {"video": OTHER}}, "text": "@[erased]"},
        ),
        ({"request": {"labels": {"video": GONE}}, "response": "x"}, None),
        ({"request": 7, "caption": "@ada.l"}, {"request": 7, "caption": "@[erased]"}),
        (
            {"response": {"text": '{"what":"@ada.l"}'}},
            {"response": {"text": '{"what":"@[erased]"}'}},
        ),
    ],
)
def test_a_line_of_a_batch_goes_with_its_video_and_else_without_the_mention(line, expected):
    redacted = erased("batches/1/output-00000/a.jsonl", json.dumps(line).encode() + b"\n")

    assert [json.loads(redacted_line) for redacted_line in redacted.splitlines()] == (
        [] if expected is None else [expected]
    )


BROKEN = [
    b'{"video": {"username": "eve", "views": 5',
    b'{"video": {"caption": "with @ada.l',
    b'{"values": {"note": "see %s"}' % GONE.encode(),
    b"cut off: @ada.l",
    b"\xff\xfe @ada.l",
]
DOCUMENTS = [f"metadata/{OTHER}.json", f"ratings/{OTHER}/1/signals/x/y/0.json", "state/cats.json"]


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("content", BROKEN)
def test_a_document_that_cannot_be_parsed_goes_when_it_names_the_erased(name, content):
    assert erased(name, content) is None


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("content", [b"", b"{", b'{"video": {"username": "bob"', b"\xff", DEEP])
def test_a_document_that_cannot_be_parsed_stays_when_it_names_nobody(name, content):
    assert erased(name, content) == content


# Names that are plain words


@pytest.mark.parametrize(
    "fields",
    [
        "cats: {usernames: [bob, eve]}",
        "cats: {usernames: ['@Eve']}",
        "cats: {usernames: eve, hashtags: [x]}",
        "eve: {source: manifest, manifest: manifests/a.csv}",
        "eve: {usernames: [bob]}",
    ],
)
def test_a_collection_of_a_creator_whose_name_is_a_word_is_told(fields):
    assert action_of(f"collections:\n  {fields}\n".encode()) == "by_hand"


@pytest.mark.parametrize(
    "text",
    [
        "collections: {cats: {hashtags: [eve], keywords: [eve]}}",
        "collections: {eve: {hashtags: [x]}}",
        "collections: {cats: {usernames: [bob], sampling_frame: on new year's eve}}",
        "collections: [eve]",
        "collections: {cats: eve}",
        "- eve",
        "{",
    ],
)
def test_the_same_word_elsewhere_in_the_collections_is_nobody(text):
    assert action_of(text.encode()) is None


@pytest.mark.parametrize("sign", ",;\t")
@pytest.mark.parametrize("column", ["username", "Author", "author_name"])
def test_a_row_of_a_creator_whose_name_is_a_word_goes(column, sign):
    rows = [["id", column, "body"], ["1", "@Eve", "x"], ["2", "eve ", "y"], ["3", "bob", "eve"]]
    table = "".join(f"{sign.join(row)}\n" for row in rows)

    redacted = erased("manifests/a.csv", table.encode())

    assert redacted.decode() == "".join(f"{sign.join(row)}\n" for row in (rows[0], rows[3]))


def test_a_row_is_found_where_a_cell_before_it_has_line_breaks():
    table = b'id,author,body\n1,bob,"a\nb"\n2,eve,"c\nd"\n'

    assert erased("manifests/a.csv", table) == b'id,author,body\n1,bob,"a\nb"\n'


def test_a_column_that_only_the_collections_know_is_read_as_they_say():
    table = b"id,Who\n1,eve\n2,bob\n"
    collections = b"collections: {cats: {manifest: manifests/a.csv, columns: {username: who}}}"

    assert erased("manifests/a.csv", table) == table
    assert erased("manifests/a.csv", table, collections=collections) == b"id,Who\n2,bob\n"


def test_a_large_table_is_read_line_by_line_and_says_the_same(monkeypatch):
    monkeypatch.setattr("shared.erasure.objects.MOST_AT_ONCE", 10)

    assert erased("manifests/a.csv", b"id,author\n1,eve\n2,bob\n") == b"id,author\n2,bob\n"


@pytest.mark.parametrize("key", ["username", "author", "author_name", "unique_id", "creator"])
def test_a_line_of_json_of_a_creator_whose_name_is_a_word_goes(key):
    lines = b'{"id": "1", "%s": "eve"}\n{"id": "2", "%s": "bob"}\n' % (key.encode(), key.encode())

    assert erased("manifests/a.jsonl", lines) == lines.splitlines(keepends=True)[1]


OF_EVE, OF_BOB = (
    f"https://www.tiktok.com/@{name}/video/{OTHER}".encode() for name in ("Eve", "bob")
)
OF_GONE = f"https://www.tiktok.com/@bob/video/{GONE}?lang=en".encode()


@pytest.mark.parametrize("address", [OF_EVE, OF_GONE])
@pytest.mark.parametrize(
    ("name", "line", "header"),
    [
        ("manifests/studio.csv", b"cat,%s,5\n", b"Video title,Video link,Total views\n"),
        ("manifests/notes.csv", b"%s|5\n", b"where it stands|Views\n"),
        ("manifests/addresses.txt", b"%s\n", b""),
        ("manifests/posts.jsonl", b'{"webVideoUrl": "%s", "playCount": 5}\n', b""),
    ],
)
def test_a_row_goes_whose_address_alone_names_the_erased(name, line, header, address):
    content = header + line % address + line % OF_BOB

    assert erased(name, content) == header + line % OF_BOB


@pytest.mark.parametrize(
    ("name", "line", "header"),
    [
        ("manifests/a.jsonl", b'{"id": "5", "authorMeta": {"name": "%s"}}\n', b""),
        ("manifests/a.csv", b"5,%s\n", b"id,authorMeta.name\n"),
        ("manifests/b.csv", b"5,%s\n", b"id,authorMeta/name\n"),
        ("manifests/c.jsonl", b'{"id": "5", "uploader": "%s"}\n', b""),
        ("manifests/d.csv", b"5,%s\n", b"id,User Name\n"),
        ("manifests/excel.csv", b"5;%s\n", b"sep=;\nid;Username\n"),
        ("manifests/titled.csv", b"5,%s\n", b"My posts\n\n# by hand\nid,username\n"),
        ("manifests/big.jsonl", b"5,%s\n", b"My posts\n\nid,username\n"),
        ("manifests/e.csv", b"5,%s\n", b"video_id,author_username\n"),
        ("manifests/f.csv", b"5,%s\n", b"id,author.uniqueId\n"),
        ("manifests/g.csv", b"5,%s\n", b"id,author_uniqueId\n"),
        ("manifests/h.csv", b"5,%s\n", b"data.id,data.author.uniqueId\n"),
    ],
)
def test_a_row_goes_whatever_a_tool_calls_its_account(name, line, header):
    content = header + line % b"eve" + line % b"bob"

    assert erased(name, content) == header + line % b"bob"


def test_a_line_above_the_header_is_cleaned_and_the_header_stays():
    content = b"posts of @eve\nvideo_id,username\n5,eve\n6,bob\n"

    assert erased("manifests/a.csv", content) == (b"posts of @[erased]\nvideo_id,username\n6,bob\n")


@pytest.mark.parametrize(
    "cell", ["https://www.tiktok.com/@Eve?lang=en", "@eve · 3d", "ｅｖｅ", "Eve 😀"]
)
def test_a_row_goes_however_its_account_is_written(cell):
    table = f"id,username\n1,{cell}\n2,bob\n".encode()
    lines = f'{{"id": "1", "username": "{cell}"}}\n{{"id": "2", "username": "bob"}}\n'.encode()

    assert erased("manifests/a.csv", table) == b"id,username\n2,bob\n"
    assert erased("manifests/a.jsonl", lines) == lines.splitlines(keepends=True)[1]


# Those who are not erased


INNOCENT = {
    "metadata/1.json": b'{"video_id": "1", "video": {"observed_at": "2026-11-02T00:00:00Z", '
    b'"collection": "cats_2026", "caption": "11 of 2026, 3.5 stars"}}',
    "ratings/1/11/signals/3.5/2026/0.json": b'{"rater": "signals/3.5", "rated_at": '
    b'"2026-11-11T11:11:00Z", "generation": "11", "values": {"unexpectedness": 11}}',
    "raw/research/2026-11-11/cats_2026/p.json": b'{"collected_at": "2026-11-02T00:00:00Z", '
    b'"answer": {"data": {"cursor": 11, "videos": [{"id": 2026, "create_time": 11}]}}}',
    "state/cats_2026.json": b'{"listed": {"query": "2026", "at": "2026-11-02T00:00:00Z"}}',
    "batches/2026/plan-00011.jsonl": b'{"video_id": "1", "generation": "11"}\n',
    "batches/2026/job-00011.json": b'{"batch_id": "2026", "number": 11, "problem": "at 3.5"}',
    "parked/analyze/11.json": b'{"due_at": "2026-11-02T00:00:00Z", "attributes": {"n": "11"}}',
    "failed/load/2026.json": b'{"key": "2026", "at": "2026-11-02T00:00:00Z", "data": "MTE="}',
    "manifests/cats_2026.csv": b"id,author,created_at,views\n5,bob,2026-11-02T00:00:00Z,2026\n",
    "reports/2026-11-11/report.html": b"<td>2026</td><td>11</td><td>3.5</td>",
    "reports/2026-11-11/report.csv": b'video_id,user_key,views,caption\n1,bob,2026,"11 in 2026"\n',
    "reports/2026-11-11/codebook.csv": b"column,type,description\nviews,INT64,Since 2026\n",
    "answers/1/11/gemini/x/2026/0/1.json": b'{"response": {"text": "{\\"at_s\\": 3.5}"}}',
}


@pytest.mark.parametrize("name", INNOCENT)
def test_a_name_that_looks_like_a_number_a_time_or_a_collection_changes_nothing(name):
    assert erased(name, INNOCENT[name]) == INNOCENT[name]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"id,author,body\n5,bob,with @\xd0\xbc\xd0\xb0\xd1\x80\xd0\xb8\xd0\xbd\xd0\xb0\n",
         b"id,author,body\n5,bob,with @[erased]\n"),
        (b"id,notes,views\n5,ask @2026,2026\n", b"id,notes,views\n5,ask @[erased],2026\n"),
        (b"id,music_id\n5,cats_2026\n", b"id,music_id\n5,cats_2026\n"),
        (b"id,timestamp\n5,2026-11-02T00:00:00Z\n", b"id,timestamp\n5,2026-11-02T00:00:00Z\n"),
    ],
)  # fmt: skip
def test_a_row_of_another_that_only_mentions_the_name_stays_without_it(content, expected):
    assert erased("manifests/a.csv", content) == expected


def test_a_parked_message_that_is_cleaned_stays_due_when_it_was():
    lake = LakeInMemory()
    tombstones = tombstones_in(lake)
    tombstones.put([], ["eve"], DAY_0)
    lake.put("parked/load/m.json", b'{"sentence": "@eve"}', custom_time=DAY_0)
    redaction = Redaction(tombstones)
    (entry,) = lake.entries("parked/")

    apply(examine(entry, lake, redaction), lake, redaction)

    (entry,) = lake.entries("parked/")
    assert entry.custom_time == DAY_0
    assert json.loads(lake.read(entry.name)) == {"sentence": "@[erased]"}


@pytest.mark.parametrize(
    "page",
    [
        b'<td title="ada.l">x</td>',
        b"<p>eve</p>",
        b"<p>with @2026</p>",
        b'<script type="application/json" id="report">{"v":{"creator":["bob","eve"]}}</script>',
        b'<script type="application/json" id="report">{"videos":{"video_id":["%s"]}}</script>'
        % GONE.encode(),
        b'<script type="application/json" id="report">{"carrying":[{"video_id":"%s"}]}</script>'
        % GONE.encode(),
        b'<script type="application/json" id="report">{"carrying":[{"creator":"eve"}]}</script>',
        b'<script type="application/json" id="report">{"moments":[{"caption":"@eve"}]}</script>',
    ],
)
def test_a_report_that_names_the_erased_goes(page):
    assert erased("reports/2026-11-11/report.html", page) is None


def test_a_table_of_a_report_that_names_the_erased_goes():
    for row in (b"1,eve,x", b"1,bob,with @eve", b"%s,bob,x" % GONE.encode()):
        table = b"video_id,creator,caption\n" + row + b"\n"
        assert erased("reports/2026-11-11/report.csv", table) is None
