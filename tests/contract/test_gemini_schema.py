"""Ratings when Gemini refuses the response schema, or answers a bare 400."""

import json

import pytest

from shared.errors import Misconfigured, Transient
from shared.rating.gemini.answers import Answers
from shared.rating.gemini.question import IN_WORDS, GeminiCondition
from shared.storage.layout import RatingKey, answer_name
from tests.gemini_world import World, make_clip
from tests.stand_ins.gemini import standing_in
from tests.stand_ins.gemini.serving import BARE, TOO_MANY_STATES
from tests.stand_ins.gemini.wire import camel

VIDEO_ID = "7300000000000000001"
STATES = {"code": 400, "message": TOO_MANY_STATES}
BARE_400 = {"code": 400, "message": BARE}
IN_DETAILS = {
    **BARE_400,
    "details": [
        {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"description": TOO_MANY_STATES}],
        }
    ],
}
OF_THE_FILE = {"code": 400, "message": "Unable to process the input video."}
DENIED = {"code": 403, "message": "Permission 'aiplatform.endpoints.predict' denied on resource."}
PASSES = None


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture
def gemini():
    with standing_in() as gemini:
        yield gemini


@pytest.fixture
def world(gemini, clip):
    return World(gemini, clip)


def refuse(gemini, with_schema=PASSES, in_words=PASSES, without_file=PASSES):
    """Script the replies to each of the three ways to ask."""
    ways = (
        ({"with_schema": True}, with_schema),
        ({"with_schema": False, "uri": "gs://"}, in_words),
        ({"with_schema": False, "uri": "sha256:"}, without_file),
    )
    gemini.script(*({"when": when, "error": end, "times": None} for when, end in ways if end))


# --- the table of states --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "status", "reason", "flags", "calls"),
    [
        ({}, "rated", None, set(), 1),
        ({"with_schema": STATES}, "rated", None, {"schema_relaxed"}, 2),
        ({"with_schema": IN_DETAILS}, "rated", None, {"schema_relaxed"}, 2),
        ({"with_schema": BARE_400}, "rated", None, {"schema_relaxed"}, 2),
        ({"with_schema": OF_THE_FILE}, "unratable", "not_accepted", set(), 1),
        *(
            (
                {"with_schema": refusal, "in_words": OF_THE_FILE},
                *("unratable", "not_accepted", set(), 2),
            )
            for refusal in (STATES, BARE_400)
        ),
        *(
            (
                {"with_schema": refusal, "in_words": BARE_400},
                *("unratable", "not_accepted", set(), 3),
            )
            for refusal in (STATES, BARE_400)
        ),
    ],
    ids=str,
)
def test_a_refused_request_becomes_a_row(world, ends, status, reason, flags, calls):
    refuse(world.gemini, **ends)

    rating = world.rate()
    world.rate()

    assert (rating.status, rating.reason, set(rating.flags)) == (status, reason, flags)
    assert world.calls == calls


@pytest.mark.parametrize(
    ("ends", "meaning", "calls"),
    [
        ({"with_schema": STATES, "in_words": STATES}, Misconfigured, 2),
        ({"with_schema": STATES, "in_words": 429}, Transient, 3),
        ({"with_schema": BARE_400, "in_words": 503}, Transient, 3),
        (dict.fromkeys(("with_schema", "in_words", "without_file"), BARE_400), Misconfigured, 3),
        (
            {"with_schema": BARE_400, "in_words": BARE_400, "without_file": DENIED},
            *(Misconfigured, 3),
        ),
        (
            {"with_schema": BARE_400, "in_words": BARE_400, "without_file": OF_THE_FILE},
            *(Misconfigured, 3),
        ),
        ({"with_schema": BARE_400, "in_words": BARE_400, "without_file": 503}, Transient, 4),
    ],
    ids=str,
)
def test_what_is_not_the_files_settles_nothing(world, ends, meaning, calls):
    refuse(world.gemini, **ends)

    with pytest.raises(meaning):
        world.rate()

    assert world.calls == calls
    assert list(world.lake.names("ratings/")) == []
    assert world.bus.published == []


# --- what is asked without a schema on the wire ---------------------------------------------------


