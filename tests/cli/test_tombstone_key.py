"""The key of a cloud's tombstones."""

from types import SimpleNamespace

import pytest

from cli.tombstone_key import hash_key
from shared.errors import Misconfigured


def test_a_missing_key_is_named_in_a_sentence(tmp_path):
    endpoints = SimpleNamespace(is_local=True, hash_key=str(tmp_path / "hash.key"))

    with pytest.raises(Misconfigured, match=r"hash\.key is missing: .* Restore the file"):
        hash_key(endpoints)
