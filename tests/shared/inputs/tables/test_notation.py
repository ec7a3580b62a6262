"""The notation of a file comes from its cells, or is stated. It is never guessed."""

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.inputs.tables import cells
from shared.inputs.tables.container import table_in
from shared.inputs.tables.errors import Ambiguous
from shared.inputs.tables.notation import Notation, notation_of


def table(columns: dict[str, list[str]]):
    lines = ["\t".join(columns), *map("\t".join, zip(*columns.values(), strict=True))]
    return table_in(io.BytesIO("\n".join(lines).encode()), "t.csv")


def notation(kinds: dict[str, str], stated: Notation | None = None, **columns: list[str]):
    return notation_of(table(columns), kinds, stated)


def counts(*texts: str) -> Notation:
    return notation({"views": "count"}, views=list(texts))


def refusal(kinds: dict[str, str], **columns: list[str]) -> str:
    with pytest.raises(Ambiguous) as refused:
        notation(kinds, **columns)
    return refused.value.sentence


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("1.234.567", ","),
        ("1,234,567", "."),
        ("1.234,5 Mio.", ","),
        ("1,234.50K", "."),
        ("1,2 Mio.", ","),
        ("541.2K", "."),
        ("12,34,567", "."),
        ("5.0", "."),
        ("1.234", ","),  # a count has no decimals
        ("1234.000", "."),
        ("0.000", "."),
        ("812", None),
        ("1 234 567", None),
        ("1\u202f234", None),
        ("1'234", None),
        ("1.2.3", None),
        ("12,5", None),  # no count under either mark
        ("1,234 views", "."),
        ("1.234 Aufrufe", ","),
        ("1,234 of them", None),
        ("many", None),
    ],
)
def test_one_cell_may_decide_the_decimal_mark(text, mark):
    assert counts("7", text).decimal == mark


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("12,5", ","),
        ("37.5", "."),
        ("0.125", "."),
        ("1234,567", ","),
        ("1 234,567", ","),
        (".5", "."),
    ],
)
def test_a_number_decides_by_its_form(text, mark):
    assert notation({"n": "number"}, n=[text]).decimal == mark


def test_two_readings_are_refused_with_the_cell_and_the_option():
    assert refusal({"views": "count"}, views=["12", "5.000"]) == (
        "t.csv: '5.000' in line 3 of views may be 5 or 5000. State the mark before decimals: "
        "--decimal . (5) or --decimal , (5000)."
    )
    assert "'1,234K' in line 2 of views may be 1234 K or 1.234 K" in (
        refusal({"views": "count"}, views=["1,234K"])
    )
    assert "may be 12.345 or 12345" in refusal({"n": "number"}, n=["12.345"])


def test_what_is_stated_is_not_asked_of_the_file():
    decided = notation({"views": "count"}, Notation(decimal=","), views=["5.000"])

    assert cells.count("5.000", decided).value == 5000


def test_cells_that_contradict_each_other_are_refused():
    sentence = refusal(
        {"views": "count", "duration_s": "seconds"}, views=["1.234"], duration_s=["12.5"]
    )

    assert "'12.5' in line 2 of duration_s shows a point" in sentence
    assert "'1.234' in line 2 of views a comma" in sentence


def test_a_column_of_counts_with_decimals_under_another_mark_contradicts_itself():
    for texts in (["0.000", "0,500", "1.000"], ["1.234", "0.5"]):
        assert "contradicts itself" in refusal({"views": "count"}, views=texts)
    assert notation({"a": "count", "b": "count"}, a=["1.234"], b=["0.5"]).decimal == ","


def test_both_marks_before_three_digits_are_refused_in_a_column_of_counts():
    for texts in (["5.000", "5,000"], ["5.000", "5,000", "5.0"]):
        assert "'5,000' in line 3 of views a comma, so one of them has decimals" in (
            refusal({"views": "count"}, views=texts)
        )


def test_a_word_that_no_reader_knows_shows_nothing():
    kinds = {"views": "count", "n": "number", "d": "seconds"}

    decided = notation(kinds, views=["1,234 cats"], n=["1.234 %"], d=["1.234 min"])

    assert decided == Notation()
    assert "State the mark" in refusal({"d": "seconds"}, d=["1.234 s"])


@pytest.mark.parametrize(
    ("clocks", "is_padded"),
    [
        (["00:15:00", "01:02:00"], True),
        (["00:15:00", "", "12:xx"], True),
        (["00:15:00", "00:15:30"], False),
        (["00:15:00", "0:15"], False),
        (["15", "12.5"], False),
    ],
)
def test_clocks_that_all_end_in_zeros_may_be_padded(clocks, is_padded):
    assert notation({"d": "seconds"}, d=clocks).has_padded_clocks is is_padded


def test_thousands_of_counts_agree_with_a_decimal_comma_elsewhere():
    decided = notation(
        {"views": "count", "duration_s": "seconds"}, views=["5.000"], duration_s=["12,5"]
    )

    assert decided.decimal == ","


