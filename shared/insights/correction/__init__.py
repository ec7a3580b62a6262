"""Correlations without the error of the ratings: pure functions of arrays.

disattenuation.py removes a rater's random error, by how well its repeated answers agree.
debiasing.py removes systematic error too, by people's ratings of some of the videos. draws.py
resamples creators for both. shared/insights/corrections.py applies them to the ratings of a plan.
"""
