"""Facts about lists of videos that people bring: what is read, and what is refused line by line."""

import io
import json
import re
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from shared.errors import Permanent
from shared.tiktok.collections import Collection, MediaPolicy
from shared.tiktok.media.download import Downloads
from shared.tiktok.sources.manifest import ManifestSource, NoManifest
from shared.tiktok.sources.manifest_file import MOST_LINE_BYTES, BadManifest, Manifest
from shared.tiktok.sources.manifest_line import line_of
from shared.tiktok.sources.manifest_terms import NAMES
from shared.tiktok.sources.source import BadVideo, Position
from tests.fakes import LakeInMemory

ID = "7300000000000000001"
NOW = datetime(2026, 11, 2, tzinfo=UTC)
WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)  # LakeInMemory's own time
LISTED = Collection(name="mine", source="manifest", manifest="manifests/a")


def entries(content: str | bytes, **columns: str):
    raw = content if isinstance(content, bytes) else content.encode()
    return list(Manifest(io.BytesIO(raw), "a.csv", columns))


def lines(content: str | bytes, **columns: str):
    """What each entry says; those that are refused are left out."""
    parsed = (entry.fields for entry in entries(content, **columns))
    return [line_of(entry_fields, "line") for entry_fields in parsed if entry_fields is not None]


def parse_line(**fields):
    item = {"line": 7, "said": {"video_id": ID} | fields, "as_of": WRITTEN.isoformat()}
    return ManifestSource(LakeInMemory(), Downloads().check).read(item, LISTED, NOW)


# What is read


def test_our_own_names_are_known_in_json_and_in_csv():
    want = {"video_id": ID, "username": "ada", "caption": "hi", "views": 5, "hashtags": ("a", "b")}
    line = json.dumps(want | {"hashtags": ["a", "#b"]})
    table = f'video_id,username,caption,views,hashtags\n{ID},ada,hi,5,"#a, b"\n'

    for content in (line, table):
        (line,) = lines(content)
        assert line.model_dump(exclude_none=True, exclude={"is_rounded"}) == want


def test_what_common_tools_call_our_fields_is_known_too():
    header = "id,author,body,plays,likes,comments,shares,unix_timestamp,tiktok_url,music_id"
    (line,) = lines(f"{header}\n{ID},ada,hi,4,3,2,1,1767225600,https://t/x,99\n")

    assert (line.video_id, line.username, line.caption) == (ID, "ada", "hi")
    assert (line.views, line.likes, line.comments, line.shares) == (4, 3, 2, 1)
    assert (line.created_at, line.url) == (datetime(2026, 1, 1, tzinfo=UTC), "https://t/x")


def test_a_collection_says_what_its_file_calls_our_fields():
    (line,) = lines(f"post,hits,views\n{ID},5,wrong\n", video_id="Post", views="hits")

    assert (line.video_id, line.views) == (ID, 5)


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_sign_between_columns_is_told_by_the_header(sign):
    assert lines(f"video_id{sign}views\n{ID}{sign}5\n")[0].views == 5


def test_a_caption_of_several_lines_keeps_the_numbers_of_lines_right():
    read = entries(f'video_id,caption\n{ID},"one\ntwo"\nx,y\n')

    assert [(entry.number, entry.after) for entry in read] == [(2, 3), (4, 4)]
    assert read[0].fields["caption"] == "one\ntwo"


@pytest.mark.parametrize(
    ("written", "count", "is_rounded"),
    [
        ("541.2K", 541_200, True),
        ("1.5M", 1_500_000, True),
        ("2B", 2_000_000_000, True),
        ("1,234", 1234, False),
        ("12", 12, False),
        ("-3", -3, False),
        ("", None, False),
        ("NA", None, False),
        ("-", None, False),
    ],
)
def test_a_count_is_read_as_it_is_written_and_a_rounded_one_is_known_as_such(
    written, count, is_rounded
):
    (line,) = lines(f'video_id,views\n{ID},"{written}"\n')

    assert (line.views, line.is_rounded) == (count, is_rounded)


POST = {
    "id": ID,
    "desc": "wait #fyp",
    "createTime": 1625648448,
    "video": {"duration": 26, "playAddr": "https://example.invalid/x"},
    "author": {"uniqueId": "ada", "nickname": "Ada", "verified": False, "signature": ""},
    "music": {"id": "7000000000000000101"},
    "challenges": [{"title": "fyp"}, {"title": "fyp"}, {"title": "cat"}],
    "stats": {"diggCount": 114, "shareCount": 21, "commentCount": 93, "playCount": 2572},
    "authorStats": {"followerCount": 7338},
}
SEEN = {"item_id": ID, "source_platform": "tiktok.com", "timestamp_collected": 1628467261000}


