"""A report's rows replace those of its day and plan, and no others."""

from datetime import date

from shared.warehouse.insight_rows import replace_rows

DAY, OTHER_DAY = date(2026, 11, 24), date(2026, 11, 25)
PLAN, OTHER_PLAN = "a" * 16, "b" * 16


def quality(finding: str, count: int = 1, day: date = DAY, plan: str = PLAN) -> dict:
    return {
        "report_date": day.isoformat(),
        "plan_hash": plan,
        "finding": finding,
        "part": "rows",
        "place": 0,
        "subject": "read",
        "count": count,
        "synthetic": True,
    }


def write(db, *rows, day=DAY, plan=PLAN) -> None:
    tables = {"insight_effect": [], "insight_agreement": [], "insight_quality": rows}
    replace_rows(db.client, f"test.{db.dataset}", (day, plan), tables)


def stored_rows(db) -> list[tuple]:
    rows = db.rows(
        "SELECT report_date, plan_hash, finding, count FROM insight_quality ORDER BY 1, 2, 3"
    )
    return [tuple(row.values()) for row in rows]


def test_a_second_run_changes_nothing(db):
    for _ in range(2):
        write(db, quality("a"), quality("b"))

    assert stored_rows(db) == [(DAY, PLAN, "a", 1), (DAY, PLAN, "b", 1)]


def test_what_an_earlier_run_of_the_day_had_besides_is_gone(db):
    write(db, quality("a"), quality("b"))
    write(db, quality("b", 7), quality("c"))

    assert stored_rows(db) == [(DAY, PLAN, "b", 7), (DAY, PLAN, "c", 1)]


def test_other_days_and_plans_stay(db):
    write(db, quality("a", day=OTHER_DAY), day=OTHER_DAY)
    write(db, quality("a", plan=OTHER_PLAN), plan=OTHER_PLAN)
    write(db, quality("a"))
    write(db)

    assert stored_rows(db) == [(DAY, OTHER_PLAN, "a", 1), (OTHER_DAY, PLAN, "a", 1)]
