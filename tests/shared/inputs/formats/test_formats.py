"""Formats: recognised by their columns, and read into our fields with all their traps."""

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from shared.inputs.formats.count_words import is_count
from shared.inputs.formats.format import NotAPost
from shared.inputs.formats.page_url import is_short_link, post_address, profile_handle
from shared.inputs.formats.post_days import is_without_year, posted_on
from shared.inputs.formats.recognise import (
    FIRST_RECORDS,
    UnknownFormat,
    is_without_header,
    recognise,
)
from shared.inputs.formats.record import cell_at, tag_names
from shared.inputs.formats.stated_columns import columns_option

FILES = Path(__file__).parent / "files"
ID = "7300000000000000001"
URL = f"https://www.tiktok.com/@ada/video/{ID}"


def records_in(name: str):
    """The records of a fixture, read without the product's containers."""
    content = (FILES / name).read_bytes()
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    if name.endswith(("ndjson", "jsonl")):
        return None, [json.loads(line) for line in text.splitlines()]
    if name.endswith("json"):
        document = json.loads(text)
        document = document.get("collector", [document]) if isinstance(document, dict) else document
        return None, document
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    records = list(rows)
    return tuple(rows.fieldnames or ()), records


def recognised_in(name: str, stated=None):
    columns, records = records_in(name)
    return recognise(columns, records[:FIRST_RECORDS], stated), records


def table_of(*rows: dict, stated=None):
    return recognise(tuple(rows[0]), rows, stated)


TITLES = {
    "studio.csv": "TikTok Studio's export",
    "studio-german.csv": "TikTok Studio's export",
    "tiktokapi.csv": "posts of TikTok's web pages",
    "pyktok.csv": "pyktok's table",
    "zeeschuimer.ndjson": "Zeeschuimer's posts",
    "zeeschuimer.csv": "a table of 4CAT or Zeeschuimer",
    "4cat.csv": "a table of 4CAT or Zeeschuimer",
    "tiktok-scraper.json": "posts of tiktok-scraper or Clockworks",
    "tiktok-scraper.csv": "posts of tiktok-scraper or Clockworks",
    "clockworks.json": "posts of tiktok-scraper or Clockworks",
    "clockworks.csv": "posts of tiktok-scraper or Clockworks",
    "yt-dlp.info.json": "yt-dlp's information about videos",
    "addresses.csv": "a list of page addresses in Link",
    "scraped.csv": "a table, by the names of its columns",
    "ours.csv": "a table, by the names of its columns",
    "ours.jsonl": "a table, by the names of its columns",
}
WITH_READING_TIMES = {
    *("zeeschuimer.ndjson", "yt-dlp.info.json", "scraped.csv", "ours.csv", "ours.jsonl")
}


@pytest.mark.parametrize("name", TITLES)
def test_each_format_is_recognised_and_says_whether_it_dates_its_readings(name):
    format_, _ = recognised_in(name)

    assert format_.title == TITLES[name]
    assert format_.has_reading_time == (name in WITH_READING_TIMES)


@pytest.mark.parametrize("name", [name for name in TITLES if "yt-dlp" not in name])
def test_the_formats_agree_about_the_same_posts(name):
    """The fixtures hold the same twelve posts; what two formats both say must be equal."""
    format_, records = recognised_in(name)
    _, ours = records_in("ours.csv")
    expected = {post["video_id"]: post for post in ours}

    posts = []
    for record in records:
        try:
            posts.append(format_.fields(record))
        except NotAPost:
            continue

    with_id = [fields for fields in posts if "video_id" in fields]
    assert len({fields["video_id"] for fields in with_id}) == 12
    for fields in with_id:
        post = expected[fields["video_id"]]
        account = "cats.of.oslo" if name == "studio.csv" else post["username"]
        assert fields.get("username", account) == account
        assert str(fields.get("caption", post["caption"])) == post["caption"].replace(
            "\n", " " if name == "studio.csv" else "\n"
        )
        assert str(fields.get("followers", post["followers"])) == post["followers"]


# Studio


def test_studio_names_id_and_account_in_its_link_alone():
    format_, records = recognised_in("studio.csv")
    fields = format_.fields(records[3], datetime(2026, 11, 28, tzinfo=UTC))

    assert fields["video_id"] == records[3]["Video link"].split("/")[-1].split("?")[0]
    assert fields["username"] == "cats.of.oslo"
    assert (fields["views"], fields["created_at"]) == ("902", "2026-01-02")
    assert format_.unused == ()


