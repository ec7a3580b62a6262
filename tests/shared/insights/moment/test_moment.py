"""The moment: what is planted is what the result says, and the result is settled by its data."""

import json
from dataclasses import replace

import numpy as np
import pytest

from shared.insights.moment.moment import NO_ERROR, UNUSABLE, moment
from shared.insights.moment.options import MomentOptions
from tests.shared.insights.moment.audience import audience

EXACT = MomentOptions(onset_sd_s=0.0, placebos=99)


def test_a_hazard_that_is_a_quarter_lower_is_measured():
    result = moment(audience(log_ratio=np.log(0.75)), EXACT)

    assert result.effect is not None
    assert result.effect.ratio == pytest.approx(0.75, abs=0.05)
    assert result.effect.low < 0.75 < result.effect.high
    assert result.placebo_p == 0.01
    assert result.leads is not None
    assert result.leads.p > 0.05


def test_where_nothing_is_planted_nothing_is_claimed_but_the_eye_claims_it():
    result = moment(audience(videos=60, viewers=5_000, seed=4), EXACT)

    assert result.effect is not None
    assert result.neighbours is not None
    assert result.effect.low < 1 < result.effect.high
    assert result.neighbours.ratio == pytest.approx(0.8, abs=0.1)
    assert result.neighbours.p is not None
    assert result.neighbours.p < 0.001


def test_the_ratios_by_second_show_when_viewers_stay():
    planted = {1: np.log(0.5), 2: np.log(0.5)}
    result = moment(audience(videos=80, viewers=20_000, by_second=planted), EXACT)

    ratios = {at.second: at.ratio for at in result.by_second}

    assert list(ratios) == list(range(-5, 11))
    assert [ratios[second] for second in (1, 2)] == pytest.approx([0.5, 0.5], abs=0.08)
    assert [ratios[second] for second in (-2, 0, 3)] == pytest.approx([1, 1, 1], abs=0.15)


@pytest.mark.parametrize("toward_end", [-2.0, 2.0])
def test_leaving_that_changes_toward_the_end_of_any_video_is_not_an_effect(toward_end):
    curves = audience(videos=80, viewers=20_000, toward_end=toward_end)

    result = moment(curves, replace(EXACT, placebos=0))

    assert result.effect is not None
    assert result.effect.ratio == pytest.approx(1, abs=0.05)
    assert result.effect.low < 1 < result.effect.high


def test_videos_that_end_within_the_window_are_measured():
    curves = [_ends_after(curve, 5) for curve in audience(videos=80, log_ratio=np.log(0.6))]

    result = moment(curves, replace(EXACT, placebos=0))

    assert result.effect is not None
    assert result.effect.low < 0.6 < result.effect.high


def _ends_after(curve, seconds):
    length = int(curve.onset_s) + seconds
    return replace(curve, shares=curve.shares[: length + 1], duration_s=float(length))


def test_videos_of_one_length_need_no_position():
    curves = [replace(curve, duration_s=45.0) for curve in audience(log_ratio=np.log(0.75))]

    result = moment(curves, replace(EXACT, placebos=0))

    assert result.effect is not None
    assert result.effect.ratio == pytest.approx(0.75, abs=0.05)


def test_a_video_that_alone_is_long_does_not_take_the_answer_away():
    curves = [replace(curve, duration_s=45.0) for curve in audience(log_ratio=np.log(0.75))]
    curves[0] = replace(curves[0], duration_s=60.0)

    result = moment(curves, replace(EXACT, placebos=0))

    assert result.effect is not None
    assert result.effect.ratio == pytest.approx(0.75, abs=0.05)


def test_a_second_that_nobody_leaves_has_no_ratio_and_the_others_have_theirs():
    curves = [_nobody_leaves(curve, second=2) for curve in audience(is_rounded=False)]

    result = moment(curves, replace(EXACT, placebos=0))

    assert [at.second for at in result.by_second] == [
        second for second in range(-5, 11) if second != 2
    ]


def _nobody_leaves(curve, second):
    at = int(curve.onset_s) + second
    shares = curve.shares.copy()
    shares[at + 1] = shares[at]
    return replace(curve, shares=shares)


def test_the_band_of_placebos_lies_around_1():
    result = moment(audience(log_ratio=np.log(0.5)), EXACT)

    assert all(at.placebo_low < 1 < at.placebo_high for at in result.by_second)


def test_viewers_who_leave_before_the_onset_already_fail_the_test_of_the_leads():
    leaving_early = {-3: 0.5, -2: 0.5, -1: 0.5}
    result = moment(audience(by_second=leaving_early, viewers=20_000), EXACT)

    assert result.leads is not None
    assert result.overturn is not None
    assert result.leads.p < 0.01
    assert "before the onset already" in " ".join(result.overturn.sentences)


