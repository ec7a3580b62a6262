"""Own video files: which can be ingested, and under which id."""

import hashlib
import os
from pathlib import Path

import pytest

from cli.uploads import MOST_BYTES, UnusableFile, files_in, inspect_video

MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(64)
MOV = b"\x00\x00\x00\x14ftypqt  " + bytes(64)
WEBM = b"\x1a\x45\xdf\xa3" + b"\x42\x82\x84webm" + bytes(64)
AVI = b"RIFF" + bytes(4) + b"AVI " + bytes(64)
MKV = b"\x1a\x45\xdf\xa3" + b"\x42\x82\x88matroska" + bytes(64)
GIF = b"GIF89a" + bytes(64)
FLV = b"FLV\x01" + bytes(64)


@pytest.fixture
def file(tmp_path: Path):
    def write(name: str, content: bytes = MP4) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize(
    ("content", "extension"),
    [(MP4, "mp4"), (MOV, "mov"), (WEBM, "webm"), (MKV, "mkv"), (AVI, "avi"), (GIF, "gif")],
)
def test_the_first_bytes_decide_the_type_whatever_the_name_says(file, content, extension):
    assert inspect_video(file("film.txt", content)).type.extension == extension


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7 and more", "is not a video"),
        (FLV, "is video/x-flv; only MP4, MOV, WebM, Matroska, AVI and GIF can be ingested"),
    ],
)
def test_any_other_content_is_refused_with_a_reason(file, content, sentence):
    with pytest.raises(UnusableFile, match=sentence):
        inspect_video(file("film.mp4", content))


def test_a_file_over_the_limit_is_refused_before_it_is_read(file, monkeypatch):
    large = file("large.mp4")
    with large.open("r+b") as stream:
        stream.truncate(MOST_BYTES + 1)  # a sparse file
    monkeypatch.setattr("cli.uploads._sha256", lambda path: pytest.fail("was read"))

    with pytest.raises(UnusableFile, match="has 524,288,001 bytes; the most is 524,288,000"):
        inspect_video(large)


def test_a_name_that_is_a_tiktok_id_is_the_id(file):
    assert inspect_video(file("7300000000000000001.mp4")).video_id == "7300000000000000001"


@pytest.mark.parametrize(
    "name",
    [
        "A cat, twice [7300000000000000001].mp4",
        "@ada_video_7300000000000000001.mp4",
        "7300000000000000001 (1).mp4",
        "7300000000000000001_1.mp4",
        "snaptik_7300000000000000001_v2.mp4",
    ],
)
def test_a_tool_that_writes_the_id_into_the_name_tells_the_id(file, name):
    assert inspect_video(file(name)).video_id == "7300000000000000001"


@pytest.mark.parametrize(
    "name",
    [
        "holiday.mp4",
        "20260501.mp4",
        "ada_1764321867123456789.mp4",  # a time in nanoseconds
        "7300000000000000001 and 7300000000000000002.mp4",
        "x7300000000000000001.mp4",
    ],
)
def test_any_other_name_gets_an_id_from_the_content(file, name):
    expected = "u" + hashlib.sha256(MP4).hexdigest()[:16]

    assert inspect_video(file(name)).video_id == expected


def test_the_same_content_under_another_name_is_the_same_video(file):
    assert inspect_video(file("a.mp4")).video_id == inspect_video(file("b.mov")).video_id


def test_a_folder_stands_for_its_files_by_name_without_hidden_ones(file, tmp_path):
    for name in ("b.mp4", "a.mp4", ".DS_Store"):
        file(name)
    (tmp_path / "inner").mkdir()

    assert [path.name for path in files_in([tmp_path])] == ["a.mp4", "b.mp4"]


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UnusableFile, match="no such file"):
        inspect_video(tmp_path / "none.mp4")


def test_a_named_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")

    with pytest.raises(UnusableFile, match="not an ordinary file"):
        inspect_video(tmp_path / "pipe.mp4")
