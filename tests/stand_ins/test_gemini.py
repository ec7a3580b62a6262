"""The Gemini stand-in speaks the wire format that the real client expects."""

import base64
import hashlib
import json
import os
import signal
import subprocess
from pathlib import Path

import httpx
import pytest
import requests
from google import genai
from google.genai import errors, types
from google.oauth2.credentials import Credentials

from shared.rubric_values import Values
from tests.programs import python
from tests.stand_ins.gemini import standing_in
from tests.stand_ins.gemini.flaws import FLAWS
from tests.stand_ins.gemini.ledger import Ledger

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "shared/rating/response_schema.json").read_text())
LITE = "gemini-3.5-flash-lite"
CLIP = "gs://lake/videos/7300000000000000001.mp4"
OTHER = "gs://lake/videos/7300000000000000002.mp4"
BLOCK_REASONS = "SAFETY OTHER BLOCKLIST PROHIBITED_CONTENT IMAGE_SAFETY MODEL_ARMOR JAILBREAK"
FINISH_REASONS = (
    "MAX_TOKENS SAFETY RECITATION LANGUAGE OTHER BLOCKLIST PROHIBITED_CONTENT SPII "
    "MALFORMED_FUNCTION_CALL IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION IMAGE_OTHER "
    "NO_IMAGE UNEXPECTED_TOOL_CALL TOO_MANY_TOOL_CALLS CONTINUATION"
)


@pytest.fixture
def gemini():
    with standing_in() as gemini:
        yield gemini


def vertex(url, location="global", **options):
    return genai.Client(
        enterprise=True,
        project="p",
        location=location,
        credentials=Credentials("tok"),
        http_options=types.HttpOptions(base_url=url, **options),
    )


def developer(url):
    return genai.Client(api_key="k", http_options=types.HttpOptions(base_url=url))


def clip(uri=CLIP, **video):
    return types.Part(
        file_data=types.FileData(file_uri=uri, mime_type="video/mp4"),
        video_metadata=types.VideoMetadata(**video) if video else None,
    )


def ask(gemini, uri=CLIP, *, model=LITE, contents=None, location="global", fps=None, **config):
    """Rate a clip through the real client on Vertex."""
    settings = {"response_mime_type": "application/json", "response_schema": SCHEMA, **config}
    video = {} if fps is None else {"fps": fps}
    client = vertex(gemini.url, location)
    return client.models.generate_content(
        model=model,
        contents=contents or [clip(uri, **video), "Rate this video."],
        config=types.GenerateContentConfig(**settings),
    )


def refusal(gemini, **arguments):
    with pytest.raises(errors.APIError) as caught:
        ask(gemini, **arguments)
    return caught.value.code, caught.value.status, caught.value.message


def post(gemini, body, *, model=LITE, headers=None, base="vertex"):
    """The bytes that another client would send."""
    paths = {
        "vertex": "/v1beta1/projects/p/locations/global/publishers/google/models/",
        "developer": "/v1beta/models/",
    }
    key = {"vertex": {"Authorization": "Bearer tok"}, "developer": {"x-goog-api-key": "k"}}[base]
    url = f"{gemini.url}{paths[base]}{model}:generateContent"
    return requests.post(url, json=body, headers=key if headers is None else headers, timeout=5)


def body(**fields):
    part = {"fileData": {"fileUri": CLIP, "mimeType": "video/mp4"}}
    return {"contents": [{"role": "user", "parts": [part, {"text": "Rate."}]}], **fields}


# The answer


def test_the_default_answer_is_a_rating_of_the_rubric(gemini):
    answer = json.loads(ask(gemini).text)

    assert list(answer) == SCHEMA["propertyOrdering"]
    evidence = answer.pop("evidence")
    Values.model_validate(answer)
    assert all(0 <= moment["at_s"] <= 10 for moment in evidence)
    assert answer["probability_expected"] + answer["probability_actual"] <= 1


def test_a_clip_gets_the_same_answer_each_time_and_another_clip_another(gemini):
    first, again, other = ask(gemini), ask(gemini), ask(gemini, OTHER)

    assert first.text == again.text
    assert first.text != other.text


def test_another_seed_gives_a_slightly_other_opinion(gemini):
    first, other = (json.loads(ask(gemini, seed=seed).text) for seed in (1, 2))

    assert first != other
    assert abs(first["unexpectedness"] - other["unexpectedness"]) <= 8


def test_a_restless_stand_in_changes_its_opinion_when_asked_again():
    with standing_in(restless=True) as gemini:
        assert ask(gemini).text != ask(gemini).text


def test_no_answer_can_be_mistaken_for_a_models(gemini):
    answer = ask(gemini)

    assert answer.model_version == f"{LITE}-stand-in"
    assert answer.response_id


def test_a_field_that_the_rubric_gains_is_answered_too(gemini):
    properties = {"virality": {"type": "INTEGER", "minimum": 3, "maximum": 5}}

    answer = ask(gemini, response_schema={"type": "OBJECT", "properties": properties})

    assert 3 <= json.loads(answer.text)["virality"] <= 5


