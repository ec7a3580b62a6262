"""Reading a table: standard names, checked types, and hostile files."""

import json

import pandas as pd
import pytest

from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.losses import Losses
from shared.inputs.tables.notation import Notation
from shared.insights.table import conversion
from shared.insights.table.schema import TableSchema
from shared.insights.table.table import read_table
from tests.insights_tables import plan, rows, table, write_csv

SMALL = plan()
DATED = plan(
    columns="[video_id, creator, created_at, collected_at, views, likes, unexpectedness]",
    min_age_days="0",
)


def read(path, plan):
    return read_table(path, plan.table_schema)


@pytest.fixture
def file(tmp_path):
    """A CSV of three good videos in which one cell is replaced."""

    def write(column="views", cell="5", name="t.csv", of=3, **options):
        good = [{key: row[key] for key in SMALL.columns} for row in rows(of)]
        good[1][column] = cell
        path = write_csv(tmp_path / name, good)
        content = path.read_text(encoding="utf-8")
        path.write_bytes(options.get("before", b"") + content.encode(options.get("as", "utf-8")))
        return path

    return write


def refusal(path, analysis_plan=SMALL) -> str:
    with pytest.raises(BadTable) as refused:
        read(path, analysis_plan)
    return refused.value.sentence


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1,234", 1234), ("541.2K", 541_200), ("1.2M", 1_200_000), (" 7 ", 7), ("1e3", 1000)],
)
def test_counts_as_people_write_them(file, cell, value):
    assert read(file(cell=cell), SMALL).frame["views"][1] == value


@pytest.mark.parametrize(
    ("cell", "value"), [("true", 1), ("No", 0), ("FALSE", 0), ("yes", 1), ("1", 1), ("37.5", 37.5)]
)
def test_a_rating_may_be_yes_or_no(file, cell, value):
    assert read(file("unexpectedness", cell), SMALL).frame["unexpectedness"][1] == value


def test_only_an_abbreviated_count_is_flagged_as_rounded(file):
    assert list(read(file(cell="541.2K"), SMALL).rounded) == [False, True, False]
    assert not read(file(cell="541,200"), SMALL).rounded.any()


@pytest.mark.parametrize("cell", ["", "NaN", "NA", "null", "None", "-"])
def test_missing_counts_stay_missing(file, cell):
    assert list(read(file(cell=cell), SMALL).frame["views"].isna()) == [
        False,
        True,
        False,
    ]


UNCLEAR = ["inf", "-inf", "many", "=1+1", "@SUM(A1)", "5.5", "1,23", "0x10", "1e99", "١٢", "5%"]


@pytest.mark.parametrize("cell", UNCLEAR)
def test_a_cell_that_is_not_a_count_is_missing_and_counted(file, cell):
    table = read(file(cell=cell), SMALL)

    assert list(table.frame["views"].isna()) == [False, True, False]
    (sentence,) = table.losses.sentences()
    assert sentence.startswith(f"views: 1 of 3 could not be read, e.g. {cell!r} in line 3 is ")
    assert table.losses.rows == 3 and table.losses.lost == 0


@pytest.mark.parametrize("cell", ["1e16", "-1e100", "1e200", "9007199254740992"])
@pytest.mark.parametrize("column", ["unexpectedness", "views"])
def test_an_absurd_number_is_missing_and_counted(file, column, cell):
    table = read(file(column, cell), SMALL)

    assert list(table.frame[column].isna()) == [False, True, False]
    assert "is no credible number" in table.losses.cells[column].problem


def test_a_column_of_words_says_how_many_cells_are_unreadable(tmp_path):
    mixed = [row | {"unexpectedness": "high"} for row in rows(5)]

    losses = read(write_csv(tmp_path / "t.csv", mixed), SMALL).losses

    assert losses.sentences()[0].startswith("unexpectedness: 5 of 5 could not be read, e.g. 'high'")


def test_cells_of_columns_outside_the_plan_are_not_judged(tmp_path):
    odd = [row | {"followers": "many"} for row in rows(3)]

    assert read(write_csv(tmp_path / "t.csv", odd), SMALL).losses.sentences() == []


