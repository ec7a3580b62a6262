"""Every container gives the same rows, and what breaks costs itself alone."""

import io
import json
import zipfile
from datetime import datetime

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.inputs.tables import csv_rows, json_rows
from shared.inputs.tables.container import open_table, table_in
from shared.inputs.tables.errors import BadTable

ROWS = [
    {"video_id": "7300000000000000001", "views": "1200", "caption": 'Zoë said: "a, b; c|d"\nbye'},
    {"video_id": "7300000000000000002", "views": "7", "caption": "😀 =1+1"},
]


def table(content: bytes | str, name: str = "t.csv"):
    content = content.encode() if isinstance(content, str) else content
    return table_in(io.BytesIO(content), name)


def cells(content, name="t.csv"):
    return [dict(row.cells) for row in table(content, name).rows() if not row.problem]


def refusal(content, name="t.csv") -> str:
    with pytest.raises(BadTable) as refused:
        list(table(content, name).rows())
    return refused.value.sentence


def csv_text(delimiter: str) -> str:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    lines = [delimiter.join(ROWS[0])]
    lines += [delimiter.join(map(quoted, row.values())) for row in ROWS]
    return "\r\n".join(lines) + "\r\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_csv_of_any_delimiter_and_encoding(delimiter, encoding):
    content = csv_text(delimiter).encode(encoding)

    assert cells(content) == ROWS
    assert cells(content, "without_extension") == ROWS


def test_json_lines_arrays_and_objects_around_them():
    assert cells("\n".join(map(json.dumps, ROWS)), "t.ndjson") == ROWS
    assert cells(json.dumps(ROWS), "t.json") == ROWS
    assert cells(json.dumps({"count": 2, "collector": ROWS}, indent=1), "t.json") == ROWS
    answer = {"data": {"videos": ROWS, "cursor": 1}, "error": {"code": "ok"}}
    assert cells(json.dumps(answer), "t.json") == ROWS
    assert cells("\ufeff" + json.dumps(ROWS), "t.json") == ROWS
    assert cells(json.dumps(ROWS).encode("utf-16"), "t.json") == ROWS


def test_a_single_post_is_one_row_in_spite_of_its_own_lists():
    post = {"id": "1", "formats": [{"ext": "mp4"}], "view_count": 5}

    assert cells(json.dumps(post, sort_keys=True), "a.info.json") == [post]


def test_parquet(tmp_path):
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "t.parquet")

    assert [dict(row.cells) for row in open_table(tmp_path / "t.parquet").rows()] == ROWS


def workbook(rows, path, above=0):
    book = openpyxl.Workbook()
    sheet = book.active
    for _ in range(above):
        sheet.append([])
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def test_excel_has_typed_cells_and_the_numbers_of_its_rows(tmp_path):
    at = datetime(2026, 5, 1, 12, 30)
    rows = [("video_id", "views", "created_at"), ("7300000000000000001", 12, at), (), ("2", 5.5)]
    path = workbook(rows, tmp_path / "t.xlsx", above=2)

    found = open_table(path)

    assert found.columns == ("video_id", "views", "created_at")
    assert [(row.number, list(row.cells.values())) for row in found.rows()] == [
        (4, ["7300000000000000001", 12, at]),
        (6, ["2", 5.5, None]),
    ]


