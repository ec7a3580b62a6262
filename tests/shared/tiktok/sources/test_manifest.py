"""Facts about lists of videos that people bring: what is read, and what is lost and counted."""

import io
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.errors import Permanent
from shared.inputs.formats.names import NAMES
from shared.inputs.tables.container import table_in
from shared.inputs.tables.errors import Ambiguous, BadTable
from shared.inputs.tables.notation import Notation
from shared.tiktok.collections import Collection, MediaPolicy
from shared.tiktok.media.download import Downloads
from shared.tiktok.sources.manifest import ManifestSource, NoManifest
from shared.tiktok.sources.manifest_file import Manifest, ManifestOptions, UndatedCounts
from shared.tiktok.sources.source import BadVideo, Position
from tests.fakes import LakeInMemory

ID = "7300000000000000001"
URL = f"https://www.tiktok.com/@ada/video/{ID}"
NOW = datetime(2026, 11, 2, tzinfo=UTC)
WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)  # LakeInMemory's own time
LISTED = Collection(
    name="mine", source="manifest", manifest="manifests/a", collected_at="2026-10-31"
)


def manifest(content: str | bytes, name: str = "a.csv", **stated) -> Manifest:
    raw = content if isinstance(content, bytes) else content.encode()
    options = ManifestOptions(**{"collected_at": "file"} | stated)
    return Manifest(table_in(io.BytesIO(raw), name), WRITTEN, options, NOW)


def lines(content: str | bytes, **stated):
    """What each row says; those that are lost are left out."""
    return [entry.line for entry in manifest(content, **stated) if entry.line is not None]


def parse_line(**fields):
    """The video of one line of JSON, as the source reads it."""
    it, _ = source(json.dumps({"video_id": ID} | fields))
    (page,) = it.pages(LISTED, NOW.date())
    (item,) = page.videos
    return it.read(item, LISTED, NOW)


# What is read


def test_our_own_names_are_known_in_json_and_in_csv():
    want = {"video_id": ID, "username": "ada", "caption": "hi", "views": 5, "hashtags": ("a", "b")}
    line = json.dumps(want | {"hashtags": ["a", "#b"]})
    table = f'video_id,username,caption,views,hashtags\n{ID},ada,hi,5,"#a, #b"\n'

    for content in (line, table):
        (line,) = lines(content)
        assert (
            line.model_dump(exclude_none=True, exclude={"is_rounded", "is_day", "collected_at"})
            == want
        )


def test_a_collection_says_what_its_file_calls_our_fields():
    (line,) = lines(
        f"post,hits,views\n{ID},5,wrong\n", columns={"video_id": "Post", "views": "hits"}
    )

    assert (line.video_id, line.views) == (ID, 5)


def test_rounded_counts_are_known_as_such():
    read = lines(f"video_id,views\n{ID},541.2K\n{ID},1234\n")

    assert [(line.views, line.is_rounded) for line in read] == [(541_200, True), (1234, False)]


@pytest.mark.parametrize(
    "caption",
    ["=1+1", "=) wow", "+cmd|' /C calc'!A0", "@ada (wow)", "- a list", "null", "a\0b", "🎉 =)"],
)
def test_a_caption_that_looks_like_a_formula_is_a_caption(caption):
    assert parse_line(caption=caption).video.caption == caption.replace("\0", "")


# When it was read


def test_counts_without_a_time_are_refused_with_both_remedies():
    with pytest.raises(UndatedCounts) as refused:
        manifest(f"video_id,views\n{ID},5\n", collected_at=None)

    assert "--collected-at 2026-01-31" in refused.value.sentence
    assert "2026-11-01 00:00 UTC: --collected-at file" in refused.value.sentence
    assert "collected_at: file" in refused.value.for_collection


def test_a_list_without_counts_needs_no_time():
    assert lines(f"{URL}\n", collected_at=None)[0].username == "ada"