@pytest.mark.parametrize(
    ("cell", "posted"),
    [
        ("November 27", "2026-11-27"),
        ("November 28", "2026-11-28"),
        ("November 29", "2025-11-29"),
        ("December 25", "2025-12-25"),
        ("February 29", "2024-02-29"),
        ("3 Nov.", "2026-11-03"),
        ("Nov 3, 14:05", "2026-11-03 14:05"),
        ("Nov 9, 2025", "2025-11-09"),
        ("2025-08-02 19:05:00", "2025-08-02 19:05:00"),
        ("February 30", "February 30"),
        ("Ma 3", "Ma 3"),
        ("Sept. 3", "2026-09-03"),
        ("Nove 3", "Nove 3"),
        ("marraskuu 3", "marraskuu 3"),
        ("noviembre 3", "2026-11-03"),
        ("3. November", "2026-11-03"),
        ("3. Dezember 2024", "2024-12-03"),
        ("1er novembre", "2026-11-01"),
        ("3 de noviembre", "2026-11-03"),
        ("3 de fev. de 2025, 14:05", "2025-02-03 14:05"),
        ("3 listopada", "2026-11-03"),
        ("3 ноября", "2026-11-03"),
        ("3 Kasım", "2026-11-03"),
        ("3 tháng 11", "2026-11-03"),
        ("11月3日", "2026-11-03"),
        ("2024年11月3日", "2024-11-03"),
        ("11월 3일", "2026-11-03"),
        ("jui 3", "jui 3"),
        ("13月3日", "13月3日"),
        (None, None),
    ],
)
def test_a_day_without_a_year_is_the_latest_that_is_not_after_the_export(cell, posted):
    assert posted_on(cell, date(2026, 11, 28)) == posted


def test_a_day_without_a_year_stays_unclear_when_the_export_has_no_day():
    assert posted_on("November 3", None) == "November 3"


GERMAN = {
    "Videotitel": "hi",
    "Videolink": URL,
    "Beitragszeit": "3. November",
    "Gefällt mir insgesamt": "5",
    "Aufrufe insgesamt": "12",
}
NOVEMBER = datetime(2026, 11, 28, tzinfo=UTC)


def test_studio_in_another_language_is_known_by_its_days_without_a_year():
    format_ = table_of(GERMAN)
    fields = format_.fields(GERMAN, NOVEMBER)

    assert format_.title == "TikTok Studio's export"
    assert (fields["created_at"], fields["caption"]) == ("2026-11-03", "hi")
    assert (fields["views"], fields["likes"], fields["username"]) == ("12", "5", "ada")
    assert format_.unused == ()


@pytest.mark.parametrize(
    "change",
    [
        {"Beitragszeit": "gestern"},
        {"Beitragszeit": "3. November 2025", "Videotitel": None},
        {"Notiz": "4. November"},
        {"Link": URL},
        {"created_at": "2026-11-03"},
    ],
)
def test_a_table_without_studios_signs_is_not_studios(change):
    row = {name: cell for name, cell in (GERMAN | change).items() if cell is not None}

    assert table_of(row).title != "TikTok Studio's export"


@pytest.mark.parametrize(
    ("cell", "created_at"),
    [
        *(("3. November 2025", "2025-11-03"), ("3. März 2026", "2026-03-03")),
        *(("3.11.2025", "3.11.2025"), ("03.11.2025", "03.11.2025"), ("03/11/2025", "03/11/2025")),
        *(("3 novembre 2025", "2025-11-03"), ("2025-11-03 14:05", "2025-11-03 14:05")),
        *((date(2025, 11, 3), date(2025, 11, 3)), ("3. Ma\u0308rz 2026", "2026-03-03")),
    ],
)
@pytest.mark.parametrize("others", [(), (GERMAN,)])
def test_studio_in_another_language_may_write_the_year(cell, created_at, others):
    row = GERMAN | {"Beitragszeit": cell}
    format_ = table_of(row, *others)
    fields = format_.fields(row, NOVEMBER)

    assert format_.title == "TikTok Studio's export"
    assert (fields["created_at"], fields["caption"], fields["views"]) == (created_at, "hi", "12")


