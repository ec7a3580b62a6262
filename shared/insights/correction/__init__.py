"""From the error of ratings to the effect: what a correlation would be without that error.

Two ways, by what is known. A rater that was asked again has a reliability, and disattenuation.py
takes its random error out. People who rated some of the videos show its systematic error too, and
debiasing.py takes out both. correction.py finds which data there are, for every rating of the plan.
"""