def test_the_stated_time_dates_rows_that_say_none_and_no_others():
    table = f"video_id,views,collected_at\n{ID},5,\n{ID},6,2026-10-30\n"
    stated = datetime(2026, 10, 31, tzinfo=UTC)

    dated = [line.collected_at for line in lines(table, collected_at=stated)]

    assert dated == [stated, datetime(2026, 10, 30, tzinfo=UTC)]


def test_a_row_without_a_time_among_others_keeps_all_but_its_counts():
    it = manifest(
        f"video_id,caption,views,collected_at\n{ID},hi,5,\n{ID},hi,6,2026-10-30\n",
        collected_at=None,
    )
    (undated, dated) = [entry.line for entry in it]

    assert (undated.caption, undated.views, dated.views) == ("hi", None, 6)
    assert it.notes()[0].startswith("1 of 2 rows have counts and no time of reading")


def test_a_day_without_a_year_is_before_the_export():
    table = f"Video link,Post time,Total views\n{URL},November 3,5\n"

    assert lines(table)[0].created_at == datetime(2025, 11, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "exported_at"),
    [
        ("Europe/Berlin", datetime(2026, 11, 19, 23, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 21, 4, tzinfo=UTC)),
    ],
)
def test_the_day_of_an_export_is_a_day_in_the_stated_zone(zone, exported_at):
    table = f"Video link,Post time,Total views\n{URL},November 20,5\n{URL},November 21,5\n"
    stated = Notation(timezone=ZoneInfo(zone))

    read = lines(table, collected_at=exported_at, notation=stated)

    posted = [line.created_at.astimezone(stated.timezone).date() for line in read]
    assert posted == [date(2026, 11, 20), date(2025, 11, 21)]
    assert {line.collected_at for line in read} == {exported_at}


def test_the_day_on_which_a_collection_was_read_is_in_its_zone():
    fields = LISTED.model_dump() | {"collected_at": "2026-11-20", "timezone": "America/New_York"}

    assert Collection.model_validate(fields).collected_at == datetime(2026, 11, 20, 5, tzinfo=UTC)
    assert LISTED.collected_at == datetime(2026, 10, 31, tzinfo=UTC)


# What is lost, and counted


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("views", "many"),
        ("views", "9223372036854775808"),
        ("duration_s", "a while"),
        ("duration_s", "100000"),
        ("created_at", "yesterday"),
        ("music_id", "7.1E+18"),
        ("verified", "perhaps"),
        ("language", "not a language"),
        ("caption", "x" * 20_001),
    ],
)
def test_a_cell_that_cannot_be_read_costs_no_row_and_is_counted(column, cell):
    it = manifest(f"video_id,username,{column}\n{ID},ada,{cell}\n{ID},bob,\n")

    read = [entry.line for entry in it]

    assert [line.username for line in read] == ["ada", "bob"]
    assert getattr(read[0], column) is None
    assert (it.losses.cells[column].count, it.losses.filled[column]) == (1, 1)
    assert any(
        sentence.startswith(f"{column}: 1 of 1 could not be read") for sentence in it.sentences()
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f"video_id,views\n{ID},1\n../../etc/passwd,2\n", "neither a TikTok id nor u"),
        (
            f"video_id,views\n{ID},1\n7.3E+18,2\n",
            "has a cell in video_id that is what a spreadsheet",
        ),
        (f"video_id,views\n{ID},1\n,2\n", "has no id"),
        (f"video_id,views,collected_at\n{ID},1,\n{ID},2,soon\n", "has a cell in collected_at"),
        (f'{{"video_id": "{ID}", "views": 1}}\n[]\n', "not an object"),
        (f'{{"video_id": "{ID}", "views": 1}}\n{{\n', "not JSON"),
    ],
)
def test_a_row_is_lost_only_without_its_id_or_its_time_and_its_neighbours_are_read(content, reason):
    it = manifest(content)

    read = [entry.line for entry in it]

    assert [line and line.views for line in read] == [1, None]
    assert (it.losses.rows, it.losses.lost) == (2, 1)
    assert reason in " ".join(it.losses.lost_rows)
    assert "1 of 2 rows taken" in it.sentences()[0]


