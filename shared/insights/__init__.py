"""From a table of videos to associations with intervals that allow for creators.

`n` rows are videos, complete and numeric when they come here; a cluster is a creator.
Every function is pure: the same arguments (and `seed`) give the same bytes. All names below
are arguments a caller may rely on; `NotEstimable` (and its kind `TooFew`) is raised where no
row of the answer could be given, otherwise an `Effect` with None and a `note` comes back.

effect.py
    Effect(...).document(), .interval and .df (where interval and p come from)
    NotEstimable(what, sentence); TooFew(sentence)
resampling.py
    Groups.of(labels) -> Groups: .codes .names .n .count .sizes .labels()  .where(mask) -> Groups
    Statistic: weights (sets, rows) -> numbers (sets, k)
    jackknife(statistic, groups) -> array (clusters, k)
    bootstrap(statistic, groups, resamples, seed, on_progress=None) -> (resamples, k)
    JACKKNIFE_UP_TO = 2000 creators; beyond, the bootstrap
pairs.py
    Pair(predictor, outcome, scale="count", column=None): `column` of the frame holds the outcome's
        values (default: the column named `outcome`; for a rate put y / exposure there)
ranks.py
    spearman(frame, pairs, groups, resamples, seed, on_progress=None) -> tuple[Effect, ...]
    spearman_and_partial(frame, pairs, controls, groups, resamples, seed, on_progress=None)
        -> tuple[Effect, ...], Spearman's of every pair, then the partial ones; `controls`: a
        DataFrame of numeric columns (dummies for categories)
    kendall(frame, pair, groups) -> Effect
    on_progress(done, total) is called now and then from the calling thread
pearson.py
    pearson_log1p(frame, pairs, groups) -> tuple[Effect, ...]
        (log1p of the outcome only, the predictor as it is; scale "rate": of y / exposure)
counts.py
    rate_ratios(y, design, offset, groups, asked=None) -> tuple[Fit, Fit, Fit]
        GEE-NB, NB2, Poisson-QMLE; y: counts (n,); design: DataFrame of numeric columns without an
        intercept; offset: log exposure (n,) or None; asked: columns to give intervals (all)
fit.py
    Fit: .method ("gee_nb" | "nb2" | "poisson_qmle") .names .estimates .ses .spans .interval .df
        .alpha .n .clusters .converged .note; .effect(name, outcome, scale="rate") -> Effect
    disagreement(fits, name) -> str | None   the sentence when they differ by more than 2 SE
design.py
    dummies(values, name) -> DataFrame       category columns, the most frequent left out
splits.py
    between_within(values, name, groups) -> DataFrame  columns f"{name}_between", f"{name}_within"
shape.py
    inverted_u(x, y, groups, controls=None, predictor="x", outcome="y", scale="count") -> TwoLines
        TwoLines: .low .high (Effect, method "two_lines_low" | "two_lines_high") .breakpoint
        .inverted (bool) .note
    interaction(y, design, a, b, offset, groups, outcome, scale="count") -> Effect
        method "gee_nb_interaction", predictor f"{a} × {b}"; both are centred at their means
    profile(frame, pair, by, edges, groups, resamples, seed) -> tuple[Band, ...]
        Band: .low .high (edges of `by`, high None = no end) .effect (Spearman within the band)
power.py
    icc1(values, groups) -> float | None
    design_effect(x, y, groups) -> float
    power_had(rho, n, design_effect=1.0) -> float
    n_needed(rho, power=0.8, design_effect=1.0) -> int
    smallest_rho(n, power=0.8, design_effect=1.0) -> float | None
tost.py
    equivalence(effect, bound) -> Equivalence: .bound .p .low .high (90 % interval) .equivalent
multiplicity.py
    with_q(effects, primary=None) -> tuple[Effect, ...]   primary: index left out of the family
influence.py
    influence(x, y, groups) -> tuple[Influence, ...]   largest |change| first
        Influence: .cluster .n .estimate_without .change .exact

Behind these: interval.py (from resamples to an interval and p), signflip.py (from scores to an
interval and p), ranked.py and concordance.py (ranks and pairs of rows), countfit.py, fittable.py
and sandwich.py (fits, what prevents them, their covariances), products.py (sums that do not depend
on the number of threads).
"""
