"""What is compiled before the processes of the suite start is what they take."""

from _pytest.assertion import rewrite

from tests import bytecode


def test_pytest_takes_the_file_that_was_rewritten_before(tmp_path, request, monkeypatch):
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    path = tmp_path / "test_small.py"
    path.write_text("def test_small():\n    assert 1 == 1\n")
    stored = rewrite.get_cache_dir(path) / f"test_small{rewrite.PYC_TAIL}"

    bytecode._rewrite(path, request.config)

    assert rewrite._read_pyc(path, stored) is not None
    path.write_text("def test_small():\n    assert 1 == 2\n")
    assert rewrite._read_pyc(path, stored) is None
