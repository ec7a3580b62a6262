"""The README's examples do what it says, in their order, in one folder of a newcomer."""

import re
import shlex

import pytest

from cli.main import status_of
from local.home import PROJECT
from tests.agreement_tables import write_csv
from tests.insights_tables import rows

README = (PROJECT / "README.md").read_text()
EXAMPLES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, re.S)
    for line in block.splitlines()
    if line.startswith("tta ")
]
PLAN = re.findall(r"```yaml\n(.*?)```", README, re.S)[0]
OWN_NAMES = {
    "creator": "account",
    "views": "plays",
    "likes": "hearts",
    "unexpectedness": "surprise_score",
}
POST = "7300000000000000061"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, clip):
    """The files that the examples name."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "clips").mkdir()
    clip(folder / "my-video.mp4", "readme")
    clip(folder / f"clips/{POST}.mp4", "clips")
    (folder / "plan.yaml").write_text(PLAN)
    (folder / "posts.csv").write_text(f"video_id,username,views,likes\n{POST},ada,120,7\n")
    own = [{theirs: row[ours] for ours, theirs in OWN_NAMES.items()} for row in rows()]
    write_csv(folder / "videos.csv", own)
    ratings = [
        {"video_id": row["video_id"], "rater": f"human/{who}", "dimension": "unexpectedness"}
        | {"value": min(100, row["unexpectedness"] + shift)}
        for row in rows(40)
        for who, shift in (("anna", 0), ("ben", row["views"] % 9))
    ]
    write_csv(folder / "ratings.csv", ratings)
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

    targets = set(re.findall(r"\bmake ([a-z]+)\b", README))

    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.M)] == []
