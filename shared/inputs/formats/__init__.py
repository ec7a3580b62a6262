"""The formats of lists of videos: which tool wrote a table, and what its columns mean."""