def test_the_time_of_reading_is_not_studios_day():
    row = GERMAN | {"Beitragszeit": "3. November 2025", "collected_at": "2026-11-03"}
    fields = table_of(row).fields(row)

    assert (fields["created_at"], fields["collected_at"]) == ("2025-11-03", "2026-11-03")


def test_a_stated_time_of_posting_gets_its_year_too():
    row = GERMAN | {"Hochgeladen": "4. November"} | {"Beitragszeit": "2026"}
    format_ = table_of(row, stated={"created_at": "Hochgeladen"})

    assert format_.fields(row, NOVEMBER)["created_at"] == "2026-11-04"


def test_a_month_alone_is_not_a_day_without_a_year():
    assert is_without_year("Nov 3")
    assert not is_without_year("Nov 3, 2025")
    assert not is_without_year("Chapter 3")


# Zeeschuimer and 4CAT


def test_a_reading_of_zeeschuimer_is_of_the_later_of_its_two_times():
    format_, records = recognised_in("zeeschuimer.ndjson")

    later = [format_.fields(record)["collected_at"] for record in records[:2]]

    assert later == [records[0]["last_updated"], records[1]["timestamp_collected"]]
    assert records[0]["last_updated"] > records[0]["timestamp_collected"]


@pytest.mark.parametrize("first", ["timestamp_collected", "last_updated"])
def test_either_time_of_zeeschuimer_may_be_the_later(first):
    second = {"timestamp_collected": "last_updated"}.get(first, "timestamp_collected")
    _, records = records_in("zeeschuimer.ndjson")
    record = records[0] | {first: 1_628_467_261_000, second: 1_628_467_999_000}

    assert recognise(None, [record]).fields(record)["collected_at"] == 1_628_467_999_000


def test_4cat_keeps_the_times_beside_the_post():
    _, records = records_in("zeeschuimer.ndjson")
    meta = {name: records[0][name] for name in ("timestamp_collected", "last_updated")}
    record = records[0]["data"] | {"__import_meta": meta}

    format_ = recognise(None, [record])

    assert format_.title == "4CAT's posts"
    assert format_.fields(record)["collected_at"] == meta["last_updated"]


def test_the_author_may_be_a_name_and_the_counts_may_be_text():
    format_, records = recognised_in("zeeschuimer.ndjson")

    assert format_.fields(records[4])["username"] == records[4]["data"]["author"]
    assert format_.fields(records[5])["views"] == "37400000"
    assert "saves" not in format_.fields(records[6])
    assert "duration_s" not in format_.fields(records[7])  # a photo post


def test_exact_counts_come_before_rounded_ones():
    post = {
        "id": ID,
        "createTime": 1_704_103_200,
        "stats": {"playCount": 12_300, "diggCount": 7},
        "statsV2": {"playCount": "12345"},
        "authorStats": {"followerCount": 1_200},
        "authorStatsV2": {"followerCount": "1234"},
    }
    fields = recognise(None, [post]).fields(post)

    assert (fields["views"], fields["likes"], fields["followers"]) == ("12345", 7, "1234")
    assert "is_rounded" not in fields


@pytest.mark.parametrize("sign", [".", "_"])
def test_posts_that_pandas_made_flat_are_known(sign):
    row = {
        "id": ID,
        "createTime": "1704103200",
        "desc": "hello",
        f"author{sign}uniqueId": "ada",
        f"author{sign}secUid": "x",
        f"stats{sign}playCount": "50123",
        f"stats{sign}diggCount": "1000",
        f"video{sign}duration": "15",
        f"music{sign}id": "7",
        "challenges": "[{'title': 'fyp'}]",
    }
    format_ = table_of(row)
    fields = format_.fields(row)

    assert format_.title == "posts of TikTok's web pages"
    assert (fields["username"], fields["views"], fields["likes"]) == ("ada", "50123", "1000")
    assert (fields["duration_s"], fields["music_id"]) == ("15", "7")
    assert fields["hashtags"] == ["fyp"]
    assert format_.unused == (f"author{sign}secUid",)