def test_unknown_columns_are_told_and_cost_nothing():
    it = manifest(f"video_id,veiws,views\n{ID},1,2\n")

    assert [entry.line.views for entry in it] == [2]
    assert "Columns that are not used: veiws." in it.sentences()


def test_columns_that_names_alone_decide_are_told():
    it = manifest(f"Post ID,Plays,likes\n{ID},1,2\n")

    assert "Columns by their names: video_id from Post ID, views from Plays." in it.sentences()


def test_rows_without_a_creator_or_dated_in_the_future_are_told():
    it = manifest(f"video_id,created_at,views\n{ID},2026-11-09,1\n")
    list(it)

    assert {"1 of 1 rows name no creator.", "1 of 1 rows are dated in the future."} <= {*it.notes()}


@pytest.mark.parametrize("cell", ["nan", "None", "N/A", "-", "<NA>", "[deleted]"])
def test_a_word_for_nobody_is_a_row_without_a_creator(cell):
    it = manifest(f"video_id,username\n{ID},{cell}\n{ID},@Me · 3d\n")

    assert [entry.line.username for entry in it] == [None, "me"]
    assert "1 of 2 rows name no creator." in it.notes()


@pytest.mark.parametrize("number", ["1", "14.0", "20231105", "0" + ID])
def test_the_number_of_a_row_is_not_an_id(number):
    it = manifest(f"id,views\n{number},5\n{ID},6\n")

    assert [entry.line and entry.line.views for entry in it] == [None, 6]
    assert "has 15 to 20 digits and does not begin with 0" in " ".join(it.losses.lost_rows)


def test_a_file_whose_ids_all_number_its_rows_is_refused_with_what_an_id_is():
    with pytest.raises(BadTable, match=r"id holds no ids.*15 to 20 digits.*--columns video_id="):
        manifest("id,views\n1,5\n2,6\n")


def test_the_number_of_a_row_costs_no_row_about_an_own_file():
    it = manifest("id,file,views\n1,a.mp4,5\n2,b.mp4,6\n")

    assert [(entry.line.file, entry.line.video_id) for entry in it] == [
        ("a.mp4", None),
        ("b.mp4", None),
    ]
    assert it.losses.cells["id"].count == 2


def test_the_number_of_a_row_beside_a_short_link_is_lost_for_the_link():
    it = manifest(f"id,url\n1,https://vm.tiktok.com/ZM/\n2,{URL}\n")

    assert [entry.line and entry.line.video_id for entry in it] == [None, ID]
    assert "only a short link" in " ".join(it.losses.lost_rows)


def test_a_column_that_may_be_a_count_is_told_with_what_to_state():
    it = manifest(f"link,Profile views\n{URL},500\n", collected_at=None)

    assert [entry.line.views for entry in it] == [None]
    assert any('--columns views="Profile views"' in sentence for sentence in it.sentences())
    (line,) = lines(f"link,Profile views\n{URL},500\n", columns={"views": "Profile views"})
    assert line.views == 500


def test_an_unreadable_cell_is_counted_under_its_own_column():
    it = manifest(
        f"id,thread_id,author,body,plays,unix_timestamp,timestamp\n{ID},{ID},ada,hi,5,,soon\n"
    )

    list(it)

    assert {*it.losses.cells} == {"timestamp"}
    assert it.losses.filled["timestamp"] == 1


def test_counting_begins_anew_with_every_reading():
    it = manifest(f"video_id,views\n{ID},many\n{ID},1\n")
    first, second = (list(it), it.document()), (list(it), it.document())

    assert first == second
    assert it.losses.rows == 2


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x1f\x8b\x08" + b"\0" * 20, "packed as gzip"),
        (b"caption,views\nx,1\n", "no column holds ids of videos or addresses of their pages"),
        (b"video_id,views\n", "no rows"),
        (b"video_id,views,views\n1,2,3\n", "2 columns named views"),
    ],
)
def test_what_is_no_list_of_videos_is_refused_whole_with_what_to_do(content, expected):
    with pytest.raises(BadTable, match=expected):
        manifest(content)


