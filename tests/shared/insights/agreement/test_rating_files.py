"""Several files of ratings, long and wide, as one table."""

import json

import pytest

from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.notation import Notation
from shared.insights.agreement.rating_files import RatingFileOptions, read_rating_files
from shared.insights.table.read import StatedTable
from tests.agreement_tables import row, rows, write_csv

LONG = "video_id,dimension,value\nv1,unexpectedness,{}\nv2,unexpectedness,5\n"
WIDE = RatingFileOptions(is_wide=True, wide_option="--wide")


@pytest.fixture
def file(tmp_path):
    """Writes a file of this text."""

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_wide_sheet_has_the_values_of_the_same_long_table(tmp_path, file):
    long = rows({"anna": (0.5, 0, 1), "ben": (0.5, 3, 1)})
    names = sorted({(of["dimension"], of["rater"]) for of in long})
    cells = {(of["video_id"], of["dimension"], of["rater"]): of["value"] for of in long}
    videos = dict.fromkeys(of["video_id"] for of in long)
    header = ",".join(["video", *(":".join(name) for name in names)])
    lines = [",".join([video, *(str(cells[video, *name]) for name in names)]) for video in videos]

    wide = read_rating_files([file("wide.csv", "\n".join([header, *lines, ""]))])

    assert wide.values == read_rating_files([write_csv(tmp_path / "long.csv", long)]).values
    assert wide.read_as == (
        "wide.csv: read as a wide sheet: 2 raters, 40 videos, emotional_intensity, unexpectedness.",
    )


def test_gaps_and_empty_rows_of_a_sheet_are_no_ratings(file):
    sheet = file("s.csv", "video;anna;ben\n1;5,5;\n2;;NA\n;;\n3;7;8\n".replace(",", "."))

    ratings = read_rating_files([sheet])

    assert ratings.values == {
        ("rating", "anna"): {"1": {0: 5.5}, "3": {0: 7.0}},
        ("rating", "ben"): {"3": {0: 8.0}},
    }
    assert (ratings.empty, "2 raters, 2 videos" in ratings.read_as[0]) == (0, True)
    assert "called rating because the sheet does not name it" in ratings.read_as[0]


def test_of_several_files_each_without_rater_is_one(file):
    files = [file("anna.csv", LONG.format(1)), file("ben.csv", LONG.format(2))]

    ratings = read_rating_files([*files, files[0]])

    assert ratings.values == {
        ("unexpectedness", "anna"): {"v1": {0: 1.0}, "v2": {0: 5.0}},
        ("unexpectedness", "ben"): {"v1": {0: 2.0}, "v2": {0: 5.0}},
    }
    assert ratings.read_as == (
        "anna.csv has no column rater: read as the rater anna.",
        "ben.csv has no column rater: read as the rater ben.",
    )


def test_files_of_one_name_are_raters_by_their_folders(file):
    files = [file(f"{name}/r.csv", LONG.format(1)) for name in ("anna", "ben")]

    assert read_rating_files(files).raters == ["anna-r", "ben-r"]


def test_a_file_with_raters_keeps_them_beside_others(tmp_path, file):
    named = write_csv(tmp_path / "named.csv", [row("v1", "carl", "unexpectedness", 3)])

    assert read_rating_files([named, file("anna.csv", LONG.format(1))]).raters == ["anna", "carl"]


def test_a_file_alone_needs_the_column(file):
    with pytest.raises(BadTable, match="no column rater"):
        read_rating_files([file("anna.csv", LONG.format(1))])