@pytest.mark.parametrize("sign", [".", "_", "/"])
@pytest.mark.parametrize("as_text", [str, lambda cell: cell])
def test_lines_of_zeeschuimer_that_pandas_made_flat_are_known(sign, as_text):
    row = {
        "item_id": ID,
        "source_platform": "tiktok.com",
        "timestamp_collected": as_text(1_628_467_261_000),
        "last_updated": as_text(1_628_467_999_000.0),
        "user_agent": "x",
        f"data{sign}id": ID,
        f"data{sign}createTime": "1704103200",
        f"data{sign}challenges": "[{'title': 'fyp'}]",
        f"data{sign}author{sign}uniqueId": "ada",
        f"data{sign}stats{sign}playCount": "50123",
        f"data{sign}statsV2{sign}playCount": "",
        f"data{sign}stats{sign}diggCount": "1000",
    }
    format_ = table_of(row)
    fields = format_.fields(row)

    assert format_.title == "Zeeschuimer's posts"
    assert (fields["video_id"], fields["username"], fields["hashtags"]) == (ID, "ada", ["fyp"])
    assert (fields["views"], fields["likes"]) == ("50123", "1000")
    assert fields["collected_at"] == row["last_updated"]
    assert format_.column("likes", row) == f"data{sign}stats{sign}diggCount"
    assert format_.unused == ("user_agent",)
    with pytest.raises(NotAPost, match=r"instagram\.com"):
        format_.fields(row | {"source_platform": "instagram.com"})
    empty = {name: "" for name in row if name.startswith("data") and name != f"data{sign}id"}
    with pytest.raises(NotAPost, match="no counts or no time"):
        format_.fields(row | empty)


def test_an_empty_author_leaves_the_account_of_a_flat_post():
    row = {"id": ID, "author": "", "author.uniqueId": "ada", "stats.playCount": "5"}

    assert table_of(row).fields(row)["username"] == "ada"
    assert table_of(row).fields(row | {"author": "bob"})["username"] == "bob"


@pytest.mark.parametrize("id_", ["id", "video.id"])
def test_a_flat_table_of_posts_needs_no_time_of_posting(id_):
    row = {id_: ID, "desc": "", "author.uniqueId": "ada", "stats.diggCount": "5"}
    format_ = table_of(row)

    assert format_.title == "posts of TikTok's web pages"
    assert format_.fields(row) == {"video_id": ID, "username": "ada", "likes": "5"}


def test_a_table_may_have_the_ids_and_accounts_of_flat_posts_without_their_counts():
    row = {"video.id": ID, "author.uniqueId": "ada", "views": "5"}

    assert table_of(row).fields(row) == {"video_id": ID, "username": "ada", "views": "5"}


@pytest.mark.parametrize("bad", ["1.7E+09?", "x", "0000-00-00"])
def test_a_time_that_cannot_be_read_gives_way_to_a_good_one_in_its_row(bad):
    row = {"id": ID, "thread_id": ID, "author": "ada", "body": "", "plays": "5"}
    row |= {"unix_timestamp": bad, "timestamp": "2024-01-01 10:00:00"}
    format_ = table_of(row)

    assert format_.fields(row)["created_at"] == "2024-01-01 10:00:00"
    assert format_.fields(row | {"timestamp": "y"})["created_at"] == bad
    assert format_.fields(row | {"unix_timestamp": "1704103200"})["created_at"] == "1704103200"


def test_a_flat_table_without_hashtags_does_not_say_that_there_are_none():
    row = {"id": ID, "createTime": "1704103200", "stats.playCount": "5"}

    assert "hashtags" not in table_of(row).fields(row)


def test_objects_of_a_page_that_pandas_wrote_as_text_are_read():
    row = {
        "id": ID,
        "createTime": "1704103200",
        "author": "{'uniqueId': 'ada'}",
        "stats": "{'playCount': 5}",
    }
    fields = table_of(row).fields(row)

    assert (fields["username"], fields["views"]) == ("ada", 5)


def test_pyktok_names_the_account_beside_the_name_that_the_page_shows():
    row = {
        "video_id": ID,
        "video_timestamp": "2024-01-01T10:00:00",
        "video_diggcount": "1000",
        "video_sharecount": "20",
        "video_commentcount": "30",
        "video_playcount": "50123",
        "video_description": "hello",
        "video_is_ad": "False",
        "author_username": "ada",
        "author_name": "Ada L.",
        "author_followercount": "7",
    }
    format_ = table_of(row)
    fields = format_.fields(row)

    assert (format_.title, format_.unused) == ("pyktok's table", ("video_is_ad",))
    assert (fields["username"], fields["display_name"]) == ("ada", "Ada L.")
    counts = [fields[name] for name in ("views", "likes", "comments", "shares", "followers")]
    assert counts == ["50123", "1000", "30", "20", "7"]