def test_a_count_of_two_readings_is_refused_until_the_mark_is_stated():
    table = f"video_id;views\n{ID};5.000\n"

    with pytest.raises(Ambiguous, match="--decimal"):
        manifest(table)
    assert lines(table, notation=Notation(decimal=","))[0].views == 5_000


POINTS_BEFORE_THOUSANDS = {
    "4cat": f"id;thread_id;author;body;likes;plays\n{ID};{ID};me;hi;5.000;12.000\n",
    "clockworks": f"id;authorMeta.name;text;diggCount;playCount\n{ID};me;hi;5.000;12.000\n",
    "zeeschuimer": json.dumps(
        {
            "item_id": ID,
            "timestamp_collected": 1_761_955_200_000,
            "data": {"id": ID, "createTime": 1, "stats": {"playCount": "5.000"}},
        }
    ),
    "yt-dlp": json.dumps(
        {"id": ID, "extractor_key": "TikTok", "webpage_url": URL, "view_count": "5.000"}
    ),
}


@pytest.mark.parametrize("tool", POINTS_BEFORE_THOUSANDS)
def test_no_tool_proves_how_a_text_writes_its_thousands(tool):
    content = POINTS_BEFORE_THOUSANDS[tool]

    with pytest.raises(Ambiguous, match=r"may be (5|12) or (5|12)000"):
        lines(content)
    assert lines(content, notation=Notation(decimal=","))[0].present("views", "likes") in (
        {"views": 5_000},
        {"views": 12_000, "likes": 5_000},
    )


def test_a_table_of_a_tool_that_excel_saved_anew_decides_by_its_own_cells():
    header = "id;thread_id;author;body;likes;plays\n"

    (line,) = lines(f"{header}{ID};{ID};me;hi;5.000;1.250.000\n")

    assert (line.likes, line.views) == (5_000, 1_250_000)


def test_numbers_of_json_are_exact_in_the_files_of_tools():
    post = {"id": ID, "webVideoUrl": URL, "playCount": 5.0, "authorMeta": {"name": "ada"}}

    assert lines(json.dumps(post))[0].views == 5


def test_a_word_behind_a_count_must_be_of_its_own_column():
    fitting = manifest(f'video_id,views,likes\n{ID},"1,234 views",5 likes\n')
    swapped = manifest(f"video_id,views\n{ID},5 likes\n")

    assert [entry.line.present("views", "likes") for entry in fitting] == [
        {"views": 1234, "likes": 5}
    ]
    assert [entry.line.views for entry in swapped] == [None]
    assert "'5 likes' in line 2 counts likes." in swapped.sentences()[1]


def test_times_of_a_tool_that_always_writes_utc_need_no_note():
    times = f"{ID},{ID},ada,hi,5,2026-10-30 12:00:00\n"

    of_4cat = manifest(f"id,thread_id,author,body,plays,timestamp\n{times}")
    of_anybody = manifest(f"id,thread,author,body,plays,timestamp\n{times}")

    assert of_4cat.notation.notes == ()
    assert "--timezone" in of_anybody.notation.notes[0]


def test_what_was_not_read_of_a_file_is_told():
    titled = manifest(f"My export\nvideo_id,views\n{ID},5\n")

    assert [entry.line.views for entry in titled] == [5]
    assert "The row above the header was not read: 'My export'." in titled.sentences()


def test_an_error_of_a_spreadsheet_costs_its_cell_and_is_counted():
    table = manifest(f"video_id,views,likes\n{ID},#N/A,#REF!\n")

    assert [entry.line.present("views", "likes") for entry in table] == [{}]
    assert table.losses.cells.keys() == {"views", "likes"}


# Addresses of files


