"""Mutations: faults put into the code on purpose, each of which the suite must notice.

python -m tests.mutations               # all of them
python -m tests.mutations load erase    # those of some parts
"""