@pytest.mark.parametrize(
    "record",
    [
        SEEN | {"data": POST},
        POST | {"__import_meta": SEEN},
        POST | {"author": "ada", "nickname": "Ada", "__import_meta": SEEN},
    ],
)
def test_what_zeeschuimer_stores_and_4cat_exports_is_recognised(record):
    (line,) = lines(json.dumps(record))

    assert (line.video_id, line.username, line.display_name) == (ID, "ada", "Ada")
    assert (line.caption, line.hashtags) == ("wait #fyp", ("fyp", "cat"))
    assert (line.views, line.likes, line.comments, line.shares) == (2572, 114, 93, 21)
    assert (line.saves, line.followers, line.duration_s) == (None, 7338, 26.0)
    assert line.created_at == datetime(2021, 7, 7, 9, 0, 48, tzinfo=UTC)
    assert line.collected_at == datetime(2021, 8, 9, 0, 1, 1, tzinfo=UTC)
    assert (line.is_rounded, line.media_url) == (False, None)


@pytest.mark.parametrize(
    ("plays", "is_rounded"), [(9_900, False), (11_400, True), (11_387, False), (37_400_000, True)]
)
def test_counts_as_pages_round_them_are_known_as_rounded(plays, is_rounded):
    (line,) = lines(json.dumps(SEEN | {"data": POST | {"stats": {"playCount": plays}}}))

    assert line.is_rounded == is_rounded


# What is refused, line by line


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"video_id": "../../etc/passwd"}, "video_id"),
        ({"video_id": "7300000000000000001/../x"}, "video_id"),
        ({"video_id": "7.3e18"}, "video_id: '7.3e18' is what a spreadsheet"),
        ({"video_id": 7.3e18}, "video_id"),
        ({"views": "many"}, "views: 'many' is not a number"),
        ({"views": True}, "views"),
        ({"views": [1]}, "views"),
        ({"views": 10**19}, "views"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"caption": "=HYPERLINK(\"http://a\")"}, "caption"),
        ({"caption": " =1+1"}, "caption"),
        ({"caption": "+cmd|' /C calc'!A0"}, "caption"),
        ({"caption": "@SUM(1+1)"}, "caption"),
        ({"display_name": "-2+3+cmd|x", "username": "a"}, "display_name"),
        ({"caption": {"a": 1}}, "caption"),
        ({"caption": "x" * 20_001}, "caption"),
        ({"media_url": "file:///etc/passwd"}, "media_url: file: only https"),
        ({"media_url": "http://media.example.org/a.mp4"}, "only https is fetched"),
        ({"media_url": "https://169.254.169.254/computeMetadata/v1"}, "not a public address"),
        ({"media_url": "https://metadata.google.internal/x"}, "not a public address"),
        ({"media_url": "https://[::ffff:127.0.0.1]/x"}, "not a public address"),
        ({"media_url": "https://me:pw@example.org/x"}, "user name"),
        ({"media_url": "https://exa mple.org/"}, "characters"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_is_refused_with_its_number_and_field(cells, expected):
    with pytest.raises(BadVideo, match="line 7") as refused:
        parse_line(**cells)

    assert expected in refused.value.sentence


def test_an_address_is_refused_under_its_own_reason():
    for url, reason in (("file:///x", "bad_url"), ("https://localhost/", "address_refused")):
        with pytest.raises(BadVideo) as refused:
            parse_line(media_url=url)
        assert refused.value.reason == reason


@pytest.mark.parametrize(
    "caption",
    ["@ada (wow)", "+1 (yes!)", "- not a list", "+1", "#1 = best", "null", "a\0b", "🎉 =)"],
)
def test_a_caption_that_only_looks_odd_is_read(caption):
    assert parse_line(caption=caption).video.caption == caption.replace("\0", "")


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (f"video_id,views\n{ID},1,2\n{ID},3\n", ["3 columns, where the header has 2"]),
        (f"video_id,caption\n{ID},\xff\n{ID},ok\n".encode("latin-1"), ["not UTF-8"]),
        ('{"caption": ' + "[" * 500 + "]" * 500 + "}\n", ["not JSON"]),
        (f'{{"video_id": "{ID}"}}\n{{\n[]\n', ["not JSON", "not an object"]),
        (f'{{"video_id": "{ID}", "veiws": 1}}\n', ["veiws: there is no such field"]),
        (b'{"caption": "' + b"x" * MOST_LINE_BYTES + b'"}\n{"video_id": "1"}\n', ["longer than"]),
    ],
)
def test_an_entry_that_cannot_be_read_is_told_and_its_neighbours_are_read(content, problems):
    messages = [entry.problem for entry in entries(content) if entry.fields is None]

    assert len(messages) == len(problems)
    assert all(want in problem for want, problem in zip(problems, messages, strict=True))


def test_a_quote_that_never_ends_costs_its_own_entry_and_bounded_memory():
    head = f'video_id,caption\n{ID},"never ending\n'
    later_lines = "\n".join(f"{n},caption {n}" for n in range(10_000, 60_000))

    read = entries(f"{head}{later_lines}\n")

    assert [entry.number for entry in read if entry.fields is None] == [2]
    assert read[-1].fields["video_id"] == "59999"