def test_rows_start_anew_at_each_call(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(csv_text(","))

    for opened in (open_table(path), table(csv_text(",")), table(json.dumps(ROWS), "t.json")):
        first = opened.rows()
        next(first)
        assert len(list(opened.rows())) == len(list(opened.rows())) == 2


def test_a_row_has_the_number_of_its_first_line():
    text = 'a,b\n\n1,"x\ny"\n2,z\n'

    assert [row.number for row in table(text).rows()] == [3, 5]


def test_a_stray_quotation_mark_costs_its_own_line():
    text = 'a,b,c\n1,2,3\n4,"5,6\n7,8,9\n10,"11\n12",13\n14,15,16\n'

    rows = list(table(text).rows())

    assert [(row.number, bool(row.problem)) for row in rows] == [
        (2, False),
        (3, True),
        (4, False),
        (5, False),
        (7, False),
    ]
    assert rows[3].cells == {"a": "10", "b": "11\n12", "c": "13"}


def test_a_mark_inside_a_field_costs_nothing():
    text = 'a,b\n1,"He said "hi" to me"\n2,3\n'

    assert cells(text) == [{"a": "1", "b": 'He said hi" to me"'}, {"a": "2", "b": "3"}]


def test_marks_that_never_close_are_read_in_time(monkeypatch):
    monkeypatch.setattr(csv_rows, "MOST_ROW_CHARS", 5_000)
    monkeypatch.setattr(csv_rows, "MOST_REREAD_CHARS", 50_000)
    text = "a,b,c\n" + '1,"2,3\n' * 20_000 + "4,5,6\n"

    rows = list(table(text).rows())

    assert len(rows) == 20_001 and rows[-1].cells == {"a": "4", "b": "5", "c": "6"}


def test_a_row_of_another_width_is_a_problem_and_empty_cells_at_its_end_are_not():
    rows = list(table("a,b\n1,2,3\n4\n5,6,,\n7,8\n").rows())

    assert [row.problem[:38] for row in rows] == [
        "3 fields where the header has 2; put f",
        "1 fields where the header has 2; put f",
        "",
        "",
    ]


def test_the_header_once_more_is_no_row():
    rows = list(table("a,b\n1,2\na,b\n3,4\n").rows())

    assert [row.problem for row in rows] == ["", "the header once more", ""]


def test_blank_lines_and_empty_rows_are_no_rows():
    assert cells("a;b\n\n1;2\n;\n\n3;4\n\n") == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_excel_may_state_the_delimiter_in_a_line_of_its_own():
    rows = list(table("sep=;\na;b\n1,5;2\n").rows())

    assert [(row.number, row.cells) for row in rows] == [(3, {"a": "1,5", "b": "2"})]


def test_a_list_of_addresses_needs_no_header():
    text = "https://www.tiktok.com/@a/video/1\nhttps://www.tiktok.com/@b/video/2?x=1,2\n"

    assert [row["url"] for row in cells(text, "t.txt")] == text.split()


def test_one_column_may_hold_any_mark():
    assert cells("caption\na, b; c\n") == [{"caption": "a, b; c"}]


def test_decimal_commas_do_not_make_a_comma_the_delimiter():
    assert cells("a;b\n1,5;2,5\n3,5;4,5\n") == [{"a": "1,5", "b": "2,5"}, {"a": "3,5", "b": "4,5"}]


def test_bytes_that_are_not_utf8_stay_in_their_cell():
    rows = cells(b"a,b\n1,Zo\xeb\n2,x\n")

    assert rows[0]["b"].encode("utf-8", "surrogateescape") == b"Zo\xeb" and rows[1]["b"] == "x"


def test_a_line_that_is_not_json_is_a_problem():
    text = '{"a": 1}\n{"a": \n[1]\n' + "[" * 100_000 + '\n{"a": 2}'

    rows = list(table(text, "t.jsonl").rows())

    assert [(row.number, bool(row.problem)) for row in rows] == [
        (1, False),
        (2, True),
        (3, True),
        (4, True),
        (5, False),
    ]


def test_lines_of_json_whose_first_is_cut_are_lines_still():
    rows = list(table('{"a": 1, "b\n{"a": 2}\n{"a": 3}\n', "t.json").rows())

    assert [bool(row.problem) for row in rows] == [True, False, False]


def test_an_array_larger_than_its_window_is_read_in_pieces(monkeypatch):
    monkeypatch.setattr(json_rows, "WINDOW_CHARS", 16)
    rows = [{"n": number, "text": "x" * (number % 50), "f": number / 7} for number in range(300)]

    assert cells(json.dumps(rows), "t.json") == rows
    assert cells(json.dumps({"collector": rows}), "t.json") == rows
    # a number that the window cuts in two
    assert cells(json.dumps({"count": 10**30, "collector": rows}), "t.json") == rows


def test_an_object_around_a_large_array_is_found_without_reading_it_whole(monkeypatch):
    monkeypatch.setattr(json_rows, "SINGLE_CHARS", 100)

    assert cells(json.dumps({"collector": ROWS * 9}), "t.json") == ROWS * 9


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('[{"a": 1}, {"a": 2', "is not readable JSON after row 1: "),
        ('[{"a": 1}] [{"a": 2}]', "something follows the array"),
        ("[" * 100_000, "nested too deep"),
        ('[{"a": ' + "[" * 100 + "]" * 100 + "}]", "nested too deep"),
        ("{", "is not readable JSON"),
        ('{"a": [{"id": 1}], "b": [{"id": 2}]}', "two arrays of posts, a and b"),
    ],
)
def test_broken_json_is_refused(content, says):
    assert says in refusal(content, "t.json")


def test_json_of_python_may_hold_nan_and_long_ids():
    (row,) = cells('[{"a": NaN, "id": 7300000000000000001}]', "t.json")

    assert row["a"] != row["a"] and row["id"] == 7300000000000000001


def packed(**members: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n\n", "has no header"),
        (b"\x1f\x8b\x08", "packed as gzip by its first bytes; unpack it first"),
        (b"\xd0\xcf\x11\xe0\xa1", "an old Excel file by its first bytes; save it as .xlsx"),
        (packed(a="b"), "is a ZIP archive and not .xlsx"),
        (packed(xl__workbook="b").replace(b"book", b"book"), "is a ZIP archive and not .xlsx"),
        (packed(**{"xl/workbook.xml": "<a"}), "is not a readable Excel file"),
        (b"PK\x03\x04 cut", "is not a readable Excel file"),
        (b"PAR1", "is not readable Parquet"),
        (b"<!DOCTYPE html><table>", "is a web page"),
        (bytes(range(256)) * 8, "is not a table"),
    ],
)
def test_what_is_no_table_is_refused_by_its_content(content, says):
    assert says in refusal(content)


def test_a_workbook_that_unpacks_beyond_the_limit_is_refused(tmp_path, monkeypatch):
    path = workbook([("a",), ("b" * 9_000,)], tmp_path / "t.xlsx")
    monkeypatch.setattr("shared.inputs.tables.excel_rows.MOST_UNPACKED_BYTES", 5_000)

    assert "unpacks to more than 5,000 bytes" in refusal(path.read_bytes(), "t.xlsx")


def test_two_columns_of_one_name_are_refused_where_one_is_needed():
    twins = table("a,b,a\n1,2,3\n")

    assert [dict(row.cells) for row in twins.rows()] == [{"a": "1", "b": "2"}]
    twins.refuse_twins("b")
    with pytest.raises(BadTable, match=r"2 columns named a \(number 1 and 3\)"):
        twins.refuse_twins("a")


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path):
    for path, says in ((tmp_path / "t.csv", "no such file"), (tmp_path, "not an ordinary file")):
        with pytest.raises(BadTable, match=says):
            open_table(path)
