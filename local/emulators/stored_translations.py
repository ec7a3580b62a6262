"""Translated statements on disk, for the next start of the local BigQuery.

A fresh project creates some twenty views, and each takes bqemulator up to a tenth of a second to
translate, and as long again to classify and to qualify. Several processes may use one folder.
"""

import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

MOST_FILES = 20_000
_TRANSLATORS = ("bqemulator", "sqlglot", "duckdb")
OURS = re.compile(r"(\s|--[^\n]*\n)*(CREATE OR REPLACE VIEW|MERGE)\s")
"""Statements that our own code writes, with all values as parameters. What a person asks may name
somebody, and an erasure does not look here."""

ALL = re.compile("")
"""Every statement, for tests: what they name is made up."""


class StoredTranslations:
    """A file for each translation. A damaged or foreign file counts as absent."""

    def __init__(self, folder: Path, stored: re.Pattern[str] = OURS):
        """Create the folder. Too many files, of earlier versions mostly, are removed at once."""
        self._folder, self._stored = folder, stored
        self._versions = [version(package) for package in _TRANSLATORS]
        folder.mkdir(parents=True, exist_ok=True)
        files = list(folder.iterdir())
        for path in files if len(files) > MOST_FILES else ():
            path.unlink(missing_ok=True)

    def get(self, key: Sequence[str]) -> str | None:
        """The translation of the statement, which is the first part of the key."""
        if not self._stored.match(key[0]):
            return None
        with suppress(OSError, ValueError):
            digest, _, translated = self._path(key).read_text("utf-8").partition("\n")
            return translated if digest == _digest(translated) else None
        return None

    def put(self, key: Sequence[str], translated: str) -> None:
        """Store the translation, unless the statement may name somebody or the disk is full."""
        if not self._stored.match(key[0]):
            return
        path = self._path(key)
        draft = path.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            draft.write_text(f"{_digest(translated)}\n{translated}", "utf-8")
            draft.replace(path)

    def _path(self, key: Sequence[str]) -> Path:
        return self._folder / f"{_digest(json.dumps([*key, *self._versions]))}.sql"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
