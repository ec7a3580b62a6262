"""Names say what a thing is, and a class name stands once. `python -m tests.house` prints all."""

import pytest

from tests.house.names import classes_twice, empty_share
from tests.house.tree import CODE, Module, modules

BAR = 0.005


@pytest.mark.parametrize("tops", [CODE, ("tests",)])
def test_content_free_names_are_rare(tops):
    count, total, names = empty_share(modules(*tops))

    assert count / total < BAR, names.most_common()


def test_a_class_name_stands_once():
    assert classes_twice() == {}


def test_every_way_to_bind_a_name_is_counted():
    text = (
        "import os as one\nfound: int = 1\n_told_, self.said = 1, 2\n"
        "def f(kept, *made, asked=1, **known): pass\n"
        "for given in x: pass\nwith x as left: pass\n"
        "try: pass\nexcept E as standing: pass\n"
        "[wanted for done in x]\nlambda held: 1\n(named := 1)\n"
        "match x:\n    case [there, *beside]: pass\n"
    )

    count, _, names = empty_share([Module("shared/x.py", text)])

    assert count == 16, names
