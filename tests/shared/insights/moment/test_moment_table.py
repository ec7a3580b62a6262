"""A table of moments: the second of an event, who posted a video, and how long it is."""

import pytest

from shared.inputs.tables.errors import BadTable
from shared.insights.moment.moment_table import read_moment_table

FIRST, SECOND = "7300000000000000001", "7300000000000000002"


@pytest.fixture
def write(tmp_path):
    def written(*lines, name="videos.csv"):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path / name

    return written


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
