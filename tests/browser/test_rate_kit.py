"""The rating kit, filled by a scripted browser as three raters, and validated without a hand."""

import json
import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cli.main import status_of
from shared.insights.agreement.long_table import read_ratings
from tests.agreement_tables import GEMINI, row, write_csv

CLIPS = 6
IDS = [f"73000000000000000{number:02}" for number in range(CLIPS)]
DESK = {"viewport": {"width": 1000, "height": 800}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
}
MORE = "video, #scale-attention, #save"
ENDED = "video => video.ended || new Promise((end) => video.addEventListener('ended', () => end()))"


def make_clip(path: Path, number: int) -> None:
    """A fifth of a second of H.264, which browsers play, of another grey in each."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for index in range(2):
            grey = np.full((96, 64), (number * 29 + index * 5) % 256, np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    """A kit of six clips; gives folder and key."""
    folder = tmp_path_factory.mktemp("kit")
    (folder / "clips").mkdir()
    for number, video_id in enumerate(IDS):
        make_clip(folder / "clips" / f"{video_id}.mp4", number)
    arguments = ["rate-kit", str(folder / "clips"), "--out", str(folder / "kit"), "--seed", "7"]
    arguments += ["--dimension", "unexpectedness", "--dimension", "surprise_onset_s"]
    assert status_of([*arguments, "--check-every", "3", "--repeats", "2"]) == 0
    return folder / "kit", json.loads((folder / "kit.key.json").read_text())["clips"]


@pytest.fixture(scope="module")
def desk(chromium):
    """A window of one computer: what somebody did is found again by their name."""
    context = chromium.new_context(**DESK)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def phone(chromium):
    context = chromium.new_context(**PHONE)
    yield context.new_page()
    context.close()


class Rater:
    """Somebody at the page. `score` says what they give a clip, by its video id."""

    def __init__(self, page, kit, name, score, attentive=True):
        self.page, self.name, self.score, self.attentive = page, name, score, attentive
        self.folder, self.key = kit
        self.shown: list[str] = []

    def begin(self) -> None:
        self.page.goto((self.folder / "index.html").as_uri())
        self.page.fill("#name", self.name)
        self.page.press("#name", "Enter")

    def practise(self) -> None:
        """Rate the clip that does not count, and begin."""
        self.watch_practice()
        self.page.click("#mark")
        self.set("unexpectedness", 1)
        self.go_on()
        self.page.click("#start")

    def watch_practice(self) -> None:
        self.page.wait_for_selector("#practice")
        self.page.eval_on_selector("video", "video => { video.playbackRate = 16; video.play(); }")
        self.wait_for_end()

    def rate_all(self, most: int = 99) -> None:
        for _ in range(most):
            self.page.wait_for_selector(MORE, state="attached")
            if self.page.query_selector("#save"):
                return
            self.rate_one()

    def rate_one(self) -> None:
        if self.page.query_selector("#scale-attention"):
            target = int(re.search(r"to (\d+)", self.page.inner_text("legend"))[1])
            self.set("attention", target if self.attentive else (target + 50) % 101)
        else:
            self.watch()
            self.rate_clip()
        shown = self.page.get_attribute("progress", "value")
        self.go_on()
        self.page.wait_for_function(
            "shown => document.querySelector('#save') || "
            "document.querySelector('progress').getAttribute('value') !== shown",
            arg=shown,
        )

    def watch(self) -> None:
        self.shown.append(self.page.get_attribute("video", "src").rpartition("/")[2])
        assert self.page.is_disabled("#next")
        self.play()
        self.wait_for_end()

    def wait_for_end(self) -> None:
        self.page.eval_on_selector("video", ENDED)
        self.page.wait_for_selector("#fields:not([disabled])")

    def video_id(self) -> str:
        return self.key[f"clip-{self.shown[-1].removesuffix('.mp4')}"]

    # By mouse or finger; ByKeys has the other way.

    def play(self) -> None:
        self.page.eval_on_selector("video", "video => video.play()")

    def rate_clip(self) -> None:
        self.page.click("#mark")
        self.set("unexpectedness", self.score(self.video_id()))

    def set(self, dimension: str, value: int) -> None:
        self.page.fill(f"#scale-{dimension}", str(value))

    def go_on(self) -> None:
        self.page.click("#next")

    def save(self, folder: Path) -> Path:
        with self.page.expect_download() as saving:
            self.page.click("#save")
        path = folder / saving.value.suggested_filename
        saving.value.save_as(path)
        return path


class ByKeys(Rater):
    """Somebody without a mouse."""

    def type(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def play(self) -> None:
        self.type("Space")

    def rate_clip(self) -> None:
        self.type("n")
        self.set("unexpectedness", self.score(self.video_id()))

    def set(self, dimension: str, value: int) -> None:
        self.page.focus(f"#scale-{dimension}")  # tabbed to, in real life
        self.type("Home", *["PageUp"] * (value // 10), *["ArrowRight"] * (value % 10))

    def go_on(self) -> None:
        self.type("Enter")


@pytest.fixture(scope="module")
def story(desk, phone, kit, tmp_path_factory):
    """Three people rate: by keys, on a phone with a break, and without looking."""
    folder = tmp_path_factory.mktemp("ratings")
    scores = {video_id: 5 + 17 * rank for rank, video_id in enumerate(IDS)}
    events = {"orders": {}, "files": []}
    ana = ByKeys(desk, kit, "ana", lambda clip: scores[clip])
    ana.begin()
    ana.practise()
    ana.rate_all()
    events["files"].append(ana.save(folder))
    events["orders"]["ana"] = ana.shown
    careless = Rater(desk, kit, "cy", lambda clip: 50, attentive=False)
    careless.begin()
    careless.practise()
    careless.rate_all()
    events["files"].append(careless.save(folder))
    bo = Rater(phone, kit, "bo", lambda clip: min(100, scores[clip] + 3))
    bo.begin()
    events["width"] = phone.evaluate("document.documentElement.scrollWidth")
    bo.practise()
    bo.rate_all(most=3)
    phone.reload()  # the page was closed on the way
    bo.begin()
    bo.rate_all()
    events["files"].append(bo.save(folder))
    events["orders"]["bo"] = bo.shown
    events["text"] = phone.input_value("#csv")
    return events


def test_each_rater_saves_a_table_that_validate_reads(story):
    for path, name in zip(story["files"], ("ana", "cy", "bo"), strict=True):
        ratings = read_ratings(path)

        assert ratings.raters == [f"human/{name}"]
        rated = ratings.values["unexpectedness", f"human/{name}"]
        assert len(rated) == CLIPS
        assert sum(len(replicates) for replicates in rated.values()) == CLIPS + 2  # two again


def test_three_files_flow_into_validate_with_the_machines_ratings(story, kit, tmp_path, capsys):
    key = kit[0].with_name("kit.key.json")
    machine = write_csv(
        tmp_path / "machine.csv",
        [
            row(video_id, GEMINI, "unexpectedness", 5 + 17 * rank)
            for rank, video_id in enumerate(IDS)
        ],
    )
    files = [*story["files"], machine]
    inputs = [word for path in files for word in ("--input", str(path))]

    assert status_of(["validate", *inputs, "--key", str(key), "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    agreed = document["dimensions"]["unexpectedness"]
    assert agreed["raters"] == [GEMINI, "human/ana", "human/bo"]
    assert agreed["n_videos"] == CLIPS
    assert agreed["icc_a1"]["estimate"] > 0.99
    assert document["excluded"] == {"human/cy": {"checks": 2, "checks_passed": 0}}
    assert set(agreed["retest"]) == {"human/ana", "human/bo"}


def test_raters_see_clips_in_orders_of_their_own_and_each_keeps_theirs(story):
    ana, bo = story["orders"]["ana"], story["orders"]["bo"]

    assert set(ana) == set(bo) and ana != bo
    assert len(ana) == CLIPS + 2
    assert len(bo) == CLIPS + 2  # after the break it went on with the next


def test_nothing_that_raters_get_says_which_video_a_clip_is(kit):
    folder, key = kit

    names = " ".join(path.name for path in folder.rglob("*"))
    page = (folder / "index.html").read_text()
    assert not any(video_id in names + page for video_id in key.values())
    assert not (folder / "kit.key.json").exists()


def test_the_page_fits_a_phone(story):
    assert story["width"] <= PHONE["viewport"]["width"]


def test_what_is_saved_can_be_copied_too(story):
    assert story["text"] == story["files"][-1].read_text()


@pytest.fixture
def practising(desk, kit, request):
    """Somebody new at the practice clip, who has seen it to its end."""
    name = request.node.name.removeprefix("test_").replace("_", "-")[:31]
    rater = ByKeys(desk, kit, name, lambda clip: 50)
    rater.begin()
    rater.watch_practice()
    return rater


def shown_value(page) -> str:
    return page.inner_text("fieldset[data-dimension=unexpectedness] .value")


def test_practice_is_in_no_file_and_does_not_come_again(practising):
    practising.type("n")
    practising.set("unexpectedness", 40)
    practising.go_on()
    practising.page.wait_for_selector("#start")
    kept = practising.page.evaluate("JSON.stringify(localStorage)")

    practising.page.reload()
    practising.begin()
    practising.page.wait_for_selector("video")

    assert '\\"rows\\":[]' in kept
    assert not practising.page.query_selector("#practice")
    assert "practice" not in practising.page.get_attribute("video", "src")


def test_a_clip_goes_on_only_when_every_scale_was_answered(practising):
    page = practising.page
    practising.type("n")
    page.focus("#scale-unexpectedness")
    practising.type("Space", "Enter", "Enter")

    assert page.query_selector("#practice")
    assert page.is_disabled("#next")
    assert shown_value(page) == "–"
    assert page.get_attribute("#scale-unexpectedness", "aria-valuetext") == "not rated"


def test_an_empty_scale_looks_the_same_wherever_its_handle_is(practising):
    page, scale = practising.page, "#scale-unexpectedness"
    pictures = []
    for place in (10, 50, 90):
        page.eval_on_selector(scale, "(scale, place) => { scale.value = place; }", place)
        pictures.append(page.locator(scale).screenshot())
    page.fill(scale, "90")

    assert pictures[0] == pictures[1] == pictures[2]
    assert page.locator(scale).screenshot() != pictures[2]


def test_a_scale_is_answered_by_typing_or_from_an_end(practising):
    practising.page.focus("#scale-unexpectedness")
    for keys, value in (
        (["7", "3"], "73"),
        (["1", "0", "0"], "100"),
        (["ArrowRight"], "0"),
        (["ArrowLeft"], "100"),
        (["ArrowRight", "ArrowRight"], "1"),
        (["Home", "PageUp"], "10"),
    ):
        practising.type("Delete")
        assert shown_value(practising.page) == "–"
        practising.page.wait_for_timeout(20)
        practising.type(*keys)
        assert shown_value(practising.page) == value, keys


def test_a_finger_that_scrolls_from_a_scale_answers_nothing(practising):
    practising.page.eval_on_selector(
        "#scale-unexpectedness",
        """scale => {
          scale.dispatchEvent(new PointerEvent("pointerdown"));
          scale.value = 20;
          scale.dispatchEvent(new Event("input"));
          scale.dispatchEvent(new PointerEvent("pointercancel"));
        }""",
    )

    assert shown_value(practising.page) == "–"
    assert practising.page.is_disabled("#next")
