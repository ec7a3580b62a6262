"""How far ratings can be trusted: agreement with intervals, and the ladder of benchmarks.

ratings.py holds ratings; long_table.py and star_schema.py read them. icc.py, alpha.py, kappa.py and
bland_altman.py are the coefficients. peers.py, retest.py, halo.py, known_groups.py, onset.py,
convergence.py, drift.py, ablation.py and grounding.py answer one question each. ladder.py judges
the answers by shared/insights/ladder.yaml, and validation.py puts everything together.
"""
