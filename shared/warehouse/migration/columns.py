"""New columns in SQL, computed from an old row exactly as Python computes them from a record.

The old tables had no `id_day` and no `user_bucket`. They had the column `section`, the canonical
JSON of a record's section.
"""

from collections.abc import Collection, Mapping
from typing import Any

from shared.warehouse.partitions import FIRST_DAY, OTHER_IDS, USER_BUCKETS
from shared.warehouse.tables import definitions, schema

_DAY_IN_ID = "DATE(TIMESTAMP_SECONDS(SAFE_CAST(video_id AS INT64) >> 32))"

ID_DAY = f"""\
IF(
    {_DAY_IN_ID} >= DATE '{FIRST_DAY}',
    {_DAY_IN_ID},
    DATE_ADD(DATE '1970-01-01', INTERVAL MOD(CAST(
      IF(STARTS_WITH(video_id, 'u'), CONCAT('0x', SUBSTR(video_id, 2, 4)), RIGHT(video_id, 3))
    AS INT64), {OTHER_IDS}) DAY)
  )"""
"""`partitions.id_day` in SQL. SAFE_CAST is NULL for an own file, and above the largest INT64."""

USER_BUCKET = f"""\
MOD(CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(user_key)), 1, 6)) AS INT64), {USER_BUCKETS})"""
"""`partitions.user_bucket` in SQL."""

_OBSERVED = "LPAD(CAST(UNIX_MICROS(observed_at) AS STRING), 16, '0')"

FIELD_TIMES = f"""\
REPLACE(
    REGEXP_REPLACE(field_times, CONCAT(r'"\\w+":"', {_OBSERVED}, '",?'), ''), ',}}', '}}'
  )"""
"""The old times but those that equal `observed_at`: such a column has no time of its own now."""

# In canonical JSON a text is the only place for an escaped quote, and a key is the only text before
# a colon. So these patterns find whole members, whatever the texts say.
_TEXT = r'"(?:expectation|violation|what)":"(?:[^"\\]|\\.)*"'

DETAIL = f"""\
REGEXP_REPLACE(REGEXP_REPLACE(REGEXP_REPLACE(section,
    r'{_TEXT},', ''), r',{_TEXT}', ''), r'{_TEXT}', '')"""
"""`fact_rating_detail.detail`: the old section without the texts that an erasure may change."""

DIGEST = f"TO_HEX(MD5({DETAIL}))"

CARDS = "IFNULL(JSON_VALUE_ARRAY(section, '$.cards'), [])"
"""`fact_rating.cards`, which were in the section alone. A stored list is empty and never NULL."""

COMPUTED: Mapping[str, Mapping[str, str]] = {
    "dim_user": {"user_bucket": USER_BUCKET, "field_times": FIELD_TIMES},
    "dim_video": {"id_day": ID_DAY, "field_times": FIELD_TIMES},
    "fact_metrics_snapshot": {"id_day": ID_DAY},
    "fact_rating_detail": {"id_day": ID_DAY, "digest": DIGEST, "detail": DETAIL},
    "fact_rating": {"id_day": ID_DAY, "digest": DIGEST, "cards": CARDS},
    "fact_video_analytics": {"id_day": ID_DAY},
}
"""Tables that change, and their columns that an old row does not hold as they are now.

Dimensions come before facts, and fact_video_analytics is last: see `migrate.py`. What comes from a
table of another name comes before it: that table's copy is finished when both are replaced.
"""


def new_columns(table: str) -> set[str]:
    """The columns by which the present table differs from the one before.

    `cards` is no mark of an old table: `create_tables` and Terraform add it to a present one.
    """
    return set(COMPUTED[table]) - {"field_times", "cards"}


def expressions(table: str, old_columns: Collection[str]) -> dict[str, str]:
    """Present columns, and the SQL that computes each from an old row.

    A column that the old table lacks and nothing computes is left out: it stays NULL.
    """
    former = {each["name"]: each["formerly"] for each in _listed(table) if "formerly" in each}
    chosen: dict[str, str] = {}
    for name, kind in ((column["name"], column["type"]) for column in schema(table)):
        if name in COMPUTED[table] and (name != "field_times" or name in old_columns):
            chosen[name] = COMPUTED[table][name]
        elif name in old_columns:  # a score was an INT64, and a mean of scores is not
            chosen[name] = f"CAST({name} AS FLOAT64)" if kind == "FLOAT64" else name
        elif former.get(name) in old_columns:
            chosen[name] = f"`{former[name]}`"
    return chosen


def _listed(table: str) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = definitions()[table]["columns"]
    return [column for column in columns if "name" in column]
