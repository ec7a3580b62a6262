"""`tta rate --estimate`: a price before anything runs, for files and for the lake."""

import json
import shutil
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cli.console import Screen
from cli.errors import UserError
from cli.main import status_of
from cli.selection import Selection
from cli.verbs.rate.conditions import conditions_here
from cli.verbs.rate.estimate.cost import CostEstimate
from cli.verbs.rate.estimate.settings import EstimateSettings
from cli.verbs.rate.estimate.view import show
from local.cloud import INGEST, pointing_at, running
from shared.errors import Misconfigured
from shared.rating.gemini.estimate import ANSWER_TOKENS, THINKING_TOKENS, prompt_tokens
from shared.rating.gemini.prices import Prices
from shared.rating_section import Rating
from shared.rubric_values import Values
from shared.storage.lake import Lake
from shared.storage.layout import RatingKey, rating_name
from tests.fakes import LakeInMemory
from tests.shared.rating.signals.test_signals import still, tone, write

TODAY = date(2026, 11, 24)
ID = "7300000000000000001"
PROMPT = prompt_tokens()
WRITTEN = tuple(a + b for a, b in zip(ANSWER_TOKENS, THINKING_TOKENS["low"], strict=True))


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> Path:
    """A clip of 30 s with sound, one of 12 s without, and one that tells no duration."""
    folder = tmp_path_factory.mktemp("clips")
    write(folder / "long.mp4", still(), 29.9, sound=tone(29.9), fps=10)
    write(folder / "silent.mp4", still(), 12.0, fps=10)
    write(folder / "live.webm", still(), 1.0, codec="libvpx-vp9", options={"live": "1"})
    return folder


@pytest.fixture
def folder(clips, tmp_path) -> Path:
    """Those, and what is no video."""
    directory = tmp_path / "folder"
    shutil.copytree(clips, directory)
    (directory / "notes.txt").write_text("cats\n")
    (directory / "empty.mp4").touch()
    (directory / "loop.gif").write_bytes(b"GIF89a" + bytes(64))
    return directory


