"""Which files a function is made of: all that it runs, and nothing that it does not."""

import hashlib
import json
from pathlib import Path

import pytest

from scripts import sources
from tests.terraform.conftest import ROOT

LOCAL_ONLY = {"local", "cli", "tests", "benchmarks", "docs"}


def contents(root: Path) -> dict[str, str]:
    """Function -> a hash of the names and contents of its zip."""
    return {
        function: hashlib.sha256(
            b"".join(
                sources.name_in_zip(path, function).encode() + (root / path).read_bytes()
                for path in paths
            )
        ).hexdigest()
        for function, paths in sources.sources(root).items()
    }


def objects(plan) -> dict[str, str]:
    """Function -> name of the object that holds its zip."""
    kind = "google_storage_bucket_object"
    return {one["index"]: one["values"]["name"] for one in plan.all() if one["type"] == kind}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


@pytest.fixture
def package(tmp_path) -> Path:
    """A tree with one function and an empty package."""
    (tmp_path / "functions/one").mkdir(parents=True)
    (tmp_path / "functions/one/requirements.txt").write_text("")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/__init__.py").write_text("")
    return tmp_path


def made_of(root: Path, main: str, **modules: str) -> list[str]:
    (root / "functions/one/main.py").write_text(main)
    for name, text in modules.items():
        (root / f"shared/{name}.py").write_text(text)
    return [name for name in sources.sources_of("one", root) if name.startswith("shared/")]


def test_the_list_that_terraform_reads_is_up_to_date():
    written = json.loads((ROOT / sources.TARGET).read_text())

    assert written == sources.sources(), "write it anew: python scripts/sources.py"


def test_editing_signals_changes_analyze_alone(edited):
    assert changed(contents(ROOT), contents(edited)) == {"analyze"}


def test_editing_signals_builds_analyze_alone_anew(plan, edited_plan):
    assert changed(objects(plan), objects(edited_plan)) == {"analyze"}


def test_load_carries_every_merge_statement_and_analyze_none():
    found = sources.sources()

    assert {f"shared/warehouse/merge/{path.name}" for path in merges()} <= set(found["load"])
    assert not any(path.endswith(".sql") for path in found["analyze"])


def merges() -> list[Path]:
    return list((ROOT / "shared/warehouse/merge").glob("*.sql"))


def test_no_function_carries_what_only_a_laptop_runs():
    tops = {path.split("/")[0] for paths in sources.sources().values() for path in paths}

    assert tops & LOCAL_ONLY == set()


def test_an_import_inside_a_function_counts(package):
    main = "def handle():\n    from shared.late import it\n"

    assert made_of(package, main, late="") == ["shared/__init__.py", "shared/late.py"]


def test_what_an_imported_module_imports_counts(package):
    found = made_of(package, "import shared.a", a="from . import b", b="")

    assert found == ["shared/__init__.py", "shared/a.py", "shared/b.py"]


def test_a_module_that_nobody_imports_stays_out(package):
    assert made_of(package, "import shared.a", a="", b="") == ["shared/__init__.py", "shared/a.py"]


def test_a_data_file_beside_its_module_counts(package):
    (package / "shared/prompt.txt").write_text("")
    (package / "shared/other.txt").write_text("")
    reads = "from pathlib import Path\nPROMPT = (Path(__file__).parent / 'prompt.txt').read_text()"

    assert "shared/prompt.txt" in made_of(package, "import shared.a", a=reads)
    assert "shared/other.txt" not in made_of(package, "import shared.a", a=reads)


def test_a_name_known_only_at_run_time_stands_for_all_that_fit(package):
    (package / "shared/merge").mkdir()
    for name in ("a.sql", "b.sql", "c.md"):
        (package / "shared/merge" / name).write_text("")
    reads = (
        "from pathlib import Path\nHERE = Path(__file__).parent / 'merge'\n"
        "def read(t):\n    return (HERE / f'{t}.sql').read_text()"
    )

    found = made_of(package, "import shared.a", a=reads)

    assert [name for name in found if "/merge/" in name] == [
        "shared/merge/a.sql",
        "shared/merge/b.sql",
    ]


def test_a_module_whose_data_cannot_be_told_is_refused(package):
    reads = "from pathlib import Path\ndef read(n):\n    return open(Path(__file__)).read()"

    with pytest.raises(sources.Unclear):
        made_of(package, "import shared.a", a=reads)
