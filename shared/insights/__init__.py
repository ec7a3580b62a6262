"""From a table of videos to associations with intervals that allow for creators.

The rows of a table are videos and its clusters are creators. `analysis.analyse` answers a plan:
the quality gate drops rows, `statistics` computes on arrays, `cautions` and `wording` turn
them into sentences. Every function is pure: the same table, plan and seed give the same bytes.
"""
