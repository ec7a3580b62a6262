"""The columns by which a file of retention curves is known, and told from other files."""

from collections.abc import Mapping, Sequence

from shared.inputs.column_names import VIDEO_COLUMNS, folded
from shared.inputs.formats.names import NAMES
from shared.inputs.formats.stated_columns import UnknownColumn, refuse_unknown, resolved_columns
from shared.inputs.tables.errors import BadTable

CURVE_NAMES: Mapping[str, tuple[str, ...]] = {
    "video_id": VIDEO_COLUMNS["video_id"],
    "second": ("second", "seconds", "sec", "second_s"),
    "share": ("share", "percentage", "retention", "share_watching"),
    "viewers": ("viewers", "viewers_at_start"),
    "collected_at": NAMES["collected_at"],
}
"""Our fields, and the columns that mean them, folded. The first three make a file of curves."""

_REQUIRED = ("video_id", "second", "share")
_FORMAT = "Give a row for each second, with the columns video_id, second and share."
_RELATIVE: Mapping[tuple[str, ...], str] = {
    ("elapsedvideotimeratio", "audiencewatchratio"): (
        "its curves of YouTube count in parts of a video, not in seconds. Multiply "
        f"elapsedVideoTimeRatio by the duration in seconds. {_FORMAT}"
    ),
    ("start_time", "end_time", "value"): (
        "a heatmap says what is replayed most, not who still watches, so it is no retention "
        f"curve. {_FORMAT}"
    ),
}
"""Curves of other tools, by their columns, and why they are not taken."""


def curve_columns(
    name: str, columns: Sequence[str], stated: Mapping[str, str]
) -> dict[str, str] | None:
    """Our fields and the columns that hold them; None for a file of something else.

    `name` is that of the file, and `stated` are the columns that a person named. Raises BadTable
    for curves that cannot be taken.
    """
    by_name = {folded(column): column for column in reversed(columns)}
    for signs, problem in _RELATIVE.items():
        if {*signs} <= by_name.keys():
            raise BadTable(f"{name}: {problem}")
    own = {ours: theirs for ours, theirs in stated.items() if ours in CURVE_NAMES}
    chosen = {
        ours: next((by_name[each] for each in names if each in by_name), None)
        for ours, names in CURVE_NAMES.items()
    } | own
    if not (chosen["second"] and chosen["share"]):
        return None
    try:
        refuse_unknown(stated, list(CURVE_NAMES))
        chosen |= resolved_columns(own, columns)
    except UnknownColumn as error:
        raise BadTable(f"{name}: {error}") from error
    if not chosen["video_id"]:
        raise BadTable(
            f"{name}: no column says which video each curve is of. {_FORMAT} Or name yours: "
            "--columns video_id=NAME."
        )
    return {ours: theirs for ours, theirs in chosen.items() if theirs}
