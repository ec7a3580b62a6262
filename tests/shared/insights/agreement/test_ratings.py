"""What a table of ratings may say, and what is refused."""

import pytest

from shared.inputs.tables.errors import BadTable
from shared.insights.agreement.long_table import ratings_from_records, read_ratings
from tests.agreement_tables import GEMINI, ratings, row, write_csv


def test_who_is_a_person_follows_from_the_name():
    made_up = ["synthetic/human/chi", "synthetic/meaning"]
    names = ["ana", "human/bo", GEMINI, "signals/2", "benchmark/vce", "gpt-x", *made_up]
    sample = ratings([row("1", name, "d", 1) for name in names], frozenset({"gpt-x"}))

    kinds = {name: sample.kind(name) for name in names}

    assert kinds == {
        **dict.fromkeys(("ana", "human/bo", "synthetic/human/chi"), "human"),
        **dict.fromkeys((GEMINI, "signals/2", "gpt-x", "synthetic/meaning"), "machine"),
        "benchmark/vce": "benchmark",
    }


def test_a_table_has_the_first_replicate_of_each_rater_and_gaps():
    sample = ratings([row("2", "a", "d", 5, 1), row("2", "a", "d", 7, 0), row("1", "b", "d", 1)])

    table = sample.table("d", ["a", "b"])

    assert table.videos == ("1", "2")
    assert str(table.values.tolist()) == "[[nan, 1.0], [7.0, nan]]"
    assert sample.replicates("d", "a").values.tolist() == [[7.0, 5.0]]


def test_the_same_row_again_changes_nothing():
    twice = [row("1", "a", "d", 5), row("1", "a", "d", 5)]

    assert ratings(twice).values == ratings(twice[:1]).values


def test_two_values_for_one_cell_are_refused_with_what_to_do():
    with pytest.raises(BadTable, match=r"two values of d: 5 and 6.* column replicate"):
        ratings([row("1", "a", "d", 5), row("1", "a", "d", 6)])


def test_rows_without_a_value_are_counted():
    sample = ratings([row("1", "a", "d", 5), row("2", "a", "d", "")])

    assert (sample.empty, sample.table("d", ["a"]).videos) == (1, ("1",))


def test_a_stand_in_is_known_by_its_model_version():
    rows = [row("1", GEMINI, "d", 5) | {"model_version": "gemini-3.5-flash-lite-stand-in"}]

    assert ratings(rows).stand_ins == {GEMINI}


@pytest.mark.parametrize("name", ["r.csv", "r.tsv"])
def test_a_file_needs_no_optional_column(name, tmp_path):
    path = tmp_path / name
    tab = "\t" if name.endswith("tsv") else ","
    path.write_text(
        f"video_id{tab}rater{tab}dimension{tab}value\n7300000000000000001{tab}a{tab}d{tab}5\n"
    )

    assert read_ratings(path).values == {("d", "a"): {"7300000000000000001": {0: 5.0}}}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("video_id,rater,value\n1,a,5\n", r"no column dimension.*table of ratings has the columns"),
        (
            "video_id,rater,dimension,value\n1,,d,5\n",
            r"1 of 1 rows: the rater is empty, first in line 2",
        ),
        ("video_id,rater,dimension,value\n1,a,d,five\n", r"'five' in line 2 is not a number"),
        ("video_id,rater,dimension,value\n1,a,d,inf\n", r"'inf' in line 2 is not a"),
        ("video_id,rater,dimension,value\n1,a,d,\n", r"no row has a value"),
        ("video_id,rater,dimension,value\n7.3E+18,a,d,1\n", r"ids are read as text"),
        (
            "video_id,rater,dimension,value,replicate\n1,a,d,1,-1\n",
            r"is not the number of a replicate .*'-1' in line 2",
        ),
        (
            "video_id,rater,dimension,value,replicate\n1,a,d,1,0.5\n",
            r"is not the number of a replicate .*'0.5' in line 2",
        ),
    ],
)
def test_what_is_no_table_of_ratings_is_refused_with_the_place(text, says, tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text(text)

    with pytest.raises(BadTable, match=says):
        read_ratings(path)


def test_a_row_that_cannot_be_read_costs_itself_and_is_counted(tmp_path):
    path = tmp_path / "ratings.csv"
    good = "".join(f"{video},a,d,{value}\n" for video, value in enumerate((10, 20, 30)))
    bad = ",a,d,1\n5,a,d,high\n6,a,d,\n7,a\n7.3E+18,a,d,1\n"
    path.write_text("video_id,rater,dimension,value\n" + good + bad)

    ratings = read_ratings(path)

    assert ratings.first_values("d", "a") == {"0": 10, "1": 20, "2": 30}
    assert ratings.empty == 1
    ((name, losses),) = ratings.losses
    assert (name, losses.rows, losses.lost) == ("ratings.csv", 8, 3)
    assert [sentence[:60] for sentence in ratings.unread()] == [
        "ratings.csv: Left out: 1 of 8 rows: 2 fields where the heade",
        "ratings.csv: Left out: 1 of 8 rows: the video_id is empty, f",
        "ratings.csv: Left out: 1 of 8 rows: the video_id cannot be r",
        "ratings.csv: value: 1 of 6 could not be read, e.g. 'high' in",
    ]


def test_files_together_are_one_table(tmp_path):
    from shared.insights.agreement.long_table import RatingsBuilder

    rows = RatingsBuilder()
    for number, rater in enumerate("ab"):
        path = write_csv(tmp_path / f"{rater}.csv", [row("1", rater, "d", number)])
        rows.add_all(read_ratings(path))

    assert rows.ratings().raters == ["a", "b"]
    assert len(rows.ratings().sources) == 2


def test_records_need_no_file():
    assert ratings_from_records([row("1", "a", "d", 1)], "rows").raters == ["a"]