def test_a_formula_in_a_name_is_text(file):
    table = read(file("creator", '=HYPERLINK("http://x","y")'), SMALL)

    assert table.frame["creator"][1] == '=hyperlink("http://x","y")'


@pytest.mark.parametrize(
    ("column", "creators"), [("author", ["me", "me", "me"]), ("creator_id", ["@Me", "ME", "me"])]
)
def test_handles_are_folded_and_ids_keep_their_case(tmp_path, column, creators):
    path = tmp_path / "t.csv"
    path.write_text(f"{column},views\n@Me,1\nME,2\nme ,3\n")
    schema = TableSchema(
        sources={"creator": column, "views": "views"},
        kinds={"creator": "id", "views": "count"},
        optional=frozenset(),
        differences={},
        derived=frozenset(),
        as_of=None,
        creator="creator",
    )

    assert list(read_table(path, schema).frame["creator"]) == creators


def test_a_quoted_field_may_hold_newlines_and_quotes(file):
    table = read(file("creator", 'a\n"b", c'), SMALL)

    assert table.frame["creator"][1] == 'a\n"b", c'


def test_ids_stay_text_with_every_digit(file):
    ids = read(file(), SMALL).frame["video_id"]

    assert ids[0] == "7300000000000000001"


@pytest.mark.parametrize("cell", ["1.23e18", "7.3E+18", "7300000000000000001.0"])
def test_a_row_whose_id_was_a_float_is_left_out_and_counted(file, cell):
    table = read(file("video_id", cell), SMALL)

    assert len(table.frame) == len(table.rounded) == 2
    (sentence,) = table.losses.sentences()
    assert sentence.startswith("Left out: 1 of 3 rows: the video_id cannot be read: it is what a")
    assert sentence.endswith(f"e.g. {cell!r} in line 3.")


def test_ids_that_a_spreadsheet_cut_are_refused(tmp_path):
    cut = [row | {"video_id": row["video_id"][:15] + "0000"} for row in rows(3)]

    assert "zeros after its 15th digit" in refusal(write_csv(tmp_path / "t.csv", cut))


@pytest.mark.parametrize("kind", ["json", "parquet"])
def test_an_id_of_a_float_column_is_refused(tmp_path, kind):
    floats = [row | {"video_id": 1.23e18} for row in rows(3)]
    path = tmp_path / f"t.{kind}"
    path.write_text(json.dumps(floats))
    if kind == "parquet":
        pd.DataFrame(floats).to_parquet(path)

    assert "ids are read as text, and yours lost digits" in refusal(path)


@pytest.mark.parametrize(
    "cell",
    ["2026-05-01T12:00:00Z", "2026-05-01 12:00:00 UTC", "2026-05-01T14:00:00+02:00", "1777636800"],
)
def test_times_may_be_iso_or_seconds(tmp_path, cell):
    dated = [row | {"created_at": cell} for row in rows(3)]

    table = read(write_csv(tmp_path / "t.csv", dated), DATED)

    assert table.frame["created_at"][0] == pd.Timestamp("2026-05-01T12:00:00Z")
    assert table.frame["age"][0] == 30.5


@pytest.mark.parametrize("cell", ["yesterday", "20260501", "0001-01-01T00:00+09:00"])
def test_a_row_whose_time_is_unclear_is_left_out_and_counted(tmp_path, cell):
    dated = rows(3)
    dated[1]["created_at"] = cell

    table = read(write_csv(tmp_path / "t.csv", dated), DATED)

    assert list(table.frame["video_id"]) == [dated[0]["video_id"], dated[2]["video_id"]]
    assert (
        "1 of 3 rows: the created_at cannot be read: it is not a time"
        in (table.losses.sentences()[0])
    )


def test_dates_that_may_be_read_in_two_ways_need_a_statement(tmp_path):
    dated = [row | {"created_at": "01/05/2026 12:00"} for row in rows(3)]
    path = write_csv(tmp_path / "t.csv", dated)

    assert "State the order: --dates dmy (2026-05-01) or --dates mdy" in refusal(path, DATED)
    table = read_table(path, DATED.table_schema, Notation(dates="dmy"))
    assert table.frame["created_at"][0] == pd.Timestamp("2026-05-01T12:00:00Z")
    assert "read as UTC" in table.losses.sentences()[0]