def test_an_inline_file_is_known_by_its_content(gemini):
    client = developer(gemini.url)
    contents = [b"\xfb\xff", b"\xfb\xff", b"\xfb\xfe"]  # both alphabets of base64 differ here

    first, again, other = (
        client.models.generate_content(
            model=LITE, contents=types.Part.from_bytes(data=data, mime_type="video/mp4")
        ).text
        for data in contents
    )

    assert first == again != other


def test_the_developer_api_has_its_own_paths_and_key(gemini):
    client = developer(gemini.url)

    assert client.models.generate_content(model=LITE, contents="Rate.").text

    (request,) = gemini.requests
    assert request.path == f"/v1beta/models/{LITE}:generateContent"
    assert request.headers["x-goog-api-key"] == "k"


def test_either_spelling_of_a_request_gets_the_same_answer(gemini):
    snake = {"file_data": {"file_uri": CLIP, "mime_type": "video/mp4"}}
    mixed = {"fileData": {"file_uri": CLIP, "mimeType": "video/mp4"}}
    parts = [body()["contents"][0]["parts"][0], snake, mixed]

    answers = [
        post(gemini, {"contents": [{"role": "user", "parts": [part]}]}).json() for part in parts
    ]

    assert answers[0] == answers[1] == answers[2]


def test_it_can_answer_in_snake_case(gemini):
    gemini.script({"casing": "snake"})

    answer = post(gemini, body()).json()

    assert answer["candidates"][0]["finish_reason"] == "STOP"
    assert answer["usage_metadata"]["prompt_token_count"] > 0


# Tokens


def test_tokens_follow_the_documented_rules():
    with standing_in(durations={"7300000000000000001": 30}) as gemini:
        usage = ask(gemini, fps=1.0).usage_metadata

    by_modality = {part.modality: part.token_count for part in usage.prompt_tokens_details}
    assert by_modality == {"TEXT": 4, "VIDEO": 2_100, "AUDIO": 750}
    assert usage.prompt_token_count == 2_854
    assert usage.total_token_count == (
        2_854 + usage.candidates_token_count + usage.thoughts_token_count
    )


@pytest.mark.parametrize(
    ("video", "config", "tokens"),
    [
        ({}, {}, 700),
        ({"fps": 4.0}, {}, 2_800),
        ({"fps": 1.0}, {"media_resolution": "MEDIA_RESOLUTION_HIGH"}, 2_800),
        ({"fps": 1.0}, {"media_resolution": "MEDIA_RESOLUTION_LOW"}, 700),
        ({"start_offset": "2s", "end_offset": "4.5s", "fps": 2.0}, {}, 350),
    ],
)
def test_video_tokens_are_frames_at_the_requested_rate(gemini, video, config, tokens):
    usage = ask(gemini, contents=[clip(**video), "Rate."], **config).usage_metadata

    counted = {part.modality: part.token_count for part in usage.prompt_tokens_details}
    assert counted["VIDEO"] == tokens


def test_a_silent_clip_has_no_audio_tokens():
    with standing_in(silent=["7300000000000000001.mp4"]) as gemini:
        usage = ask(gemini).usage_metadata

    assert [part.modality for part in usage.prompt_tokens_details] == ["TEXT", "VIDEO"]


def test_tokens_are_counted_without_an_answer(gemini):
    client = vertex(gemini.url)

    counted = client.models.count_tokens(model=LITE, contents=[clip(), "Rate."])

    assert (
        counted.total_tokens
        == ask(gemini, contents=[clip(), "Rate."]).usage_metadata.prompt_token_count
    )


def test_thinking_uses_up_the_limit_on_output(gemini):
    answer = ask(gemini, max_output_tokens=150, thinking_config={"thinking_level": "LOW"})

    assert answer.candidates[0].finish_reason == "MAX_TOKENS"
    assert answer.usage_metadata.candidates_token_count == 30
    assert answer.parsed is None


# What it refuses


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"contents": [types.ModelContent("So")]}, "ending with a model turn"),
        ({"candidate_count": 1}, "candidate_count"),
        ({"thinking_config": {"thinking_level": "LOW", "thinking_budget": 5}}, "only set one"),
        (
            {"thinking_config": {"thinking_level": "MINIMAL"}, "model": "gemini-3.8-flash"},
            "MINIMAL",
        ),
        ({"fps": 0.0}, "fps"),
        ({"fps": 24.5}, "fps"),
        ({"presence_penalty": 0.5}, "presencePenalty"),
        ({"frequency_penalty": -0.5}, "frequencyPenalty"),
        ({"max_output_tokens": 65_537}, "max_output_tokens"),
        ({"response_mime_type": None}, "application/json"),
        ({"safety_settings": [{"category": "HARM_CATEGORY_HARASSMENT"}]}, "threshold"),
        ({"contents": [clip("gs://b/a.avi"), clip(start_offset="soon")]}, "startOffset"),
    ],
)
def test_what_the_model_does_not_take_is_an_invalid_argument(gemini, arguments, part):
    code, status, message = refusal(gemini, **arguments)

    assert (code, status) == (400, "INVALID_ARGUMENT")
    assert part in message


