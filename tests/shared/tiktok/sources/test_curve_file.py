"""Retention curves that people bring in files."""

import io
from datetime import UTC, datetime

import pytest

from shared.inputs.tables.container import table_in
from shared.inputs.tables.errors import Ambiguous, BadTable
from shared.retention_section import UNDATED
from shared.tiktok.sources.curve_columns import curve_columns
from shared.tiktok.sources.curve_file import CurveFile
from shared.tiktok.sources.manifest_file import ManifestOptions
from shared.warehouse.rows import table_rows
from tests.records import record

ID, OTHER, OWN = "7300000000000000001", "7300000000000000002", "u0123456789abcdef"
HEAD = "video_id,second,share\n"
WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)


def read(content: str, name: str = "a.csv", **stated) -> CurveFile:
    table = table_in(io.BytesIO(content.encode()), name)
    options = ManifestOptions(**stated)
    columns = curve_columns(table.name, table.column_names(), options.columns)
    assert columns is not None
    return CurveFile(table, columns, options, WRITTEN)


def shares(file: CurveFile) -> dict[str, tuple[float | None, ...]]:
    return {video_id: curve.shares for video_id, curve in file.curves}


def test_a_row_is_a_second_in_any_order_and_a_gap_stays_one():
    file = read(f"{HEAD}{ID},3,0.4\n{OTHER},0,1\n{ID},0,1\n{ID},1,0.75\n{OWN},0,0.9\n")

    assert shares(file) == {ID: (1.0, 0.75, None, 0.4), OTHER: (1.0,), OWN: (0.9,)}
    assert file.problems() == []
    assert "with shares in parts of 1. Curves: 3, videos: 3, rows: 5 of 5." in file.sentences()[0]


@pytest.mark.parametrize(
    "cells", [("100", "75", "1"), ("100 %", "75%", "1 %"), ("1", "0.75", "0.01")]
)
def test_percent_or_part_is_decided_for_the_whole_file(cells):
    rows = "".join(f"{ID},{second},{cell}\n" for second, cell in enumerate(cells))

    assert shares(read(HEAD + rows)) == {ID: (1.0, 0.75, 0.01)}


@pytest.mark.parametrize(("most", "other"), [("100", "1"), ("1", "100")])
def test_a_curve_in_another_unit_than_its_file_is_left_out(most, other):
    """Its shares would be stored as a hundredth, or as a hundred times, of what they are."""
    rows = "".join(f"{ID}{n},0,{most}\n" for n in range(3)) + f"{OTHER},0,{other}\n{OTHER},1,5\n"

    file = read(HEAD + rows)

    assert OTHER not in shares(file)
    assert any("start in another unit" in sentence for sentence in file.sentences())
    assert file.problems() == [f"a.csv: 1 videos have no share that can be read, e.g. {OTHER}."]


def test_a_curve_that_begins_late_does_not_turn_percents_into_parts():
    rows = (
        "".join(f"{ID}{n},0,100\n{ID}{n},1,50\n" for n in range(3)) + f"{OTHER},0,\n{OTHER},9,1\n"
    )

    assert shares(read(HEAD + rows))[OTHER] == (None,) * 9 + (0.01,)


def test_decimals_are_read_as_the_file_writes_them():
    german = f"Video ID;Second;Retention\n{ID};0;100,0\n{ID};1;98,5\n"

    assert shares(read(german)) == {ID: (1.0, 0.985)}
    with pytest.raises(Ambiguous, match="--decimal"):
        read(german.replace("100,0", "99.5"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", f"video_id\tsecond\tshare\n{ID}\t0\t1\n{ID}\t1\t0.5\n"),
        ("a.jsonl", f'{{"id":"{ID}","sec":0,"share":1}}\n{{"id":"{ID}","sec":1,"share":0.5}}\n'),
        ("a.json", f'[{{"id":{ID},"second":0,"share":1.0}},{{"id":{ID},"second":1,"share":0.5}}]'),
    ],
)  # fmt: skip
def test_every_container_of_lists_holds_curves_too(name, content):
    assert shares(read(content, name)) == {ID: (1.0, 0.5)}


def test_a_video_has_a_curve_for_each_time_and_the_greatest_number_of_viewers():
    head = "video_id,second,share,viewers,collected_at\n"
    file = read(
        f"{head}{ID},0,1,500,2026-10-01T00:00:00Z\n{ID},1,0.5,,2026-10-01T00:00:00Z\n"
        f"{ID},0,1,700,2026-10-08T00:00:00Z\n"
    )

    assert [(curve.collected_at.day, curve.shares, curve.viewers) for _, curve in file.curves] == [
        (1, (1.0, 0.5), 500), (8, (1.0,), 700),
    ]  # fmt: skip