def test_german_numbers_are_read_as_germans_write_them(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "video_id;creator;views;likes;unexpectedness\n"
        "1;a;1.234.567;5.000;37,5\n2;b;1,2 Mio.;12;40\n"
    )

    frame = read(path, SMALL).frame

    assert frame["views"].tolist() == [1_234_567, 1_200_000]
    assert frame["likes"].tolist() == [5000, 12]
    assert frame["unexpectedness"].tolist() == [37.5, 40]


def test_a_duration_may_be_the_time_of_a_clock(tmp_path):
    analysis_plan = plan(
        columns="[creator, views, likes, unexpectedness, duration_s]", controls="{duration_s: log}"
    )
    of = [row | {"duration_s": "1:05"} for row in rows(3)]

    assert read(write_csv(tmp_path / "t.csv", of), analysis_plan).frame["duration_s"][0] == 65


def captioned(*captions, **keys):
    """Two small videos of each caption, and a plan that names captions."""
    names = "[video_id, creator, views, likes, unexpectedness, caption, duration_s]"
    videos = [row | {"caption": captions[n // 2]} for n, row in enumerate(rows(2 * len(captions)))]
    return table(videos, plan(columns=names, **keys)).frame["caption"]


def test_of_captions_only_codes_are_kept_that_tell_equal_words():
    codes = captioned("Watch until the end #fyp", "so true #fyp", "", None, "a b c").tolist()

    first, second = codes[::2], codes[1::2]
    assert first == second and first[1:4] == [0, 0, 0]
    assert len({first[0], first[4], 0}) == 3 and all(type(code) is int for code in first)


def test_captions_that_select_rows_stay_texts():
    assert captioned("Watch it", filters="{caption: [Watch it]}").tolist() == ["Watch it"] * 2


@pytest.mark.parametrize(
    ("cell", "value", "is_lost"),
    [
        (7, 7, False),
        (7.0, 7, False),
        (None, None, False),
        (7.5, None, True),
        (10**16, None, True),
        (10**400, None, True),
        (True, None, True),
        ("1,234", 1234, False),
    ],
)
def test_numbers_of_json_are_read_as_texts_are(tmp_path, cell, value, is_lost):
    videos = [{key: row[key] for key in SMALL.columns} for row in rows(3)]
    videos[1]["views"] = cell
    (tmp_path / "t.json").write_text(json.dumps(videos))

    of_file = read(tmp_path / "t.json", SMALL)

    views = of_file.frame["views"].astype(object).where(of_file.frame["views"].notna(), None)
    assert views.tolist() == [videos[0]["views"], value, videos[2]["views"]]
    assert ("views" in of_file.losses.cells) == is_lost


def test_a_long_table_keeps_the_order_of_its_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(conversion, "CHUNKS_JOINED", 3)
    monkeypatch.setattr(conversion, "CHUNK", 2)
    videos = rows(23)
    columns = [[row[name] for row in videos] for name in ("views", "likes")]
    reading = conversion.Conversion(SMALL.table_schema, Notation(), Losses())
    for start in range(0, 23, 2):
        chunk = dict(zip(("views", "likes"), (c[start : start + 2] for c in columns), strict=True))
        reading.add(chunk, range(start, min(start + 2, 23)))

    frame, rounded = reading.frame()

    assert [frame[name].tolist() for name in ("views", "likes")] == columns
    assert len(rounded) == 23


def test_as_of_stands_in_for_the_time_of_collection(tmp_path):
    dated_plan = plan(
        columns="[creator, created_at, views, likes, unexpectedness]",
        as_of="2026-05-31",
        min_age_days="0",
    )
    dated = [row | {"created_at": "2026-05-01"} for row in rows(3)]

    assert list(read(write_csv(tmp_path / "t.csv", dated), dated_plan).frame["age"]) == [30] * 3


@pytest.mark.parametrize("kind", ["csv", "tsv", "json", "jsonl", "parquet", "xlsx"])
def test_every_format_gives_the_same_table(tmp_path, kind):
    path = tmp_path / f"t.{kind}"
    good = rows(4)
    if kind == "csv":
        write_csv(path, good)
    elif kind == "tsv":
        pd.DataFrame(good).to_csv(path, sep="\t", index=False)
    elif kind == "json":
        path.write_text(json.dumps(good))
    elif kind == "jsonl":
        path.write_text("\n".join(map(json.dumps, good)) + "\n\n")
    elif kind == "xlsx":
        pd.DataFrame(good).to_excel(path, index=False)
    else:
        pd.DataFrame(good).to_parquet(path)

    table = read(path, DATED)

    plain = read(write_csv(tmp_path / "plain.csv", good), DATED).frame
    pd.testing.assert_frame_equal(table.frame, plain)


def test_a_byte_order_mark_is_not_part_of_the_first_name(file):
    assert len(read(file(before=b"\xef\xbb\xbf"), SMALL).frame) == 3


def test_other_encodings_are_read(file):
    assert len(read(file(**{"as": "utf-16"}), SMALL).frame) == 3
    assert read(file("creator", "a\0b"), SMALL).frame["creator"][1] == "ab"


def test_a_cell_that_is_not_utf8_costs_itself(file):
    table = read(file("creator", "Zoë Ğü", **{"as": "cp1254"}), SMALL)

    assert list(table.frame["creator"].isna()) == [False, True, False]
    assert "is not UTF-8; save the file as UTF-8" in table.losses.sentences()[0]


def test_an_archive_is_refused(file):
    assert "is not a readable Excel file" in refusal(file(before=b"PK\x03\x04"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("\n\n", "has no header in its first line"),
        ("video_id,creator,views,likes,unexpectedness\n", "has a header and no rows"),
        ("video_id,creator,view,likes,unexpectedness\n1,a,1,1,1\n", "no column views (did you me"),
        ("video_id,creator,views,likes,unexpectedness\n1,a,1\n", "3 fields where the header has 5"),
        ('video_id,creator,views,likes,unexpectedness\n1,"a,1,1,1\n', "mark that does not close"),
        ("views,video_id,creator,views,likes,unexpectedness\n", "2 columns named views (number 1"),
    ],
)
def test_a_broken_csv_is_refused_with_a_sentence(tmp_path, content, says):
    (tmp_path / "t.csv").write_text(content)

    assert says in refusal(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.json", "{", "is not readable JSON"),
        ("t.json", "[" * 100_000, "is not readable JSON"),
        (
            "t.json",
            '{"views": 1}',
            "has no column creator, likes (did you mean views?)",
        ),
        ("t.json", "[1]", "no row can be used. Left out: 1 of 1 rows: not an object"),
        ("t.json", "[]", "has no rows"),
        ("t.jsonl", "{}\n{", "has no column creator"),
        ("t.parquet", "PAR1", "is not readable Parquet"),
    ],
)
def test_a_file_that_is_not_a_table_is_refused_with_a_sentence(tmp_path, name, content, says):
    (tmp_path / name).write_text(content)

    assert says in refusal(tmp_path / name)


def test_a_million_columns_do_not_matter(tmp_path):
    header = "video_id,creator,views,likes,unexpectedness" + ",x" * 1_000_000
    (tmp_path / "t.csv").write_text(f"{header}\n1,a,2,1,50{',' * 1_000_000}\n")

    assert list(read(tmp_path / "t.csv", SMALL).frame["views"]) == [2]


def test_a_column_outside_the_plan_may_hold_anything(tmp_path):
    odd = [row | {"mood": "=cmd|'/c calc'!A0"} for row in rows(3)]

    assert "mood" not in read(write_csv(tmp_path / "t.csv", odd), SMALL).frame


def test_a_difference_is_the_first_less_the_second(tmp_path):
    analysis_plan = plan(
        columns="[creator, views, likes, unexpectedness, valence, emotional_intensity]",
        differences="{tone: [valence, emotional_intensity]}",
        controls="{tone: linear}",
    )
    of = [row | {"valence": 30, "emotional_intensity": 50} for row in rows(3)]

    assert list(read(write_csv(tmp_path / "t.csv", of), analysis_plan).frame["tone"]) == [-20] * 3