def test_a_line_of_hundreds_of_megabytes_is_skipped_in_bounded_memory():
    class Endless(io.RawIOBase):
        """300 MB without an end of line, and one good line after it."""

        remaining = 300

        def readable(self):
            return True

        def readinto(self, buffer):
            if self.remaining < 0:
                return 0
            self.remaining -= 1
            chunk = b"{" * 2**20 if self.remaining >= 0 else b'\n{"video_id": "1"}\n'
            buffer[: len(chunk)] = chunk
            return len(chunk)

    tracemalloc.start()
    read = list(Manifest(io.BufferedReader(Endless(), 2**21), "a"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [entry.fields for entry in read] == [None, {"video_id": "1"}]
    assert peak < 20 * 2**20


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x1f\x8b\x08" + b"\0" * 20, "packed as gzip"),
        (b"PK\x03\x04", "packed as ZIP"),
        (b"\xff\xfev\0", "written in UTF-16"),
        (b'[{"video_id": "1"}]', "one JSON array"),
        (b"caption,views\nx,1\n", "no column of video ids"),
    ],
)
def test_what_is_no_manifest_is_refused_whole_with_what_to_do(content, expected):
    with pytest.raises(BadManifest, match=expected):
        entries(content)


# As a source


def source(content: str | bytes, name: str = "manifests/a"):
    lake = LakeInMemory()
    lake.write_once(name, content if isinstance(content, bytes) else content.encode())
    return ManifestSource(lake, Downloads().check), lake


def table(count: int) -> str:
    return "video_id,views\n" + "".join(f"{10**18 + n},{n}\n" for n in range(count))


def listed(pages):
    return [item["said"]["video_id"] for page in pages for item in page.videos]


def test_pages_follow_one_another_to_the_end():
    it, _ = source(table(250))

    pages = list(it.pages(LISTED, NOW.date()))

    assert [len(page.videos) for page in pages] == [100, 100, 50]
    assert pages[-1].next is None
    assert all(page.body is None for page in pages)


def test_a_listing_goes_on_at_the_line_where_it_was_left():
    it, _ = source(table(250))
    first = next(it.pages(LISTED, NOW.date()))

    remaining = list(it.pages(LISTED, NOW.date(), first.next))

    assert listed([first, *remaining]) == [str(10**18 + n) for n in range(250)]


def test_a_file_that_was_replaced_is_read_from_its_start():
    it, lake = source(table(250))
    first = next(it.pages(LISTED, NOW.date()))
    lake.put("manifests/a", table(150).encode())

    again = list(it.pages(LISTED, NOW.date(), first.next))

    assert len(listed(again)) == 150
    assert again[0].position == Position(first.position.window, first.position.end)


def test_a_file_that_is_not_there_is_told():
    it, _ = source("", name="manifests/other")

    with pytest.raises(NoManifest, match="there is no manifests/a"):
        next(it.pages(LISTED, NOW.date()))


def test_a_line_becomes_a_video_observed_when_its_counts_were_read():
    collected_at = "2026-10-30T00:00:00Z"
    video = parse_line(username="ada", views="541.2K", followers=7, collected_at=collected_at)

    at = datetime(2026, 10, 30, tzinfo=UTC)
    assert (video.video.observed_at, video.metrics.collected_at) == (at, at)
    assert (video.video.source, video.video.collection) == ("manifest", "mine")
    assert video.video.url == f"https://www.tiktok.com/@ada/video/{ID}"
    assert (video.creator.creator_id, video.creator.followers) == ("ada", 7)
    assert video.metrics.flags == ("rounded_count",)


def test_a_line_without_a_time_was_read_when_the_file_was_written():
    assert parse_line(views=1).metrics.collected_at == WRITTEN


def test_readings_that_cannot_be_are_kept_and_flagged():
    video = parse_line(views=-1, followers=-2, username="a", created_at="2030-01-01")

    assert (video.metrics.views, video.creator.followers) == (-1, None)
    assert video.metrics.flags == ("posted_after_collected",)
    assert parse_line(collected_at="2027-01-01").metrics.flags == ("collected_in_future",)


def test_a_line_about_an_own_file_is_no_video_of_a_collection():
    item = {"line": 7, "said": {"file": "a.mp4"}, "as_of": WRITTEN.isoformat()}

    with pytest.raises(Permanent, match="has no video_id"):
        source("")[0].read(item, LISTED, NOW)


def test_the_days_of_a_collection_may_bound_a_manifest_too():
    bounded = LISTED.model_copy(update={"start_date": date(2026, 1, 1)})

    assert bounded.ages_days == ()


def test_every_name_that_is_known_is_documented():
    text = (Path(__file__).parents[4] / "docs/collections.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", text, re.MULTILINE))

    documented = {ours: set(re.findall(r"`(\w+)`", rows.get(ours, ""))) for ours in NAMES}

    assert {ours: names - {"ingest"} for ours, names in documented.items()} == {
        ours: set(names) for ours, names in NAMES.items()
    }


def test_every_field_of_a_collection_is_documented():
    text = (Path(__file__).parents[4] / "docs/collections.md").read_text()

    fields = {*Collection.model_fields} - {"name", "media"}
    fields |= {f"media.{field}" for field in MediaPolicy.model_fields}

    assert {field for field in fields if f"`{field}`" not in text} == set()