@pytest.mark.parametrize(("busiest", "df"), [(1, (5, 15)), (41, (5, 55))])
def test_leads_are_tested_by_video_where_one_creator_has_most_of_them(busiest, df):
    curves = [
        replace(curve, creator=f"c{max(0, at - busiest + 1) % 20}")
        for at, curve in enumerate(audience(videos=60))
    ]

    result = moment(curves, replace(EXACT, placebos=0))

    assert result.clusters == 20
    assert result.leads is not None
    assert result.leads.df == df


def test_an_error_of_the_onset_that_is_known_does_not_shrink_the_effect():
    curves = audience(videos=150, viewers=20_000, log_ratio=np.log(0.7), off_s=1.5)

    shrunk = moment(curves, EXACT).effect
    restored = moment(curves, replace(EXACT, onset_sd_s=1.5)).effect

    assert shrunk is not None
    assert restored is not None
    assert shrunk.ratio > 0.76
    assert restored.ratio == pytest.approx(0.7, abs=0.03)


def test_the_error_of_the_onset_comes_from_pairs_of_raters():
    random = np.random.default_rng(1)
    true_s = random.uniform(5, 20, 500)
    marked_s = true_s + 0.8 * random.normal(size=(2, 500))
    options = MomentOptions(onset_pairs=tuple(map(tuple, marked_s.T.tolist())), placebos=0)

    result = moment(audience(), options)

    assert result.onset_error.source == "agreement"
    assert result.onset_error.sd_s == pytest.approx(0.8, abs=0.05)


def test_an_unknown_error_is_named_in_a_note():
    assert NO_ERROR in moment(audience(), MomentOptions(placebos=0)).notes


def test_signals_of_all_videos_are_taken_into_account():
    """Viewers leave at cuts, and cuts lie at the onset: without them the onset takes the blame."""
    curves = audience(videos=80, viewers=20_000, by_second=dict.fromkeys(range(3), np.log(1.5)))
    random = np.random.default_rng(2)
    with_cuts = []
    for curve in curves:
        since = np.arange(len(curve.shares)) - np.floor(curve.onset_s or 0)
        cuts = ((since >= 0) & (since < 3)) | (random.random(len(since)) < 0.15)
        with_cuts.append(replace(curve, cuts=cuts.astype(float)))

    plain, adjusted = moment(curves, EXACT), moment(with_cuts, EXACT)

    assert adjusted.covariates == ("cuts",)
    assert plain.effect is not None
    assert adjusted.effect is not None
    assert adjusted.effect.se > plain.effect.se


def test_signals_that_say_nothing_of_their_own_are_not_used():
    seconds = [np.arange(len(curve.shares), dtype=float) for curve in audience()]
    curves = [
        replace(curve, loudness=of_curve)
        for curve, of_curve in zip(audience(), seconds, strict=True)
    ]

    result, plain = moment(curves, EXACT), moment(audience(), EXACT)

    assert result.effect == plain.effect
    assert result.covariates == ()
    assert UNUSABLE in result.notes


def test_signals_of_some_videos_only_are_not_used():
    curves = audience()
    curves[0] = replace(curves[0], cuts=np.ones(len(curves[0].shares)))

    result = moment(curves, EXACT)

    assert result.covariates == ()
    assert any("Only some videos" in note for note in result.notes)


@pytest.mark.parametrize(("creators", "cluster"), [(9, "video"), (10, "creator")])
def test_creators_are_the_clusters_from_ten_on(creators, cluster):
    result = moment(audience(creators=creators), replace(EXACT, placebos=0))

    assert result.cluster == cluster
    assert result.creators == creators


def test_the_order_of_the_curves_changes_nothing():
    curves = audience(videos=20)

    assert moment(curves[::-1], EXACT).document() == moment(curves, EXACT).document()


def test_the_document_is_plain_json_and_names_ten_videos_of_a_reason():
    curves = audience()
    curves += [replace(curve, video_id=f"x{curve.video_id}", onset_s=None) for curve in curves]

    document = moment(curves, EXACT).document()

    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["left_out"]["no_onset"]["count"] == 40
    assert len(document["left_out"]["no_onset"]["videos"]) == 10


def test_observed_and_synthetic_curves_do_not_mix():
    curves = audience(videos=2)

    with pytest.raises(ValueError, match="do not go into one estimate"):
        moment([curves[0], replace(curves[1], synthetic=False)])


@pytest.mark.parametrize("videos", [0, 1, 4])
def test_too_few_videos_have_a_note_and_no_effect(videos):
    result = moment(audience(videos=videos), EXACT)

    assert result.effect is None
    assert result.note
    assert result.document()["effect"] is None


def test_one_shape_of_curve_for_all_has_no_effect_and_no_traceback():
    curves = [replace(curve, onset_s=8.0) for curve in audience(videos=20)]

    result = moment(curves, EXACT)

    assert result.effect is None
    assert "told apart from the videos and the seconds" in (result.note or "")
