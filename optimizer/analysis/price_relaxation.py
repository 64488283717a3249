"""Bounds of break-even prices without a search: linear programs, priced again and again from one basis.

Of plans with an offer, the linear relaxation in which at least one block of it is taken bounds the cost from below, at
every price. The lowest price at which that bound reaches the cost of a known plan without the offer is a proven upper
end. The cost of a known plan with the offer, its decisions fixed and its operation optimised at another price, is an
upper bound of the cost there. The highest price at which it is below the bound of all plans without the offer is a
proven lower end. Prices are multiples that get worse: for outlets, the price is divided by them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.analysis.budget import Budget
from optimizer.analysis.price_interval import MOST
from optimizer.errors import FixingError, InstanceError
from optimizer.instance.edit import Edit, apply_edits
from optimizer.plan.plan import Plan
from optimizer.program.added_head import added_in, program_of
from optimizer.program.arrays import Arrays
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.program.fixed_decisions import fix_decisions_at, fix_states_at
from optimizer.program.fixings import FAMILY, Fixing, apply_fixings, fixings_of, merge_fixings
from optimizer.schema import load_schema
from optimizer.solver.highs import Model
from optimizer.solver.mip_start import decision_values
from optimizer.solver.program_diff import structural_difference
from optimizer.solver.solution import Options, Stop

FREE = 1e-6
"""Multiple of the price that is practically nothing."""
_NOISE = 1e-8  # relative to the cost
_GUESS = 1e-7  # relative to the cost: what counts as breaking even in a guess
_SAME = 1e-6  # relative: a linear program with a plan's decisions gives its cost
_ROUNDS = 30  # two for each half of a factor of a million down to 0.05 %
_WIDER = 1.05  # ratio of the first two prices between which one is looked for
_NEAR = 1.0005  # ratio of two prices that are not distinguished here
_INSIDE = 1 + (_NEAR - 1) / 2.5  # ratio of a trial price to the nearest end
_SECONDS = 30.0  # of one linear program


@dataclass(frozen=True)
class PricedOffer:
    """An offer whose price is varied.

    Attributes
    ----------
    table, item : str
        Where it is.
    edits : callable
        Return the edits for a factor of the price.
    sign : float
        1 where a lower price is better, -1 for outlets.
    """

    table: str
    item: str
    edits: Callable[[float], list[Edit]]
    sign: float

    def factor(self, worse: float) -> float:
        """Return the factor of the price for a multiple that gets worse."""
        return worse if self.sign > 0 else 1 / worse


class PriceRelaxation:
    """Linear programs of a plan's instance, for one offer after the other.

    Parameters
    ----------
    plan : Plan
        The plan that is explained.
    budget : Budget
        Nothing is begun when it is spent.
    options : Options
        Threads of the linear programs.
    """

    def __init__(self, plan: Plan, budget: Budget, options: Options) -> None:
        self.plan, self.budget = plan, budget
        self.options = replace(options, time_limit=_SECONDS, gap=0.0)
        self.program = program_of(plan)
        self.arrays = compile_program(self.program)
        self.money = self.program.units.money
        self._base = self._fixed(self.arrays).relaxed()
        self._relaxed = Model(self._base)
        self._optimum(self._relaxed)
        self._lines: dict[tuple[str, str], Callable[[float], Arrays] | None] = {}

    def _with_decisions(self, plan: Plan, arrays: Arrays) -> Arrays | None:
        """Return the linear program of the operation of a plan; None if it does not give the plan's cost."""
        arrays = self._fixed(arrays)
        values = decision_values(self.program, arrays, plan)
        fixed = fix_decisions_at(self.program, arrays, values)
        found = Model(fixed).solve(self._limited())
        if found.stop is Stop.INTERRUPTED:
            raise KeyboardInterrupt
        if found.values is None or found.stop is not Stop.GAP_REACHED:
            return None
        if abs(found.bound * self.money - plan.objective) > _SAME * abs(plan.objective):
            return None
        return fix_states_at(self.program, fixed, found.values)

    # ------------------------------------------------------------------ without the offer
    def without(self, offer: PricedOffer) -> float | None:
        """Return a lower bound of the cost of plans without an offer; infinity if there is none, None if unknown."""
        if offer.table == "on_demand":
            edit = Edit("on_demand", offer.item, "max_accelerators", "=", "0")
            arrays = self._edited([edit])
            return None if arrays is None else self._optimum(Model(self._fixed(arrays).relaxed()))
        return self._changed(self._fixed(self.arrays, Fixing("forbid", "", offer.item)).relaxed())

    # ------------------------------------------------------------------ prices
    def at_most(self, offer: PricedOffer, cost: float) -> float:
        """Return the multiple from which on no plan with the offer costs less than a cost; infinity if unknown."""
        curve = self._with_offer(offer)
        return math.inf if curve is None else _first_at(curve, cost + _NOISE * abs(cost))

    def at_least(self, offer: PricedOffer, cost: float, plan: Plan, at: float = 1.0) -> float | None:
        """Return a multiple up to which a plan's decisions cost less than a given cost; 0 if at none.

        Parameters
        ----------
        offer : PricedOffer
            The offer whose price is varied.
        cost : float
            Such as a bound of all plans without the offer.
        plan : Plan
            A plan with the offer.
        at : float
            Multiple of the price at which it was found.

        Returns
        -------
        float or None
            None if it is unknown.
        """
        priced = self._priced(offer)
        fixed = None if priced is None else self._with_decisions(plan, priced(offer.factor(at)))
        if fixed is None or priced is None:
            return None
        model = Model(fixed)

        def at_price(worse: float) -> float | None:
            model.change(priced(offer.factor(worse)).with_bounds(fixed.lower, fixed.upper))
            return self._optimum(model)

        return _last_below(at_price, cost - _NOISE * abs(cost), at)

    def guess(self, offer: PricedOffer, without: float) -> float:
        """Return the multiple at which the relaxation breaks even, which is a guess only; 1 if it is unknown.

        ``without`` is the relaxation's bound of the cost of plans without the offer.
        """
        curve = self._with_offer(offer) if self.is_integer(offer) else self._unforced(offer)
        found = math.inf if curve is None else _first_at(curve, without - _GUESS * abs(without))
        return found if found < math.inf else 1.0

    def _unforced(self, offer: PricedOffer) -> Callable[[float], float | None] | None:
        """Return the relaxation's optimum as a function of the multiple."""
        priced = self._priced(offer)

        def optimum(worse: float) -> float | None:
            assert priced is not None
            return self._changed(self._fixed(priced(offer.factor(worse))).relaxed())

        return None if priced is None else optimum

    def _with_offer(self, offer: PricedOffer) -> Callable[[float], float | None] | None:
        """Return the relaxation's optimum with at least one block of an offer, as a function of the multiple."""
        priced = self._priced(offer)
        if priced is None or not self.is_integer(offer):
            return None
        force = Fixing("force", "", offer.item)
        try:
            forced = self._fixed(self.arrays, force).relaxed()
        except FixingError:
            return None
        model, basis = Model(forced), self._relaxed.basis
        if basis is not None and len(self._base.rows) < len(forced.rows):
            model.basis = replace(basis, rows=[*basis.rows, *[basis.basic] * (len(forced.rows) - len(self._base.rows))])

        def optimum(worse: float) -> float | None:
            model.change(self._fixed(priced(offer.factor(worse)), force).relaxed())
            return self._optimum(model)

        return optimum

    def is_integer(self, offer: PricedOffer) -> bool:
        """Whether an offer is taken in blocks or lots only, so that a plan with it takes at least one."""
        decisions = load_schema().tables[offer.table].decisions
        if not decisions or self.plan.head.get("relaxed"):
            return False
        columns = [x for key, x in self.program.parts.col[FAMILY[decisions[0]]].items() if key[0] == offer.item]
        return bool(columns) and bool(self.arrays.integer[columns].all())

    def _priced(self, offer: PricedOffer) -> Callable[[float], Arrays] | None:
        """Return the program as a function of the price's factor; None if it is not a straight line.

        Costs, and coefficients of budgets, rules and commitments, are proportional to the price.
        """
        key = offer.table, offer.item
        if key not in self._lines:
            self._lines[key] = self._line(offer)
        return self._lines[key]

    def _line(self, offer: PricedOffer) -> Callable[[float], Arrays] | None:
        twice = self._edited(offer.edits(2.0))
        if twice is None or structural_difference(self.arrays, twice) is not None:
            return None
        base = self.arrays
        more = {name: getattr(twice, name) - getattr(base, name) for name in ("cost", "values")}

        def priced(factor: float) -> Arrays:
            moved = {name: getattr(base, name) + (factor - 1) * more[name] for name in more}
            return replace(base, **moved)

        same = all(np.array_equal(getattr(twice, one), getattr(base, one)) for one in ("row_lower", "row_upper"))
        return priced if same else None

    def _edited(self, edits: Sequence[Edit]) -> Arrays | None:
        """Return the program of the edited instance; None if it cannot be compared."""
        try:
            program = build(apply_edits(self.plan.instance, list(edits)), added_in(self.plan))
        except InstanceError:
            return None
        if program.units != self.program.units:
            return None
        return compile_program(program)

    def _fixed(self, arrays: Arrays, *new: Fixing) -> Arrays:
        """Return a program with the decisions that were fixed for the plan, and new ones in place of those."""
        return apply_fixings(self.program, arrays, merge_fixings(fixings_of(self.plan), new))

    # ------------------------------------------------------------------ linear programs
    def _changed(self, arrays: Arrays) -> float | None:
        """Return the optimum of the relaxation with other bounds."""
        if len(arrays.rows) != len(self._base.rows):  # a fixing that it replaces was a row
            return self._optimum(Model(arrays))
        self._relaxed.change(arrays)
        try:
            return self._optimum(self._relaxed)
        finally:
            self._relaxed.change(self._base)

    def _optimum(self, model: Model) -> float | None:
        """Return the optimum of a linear program in money; infinity if it is infeasible, None if unknown.

        Raises
        ------
        BudgetSpent
            If no time is left.
        KeyboardInterrupt
            On Ctrl-C.
        """
        found = model.solve(self._limited())
        if found.stop is Stop.INTERRUPTED:
            raise KeyboardInterrupt
        if found.stop is Stop.INFEASIBLE:
            return math.inf
        return found.bound * self.money if found.stop is Stop.GAP_REACHED else None

    def _limited(self) -> Options:
        """Return options with the time limit of a linear program."""
        return replace(self.options, time_limit=min(self.budget.search(), _SECONDS))


