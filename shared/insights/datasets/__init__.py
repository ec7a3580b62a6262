"""Published annotations of surprising videos, as ratings of `benchmark/NAME`.

labels.py has what they have in common; each of funqa.py, oops.py, blackswan.py and vce.py reads one
data set's files in the form it is published in. The files are the user's: none ship with this.
"""
