"""Tables on policies and own rules: what would run where after a loss, and what each rule allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.plan.penalties import RULE_NOISE
from optimizer.plan.settle import Settled
from optimizer.plan.tables import make_table
from optimizer.program.build import Program

Floats = NDArray[np.float64]
_CANCELLED = 1e-11  # of a rule's terms: what is left where they cancel each other


def outages_table(program: Program, values: Floats) -> pd.DataFrame:
    """What critical work would run where if a member of a policy were lost."""
    m, ix = program.parts, program.index
    keys = list(m.col["emergency"])
    first = m.col["emergency"][keys[0]] if keys else 0
    counts = values[first : first + len(keys)] * program.units.accelerators
    run = [(keys[place], float(counts[place])) for place in np.flatnonzero(counts > 0).tolist()]
    for (policy, member, t), served in ix.survived.items():
        run += [((policy, member, workload, pool, t), count) for (workload, pool), count in served.items()]
    label, rows = program.instance.label, []
    for (policy, member, workload, pool, t), count in run:
        rows.append((t, policy, member, pool, workload, count, count * ix.yields[workload, pool]))
    rows.sort(key=lambda row: row[0])
    return make_table("outages", [(label(t), *rest) for t, *rest in rows])


def rules_table(program: Program, settled: Settled, prices: Mapping[tuple[str, int], float]) -> pd.DataFrame:
    """Value, slack, violation and shadow price of every constraint of the planner's own rules."""
    rows = []
    for (rule, t), (found, size) in settled.rule_values.items():
        noise = RULE_NOISE * size
        cancelled = abs(found) <= _CANCELLED * (size - abs(program.index.own_rules[rule].rhs))
        value = 0.0 if cancelled else found
        rows.append(_rule(program, rule, t, value, noise, settled.values, prices.get((rule, t), 0.0)))
    rows.sort(key=lambda row: row[0])
    return make_table("rules", [(program.instance.label(t), *rest) for t, *rest in rows])


def _rule(
    program: Program, rule: str, t: int, value: float, noise: float, values: Floats, price: float
) -> tuple[Any, ...]:
    m, spec = program.parts, program.index.own_rules[rule]
    over = value - spec.rhs if abs(value - spec.rhs) > noise else 0.0
    slack = {"<=": max(0.0, -over), ">=": max(0.0, over), "=": 0.0}[spec.sense]
    paid = [m.col[family][rule, t] for family in ("over", "under") if (rule, t) in m.col[family]]
    violation = m.rule_scale[rule, t] * sum(float(values[column]) for column in paid)
    return t, rule, spec.each, spec.sense, value, spec.rhs, slack, violation, price