@pytest.mark.parametrize(
    "wrong",
    [
        {"kontents": []},
        {"store": True},
        {"contents": []},
        {"contents": [{"role": "user", "parts": []}]},
        {"contents": [{"parts": [{"text": "no role"}]}]},
        {"contents": [{"role": "user", "parts": [{"text": ""}]}]},
        {"contents": [{"role": "user", "parts": [{"fileData": {"fileUri": CLIP}}]}]},
        {"contents": [{"role": "user", "parts": [{"text": "a", "colour": "red"}]}]},
        {"generationConfig": {"temprature": 0}},
        {"generationConfig": {"thinkingConfig": {"thinkingLevel": ["LOW"]}}},
        {"systemInstruction": "be brief"},
    ],
)
def test_a_field_that_is_unknown_missing_or_misshapen_is_refused(gemini, wrong):
    answer = post(gemini, body(**wrong))

    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "TUPLE"},
        {"type": "integer"},
        {"type": "OBJECT", "properties": {"a": {"type": "FLOAT"}}},
        {"type": "ARRAY"},
        {"type": "OBJECT", "properties": {}, "required": ["a"]},
        {"type": "STRING", "const": "a"},
    ],
)
def test_a_schema_that_is_none_is_refused(gemini, schema):
    config = {"responseMimeType": "application/json", "responseSchema": schema}

    assert post(gemini, body(generationConfig=config)).status_code == 400


def test_labels_are_for_vertex_only(gemini):
    labelled = body(labels={"video_id": "7"})

    statuses = [post(gemini, labelled, base=base).status_code for base in ("vertex", "developer")]

    assert statuses == [200, 400]


@pytest.mark.parametrize(
    ("model", "location"),
    [
        (LITE, "us-central1"),
        ("gemini-3.8-flash", "europe-west1"),
        ("gemini-2.5-flash", "global"),
        ("gemini-2.0-flash", "us-central1"),
        ("gemini-99", "global"),
    ],
)
def test_a_model_that_is_not_offered_there_is_not_found(gemini, model, location):
    assert refusal(gemini, model=model, location=location)[:2] == (404, "NOT_FOUND")


@pytest.mark.parametrize(("model", "location"), [(LITE, "eu"), ("gemini-3.5-flash", "us-central1")])
def test_a_model_is_found_where_it_is_offered(gemini, model, location):
    assert ask(gemini, model=model, location=location).text


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer "}])
@pytest.mark.parametrize("base", ["vertex", "developer"])
def test_nobody_is_unauthenticated(gemini, headers, base):
    answer = post(gemini, body(), headers=headers, base=base)

    assert answer.status_code == 401
    assert answer.json()["error"]["status"] == "UNAUTHENTICATED"


def test_a_refused_request_uses_up_no_step(gemini):
    gemini.script({"block": "SAFETY"})

    refusal(gemini, candidate_count=1)

    assert ask(gemini).prompt_feedback.block_reason == "SAFETY"


def test_parameters_that_a_model_ignores_are_reported(gemini):
    ask(gemini, temperature=0.0, top_k=1)
    ask(gemini)

    assert gemini.ignored == ["temperature", "topK"]


# What it records


def test_every_request_is_kept_as_it_came(gemini):
    ask(gemini)

    (request,) = gemini.requests
    assert request.method == "POST"
    assert request.path.endswith(
        f"/locations/global/publishers/google/models/{LITE}:generateContent"
    )
    assert request.headers["Authorization"] == "Bearer tok"
    assert json.loads(request.body) == request.json
    assert request.json["contents"][0]["parts"][0]["fileData"]["file_uri"] == CLIP


def test_the_oldest_requests_are_forgotten_beyond_the_bounds():
    ledger = Ledger(most_requests=10, most_bytes=25)

    for number in range(4):
        ledger.note("POST", f"/{number}", "", {}, b"x" * 10)

    assert [request.path for request in ledger.requests] == ["/2", "/3"]
    assert ledger.count == 4


# What a test can ask for


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (400, "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (408, "DEADLINE_EXCEEDED"),
        (413, "INVALID_ARGUMENT"),
        (429, "RESOURCE_EXHAUSTED"),
        (499, "CANCELLED"),
        (500, "INTERNAL"),
        (503, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
    ],
)
def test_each_error_reaches_the_client_with_its_status(gemini, code, status):
    gemini.script({"error": code})

    assert refusal(gemini)[:2] == (code, status)
    assert ask(gemini).text


def test_a_used_up_quota_says_when_to_come_again(gemini):
    gemini.script({"error": {"code": 429, "retry_after_s": 7}})

    with pytest.raises(errors.ClientError) as caught:
        ask(gemini)

    quota, retry = caught.value.details["error"]["details"]
    assert quota["@type"].endswith("QuotaFailure")
    assert retry["retryDelay"] == "7s"