def test_dimensions_as_columns_are_one_rater_for_each_file(file):
    text = "video_id,unexpectedness,positivity\nv1,{},2\n"
    files = [file(f"{name}.csv", text.format(n)) for n, name in enumerate(("anna", "ben"))]

    ratings = read_rating_files(files)

    assert ratings.first_values("unexpectedness", "ben") == {"v1": 1.0}
    assert read_rating_files(files[:1], WIDE).raters == ["anna"]


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".parquet"])
def test_a_sheet_may_be_in_any_format(suffix, tmp_path):
    records = [{"video": f"v{n}", "anna": n, "ben": n + 1} for n in range(3)]
    path = tmp_path / f"sheet{suffix}"
    if suffix == ".parquet":
        pytest.importorskip("pandas").DataFrame(records).to_parquet(path)
    elif suffix == ".json":
        path.write_text(json.dumps(records))
    else:
        path.write_text("\n".join(json.dumps(record) for record in records))

    assert read_rating_files([path]).first_values("rating", "ben") == {"v0": 1, "v1": 2, "v2": 3}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("video,anna,ben,said\n1,5,6,hm\n", r"column said has no number.*give --wide to leave it"),
        ("video,anna,ben,views\n1,5,6,5\n", r"no column dimension.*of its own, give --wide"),
        ("video,anna,ben\n,5,6\n,6,7\n", r"no row has a value\. Left out: 2 of 2 rows: the video"),
        ("video,anna,ben\n1,5,6\n1,6,7\n", r"two values of rating: 5 and 6"),
    ],
)
def test_an_unclear_sheet_is_refused_with_the_place(text, sentence, file):
    with pytest.raises(BadTable, match=sentence):
        read_rating_files([file("s.csv", text)], RatingFileOptions(wide_option="--wide"))


def test_a_cell_of_a_sheet_that_is_no_number_is_missing_and_counted(file):
    ratings = read_rating_files([file("s.csv", "video,anna,ben\n1,5,x\n2,6,7\n")])

    assert ratings.first_values("rating", "ben") == {"2": 7}
    assert ratings.unread() == [
        "s.csv: ben: 1 of 2 could not be read, e.g. 'x' in line 2 is not a number."
    ]


def test_a_row_of_a_sheet_without_an_id_is_left_out_and_counted(file):
    text = "video,anna,ben\n1,5,6\n,6,7\n1.23E+18,1,2\n4,,8\n"

    ratings = read_rating_files([file("s.csv", text)])

    assert ratings.first_values("rating", "ben") == {"1": 6, "4": 8}
    assert "2 raters, 2 videos" in ratings.read_as[0]
    empty, damaged = ratings.unread()
    assert empty == "s.csv: Left out: 1 of 4 rows: the video is empty, first in line 3."
    assert "1 of 4 rows: the video cannot be read" in damaged and "in line 4" in damaged


def test_a_row_of_a_sheet_without_a_rater_is_left_out_and_counted(file):
    text = "video,rater,unexpectedness,positivity\n1,anna,5,6\n2,,6,7\n"

    ratings = read_rating_files([file("s.csv", text)])

    assert ratings.raters == ["anna"]
    assert ratings.unread() == [
        "s.csv: Left out: 1 of 2 rows: the rater is empty, first in line 3."
    ]


def test_a_row_of_a_sheet_with_an_unreadable_replicate_is_lost_once(file):
    text = "video,anna,ben,replicate\n1,5,6,first\n1,6,7,\n1,7,8,1\n"

    ratings = read_rating_files([file("s.csv", text)])

    assert ratings.values["rating", "ben"] == {"1": {0: 7, 1: 8}}
    assert ratings.unread()[0].startswith("s.csv: Left out: 1 of 3 rows: the replicate cannot")


def test_a_mean_beside_raters_is_left_out_and_told(file):
    sheet = file("s.csv", "video,anna,ben,mean\n1,5,6,5.5\n")
    long = file(
        "l.csv", "video_id,rater,dimension,value\n" + "1,anna,x,5\n1,ben,x,6\n1,Mean,x,5.5\n"
    )

    wide, melted = read_rating_files([sheet]), read_rating_files([long])

    assert wide.raters == melted.raters == ["anna", "ben"]
    assert wide.read_as[0].endswith(
        "one dimension, called rating because the sheet does not name it. Left out: mean."
    )
    assert melted.read_as == (
        "l.csv: left out Mean, which the name says is computed from raters. "
        "Rename it if it is a person.",
    )


