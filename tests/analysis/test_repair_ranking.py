"""Which repairs are tried, in which order, and how they are ranked: costs are given, no program is solved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest

from optimizer.analysis import repairs
from optimizer.analysis.diagnosis import ProvenRepair
from optimizer.analysis.repairs import Draft, Repairer, Repairs, _share
from optimizer.instance.edit import Edit, parse_edit
from optimizer.program.build import Program, build
from optimizer.program.compile import compile_program
from optimizer.solver.elastic import Cell, make_elastic
from optimizer.solver.feasibility_relaxation import Repair
from optimizer.solver.solution import Options
from tests.program.tiny import month, tiny


@dataclass(frozen=True)
class Case:
    """A draft of one edit: its estimated cost (None: infeasible), and the plan that verifies it, if one is found."""

    name: str
    estimate: float | None
    cost: float | None = None
    bound: float | None = None
    first: bool = True
    least: bool = True
    table: str = "rules"
    share: float = 1.0

    @property
    def cells(self) -> frozenset[Cell]:
        """Its set of cells."""
        return frozenset({("sets", self.name[0], "of")})


class Given(Repairer):
    """A repairer whose drafts, estimates and plans are given."""

    def __init__(self, cases: list[Case], gap: float) -> None:
        self.cases = {case.name: case for case in cases}
        self.options, self.tried = Options(gap=gap, time_limit=9.0), list[tuple[str, int]]()

    def drafts(self, cells: frozenset[Cell]) -> Iterator[Draft]:
        """The drafts of a set of cells."""
        for one in self.cases.values():
            if one.cells == cells:
                yield Draft((Edit(one.table, one.name, "c", "=", "1"),), (), one.first, one.least)

    def estimate(self, draft: Draft) -> float | None:
        """The estimate of a draft."""
        return self.cases[draft.edits[0].item].estimate

    def proven(self, draft: Draft, waiting: int) -> ProvenRepair | None:
        """The plan of a draft."""
        case = self.cases[draft.edits[0].item]
        self.tried.append((case.name, waiting))
        if case.cost is None:
            return None
        plan: Any = SimpleNamespace(objective=case.cost, bound=case.bound)
        return ProvenRepair(draft.edits, (), case.share, plan, draft.first, draft.priced)


def ranked(*cases: Case, gap: float = 0.01, more: int = 0) -> tuple[list[str], bool, list[tuple[str, int]]]:
    """Names of the repairs in order, whether the first is proven the cheapest, and which were tried with how many."""
    given = Given(list(cases), gap)
    empty = {frozenset({("sets", f"~{n}", "of"), ("sets", "~", "of")}) for n in range(more)}
    found: Repairs = given.repairs({case.cells for case in cases} | empty)
    return [one.edits[0].item for one in found.found], found.least, given.tried


def test_the_smallest_repairs_with_a_price_are_tried_first() -> None:
    """Tests the order by kind and estimate, and by how many the time is divided once a repair is known."""
    names, least, tried = ranked(
        Case("a", 95, 96, 96),
        Case("a2", 50, 99, 99, first=False),
        Case("b", 90, 92, 92),
        Case("c", None),
        Case("p", 10, 93, 93, table="power"),
    )
    assert tried == [("b", 0), ("a", 3), ("p", 2), ("a2", 1)]
    # Without a price of its power the repair p comes last, although its plan costs less than others.
    assert (names, least) == (["b", "a", "a2", "p"], True)


def test_until_one_is_found_each_has_all_the_time() -> None:
    """Tests drafts of which no plan is found: the third is as the first."""
    names, least, tried = ranked(Case("a", 70), Case("b", 80), Case("c", 90, 100, 100))
    assert (names, tried) == (["c"], [("a", 0), ("b", 0), ("c", 0)])
    assert not least  # a may cost 70


@pytest.mark.parametrize(
    ("best", "estimate", "tried"),
    [(100, 110, True), (100, 110.01, False), (-100, -90, True), (-100, -89.9, False)],
)
def test_what_costs_a_tenth_more_is_not_tried(best: float, estimate: float, tried: bool) -> None:
    """Tests estimates at the limit, for costs of either sign."""
    _, _, found = ranked(Case("a", best, best, best), Case("b", estimate, estimate, estimate))
    assert [name for name, _ in found] == (["a", "b"] if tried else ["a"])


def test_the_limit_is_that_of_the_smallest_repairs_with_a_price() -> None:
    """Tests that a plan with power of no price does not keep others from being tried."""
    _, _, tried = ranked(Case("p", 10, 20, 20, table="power"), Case("q", 15, 99, 99, table="power"))
    assert tried == [("p", 0), ("q", 1)]
    _, _, tried = ranked(Case("a2", 10, 20, 20, first=False), Case("b2", 15, 99, 99, first=False))
    assert tried == [("a2", 0), ("b2", 1)]


def test_five_repairs_are_enough() -> None:
    """Tests that a sixth draft is not tried."""
    names, _, tried = ranked(*(Case(name, 100 + n, 100 + n, 100 + n) for n, name in enumerate("fedcba")))
    assert [name for name, _ in tried] == list("fedcb") == names


def test_six_sets_of_cells_are_tried() -> None:
    """Tests that a seventh set, the largest one, is left, and that the first repair is then not proven the cheapest."""
    six = [Case(name, 100 + n, 100 + n, 100 + n) for n, name in enumerate("abcdef")]
    assert ranked(*six)[1]
    names, least, tried = ranked(*six, more=1)
    assert (names, least, len(tried)) == (list("abcde"), False, 5)


@pytest.mark.parametrize(
    ("other", "gap", "least"),
    [
        (Case("b", 99.1), 0.01, True),  # no plan of it is found, but it costs 99 at least
        (Case("b", 98.9), 0.01, False),
        (Case("b", 99.1), 0.0, False),
        (Case("b", 99.99995), 0.0, True),  # as precise as figures are
        (Case("b", 99.0, 105, 101), 0.0, True),  # the search proves more than the relaxation
        (Case("b", 99.0, 105, None), 0.0, False),
        (Case("b", 101, 105, 99), 0.0, True),  # and the relaxation more than the search
        (Case("b", None), 0.0, True),  # no plan at all
        (Case("b", 200), 0.0, True),  # not tried
        (Case("p", 10, table="power"), 0.0, True),  # not to be compared
        (Case("a2", 10, first=False), 0.0, True),  # another repair of the same cells
        (Case("b", 200, least=False), 0.0, False),  # a smaller change of its cells may cost less
    ],
)
def test_the_first_repair_is_the_cheapest_if_no_other_can_cost_less(other: Case, gap: float, least: bool) -> None:
    """Tests a repair of 100 beside another one."""
    names, found, _ = ranked(Case("a", 99.5, 100, 90), other, gap=gap)
    assert (names[0], found) == ("a", least)


def test_without_a_draft_or_a_plan_nothing_is_the_cheapest() -> None:
    """Tests a set of cells that no edit makes sufficient, beside another one and alone, and drafts without a plan."""
    assert ranked(Case("a", 100, 100, 100), more=1)[:2] == (["a"], False)
    assert ranked(more=1) == ([], False, [])
    assert ranked(Case("a", 100)) == ([], False, [("a", 0)])


def test_repairs_are_ranked_by_cost_then_by_size() -> None:
    """Tests two of the same cost, one that turns out to cost over a tenth more, and one that is not the smallest."""
    names, _, _ = ranked(
        Case("a", 90, 100, 100, share=0.5),
        Case("b", 91, 100, 100, share=0.25),
        Case("c", 92, 110, 110),
        Case("d", 93, 110.5, 110),
        Case("e2", 93, 99, 99, first=False),
    )
    assert names == ["b", "e2", "a", "c"]
    # Without any of the smallest the cheapest of the others comes first.
    assert ranked(Case("a2", 90, 100, 100, first=False), Case("b2", 91, 98, 98, first=False))[0] == ["b2", "a2"]


# ---------------------------------------------------------------- sizes
RULE = {"sense": "<=", "rhs": 40, "from": 0, "to": 5}
POWER = [{"mw": 6}, {"month": 3, "mw": 9}]


@pytest.fixture(scope="module")
def program() -> Program:
    """Six months with a rule, a budget, power and runs."""
    return build(
        tiny(
            6,
            {"jobs": [10]},
            fleet=[{"count": 10}],
            power=POWER,
            contracts=[{"price": 300, "term_months": 2, "max_blocks": 5}],
            budgets=[{"amount": -6000, "from": 2, "to": 4}, {"budget": "none", "amount": 0}],
            training_runs=[{"work": 5, "sizes": "10", "required": True, "penalty": 7, "release": 1, "deadline": 3}],
            rules=[RULE, RULE | {"rule": "flat", "rhs": 1}],
            rule_terms=[{"rule": name, "quantity": "capacity", "item": "lease"} for name in ("mine", "flat")],
        )
    )


@pytest.mark.parametrize(
    ("edit", "share"),
    [
        ("rules.mine.rhs=60", 0.5),
        ("rules.mine.rhs=10", 0.75),
        ("rules.flat.rhs=3", 2.0),
        ("budgets.cap.amount=-3000", 0.5),
        ("budgets.none.amount=500", 1.0),  # of nothing
        ("power.hall.mw+=1.5", 0.25),
        ("training_runs.big.required=false", 1.0),
        ("rules.mine.penalty=0", 1.0),  # which was blank
        (f"rules.mine.from={month(2)}", 2 / 6),
        (f"rules.mine.to={month(4)}", 1 / 6),
        (f"budgets.cap.from={month(4)}", 2 / 3),  # of months 2 to 4
        (f"training_runs.big.deadline={month(5)}", 2 / 3),  # of months 1 to 3
    ],
)
def test_the_size_of_an_edit(program: Program, edit: str, share: float) -> None:
    """Tests shares of values, and of the months in which a row applies."""
    assert _share(program, parse_edit(edit)) == pytest.approx(share)


MINE: Cell = ("rules", "mine", "rhs")
BY_VALUE = parse_edit("rules.mine.rhs=60")  # a half
LATER, EARLIER = parse_edit(f"rules.mine.from={month(2)}"), parse_edit(f"rules.mine.to={month(1)}")


@pytest.mark.parametrize(
    ("value", "moved", "drafts"),
    [
        (None, [], []),
        (True, [], [([BY_VALUE], True, True)]),
        (False, [], [([BY_VALUE], True, False)]),
        # The smaller share comes first, the other is another repair of the same cell.
        (True, [(LATER, 2 / 6, True)], [([LATER], True, True), ([BY_VALUE], False, True)]),
        (True, [(EARLIER, 4 / 6, True)], [([BY_VALUE], True, True), ([EARLIER], False, True)]),
        (
            True,
            [(EARLIER, 4 / 6, True), (LATER, 2 / 6, False)],  # of which a smaller one may do
            [([LATER], True, False), ([EARLIER], False, True), ([BY_VALUE], False, True)],
        ),
        (True, [(EARLIER, 4 / 6, False)], [([BY_VALUE], True, True)]),
        (None, [(EARLIER, 4 / 6, True)], [([EARLIER], True, True)]),
    ],
)
def test_drafts_of_one_cell(
    monkeypatch: pytest.MonkeyPatch,
    program: Program,
    value: bool | None,
    moved: list[tuple[Edit, float, bool]],
    drafts: list[tuple[list[Edit], bool, bool]],
) -> None:
    """Tests which edit is the smallest, whether that is proven, and what else is a repair."""
    loosened = make_elastic(program, compile_program(program))
    found = Repair({MINE: BY_VALUE}, None, bool(value))
    monkeypatch.setattr(repairs, "cheapest_repair", lambda *_: None if value is None else found)
    monkeypatch.setattr(Repairer, "_moved", lambda *_: iter([repairs._Option(*one) for one in moved]))
    options = Options(gap=0.0, time_limit=9.0)
    made = list(Repairer(program, loosened, options, None).drafts(frozenset({MINE})))
    assert [(list(one.edits), one.first, one.least) for one in made if one.first or one.least] == drafts
    assert all(one.free == () for one in made)
    late = Repairer(program, loosened, replace(options, time_limit=0.0), None)
    assert [list(one.edits) for one in late.drafts(frozenset({MINE})) if one.first] == (
        [[min(moved, key=lambda one: one[1])[0]]] if moved else []
    )


def test_a_budget_is_set_by_the_plan(program: Program) -> None:
    """Tests that a budget alone is free and needs no edit."""
    loosened = make_elastic(program, compile_program(program))
    cell: Cell = ("budgets", "none", "amount")
    repairer = Repairer(program, loosened, Options(gap=0.0, time_limit=0.0), None)
    assert list(repairer.drafts(frozenset({cell}))) == [Draft((), (cell,))]
    assert repairer.estimate(Draft((), (cell,))) == float("-inf")  # no time is left
