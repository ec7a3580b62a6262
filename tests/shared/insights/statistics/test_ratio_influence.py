"""The influence of creators and videos on the rate ratio, against whole fits without them."""

import numpy as np
import pandas as pd
import pytest

from shared.insights.statistics.fixed_effects import FixedEffectsFit, poisson_fixed_effects
from shared.insights.statistics.ratio_influence import (
    refitted_without,
    steps_without_creators,
    steps_without_videos,
)
from shared.insights.statistics.resampling import Groups


def fitted(seed: int = 1, weeks: bool = False, creators: int = 25) -> FixedEffectsFit:
    random = np.random.default_rng(seed)
    code = np.repeat(np.arange(creators), 1 + random.integers(2, 9, creators))
    design = pd.DataFrame({name: random.normal(size=len(code)) for name in ("rating", "control")})
    logs = 4 + random.normal(size=creators)[code] + design.sum(axis=1) * 0.2
    y = random.poisson(np.exp(logs + 0.5 * random.normal(size=len(code)))).astype(float)
    week = Groups.of(random.integers(0, 4, len(code))) if weeks else None
    return poisson_fixed_effects(y, design, random.normal(size=len(code)), Groups.of(code), week)


def exact(model: FixedEffectsFit, left_out) -> float:
    return float(refitted_without(model, left_out).beta[0] - model.beta[0])


@pytest.mark.parametrize("weeks", [False, True])
def test_a_step_without_a_creator_is_close_to_the_fit_without_them(weeks):
    model = fitted(weeks=weeks)
    changes = [exact(model, model.creators.codes == code) for code in range(model.creators.count)]

    steps = steps_without_creators(model, 0)

    assert np.corrcoef(steps, changes)[0, 1] > (0.98 if weeks else 0.995)
    assert steps == pytest.approx(changes, abs=0.25 * np.abs(changes).max())
    assert np.argmax(np.abs(steps)) == np.argmax(np.abs(changes))


def test_a_step_without_a_video_is_close_to_the_fit_without_it():
    model = fitted()
    rows = range(len(model.y))
    changes = [exact(model, np.arange(len(model.y)) == row) for row in rows]

    steps = steps_without_videos(model, 0)

    assert np.corrcoef(steps, changes)[0, 1] > 0.995
    assert np.argmax(np.abs(steps)) == np.argmax(np.abs(changes))


@pytest.mark.parametrize("weeks", [False, True])
def test_a_fit_without_some_is_that_of_the_others_from_the_beginning(weeks):
    """The search starts from the whole fit, which says where the answer is and nothing of it."""
    model = fitted(weeks=weeks)
    for left_out in (model.creators.codes == 3, np.arange(len(model.y)) == 7):
        design = pd.DataFrame(model.x[~left_out], columns=["rating", "control"])
        week = model.weeks.where(~left_out) if weeks else None
        creators = model.creators.where(~left_out)
        anew = poisson_fixed_effects(
            model.y[~left_out], design, model.offset[~left_out], creators, week
        )

        refitted = refitted_without(model, left_out)

        assert refitted.beta == pytest.approx(anew.beta, rel=1e-10)
        assert refitted.mean == pytest.approx(anew.mean, rel=1e-10)
        assert refitted.names == anew.names and (refitted.kept == anew.kept).all()


def test_each_column_has_its_own_steps():
    model = fitted()

    assert (
        np.corrcoef(steps_without_creators(model, 0), steps_without_creators(model, 1))[0, 1] < 0.9
    )


def test_many_creators_with_many_columns_take_the_plain_step(monkeypatch):
    model = fitted(creators=60)
    steps = steps_without_creators(model, 0)

    monkeypatch.setattr("shared.insights.statistics.ratio_influence._MOST_NUMBERS", 0)

    plain = steps_without_creators(model, 0)
    assert np.corrcoef(steps, plain)[0, 1] > 0.95 and (plain != steps).any()


def test_a_creator_who_alone_has_a_column_leaves_finite_steps_and_no_such_column():
    model = fitted()
    first = model.creators.codes == 0
    alone = pd.DataFrame({"rating": model.x[:, 0] * first, "control": model.x[:, 1]})
    lone = poisson_fixed_effects(model.y, alone, model.offset, model.creators)
    only = poisson_fixed_effects(model.y, alone[["rating"]], model.offset, model.creators)

    assert np.isfinite(steps_without_creators(lone, 0)).all()
    assert np.isfinite(steps_without_creators(only, 0)).all()
    assert refitted_without(lone, first).names == ("control",)


def test_without_anything_left_there_is_no_model():
    model = fitted()

    assert refitted_without(model, np.arange(len(model.y)) > 0) is None
