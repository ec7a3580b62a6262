"""The rating kit, filled by a scripted browser as three raters, and validated without a hand."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cli.main import status_of
from shared.insights.agreement.ratings import read_ratings
from tests.agreement_tables import GEMINI, row, write_csv

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER),
    reason="no browser: apt-get install chromium chromium-driver, then make test",
)
CLIPS = 6
IDS = [f"73000000000000000{number:02}" for number in range(CLIPS)]
PHONE = {"width": 390, "height": 844, "pixelRatio": 3.0}
WAIT_S = 30


def make_clip(path: Path, number: int) -> None:
    """Half a second of H.264, which browsers play, of another grey in each."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for index in range(5):
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
    made = ["rate-kit", str(folder / "clips"), "--out", str(folder / "kit"), "--seed", "7"]
    made += ["--dimension", "unexpectedness", "--dimension", "surprise_onset_s"]
    assert status_of([*made, "--check-every", "3", "--repeats", "2"]) == 0
    return folder / "kit", json.loads((folder / "kit.key.json").read_text())["clips"]


@contextmanager
def browser(downloads: Path, phone: bool = False) -> Iterator:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{flag}")
    options.add_argument("--autoplay-policy=no-user-gesture-required")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    if phone:
        options.add_experimental_option("mobileEmulation", {"deviceMetrics": PHONE})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


class Rater:
    """Somebody at the page. `score` says what they give a clip, by its video id."""

    def __init__(self, driver, kit, name, score, attentive=True):
        from selenium.webdriver.support.ui import WebDriverWait

        self.driver, self.name, self.score, self.attentive = driver, name, score, attentive
        self.folder, self.key = kit
        self.wait = WebDriverWait(driver, WAIT_S, poll_frequency=0.02)
        self.shown: list[str] = []

    def find(self, selector: str):
        return self.driver.find_element("css selector", selector)

    def has(self, selector: str) -> bool:
        return bool(self.driver.find_elements("css selector", selector))

    def begin(self) -> None:
        self.driver.get((self.folder / "index.html").as_uri())
        self.find("#name").send_keys(self.name + "\n")

    def rate_all(self, most: int = 99) -> None:
        for _ in range(most):
            self.wait.until(lambda _: self.has("video, #scale-attention, #save"))
            if self.has("#save"):
                return
            self.rate_one()

    def rate_one(self) -> None:
        if self.has("#scale-attention"):
            target = int(re.search(r"to (\d+)", self.find("legend").text)[1])
            self.set("attention", target if self.attentive else (target + 50) % 101)
        else:
            self.watch()
            self.rate_clip()
        self.go_on()

    def watch(self) -> str:
        video = self.find("video")
        name = video.get_attribute("src").rpartition("/")[2]
        self.shown.append(name)
        assert not self.find("#next").is_enabled()
        self.play(video)
        self.wait.until(lambda _: self.find("#fields").get_attribute("disabled") is None)
        return name

    def video_id(self) -> str:
        return self.key[f"clip-{self.shown[-1].removesuffix('.mp4')}"]

    # By mouse or finger; ByKeys has the other way.

    def play(self, video) -> None:
        self.driver.execute_script("arguments[0].play()", video)

    def rate_clip(self) -> None:
        self.find("#mark").click()
        self.set("unexpectedness", self.score(self.video_id()))

    def set(self, dimension: str, value: int) -> None:
        slider = self.find(f"#scale-{dimension}")
        self.driver.execute_script(
            "arguments[0].value = arguments[1];"
            "arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
            slider,
            value,
        )

    def go_on(self) -> None:
        shown = self.find("progress").get_attribute("value")
        self.find("#next").click()
        self.wait.until(
            lambda _: self.has("#save") or self.find("progress").get_attribute("value") != shown
        )

    def save(self, downloads: Path) -> Path:
        self.find("#save").click()
        self.wait.until(lambda _: list(downloads.glob(f"ratings-*-{self.name}.csv")))
        return next(downloads.glob(f"ratings-*-{self.name}.csv"))


class ByKeys(Rater):
    """Somebody without a mouse."""

    def type(self, *keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def play(self, video) -> None:
        self.type(" ")

    def rate_clip(self) -> None:
        self.type("n")
        self.set("unexpectedness", self.score(self.video_id()))

    def set(self, dimension: str, value: int) -> None:
        from selenium.webdriver.common.keys import Keys

        slider = self.find(f"#scale-{dimension}")
        self.driver.execute_script("arguments[0].focus()", slider)  # tabbed to, in real life
        self.type(Keys.HOME, *[Keys.PAGE_UP] * (value // 10), *[Keys.ARROW_RIGHT] * (value % 10))

    def go_on(self) -> None:
        from selenium.webdriver.common.keys import Keys

        shown = self.find("progress").get_attribute("value")
        self.type(Keys.ENTER)
        self.wait.until(
            lambda _: self.has("#save") or self.find("progress").get_attribute("value") != shown
        )


@pytest.fixture(scope="module")
def story(kit, tmp_path_factory):
    """Three people rate: by keys, on a phone with a break, and without looking."""
    folder = tmp_path_factory.mktemp("ratings")
    scores = {video_id: 5 + 17 * place for place, video_id in enumerate(IDS)}
    told = {"orders": {}, "files": []}
    with browser(folder) as driver:
        keys = ByKeys(driver, kit, "ana", lambda one: scores[one])
        keys.begin()
        keys.rate_all()
        told["files"].append(keys.save(folder))
        told["orders"]["ana"] = keys.shown
        careless = Rater(driver, kit, "cy", lambda one: 50, attentive=False)
        careless.begin()
        careless.rate_all()
        told["files"].append(careless.save(folder))
    with browser(folder, phone=True) as driver:
        phone = Rater(driver, kit, "bo", lambda one: min(100, scores[one] + 3))
        phone.begin()
        told["width"] = driver.execute_script("return document.documentElement.scrollWidth")
        phone.rate_all(most=3)
        driver.refresh()  # the page was closed on the way
        phone.begin()
        phone.rate_all()
        told["files"].append(phone.save(folder))
        told["orders"]["bo"] = phone.shown
        told["text"] = driver.find_element("css selector", "#csv").get_attribute("value")
    return told


def test_each_rater_saves_a_table_that_validate_reads(story):
    for path, name in zip(story["files"], ("ana", "cy", "bo"), strict=True):
        found = read_ratings(path)

        assert found.raters == [f"human/{name}"]
        rated = found.values["unexpectedness", f"human/{name}"]
        assert len(rated) == CLIPS
        assert sum(len(replicates) for replicates in rated.values()) == CLIPS + 2  # two again


def test_three_files_flow_into_validate_with_the_machines_ratings(story, kit, tmp_path, capsys):
    key = kit[0].with_name("kit.key.json")
    machine = write_csv(
        tmp_path / "machine.csv",
        [row(one, GEMINI, "unexpectedness", 5 + 17 * place) for place, one in enumerate(IDS)],
    )
    files = [*story["files"], machine]
    given = [word for path in files for word in ("--input", str(path))]

    assert status_of(["validate", *given, "--key", str(key), "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    agreed = found["dimensions"]["unexpectedness"]
    assert agreed["raters"] == [GEMINI, "human/ana", "human/bo"]
    assert agreed["n_videos"] == CLIPS
    assert agreed["icc_a1"]["estimate"] > 0.99
    assert found["excluded"] == {"human/cy": {"checks": 2, "checks_passed": 0}}
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
    assert story["width"] <= PHONE["width"]


def test_what_is_saved_can_be_copied_too(story):
    assert story["text"].replace("\r\n", "\n") == story["files"][-1].read_text()
