"""Faults on demand: which faults happen in the local cloud, where, and how often.

A plan (see `plan.py` and docs/reference/faults.md) names points and gives each kind of fault a
chance. Every program throws the dice for its own points: the proxy for storage, BigQuery and the
functions, Pub/Sub for Publish and Pull, the sandbox for TikTok. Each fault is a line of
`logs/faults.jsonl`.
"""

from local.faults.dice import Dice, Fault
from local.faults.plan import BadFaultPlan, FaultPlan, parse_plan, read_plan

__all__ = ["BadFaultPlan", "Dice", "Fault", "FaultPlan", "parse_plan", "read_plan"]
