"""Whether ratings are to be trusted: agreement with intervals, and the ladder of benchmarks.

ratings.py holds ratings as rows, figure.py gives any figure its interval over videos, and
validation.py puts all together. icc.py, alpha.py, kappa.py and bland_altman.py are the
coefficients; peers.py, retest.py, halo.py, known_groups.py, onset.py, convergence.py and drift.py
ask one question each; ladder.py judges them by shared/insights/ladder.yaml.
"""