def test_an_error_may_say_anything(gemini):
    gemini.script({"error": {"code": 400, "status": "FAILED_PRECONDITION", "message": "Not here."}})

    assert refusal(gemini) == (400, "FAILED_PRECONDITION", "Not here.")


def test_a_proxys_page_is_not_json(gemini):
    gemini.script({"html": 502})

    code, _, message = refusal(gemini)

    assert code == 502
    assert message.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("moment", ["before", "halfway"])
def test_a_connection_can_close_too_early(gemini, moment):
    gemini.script({"hang_up": moment})

    with pytest.raises(httpx.RemoteProtocolError):
        ask(gemini)
    assert ask(gemini).text


def test_a_slow_answer_outlasts_an_impatient_client(gemini):
    client = vertex(gemini.url, timeout=100)
    gemini.script({"delay_s": 60})

    with pytest.raises(httpx.ReadTimeout):
        client.models.generate_content(model=LITE, contents="Rate.")


@pytest.mark.parametrize("reason", BLOCK_REASONS.split())
def test_a_blocked_prompt_has_a_reason_and_no_candidates(gemini, reason):
    gemini.script({"block": reason})

    answer = ask(gemini)

    assert answer.prompt_feedback.block_reason == reason
    assert answer.candidates is None
    assert answer.text is None
    assert answer.usage_metadata.prompt_token_count > 0


@pytest.mark.parametrize("reason", FINISH_REASONS.split())
@pytest.mark.parametrize("content", [True, False])
def test_an_answer_can_finish_for_each_reason_with_and_without_content(gemini, reason, content):
    gemini.script({"finish": reason, "content": content})

    (candidate,) = ask(gemini).candidates

    assert candidate.finish_reason == reason
    assert (candidate.content is not None) is content


def test_there_can_be_no_candidates_at_all(gemini):
    gemini.script({"candidates": False})

    assert not ask(gemini).candidates


@pytest.mark.parametrize(
    ("flaw", "has"),
    [
        ("out_of_range", lambda values: values["unexpectedness"] == 101),
        ("strings", lambda values: values["positivity"].isdigit()),
        ("beyond_the_clip", lambda values: values["surprise_onset_s"] > 10),
        (
            "incoherent",
            lambda values: values["probability_expected"] + values["probability_actual"] > 1,
        ),
        ("no_evidence", lambda values: values["unexpectedness"] == 90 and values["evidence"] == []),
        ("extra_field", lambda values: values["virality"] == 50),
        ("missing_field", lambda values: "unexpectedness" not in values),
        ("not_a_number", lambda values: values["surprise_onset_s"] != values["surprise_onset_s"]),
        ("a_list", lambda values: isinstance(values, list)),
    ],
)
def test_a_rating_can_be_wrong_in_its_values(gemini, flaw, has):
    gemini.script({"flaw": flaw})

    assert has(json.loads(ask(gemini).text))
    assert not isinstance(json.loads(ask(gemini).text), list)


@pytest.mark.parametrize("flaw", ["truncated", "not_json", "fenced", "empty_text"])
def test_a_text_can_be_no_json(gemini, flaw):
    gemini.script({"flaw": flaw})

    answer = ask(gemini)

    with pytest.raises(ValueError):
        json.loads(answer.candidates[0].content.parts[0].text)
    assert answer.candidates[0].finish_reason == "STOP"


def test_no_flaw_is_without_effect(gemini):
    usual = ask(gemini).candidates[0].content.parts[0].text

    gemini.script(*({"flaw": flaw} for flaw in FLAWS))

    assert usual not in [ask(gemini).candidates[0].content.parts[0].text for _ in FLAWS]


def test_given_values_go_over_the_usual_ones(gemini):
    usual = json.loads(ask(gemini).text)
    gemini.script({"values": {"unexpectedness": 7, "language": None}, "without": ["closeness"]})

    answer = json.loads(ask(gemini).text)

    expected = usual | {"unexpectedness": 7, "language": None}
    del expected["closeness"]
    assert answer == expected


def test_a_text_can_be_given_to_the_letter(gemini):
    gemini.script({"text": "[]"})

    assert ask(gemini).text == "[]"


def test_a_thought_can_come_before_the_answer(gemini):
    gemini.script({"thought": "Let me see."})

    thought, answer = ask(gemini).candidates[0].content.parts

    assert (thought.text, thought.thought) == ("Let me see.", True)
    assert json.loads(answer.text)


def test_usage_can_be_given_or_withheld(gemini):
    gemini.script({"usage": {"cachedContentTokenCount": 5}}, {"usage": None})

    assert ask(gemini).usage_metadata.cached_content_token_count == 5
    assert ask(gemini).usage_metadata is None


def test_steps_are_used_in_order_and_then_all_is_as_usual(gemini):
    gemini.script({"text": "1"}, {"text": "2", "times": 2})

    assert [ask(gemini).text for _ in "1234"][:3] == ["1", "2", "2"]
    assert gemini.service.script.remaining_steps() == []


