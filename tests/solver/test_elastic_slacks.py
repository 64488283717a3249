"""What a planner can relax: cell, weight, limit and edit of each slack, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.instance.instance import Instance
from optimizer.program.build import Program, build
from optimizer.program.compile import compile_program
from optimizer.solver.elastic_slacks import ElasticSlack, ElasticSlacks, _down, _up, raised
from tests.program.tiny import tiny

LEASE = {"price": 300, "term_months": 12, "max_blocks": 5}
FLEET = {"fleet": [{"count": 10}]}


def slacks(instance: Instance) -> tuple[Program, list[ElasticSlack]]:
    """The program of an instance, and its slacks."""
    program = build(instance)
    return program, ElasticSlacks(program, compile_program(program)).all()


def of(table: str, instance: Instance) -> tuple[Program, ElasticSlack]:
    """The one slack of a table."""
    program, found = slacks(instance)
    (one,) = (slack for slack in found if slack.table == table)
    return program, one


def edits(one: ElasticSlack, *amounts: float) -> list[str]:
    """Edits of the cell for some values of the slack."""
    return [str(one.edit(amount, np.zeros(999))) for amount in amounts]


def test_a_budget_is_raised_by_a_share_of_it() -> None:
    """Tests that 3000 more of a budget of 6000 weigh a half, in one row, without limit."""
    program, one = of("budgets", tiny(2, {"jobs": [10]}, contracts=[LEASE], budgets=[{"amount": 6000}]))
    money = program.units.money
    assert one.weight * 3000 / money == pytest.approx(0.5)
    assert [coefficient for _, coefficient in one.cells] == [-1.0]
    assert (one.cell, one.most, one.opened, one.limits) == (("budgets", "cap", "amount"), np.inf, (), [])
    assert edits(one, 3000 / money) == ["budgets.cap.amount=9000"]


def test_service_is_lowered_by_a_share_of_demand() -> None:
    """Tests that half of the demand must be served, and that a slack of 0.2 lets 0.7 of it unserved."""
    workloads = [{"workload": "jobs", "min_service": 0.5}]
    program, one = of("workloads", tiny(2, {"jobs": [10, 20]}, **FLEET, workloads=workloads))
    unserved = program.parts.col["unserved"]
    size = program.units.accelerators
    assert (one.weight, one.most, one.cells) == (1.0, 0.5, [])
    assert one.limits == [(unserved["jobs", 0], 10 / size, 5 / size), (unserved["jobs", 1], 20 / size, 10 / size)]
    assert edits(one, 0.2, 0.33333, 0.6) == [
        "workloads.jobs.min_service=0.3",
        "workloads.jobs.min_service=0.1666",
        "workloads.jobs.min_service=0",
    ]


def test_a_required_run_and_commitment_are_dropped_in_full() -> None:
    """Tests that either weighs 1, as much as any limit in full."""
    run = {"work": 5, "sizes": "10", "required": True, "penalty": 700}
    program, one = of("training_runs", tiny(2, {"jobs": [5]}, **FLEET, training_runs=[run]))
    assert (one.weight, one.cells, one.opened) == (1.0, [], (program.parts.col["not_run"]["big"],))
    assert edits(one, 1.0) == ["training_runs.big.required=false"]
    deal = {"annual_amount": 100, "required": True}
    _, one = of("commitments", tiny(12, {"jobs": [5]}, contracts=[LEASE], commitments=[deal]))
    assert (one.weight, one.most, one.opened) == (1.0, 1.0, ())
    assert [coefficient for _, coefficient in one.cells] == [1.0]
    assert edits(one, 1.0) == ["commitments.deal.required=false"]
    free = tiny(12, {"jobs": [5]}, **FLEET, training_runs=[run | {"required": False}])
    assert [one for one in slacks(free)[1] if one.table == "training_runs"] == []


def test_a_share_of_capacity_is_raised_by_what_the_member_has() -> None:
    """Tests that a slack of 1 is all capacity, and that the limit follows from what the members then have."""
    # Fifty can be leased, and ten are there: sixty.
    policy = {"rule": "max_share", "subject": "provider", "member": "cloud", "limit": 0.5}
    program, one = of("policies", tiny(1, {"jobs": [10]}, **FLEET, contracts=[LEASE], policies=[policy]))
    size = program.units.accelerators
    assert one.weight == 1.0
    assert [coefficient for _, coefficient in one.cells] == [pytest.approx(-60 / size)]
    # Thirty of forty are leased: 0.75 of all.
    values = np.zeros(len(program.parts.lower))
    values[program.parts.col["in_force"]["lease", 0]] = 3.0
    values[program.parts.col["reference_capacity"][0]] = 40 / size
    assert str(one.edit(0.1, values)) == "policies.care.limit=0.75"


def test_survival_is_lowered_by_a_share_of_critical_demand() -> None:
    """Tests that of 20, half of it critical, 0.8 must survive a loss: a slack of 0.3 is 3 of 10."""
    policy = {"rule": "survive", "subject": "provider", "limit": 0.8}
    workloads = [{"workload": "jobs", "critical": 0.5}]
    instance = tiny(1, {"jobs": [20]}, **FLEET, contracts=[LEASE], workloads=workloads, policies=[policy])
    program, one = of("policies", instance)
    assert (one.weight, one.most) == (1.0, 0.8)
    assert {coefficient for _, coefficient in one.cells} == {10 / program.units.accelerators}
    assert edits(one, 0.3, 1.0) == ["policies.care.limit=0.5", "policies.care.limit=0"]


@pytest.mark.parametrize(
    ("sense", "signs", "edit"),
    [
        ("<=", [-1.0], "rules.mine.rhs=60"),
        (">=", [1.0], "rules.mine.rhs=20"),
        ("=", [-1.0, 1.0], "rules.mine.penalty=0"),
    ],
)
def test_an_own_rule_is_moved_to_its_loose_side(sense: str, signs: list[float], edit: str) -> None:
    """Tests that 20 of a right-hand side of 40 weigh a half, and that an equation is dropped."""
    rule = {"sense": sense, "rhs": 40, "from": 0, "to": 0}
    terms = [{"quantity": "capacity", "item": "lease"}]
    program, found = slacks(tiny(2, {"jobs": [10]}, contracts=[LEASE], rules=[rule], rule_terms=terms))
    found = [one for one in found if one.table == "rules"]
    unit = program.parts.rule_scale["mine", 0]
    assert [np.sign(one.cells[0][1]) for one in found] == signs
    for one in found:
        assert one.weight * 20 / unit == pytest.approx(0.5)
        assert [abs(coefficient) for _, coefficient in one.cells] == [1.0]
        assert edits(one, 20 / unit) == [edit]
    soft = tiny(2, {"jobs": [10]}, contracts=[LEASE], rules=[rule | {"penalty": 5}], rule_terms=terms)
    assert [one for one in slacks(soft)[1] if one.table == "rules"] == []


def test_power_is_raised_from_its_first_row_on() -> None:
    """Tests that 1 MW of at most 4 weighs a half: power has no price, and counts twice."""
    power = [{"month": 1, "mw": 2}, {"month": 2, "mw": 4}]
    program, one = of("power", tiny(3, {"jobs": [10]}, **FLEET, power=power))
    assert one.weight / program.units.mw == pytest.approx(2.0 / 4)
    rows = compile_program(program).rows
    assert sorted(rows[number] for number, _ in one.cells) == [("site_power", ("hall", 1)), ("site_power", ("hall", 2))]
    assert {coefficient for _, coefficient in one.cells} == {-1.0}
    assert edits(one, 1 / program.units.mw) == ["power.hall.mw+=1"]


@pytest.mark.parametrize(
    ("integer", "edit"), [(True, "outlets.let.committed_blocks=1"), (False, "outlets.let.committed_blocks=1.5")]
)
def test_an_agreed_outlet_gives_up_blocks(integer: bool, edit: str) -> None:
    """Tests that one of three blocks of 4 weighs a third, and that 6 accelerators are 1.5 blocks, in integers 2."""
    let = {"price": 1, "accelerators_per_block": 4, "committed_blocks": 3, "earliest": 0, "latest": 0, "term_months": 1}
    program, one = of("outlets", tiny(1, {"jobs": [0]}, **FLEET, outlets=[let | {"integer": integer}]))
    size = program.units.accelerators
    assert one.weight * 4 / size == pytest.approx(1 / 3)
    assert one.most == pytest.approx(12 / size)
    assert [coefficient for _, coefficient in one.cells] == [1.0]
    assert edits(one, 6 / size, 12 / size) == [edit, "outlets.let.committed_blocks=0"]


def test_an_agreed_outlet_of_power_gives_up_blocks() -> None:
    """Tests that one of three blocks of 2 MW weighs a third, in the rows of its site's power in its months."""
    let: dict[str, Any] = {"sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 2, "price": 1}
    let |= {"committed_blocks": 3, "earliest": 1, "latest": 1, "term_months": 1}
    instance = tiny(3, {"jobs": [0]}, sites=[{}], power=[{"mw": 9}], outlets=[let])
    program = build(instance)
    arrays = compile_program(program)
    (one,) = (slack for slack in ElasticSlacks(program, arrays).all() if slack.table == "outlets")
    assert one.weight * 2 / program.units.mw == pytest.approx(1 / 3)
    assert [(arrays.rows[number], sign) for number, sign in one.cells] == [(("site_power", ("hall", 1)), -1.0)]
    assert edits(one, 2 / program.units.mw) == ["outlets.let.committed_blocks=2"]


def test_an_agreed_renewal_is_taken_back() -> None:
    """Tests that one of two blocks that renew others weighs a half."""
    old = {"price": 300, "committed_blocks": 2, "earliest": -1, "term_months": 2}
    new = {"contract": "new", "price": 300, "committed_blocks": 2, "earliest": 1, "term_months": 2, "renews": "lease"}
    _, one = of("contracts", tiny(3, {"jobs": [10]}, contracts=[old, new]))
    assert (one.cell, one.weight) == (("contracts", "new", "renews"), 0.5)
    assert {coefficient for _, coefficient in one.cells} == {-1.0}
    assert edits(one, 1.0) == ["contracts.new.renews="]


@pytest.mark.parametrize(
    ("value", "size", "up"),
    [
        (1234.1, 0.0, 1235.0),  # four digits
        (1234.0, 0.0, 1234.0),
        (0.00012341, 0.0, 0.0001235),
        (0.0, 5.0, 0.0),
        (-3.0, 5.0, 0.0),
        (1.2, 1e6, 1.2),
        (0.2, 1e9, 1.0),  # a thousand is a millionth of the size: its four digits are ones
    ],
)
def test_relaxations_are_rounded_up(value: float, size: float, up: float) -> None:
    """Tests four digits of the value, or of a millionth of what it is added to."""
    assert _up(value, size) == pytest.approx(up, rel=1e-12)
    assert raised(size, value) == pytest.approx(size + up, rel=1e-15)


@pytest.mark.parametrize(("share", "down"), [(0.33339, 0.3333), (0.5, 0.5), (0.30000000001, 0.3), (0.29999999995, 0.3)])
def test_shares_are_rounded_down(share: float, down: float) -> None:
    """Tests hundredths of a percent, up to noise."""
    assert _down(share) == pytest.approx(down, rel=1e-12)
