"""The README's examples do what it says, in their order, in one folder of a newcomer."""

import re
import shlex

import pytest

from cli.main import status_of
from local.home import PROJECT
from tests.docs.pages import blocks
from tests.docs.prepared import prepare

BLOCKS = blocks((PROJECT / "README.md").read_text())
EXAMPLES = [
    line
    for block in BLOCKS
    if block.is_run
    for line in block.text.splitlines()
    if line.startswith("tta ")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that the examples name."""
    folder = tmp_path_factory.mktemp("readme")
    prepare(folder)
    for block in BLOCKS:
        if block.is_file:
            (folder / block.title).write_text(block.text)
    return folder


def test_the_readme_has_examples():
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_readme_works(example, cloud, demonstrated, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TTA_HOME", cloud.home)

    status = status_of(shlex.split(example)[1:])

    printed = capsys.readouterr()
    assert status == 0, printed.err
    assert printed.out.strip()


def test_every_make_target_of_the_readme_exists():
    makefile = (PROJECT / "Makefile").read_text()

    targets = set(re.findall(r"\bmake ([a-z]+)\b", (PROJECT / "README.md").read_text()))

    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.M)] == []
