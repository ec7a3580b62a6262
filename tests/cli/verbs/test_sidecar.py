"""Metadata beside own files: checked line by line, nothing lost."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.errors import UserError
from cli.verbs.ingest.sidecar import Sidecar
from shared.tiktok.sources.manifest_file import MOST_LINE_BYTES


@pytest.fixture
def sidecar(tmp_path: Path):
    def read(*lines: str | bytes) -> Sidecar:
        path = tmp_path / "m.jsonl"
        path.write_bytes(
            b"\n".join(line.encode() if isinstance(line, str) else line for line in lines)
        )
        return Sidecar(path)

    return read


def test_a_line_is_about_a_file_or_an_id(sidecar):
    read = sidecar('{"file": "a.mp4", "views": 1}', '{"video_id": "7300000000000000001"}')

    assert [line.file or line.video_id for _, line in read.lines] == [
        "a.mp4",
        "7300000000000000001",
    ]
    assert read.problems == []


def test_lines_keep_their_numbers_past_blank_ones(sidecar):
    read = sidecar('{"file": "a.mp4"}', "", '{"file": "b.mp4"}')

    assert [number for number, _ in read.lines] == [1, 3]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "not an object"),
        ("{}", "needs either file or video_id"),
        ('{"file": "a.mp4", "video_id": "7300000000000000001"}', "needs either file or video_id"),
        ('{"file": "a.mp4", "view": 1}', "view: there is no such field"),
        ('{"file": "a.mp4", "views": "many"}', "views: 'many' is not a number"),
        ('{"file": "a.mp4", "views": 1.5}', "views"),
        ('{"file": "a.mp4", "views": 9223372036854775808}', "views"),
        ('{"file": "a.mp4", "views": true}', "views"),
        ('{"file": "a.mp4", "duration_s": Infinity}', "duration_s"),
        ('{"file": "a.mp4", "caption": "=HYPERLINK(1)"}', "caption: '=HYPERLINK(1)' is a formula"),
        ('{"file": "a.mp4", "created_at": "yesterday"}', "created_at"),
        ('{"file": "a.mp4", "language": "not a language"}', "language"),
        ('{"file": "a.mp4", "display_name": "Cat"}', "need a username"),
        ('{"video_id": "../../etc/passwd"}', "video_id"),
        (b'{"file": "\xff\xfe"}', "not JSON"),
        (b"{" * 5000, "not JSON"),
        (b'{"file": "' + b"a" * MOST_LINE_BYTES + b'"}', "longer than"),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_its_neighbours_are_taken(sidecar, line, problem):
    read = sidecar('{"file": "a.mp4"}', line, '{"file": "b.mp4"}')

    assert [number for number, _ in read.lines] == [1, 3]
    assert len(read.problems) == 1
    assert read.problems[0].startswith("m.jsonl, line 2")
    assert problem in read.problems[0]


def test_times_are_kept_in_utc(sidecar):
    read = sidecar('{"file": "a.mp4", "created_at": "2026-05-01T12:00:00+02:00"}')

    assert read.lines[0][1].created_at == datetime(2026, 5, 1, 10, tzinfo=UTC)


def test_a_byte_order_mark_is_no_fault(sidecar):
    assert sidecar(b'\xef\xbb\xbf{"file": "a.mp4"}').lines[0][1].file == "a.mp4"


def test_counts_are_as_old_as_the_file_that_says_them(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_text("{}")
    os.utime(path, (0, 86_400))

    assert Sidecar(path).read_at == datetime(1970, 1, 2, tzinfo=UTC)


def test_a_metadata_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        Sidecar(tmp_path / "none.jsonl")


def test_a_table_is_read_as_well_as_json_lines(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("file;Views;notes\na.mp4;541.2K;mine\n")

    read = Sidecar(path)

    assert [(line.file, line.views, line.is_rounded) for _, line in read.lines] == [
        ("a.mp4", 541_200, True)
    ]
    assert read.unused == ("notes",)


def test_what_is_no_manifest_at_all_is_told(tmp_path):
    path = tmp_path / "m.zip"
    path.write_bytes(b"PK\x03\x04...")

    with pytest.raises(UserError, match=r"m\.zip is packed as ZIP"):
        Sidecar(path)
