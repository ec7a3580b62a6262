"""Which videos carry the estimate is what leaving them out shows."""

import numpy as np
import pytest

from shared.insights.moment.design import moment_design
from shared.insights.moment.estimate import WindowFit, window_fit
from shared.insights.moment.influence import carrying_videos, overturn
from shared.insights.moment.options import WINDOW_S
from shared.insights.moment.seconds import Curve
from tests.shared.insights.moment.audience import audience

CURVES = audience(videos=30, log_ratio=np.log(0.85), creators=10)


def fitted(curves: list[Curve]) -> WindowFit:
    return window_fit(moment_design(curves), WINDOW_S, 0.0)


def test_the_carrying_videos_move_the_estimate_towards_the_effect():
    carrying = carrying_videos(moment_design(CURVES), fitted(CURVES))
    ids = [video.video_id for video in carrying]

    without = fitted([curve for curve in CURVES if curve.video_id not in ids])

    assert len(set(ids)) == 5
    assert all(video.influence < 0 for video in carrying)
    assert without.effect.log_ratio > fitted(CURVES).effect.log_ratio + 0.01


def test_the_extremes_without_a_creator_are_those_of_leaving_each_out():
    creators = sorted({curve.creator for curve in CURVES})
    ratios = {
        creator: fitted([curve for curve in CURVES if curve.creator != creator]).effect.ratio
        for creator in creators
    }

    extremes = overturn(moment_design(CURVES), fitted(CURVES), None, None)

    assert extremes.without_least == min(ratios, key=ratios.__getitem__)
    assert extremes.without_most == max(ratios, key=ratios.__getitem__)
    assert [extremes.least, extremes.most] == pytest.approx(
        [min(ratios.values()), max(ratios.values())], abs=0.005
    )


def test_without_so_many_videos_the_interval_holds_1():
    design, window = moment_design(CURVES), fitted(CURVES)
    count = overturn(design, window, None, None).videos_to_doubt

    assert count is not None
    strongest = np.argsort(window.fit.influence[:, 0])[:count]
    others = [curve for at, curve in enumerate(CURVES) if at not in strongest]
    assert fitted(others).effect.high > 0.98