def test_a_mean_alone_is_what_was_brought(file):
    text = "video_id,rater,dimension,value\n1,mean,x,5\n"

    assert read_rating_files([file("m.csv", text)]).raters == ["mean"]


def test_a_sheet_with_commas_for_decimals_needs_no_other_reader(file):
    sheet = file("s.csv", "video;anna;ben\n1;5,5;12,345\n2;6,5;7,25\n")
    open_mark = file("o.csv", "video;anna;ben\n1;5;12,345\n")
    stated = StatedTable(notation=Notation(decimal=","))

    assert read_rating_files([sheet]).first_values("rating", "ben") == {"1": 12.345, "2": 7.25}
    with pytest.raises(BadTable, match="--decimal"):
        read_rating_files([open_mark])
    ratings = read_rating_files([open_mark], RatingFileOptions(stated=stated))
    assert ratings.first_values("rating", "ben") == {"1": 12.345}


def columns(**names):
    return RatingFileOptions(stated=StatedTable(names), wide_option="--wide")


def test_columns_of_a_long_table_can_be_named(file):
    text = "Clip ID,who,what,value,Score\nv1,anna,x,9,5\nv2,anna,x,9,6\n"
    names = columns(video_id="clip-id", rater="who", dimension="what", value="Score")

    assert read_rating_files([file("l.csv", text)], names).first_values("x", "anna") == {
        "v1": 5,
        "v2": 6,
    }


def test_the_column_of_videos_of_a_sheet_can_be_named(file):
    sheet = file("s.csv", "Stimulus;anna;ben\nv1;5;6\n")

    assert read_rating_files([sheet], columns(video_id="Stimulus")).first_values(
        "rating", "ben"
    ) == {"v1": 6}


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (
            {"vidoe_id": "Clip"},
            r"vidoe_id=Clip: vidoe_id is not one of our fields \(did you mean video_id\?\)",
        ),
        (
            {"video_id": "Clpi"},
            r"there is no column Clpi \(did you mean Clip\?\); there are: Clip, anna, ben",
        ),
    ],
)
def test_a_name_that_does_not_exist_is_refused_with_the_nearest(names, sentence, file):
    with pytest.raises(BadTable, match=sentence):
        read_rating_files([file("s.csv", "Clip,anna,ben\n1,5,6\n")], columns(**names))


def test_of_several_files_the_names_are_about_those_that_have_them(file):
    first = file("a.csv", "Clip,dimension,value\nv1,x,5\n")
    second = file("b.csv", "video_id,dimension,value\nv1,x,6\n")

    assert read_rating_files([first, second], columns(video_id="Clip")).raters == ["a", "b"]


def test_columns_that_are_no_ratings_are_left_out_and_told(file):
    sheet = file("s.csv", ",video,anna,ben,mean,said\n0,1,5,6,5.5,hm\n")

    ratings = read_rating_files([sheet], WIDE)

    assert ratings.raters == ["anna", "ben"]
    assert ratings.read_as[0].endswith("Left out: a column without a name, mean, said.")


def test_a_sheet_of_raters_is_of_one_dimension(file):
    two = RatingFileOptions(dimensions=("unexpectedness", "positivity"))

    with pytest.raises(BadTable, match="Give one --dimension for it, or columns such as unexp"):
        read_rating_files([file("s.csv", "video,anna,ben\n1,5,6\n")], two)


def test_a_title_above_a_table_of_ratings_is_told(tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text("# by Ada\nvideo_id,rater,dimension,value\nv1,ada,d,3\nv2,ada,d,4\n")

    ((_, losses),) = read_rating_files([path]).losses

    assert losses.notes == ["The row above the header was not read: '# by Ada'."]
