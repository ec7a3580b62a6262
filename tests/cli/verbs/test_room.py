"""A full disk is told with its path, and nothing is stored halfway."""

from types import SimpleNamespace

import pytest
from google.api_core.exceptions import GoogleAPICallError, InternalServerError

from cli.errors import UserError
from cli.verbs.ingest.room import full_disk_told, require_room_for


class InsufficientStorage(GoogleAPICallError):
    code = 507


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(bytes(1_000))
    return path


def endpoints(tmp_path, is_local=True):
    return SimpleNamespace(home=str(tmp_path), is_local=is_local)


def test_a_file_that_does_not_fit_is_refused_before_it_is_stored(file, tmp_path, monkeypatch):
    free = SimpleNamespace(free=8_000_999)
    monkeypatch.setattr("cli.verbs.ingest.room.shutil.disk_usage", lambda folder: free)

    with pytest.raises(UserError) as refused:
        require_room_for(file, endpoints(tmp_path))

    assert f"{file} has 1,000 bytes, and {tmp_path} has room for 999." in str(refused.value)
    assert "Free some space there, and run the same command again" in str(refused.value)
    require_room_for(file, endpoints(tmp_path, is_local=False))


def test_a_disk_that_fills_up_meanwhile_is_told_and_other_errors_escape(file, tmp_path):
    with (
        pytest.raises(UserError, match=r"The disk is full: .* cannot grow, and .*a\.mp4 is not"),
        full_disk_told(file, endpoints(tmp_path)),
    ):
        raise InsufficientStorage("full")

    with pytest.raises(InternalServerError), full_disk_told(file, endpoints(tmp_path)):
        raise InternalServerError("down")