@pytest.mark.parametrize(
    ("url", "expected", "reason"),
    [
        ("file:///etc/passwd", "media_url: file: only https", "bad_url"),
        ("http://media.example.org/a.mp4", "only https is fetched", "address_refused"),
        ("https://169.254.169.254/computeMetadata/v1", "not a public address", "address_refused"),
        ("https://metadata.google.internal/x", "not a public address", "address_refused"),
        ("https://[::ffff:127.0.0.1]/x", "not a public address", "address_refused"),
        ("https://localhost/", "not a public address", "address_refused"),
        ("https://me:pw@example.org/x", "user name", "bad_url"),
        ("https://exa mple.org/", "characters", "bad_url"),
    ],
)
def test_an_address_is_refused_under_its_own_reason(url, expected, reason):
    with pytest.raises(BadVideo, match="line 1") as refused:
        parse_line(media_url=url)

    assert expected in refused.value.sentence
    assert refused.value.reason == reason


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


def test_a_line_without_a_time_was_read_when_the_collection_says():
    it, _ = source(f'{{"video_id": "{ID}", "views": 1}}')
    by_file = LISTED.model_copy(update={"collected_at": "file"})
    (page,) = it.pages(by_file, NOW.date())

    assert it.read(page.videos[0], by_file, NOW).metrics.collected_at == WRITTEN
    assert parse_line(views=1).metrics.collected_at == datetime(2026, 10, 31, tzinfo=UTC)


def test_a_file_whose_counts_have_no_time_is_refused_with_what_the_collection_may_say():
    it, _ = source(f'{{"video_id": "{ID}", "views": 1}}')

    with pytest.raises(BadTable, match="collected_at: file"):
        list(it.pages(LISTED.model_copy(update={"collected_at": None}), NOW.date()))


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


WATCHED = (
    "video_id,Total views,Reached audience,Total play time,Average watch time,Watched full video\n"
    f"{ID},100,80,0h:10m:50s,6.5s,23.4%\n"
)


def test_how_a_video_was_watched_is_read_from_the_owners_statistics():
    (line,) = lines(WATCHED)

    assert (line.reach, line.total_watch_s, line.average_watch_s) == (80, 650.0, 6.5)
    assert line.completion_rate == pytest.approx(0.234)


def test_a_line_with_a_hook_rate_alone_is_a_reading():
    video = parse_line(hook_rate_3s=0.7)

    assert (video.metrics.hook_rate_3s, video.metrics.views) == (0.7, None)


def test_watching_without_a_time_of_reading_is_left_out_like_counts():
    table = f"video_id,completion_rate,collected_at\n{ID},0.5,\n"

    (line,) = lines(table, collected_at=None)

    assert line.completion_rate is None
    with pytest.raises(UndatedCounts):
        lines(f"video_id,completion_rate\n{ID},0.5\n", collected_at=None)


def test_every_name_that_is_known_is_documented():
    text = (Path(__file__).parents[4] / "docs/reference/column-names.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", text, re.MULTILINE))

    documented = {ours: set(re.findall(r"`([\w.]+)`", rows.get(ours, ""))) for ours in NAMES}

    assert {ours: names - {"ingest"} for ours, names in documented.items()} == {
        ours: set(names) for ours, names in NAMES.items()
    }


def test_every_field_of_a_collection_is_documented():
    text = (Path(__file__).parents[4] / "docs/reference/collections.md").read_text()

    fields = {*Collection.model_fields} - {"name", "media"}
    fields |= {f"media.{field}" for field in MediaPolicy.model_fields}

    assert {field for field in fields if f"`{field}`" not in text} == set()


@pytest.mark.parametrize(
    ("cell", "timezone", "is_day"),
    [
        ("2026-05-03", None, True),
        ("2026-05-03 15:22", None, False),
        ("2026-05-03", "Asia/Tokyo", True),
        ("1777766400", "Asia/Tokyo", False),
    ],
)
def test_a_day_is_known_for_what_it_is(cell, timezone, is_day):
    notation = Notation(timezone=ZoneInfo(timezone) if timezone else None)
    (line,) = lines(f"video_id,created_at\n{ID},{cell}\n", notation=notation)

    assert line.is_day is is_day
