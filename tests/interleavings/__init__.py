"""The product's use cases stepped over doubles in memory, one outside operation at a time.

    python -m tests.interleavings --seeds 20000     # a campaign
    python -m tests.interleavings --seed 17         # one run again, with its trace

A run follows from its seed alone. scheduler.py decides who proceeds, world.py holds what the use
cases touch, operations.py starts them, kills them and starts them again, and invariants.py says
what must be true when all have ended.
"""
