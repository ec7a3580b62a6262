"""What config/ says of creators: people wrote it, so a mention is told and they take it out."""

from typing import Any

from shared.inputs.yaml_input import BadYaml, read_yaml
from shared.privacy.free_text import ACCOUNTS
from shared.privacy.redaction import Redaction
from shared.storage.lake import COLLECTIONS, Lake
from shared.tiktok.sources.manifest_terms import NAMES

_OTHER_QUESTIONS = ("hashtags", "keywords", "regions")
_WORDS = ("sampling_frame", "description", "note")


def names_erased(name: str, content: bytes, redaction: Redaction) -> bool:
    """Whether a file of config/ asks for an erased creator, is named after one, or mentions one."""
    if name != COLLECTIONS:
        return redaction.names_in_unreadable(content)
    collections = read_collections(content)
    if collections is None:
        return redaction.names_in_unreadable(content)
    return any(_asks(title, fields, redaction) for title, fields in collections.items())


def _asks(title: str, fields: dict[str, Any], redaction: Redaction) -> bool:
    usernames = fields.get("usernames") or ()
    names = list(map(str, usernames if isinstance(usernames, list) else [usernames]))
    # What asks for hashtags, keywords or regions is named after those.
    if not fields.keys() & set(_OTHER_QUESTIONS):
        names.append(title)
    for name in names:
        if redaction.erased.has_creator(name):
            redaction.note("usernames", name)
            return True
    texts = (str(fields[field]) for field in _WORDS if field in fields)
    return any(redaction.text(text, "sampling_frame") != text for text in texts)


def account_columns(name: str = "", lake: Lake | None = None) -> frozenset[str]:
    """What columns of accounts are called; those of a manifest also as its collections say."""
    columns = set(NAMES["username"]) | ACCOUNTS
    collections = (read_collections(lake.read(COLLECTIONS) or b"") if lake else None) or {}
    for fields in collections.values():
        own = fields.get("columns")
        if fields.get("manifest") == name and isinstance(own, dict):
            columns.add(str(own.get("username", "username")).strip().lower())
    return frozenset(columns)


def read_collections(content: bytes) -> dict[str, dict[str, Any]] | None:
    """The collections of the file, good or not; None when it is no such file."""
    try:
        document, _ = read_yaml(content)
    except BadYaml:
        return None
    collections = document.get("collections") if isinstance(document, dict) else None
    if not isinstance(collections, dict):
        return {}
    return {str(title): fields for title, fields in collections.items() if isinstance(fields, dict)}
