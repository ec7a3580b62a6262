"""A YAML file that a person writes is read at once, or refused with a sentence."""

import pytest

from shared.inputs.yaml_input import LOADER, MAX_NODES, BadYaml, read_yaml


@pytest.mark.parametrize("number", ["1:" * 200 + "1.5", "-" + "1:" * 10_000 + "1.5"])
def test_a_number_to_base_60_beyond_any_float_is_not_readable(number):
    with pytest.raises(BadYaml, match="is not readable YAML"):
        read_yaml(f"seed: {number}".encode())


def test_more_keys_and_values_than_a_person_writes_are_refused():
    # The list itself is one.
    most = b"- 1\n" * (MAX_NODES - 1)

    assert len(read_yaml(most)[0]) == MAX_NODES - 1
    with pytest.raises(BadYaml, match="line 50000: more than 50,000 keys and values"):
        read_yaml(most + b"- 1\n")


def test_mappings_count_too():
    with pytest.raises(BadYaml, match="more than"):
        read_yaml(b"{" + b",".join(b"k%d: 1" % n for n in range(MAX_NODES // 2)) + b"}")


def test_the_value_and_the_lines_are_those_of_the_file():
    value, lines = read_yaml(b"# a\na:\n  - x\n  - b: 1\n")

    assert value == {"a": ["x", {"b": 1}]}
    assert (lines.of(("a",)), lines.of(("a", 1, "b")), lines.of(("b",))) == (2, 4, None)
    assert read_yaml(b"")[0] is None


def test_it_is_read_in_c():
    """In Python 200 kB took fourteen seconds."""
    assert LOADER.__name__ == "CSafeLoader"