@pytest.mark.parametrize(
    "when",
    [
        {"uri": "0002.mp4"},
        {"text": "wrong at_s"},
        {"model": "3.6"},
        {"turn": 2},
        {"uri": "0002", "times_asked": 2},
    ],
)
def test_a_step_waits_for_the_request_it_is_for(gemini, when):
    correction = [
        types.UserContent([clip(OTHER), "Rate."]),
        types.ModelContent("{}"),
        types.UserContent("wrong at_s"),
    ]
    gemini.script({"when": when, "text": "found"})

    before = [ask(gemini).text for _ in "12"]
    ask(gemini, OTHER) if "times_asked" in when else None
    after = ask(gemini, contents=correction, model="gemini-3.6-flash").text

    assert "found" not in before
    assert after == "found"


def test_a_step_can_hold_for_ever(gemini):
    gemini.script({"when": {"uri": "0002"}, "times": None, "block": "OTHER"})

    assert [ask(gemini, OTHER).candidates for _ in "123"] == [None] * 3
    assert ask(gemini).candidates


@pytest.mark.parametrize(
    "step",
    [
        {"eror": 400},
        {"error": 200},
        {"flaw": "odd"},
        {"times": 0},
        {"error": 400, "block": "SAFETY"},
        {"when": {"url": "x"}},
    ],
)
def test_a_malformed_step_is_refused_and_none_is_added(gemini, step):
    with pytest.raises(ValueError):
        gemini.script({"text": "good"}, step)

    assert gemini.service.script.remaining_steps() == []


# Batch jobs


class Bucket(dict):
    """Objects by their address, as lists of lines."""

    def lines(self, uri):
        return self[uri]

    def write(self, uri, lines):
        self[uri] = list(lines)

    def answered(self, job):
        """The lines of a job's output, and the names of its files."""
        directory = job.output_info.gcs_output_directory
        files = {uri: lines for uri, lines in self.items() if uri.startswith(directory)}
        names = sorted(uri.removeprefix(directory + "/") for uri in files)
        return [json.loads(line) for lines in files.values() for line in lines], names


def line(number, **fields):
    uri = f"gs://lake/videos/{number}.mp4"
    part = {"fileData": {"fileUri": uri, "mimeType": "video/mp4"}}
    config = {"responseMimeType": "application/json", "responseSchema": SCHEMA}
    request = {
        "contents": [{"role": "user", "parts": [part, {"text": "Rate."}]}],
        "generationConfig": config,
        **fields,
    }
    return json.dumps({"request": request}).encode() + b"\n"


def uri_of(answered):
    return answered["request"]["contents"][0]["parts"][0]["fileData"]["fileUri"]


@pytest.fixture
def bucket():
    return Bucket({"gs://lake/batch/in.jsonl": [line(number) for number in range(20)]})


@pytest.fixture
def batches(bucket):
    with standing_in(objects=bucket) as gemini:
        yield gemini


def submit(gemini, **config):
    config = {"dest": "gs://lake/batch/out", **config}
    client = vertex(gemini.url)
    return client.batches.create(
        model=LITE, src="gs://lake/batch/in.jsonl", config=types.CreateBatchJobConfig(**config)
    )


def states(gemini, job):
    """Poll to the end; returns every state and the final job."""
    client, seen = vertex(gemini.url), [job.state.value]
    while not job.end_time:  # `job.done` is false for a job that partially succeeded
        job = client.batches.get(name=job.name)
        seen.append(job.state.value)
        assert len(seen) < 20
    return seen, job


def test_a_job_is_queued_then_runs_then_has_succeeded(batches):
    seen, job = states(batches, submit(batches, display_name="backfill"))

    assert seen == ["JOB_STATE_QUEUED", "JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED"]
    assert job.display_name == "backfill"
    assert (job.completion_stats.successful_count, job.completion_stats.failed_count) == (20, 0)
    assert job.output_info.gcs_output_directory.startswith("gs://lake/batch/out/prediction-model-")


def test_a_jobs_answers_come_in_another_order_with_their_requests(batches, bucket):
    _, job = states(batches, submit(batches))

    answered, names = bucket.answered(job)
    requests = [json.loads(raw)["request"] for raw in bucket["gs://lake/batch/in.jsonl"]]
    assert names == ["predictions.jsonl"]
    assert [each["request"] for each in answered] != requests
    assert all(each["request"] in requests for each in answered)
    assert {uri_of(each) for each in answered} == {f"gs://lake/videos/{n}.mp4" for n in range(20)}


def test_a_jobs_answer_is_the_one_that_a_single_request_gets(batches, bucket):
    _, job = states(batches, submit(batches))

    answered = bucket.answered(job)[0][0]

    response = types.GenerateContentResponse.model_validate(answered["response"])
    assert response.text == ask(batches, uri_of(answered)).text
    assert (answered["status"], set(answered)) == (
        "",
        {"status", "processed_time", "request", "response"},
    )