def test_a_cell_is_counted_under_the_column_that_holds_it():
    row = {"id": ID, "thread_id": ID, "author": "ada", "body": "", "plays": "5", "timestamp": "x"}
    format_ = table_of(row | {"unix_timestamp": ""})

    assert format_.column("created_at", row) == "timestamp"
    assert format_.column("created_at", row | {"unix_timestamp": "y"}) == "unix_timestamp"


def test_an_address_without_its_account_is_not_kept():
    format_, records = recognised_in("4cat.csv")
    fields = format_.fields(records[10])

    assert "/@/" in records[10]["tiktok_url"]
    assert (fields["video_id"], fields.keys() & {"url", "username"}) == (records[10]["id"], set())


@pytest.mark.parametrize(("row", "why"), [(13, "instagram.com"), (14, "not a post")])
def test_what_is_not_a_post_is_refused_with_what_it_is(row, why):
    format_, records = recognised_in("zeeschuimer.ndjson")

    with pytest.raises(NotAPost, match=why):
        format_.fields(records[row])


@pytest.mark.parametrize(
    ("count", "is_rounded"),
    [
        (9_900, False),
        (11_400, True),
        (11_387, False),
        ("37400000", True),
        ("11400.0", True),
        ("1.2K", False),
    ],
)
def test_counts_as_pages_round_them_are_marked(count, is_rounded):
    _, records = records_in("clockworks.json")
    record = records[1] | {"playCount": count, "diggCount": 1}

    assert recognise(None, [record]).fields(record).get("is_rounded", False) == is_rounded


# tiktok-scraper and Clockworks


@pytest.mark.parametrize(
    "name", ["tiktok-scraper.json", "tiktok-scraper.csv", "clockworks.json", "clockworks.csv"]
)
def test_nested_and_flattened_records_are_read_alike(name):
    format_, records = recognised_in(name)
    fields = format_.fields(records[0])

    assert fields["username"] == "cats.of.oslo"
    assert fields["hashtags"] == ["cat", "fyp"]
    assert (str(fields["duration_s"]), str(fields["followers"])) == ("26", "7338")
    assert fields["music_id"] == "7100000000000000000"


def test_objects_that_pandas_wrote_as_text_are_read():
    _, records = records_in("tiktok-scraper.json")
    record = {
        key: repr(value) if isinstance(value, dict | list) else value
        for key, value in records[0].items()
    }
    fields = recognise(tuple(record), [record]).fields(record)

    assert (fields["username"], fields["hashtags"]) == ("cats.of.oslo", ["cat", "fyp"])


def test_a_failure_that_clockworks_lists_is_not_a_post():
    format_, records = recognised_in("clockworks.json")

    with pytest.raises(NotAPost, match="failure that the scraper lists") as refused:
        format_.fields(records[3])

    assert refused.value.example == "Post not found or private"


def test_clockworks_has_another_time_where_the_first_is_absent():
    format_, records = recognised_in("clockworks.json")

    assert format_.fields(records[9])["created_at"].startswith("2021-07-15T")
    assert "language" not in format_.fields(records[0])


# yt-dlp


def test_ytdlp_names_account_and_time_of_reading():
    format_, records = recognised_in("yt-dlp.info.json")
    fields = format_.fields(records[0])

    assert (fields["username"], fields["collected_at"]) == ("cats.of.oslo", 1628467261)
    assert (fields["views"], fields["shares"]) == (257200, 21)


