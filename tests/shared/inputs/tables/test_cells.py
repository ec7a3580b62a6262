"""Cells as people and programs write them; an unclear one is refused, and never guessed."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from shared.inputs.tables import cells
from shared.inputs.tables.notation import Notation
from shared.inputs.tables.table import FaultyCell

POINT, COMMA, NONE = Notation(decimal="."), Notation(decimal=","), Notation()


@pytest.mark.parametrize(
    ("cell", "notation", "value", "is_rounded"),
    [
        ("1,234", POINT, 1234, False),
        ("1.234", COMMA, 1234, False),
        ("5.000", COMMA, 5000, False),
        ("5.000", POINT, 5, False),
        ("541.2K", POINT, 541_200, True),
        ("541,2K", COMMA, 541_200, True),
        ("1.2M", POINT, 1_200_000, True),
        ("1.2B", POINT, 1_200_000_000, True),
        ("1,2 Mio.", COMMA, 1_200_000, True),
        ("3 tys.", NONE, 3000, True),
        ("1.2万", POINT, 12_000, True),
        ("3만", NONE, 30_000, True),
        ("1.2億", POINT, 120_000_000, True),
        ("12,3 mil", COMMA, 12_300, True),
        ("1,2 mi", COMMA, 1_200_000, True),
        ("7,5 тыс.", COMMA, 7500, True),
        ("2.5 lakh", POINT, 250_000, True),
        ("12,34,567", POINT, 1_234_567, False),
        ("1 234 567", NONE, 1_234_567, False),
        ("1\u00a0234", NONE, 1234, False),
        ("1'234", NONE, 1234, False),
        ("1e3", POINT, 1000, True),
        ("1E+06", NONE, 1_000_000, True),
        ("1.23E+06", POINT, 1_230_000, True),
        ("1,234 views", POINT, 1234, False),
        ("5 likes", NONE, 5, False),
        ("541.2K Views", POINT, 541_200, True),
        ("1,2 Mio. Aufrufe", COMMA, 1_200_000, True),
        ("7 Gefällt mir", NONE, 7, False),
        (" 7 ", NONE, 7, False),
        ("-5", NONE, -5, False),
        ("\u22125", NONE, -5, False),
        ("5.0", POINT, 5, False),
        (5.0, NONE, 5, False),
        (12, NONE, 12, False),
        (Decimal("12"), NONE, 12, False),
        ("Like", NONE, 0, False),
        ("Kommentar", NONE, 0, False),
        ("Compartir", NONE, 0, False),
        ("シェア", NONE, 0, False),
    ],
)
def test_counts(cell, notation, value, is_rounded):
    assert cells.count(cell, notation) == (value, is_rounded)


@pytest.mark.parametrize(
    ("cell", "notation"),
    [
        *((cell, POINT) for cell in ("inf", "many", "=1+1", "@SUM(A1)", "5.5", "1,23", "0x10")),
        *((cell, POINT) for cell in ("1e99", "١٢", "5%", "1.2.3", "01,234", "9007199254740992")),
        *((cell, POINT) for cell in ("1.234.567", "1,2K", "12,3 mil", "--5", "+-5", "5.", "1 23")),
        *((cell, COMMA) for cell in ("1,2 B", "1,234,567", "541.2K", "1,2 mil.", "0.123")),
        *((cell, NONE) for cell in ("5.000", "2B", "12 mil", "1.234K", "9" * 400, "9" * 400 + "K")),
        *((cell, NONE) for cell in (5.5, True, [1], {"a": 1}, float("inf"), 2**60, 10**400, b"5")),
    ],
)
def test_what_is_no_clear_count_is_unclear(cell, notation):
    with pytest.raises(cells.Unclear):
        cells.count(cell, notation)


def test_the_word_behind_a_count_must_fit_its_column():
    assert cells.count("1,234 views", POINT, "views_24h") == (1234, False)
    assert cells.count("7 J’aime", POINT, "likes") == (7, False)
    for cell, why in (("5 likes", "counts likes"), ("5 cats", "is not a number")):
        with pytest.raises(cells.Unclear, match=why):
            cells.count(cell, POINT, "views")


@pytest.mark.parametrize("cell", ["#N/A", FaultyCell("#N/A"), FaultyCell("=1+1")])
@pytest.mark.parametrize(
    "reader", [cells.count, cells.number, cells.measure, cells.part, cells.seconds, cells.moment]
)
def test_an_error_of_a_spreadsheet_is_not_a_missing_cell(reader, cell):
    with pytest.raises(cells.Unclear):
        reader(cell, NONE)


MISSING = ["", " ", "NaN", "NA", "n/a", "null", "None", "-", "--", "undefined", None, float("nan")]


@pytest.mark.parametrize("cell", MISSING)
@pytest.mark.parametrize(
    "reader", [cells.count, cells.number, cells.measure, cells.part, cells.seconds, cells.moment]
)
def test_missing_cells_are_none(reader, cell):
    assert reader(cell, NONE) is None


@pytest.mark.parametrize(
    ("cell", "value"), [("true", 1), ("No", 0), ("yes", 1), ("1", 1), ("37.5", 37.5), (True, 1)]
)
def test_a_measure_may_be_yes_or_no(cell, value):
    assert cells.measure(cell, POINT) == value


@pytest.mark.parametrize(
    ("cell", "notation", "value"),
    [
        ("0.45", POINT, 0.45),
        ("45 %", NONE, 0.45),
        ("45.2%", POINT, 0.452),
        ("45,2\u202f%", COMMA, 0.452),
        (0.452, NONE, 0.452),
        ("1.2", POINT, 1.2),
    ],
)
def test_a_part_may_be_a_percentage_with_its_sign(cell, notation, value):
    assert cells.part(cell, notation) == pytest.approx(value)


@pytest.mark.parametrize("cell", ["45 percent", "%", "45 %%", "4.5.2 %"])
def test_other_words_behind_a_part_are_unclear(cell):
    with pytest.raises(cells.Unclear):
        cells.part(cell, POINT)


@pytest.mark.parametrize(
    ("cell", "notation", "value"),
    [
        ("12.5", POINT, 12.5),
        ("12,5", COMMA, 12.5),
        ("0:15", NONE, 15),
        ("1:02:03", NONE, 3723),
        ("12:05", NONE, 725),
        ("0:15.5", NONE, 15.5),
        ("0:15,5", NONE, 15.5),
        ("PT15S", NONE, 15),
        ("PT1M2.5S", NONE, 62.5),
        ("PT1M", NONE, 60),
        ("15 s", NONE, 15),
        ("15sec", NONE, 15),
        ("1 min 15 s", NONE, 75),
        ("1h 0m 2s", NONE, 3602),
        ("0h:12m:5s", NONE, 725),
        (15, NONE, 15),
        (15.0, NONE, 15),
        (timedelta(seconds=15), NONE, 15),
    ],
)
def test_durations(cell, notation, value):
    assert cells.seconds(cell, notation) == value


@pytest.mark.parametrize(
    "cell",
    ["1 min", "0:75", "1:75:00", "PT", "P1D", "long", "s", time(0, 15), datetime(1900, 1, 1), [15]],
)
def test_what_is_no_clear_duration_is_unclear(cell):
    with pytest.raises(cells.Unclear):
        cells.seconds(cell, NONE)


def test_a_clock_that_a_spreadsheet_may_have_padded_is_unclear():
    padded = Notation(has_padded_clocks=True)

    with pytest.raises(cells.Unclear, match="may be 15 minutes, or 15 seconds"):
        cells.seconds("00:15:00", padded)
    assert cells.seconds("12.5", padded) == 12.5
    assert cells.seconds("00:15:00", NONE) == 900


NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "dates"),
    [
        ("2026-05-01T12:00:00Z", None),
        ("2026-05-01 12:00:00 UTC", None),
        ("2026-05-01T14:00:00+02:00", None),
        ("1777636800", None),
        ("1777636800.0", None),
        ("1777636800000", None),
        (1777636800, None),
        (1777636800.0, None),
        (1777636800000, None),
        (datetime(2026, 5, 1, 12), None),
        ("May 1, 2026 12:00 PM", None),
        ("1 May 2026, 12:00", None),
        ("2026/05/01 12:00", None),
        ("01/05/2026 12:00", "dmy"),
        ("05/01/2026 12:00 pm", "mdy"),
        ("01.05.26 12:00", "dmy"),
        ("26-05-01 12:00", "ymd"),
        ("1-May-26 12:00", None),
        ("46143.5", "excel"),
        ("46143,5", "excel"),
        (46143.5, "excel"),
    ],
)
def test_times(cell, dates):
    assert cells.moment(cell, Notation(dates=dates)) == NOON


@pytest.mark.parametrize("cell", ["Sept 1, 2026", "1. Sep. 2026", "1 SEPTEMBER 2026", "1-Sep-26"])
def test_months_are_full_english_names_or_their_usual_abbreviations(cell):
    assert cells.moment(cell, NONE) == datetime(2026, 9, 1, tzinfo=UTC)


def test_a_date_is_its_first_moment():
    for cell in ("2026-05-01", date(2026, 5, 1), "1 May 2026"):
        assert cells.moment(cell, NONE) == datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell",
    [
        *("11/12/2026", "yesterday", "20260501", "0001-01-01T00:00+09:00", "46143.5", "13:00"),
        *(
            "31/31/2026",
            "2026-02-30",
            "November 3",
            "3 marraskuu 2025",
            "3 marble 2025",
            "Decorate 3 2025",
            "3 Octo 2025",
            "3 mars 2025",
            "Apr-26",
            "1/2",
            5,
            5.5,
            True,
            [1],
            1e300,
            "9" * 13 + "9",
        ),
    ],
)
def test_what_is_no_clear_time_is_unclear(cell):
    with pytest.raises(cells.Unclear):
        cells.moment(cell, NONE)


@pytest.mark.parametrize(
    ("cell", "id_"),
    [
        ("7300000000000000001", "7300000000000000001"),
        (7300000000000000001, "7300000000000000001"),
        (" abc ", "abc"),
        ("'7300000000000000001", "7300000000000000001"),
        ('="7300000000000000001"', "7300000000000000001"),
        (12345.0, "12345"),
        ("12345.0", "12345"),
        ("na", "na"),
        ("", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_ids_are_text_with_every_digit(cell, id_):
    assert cells.identifier(cell, NONE) == id_


@pytest.mark.parametrize(
    "cell",
    [*("1.23e18", "7.3E+18", "7,3E+18", "7300000000000000001.0"), 7.3e18, 1.5],
)
def test_an_id_that_lost_digits_is_unclear(cell):
    with pytest.raises(cells.Unclear, match="lost digits"):
        cells.identifier(cell, NONE)


@pytest.mark.parametrize("cell", [True, [1], {"a": 1}, FaultyCell("#REF!")])
def test_what_is_no_id_is_not_said_to_have_lost_digits(cell):
    with pytest.raises(cells.Unclear, match="is not an id"):
        cells.identifier(cell, NONE)


def test_ids_that_a_spreadsheet_cut_all_end_in_zeros():
    cut = ["730000000000000" + end for end in ("0000", "1000")]

    assert cells.are_cut(["730000000000000" + "0000", "730000000000001" + "0000"])
    assert not cells.are_cut(cut)
    assert not cells.are_cut(["7300000000000000000", "5", None])


@pytest.mark.parametrize("cell", ["@Me", "me ", " ME", "me"])
def test_handles_are_folded(cell):
    assert cells.handle(cell, NONE) == "me"


@pytest.mark.parametrize("cell", ["=SUM(A1)", "+1 for this", "-- wow", "@friend look"])
def test_a_caption_that_begins_like_a_formula_is_a_caption(cell):
    assert cells.text(cell, NONE) == cell


def test_text():
    assert cells.text(" a\0b ", NONE) == "ab"
    assert cells.text("", NONE) is None
    assert cells.text(5, NONE) == "5"
    assert cells.text(True, NONE) == "true"
    for cell in ([1], {"a": 1}, b"Zo\xeb".decode("utf-8", "surrogateescape")):
        with pytest.raises(cells.Unclear):
            cells.text(cell, NONE)


@pytest.mark.parametrize(
    "cell",
    [
        *(["a", "#b"], '["a", "b"]', "['a', 'b']", "#a #b", "#a#b", "a, b", "a;b", "a b"),
        [{"name": "a"}, {"title": "b"}],
        "look #a, #b",
        ("a", "b", "a"),
    ],
)
def test_hashtags(cell):
    assert cells.hashtags(cell, NONE) == ("a", "b")


def test_no_hashtags():
    assert cells.hashtags("", NONE) is None and cells.hashtags([], NONE) == ()
    with pytest.raises(cells.Unclear):
        cells.hashtags(5, NONE)


@pytest.mark.parametrize(
    ("cell", "answer"), [("WAHR", True), ("faux", False), (True, True), (0, False), ("", None)]
)
def test_yes_or_no_in_the_words_of_spreadsheets(cell, answer):
    assert cells.yes_or_no(cell, NONE) is answer


def test_neither_yes_nor_no_is_unclear():
    with pytest.raises(cells.Unclear):
        cells.yes_or_no("maybe", NONE)
