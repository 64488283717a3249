"""Marginal values of a plan under uncertainty: of all scenarios together, and of each where they differ.

With all decisions fixed each scenario is a program of its own, so that what a unit changes in each is exact; of all
together it is the change of the objective: of the expected cost, or of the measure of risk.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.analysis.marginal_values import named, savings, with_decisions
from optimizer.analysis.scenario_queries import ScenarioQueries
from optimizer.plan.by_scenario import EVERY, SEPARATOR
from optimizer.plan.tables import SCENARIO, column_names
from optimizer.program.arrays import Floats
from optimizer.program.unit_changes import Key, UnitChange, UnitChanges
from optimizer.solver.solution import Options
from optimizer.uncertainty.extensive_form import extensive_form
from optimizer.uncertainty.stochastic_program import RiskMeasure, with_risk

_LARGE = 30_000  # columns of an extensive form whose relaxation takes longer than it is worth
_DIGITS = 9  # of a figure, for it to be the same
_NOISE = 1e-12  # of the costs of the scenarios
_SIDES = (1.0, -1.0)


def scenario_values(queries: ScenarioQueries, options: Options) -> pd.DataFrame:
    """Return the marginal values of a plan under uncertainty.

    Parameters
    ----------
    queries : ScenarioQueries
        Searches about the plan, with its programs.
    options : Options
        Threads, seed and time limit.

    Returns
    -------
    DataFrame
        The columns of :func:`optimizer.analysis.marginal_values.values_table` after ``scenario``: ``*`` is one unit
        more, or fewer, in every scenario, by the change of the plan's objective; then, where scenarios differ, a row
        for those with the same figures, by the change of their cost. NaN where a scenario has no such limit, demand or
        pool in the month. ``relaxed`` is given of all together, of programs that are not large.
    """
    programs, end = queries.programs, time.perf_counter() + options.time_limit
    changes, figures = [], []
    for program, arrays, own in zip(programs.programs, programs.arrays, queries.plans.values(), strict=True):
        left = replace(options, time_limit=max(end - time.perf_counter(), 0.0))
        every = list(UnitChanges(program, arrays).all())
        fixed = with_decisions(program, arrays, own, left) if left.time_limit else None
        nothing = np.full((len(every), 2), np.nan)
        found = nothing if fixed is None else savings(program, fixed, every, _SIDES, left)
        changes.append({change.key: change for change in every})
        figures.append({change.key: found[place] for place, change in enumerate(every)})
    keys = sorted(dict.fromkeys(key for one in changes for key in one), key=lambda key: key[2])
    left = replace(options, time_limit=max(end - time.perf_counter(), 0.0))
    relaxed = _relaxed(queries, keys, changes, left)
    missing = np.full(2, np.nan)
    rows = [
        row
        for key, value in zip(keys, relaxed.tolist(), strict=True)
        for row in _rows(queries, key, np.array([one.get(key, missing) for one in figures]), value)
    ]
    return pd.DataFrame(rows, columns=[SCENARIO, *column_names("values")])


def _rows(queries: ScenarioQueries, key: Key, figures: Floats, relaxed: float) -> list[tuple[str | float, ...]]:
    """Return the rows of a unit: of all scenarios, and of those that differ; without rows of zeros."""
    cells = named(queries.plan, key)
    together = _of_measure(queries, key, figures)
    rows: list[tuple[str | float, ...]] = [(EVERY, *cells, *together.tolist(), relaxed)]
    groups = _alike(list(queries.plans), figures)
    if len(groups) > 1:
        rows += [(SEPARATOR.join(names), *cells, *own, np.nan) for names, own in groups]
    return [row for row in rows if np.nan_to_num(np.array(row[-3:], dtype=float)).any()]


def _alike(names: Sequence[str], figures: Floats) -> list[tuple[list[str], tuple[float, ...]]]:
    """Return scenarios with the same figures together, but for rounding, with these figures."""
    found: dict[tuple[str, ...], tuple[list[str], tuple[float, ...]]] = {}
    for name, own in zip(names, figures.tolist(), strict=True):
        key = tuple(f"{value:.{_DIGITS}g}" for value in own)
        found.setdefault(key, ([], tuple(own)))[0].append(name)
    return list(found.values())


def _of_measure(queries: ScenarioQueries, key: Key, figures: Floats) -> Floats:
    """Return the change of the plan's objective by what a unit changes in each scenario, more and fewer."""
    chances = queries.programs.tree.probabilities
    risk = _risk(queries)
    if risk.is_neutral:
        return np.asarray(chances @ figures)
    costs = queries.plan.tables["scenarios"]["cost"].to_numpy(dtype=float)
    signs = np.array(_SIDES) * (1.0 if key[0] == "demand" else -1.0)
    now = risk.value(costs, chances)
    found = np.array(
        [risk.value(costs + sign * own, chances) - now for sign, own in zip(signs, figures.T, strict=True)]
    )
    noise = _NOISE * float(np.abs(costs).max(initial=0.0))
    found = np.where(np.isnan(figures).any(axis=0), np.nan, np.where(np.abs(found) <= noise, 0.0, found))
    return np.asarray(signs * found + 0.0)


def _risk(queries: ScenarioQueries) -> RiskMeasure:
    """Return what the plan minimises, in the instance's currency."""
    table, found = queries.plan.tables["scenarios"], queries.risk(queries.programs)
    return replace(found, best=tuple(table["alone_bound"].astype(float))) if found.best else found


def _relaxed(
    queries: ScenarioQueries, keys: Sequence[Key], changes: Sequence[dict[Key, UnitChange]], options: Options
) -> Floats:
    """Return what one more of each saves in the relaxation of all scenarios together; NaN where that is not known."""
    programs, found = queries.programs, np.full(len(keys), np.nan)
    places = [place for place, key in enumerate(keys) if all(key in one for one in changes)]
    if not places or sum(len(arrays.cost) for arrays in programs.arrays) > _LARGE or not options.time_limit:
        return found
    form = extensive_form(with_risk(programs.stochastic, queries.risk(programs)))
    together = [
        UnitChange(
            keys[place],
            np.concatenate([one[keys[place]].rows + at for one, at in zip(changes, form.first_rows, strict=False)]),
            np.concatenate([one[keys[place]].row_changes for one in changes]),
            np.concatenate([own[one[keys[place]].columns] for one, own in zip(changes, form.columns, strict=True)]),
            np.concatenate([one[keys[place]].upper_changes for one in changes]),
            changes[0][keys[place]].step,
        )
        for place in places
    ]
    found[places] = savings(programs.programs[0], form.arrays, together, (1.0,), options)[:, 0]
    return found
