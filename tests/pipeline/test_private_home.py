"""What a cloud leaves on the disk is its owner's alone; a report with --out is as they like it."""

import os
import stat
from pathlib import Path


def open_to_others(root: Path) -> list[str]:
    return [str(path) for path in (root, *root.rglob("*")) if path.lstat().st_mode & 0o077]


def test_no_other_account_can_read_a_home(demonstrated, cloud):
    assert len(list(Path(cloud.home).rglob("*"))) > 100
    assert open_to_others(Path(cloud.home)) == []


def test_a_report_that_was_asked_for_has_the_modes_of_the_person_who_asked(
    demonstrated, tta, cloud, tmp_path
):
    before = os.umask(0o022)
    try:
        assert tta("report", "--out", tmp_path / "report.html").returncode == 0
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "report.html").stat().st_mode) == 0o644
    assert open_to_others(Path(cloud.home)) == []
