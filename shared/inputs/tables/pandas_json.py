"""JSON as pandas writes tables: by columns (its default), by rows, or split into three lists."""

from collections.abc import Mapping
from typing import Any

from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.headers import names_a_video

_SPLIT = frozenset({"columns", "data"})


def rows_of_pandas(document: Mapping[str, Any], name: str) -> list[dict[str, Any]] | None:
    """The rows of `DataFrame.to_json` with orient columns, index or split; None for another object.

    Raises BadTable for objects under keys of which neither the outer nor the inner name a video.
    https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.to_json.html, read 2026-11.
    """
    if document.keys() >= _SPLIT and isinstance(document["columns"], list):
        return _split(document["columns"], document["data"])
    parts = list(document.values())
    if not parts or not all(isinstance(part, dict) for part in parts):
        return None
    if names_a_video(list(document)):
        numbers = dict.fromkeys(number for column in parts for number in column)
        return [{key: document[key].get(number) for key in document} for number in numbers]
    if names_a_video(list(parts[0])):
        return parts
    raise BadTable(
        f"{name} holds objects under keys, and no key names a video. Give an array of objects with "
        'a video_id each, as pandas writes it with orient="records".'
    )


def _split(columns: list[Any], data: Any) -> list[dict[str, Any]] | None:
    is_table = isinstance(data, list) and all(
        isinstance(row, list) and len(row) == len(columns) for row in data
    )
    return [dict(zip(map(str, columns), row, strict=True)) for row in data] if is_table else None
