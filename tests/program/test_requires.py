"""Contracts that require another: hand-worked optima of options and volume tiers, diagnosis, what-ifs and the audit.

One block has 10 accelerators. A block-month not served costs 120.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.analysis.marginal_values import values_table
from optimizer.errors import NoFeasiblePlan
from tests.auditing.tampering import judged_by, named
from tests.oracle import ask
from tests.program.rich import rich_frames
from tests.program.tiny import by_month, decided, frames, month, solved, tiny

BASE = {"contract": "base", "price": 100, "min_term_months": 1, "max_blocks": 2}
TIER = {"contract": "tier", "price": 50, "min_term_months": 1, "max_blocks": 2, "requires": "base"}
JOBS = [{"workload": "jobs", "penalty": 12}]


def _case(demand: float, blocks: float | None = 2, **tier: Any) -> dict[str, Any]:
    contracts = [BASE, {**TIER, "requires_blocks": blocks, **tier}]
    return frames(2, {"jobs": [demand]}, contracts=contracts, workloads=JOBS)


@pytest.mark.parametrize(
    ("demand", "blocks", "cost"),
    [
        (40, 2, 300),  # both of the base at 100, and two of the tier at 50
        (40, 3, 440),  # the tier never opens: two blocks at 100, two not served at 120
        (20, 2, 200),  # two of the base: one of each would cost 150, but the tier requires both of the base
        (20, None, 150),  # blank: one block of the base is enough
        (10, None, 100),  # the tier alone would cost 50
        (20, 0, 100),  # nothing is required: two of the tier
    ],
)
def test_a_tier_opens_when_the_first_is_full(demand: float, blocks: float | None, cost: float) -> None:
    """Tests the cost of two equal months for several numbers of blocks required."""
    case = _case(demand, blocks)
    assert solved(optimizer.read(case)).objective == pytest.approx(2 * cost)
    assert ask(case).objective == pytest.approx(2 * cost)


def test_the_requirement_does_not_grow_with_the_blocks() -> None:
    """Tests that a part of a block of the tier requires as many blocks as all of it."""
    # Wanted 21: two blocks of the base and a tenth of the tier, 205. The base alone: 200 + 12 = 212.
    assert solved(optimizer.read(_case(21, integer=False))).objective == pytest.approx(2 * 205)


def test_an_option_ends_with_what_it_requires() -> None:
    """Tests that a fixed term starts only where the required contract runs as long."""
    # The base runs in months 0 and 1. The option, of two months, is wanted in months 1 and 2: it can only start in
    # month 0, which costs 2 x 50 and serves month 1; from month 1 on it would run without the base.
    base = {**BASE, "min_term_months": None, "term_months": 2, "max_blocks": 1, "latest": 0}
    option = {**TIER, "min_term_months": None, "term_months": 2, "max_blocks": 1}
    plan = solved(tiny(3, {"jobs": [10, 20, 20]}, contracts=[base, option], workloads=JOBS))
    assert decided(plan)[:2] == [(0, "sign", "base", 1), (0, "sign", "tier", 1)]
    assert plan.objective == pytest.approx(200 + 100 + 240)


def test_what_was_agreed_requires_too() -> None:
    """Tests that an agreement from before the plan forces blocks of an offer, and names them where there are none."""
    agreed = {**TIER, "min_term_months": None, "term_months": 5, "earliest": -2, "committed_blocks": 1}
    # Nothing is wanted: one block of the agreement for 3 months at 50, and 2 of the base at 100.
    contracts = [BASE, {**agreed, "requires_blocks": 2}]
    plan = solved(tiny(3, {"jobs": [0]}, contracts=contracts))
    assert by_month(plan, "capacity", "accelerators", pool="base") == {0: 20, 1: 20, 2: 20}
    assert plan.objective == pytest.approx(3 * (50 + 200))
    contracts[0] = {**BASE, "max_blocks": 1}
    with pytest.raises(NoFeasiblePlan):
        optimizer.solve(tiny(3, {"jobs": [0]}, contracts=contracts))
    found = optimizer.diagnose(tiny(3, {"jobs": [0]}, contracts=contracts))
    assert "contracts.tier.requires_blocks=1" in str(found)


@pytest.mark.parametrize("blocks", [0, 1])
def test_a_requirement_that_is_always_met_changes_nothing(blocks: int) -> None:
    """Tests that requiring no blocks, or blocks that are there anyway, gives the optimum without it."""
    case = rich_frames()
    case["contracts"] = case["contracts"].drop(columns="requires")
    best = optimizer.solve(optimizer.read(case), gap=0.0, threads=1).objective
    needed = {"old": "again", "again": "old"}  # which never run together
    names = case["contracts"]["contract"]
    if blocks:
        # One that is there for nothing and that no workload may use.
        sure = {"contract": "sure", "provider": "cloud", "region": "far", "accelerator": "none", "price": 0}
        sure |= {"accelerators_per_block": 1, "per": "block_month", "term_months": 99, "committed_blocks": 1}
        case["contracts"] = pd.concat([case["contracts"], pd.DataFrame([{**sure, "earliest": month(-3)}])])
        case["accelerators"] = pd.concat([case["accelerators"], pd.DataFrame([{"accelerator": "none", "kw": 1}])])
        case["accelerators"]["reference"] = case["accelerators"]["reference"].where(
            case["accelerators"]["accelerator"] != "none", 1e-9
        )
    required: list[str | None] = ["sure" if blocks else needed.get(name, "old") for name in names]
    required += [None] * blocks
    case["contracts"] = case["contracts"].assign(requires=required, requires_blocks=float(blocks))
    found = optimizer.solve(optimizer.read(case), gap=0.0, threads=1).objective
    assert found == pytest.approx(best, rel=1e-6)


def test_the_audit_looks_at_what_is_required() -> None:
    """Tests that blocks without those that they require are violations in each of their months."""
    plan = solved(optimizer.read(_case(20, None)))
    assert named(judged_by(plan, optimizer.read(_case(20, 2)))) == {("requires", "tier", month(t)) for t in (0, 1)}


def test_a_what_if_changes_it_in_place() -> None:
    """Tests that an edited number of blocks needs no new model, and starts from the plan at hand."""
    query = optimizer.WhatIf(solved(optimizer.read(_case(20, None))), threads=1)
    assert query("contracts.tier.requires_blocks=2").objective == pytest.approx(400)
    assert query.live.rebuilt == 0


def test_values_keep_the_options_open() -> None:
    """Tests that with the decisions kept, one more accelerator of a tier is worth the penalty."""
    # 50 wanted, 40 there: 10 are not served.
    table = values_table(solved(optimizer.read(_case(50))))
    rows = table[(table["kind"] == "accelerator") & (table["item"] == "tier")]
    assert rows["held"].tolist() == pytest.approx([12, 12])
