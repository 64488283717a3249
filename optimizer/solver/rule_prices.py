"""Shadow prices of the planner's own rules: what a little more room saves while the integer decisions stay."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from optimizer.interruption import finishing
from optimizer.program.arrays import Arrays, Floats
from optimizer.program.build import Program
from optimizer.program.unit_changes import UnitChanges
from optimizer.solver.solution import Solution

Key = tuple[str, int]  # rule, month
_MOST = 10.0  # seconds
_NOISE = 1e-4  # relative
_TOUCHES = 1e-7  # in the scale of a row: what is nearer to its limit reaches it


def rule_prices(program: Program, arrays: Arrays, solution: Solution, seconds: float) -> dict[Key, float]:
    """Shadow prices of the planner's own rules, in money per unit of the right-hand side.

    The price is the change of the net present cost per unit of a small change of the right-hand side, with the integer
    columns fixed, on the side that loosens the rule: where the optimum is degenerate, tightening it costs more. Of an
    equation it is the change for a little more, or, where nothing is feasible then, for a little less.

    Parameters
    ----------
    program, arrays, solution : Program, Arrays, Solution
        A solution of the program; nothing where it has no values.
    seconds : float
        Time limit, and at most ten seconds; what that leaves open is a dual.
    """
    if solution.values is None or not program.parts.rows["own_rule"]:
        return {}
    from optimizer.solver.sensitivity import changes_of_optimum  # imports SciPy, which is slow

    fixed = arrays.with_values(arrays.integer, solution.values)
    changes = list(UnitChanges(program, arrays).rules())
    found = None
    with finishing() as pressed:
        if not pressed:
            # Ctrl-C ends the prices, not the plan that they belong to.
            with suppress(KeyboardInterrupt):
                found = changes_of_optimum(fixed, changes, seconds=min(seconds, _MOST), estimate=True)
    if found is None:
        return _duals(program, arrays, solution)
    steps = np.array([change.step for change in changes])
    both = found / steps[:, None] * program.units.money
    rules, known = program.index.own_rules, _by_solution(program, arrays, solution.values)
    prices = zip((change.key[1:] for change in changes), both, strict=True)
    worst = _penalties(program, arrays)
    return {
        key: known.get(key, _rounded(_price(rules[key[0]].sense, sides), worst.get(key, np.inf)))
        for key, sides in prices
    }


def _penalties(program: Program, arrays: Arrays) -> dict[Key, float]:
    """Present value of the penalty of soft rules, in money per unit: no price is larger."""
    m, money = program.parts, program.units.money
    every = ((key, column) for family in ("over", "under") for key, column in m.col[family].items())
    return {key: float(arrays.cost[column]) * money / m.rule_scale[key] for key, column in every}


def _rounded(price: float, penalty: float) -> float:
    """Return a price without the noise that lifts it above the penalty: it is a small difference of two costs."""
    return float(np.clip(price, -penalty, penalty)) if abs(price) <= penalty * (1 + _NOISE) else price


def _by_solution(program: Program, arrays: Arrays, values: Floats) -> dict[Key, float]:
    """Prices that follow from the solution: the penalty where a rule is violated, 0 where its limit is not reached.

    They hold for the solution even where another one costs as much, or a little less, and does not violate the rule.
    """
    m, money, found = program.parts, program.units.money, {}
    activity = arrays.activity(values[: len(arrays.cost)])
    for place, name in enumerate(arrays.rows):
        if isinstance(name, tuple) and name[0] == "own_rule" and name[1] in m.rule_scale:
            room = min(activity[place] - arrays.row_lower[place], arrays.row_upper[place] - activity[place])
            if room > _TOUCHES * (1 + abs(activity[place])):
                found[name[1]] = 0.0
    for family, sign in (("over", -1.0), ("under", 1.0)):
        for key, column in m.col[family].items():
            if values[column] > _TOUCHES and key not in found:
                found[key] = sign * float(arrays.cost[column]) * money / m.rule_scale[key] + 0.0
    return found


def _price(sense: str, sides: Floats) -> float:
    """Price of a rule, from the changes of the cost per unit for more and for less of its right-hand side."""
    more, less = float(sides[0]), -float(sides[1])
    if sense == "<=":
        return min(more, 0.0)
    if sense == ">=":
        return max(less, 0.0)
    return next((price + 0.0 for price in (more, less) if np.isfinite(price)), 0.0)


def _duals(program: Program, arrays: Arrays, solution: Solution) -> dict[Key, float]:
    """A dual of each rule, as the solver gave them: right in sign, and 0 where nothing binds."""
    if solution.row_duals is None:
        return {}
    number = {name: place for place, name in enumerate(arrays.rows)}
    duals, scale, money = solution.row_duals, program.parts.rule_scale, program.units.money
    rows = [(key, number.get(("own_rule", key))) for key in program.parts.rows["own_rule"]]
    return {key: float(duals[row]) * money / scale[key] + 0.0 for key, row in rows if row is not None}