def test_the_schema_is_told_in_words_and_all_else_is_as_before(world):
    refuse(world.gemini, with_schema=STATES)

    world.rate()

    first, second = (camel(request.json) for request in world.gemini.requests)
    schema = first["generationConfig"].pop("responseSchema")
    *before, schema_part = second["systemInstruction"].pop("parts")
    assert before == first["systemInstruction"].pop("parts")
    assert schema_part["text"].startswith(IN_WORDS)
    assert json.loads(schema_part["text"].removeprefix(IN_WORDS)) == schema
    assert second == first
    assert second["generationConfig"]["responseMimeType"] == "application/json"


def test_an_answer_to_words_is_held_to_every_check(world):
    refuse(world.gemini, with_schema=STATES)
    world.gemini.script({"flaw": "out_of_range"})

    rating = world.rate()

    assert set(rating.flags) == {"schema_relaxed", "corrected"}
    assert world.calls == 3


def test_no_later_video_pays_the_refused_call_again(world):
    refuse(world.gemini, with_schema=BARE_400)
    app = world.app()
    ratings = []
    for number in range(3):
        world.deliver(world.upload(f"730000000000000000{number}"), app=app)
        ratings.append(world.bus.published[-1].rating)

    assert [rating.flags for rating in ratings] == [("schema_relaxed",)] * 3
    assert world.calls == 1 + 3


@pytest.mark.parametrize(
    ("refusal", "calls"), [(STATES, 1 + 2 * 2), (IN_DETAILS, 1 + 2 * 2), (BARE_400, 2 * (1 + 2))]
)
def test_only_a_refusal_with_its_cause_is_remembered_before_the_words_pass(world, refusal, calls):
    refuse(world.gemini, with_schema=refusal, in_words=503)
    app = world.app()

    for delivery in ("d1", "d2"):
        with pytest.raises(Transient):
            world.deliver(world.upload(), delivery, app)

    assert world.calls == calls


def test_a_file_that_is_refused_relaxes_no_other_video(world):
    app = world.app()
    refuse(world.gemini, with_schema=BARE_400, in_words=BARE_400)
    world.deliver(world.upload(), app=app)
    world.gemini.service.script.add([], clear=True)
    world.deliver(world.upload("7300000000000000002"), app=app)

    first, second = (record.rating for record in world.bus.published)
    assert (first.reason, second.status, second.flags) == ("not_accepted", "rated", ())


def test_a_refused_call_costs_nothing(world):
    plain = world.rate()
    refuse(world.gemini, with_schema=STATES)
    relaxed = world.rate(condition="gemini", replicate=1)

    assert relaxed.video_tokens == plain.video_tokens
    assert 0 < relaxed.cost_usd < 1.5 * plain.cost_usd


def test_the_question_without_the_file_is_on_the_days_bill(gemini, clip):
    world = World(gemini, clip, usd=10.0)
    refuse(gemini, with_schema=BARE_400, in_words=BARE_400)

    world.rate()
    world.budget.close()

    (name,) = world.lake.names("state/spend/")
    (instance,) = json.loads(world.lake.read(name))["instances"].values()
    assert 0 < instance["paid_nano_usd"] < 0.01 * 1e9


def test_an_answer_that_was_kept_is_found_again_with_its_flag(world, monkeypatch):
    refuse(world.gemini, with_schema=STATES)
    store = world.lake.write_once

    def crash(name, content, content_type="application/json"):
        if name.startswith("ratings/"):
            raise ConnectionError("killed")
        return store(name, content, content_type)

    monkeypatch.setattr(world.lake, "write_once", crash)
    with pytest.raises(ConnectionError):
        world.rate()
    monkeypatch.undo()
    world.gemini.service.script.add([], clear=True)

    rating = world.rate()

    assert (rating.status, rating.flags) == ("rated", ("schema_relaxed",))
    assert world.calls == 2


def test_a_relaxed_answer_lies_under_the_same_key(world):
    upload = world.upload()
    refuse(world.gemini, with_schema=STATES)
    world.deliver(upload)

    condition = GeminiCondition(world.settings)
    key = RatingKey(upload.generation, condition.name, condition.config_hash)
    stored = Answers(world.lake).find(VIDEO_ID, key, 1)
    assert stored.schema_relaxed
    assert world.lake.exists(answer_name(VIDEO_ID, key, 1))


# --- what is on the wire --------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["gemini-3.5-flash-lite", "gemini-3.8-flash"])
def test_the_stand_in_serves_our_schema(gemini, clip, model):
    world = World(gemini, clip, model=model)

    assert world.rate().flags == ()


