"""Extraction of the tables ``outages`` and ``rules`` from a settled solution."""

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
_CANCELLED = 1e-11  # relative to a rule's terms: residue of terms that cancel


def outages_table(program: Program, values: Floats) -> pd.DataFrame:
    """Return the table of critical work by pool after the loss of each member of a policy."""
    index, parts = program.index, program.parts
    keys, found = list(parts.col["emergency"]), values[parts.stretch("emergency")] * program.units.accelerators
    where = np.flatnonzero(found > 0)
    run, counts = [keys[place] for place in where.tolist()], found[where].tolist()
    for (policy, member, t), served in index.redundant_outages.items():
        run += [(policy, member, workload, pool, t) for workload, pool in served]
        counts += served.values()
    months = np.array([key[-1] for key in run], dtype=np.int64)
    order, labels = (
        np.argsort(months, kind="stable").tolist(),
        [program.instance.label(t) for t in range(index.horizon)],
    )
    keys, amounts = [run[place] for place in order], np.array(counts, dtype=float)[order]
    return make_table(
        "outages",
        {
            "month": [labels[t] for *_, t in keys],
            "policy": [policy for policy, *_ in keys],
            "member": [member for _, member, *_ in keys],
            "pool": [pool for *_, pool, _ in keys],
            "workload": [workload for _, _, workload, *_ in keys],
            "accelerators": amounts,
            "work": amounts * np.array([index.yields[workload, pool] for _, _, workload, pool, _ in keys]),
        },
    )


def rules_table(program: Program, settled: Settled, prices: Mapping[tuple[str, int], float]) -> pd.DataFrame:
    """Return value, slack, violation and shadow price of every constraint of the planner's own rules."""
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
