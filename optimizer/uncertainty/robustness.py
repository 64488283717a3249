"""Robust decisions: which of those taken before anything is known the best plans of the scenarios alone take, too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from optimizer.plan.decisions import decision_rows
from optimizer.plan.plan import Plan
from optimizer.plan.settle import settle
from optimizer.plan.tables import make_table
from optimizer.uncertainty.alone import Alone
from optimizer.uncertainty.programs import ScenarioPrograms
from optimizer.uncertainty.tables import names_text

_BLOCK = 1e-6
_BY_ITSELF = "expire"
Decided = dict[tuple[str, str, str], float]  # blocks by month, decision and item


def robustness_table(programs: ScenarioPrograms, plans: Mapping[str, Plan], best: Alone) -> pd.DataFrame:
    """Return the decisions taken before anything is known, and the scenarios whose own best plans take them.

    Parameters
    ----------
    programs : ScenarioPrograms
        Scenarios and their programs.
    plans : mapping of str to Plan
        Plan of each scenario.
    best : Alone
        Best plans of the scenarios alone; those that are not known take nothing.
    """
    tree, one = programs.tree, next(iter(plans.values()))
    taken = _decided(one.tables["decisions"].itertuples(index=False, name=None))
    own = [
        {} if values is None else _decided(decision_rows(program, settle(program, values[: len(program.columns)])))
        for program, values in zip(programs.programs, best.values, strict=True)
    ]
    until, rows = tree.first_branching, []
    for key, blocks in taken.items():
        if one.instance.month_index(key[0]) < until:
            members = [place for place, other in enumerate(own) if other.get(key, 0.0) >= blocks - _BLOCK]
            chance = float(tree.probabilities[members].sum())
            rows.append((*key, blocks, names_text(tree, members), chance))
    return make_table("robustness", rows)


def _decided(rows: Iterable[tuple[Any, ...]]) -> Decided:
    found: Decided = defaultdict(float)
    for month, decision, item, _, blocks, *_ in rows:
        if decision != _BY_ITSELF:
            found[month, decision, item] += blocks
    return found
