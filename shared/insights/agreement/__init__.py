"""Whether ratings are to be trusted: agreement with intervals, and the ladder of benchmarks.

ratings.py holds ratings, long_table.py and stored.py read them, figure.py gives any figure its
interval over videos, and validation.py puts all together. icc.py, alpha.py, kappa.py and
bland_altman.py are the coefficients; peers.py, retest.py, halo.py, known_groups.py, onset.py,
convergence.py, drift.py, ablation.py and grounding.py ask one question each; ladder.py judges them
by shared/insights/ladder.yaml, and reportable.py keeps made-up figures out of reports.
"""
