"""Each paraphrase of the prompt asks all that the rubric asks, in other words."""

import json
import re
from hashlib import sha256
from itertools import combinations

import pytest
import yaml

from scripts import generate
from scripts.rubric_file import BadRubric, asked_fields, parse_rubric
from scripts.wording_file import parse_wording, wording_files
from shared.config import GeminiSettings
from shared.named_raters import WORDINGS
from shared.rating.gemini.estimate import estimate_call, prompt_tokens
from shared.rating.gemini.question import GeminiCondition, question_file

STANDARD = parse_rubric(generate.RUBRIC.read_bytes())
RUBRICS = {"a": STANDARD} | {
    file.stem: parse_wording(file.read_bytes(), file.name, STANDARD)
    for file in wording_files(generate.WORDINGS)
}
SETTINGS = GeminiSettings(api_key="")
WORDINGS_BUT_A = tuple(RUBRICS)[1:]
FIELDS = [field["name"] for field in asked_fields(STANDARD)]

PROHIBITIONS = {
    "what is burnt in": r"views, likes, comments or followers.*handles.*watermarks",
    "orders in the video": r"instruction",
    "a number that nobody can tell": r"null.*never guess a number",
    "likelihood in a score": r"likel",
    "anchors alone": r"anchors",
}


def condition(wording, **shown):
    return GeminiCondition(SETTINGS, wording=wording, **shown)


def texts_of(wording):
    """Every text of a wording, with the field and the part that it stands for."""
    for field in asked_fields(RUBRICS[wording]):
        for part, text in field.get("anchors", {}).items():
            yield (field["name"], part), text
        for part in ("title", "ask"):
            yield (field["name"], part), field[part]


def test_three_paraphrases_ship():
    assert tuple(RUBRICS) == WORDINGS
    assert all(condition(wording).has_wording for wording in WORDINGS)


@pytest.mark.parametrize("wording", RUBRICS)
def test_a_wording_asks_every_field_in_the_order_of_the_rubric(wording):
    asked = condition(wording)

    _, _, fields = asked.prompt.partition("\n\nsetup: ")
    assert re.findall(r"^([a-z_]+): ", f"setup: {fields}", re.MULTILINE) == FIELDS
    assert asked.schema["propertyOrdering"] == asked.schema["required"] == FIELDS


@pytest.mark.parametrize("wording", RUBRICS)
def test_a_wording_gives_every_score_its_five_anchors(wording):
    scores = sum(field["type"] == "score" for field in STANDARD["dimensions"])

    anchors = re.findall(r"^  (\d+) = \S", condition(wording).prompt, re.MULTILINE)

    assert anchors == ["0", "25", "50", "75", "100"] * scores


@pytest.mark.parametrize("wording", RUBRICS)
def test_a_wording_holds_every_prohibition(wording):
    opening = " ".join(condition(wording).prompt.partition("\n\nsetup:")[0].split()).lower()

    missing = [name for name, words in PROHIBITIONS.items() if not re.search(words, opening)]

    assert missing == []


@pytest.mark.parametrize("wording", RUBRICS)
def test_a_wording_holds_the_limits_that_the_checks_of_an_answer_know(wording):
    prompt = condition(wording).prompt

    assert "20" in prompt and "BCP-47" in prompt
    (sum_of_both,) = re.findall(r"^.*probability_expected.* 1[ .].*$", prompt, re.MULTILINE)
    assert "1" in sum_of_both
    assert re.search(r"suspense_from_s.*[Nn]ull", prompt)


@pytest.mark.parametrize("pair", combinations(RUBRICS, 2), ids="-".join)
def test_two_wordings_share_no_sentence_and_no_anchor(pair):
    first, second = (dict(texts_of(wording)) for wording in pair)

    # A single word such as "medium" may be the only one for half of a scale.
    shared = {text for text in {*first.values()} & {*second.values()} if " " in text}

    assert shared == set()


def test_each_wording_is_a_rater_of_its_own():
    asked = [condition(wording) for wording in RUBRICS]

    names = [each.name.rpartition("/2.0")[2] for each in asked]
    assert names == ["", "+wording-b", "+wording-c", "+wording-d"]
    assert condition("b", sees_caption=True).name.endswith("/2.0+wording-b+caption")
    assert len({each.config_hash for each in asked}) == len(asked)


@pytest.mark.parametrize("wording", WORDINGS_BUT_A)
def test_no_word_of_the_standard_question_is_left_in_a_paraphrase(wording):
    sent = json.dumps(condition(wording).schema) + condition(wording).prompt

    standard = [text for (_, part), text in texts_of("a") if part in ("title", "ask")]

    assert [text for text in standard if text in sent] == []


def test_a_longer_wording_is_expected_to_cost_more():
    plain, longer = (estimate_call(30.0, True, condition(wording)) for wording in ("a", "b"))

    assert longer.prompt_tokens - plain.prompt_tokens == prompt_tokens("b") - prompt_tokens() > 0


def test_a_reader_has_read_the_prompts_as_they_are():
    prompts = [question_file("prompt.txt", wording=wording) for wording in WORDINGS]
    digest = sha256(b"".join(file.read_bytes() for file in prompts)).hexdigest()[:12]
    page = (generate.ROOT / "docs/explanation/measured/wordings.md").read_text()

    assert f"`{digest}`" in page, "run scripts/wordings_reader.py"
    assert {*re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE)} == {*FIELDS}


# --- files that say less, more or the same -------------------------------------------------------


def changed(change):
    wording = yaml.safe_load((generate.WORDINGS / "b.yaml").read_text())
    change(wording)
    return yaml.safe_dump(wording, allow_unicode=True).encode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda it: it["dimensions"].pop("hook"), "hook is only in the rubric"),
        (
            lambda it: it["dimensions"].update(fun={"title": "it is", "ask": "how"}),
            "fun is only in the par",
        ),
        (lambda it: it["dimensions"]["hook"]["anchors"].pop(25), "hook has other anchors"),
        (lambda it: it["dimensions"]["setup"].update(anchors={0: "x"}), "setup has other"),
        (lambda it: it.update(rubric="1.0"), "it paraphrases rubric 1.0, and the rubric is 2.0"),
        (
            lambda it: it["dimensions"]["event"].update(title="What happens at that moment."),
            "event has the title of the rubric",
        ),
        (lambda it: it["dimensions"]["hook"].pop("ask"), "dimensions.hook.ask"),
        (lambda it: it.pop("instructions"), "instructions"),
        (lambda it: it["evidence"].update(title='"""'), "has a backslash"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_a_paraphrase_that_does_not_say_the_same_is_refused(change, says):
    with pytest.raises(BadRubric, match=f"^b.yaml.*{re.escape(says)}"):
        parse_wording(changed(change), "b.yaml", STANDARD)


def test_a_paraphrase_that_is_no_yaml_is_refused():
    with pytest.raises(BadRubric, match=r"^b\.yaml"):
        parse_wording(b"rubric: [", "b.yaml", STANDARD)
