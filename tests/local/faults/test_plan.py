"""A plan of faults: its syntax, its errors, and repeatable dice."""

import json
from collections import Counter
from pathlib import Path

import pytest

from local.faults import BadFaultPlan, Dice, FaultPlan, parse_plan, read_plan
from local.faults.dice import LOG, FaultLog, counted, dice_for
from local.faults.kinds import KINDS, POINTS

REQUESTS = 2_000


@pytest.fixture
def read(tmp_path):
    def read(text: str) -> FaultPlan:
        (tmp_path / "faults.yaml").write_text(text)
        return read_plan(tmp_path / "faults.yaml")

    return read


def thrown(plan: FaultPlan, at: str, requests: int = REQUESTS) -> list[str | None]:
    dice = Dice(at, plan, FaultLog())
    return [fault.name if (fault := dice.next("GET /")) else None for _ in range(requests)]


def test_chances_are_met_and_the_rest_goes_well():
    plan = parse_plan({"storage": {"503": 0.2, "lost": 0.1}})

    met = Counter(thrown(plan, "storage"))

    assert met.keys() == {"503", "lost", None}
    assert 300 < met["503"] < 500 and 130 < met["lost"] < 270


def test_a_list_is_met_in_its_order_one_a_request_and_then_no_more():
    plan = parse_plan({"load": [503, "lost", {"delay": {"seconds": 3}}]})

    assert thrown(plan, "load", 5) == ["503", "lost", "delay", None, None]


def test_the_same_seed_gives_the_same_faults_whatever_else_the_plan_says():
    alone = parse_plan({"seed": 4, "storage": {"503": 0.3}})
    more = parse_plan({"seed": 4, "storage": {"503": 0.3}, "load": {"kill": 0.5}})
    other = parse_plan({"seed": 5, "storage": {"503": 0.3}})

    assert thrown(alone, "storage") == thrown(more, "storage")
    assert thrown(alone, "storage") != thrown(other, "storage")


def test_settings_that_are_left_out_have_defaults(read):
    fault, chance = read("load: {drop: {chance: 0.5}}").rules["load"].chances[0]

    assert (fault.kind, fault["seconds"], chance) == ("drop", 2.0, 0.5)


def test_a_spell_takes_every_request_until_it_ends():
    clock = [100.0]
    plan = parse_plan({"storage": [503, {"hang": {"seconds": 60, "spell_s": 5}}, "lost"]})
    dice = Dice("storage", plan, FaultLog(), timer=lambda: clock[0])

    def kinds(requests: int) -> list[str | None]:
        return [fault.name if (fault := dice.next("GET /")) else None for _ in range(requests)]

    assert kinds(4) == ["503", "hang", "hang", "hang"]
    clock[0] += 4.9
    assert kinds(1) == ["hang"]
    clock[0] += 0.2
    assert kinds(2) == ["lost", None]


def test_only_points_that_the_plan_names_have_dice():
    plan = parse_plan({"storage": {"lost": 1}})

    assert dice_for(POINTS, plan, FaultLog()).keys() == {"storage"}


def test_every_fault_is_a_line_with_its_point_and_is_counted(tmp_path):
    plan = parse_plan({"storage": [503, "lost"], "load": [503]})
    for at in ("storage", "load"):
        dice = Dice(at, plan, FaultLog(tmp_path / LOG))
        for number in range(3):
            dice.next(f"GET /{number}")

    lines = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]

    assert [(line["point"], line["request"]) for line in lines] == [
        ("storage 503", "GET /0"),
        ("storage lost", "GET /1"),
        ("load 503", "GET /0"),
    ]
    assert counted(tmp_path) == {"storage 503": 1, "storage lost": 1, "load 503": 1}


def test_every_kind_can_happen_somewhere():
    assert set().union(*POINTS.values()) == KINDS.keys()


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("- 1", None, "must be a mapping"),
        ("", None, "must be a mapping"),
        ("seed: x", 1, "seed must be a whole number"),
        ("seed: 1\nstorrage: {503: 1}", 2, "storrage is not a point"),
        ("storage: 503", 1, "storage must be a mapping"),
        ("storage:\n  503: 2", 2, "storage: 503 must have a chance"),
        ("storage:\n  lost:\n    seconds: 1", 2, "storage: lost has no chance"),
        ("storage:\n  lost: yes", 2, "chance from 0 to 1"),
        ("storage:\n  200: 0.1", 2, "is not a status from 400 to 599"),
        ("storage:\n  kill: 0.1", 2, "is not a fault of storage"),
        ("load:\n  lost: 0.6\n  drop: 0.6", 1, "add up to more than 1"),
        ("load:\n  drop: {chance: 1, after: 3}", 2, "drop: after is not a setting of drop"),
        ("load:\n  drop:\n    chance: 1\n    seconds: soon", 4, "must be a number from 0 to 600"),
        ("load:\n  - 503\n  - [lost]", 3, "must list faults as"),
        ("load:\n  - 503\n  - lost: [1]", 3, "must have its settings as a mapping"),
        ("load: {503: .1, 503: .2}", None, "line 1: 503 is given twice"),
        ("load: &a {503: 1}\nsweep: *a", None, "aliases"),
        ("load: !!python/object/apply:os.system [ls]", None, "tags"),
        ("load: [", None, "is not readable YAML"),
        ("load: {503: .nan}", 1, "chance from 0 to 1"),
    ],
)
def test_a_wrong_plan_is_told_by_file_line_and_key(read, text, line, says):
    with pytest.raises(BadFaultPlan) as raised:
        read(text)

    assert says in str(raised.value)
    assert "faults.yaml" in str(raised.value)
    assert line is None or f"line {line}," in str(raised.value)


def test_the_plans_that_come_along_can_be_read():
    root = Path(__file__).parents[3]

    assert [read_plan(file).rules.keys() for file in root.glob("tests/faults/*.yaml")]


def test_the_documentation_names_every_point_and_every_kind():
    page = (Path(__file__).parents[3] / "docs/reference/faults.md").read_text()

    assert [
        name for name in (*POINTS, *KINDS) if name != "status" and f"`{name}`" not in page
    ] == []