def test_rows_without_a_time_get_the_stated_one_or_are_older_than_any_other():
    undated, day = f"{HEAD}{ID},0,1\n", datetime(2026, 10, 1, tzinfo=UTC)

    ((_, curve),) = read(undated).curves
    assert (curve.collected_at.year, curve.flags) == (1970, (UNDATED,))
    assert "no time of reading" in read(undated).sentences()[1]
    for stated, at in ((day, day), ("file", WRITTEN)):
        ((_, curve),) = read(undated, collected_at=stated).curves
        assert (curve.collected_at, curve.flags) == (at, ())


def test_an_undated_curve_is_no_reading_of_the_hook_rate():
    ((video_id, curve),) = read(
        HEAD + "".join(f"{ID},{second},0.9\n" for second in range(4))
    ).curves

    assert table_rows([record(video_id, retention=curve)])["fact_metrics_snapshot"] == []


def test_a_bad_cell_costs_a_second_and_a_bad_id_costs_its_row():
    file = read(
        f"{HEAD}{ID},0,1\n{ID},1,many\n{ID},2,-0.1\n{ID},3,0.5\n12,0,1\nabc,0,1\n,0,1\n{ID},1.5,1\n"
        f"{ID},4000,1\n"
    )

    assert shares(file) == {ID: (1.0, None, None, 0.5)}
    said = " ".join(file.sentences())
    assert "share: 2 of 4 could not be read, e.g. 'many' in line 3 is not a number." in said
    assert "is not an id of TikTok" in said and "an empty cell in video_id" in said
    assert "is not a whole second from 0 to 3,599" in said
    assert file.problems() == ["a.csv: 5 of 9 rows were left out."]


def test_a_share_of_many_times_the_viewers_is_left_out_and_told():
    file = read(f"{HEAD}{ID},0,1\n{ID},1,11\n{ID},2,0.5\n")

    ((_, curve),) = file.curves
    assert (curve.shares, curve.flags) == ((1.0, None, 0.5), ("bad_points", UNDATED))
    assert "1 curves have shares above 10 times the viewers" in " ".join(file.sentences())


def test_a_second_with_two_shares_has_none_and_an_equal_row_changes_nothing():
    file = read(f"{HEAD}{ID},0,1\n{ID},0,1\n{ID},1,0.5\n{ID},1,0.6\n{ID},2,0.4\n")

    ((_, curve),) = file.curves
    assert (curve.shares, curve.flags) == ((1.0, None, 0.4), ("repeated_second", UNDATED))
    assert "differs from another row of that second" in " ".join(file.sentences())


def test_a_video_without_any_share_is_named():
    file = read(f"{HEAD}{ID},0,x\n{OTHER},0,1\n")

    assert list(shares(file)) == [OTHER]
    assert file.problems() == [f"a.csv: 1 videos have no share that can be read, e.g. {ID}."]


def test_ids_that_a_spreadsheet_cut_are_refused():
    with pytest.raises(BadTable, match="Export the column as text"):
        read(f"{HEAD}7300000000000000000,0,1\n7300000000001000000,0,1\n")


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("video_id,elapsedVideoTimeRatio,audienceWatchRatio", "Multiply elapsedVideoTimeRatio"),
        ("start_time,end_time,value", "replayed most"),
        ("second,share", "which video each curve is of"),
    ],
)
def test_curves_that_do_not_say_who_watches_when_are_refused_with_what_to_do(head, says):
    with pytest.raises(BadTable, match=says):
        curve_columns("a.csv", head.split(","), {})


def test_a_list_of_videos_is_no_file_of_curves():
    assert curve_columns("a.csv", ["video_id", "views", "shares", "duration"], {}) is None


def test_columns_of_any_name_can_be_stated():
    stated = {"second": "Sekunde", "share": "Anteil"}

    file = read(f"id,Sekunde,Anteil\n{ID},0,1\n", columns=stated)

    assert shares(file) == {ID: (1.0,)}
    with pytest.raises(BadTable, match="there is no column Anteile"):
        curve_columns("a.csv", ["id", "Sekunde", "Anteil"], stated | {"share": "Anteile"})