def test_a_line_can_fail_or_be_missing(batches, bucket):
    batches.script(
        {"when": {"method": "batches.line", "uri": "/3.mp4"}, "error": 429},
        {"when": {"method": "batches.line", "uri": "/4.mp4"}, "missing": True},
        {"when": {"method": "batches.line", "uri": "/5.mp4"}, "block": "SAFETY"},
    )

    _, job = states(batches, submit(batches))

    answered = {uri_of(each): each for each in bucket.answered(job)[0]}
    assert "RESOURCE_EXHAUSTED" in answered["gs://lake/videos/3.mp4"]["status"]
    assert "response" not in answered["gs://lake/videos/3.mp4"]
    assert "gs://lake/videos/4.mp4" not in answered
    assert "promptFeedback" in answered["gs://lake/videos/5.mp4"]["response"]
    assert job.completion_stats.incomplete_count == 1


def test_a_line_that_is_no_valid_request_fails_alone(batches, bucket):
    bucket["gs://lake/batch/in.jsonl"] += [b"{oops\n", b"[]\n", line(20, kontents=[])]

    _, job = states(batches, submit(batches))

    failed = [each["status"] for each in bucket.answered(job)[0] if each["status"]]
    assert len(failed) == 3
    assert all(status.startswith("Bad Request: ") for status in failed)
    assert job.completion_stats.successful_count == 20


def test_answers_can_be_spread_over_files(batches, bucket):
    batches.script({"job": {"shards": 2}})

    _, job = states(batches, submit(batches))

    answered, names = bucket.answered(job)
    assert len(answered) == 20
    assert names == ["prediction.results-00000-of-00002", "prediction.results-00001-of-00002"]


def test_a_jobs_lines_can_be_in_snake_case(batches, bucket):
    batches.script({"job": {"casing": "snake"}})

    _, job = states(batches, submit(batches))

    written = bucket.answered(job)[0][0]
    assert "file_data" in written["request"]["contents"][0]["parts"][0]
    assert (
        "surprise_onset_s"
        in written["request"]["generation_config"]["response_schema"]["properties"]
    )
    assert "usage_metadata" in written["response"]


@pytest.mark.parametrize(
    ("plan", "written"),
    [
        ({"ends": "JOB_STATE_FAILED"}, 0),
        ({"ends": "JOB_STATE_CANCELLED"}, 0),
        ({"ends": "JOB_STATE_EXPIRED"}, 0),
        ({"ends": "JOB_STATE_EXPIRED", "finished": 7}, 7),
        ({"ends": "JOB_STATE_PARTIALLY_SUCCEEDED"}, 10),
    ],
)
def test_a_job_can_end_otherwise(batches, bucket, plan, written):
    batches.script({"job": {"states": ["JOB_STATE_PENDING"], **plan}})

    seen, job = states(batches, submit(batches))

    assert seen == ["JOB_STATE_PENDING", plan["ends"]]
    assert len(bucket.answered(job)[0] if job.output_info else []) == written
    assert (job.error is not None) is (plan["ends"] == "JOB_STATE_FAILED")


def test_a_job_without_its_input_fails_and_says_so(batches, bucket):
    bucket.clear()

    _, job = states(batches, submit(batches))

    assert job.state == "JOB_STATE_FAILED"
    assert "in.jsonl" in job.error.message


def test_a_job_is_cancelled_at_the_next_poll(batches):
    client, job = vertex(batches.url), submit(batches)

    client.batches.cancel(name=job.name)

    assert states(batches, job)[1].state == "JOB_STATE_CANCELLED"


def test_a_job_that_has_ended_stays_as_it_is(batches, bucket):
    client, (_, job) = vertex(batches.url), states(batches, submit(batches))
    objects = dict(bucket)

    client.batches.cancel(name=job.name)

    assert client.batches.get(name=job.name).model_dump(exclude={"sdk_http_response"}) == (
        job.model_dump(exclude={"sdk_http_response"})
    )
    assert bucket == objects


def test_jobs_are_listed_in_pages_newest_first(batches):
    client, names = vertex(batches.url), [submit(batches).name for _ in range(5)]

    listed = client.batches.list(config=types.ListBatchJobsConfig(page_size=2))

    assert [job.name for job in listed] == names[::-1]


def test_a_deleted_job_is_not_found(batches):
    client, job = vertex(batches.url), submit(batches)

    assert client.batches.delete(name=job.name).done
    with pytest.raises(errors.ClientError, match="404"):
        client.batches.get(name=job.name)


def test_a_job_for_a_retired_model_is_not_found(batches):
    client = vertex(batches.url)

    with pytest.raises(errors.ClientError, match="404"):
        client.batches.create(model="gemini-2.5-flash", src="gs://lake/batch/in.jsonl")


def test_calls_about_jobs_can_fail_too(batches):
    batches.script({"when": {"method": "batches.create"}, "error": 429})

    with pytest.raises(errors.ClientError, match="429"):
        submit(batches)
    assert submit(batches).name


