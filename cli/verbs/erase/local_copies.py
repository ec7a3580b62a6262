"""Copies on this machine outside lake and tables: saved reports, logs, database pages."""

from collections.abc import Iterator
from pathlib import Path

from local.endpoints import Endpoints
from local.home import Home
from local.vacuum import request, wait_until_rewritten
from shared.erasure.report_files import report_names_erased
from shared.privacy.redaction import Redaction
from shared.storage.layout import VIDEOS

REPORTS = "reports"
VIDEO_FOLDER = VIDEOS.rstrip("/")
SERVERS = ("bigquery", "gcs", "pubsub")
"""Data folders of the servers that keep a database."""


def naming_reports(home: Home, redaction: Redaction) -> Iterator[Path]:
    """Reports on this machine that name somebody erased, and copies of erased videos."""
    for path in sorted((home.root / REPORTS).rglob("*")):
        if not path.is_file():
            continue
        if path.parent.name == VIDEO_FOLDER:
            if redaction.is_in_name(f"{VIDEOS}{path.name}"):
                yield path
        elif report_names_erased(path.name, path.read_bytes(), redaction):
            yield path


def remove_reports(home: Home, redaction: Redaction) -> int:
    """Remove these reports, and return how many there were."""
    paths = list(naming_reports(home, redaction))
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


def clean_logs(home: Home, redaction: Redaction) -> int:
    """Remove lines that name somebody erased from the logs, and return how many there were.

    A log is overwritten in place, because the program that writes it keeps it open.
    """
    count = 0
    for path in sorted(home.logs.glob("*.log")):
        lines = path.read_bytes().splitlines(keepends=True)
        redacted = [line for line in lines if not redaction.names_in_unreadable(line)]
        if len(redacted) < len(lines):
            count += len(lines) - len(redacted)
            with path.open("r+b") as file:
                file.write(b"".join(redacted))
                file.truncate()
    return count


def rewrite_databases(endpoints: Endpoints) -> None:
    """Have every server rewrite its database, so that deleted content leaves the disk.

    Raises NotRewritten.
    """
    folders = [Home.at(Path(endpoints.home)).data / name for name in SERVERS]
    folders = [folder for folder in folders if folder.is_dir()]
    for folder in folders:
        request(folder)
    wait_until_rewritten(folders)
