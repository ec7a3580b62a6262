"""Imports follow the arrows between rooms, and nothing imports in a circle."""

from tests.house import rooms, sizes
from tests.house.tree import Module


def test_imports_point_down():
    assert list(rooms.upward_arrows()) == []


def test_every_exception_is_needed(monkeypatch):
    needed = dict(rooms.EXCEPTIONS)
    monkeypatch.setattr(rooms, "EXCEPTIONS", {})

    arrows = {arrow.partition(" -> ")[0] for arrow in rooms.upward_arrows()}

    assert {module for module, _ in needed} == arrows


def test_nothing_imports_in_a_circle():
    assert rooms.circles() == []


def test_an_upward_import_and_a_circle_are_seen(monkeypatch):
    lower = Module("shared/inputs/lower.py", "def f():\n    from shared import upper\n")
    upper = Module("shared/upper.py", "import shared.inputs.lower\n")
    package = Module("shared/__init__.py", "")
    tree = {module.name: module for module in (lower, upper, package)}
    monkeypatch.setattr(rooms, "product", lambda: tree)

    assert list(rooms.upward_arrows()) == ["shared.inputs.lower -> shared.upper"]
    assert rooms.circles() == [["shared.inputs.lower", "shared.upper"]]


def test_modules_entrances_and_functions_are_short():
    lengths = sizes.bodies()

    assert sizes.long_modules() == []
    assert sizes.long_entrances() == []
    assert lengths[0][0] <= 40, lengths[:5]
    assert lengths[len(lengths) // 20][0] <= 19