def test_the_id_of_another_site_is_not_tiktoks():
    _, records = records_in("yt-dlp.info.json")
    record = records[0] | {
        "extractor_key": "Youtube",
        "id": "dQw4w9WgXcQ",
        "webpage_url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    }

    assert "video_id" not in recognise(None, [record]).fields(record)


# Addresses


@pytest.mark.parametrize(
    ("cell", "handle"),
    [
        (URL, "ada"),
        (f"{URL}?is_from_webapp=1#x", "ada"),
        (f"tiktok.com/@Ada.L_1/photo/{ID}", "Ada.L_1"),
        (f"https://m.tiktok.com/v/{ID}.html", None),
        (f"https://www.tiktok.com/@/video/{ID}", None),
        (f"https://www.tiktok.com/embed/v2/{ID}", None),
        (f" https://www.tiktok.com/@%C3%A5se/video/{ID}/ ", "åse"),
        (f"https://www.tiktokv.com/share/video/{ID}/", None),
    ],
)
def test_an_address_names_the_post_and_perhaps_the_account(cell, handle):
    address = post_address(cell)

    assert (address.video_id, address.handle) == (ID, handle)


@pytest.mark.parametrize(
    "cell",
    [
        f"see {URL}",
        f"https://www.tiktok.com/@a/video/0{ID}",
        f"https://evil.example/tiktok.com/@a/video/{ID}",
        f"https://www.tiktok.com.evil.example/@a/video/{ID}",
        "https://www.tiktok.com/@ada",
        "https://www.youtube.com/watch?v=x",
        7,
        None,
    ],
)
def test_other_cells_are_not_addresses_of_posts(cell):
    assert post_address(cell) is None


def test_short_links_and_profiles_are_told_apart():
    assert is_short_link("https://vm.tiktok.com/ZMabc/")
    assert is_short_link("https://www.tiktok.com/t/ZMabc/")
    assert not is_short_link(URL)
    assert profile_handle("https://www.tiktok.com/@ada?lang=en") == "ada"


@pytest.mark.parametrize("damaged", ["7.30E+18", "7.3e+18", "", "17", 7.3e18, 7300000000000000000])
def test_the_address_gives_the_id_where_the_cell_is_damaged_or_a_row_number(damaged):
    fields = table_of({"id": damaged, "url": URL}).fields({"id": damaged, "url": URL})

    assert (fields["video_id"], fields["username"]) == (ID, "ada")


def test_two_whole_ids_that_differ_are_not_one_post():
    row = {"id": "7311111111111111111", "url": URL}

    with pytest.raises(NotAPost, match="two different posts") as refused:
        table_of(row).fields(row)

    assert refused.value.example == f"7311111111111111111 and {ID}"


def test_a_name_with_blanks_is_what_the_page_shows():
    row = {"url": URL, "author": "Ada Lovelace"}
    fields = table_of(row).fields(row)

    assert (fields["username"], fields["display_name"]) == ("ada", "Ada Lovelace")


def test_a_short_link_alone_is_refused_with_what_to_do():
    rows = [{"Link": URL}, {"Link": "https://vm.tiktok.com/ZMabc/"}]

    with pytest.raises(NotAPost, match="open it, and bring the full address"):
        table_of(*rows).fields(rows[1])


OTHER = "https://www.tiktok.com/@you/video/7333333333333333333"


@pytest.mark.parametrize("own", ["https://vm.tiktok.com/ZMabc/", "", None])
@pytest.mark.parametrize("column", ["Stitched from", "duet_of", "sound_url"])
def test_only_a_rows_own_address_names_its_post(own, column):
    rows = [{"Video link": URL, column: OTHER}, {"Video link": own, column: OTHER}]
    format_ = table_of(*rows)

    assert format_.fields(rows[0])["video_id"] == ID
    assert column in format_.unused
    if own:
        with pytest.raises(NotAPost, match="only a short link"):
            format_.fields(rows[1])
    else:
        assert "video_id" not in format_.fields(rows[1])


def test_a_full_address_counts_beside_a_short_one_of_the_same_post():
    row = {"share_url": "https://vm.tiktok.com/ZMabc/", "web_url": URL}
    fields = table_of(row).fields(row)

    assert (fields["video_id"], fields["url"]) == (ID, URL)


def test_an_address_of_unknown_name_mends_no_damaged_id():
    row = {"sound_url": OTHER, "video_id": "7.3E+18"}

    assert table_of(row).fields(row)["video_id"] == "7.3E+18"


@pytest.mark.parametrize("id_", [ID, "1", ""])
def test_an_address_of_unknown_name_counts_where_the_ids_agree_or_number_the_rows(id_):
    rows = [{"id": id_, "Seite": URL}, {"id": "", "Seite": OTHER}]

    assert table_of(*rows).fields(rows[1])["video_id"] == "7333333333333333333"


def test_two_columns_of_addresses_without_a_known_name_are_refused_with_what_to_state():
    row = {"Seite": URL, "Duett": OTHER}

    with pytest.raises(UnknownFormat, match=r"Seite, Duett.*--columns url=Seite"):
        table_of(row)
    assert table_of(row, stated={"url": "Seite"}).fields(row)["video_id"] == ID


@pytest.mark.parametrize(
    "column",
    [
        *("duet_of", "Stitched from", "parent_url", "Original sound", "soundUrl", "Reply to"),
        *("music.url", "Quelle", "related"),
    ],
)
def test_the_only_addresses_are_not_the_rows_own_if_their_column_says_otherwise(column):
    row = {"video": "clip 1", column: OTHER, "views": "5"}

    with pytest.raises(UnknownFormat, match="perhaps not of each row's own post") as refused:
        table_of(row)

    written = f'"{column}"' if " " in column else column
    assert f"state --columns url={written}." in str(refused.value)
    assert table_of(row | {"id": OTHER[-19:]}).fields(row)["video_id"] == OTHER[-19:]


def test_addresses_are_not_the_rows_own_if_most_rows_name_another_account():
    rows = [{"username": "@ada", "Seite": OTHER}, {"username": "Me Too", "Seite": URL}]

    with pytest.raises(UnknownFormat, match="Seite holds addresses of posts, but perhaps not"):
        table_of(*rows)
    agreeing = [*rows, {"username": "@Ada", "Seite": URL}]
    assert table_of(*agreeing).fields(agreeing[2])["video_id"] == ID
    assert table_of(*rows, stated={"url": "Seite"}).fields(rows[1])["video_id"] == ID


def test_a_list_without_a_header_is_not_judged_by_its_first_address():
    address = f"https://www.tiktok.com/@my_sound/video/{ID}"

    assert table_of({address: URL}).fields({address: URL})["video_id"] == ID


def test_stated_addresses_leave_the_other_columns_known_by_their_names():
    row = {"Post A": URL, "Post B": OTHER, "views": "5", "Gefällt mir": "2", "username": "Ada"}

    with pytest.raises(UnknownFormat, match=r"posts: Post A, Post B\. .*url=\"Post A\"\."):
        table_of(row)

    format_ = table_of(row, stated={"url": "Post A"})
    expected = {"video_id": ID, "url": URL, "views": "5", "likes": "2", "username": "Ada"}
    assert format_.fields(row) == expected
    assert format_.unused == ("Post B",)


@pytest.mark.parametrize(
    ("column", "option"),
    [
        *(("Post_A", "url=Post_A"), ("Post A", 'url="Post A"'), ('a "b"', "url='a \"b\"'")),
        *(("$x", "url='$x'"), ("x " * 200, "url=NAME"), ("Länge", "url=Länge")),
    ],
)
def test_the_advice_names_a_column_as_a_shell_takes_it(column, option):
    assert columns_option("url", column) == f"--columns {option}"


def test_a_stated_column_of_ids_may_hold_addresses():
    row = {"Seite": URL, "Duett": OTHER}

    assert table_of(row, stated={"video_id": "Seite"}).fields(row)["video_id"] == ID


def test_a_column_of_names_of_video_files_is_a_column_of_files():
    rows = [{"Video": "a.MP4", "Views": "5"}, {"Video": "", "Views": "6"}]

    assert table_of(*rows).fields(rows[0]) == {"file": "a.MP4", "views": "5"}
    with pytest.raises(UnknownFormat):
        table_of({"Video": "a.mp4", "Views": "5"}, {"Video": "a film", "Views": "5"})


def test_a_list_without_a_header_is_noticed():
    assert is_without_header([URL])
    assert not is_without_header(["Link"])


def test_counts_of_a_list_are_known_by_words_of_other_languages():
    format_, records = recognised_in("addresses.csv")
    fields = format_.fields(records[0])

    assert [fields[name] for name in ("views", "likes", "comments", "shares")] == [
        *("257.200", "11.400", "93", "21")
    ]
    assert format_.unused == ("Nr", "Notiz")


def test_a_word_in_two_columns_decides_nothing():
    row = {"Link": URL, "Aufrufe": "1", "Aufrufe insgesamt": "2"}
    format_ = table_of(row)

    assert "views" not in format_.fields(row)
    assert format_.doubtful == (("views", "Aufrufe"), ("views", "Aufrufe insgesamt"))


@pytest.mark.parametrize(
    ("ours", "column"),
    [
        *(("views", "Video views"), ("views", "Number of views"), ("views", "# Views")),
        *(("views", "Videoaufrufe"), ("views", "Anzahl der Aufrufe"), ("views", "Total de vues")),
        *(("views", "Nombre total de vues"), ("views", "Visualizaciones totales")),
        *(("views", "Totaal aantal weergaven"), ("views", "Łączna liczba wyświetleń")),
        *(("views", "Всего просмотров"), ("views", "Tổng số lượt xem"), ("views", "観看总次数")),
        *(("views", "総再生回数"), ("views", "총 조회수"), ("views", "totalViews")),
        *(("likes", "„Gefällt mir“ insgesamt"), ("likes", "Gefällt-mir-Angaben")),
        *(("likes", "Total de J’aime"), ("likes", "Total de me gusta"), ("likes", "いいね数")),
        *(("comments", "Kommentare insgesamt"), ("comments", "Totale commenti")),
        *(("comments", "Toplam yorum sayısı"), ("shares", "Total de compartilhamentos")),
        *(("views", "Views to date"), ("views", "Lifetime views"), ("views", "All-time views")),
        *(("views", "views_count"), ("views", "num_views"), ("views", "n_views")),
        *(("views", "Views (total)"), ("likes", "# Likes"), ("likes", "video_likes")),
        *(("saves", "Number of saves"), ("saves", "Favorites"), ("likes", "Gefällt mir")),
        *(("shares", "Geteilt insgesamt"), ("shares", "n_shares"), ("shares", "分享量")),
    ],
)
def test_a_count_is_known_by_its_word_and_what_may_stand_beside_it(ours, column):
    assert is_count(column, ours)
    for row in ({"video_id": ID, column: "5"}, {"Link": URL, column: "5"}):
        assert table_of(row).fields(row)[ours] == "5"


@pytest.mark.parametrize(
    ("ours", "column"),
    [
        *(("views", "Profile views"), ("views", "Average views per day"), ("views", "Views %")),
        *(("views", "Aufrufe in %"), ("views", "Views/day"), ("views", "Views land")),
        *(("views", "Reviews"), ("views", "Просмотры профиля"), ("views", "主页观看量")),
        *(("views", "Views 7d"), ("views", "Views (K)"), ("likes", "Total likes of account")),
        *(("likes", "Likes ratio rank"), ("comments", "Kommentare deaktiviert")),
        *(("comments", "Comment"), ("shares", "Share"), ("shares", "Shares outstanding")),
    ],
)
def test_a_name_that_says_more_than_a_count_is_not_the_count(ours, column):
    assert not is_count(column, ours)
    for row in ({"Link": URL, column: "5"}, {"video_id": ID, column: "5"}):
        assert column in table_of(row).unused


def test_a_likely_count_that_stays_unused_is_named_in_any_table():
    format_ = table_of({"video_id": ID, "Views 7d": "5", "Likes in %": "3", "Notiz": "x"})

    assert format_.doubtful == (("views", "Views 7d"), ("likes", "Likes in %"))


# Columns that a person states


def test_stated_columns_come_before_recognised_ones_in_any_format():
    format_, records = recognised_in("studio.csv", {"views": "total likes"})

    assert format_.fields(records[0])["views"] == records[0]["Total likes"]
    assert format_.column("views") == "Total likes"


def test_a_table_is_read_by_stated_columns_alone():
    row = {"Nummer": ID, "Zahl": 5, "Notiz": "x"}
    format_ = table_of(row, stated={"video_id": "Nummer", "views": "Zahl"})

    assert format_.fields(row) == {"video_id": ID, "views": 5}
    assert format_.unused == ("Notiz",)


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ({"veiws": "Total views"}, r"veiws is not one of our fields \(did you mean views\?\)"),
        ({"views": "Total veiws"}, r"no column Total veiws \(did you mean Total views\?\)"),
    ],
)
def test_stated_columns_that_are_not_there_are_refused_with_the_nearest(stated, why):
    with pytest.raises(UnknownFormat, match=why):
        recognised_in("studio.csv", stated)


def test_a_table_of_something_else_is_refused_with_its_columns():
    with pytest.raises(UnknownFormat, match=r"there are: brand, price.*--columns video_id=NAME"):
        table_of({"brand": "x", "price": "3"})


# Records


@pytest.mark.parametrize(
    "hostile", ["{" * 5_000, "[" * 5_000, "{'a': " * 2_000, "__import__('os')", "{1: 2", "{}x"]
)
def test_hostile_texts_are_text(hostile):
    assert cell_at({"authorMeta": hostile}, "authorMeta.name") is None
    assert tag_names({"hashtags": hostile}, "hashtags") in (hostile, None, [])
