"""Published annotations of videos, as ratings of `benchmark/NAME`.

labels.py and scores.py have their shared parts. blackswan.py, cowen.py, funqa.py, liris.py, oops.py
and vce.py each read the files of one data set as it is published. Users bring the files; none ship
with this project.
"""
