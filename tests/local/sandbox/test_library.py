"""The sandbox library: its content, its repeatability, and that an unfinished one does not load."""

import json
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import pairwise

import av
import numpy as np
import pytest

from local.sandbox import DEFAULT_ANCHOR, POSTS, Library, LibraryMissing, build, generate, mark
from local.sandbox.__main__ import main
from local.sandbox.clips import render
from local.sandbox.designs import BY_NAME, CLIP_SEED, DESIGNS
from local.sandbox.footage import footage
from local.sandbox.library import VERSION
from local.sandbox.posts import plan_posts
from scripts.demo_clips.clips import demo_clips
from scripts.demo_clips.film import Film

FEWEST = 16


def in_campaigns(name):
    return pytest.param(name, marks=pytest.mark.campaign)


@pytest.fixture(scope="module")
def plan():
    """The posts of the default library, without its clips."""
    return plan_posts(7, POSTS, DEFAULT_ANCHOR)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The smallest library."""
    return generate(tmp_path_factory.mktemp("smallest") / "library", posts=FEWEST)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Render a design (once) and return its path."""
    folder, seen = tmp_path_factory.mktemp("clips"), {}

    def clip(name):
        if name not in seen:
            render(BY_NAME[name], CLIP_SEED, folder / f"{name}.mp4")
            seen[name] = folder / f"{name}.mp4"
        return seen[name]

    return clip


def test_the_default_library_has_150_posts_of_24_creators_showing_all_60_clips(plan):
    assert len(plan.posts) >= 150
    assert len({post.username for post in plan.posts}) >= 23
    assert {post.clip for post in plan.posts} - {None} == footage().keys()


def test_no_two_clips_show_the_same_subject_in_the_same_place():
    pairs = [(clip.scene, clip.subject, clip.event) for clip in footage().values()]

    assert len(set(pairs)) == len(pairs) == 60
    assert len({scene for scene, _, _ in pairs}) == 12
    assert len({subject for _, subject, _ in pairs}) == 10


@pytest.mark.parametrize("clip", footage().values(), ids=lambda clip: clip.name)
def test_a_committed_clip_has_the_bytes_that_its_entry_names(clip):
    content = clip.path.read_bytes()

    assert sha256(content).hexdigest() == clip.rendered.sha256
    assert (clip.violation is None) is (clip.onset_s is None) is (clip.event == "nothing")
    assert clip.onset_s is None or 0 < clip.onset_s < clip.rendered.duration_s


def test_the_clips_are_those_that_the_script_describes():
    described = {
        clip.name: (clip.event, clip.unexpectedness, clip.words()["violation"], clip.design.seconds)
        for clip in demo_clips()
    }

    assert described == {
        clip.name: (clip.event, clip.unexpectedness, clip.violation, clip.rendered.duration_s)
        for clip in footage().values()
    }


def test_a_clip_of_the_script_looks_as_the_committed_one():
    clip = next(clip for clip in demo_clips() if clip.event == "cut")
    index = round((clip.design.onset_s + 0.1) * clip.design.fps)

    with av.open(footage()[clip.name].path) as container:
        frames = [frame.to_ndarray(format="yuv420p") for frame in container.decode(video=0)]
    drawn = Film(clip).frame(index).astype(np.int16)

    assert np.abs(frames[index] - drawn).mean() < 2
    assert np.abs(frames[0] - drawn).mean() > 10


def test_each_creator_with_media_has_at_least_six_posts(plan):
    by_creator = Counter(post.username for post in plan.posts if post.absent is None)

    assert min(by_creator.values()) >= 6


def test_captions_are_in_six_languages_and_more_with_right_to_left_among_them(plan):
    languages = Counter(truth["language"] for truth in plan.post_truth.values())

    assert len([n for n in languages.values() if n >= 5]) >= 6
    assert languages["ar"] >= 5


def test_a_photo_a_deleted_and_a_private_post_are_listed_without_a_clip(plan):
    without = [post.absent for post in plan.posts if post.clip is None]

    assert sorted(without) == ["deleted", "photo", "private"]


def test_a_silent_and_a_one_second_clip_are_shown_in_the_smallest_library(library):
    assert any(not clip.has_audio for clip in library.clips.values())
    assert min(clip.duration_s for clip in library.clips.values()) == 1.0


def test_hostile_captions_hold_what_breaks_naive_loaders(plan):
    captions = [post.wire["video_description"] for post in plan.posts]

    for poison in ("\x00", "<script>", '"', "\n", "DROP TABLE", "\u202e", "=HYPERLINK"):
        assert any(poison in caption for caption in captions), repr(poison)
    assert "" in captions


