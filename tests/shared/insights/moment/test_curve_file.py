"""Curves and moments in files: any order, any notation, and every loss is said."""

import pytest

from shared.inputs.tables.errors import BadTable
from shared.insights.moment.curve_file import read_curve_file
from shared.insights.moment.moment_table import read_moment_table

FIRST, SECOND = "7300000000000000001", "7300000000000000002"


@pytest.fixture
def write(tmp_path):
    def written(*lines, name="curves.csv"):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path / name

    return written


def test_rows_come_in_any_order_and_seconds_may_be_missing(write):
    path = write("video_id,second,share", f"{FIRST},3,0.5", f"{FIRST},0,1", f"{FIRST},1,0.8")

    (row,), losses = read_curve_file(path)

    assert (row["seconds"], row["shares"]) == ([0, 1, 3], [1.0, 0.8, 0.5])
    assert (row["viewers"], row["videos"], losses.sentences()) == (None, 1, [])


def test_percents_become_parts_and_it_is_said(write):
    path = write("video_id;second;share;viewers", f"{FIRST};0;100 %;1.200", f"{FIRST};1;62,5 %;")

    (row,), losses = read_curve_file(path)

    assert (row["shares"], row["viewers"]) == ([1.0, 0.625], 1_200)
    assert "shares are read as percents." in losses.notes


def test_people_who_watch_again_do_not_make_parts_percents(write):
    path = write("video_id,second,share", f"{FIRST},0,1.0", f"{FIRST},1,3.5")

    assert read_curve_file(path)[0][0]["shares"] == [1.0, 3.5]


def test_the_newest_reading_of_a_video_counts(write):
    path = write(
        "video_id,second,share,collected_at",
        f"{FIRST},0,1,2026-11-02",
        f"{FIRST},1,0.7,2026-11-02",
        f"{FIRST},0,1,2026-11-01",
        f"{FIRST},1,0.9,2026-11-01",
    )

    assert read_curve_file(path)[0][0]["shares"] == [1.0, 0.7]


def test_a_second_with_two_shares_has_none(write):
    path = write("video_id,second,share", f"{FIRST},0,1", f"{FIRST},1,0.9", f"{FIRST},1,0.4")

    assert read_curve_file(path)[0][0]["seconds"] == [0]


def test_a_bad_share_costs_its_second_and_a_bad_second_its_row(write):
    path = write(
        "video_id,second,share",
        f"{FIRST},0,1",
        f"{FIRST},1,unknown",
        f"{FIRST},1000000000,0.5",
        f"{FIRST},2.5,0.5",
        ",3,0.5",
        f"{FIRST},4,-0.5",
    )

    (row,), losses = read_curve_file(path)

    assert (row["seconds"], row["shares"]) == ([0, 4], [1.0, -0.5])
    assert losses.lost == 3
    said = " ".join(losses.sentences())
    assert "is not a whole second below 3,600" in said and "the video_id is empty" in said


def test_ids_that_a_spreadsheet_cut_are_refused(write):
    path = write("video_id,second,share", "7300000000000000000,0,1", "7310000000000000000,0,1")

    with pytest.raises(BadTable, match="export the column as text"):
        read_curve_file(path)


def test_another_table_is_refused_with_its_columns(write):
    with pytest.raises(BadTable, match="A file of curves has the columns video_id, second, share"):
        read_curve_file(write("elapsedVideoTimeRatio,audienceWatchRatio", "0.01,1.2"))


def test_a_file_without_a_share_is_refused(write):
    with pytest.raises(BadTable, match="no row has a share"):
        read_curve_file(write("video_id,second,share", f"{FIRST},0,"))


def test_the_table_names_the_moment_the_creator_and_the_length(write):
    path = write(
        "video_id;user_key;surprise_onset_s;duration_s;synthetic",
        f"{FIRST};ana;3,5;20;false",
        f"{SECOND};;;;true",
        f"{FIRST};ben;9;9;false",
    )

    rows, losses = read_moment_table(path, "surprise")

    assert [row["user_key"] for row in rows] == ["ana", None]
    assert (rows[0]["surprise_onset_s"], rows[0]["duration_s"]) == (3.5, 20.0)
    assert (rows[1]["surprise_onset_s"], rows[1]["synthetic"]) == (None, True)
    assert losses.rows == 3


def test_a_handle_is_the_creator_where_the_table_has_no_other(write):
    path = write("video_id,username,surprise_onset_s", f"{FIRST},ana,3", f"{SECOND},ben,4")

    assert [row["username"] for row in read_moment_table(path, "surprise")[0]] == ["ana", "ben"]


def test_suspense_pays_off_where_the_table_does_not_say_otherwise(write):
    with_denial = write(
        "video_id,suspense_to_s,suspense_pays_off", f"{FIRST},3,true", f"{SECOND},4,false"
    )
    without = write("video_id,suspense_to_s", f"{FIRST},3", name="short.csv")

    assert [r["suspense_pays_off"] for r in read_moment_table(with_denial, "payoff")[0]] == [
        True,
        False,
    ]
    assert read_moment_table(without, "payoff")[0][0]["suspense_pays_off"] is True


def test_a_table_without_the_moment_is_refused(write):
    path = write("video_id,duration_s", f"{FIRST},20")

    with pytest.raises(
        BadTable, match=r"has no column surprise_onset_s.*A table of moments has the col"
    ):
        read_moment_table(path, "surprise")
