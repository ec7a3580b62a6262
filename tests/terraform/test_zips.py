"""Each function's zip: its own files and all of shared/, and nothing of a laptop."""

from tests.terraform.zips import FUNCTIONS, zip_contents


def objects(plan) -> dict[str, str]:
    """Function -> name of the object that holds its zip; the name carries the hash of the zip."""
    kind = "google_storage_bucket_object"
    return {
        resource["index"]: resource["values"]["name"]
        for resource in plan.all()
        if resource["type"] == kind
    }


def test_a_zip_holds_the_function_and_all_of_shared(plan):
    expected = {
        function: {name: path.read_text() for name, path in zip_contents(function).items()}
        for function in FUNCTIONS
    }

    assert plan.zips() == expected


def test_a_change_in_shared_builds_every_function_anew(plan, edited_plan):
    before, after = objects(plan), objects(edited_plan)

    assert before.keys() == after.keys() == set(FUNCTIONS)
    assert [name for name in before if before[name] == after[name]] == []


def test_a_zip_holds_nothing_but_text():
    """Terraform reads files as UTF-8."""
    for path in zip_contents("analyze").values():
        path.read_text(encoding="utf-8")
