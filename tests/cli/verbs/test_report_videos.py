"""The files of a gallery beside its page."""

import json

from cli.verbs.report.videos import MOST_BYTES, copy_gallery, gallery_files


class Blob:
    def __init__(self, size: int):
        self.size = size


class LakeOfFiles:
    """The bucket as far as the copies need it."""

    def __init__(self, files: dict[str, bytes]):
        self.files = files
        self.reads: list[str] = []

    def stat(self, name):
        content = self.files.get(name)
        return None if content is None else Blob(len(content))

    def read(self, name):
        self.reads.append(name)
        return self.files.get(name)


def page_of(*files: str | None) -> str:
    payload = json.dumps({"moments": [{"file": file, "caption": '"file":"x"'} for file in files]})
    return f'<script type="application/json" id="report">{payload}</script>'


def test_the_files_of_the_gallery_are_copied_and_a_second_run_copies_nothing(tmp_path):
    lake = LakeOfFiles({"videos/1.mp4": b"one", "videos/2.webm": b"two"})
    page = page_of("videos/1.mp4", None, "videos/2.webm", "videos/gone.mp4")

    assert copy_gallery(page, tmp_path, lake) == 2
    assert (tmp_path / "videos/1.mp4").read_bytes() == b"one"
    lake.reads.clear()
    assert copy_gallery(page, tmp_path, lake) == 2
    assert lake.reads == []


def test_files_of_an_earlier_gallery_go(tmp_path):
    lake = LakeOfFiles({"videos/1.mp4": b"one", "videos/2.mp4": b"two"})
    copy_gallery(page_of("videos/1.mp4"), tmp_path, lake)

    copy_gallery(page_of("videos/2.mp4"), tmp_path, lake)

    assert [path.name for path in (tmp_path / "videos").iterdir()] == ["2.mp4"]


def test_a_name_that_leads_elsewhere_and_a_huge_file_are_not_copied(tmp_path):
    elsewhere = "videos/../../x.mp4"
    lake = LakeOfFiles({elsewhere: b"x", "videos/3.mp4": b"three"})
    lake.stat = lambda name: Blob(1 if name == elsewhere else MOST_BYTES + 1)

    assert copy_gallery(page_of(elsewhere, "videos/3.mp4"), tmp_path / "day", lake) == 0
    assert lake.reads == []
    assert list((tmp_path / "day/videos").iterdir()) == []


def test_a_page_without_a_gallery_names_nothing():
    assert list(gallery_files("<html>")) == []
    assert list(gallery_files(page_of())) == []
