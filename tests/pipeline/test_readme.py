"""The README's examples do what it says."""

import re
import shlex

import pytest

from local.home import PROJECT

README = (PROJECT / "README.md").read_text()
EXAMPLES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, re.S)
    for line in block.splitlines()
    if line.startswith("tta ")
]


def test_the_readme_has_examples():
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_readme_works(example, tta, demonstrated, clip, tmp_path):
    clip(tmp_path / "my-video.mp4", "readme")
    words = shlex.split(example)[1:]

    result = tta(*(str(tmp_path / word) if word.endswith(".mp4") else word for word in words))

    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


def test_every_make_target_of_the_readme_exists():
    makefile = (PROJECT / "Makefile").read_text()

    targets = set(re.findall(r"\bmake ([a-z]+)\b", README))

    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.M)] == []
