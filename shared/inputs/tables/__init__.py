"""Tables as people have them: files of any container, read in the notation of the file itself.

`container` opens a file as rows of raw cells, `notation` decides how the file writes numbers and
dates, `cells` reads a cell as a count, an id or a time, and `losses` counts what could not be read.
"""
