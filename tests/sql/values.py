"""Cells in and out of the reference implementation."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_FIELDS = {
    "STRING": "string_value",
    "INT64": "int64_value",
    "FLOAT64": "double_value",
    "BOOL": "bool_value",
}


def encoded(protocol: Any, value: Any, kind: str, *, repeated: bool = False) -> Any:
    """A cell in the analyser's form; `kind` is one of the API's types."""
    make = protocol.values.ValueProto
    if repeated:
        elements = [encoded(protocol, element, kind) for element in value or ()]
        return make(array_value=make.Array(element=elements))
    if value is None:
        return make()
    if kind == "DATE":
        return make(date_value=(value - EPOCH.date()).days)
    if kind == "TIMESTAMP":
        seconds, remainder = divmod(value - EPOCH, timedelta(seconds=1))
        return make(
            timestamp_value={
                "seconds": seconds,
                "nanos": remainder // timedelta(microseconds=1) * 1000,
            }
        )
    return make(**{_FIELDS[kind]: value})


def content(
    protocol: Any, columns: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]
) -> Any:
    """A table's rows; columns are in BigQuery's JSON form."""
    service = protocol.service
    return service.TableContent(
        table_data=service.TableData(
            row=[
                service.TableData.Row(
                    cell=[
                        encoded(
                            protocol,
                            row.get(column["name"]),
                            column["type"],
                            repeated=column.get("mode") == "REPEATED",
                        )
                        for column in columns
                    ]
                )
                for row in rows
            ]
        )
    )


def decoded(value: Any, *, is_array: bool = False) -> Any:
    """A cell as BigQuery's client gives it to Python; a NULL array is an empty one there."""
    field = value.WhichOneof("value")
    if field is None:
        return [] if is_array else None
    inner = getattr(value, field)
    if field == "array_value":
        return [decoded(element) for element in inner.element]
    if field == "date_value":
        return date(1970, 1, 1) + timedelta(days=inner)
    if field == "timestamp_value":
        return EPOCH + timedelta(seconds=inner.seconds, microseconds=inner.nanos // 1000)
    return inner
