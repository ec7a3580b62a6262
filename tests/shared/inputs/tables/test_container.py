"""Every container gives the same rows, and what breaks costs itself alone."""

import io
import json
import re
import zipfile
from datetime import datetime

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.inputs.tables import csv_rows, json_rows
from shared.inputs.tables.container import open_table, table_in
from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.excel_faults import faults_of

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


VIDEOS = [("video_id", "views"), ("7300000000000000001", 5)]
NOTES = [("Export of me",), ("by Ada",)]
COUNTRIES = [("code", "name"), ("DE", "Germany")]


def sheets(path, **rows_of):
    """A workbook. A title that begins with `hidden` is that of a hidden sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in rows_of.items():
        sheet = book.create_sheet(title)
        sheet.sheet_state = "hidden" if title.startswith("hidden") else "visible"
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return open_table(path)


@pytest.mark.parametrize(
    ("rows_of", "read", "others"),
    [
        ({"Notes": NOTES, "Data": VIDEOS}, "Data", "1 further sheet was not read: Notes."),
        (
            {"hidden": VIDEOS, "Shown": COUNTRIES},
            "Shown",
            "1 further sheet was not read: hidden (hidden).",
        ),
        (
            {"Codes": COUNTRIES, "Data": VIDEOS, "Notes": NOTES},
            "Data",
            "2 further sheets were not read: Codes, Notes.",
        ),
        ({"Notes": NOTES, "Codes": COUNTRIES}, "Codes", "1 further sheet was not read: Notes."),
        ({"Data": VIDEOS, "Empty": []}, "Data", ""),
    ],
)
def test_excel_reads_the_visible_sheet_that_is_a_table_and_tells_the_others(
    tmp_path, rows_of, read, others
):
    opened = sheets(tmp_path / "t.xlsx", **rows_of)

    assert opened.container == f"Excel, sheet {read}"
    assert opened.columns == rows_of[read][0]
    assert opened.notes == ((f"Read the sheet {read}. {others}",) if others else ())


@pytest.mark.parametrize(
    ("rows_of", "says"),
    [
        (
            {"New": VIDEOS, "Old": VIDEOS},
            "several sheets that may be meant: New, Old. Save the sheet",
        ),
        ({"A": NOTES, "B": NOTES}, "several sheets that may be meant: A, B. Save the sheet"),
        ({"Empty": [], "hidden": VIDEOS}, "no cells in a visible sheet, only in hidden. Show that"),
        ({"Empty": []}, "t.xlsx has no cells."),
        ({"Ids": [["7300000000000000001"]]}, "has no header: its first row holds the id"),
    ],
)
def test_excel_that_leaves_the_sheet_open_is_refused_with_what_to_do(tmp_path, rows_of, says):
    with pytest.raises(BadTable, match=re.escape(says)):
        sheets(tmp_path / "t.xlsx", **rows_of)


def test_excel_has_titles_above_its_header_too(tmp_path):
    opened = sheets(tmp_path / "t.xlsx", Data=[(), ("My export",), (), *VIDEOS])

    assert [(row.number, row.cells["views"]) for row in opened.rows()] == [(5, 5)]
    assert opened.notes == ("The row above the header was not read: 'My export'.",)


def test_errors_and_formulas_without_a_value_are_not_empty(tmp_path):
    values = ["#N/A", "#REF!", "=1+1", "=TODAY()", '=""', None, 5]
    rows = [("video_id", "views"), *((str(n), value) for n, value in enumerate(values))]

    opened = sheets(tmp_path / "t.xlsx", Notes=NOTES, Data=rows)

    assert [str(row.cells["views"]) for row in opened.rows()] == [
        "#N/A",
        "#REF!",
        "=1+1 (a formula without a stored value)",
        "=TODAY() (a formula without a stored value)",
        '="" (a formula without a stored value)',
        "None",
        "5.0",
    ]


SHEET = b"""<x:worksheet xmlns:x="m"><x:sheetData>
<x:row r="1"><x:c r="A1" t="str"><x:v>video_id</x:v></x:c></x:row>
<x:row><x:c><x:f>A1</x:f><x:v>7</x:v></x:c><x:c t='e'><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c></x:row>
<x:row><x:c t="str"><x:f>""</x:f><x:v></x:v></x:c><x:c r="AB3"><x:f t="shared"/></x:c></x:row>
</x:sheetData></x:worksheet>"""


def test_faults_are_seen_with_prefixes_without_places_and_beside_formulas_with_a_value(tmp_path):
    book = packed(
        xl__workbook='<w xmlns:r="r"><sheet name="S" r:id="q1"/></w>',
        xl__rels='<w><Relationship Id="q1" Target="worksheets/s.xml"/></w>',
        sheet=SHEET.decode(),
    )
    names = {"xl/workbook": "xl/workbook.xml", "xl/rels": "xl/_rels/workbook.xml.rels"}
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(names.get(name, "xl/worksheets/s.xml"), old.read(name))
    with zipfile.ZipFile(file) as archive:
        faults = faults_of(archive, "S")

    assert {
        row: {at: str(cell) for at, cell in cells.items()} for row, cells in faults.items()
    } == {
        2: {1: "#DIV/0!"},
        3: {27: "= (a formula without a stored value)"},
    }


def test_a_sheet_that_declares_entities_is_refused(tmp_path):
    path = workbook([("video_id", "n"), ("1", "=1+1")], tmp_path / "t.xlsx")
    hostile = tmp_path / "hostile.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(hostile, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if "sheet1" in name:
                content = b'<!DOCTYPE a [<!ENTITY b "c">]>' + content
            new.writestr(name, content)

    assert "is not a readable Excel file" in refusal(hostile.read_bytes(), "t.xlsx")


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


@pytest.mark.parametrize(
    "above", ["# made by a tool\n# today\n", "My export\n\n", "Exported at;2026-11-01\n", "\n\n"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_titles_and_comments_above_a_known_header_are_told(above, end):
    text = f"{above}video_id;username;views\n1;ada;5\n".replace("\n", end)

    opened = table(text)

    assert [(row.number, row.cells["views"]) for row in opened.rows()] == [
        (above.count("\n") + 2, "5")
    ]
    expected = above.splitlines()[0].replace(";", " ")
    assert [expected in note for note in opened.notes] == [True] * bool(above.strip())
    assert (opened.container == "CSV separated by ;") == (not above.strip())


def test_a_row_that_may_be_data_is_never_taken_for_a_title():
    assert cells("clip;score\nid;5\n") == [{"clip": "id", "score": "5"}]
    assert cells("a;b;c\n1;2;3\nvideo_id;views\n")[0] == {"a": "1", "b": "2", "c": "3"}


def test_ids_alone_need_no_header_and_other_rows_do():
    ids = "7300000000000000001\n\n7300000000000000002\n"

    assert cells(ids, "t.txt") == [{"video_id": id_} for id_ in ids.split()]
    assert "has no header: its first row holds the id 7300000000000000001. Put a row" in (
        refusal("7300000000000000001,100,5\n7300000000000000002,7,5\n")
    )


def test_addresses_beside_counts_without_names_are_told():
    url = "https://www.tiktok.com/@a/video/730000000000000000"

    opened = table(f"{url}1,100,5\n{url}2,200,6\n")

    assert opened.columns == (f"{url}1", "100", "5")
    assert "put the names of the columns above it" in opened.notes[0]
    assert table(f"{url}1?x=1,2\n{url}2\n").columns == ("url",)


def test_a_list_of_addresses_needs_no_header():
    text = "https://www.tiktok.com/@a/video/1\nhttps://www.tiktok.com/@b/video/2?x=1,2\n"

    assert [row["url"] for row in cells(text, "t.txt")] == text.split()


def test_one_column_may_hold_any_mark():
    assert cells("caption\na, b; c\n") == [{"caption": "a, b; c"}]


def test_decimal_commas_do_not_make_a_comma_the_delimiter():
    assert cells("a;b\n1,5;2,5\n3,5;4,5\n") == [{"a": "1,5", "b": "2,5"}, {"a": "3,5", "b": "4,5"}]


def test_bytes_that_are_not_utf8_stay_in_their_cell():
    damaged = "ü ü".encode() + b"Zo\xeb"

    rows = cells(b"a,b\n1," + damaged + b"\n2,x\n")

    assert rows[0]["b"].encode("utf-8", "surrogateescape") == damaged and rows[1]["b"] == "x"


@pytest.mark.parametrize(
    "text",
    ["Gefällt mir", "„ja“ – 5 €", "déjà vu : où ?", "¿Qué? ¡Sí!", "CAFÉ’s für Gäste", "smørrebrød"],
)
def test_windows_1252_is_read_and_told(text):
    opened = table(f"id;{text}\n1;{text}\n".encode("cp1252"))

    assert [dict(row.cells) for row in opened.rows()] == [{"id": "1", text: text}]
    assert opened.container == "CSV separated by ;, Windows-1252"
    assert opened.notes[0].startswith("Read as Windows-1252, because it is not UTF-8.")


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("Просмотры", "cp1251"),
        ("Było żółto", "cp1250"),
        ("İzlenme şu", "cp1254"),
        ("schön", "mac-roman"),
        ("観看次数", "gb18030"),
        ("조회수", "cp949"),
    ],
)
def test_other_encodings_are_not_guessed(text, codec):
    content = f"id;a\n1;{text}\n".encode(codec)

    assert table(content).container == "CSV separated by ;"
    assert "header that is not UTF-8; save the file" in refusal(f"id;{text}\n1;2\n".encode(codec))


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


def test_json_of_pandas_is_a_table_in_each_orientation():
    frame = pd.DataFrame(ROWS)

    for orient in ("columns", "split", "index", "records", "table"):
        rows = cells(frame.to_json(orient=orient), "t.json")
        assert [{key: row[key] for key in ROWS[0]} for row in rows] == ROWS, orient
    assert 'orient="records"' in refusal('{"7300000000000000001": {"views": 5}}', "t.json")


def test_lines_of_json_name_their_encoding():
    assert table('{"a": 1}\n{"a": 2}\n'.encode("utf-16"), "t.jsonl").container == (
        "JSON, one object a line, UTF-16"
    )


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
