"""Warnings as sentences; each module has one subject."""

from collections.abc import Sequence

from shared.insights.caution import Caution, each_changes
from shared.insights.cautions.ages import confounded_ages, mixed_ages
from shared.insights.cautions.codes import code_cautions
from shared.insights.cautions.counts import counting
from shared.insights.cautions.influence import single_influences
from shared.insights.cautions.missing import rare_outcome, rare_outcomes, selective_ratings
from shared.insights.cautions.precision import failed_models, precision, rare_predictors
from shared.insights.cautions.raters import mixed_raters, recognised_clips
from shared.insights.cautions.ratings import rating_values
from shared.insights.cautions.reposts import reposts
from shared.insights.cautions.sampling import sampling, source_breaks
from shared.insights.drawn_videos import VideoSample
from shared.insights.headline import Headline
from shared.insights.missing_ratings import MissingRatings
from shared.insights.plan import Plan
from shared.insights.quality_gate import Gate
from shared.insights.robustness import Robustness
from shared.insights.statistics.effect import Effect


def cautions(
    passed: Gate,
    plan: Plan,
    effects: Sequence[Effect],
    primary: Effect | None,
    robustness: Robustness,
    notes: Sequence[str],
    missing: MissingRatings | None = None,
    headline: Headline | None = None,
    overturning: Sequence[str] = (),
    drawn: VideoSample | None = None,
) -> tuple[Caution, ...]:
    """Every warning that applies, ranked by what it changes.

    `notes` come from the analysis. `overturning` are checks that the headline did not pass.
    `drawn` is the sample that the associations rest on, where it is not all rows.
    """
    frame = passed.frame
    # A wrong sample or wrong ratings spoil every number; the others weaken or blur some.
    of_answer = (
        *sampling(passed, plan),
        *rare_outcome(passed, plan),
        *selective_ratings(missing),
        *source_breaks(passed, plan),
        *counting(passed),
        *overturning,
        *mixed_raters(frame),
        *recognised_clips(frame),
        *single_influences(robustness.influence, primary, frame),
        *confounded_ages(passed, plan, headline),
        *mixed_ages(frame, plan),
        *code_cautions(passed),
        *reposts(frame, plan),
    )
    of_certainty = (
        *([] if drawn is None else [drawn.sentence]),
        *precision(passed, plan, effects, primary, robustness),
        *rating_values(passed, plan),
        *rare_predictors(passed, plan),
    )
    return (
        *each_changes("answer", of_answer),
        *each_changes("certainty", of_certainty),
        *each_changes("figures", (*notes, *rare_outcomes(passed, plan), *failed_models(effects))),
    )
