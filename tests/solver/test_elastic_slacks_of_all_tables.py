"""All slacks of an instance with two items of every kind, of which the first cannot be relaxed: by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.program.arrays import Arrays
from optimizer.program.build import Program, build
from optimizer.program.compile import compile_program
from optimizer.solver.elastic_slacks import ElasticSlack, ElasticSlacks
from tests.program.tiny import tiny

LEASE = {"price": 300, "term_months": 2, "max_blocks": 5}
AGREED = {"price": 300, "term_months": 2, "committed_blocks": 2, "earliest": 0}
TABLES: dict[str, Any] = {
    "workloads": [{"workload": "free"}, {"workload": "must", "min_service": 0.25, "critical": 0.5}],
    "providers": [{}, {"provider": "neo"}, {"provider": "lab", "kind": "tenant"}],
    "sites": [{}, {"site": "shed", "region": "there"}],
    "power": [{"month": 2, "mw": 6}, {"month": 1, "mw": 5}, {"site": "shed", "month": 0, "mw": 0.4}],
    "interruptions": [
        {"item": "hall", "from": 2, "to": 2, "capacity_fraction": 0},
        {"interruption": "half", "item": "hall", "from": 3, "capacity_fraction": 0.5},
    ],
    "fleet": [{"count": 10}],
    "contracts": [
        LEASE,
        LEASE | {"contract": "other", "provider": "neo"},
        AGREED | {"contract": "base", "term_months": 4},
        LEASE | {"contract": "loose", "requires": "base", "requires_blocks": 2},
        AGREED | {"contract": "more", "committed_blocks": 1, "earliest": 1, "requires": "base", "requires_blocks": 2},
        AGREED | {"contract": "old", "earliest": -1},
        AGREED | {"contract": "new", "earliest": 1, "renews": "old"},
    ],
    "outlets": [
        {"outlet": "open", "price": 1, "term_months": 1, "accelerators_per_block": 5},
        {"price": 1, "term_months": 1, "accelerators_per_block": 4, "committed_blocks": 3, "earliest": 1, "latest": 1},
    ],
    "budgets": [{"amount": 6000}, {"budget": "none", "amount": 0}],
    "training_runs": [
        {"run": "maybe", "work": 5, "sizes": "10", "penalty": 7},
        {"work": 5, "sizes": "10", "penalty": 7, "required": True},
    ],
    "commitments": [{"commitment": "maybe-deal", "annual_amount": 100}, {"annual_amount": 100, "required": True}],
    "policies": [
        {"policy": "s", "rule": "survive", "subject": "provider", "limit": 0.8},
        {"policy": "m", "rule": "max_share", "subject": "provider", "member": "neo", "limit": 0.5},
        {"policy": "s2", "rule": "survive", "subject": "site", "member": "shed", "limit": 0.6, "from": 2},
        {"policy": "m2", "rule": "max_share", "subject": "region", "limit": 0.9, "from": 3},
    ],
    "rules": [
        {"rule": "soft", "sense": "<=", "rhs": 4, "penalty": 3},
        {"sense": "<=", "rhs": 40, "from": 1, "to": 2},
        {"rule": "least", "sense": ">=", "rhs": -0.5, "each": "total"},
        {"rule": "eq", "sense": "=", "rhs": 0, "to": 1},
    ],
    "rule_terms": [
        {"rule": "soft", "quantity": "capacity", "item": "lease"},
        {"quantity": "capacity", "item": "lease"},
        {"rule": "least", "quantity": "capacity", "item": "lease", "coefficient": 0.001},
        {"rule": "eq", "quantity": "capacity", "item": "other"},
    ],
}


@pytest.fixture(scope="module")
def made() -> tuple[Program, Arrays, list[ElasticSlack]]:
    """The program of the instance in units of 1 accelerator, 0.1 MW and 100 of money, and its slacks."""
    program = build(tiny(4, {"free": [10], "must": [10, 30]}, **TABLES))
    units = program.units
    assert (units.accelerators, units.mw, units.money) == (1.0, 0.1, 100.0)
    arrays = compile_program(program)
    return program, arrays, ElasticSlacks(program, arrays).all()


def described(arrays: Arrays, one: ElasticSlack) -> tuple[Any, ...]:
    """Cell, weight, limit and rows of a slack."""
    rows = [(*arrays.rows[row], value) for row, value in one.cells]
    return ".".join(one.cell), pytest.approx(one.weight), one.most, rows


def test_all_slacks(made: tuple[Program, Arrays, list[ElasticSlack]]) -> None:
    """Tests items, weights, limits and the rows with their coefficients of all tables, in their order."""
    _, arrays, found = made
    # All that can be had: 10 of the fleet, 3 x 50 of offers, 20 + 10 + 20 + 20 agreed.
    share = [("share_limit", ("m", "neo", t), -230.0) for t in range(4)]
    # Of 10, then 30 half is critical.
    outage = [
        ("outage_demand", ("s", name, "must", t), 15.0 if t else 5.0) for name in ("cloud", "neo") for t in range(4)
    ]
    # Power begins in month 1; in month 2 none of it arrives, in month 3 half.
    power = [
        (family, (*key, "hall", t), left)
        for family, key in (("site_power", ()), ("outage_power", ("s", "cloud")), ("outage_power", ("s", "neo")))
        for t, left in ((1, -1.0), (3, -0.5))
    ]
    equations = [("rules.eq.rhs", 1.0, np.inf, [("own_rule", ("eq", t), sign)]) for sign in (-1.0, 1.0) for t in (0, 1)]
    assert [described(arrays, one) for one in found] == [
        ("budgets.cap.amount", 100 / 6000, np.inf, [("budget_limit", "cap", -1.0)]),
        ("budgets.none.amount", 1.0, np.inf, [("budget_limit", "none", -1.0)]),
        ("workloads.must.min_service", 1.0, 0.25, []),
        ("training_runs.big.required", 1.0, np.inf, []),
        ("commitments.deal.required", 1.0, 1.0, [("commitment_once", "deal", 1.0)]),
        ("policies.m.limit", 1.0, np.inf, share),
        ("policies.m2.limit", 1.0, np.inf, [("share_limit", ("m2", "here", 3), -230.0)]),
        ("policies.s.limit", 1.0, 0.8, outage),
        ("policies.s2.limit", 1.0, 0.6, [("outage_demand", ("s2", "shed", "must", t), 15.0) for t in (2, 3)]),
        # Rules are scaled: by a block of 10, and by a thousandth of it.
        ("rules.mine.rhs", 10 / 40, np.inf, [("own_rule", ("mine", t), -1.0) for t in (1, 2)]),
        ("rules.least.rhs", 0.01 / 0.5, np.inf, [("own_rule", ("least", 3), 1.0)]),
        *equations,
        ("power.hall.mw", 2 * 0.1 / 6, np.inf, [*power, ("outage_power", ("s2", "shed", "hall", 3), -0.5)]),
        ("power.shed.mw", 2 * 0.1 / 0.4, np.inf, [("site_power", ("shed", t), -1.0) for t in range(4)]),
        ("outlets.let.committed_blocks", 1 / 12, 12.0, [("outlet_cover", ("let", 1), 1.0)]),
        ("contracts.new.renews", 0.5, np.inf, [("renewal", ("new", 1), -1.0)]),
        ("contracts.more.requires_blocks", 0.5, 2.0, [("option_required", ("more", t), -1.0) for t in (1, 2)]),
    ]
    columns = {one.cell[1]: [(arrays.columns[column], *sizes) for column, *sizes in one.limits] for one in found}
    assert {name: limits for name, limits in columns.items() if limits} == {
        "must": [(("unserved", ("must", t)), *sizes) for t, sizes in enumerate([(10, 7.5), *[(30, 22.5)] * 3])]
    }
    opened = {one.cell[1]: [arrays.columns[column] for column in one.opened] for one in found if one.opened}
    assert opened == {"big": [("not_run", "big")]}


@pytest.mark.parametrize(
    ("cell", "amount", "edit"),
    [
        ("budgets.cap.amount", 30, "budgets.cap.amount=9000"),
        ("budgets.none.amount", 5, "budgets.none.amount=500"),
        ("rules.mine.rhs", 0.5, "rules.mine.rhs=45"),
        ("rules.least.rhs", 2, "rules.least.rhs=-0.52"),
        ("rules.eq.rhs", 2, "rules.eq.penalty=0"),
        ("power.hall.mw", 3, "power.hall.mw+=0.3"),
        ("power.shed.mw", 0.5, "power.shed.mw+=0.05"),
        ("outlets.let.committed_blocks", 4, "outlets.let.committed_blocks=2"),
        ("outlets.let.committed_blocks", 4.1, "outlets.let.committed_blocks=1"),
        ("contracts.more.requires_blocks", 0.75, "contracts.more.requires_blocks=1.25"),
        ("contracts.more.requires_blocks", 3, "contracts.more.requires_blocks=0"),
    ],
)
def test_edits(made: tuple[Program, Arrays, list[ElasticSlack]], cell: str, amount: float, edit: str) -> None:
    """Tests the edit of each cell for an amount of its slack in the program's units."""
    one = next(slack for slack in made[2] if ".".join(slack.cell) == cell)
    assert str(one.edit(amount, np.zeros(999))) == edit