@pytest.mark.parametrize(
    ("kind", "cell", "kind_2", "cell_2"),
    [
        # 5.000 may well be 5,000 where ratings are written 37.5 by another tool
        ("count", "5.000", "number", "37.5"),
        # and 12.345 be a fraction where counts are grouped by points
        ("number", "12.345", "count", "1.234.567"),
        ("number", "12.345", "number", "12,5"),
    ],
)
def test_another_column_does_not_decide_what_it_cannot_know(kind, cell, kind_2, cell_2):
    assert "State the mark" in refusal({"a": kind, "b": kind_2}, a=[cell], b=[cell_2])


def test_a_column_decides_for_itself():
    assert notation({"n": "number"}, n=["12.345", "12.5"]).decimal == "."
    assert notation({"views": "count"}, views=["5.000", "5.0"]).decimal == "."
    assert "State the mark" in refusal({"views": "count"}, views=["5.000", "1,234"])


def test_seconds_of_a_clock_are_below_a_minute():
    assert notation({"d": "seconds"}, d=["0:15.500"]).decimal == "."


def test_columns_of_other_kinds_show_nothing():
    decided = notation({"caption": "text", "video_id": "id"}, caption=["1,5"], video_id=["1.234"])

    assert decided == Notation()


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["31/12/2025"], "dmy"),
        (["12/31/2025", "01/02/2025"], "mdy"),
        (["31.12.2025 14:05", "01.02.2025 09:00"], "dmy"),
        (["12/31/25"], "mdy"),
        (["05/05/2025"], "dmy"),
        (["2025-12-31", "2025/1/2", "1777636800", "3 Nov 2025", "November 3, 2025"], None),
        (["yesterday", "00/00/2025"], None),
    ],
)
def test_dates_decide_their_order(texts, order):
    assert notation({"at": "time"}, at=texts).dates == order


def test_dates_with_two_readings_are_refused_with_both():
    assert refusal({"at": "time"}, at=["05/05/2025", "01/02/2025"]) == (
        "t.csv: '01/02/2025' in line 3 of at may be 2025-02-01 or 2025-01-02. State the order: "
        "--dates dmy (2025-02-01) or --dates mdy (2025-01-02)."
    )
    assert "--dates dmy (2031-12-25) or --dates ymd (2025-12-31)" in (
        refusal({"at": "time"}, at=["25/12/31"])
    )
    assert "contradicts itself" in refusal({"at": "time"}, at=["31/12/2025", "12/31/2025"])


def test_a_year_before_tiktok_may_be_the_day():
    assert refusal({"at": "time"}, at=["3-Apr-26", "26-Apr-03"]) == (
        "t.csv: '26-Apr-03' in line 3 of at may be 2003-04-26 or 2026-04-03. State the order: "
        "--dates dmy (2003-04-26) or --dates mdy (2003-04-26) or --dates ymd (2026-04-03)."
    )
    assert notation({"at": "time"}, at=["3-Apr-26", "26-Apr-18", "2026-01-01"]).dates is None
    assert notation({"at": "time"}, at=["26-Apr-03", "31/12/2025"]).dates == "dmy"
    assert notation({"at": "time"}, at=["26-Apr-03", "05/05/2025"]).dates == "dmy"
    by_year = cells.moment("26-Apr-03", Notation(dates="ymd"))
    assert by_year == datetime(2026, 4, 3, tzinfo=UTC)


def test_times_without_a_zone_are_utc_and_that_is_told():
    decided = notation({"at": "time"}, at=["2026-05-01 12:00", "2026-05-01T12:00:00Z"])

    assert decided.notes == (
        "at has times without a zone, e.g. 2026-05-01 12:00 in line 2: they are read as UTC. "
        "--timezone states another.",
    )
    assert notation({"at": "time"}, at=["2026-05-01T12:00:00+02:00", "1777636800"]).notes == ()
    assert notation({"at": "time"}, at=["31.12.2025 14:05"]).notes
    berlin = Notation(timezone=ZoneInfo("Europe/Berlin"))
    assert notation({"at": "time"}, berlin, at=["2026-05-01 12:00"]).notes == ()


def test_fields_name_the_columns_of_nested_rows():
    lines = '{"stats": {"plays": "1.234"}}\n{"stats": {"plays": "7"}}\n'
    posts = table_in(io.BytesIO(lines.encode()), "t.jsonl")

    decided = notation_of(posts, {"views": "count"}, None, lambda c: {"views": c["stats"]["plays"]})

    assert decided.decimal == ","


def test_numbers_of_json_are_never_ambiguous():
    lines = '{"views": 5.0, "n": 12.345}\n'
    posts = table_in(io.BytesIO(lines.encode()), "t.jsonl")

    assert notation_of(posts, {"views": "count", "n": "number"}) == Notation()


def test_a_stated_zone_moves_times_to_utc():
    berlin = Notation(timezone=ZoneInfo("Europe/Berlin"))

    assert cells.moment("2026-05-01 12:00", berlin) == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert cells.moment("2026-01-01 12:00", berlin) == datetime(2026, 1, 1, 11, tzinfo=UTC)
    assert cells.moment("2026-05-01T12:00Z", berlin) == datetime(2026, 5, 1, 12, tzinfo=UTC)
