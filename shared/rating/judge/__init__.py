"""A judge of stored ratings: do rationale and scores agree, given the literature?

question.py says what is asked, reading.py what an answer must pass, judge.py asks and keeps, and
shared/insights/agreement/grounding.py counts. The judge sees a rating's own words and numbers, and
never the video, its caption, its creator or its success.
"""