# The process


@pytest.fixture
def process(tmp_path):
    """Start `python -m tests.stand_ins.gemini` with options; gives its address."""
    started = []

    def start(*options, **environment):
        command = [
            *python(),
            "-m",
            "tests.stand_ins.gemini",
            "--port",
            "0",
            *map(str, options),
        ]
        environment = {**os.environ, **environment}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        return f"http://127.0.0.1:{ready['port']}"

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=10)
        assert (process.returncode, output) == (0, "")


class At:
    """The part of a remote stand-in that `ask` needs."""

    def __init__(self, url):
        self.url = url


def test_a_process_takes_its_script_from_a_file(process, tmp_path):
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"steps": [{"block": "OTHER"}], "durations": {CLIP: 30}}))

    answer = ask(At(process("--script", script)))

    assert answer.prompt_feedback.block_reason == "OTHER"
    assert answer.usage_metadata.prompt_tokens_details[1].token_count == 2_100


def test_a_running_process_is_scripted_and_read_over_http(process):
    url = process()

    assert requests.post(f"{url}/_script", json=[{"text": "[]"}], timeout=5).status_code == 200
    assert ask(At(url), temperature=1).text == "[]"

    seen = requests.get(f"{url}/_requests", timeout=5).json()
    (request,) = seen["requests"]
    assert (seen["count"], seen["ignored"]) == (1, ["temperature"])
    assert json.loads(base64.b64decode(request["body_base64"])) == request["json"]
    assert requests.get(f"{url}/_requests?after=1", timeout=5).json()["requests"] == []


def test_what_was_asked_can_be_forgotten(gemini):
    ask(gemini)

    requests.delete(f"{gemini.url}/_requests", timeout=5)

    assert gemini.requests == []


def test_a_malformed_script_is_refused_over_http(gemini):
    headers = {"Content-Type": "application/json"}
    statuses = [
        requests.post(f"{gemini.url}/_script", data=data, headers=headers, timeout=5).status_code
        for data in ("{", "3", '[{"flaw": "odd"}]', '{"stepz": []}', '{"durations": {"a": -1}}')
    ]

    assert statuses == [400] * 5


def test_steps_still_to_come_can_be_cleared_over_http(gemini):
    gemini.script({"text": "1"})

    requests.post(f"{gemini.url}/_script", json={"clear": True}, timeout=5)

    assert requests.get(f"{gemini.url}/_script", timeout=5).json() == {"left": []}


def test_a_broken_script_file_stops_the_start(tmp_path):
    (tmp_path / "script.json").write_text('[{"flaw": "odd"}]')
    command = [
        *python(),
        "-m",
        "tests.stand_ins.gemini",
        "--script",
        str(tmp_path / "script.json"),
    ]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "flaw" in ended.stderr


