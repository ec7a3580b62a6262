"""What a person sees, and what a program reads."""

import io
import json
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from rich.cells import cell_len
from rich.console import Console

from cli.console import MAX_ROWS, Screen, plain


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (Decimal("1.10"), "1.10"),
        (b"\x00\xff", "AP8="),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (7690853434532751893, 7690853434532751893),
        ("7690853434532751893", "7690853434532751893"),
        (None, None),
        ([{"at": date(2026, 1, 2)}], [{"at": "2026-01-02"}]),
    ],
)
def test_any_value_has_a_form_in_json(value, shown):
    assert plain(value) == shown


def test_json_is_all_there_is_on_stdout(capsys):
    screen = Screen(machine=True)

    screen.show("for people")
    screen.say("for people, too")
    screen.show_json([{"n": 1}])

    assert json.loads(capsys.readouterr().out) == [{"n": 1}]


def test_a_captions_escape_codes_do_not_reach_the_terminal(capsys):
    Screen().table(["caption"], [["\x1b[2Jgone"]])

    assert "\x1b" not in capsys.readouterr().out


def test_a_captions_brackets_are_text_and_no_markup(capsys):
    Screen().table(["caption"], [["[red]sale[/red] [link=x]y"]])

    assert "[red]sale[/red] [link=x]y" in capsys.readouterr().out


def test_a_long_result_is_cut_and_the_rest_counted(capsys):
    more = Screen().table(["n"], ([number] for number in range(MAX_ROWS + 5)))

    assert more == 5


def test_a_missing_value_is_an_empty_cell(capsys):
    Screen().table(["views"], [[None]])

    assert "None" not in capsys.readouterr().out


@pytest.fixture
def at_width(monkeypatch):
    """A screen of so many columns, as a terminal would have."""

    def screen(width):
        screen = Screen()
        screen.out = Console(highlight=False, soft_wrap=True, width=width)
        return screen

    return screen


CAPTION = "驚きの結末 " * 12


def test_rows_that_fit_are_a_table_and_wider_ones_are_records(at_width, capsys):
    rows = [["1", CAPTION], ["2", None]]

    at_width(200).rows(["video_id", "caption"], rows)
    table = capsys.readouterr().out
    at_width(80).rows(["video_id", "caption"], rows)
    records = capsys.readouterr().out

    assert "video_id   caption" in table
    assert records.count("video_id:") == records.count("caption:") == 2
    assert max(map(cell_len, records.splitlines())) <= 80


def test_a_record_loses_nothing_of_a_long_cell(at_width, capsys):
    at_width(80).rows(["caption"], [["x" * 300]])

    assert capsys.readouterr().out.count("x") == 300


def test_rows_beyond_the_first_are_counted(at_width, capsys):
    assert at_width(200).rows(["n"], ([number] for number in range(MAX_ROWS + 7))) == 7


def test_json_is_whole_where_the_terminal_lacks_a_letter(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "latin-1", write_through=True))

    Screen(machine=True).show_json({"rho": "ρ"})

    assert json.loads(written.getvalue()) == {"rho": "ρ"}