def test_ids_pass_2_to_the_53_and_carry_the_second_of_creation(plan):
    for post in plan.posts:
        assert post.wire["id"] > 2**53
        assert len(post.video_id) == 19
        assert post.wire["id"] >> 32 == post.wire["create_time"]


def test_posts_lie_in_the_sixty_days_before_the_anchor(plan):
    times = [post.wire["create_time"] for post in plan.posts]

    assert min(times) >= (DEFAULT_ANCHOR - timedelta(days=60)).timestamp()
    assert max(times) <= (DEFAULT_ANCHOR - timedelta(days=8)).timestamp()


def test_an_unknown_value_is_an_absent_key_and_never_null(plan):
    for key in ("view_count", "share_count", "music_id", "hashtag_names", "video_duration"):
        assert any(key not in post.wire for post in plan.posts), key
    assert not any(value is None for post in plan.posts for value in post.wire.values())


def test_no_reaction_exceeds_the_views(plan):
    for post in plan.posts:
        views = post.wire.get("view_count", float("inf"))
        for key in ("like_count", "comment_count", "share_count", "favorites_count"):
            assert 0 <= post.wire.get(key, 0) <= views


def test_everything_shown_says_that_it_is_synthetic(library):
    label = json.loads((library.root / "library.json").read_bytes())["synthetic"]

    assert label is True
    assert (library.root / "SYNTHETIC.md").read_text().startswith("# Synthetic")
    assert all(creator.username.startswith("sandbox_") for creator in library.creators)
    assert all("synthetic" in creator.info["display_name"] for creator in library.creators)


def test_the_same_seed_gives_the_same_posts_and_another_seed_others(plan):
    assert plan_posts(7, POSTS, DEFAULT_ANCHOR) == plan
    assert plan_posts(8, POSTS, DEFAULT_ANCHOR).posts != plan.posts


def test_another_seed_shows_the_same_clips(library, tmp_path):
    other = generate(tmp_path, seed=8, posts=FEWEST)

    assert other.clips == library.clips
    assert other.posts != library.posts


def test_half_of_the_designs_have_camera_motion_and_noise():
    moving = [design for design in DESIGNS if design.moving and design.noise]

    assert len(DESIGNS) * 0.4 <= len(moving) <= len(DESIGNS) * 0.6


def test_surprises_are_graded_from_none_to_full():
    assert {design.surprise for design in DESIGNS} == {0, 0.25, 0.5, 0.75, 1.0}


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_planted_times_are_whole_frames_inside_the_clip(design):
    for at_s in (*design.cuts_s, *([] if design.onset_s is None else [design.onset_s])):
        assert 0 < at_s < design.seconds
        assert at_s * design.fps == pytest.approx(round(at_s * design.fps))


def test_every_clip_decodes_to_what_the_manifest_says(library):
    for name, clip in library.clips.items():
        with av.open(library.root / clip.file) as container:
            assert bool(container.streams.audio) == clip.has_audio, name
            video = container.streams.video[0]
            assert (video.width, video.height) == (clip.width, clip.height)
            frames = sum(1 for _ in container.decode(video))
        assert frames == round(clip.duration_s * clip.fps), name


@pytest.mark.campaign
def test_two_encoders_at_once_write_the_same_bytes(tmp_path):
    paths = [tmp_path / f"{n}.mp4" for n in range(2)]

    with ThreadPoolExecutor(2) as pool:
        clips = list(pool.map(lambda p: render(BY_NAME["jump_cut_025_moving"], 7, p), paths))

    assert len({clip.sha256 for clip in clips}) == 1


@pytest.mark.parametrize("name", ["jump_cut_025", in_campaigns("jump_cut_050_moving")])
def test_a_jump_cut_is_the_largest_change_of_the_picture_and_at_its_time(clip, name):
    change = _changes(clip(name))

    assert np.argmax(change) + 1 == round(BY_NAME[name].onset_s * BY_NAME[name].fps)


@pytest.mark.campaign
def test_a_larger_jump_cut_changes_the_picture_more(clip):
    sizes = [_changes(clip(name)).max() for name in ("jump_cut_025", "jump_cut_100")]

    assert sizes == sorted(sizes)


@pytest.mark.campaign
@pytest.mark.parametrize("name", ["oddball_025", in_campaigns("oddball_100_moving")])
def test_an_oddball_breaks_the_pattern_when_the_truth_says(clip, name):
    design, frames = BY_NAME[name], _frames(clip(name))
    period, onset = round(design.pulse_s * design.fps), round(design.onset_s * design.fps)
    unlike = [
        np.abs(_subject(frames[i]) - _subject(frames[i - period])).mean()
        for i in range(period, len(frames))
    ]

    # Within the odd pulse, or where the period after it is compared with it.
    assert onset <= np.argmax(unlike) + period < onset + 2 * period
    assert max(unlike) > 1.5 * np.median(unlike)


