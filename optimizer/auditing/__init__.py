"""The audit of a plan: its rules re-checked and its money re-priced from the tables and the instance alone.

It shares no code with the program that found the plan, and imports neither Pyomo nor HiGHS, so that a mistake in one
is seen by the other. Every figure is derived in the most direct way: block by block, month by month.
"""

from __future__ import annotations

from optimizer.auditing.rules import RULES, audit, holdings
from optimizer.auditing.verdict import Audit, Violation

__all__ = ["RULES", "Audit", "Violation", "audit", "holdings"]
