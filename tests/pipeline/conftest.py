"""One running cloud for all of these tests, with a small sandbox library, and the `tta` command."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import shared.secret_manager
from cli.console import plain
from cli.main import status_of
from cli.warehouse import Warehouse
from local.cloud import pointing_at, running
from local.endpoints import Endpoints
from local.home import PROJECT
from local.sandbox import Library, mark
from tests.programs import python

POSTS = 24
ENDS_WITHIN_S = 180

OF_THE_DEMO_ALONE = ("test_demo.py", "test_rebuild_from_lake.py", "test_report.py")
"""They come first. Beside what other tests ingest, a report would set the demo aside."""

WHILE_THE_LAKE_HAS_ALL = ("test_region_job.py",)
"""Then these: a rebuild drops the records that other tests publish beside the lake."""

Tta = Callable[..., subprocess.CompletedProcess[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of the demo alone be the first of this folder."""
    here = Path(__file__).parent
    places = [number for number, item in enumerate(items) if item.path.parent == here]
    ours = sorted((items[place] for place in places), key=_comes_later)
    for place, item in zip(places, ours, strict=True):
        items[place] = item


def _comes_later(item: pytest.Item) -> tuple[bool, bool]:
    is_of_the_demo = item.path.name in OF_THE_DEMO_ALONE
    return not is_of_the_demo, item.path.name not in WHILE_THE_LAKE_HAS_ALL


@pytest.fixture(scope="session")
def cloud(
    rendered_library: Path, made_tables: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoints]:
    """The addresses of the running cloud. Commands with its `--home` use it like `tta up`."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(rendered_library, home / "library")
    shutil.copytree(made_tables, home / "data")
    with running(home, posts=POSTS, publish=True) as endpoints:
        yield endpoints


@pytest.fixture
def own_home(cloud: Endpoints, tmp_path: Path) -> Path:
    """Another home, with the library of the shared one, so that none is generated."""
    shutil.copytree(Path(cloud.home) / "library", tmp_path / "home" / "library")
    return tmp_path / "home"


def run_tta(home: Path | str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, whatever its status."""
    command = [*python(), "-m", "cli", *map(str, arguments), "--home", str(home)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=PROJECT, timeout=ENDS_WITHIN_S
    )


def here(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run one command in this process, which has imported it all before."""
    words = [*map(str, arguments), "--home", str(home)]
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        status = status_of(words)
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def tta(cloud: Endpoints) -> Tta:
    """Run a command on the running cloud."""
    return partial(here, Path(cloud.home))


@pytest.fixture(scope="session")
def ask(cloud: Endpoints) -> Callable[[str], list[dict[str, Any]]]:
    """Rows of the star schema, as `tta query --json` prints them."""
    with pointing_at(cloud):
        warehouse = Warehouse(cloud)
    return lambda sql: plain(warehouse.rows(sql))


@pytest.fixture(scope="session")
def demonstrated(tta: Tta) -> dict[str, Any]:
    """The document of the first `tta demo`. After it the sandbox is loaded."""
    result = tta("demo", "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="session")
def clip(cloud: Endpoints) -> Callable[[Path, str], Path]:
    """Write a short real video; another `video_id` marks other bytes, and so another content."""
    library = Library.load(Path(cloud.home) / "library")
    shortest = min(
        (rendered for rendered in library.clips.values() if rendered.has_audio),
        key=lambda rendered: rendered.bytes,
    )
    content = (library.root / shortest.file).read_bytes()

    def write(path: Path, seed: str) -> Path:
        path.write_bytes(content + mark(seed))
        return path

    return write


@pytest.fixture
def target_at(
    cloud: Endpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., str]]:
    """Make the running cloud a target, perhaps with a region. Returns its name.

    Once a test has erased somebody, a target reads the key of tombstones.
    """
    key = Path(cloud.hash_key).read_text() if Path(cloud.hash_key).exists() else ""
    monkeypatch.setattr(shared.secret_manager, "secret_value", lambda name: key)

    def write(region: str = "") -> str:
        table = {
            "project": cloud.project,
            "lake_bucket": cloud.bucket,
            "dataset": cloud.dataset,
            "region": region,
        }
        lines = [f'{name} = "{value}"' for name, value in table.items() if value]
        file = tmp_path / "tta.toml"
        file.write_text("\n".join(["[targets.there]", *lines, ""]))
        monkeypatch.setenv("TTA_CONFIG", str(file))
        return "there"

    with pointing_at(cloud):
        yield write