BOUNDS = frozenset(
    {
        *("minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength"),
        *("minProperties", "maxProperties", "pattern", "format"),
    }
)


def names_in(value):
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from names_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner)


def test_no_bound_is_on_the_wire(world):
    world.rate()

    (request,) = world.gemini.requests
    schema = camel(request.json)["generationConfig"]["responseSchema"]
    assert schema == GeminiCondition(world.settings).schema
    assert BOUNDS & set(names_in(schema)) == set()
    assert schema["propertyOrdering"] == schema["required"] == list(schema["properties"])


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"unexpectedness": 101}, "unexpectedness: Input should be less than or equal to 100"),
        ({"confidence": -1}, "confidence: Input should be greater than or equal to 0"),
        ({"probability_actual": 1.5}, "probability_actual: Input should be less than or equal"),
        ({"probability_expected": -0.1}, "probability_expected: Input should be greater than"),
        ({"surprise_onset_s": -0.5}, "surprise_onset_s: Input should be greater than or equal"),
        ({"evidence": [{"at_s": -1.0, "what": "x"}]}, "evidence.0.at_s: Input should be greater"),
        (
            {"evidence": [{"at_s": 1.0, "what": "x"}] * 21},
            "evidence: Tuple should have at most 20 items",
        ),
        (
            {"evidence": [{"at_s": 1.0, "what": "x"}] * 500},
            "evidence: Tuple should have at most 20 items",
        ),
    ],
    ids=["101", "-1", "p 1.5", "p -0.1", "onset", "moment", "21 moments", "500 moments"],
)
def test_every_bound_that_left_the_wire_is_checked_and_the_answer_is_kept(world, values, complaint):
    upload = world.upload()
    world.gemini.script({"values": values})

    rating = world.rate()

    assert (rating.status, rating.flags, world.calls) == ("rated", ("corrected",), 2)
    *_, checks = world.gemini.requests[-1].json["contents"]
    assert complaint in checks["parts"][0]["text"]
    condition = GeminiCondition(world.settings)
    key = RatingKey(upload.generation, condition.name, condition.config_hash)
    stored = Answers(world.lake).find(VIDEO_ID, key, 1).response
    text = stored["candidates"][0]["content"]["parts"][0]["text"]
    assert json.loads(text) | values == json.loads(text)


def test_a_list_without_an_end_is_cut_off_and_goes_back_once(world):
    world.gemini.script({"values": {"evidence": [{"at_s": 1.0, "what": "x"}] * 2_000}})

    rating = world.rate()

    assert (rating.status, rating.flags, world.calls) == ("rated", ("corrected",), 2)
    assert rating.output_tokens > 8_192
    *_, checks = world.gemini.requests[-1].json["contents"]
    assert "evidence has more than 20 moments" in checks["parts"][0]["text"]


def test_a_list_without_an_end_twice_is_unratable_with_both_answers_kept(world):
    endless = {"evidence": [{"at_s": 1.0, "what": "x"}] * 2_000}
    world.gemini.script({"values": endless, "times": None})

    rating = world.rate()
    world.rate()

    assert (rating.status, rating.reason, world.calls) == ("unratable", "failed_checks", 2)
    assert len(list(world.lake.names("answers/"))) == 2


def test_twenty_moments_pass(world):
    world.gemini.script({"values": {"evidence": [{"at_s": 1.0, "what": "x"}] * 20}})

    rating = world.rate()

    assert (len(rating.evidence), world.calls) == (20, 1)


# --- frames ---------------------------------------------------------------------------------------


def shown(frames):
    details = [{"modality": "TEXT", "tokenCount": 2_600}]
    details += [{"modality": "VIDEO", "tokenCount": frames * 70}] if frames else []
    return {"usage": {"promptTokenCount": 2_600 + frames * 70, "promptTokensDetails": details}}


def test_one_frame_a_second_instead_of_four_is_flagged(world):
    world.gemini.script(shown(10))

    rating = world.rate()

    assert (rating.status, rating.flags) == ("rated", ("fps_not_honoured",))
    assert rating.video_tokens == 700


@pytest.mark.parametrize("usage", [{"promptTokensDetails": []}, None], ids=str)
def test_an_answer_without_tokens_by_modality_is_not_flagged(world, usage):
    world.gemini.script({"usage": usage})

    assert world.rate().flags == ()
