"""A page of the documentation is run as its reader would, and an untrue line is named."""

import pytest

from tests.docs.check import PageFailed, check
from tests.docs.expected import difference
from tests.docs.pages import blocks

FENCE = "`" * 3


@pytest.fixture
def follow(tmp_path):
    """Run a page of these blocks, and give the count of those that were run."""

    def follow(*parts: str) -> int:
        page = tmp_path / "tutorials" / "page.md"
        page.parent.mkdir()
        fenced = [f"{FENCE}{part}\n{FENCE}\n" for part in parts]
        page.write_text("\n".join(["# Page\n", *fenced]))
        folder = tmp_path / "folder"
        folder.mkdir()
        return check(page, folder).count

    return follow


def test_folder_and_exported_variables_go_on_to_the_next_block(follow):
    assert follow(
        "sh\nexport WHO=ada\nmkdir here\ncd here",
        'sh\necho "$WHO in ${PWD##*/}"',
        "text\nada in here",
    )


def test_a_titled_block_is_the_file_that_the_reader_writes(follow):
    assert follow('yaml title="plan.yaml"\na: 1', "sh\ncat plan.yaml", "text\na: 1") == 1


def test_blocks_that_need_a_key_are_not_run(follow):
    assert follow("console\n$ exit 1", "\nexit 1", "text\nnothing printed this") == 0


def test_python_and_a_terminal_beside_are_run(follow):
    assert (
        follow(
            'sh title="another terminal"\necho ready > here\necho ready\nsleep 60',
            "text\nready",
            "python\nprint(open('here').read())",
            "text\nready",
        )
        == 2
    )


def test_an_error_that_the_page_shows_must_happen(follow):
    assert follow('sh title="this fails"\nls nowhere', "text\n…nowhere…") == 1


def test_a_block_that_should_fail_and_does_not_is_named(follow):
    with pytest.raises(PageFailed, match=r"page\.md:4: exit status 0"):
        follow('sh title="this fails"\ntrue')


def test_a_failure_names_page_line_and_command(follow):
    with pytest.raises(PageFailed, match=r"page\.md:8: exit status 1 of false\n"):
        follow("sh\ntrue", "sh\necho a\nfalse\necho b")


def test_an_output_that_is_not_shown_is_named_line_by_line(follow):
    with pytest.raises(PageFailed, match=r"page\.md:4: (?s:.*)- 3 videos\n\+ 4 videos"):
        follow("sh\necho 4 videos", "text\n3 videos")


def test_a_page_has_no_key_and_a_home_of_its_own(follow, monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "secret")

    assert follow('sh\necho "key: $GEMINI_API_KEY"\necho "$TTA_HOME"', "text\nkey:\n…folder/.local")


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a … c", "a b c"),
        ("a\n…\nd", "a\nb\nc\nd"),
        ("a\n…\nd", "a\nd"),
        ("…", "a\nb"),
        ("a", "a  \n\n"),
        ("100 %", "\r  50 %\r 75 %\r100 %"),
    ],
)
def test_what_is_shown_may_leave_text_out(shown, printed):
    assert difference(shown, printed) == ""


@pytest.mark.parametrize(("shown", "printed"), [("a … c", "a b\nc"), ("a", "a\nb"), ("a.", "ab")])
def test_other_text_is_a_difference(shown, printed):
    assert difference(shown, printed) != ""


def test_a_block_in_a_list_has_its_language_title_text_and_line():
    page = f'1. Do:\n\n   {FENCE}sh title="x"\n   a\n     b\n   {FENCE}\n'

    (block,) = blocks(page)

    assert (block.language, block.title, block.text, block.line) == ("sh", "x", "a\n  b\n", 4)
