"""A full disk, told before a file is stored, or when it fills up meanwhile."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from google.api_core.exceptions import GoogleAPICallError

from cli.errors import UserError
from local.data_errors import LEAST_FREE_BYTES
from local.endpoints import Endpoints

AGAIN = "Free some space there, and run the same command again: what is stored already stays."


def require_room_for(file: Path, endpoints: Endpoints) -> None:
    """Raises UserError when the disk of a local home has no room for the file."""
    if not endpoints.is_local:
        return
    size, free = file.stat().st_size, shutil.disk_usage(endpoints.home).free
    if free < size + LEAST_FREE_BYTES:
        raise UserError(
            f"The disk is full: {file} has {size:,} bytes, and {endpoints.home} has room for "
            f"{max(0, free - LEAST_FREE_BYTES):,}. {AGAIN}"
        )


@contextmanager
def full_disk_told(file: Path, endpoints: Endpoints) -> Iterator[None]:
    """Raises UserError when the disk fills up while the file is stored. Nothing of it stays."""
    try:
        yield
    except GoogleAPICallError as error:
        if error.code != HTTPStatus.INSUFFICIENT_STORAGE:
            raise
        raise UserError(
            f"The disk is full: {endpoints.home} cannot grow, and {file} is not stored. {AGAIN}"
        ) from error
