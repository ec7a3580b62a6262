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


def test_a_zip_holds_the_function_and_all_of_shared(plan, tree):
    packed = {
        function: {file["filename"]: file["content"] for file in archive["source"]}
        for function, archive in plan.zips().items()
    }

    assert packed == {
        function: {name: path.read_text() for name, path in zip_contents(function, tree).items()}
        for function in FUNCTIONS
    }


def test_a_changed_zip_is_another_object_and_so_another_build(plan):
    hashes = {function: archive["output_md5"] for function, archive in plan.zips().items()}

    assert objects(plan) == {name: f"{name}/{digest}.zip" for name, digest in hashes.items()}
    assert len(set(hashes.values())) == len(FUNCTIONS)


def test_a_zip_holds_nothing_but_text():
    """Terraform reads files as UTF-8."""
    for path in zip_contents("analyze").values():
        path.read_text(encoding="utf-8")
