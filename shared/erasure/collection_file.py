"""Mentions of creators in config/. People wrote these files, so people take a mention out."""

from typing import Any

from shared.inputs.formats.names import NAMES, folded
from shared.inputs.yaml_input import BadYaml, read_yaml
from shared.privacy.free_text import ACCOUNTS
from shared.privacy.redaction import Redaction
from shared.storage.lake import Lake
from shared.storage.layout import COLLECTIONS

_OTHER_CONDITIONS = ("hashtags", "keywords", "regions")
_TEXT_FIELDS = ("sampling_frame", "description", "note")


def names_erased(name: str, content: bytes, redaction: Redaction) -> bool:
    """Whether a file of config/ fetches an erased creator, or mentions one."""
    if name != COLLECTIONS:
        return redaction.names_in_unreadable(content)
    collections = read_collections(content)
    if collections is None:
        return redaction.names_in_unreadable(content)
    return any(_asks(title, fields, redaction) for title, fields in collections.items())


def _asks(title: str, fields: dict[str, Any], redaction: Redaction) -> bool:
    usernames = fields.get("usernames") or ()
    names = list(map(str, usernames if isinstance(usernames, list) else [usernames]))
    # The title of a collection of hashtags, keywords or regions is not the name of a creator.
    if not fields.keys() & set(_OTHER_CONDITIONS):
        names.append(title)
    for name in names:
        if redaction.erased.has_creator(name):
            redaction.note("usernames", name)
            return True
    texts = (str(fields[field]) for field in _TEXT_FIELDS if field in fields)
    return any(redaction.text(text, "sampling_frame") != text for text in texts)


def account_columns(name: str = "", lake: Lake | None = None) -> frozenset[str]:
    """Names of columns that hold accounts, by the collections of a manifest too."""
    columns = set(NAMES["username"]) | ACCOUNTS
    collections = (read_collections(lake.read(COLLECTIONS) or b"") if lake else None) or {}
    for fields in collections.values():
        own = fields.get("columns")
        if fields.get("manifest") == name and isinstance(own, dict):
            columns.add(folded(own.get("username", "username")))
    return frozenset(columns)


def read_collections(content: bytes) -> dict[str, dict[str, Any]] | None:
    """The collections of the file, valid or not. None when the file is not YAML."""
    try:
        document, _ = read_yaml(content)
    except BadYaml:
        return None
    collections = document.get("collections") if isinstance(document, dict) else None
    if not isinstance(collections, dict):
        return {}
    return {str(title): fields for title, fields in collections.items() if isinstance(fields, dict)}