def _first_at(curve: Callable[[float], float | None], cost: float) -> float:
    """Return a multiple, near the first one, from which on a curve that never falls reaches a cost; else infinity."""
    now = curve(1.0)
    if now is None:
        return math.inf
    end = MOST if now < cost else FREE
    at_end = curve(end)
    if now < cost:
        return math.inf if at_end is None or at_end < cost else _enclose(curve, cost, (1.0, now), (end, at_end))[1]
    if at_end is None:
        return 1.0
    return end if at_end >= cost else _enclose(curve, cost, (end, at_end), (1.0, now))[1]


def _last_below(curve: Callable[[float], float | None], cost: float, at: float) -> float:
    """Return a multiple, near the last one, at which a curve that never falls is below a cost; 0 if it never is.

    The search begins at a multiple that is likely to be near.
    """
    now = curve(at)
    if now is None:
        return 0.0
    low, high = (at, now), (at, now)
    ratio = _WIDER
    while low[1] >= cost or high[1] < cost:  # one end stays, the other moves away from it faster and faster
        is_below = high[1] < cost
        end = min(at * ratio, MOST) if is_below else max(at / ratio, FREE)
        known, found = (high, curve(end)) if is_below else (low, curve(end))
        if found is None or end == known[0]:
            return high[0] if is_below else 0.0
        low, high = (high, (end, found)) if is_below else ((end, found), low)
        ratio *= ratio
    return _enclose(curve, cost, low, high)[0]


def _enclose(
    curve: Callable[[float], float | None], cost: float, low: tuple[float, float], high: tuple[float, float]
) -> tuple[float, float]:
    """Return two near multiples between which a curve that never falls reaches a cost.

    False position alternates with halves of the ratio, so that a bent curve takes at most twice the rounds of these.
    """
    (left, at_left), (right, at_right) = low, high
    for number in range(_ROUNDS):
        if right <= left * _NEAR:
            break
        middle = math.sqrt(left * right)
        if number % 2 == 0 and at_right < math.inf:
            crossing = left + (cost - at_left) * (right - left) / (at_right - at_left)
            middle = min(max(crossing, left * _INSIDE), right / _INSIDE)
        found = curve(middle)
        if found is None:
            break
        if found >= cost:
            right, at_right = middle, found
        else:
            left, at_left = middle, found
    return left, right