@pytest.mark.parametrize(
    ("leased", "every", "limit"),
    [
        ((3, 3), (40, 32), "0.9375"),  # 30 of 40 are 0.75, of 32 they are 0.9375
        ((3, 3), (40, 60), "0.75"),
        ((3, 3), (40, 20), "1"),  # no share is larger than 1
        ((0, 3), (0, 40), "0.75"),  # nothing at all in the first month
        ((1, 1), (40, 20), "0.5"),  # within the limit
        ((1, 0), (17, 10), "0.58824"),  # 10 of 17 are 0.588235..: 0.08824 more, in four digits
    ],
)
def test_a_share_is_raised_to_the_largest_of_its_months(
    leased: tuple[int, int], every: tuple[int, int], limit: str
) -> None:
    """Tests a limit of 0.5 where a member has blocks of ten, of all that there is in each of two months."""
    policy = {"rule": "max_share", "subject": "provider", "member": "cloud", "limit": 0.5}
    lease = {"price": 300, "term_months": 1, "max_blocks": 5}
    program = build(tiny(2, {"jobs": [10]}, fleet=[{"count": 10}], contracts=[lease], policies=[policy]))
    arrays = compile_program(program)
    (one,) = (slack for slack in ElasticSlacks(program, arrays).all() if slack.table == "policies")
    values = np.zeros(len(program.parts.lower))
    for t in range(2):
        values[program.parts.col["in_force"]["lease", t]] = leased[t]
        values[program.parts.col["reference_capacity"][t]] = every[t] / program.units.accelerators
    assert str(one.edit(0.1, values)) == f"policies.care.limit={limit}"