@pytest.fixture(autouse=True)
def without_settings(monkeypatch):
    for name in ("GEMINI_API_KEY", "GEMINI_MODEL", "GEMINI_FPS", "GEMINI_THINKING_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("DAILY_BUDGET_USD", "DAILY_BUDGET_VIDEOS"):
        monkeypatch.delenv(name, raising=False)


def planned(fps=1.0, model=None, condition="gemini", replicates=1) -> EstimateSettings:
    conditions = conditions_here()
    under = conditions.condition(condition)
    own = conditions.entry(under.entry)
    return EstimateSettings.of(TODAY, fps, model, under, replicates, own)


def estimated(*words: object, lake=None, **plan) -> dict:
    selected = Selection.of(list(map(str, words)))
    return CostEstimate.of(planned(**plan), selected, lake).document()


def printed(*words: object, capsys, **plan) -> str:
    show(CostEstimate.of(planned(**plan), Selection.of(list(map(str, words))), None), Screen())
    return capsys.readouterr().out


def reasons(document: dict) -> dict[str, str]:
    return {Path(entry["what"]).name: entry["reason"] for entry in document["not_priced"]}


def test_thirty_seconds_at_one_frame_a_second_are_as_computed_by_hand(clips):
    document = estimated(clips / "long.mp4")

    assert document["tokens"] == {
        "video": {"low": 2_100, "high": 2_100},
        "audio": {"low": pytest.approx(750, abs=5), "high": pytest.approx(960, abs=5)},
        "prompt": {"low": PROMPT, "high": PROMPT},
        "output": {"low": WRITTEN[0], "high": WRITTEN[1]},
    }


def test_a_mixed_folder_sums_what_can_be_priced(folder):
    document = estimated(folder)

    assert (document["videos"], document["with_sound"], document["frames"]) == (2, 1, 42)
    assert document["duration_s"] == pytest.approx(42, abs=0.2)
    assert document["tokens"]["video"]["high"] == 42 * 70
    assert document["tokens"]["prompt"]["low"] == 2 * PROMPT


def test_what_cannot_be_priced_is_listed_with_its_reason(folder):
    assert reasons(estimated(folder)) == {
        "empty.mp4": "empty",
        "live.webm": "no_duration",
        "loop.gif": "type_not_accepted",
        "notes.txt": "not_a_video",
    }


def test_a_clip_beyond_the_longest_is_not_priced(clips, monkeypatch):
    monkeypatch.setenv("GEMINI_MAX_CLIP_S", "20")

    assert reasons(estimated(clips)) == {"long.mp4": "too_long", "live.webm": "no_duration"}


def test_a_file_beyond_the_largest_is_not_priced(clips, monkeypatch):
    monkeypatch.setenv("MAX_MEDIA_BYTES", "1000")

    assert set(reasons(estimated(clips)).values()) == {"too_large"}


def test_with_an_api_key_a_file_that_does_not_fit_into_the_request_is_uploaded(clips, monkeypatch):
    plain = estimated(clips)
    monkeypatch.setenv("GEMINI_API_KEY", "key")
    monkeypatch.setenv("GEMINI_INLINE_MAX_BYTES", "1000")

    assert reasons(estimated(clips)) == reasons(plain)


def test_with_an_api_key_nothing_beyond_two_gigabytes_is_priced(clips, monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "key")
    monkeypatch.setattr("cli.verbs.rate.estimate.settings.MOST_UPLOADED_BYTES", 1_000)

    assert set(reasons(estimated(clips)).values()) == {"too_large"}


def test_replicates_multiply(clips):
    once, thrice = estimated(clips), estimated(clips, replicates=3)

    assert thrice["ratings"] == 3 * once["ratings"]
    assert thrice["cost_usd"]["live"]["high"] == pytest.approx(
        3 * once["cost_usd"]["live"]["high"], abs=1e-5
    )


def test_a_batch_is_half_price(clips):
    cost = estimated(clips)["cost_usd"]

    assert cost["batch"]["low"] == pytest.approx(cost["live"]["low"] / 2, abs=1e-6)


def test_the_cost_is_what_the_price_table_says(clips):
    document = estimated(clips / "silent.mp4", model="gemini-3.8-flash")

    low = (12 * 70 + PROMPT) * 0.75e-6 + WRITTEN[0] * 3.75e-6
    assert document["cost_usd"]["live"]["low"] == pytest.approx(low, abs=1e-6)
    assert document["prices"]["as_of"] == Prices.load().as_of


def test_the_settings_hold_where_no_option_says_otherwise(clips, monkeypatch):
    monkeypatch.setenv("GEMINI_FPS", "2")

    assert estimated(clips / "silent.mp4", fps=None)["frames"] == 24
    assert estimated(clips / "silent.mp4", fps=5.0)["frames"] == 60


def test_a_cloud_asks_as_its_own_settings_say(clips, tmp_path, monkeypatch, capsys):
    (tmp_path / "tta.toml").write_text(
        '[targets.prod]\nproject = "my-project"\nlake_bucket = "my-lake"\n'
        "[targets.prod.gemini]\nfps = 3.0\n"
    )
    monkeypatch.setenv("TTA_CONFIG", str(tmp_path / "tta.toml"))
    monkeypatch.setenv("GEMINI_FPS", "2")

    assert (
        status_of(["rate", "--estimate", str(clips / "silent.mp4"), "--target", "prod", "--json"])
        == 0
    )

    assert json.loads(capsys.readouterr().out)["frames"] == 36


def test_the_caption_can_only_add(clips):
    plain, captioned = estimated(clips), estimated(clips, condition="gemini+caption")

    assert captioned["condition"] == "gemini+caption"
    assert captioned["tokens"]["prompt"]["low"] == plain["tokens"]["prompt"]["low"]
    assert captioned["tokens"]["prompt"]["high"] > plain["tokens"]["prompt"]["high"]


def test_cards_for_each_video_take_two_calls_and_have_no_batch(clips, capsys):
    plain, retrieved = estimated(clips), estimated(clips, condition="gemini+rag", replicates=2)

    assert retrieved["ratings"] == 2 * plain["ratings"]
    assert retrieved["calls"] == 2 * retrieved["ratings"]
    assert retrieved["tokens"]["video"]["high"] == 4 * plain["tokens"]["video"]["high"]
    assert retrieved["cost_usd"]["live"]["high"] > 2 * plain["cost_usd"]["live"]["high"]
    assert retrieved["cost_usd"]["batch"] is None
    assert any("Two calls a rating" in sentence for sentence in retrieved["assumed"])
    shown = printed(clips, condition="gemini+rag", capsys=capsys)
    assert "Two calls a rating" in shown and "as a batch" not in shown


def test_a_model_without_a_price_has_tokens_and_no_cost(clips, capsys):
    document = estimated(clips, model="gemini-9-unheard")

    assert document["cost_usd"] == {"live": None, "batch": None}
    assert document["tokens"]["video"]["high"] == 42 * 70
    assert "has no price" in printed(clips, model="gemini-9-unheard", capsys=capsys)


@pytest.mark.parametrize(
    ("options", "message"), [({"fps": 25.0}, "--fps"), ({"model": "Gemini Pro"}, "--model")]
)
def test_an_option_that_cannot_be_is_wrong_use(options, message):
    with pytest.raises(UserError, match=message) as caught:
        planned(**options)

    assert caught.value.status == 2


def test_a_setting_that_is_wrong_is_named(monkeypatch):
    monkeypatch.setenv("DAILY_BUDGET_USD", "-1")

    with pytest.raises(Misconfigured, match="DAILY_BUDGET_USD"):
        planned()


def test_the_daily_budget_is_told_with_the_days_it_makes(clips, monkeypatch, capsys):
    monkeypatch.setenv("DAILY_BUDGET_VIDEOS", "3")
    monkeypatch.setenv("DAILY_BUDGET_USD", "5")

    assert "3 videos and 5 USD; this takes up to 4 day(s)" in printed(
        clips, replicates=5, capsys=capsys
    )


def test_without_a_budget_it_is_told_how_to_set_one(clips, capsys):
    assert "no daily budget" in printed(clips, capsys=capsys)


def test_people_read_prices_their_date_and_source(clips, capsys):
    output = printed(clips, capsys=capsys)

    prices = Prices.load()
    assert f"as of {prices.as_of}" in output and prices.source in output
    assert "2,940" in output, "video tokens"
    assert "live.webm" in output and "no_duration" in output


def test_objects_of_the_lake_are_priced_like_files(clips):
    lake = LakeInMemory()
    lake.put(f"videos/{ID}.mp4", (clips / "long.mp4").read_bytes())
    lake.put("videos/silent.mp4", (clips / "silent.mp4").read_bytes())
    lake.put("videos/notes.txt", b"cats")

    document = estimated("all", lake=lake)

    assert document["tokens"] == estimated(clips / "long.mp4", clips / "silent.mp4")["tokens"]
    assert reasons(document) == {"notes.txt": "not_a_video"}


def test_the_replicates_that_the_answers_ask_for_are_priced(clips):
    """25 videos were asked about twice, and one answer has a reliability of .66."""
    lake, under = LakeInMemory(), planned().condition
    for number in range(25):
        video_id = f"73000000000000{number:05}"
        generation = lake.replace(f"videos/{video_id}.mp4", (clips / "silent.mp4").read_bytes(), 0)
        for replicate in range(2):
            score = 20 + 12 * number // 5 + (8, -8)[replicate]
            key = RatingKey(str(generation), under.name, under.config_hash, replicate)
            lake.write_once(rating_name(video_id, key), rating_of(key, score))

    document = estimated("all", lake=lake)

    proposal = document["proposal"]
    assert (proposal["videos"], proposal["replicates"]) == (25, 3)
    assert proposal["reliability_of_one"] == pytest.approx(0.66, abs=0.02)
    assert proposal["cost_usd"]["live"] == pytest.approx(
        {end: proposal["replicates"] * usd for end, usd in document["cost_usd"]["live"].items()},
        abs=1e-5,
    )
    assert estimated(clips / "silent.mp4")["proposal"] is None


def rating_of(key: RatingKey, score: int) -> bytes:
    rating = Rating(
        **asdict(key), rated_at=datetime(2026, 11, 1, tzinfo=UTC), status="rated",
        values=Values(unexpectedness=score),
    )  # fmt: skip
    return rating.model_dump_json().encode()


def test_an_id_without_a_file_is_listed(clips):
    assert reasons(estimated(ID, lake=LakeInMemory())) == {ID: "no_file"}


def test_files_here_need_no_cloud_and_no_home(clips, tmp_path, capsys):
    words = [
        "rate",
        "--estimate",
        str(clips),
        "--fps",
        "1",
        "--json",
        "--home",
        str(tmp_path / "home"),
    ]

    assert status_of(words) == 0

    assert json.loads(capsys.readouterr().out)["frames"] == 42
    assert not (tmp_path / "home").exists()


def test_nothing_that_can_be_priced_is_a_failure_that_still_says_why(tmp_path, capsys):
    for name in ("notes.txt", "more.txt"):
        (tmp_path / name).write_text("cats")

    assert status_of(["rate", "--estimate", str(tmp_path)]) == 1

    output = capsys.readouterr()
    assert "not_a_video" in output.out
    assert "None of the selected videos has a price" in output.err


def test_no_selection_is_wrong_use(capsys):
    assert status_of(["rate", "--estimate"]) == 2
    assert "collection:NAME" in capsys.readouterr().err


def test_a_running_cloud_is_asked_over_its_own_wire(clips, made_tables, tmp_path, capsys):
    shutil.copytree(made_tables, tmp_path / "home/data")
    with running(tmp_path / "home", INGEST, publish=True) as endpoints:
        with pointing_at(endpoints):
            lake = Lake.connect(endpoints.project, endpoints.bucket)
            lake.put(f"videos/{ID}.mp4", (clips / "long.mp4").read_bytes())

        status = status_of(
            ["rate", "--estimate", "all", "--fps", "1", "--json", "--home", endpoints.home]
        )

    assert status == 0
    document = json.loads(capsys.readouterr().out)
    assert document["tokens"]["video"]["low"] == 2_100


def test_a_named_rater_is_priced_by_its_own_frames_and_model(monkeypatch, clips):
    monkeypatch.setenv(
        "RATERS", '[{"name": "slow", "fps": 1}, {"name": "big", "model": "gemini-9"}]'
    )

    usual, slow, big = (
        estimated(clips / "long.mp4", fps=None, condition=word)
        for word in ("gemini", "gemini:slow", "gemini:big")
    )

    assert slow["condition"] == "gemini:slow"
    assert slow["frames"] < usual["frames"]
    assert (big["model"], big["cost_usd"]["live"]) == ("gemini-9", None)


def test_a_rater_with_a_budget_of_its_own_takes_as_many_days_as_the_tighter_one(monkeypatch, clips):
    monkeypatch.setenv("DAILY_BUDGET_VIDEOS", "10")
    monkeypatch.setenv("RATERS", '[{"name": "slow", "fps": 1, "daily_budget_videos": 2}]')

    usual, slow = (
        estimated(clips / "long.mp4", condition=word, replicates=10)["daily_budget"]
        for word in ("gemini", "gemini:slow")
    )

    assert (usual["videos"], usual["days"]) == (10, 1)
    assert (slow["videos"], slow["days"]) == (2, 5)