def test_a_process_reads_and_writes_the_local_cloud_storage(process, tmp_path, monkeypatch):
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    command = [
        *python(),
        "-m",
        "local.emulators.gcs",
        "--port",
        "0",
        "--data",
        str(tmp_path / "gcs"),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as gcs:
        endpoint = f"http://127.0.0.1:{json.loads(gcs.stdout.readline())['port']}"
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", endpoint)
        bucket = storage.Client("local", AnonymousCredentials()).create_bucket("lake")
        bucket.blob("batch/in.jsonl").upload_from_string(line(1) + line(2))
        gemini = At(process(STORAGE_EMULATOR_HOST=endpoint))

        _, job = states(gemini, submit(gemini))

        directory = job.output_info.gcs_output_directory.removeprefix("gs://lake/")
        written = bucket.blob(f"{directory}/predictions.jsonl").download_as_text().splitlines()
        gcs.send_signal(signal.SIGTERM)
    assert sorted(map(uri_of, map(json.loads, written))) == [
        "gs://lake/videos/1.mp4",
        "gs://lake/videos/2.mp4",
    ]


# Schemas that are not served

NUMBER = {"type": "NUMBER"}
OBJECT = {"type": "OBJECT", "properties": {"at_s": NUMBER}}
BOUNDED = {"type": "INTEGER", "minimum": 0, "maximum": 100}


def with_fields(**properties):
    return {"type": "OBJECT", "properties": properties}


def array(items, most):
    return {"type": "ARRAY", "items": items, "maxItems": most}


TOO_MANY = [
    with_fields(score=BOUNDED, moments=array(NUMBER, 20)),
    with_fields(inner=with_fields(score=BOUNDED), moments=array(NUMBER, 100)),
    with_fields(moments=array(OBJECT, 20)),
    with_fields(rows=array(array(NUMBER, 31), 31)),
    with_fields(a=array(NUMBER, 500), b=array(NUMBER, 461)),
]


@pytest.mark.parametrize("schema", TOO_MANY, ids=str)
def test_a_schema_with_too_many_states_is_refused_in_the_apis_words(gemini, schema):
    code, status, message = refusal(gemini, response_schema=schema)

    assert (code, status) == (400, "INVALID_ARGUMENT")
    assert message.startswith(
        "The specified schema produces a constraint that has too many states for serving."
    )


@pytest.mark.parametrize("model", ["gemini-3.8-flash", "gemini-3.1-flash-lite"])
@pytest.mark.parametrize("schema", TOO_MANY, ids=str)
def test_some_models_do_not_say_why(gemini, schema, model):
    message = refusal(gemini, response_schema=schema, model=model)

    assert message == (400, "INVALID_ARGUMENT", "Request contains an invalid argument.")


@pytest.mark.parametrize(
    "schema",
    [
        with_fields(score=BOUNDED, moments=array(NUMBER, 19)),
        with_fields(moments=array(OBJECT, 19)),
        with_fields(moments=array(NUMBER, 960)),
        with_fields(rows=array(array(NUMBER, 30), 32)),
    ],
    ids=str,
)
def test_a_schema_below_what_was_ever_refused_is_served(gemini, schema):
    assert ask(gemini, response_schema=schema).text


# Files of the Developer API


def started(gemini, size=10, **changes):
    headers = {
        "x-goog-api-key": "k",
        "X-Goog-Upload-Protocol": "resumable",
        "X-Goog-Upload-Command": "start",
        "X-Goog-Upload-Header-Content-Length": str(size),
        "X-Goog-Upload-Header-Content-Type": "video/mp4",
    }
    url = f"{gemini.url}/upload/v1beta/files"
    sent = {name: value for name, value in (headers | changes).items() if value}
    return requests.post(url, json={"file": {"name": "files/a-1"}}, headers=sent, timeout=5)


def piece(address, content, offset=0, command="upload, finalize"):
    headers = {"X-Goog-Upload-Command": command, "X-Goog-Upload-Offset": str(offset)}
    return requests.post(address, data=content, headers=headers, timeout=5)


def test_an_upload_begins_with_an_address_and_ends_with_the_file(gemini):
    begun = started(gemini)
    ended = piece(begun.headers["X-Goog-Upload-URL"], b"0123456789")

    assert begun.headers["X-Goog-Upload-Status"] == "active"
    assert ended.headers["X-Goog-Upload-Status"] == "final"
    file = ended.json()["file"]
    assert (file["name"], file["sizeBytes"], file["state"]) == ("files/a-1", "10", "PROCESSING")
    digest = base64.b64encode(hashlib.sha256(b"0123456789").hexdigest().encode()).decode()
    assert file["sha256Hash"] == digest
    assert gemini.files == ["files/a-1"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"x-goog-api-key": ""}, 401),
        ({"X-Goog-Upload-Protocol": "raw"}, 400),
        ({"X-Goog-Upload-Command": "upload"}, 400),
        ({"size": 0}, 400),
        ({"size": 2 * 10**9 + 1}, 400),
    ],
    ids=str,
)
def test_an_upload_that_begins_otherwise_is_refused(gemini, changes, code):
    assert started(gemini, **changes).status_code == code


@pytest.mark.parametrize(
    "how",
    [
        {"content": b"012345678"},
        {"content": b"01234567890"},
        {"content": b"0123456789", "offset": 1},
        {"content": b"01234", "command": "upload"},
        {"content": b"0123456789", "command": "query"},
    ],
    ids=str,
)
def test_a_piece_that_does_not_fit_is_refused(gemini, how):
    address = started(gemini).headers["X-Goog-Upload-URL"]

    assert piece(address, **how).status_code == 400
    assert gemini.files == []


def test_a_name_that_is_taken_is_refused(gemini):
    piece(started(gemini).headers["X-Goog-Upload-URL"], b"0123456789")

    assert started(gemini).status_code == 409


def test_the_real_client_uploads_looks_and_deletes(gemini, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"x" * 100)
    client = developer(gemini.url)
    files = client.files

    uploaded = files.upload(file=path)
    states = [files.get(name=uploaded.name).state.value for _ in range(2)]
    files.delete(name=uploaded.name)

    assert states == ["PROCESSING", "ACTIVE"]
    with pytest.raises(errors.APIError) as gone:
        files.get(name=uploaded.name)
    assert (gone.value.code, gone.value.status) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("PROCESSING", (400, "FAILED_PRECONDITION")),
        ("FAILED", (400, "FAILED_PRECONDITION")),
        (None, (403, "PERMISSION_DENIED")),
    ],
)
def test_a_file_that_cannot_be_shown_is_refused(gemini, state, message):
    if state:
        gemini.script({"file": {"states": [], "ends": state}})
        piece(started(gemini).headers["X-Goog-Upload-URL"], b"0123456789")
    uri = "https://generativelanguage.googleapis.com/v1beta/files/a-1"

    client = developer(gemini.url)
    with pytest.raises(errors.APIError) as refused:
        client.models.generate_content(model=LITE, contents=[clip(uri), "Rate."])

    assert (refused.value.code, refused.value.status) == message
