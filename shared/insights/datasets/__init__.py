"""Published annotations of surprising videos, as ratings of `benchmark/NAME`.

labels.py has their shared parts. funqa.py, oops.py, blackswan.py and vce.py each read the files of
one data set as it is published. Users bring the files; none ship with this project.
"""