def test_a_burst_is_the_loudest_moment_and_louder_when_larger(clip):
    loudest = []
    for name in ("sound_burst_025", "sound_burst_075"):
        samples, rate = _samples(clip(name))
        loudest.append(np.abs(samples).max())
        at_s = np.abs(samples).argmax() / rate
        # The AAC encoder's lead-in may come on top.
        assert BY_NAME[name].onset_s - 0.01 <= at_s <= BY_NAME[name].onset_s + 0.25

    assert loudest == sorted(loudest)


@pytest.mark.campaign
def test_a_steady_clip_has_no_moment_that_stands_out(clip):
    change = _changes(clip("steady"))

    assert change.max() < 4 * np.median(change[change > 0])


def test_two_posts_with_one_clip_serve_different_bytes_that_both_decode(library, tmp_path):
    content = (library.root / shortest(library).file).read_bytes()
    files = [content + mark(video_id) for video_id in ("7700000000000000001", "77")]

    assert files[0] != files[1]
    for n, file in enumerate(files):
        (tmp_path / f"{n}.mp4").write_bytes(file)
        with av.open(tmp_path / f"{n}.mp4") as container:
            assert sum(1 for _ in container.decode(video=0)) == shortest(library).fps


def test_a_second_call_writes_nothing_and_reads_the_same(library):
    written = (library.root / "library.json").stat().st_mtime_ns

    again = generate(library.root, posts=FEWEST)

    assert again == library
    assert (library.root / "library.json").stat().st_mtime_ns == written


def test_a_generation_that_died_leaves_no_library_and_is_done_again(library, tmp_path, monkeypatch):
    shutil.copytree(library.root, tmp_path, dirs_exist_ok=True)

    def die(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(build, "_copy_clips", die)
        with pytest.raises(KeyboardInterrupt):
            generate(tmp_path, seed=8, posts=FEWEST)
    with pytest.raises(LibraryMissing, match=r"python -m local\.sandbox"):
        Library.load(tmp_path)

    assert generate(tmp_path, seed=8, posts=FEWEST).seed == 8


def test_a_clip_cut_short_makes_the_library_unfinished(library, tmp_path):
    shutil.copytree(library.root, tmp_path, dirs_exist_ok=True)
    with (tmp_path / shortest(library).file).open("r+b") as file:
        file.truncate(100)

    with pytest.raises(LibraryMissing, match=shortest(library).name):
        Library.load(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"version": 0}', f'{{"version": {VERSION}}}'])
def test_a_damaged_or_foreign_manifest_is_no_library(tmp_path, content):
    (tmp_path / "library.json").write_text(content)

    with pytest.raises(LibraryMissing):
        Library.load(tmp_path)


def test_the_truth_is_in_a_file_of_its_own(library):
    shown = (library.root / "library.json").read_text()
    truth = library.truth()

    # A caption may hold the word surprise; a key may not.
    assert [key for key in ("onset", '"unexpectedness"', "violation") if key in shown] == []
    assert truth["posts"].keys() == library.post_by_id.keys()
    assert truth["clips"].keys() == library.clips.keys()


@pytest.mark.parametrize("posts", [0, -1, FEWEST - 1])
def test_a_library_too_small_for_its_special_posts_is_refused(tmp_path, posts):
    with pytest.raises(ValueError, match="at least 16"):
        generate(tmp_path, posts=posts)


def test_an_anchor_without_a_time_zone_is_refused(tmp_path):
    with pytest.raises(ValueError, match="time zone"):
        generate(tmp_path, posts=FEWEST, anchor=datetime(2026, 11, 1))


def test_the_command_prints_counts_as_json(library, capsys):
    assert main(["--out", str(library.root), "--posts", str(FEWEST)]) == 0
    assert json.loads(capsys.readouterr().out)["posts"] == FEWEST


def test_the_command_says_why_there_is_no_library(tmp_path, capsys):
    (tmp_path / "file").write_text("")

    assert main(["--out", str(tmp_path / "file" / "library")]) == 2
    assert "The library was not made" in capsys.readouterr().err


def shortest(library):
    return min(library.clips.values(), key=lambda clip: clip.duration_s)


def _frames(path):
    with av.open(path) as container:
        return [
            frame.to_ndarray(format="gray").astype(np.float32)
            for frame in container.decode(video=0)
        ]


def _changes(path):
    frames = _frames(path)
    return np.array([np.abs(b - a).mean() for a, b in pairwise(frames)])


def _subject(frame):
    """The middle of the frame, where the subject hops."""
    height, width = frame.shape
    return frame[height // 5 : height * 3 // 4, width // 5 : width * 4 // 5]


def _samples(path):
    with av.open(path) as container:
        blocks = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
        return np.concatenate(blocks), container.streams.audio[0].rate
