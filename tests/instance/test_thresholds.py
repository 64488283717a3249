"""Where a warning begins: the last figure that is let pass, and one just beyond it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from optimizer.instance.market import _value_at
from tests.program.tiny import tiny

Given = dict[str, Any]
TERM = {"term_months": 12, "price": 3000}  # ten accelerators and a hundred hours a month: 3 an hour, 300 a month


def warned(demand: float | list[dict[str, Any]], months: int = 24, **given: Any) -> list[str]:
    """Table and column of each warning of a tiny instance, of which that of its hundred hours a month is known."""
    found = tiny(months, demand if isinstance(demand, list) else {"jobs": [demand]}, **given).warnings
    return [f"{one.where}.{one.column}" for one in found if one.column != "hours_per_month"]


def of_fleet(power: float) -> Given:
    """Ten thousand accelerators of 1 kW: 10 MW."""
    return {"demand": 10_000, "fleet": [{"count": 10_000}], "power": [{"mw": power}]}


def of_build(mw: float) -> Given:
    """Two blocks at a site of 200 MW, on which 10 MW stand."""
    build = {"mw_per_block": mw, "max_blocks": 2, "capex_per_mw": 1e7}
    return {"demand": 1e4, "fleet": [{"count": 10_000}], "power": [{"mw": 200}], "builds": [build]}


def of_block(**terms: Any) -> Given:
    """A contract against a demand of 20, and another of the usual size."""
    return {"demand": 20, "contracts": [TERM | terms, TERM | {"contract": "usual"}]}


def of_lots(**limits: Any) -> Given:
    """Lots of 20."""
    purchase = {"unit_price": 1e4, "lot_size": 20} | limits
    return {"demand": 20, "purchases": [purchase], "power": [{"mw": 0.5}]}


def of_work(penalty: float) -> Given:
    """Work that a lease does at 300 a month, or an offer at 500."""
    return {
        "demand": 20,
        "contracts": [TERM],
        "on_demand": [{"price": 5, "max_accelerators": 1000}],
        "workloads": [{"workload": "jobs", "penalty": penalty}],
    }


def of_run(**terms: Any) -> Given:
    """A run of 100 accelerator-months, which cost 300 each: 30,000."""
    run = {"work": 100, "sizes": "10"} | terms
    return {"demand": 20, "contracts": [TERM], "training_runs": [run]}


def of_deal(amount: float) -> Given:
    """A provider that offers two blocks at 3000 a month, and 40 accelerators at 300 a month: 18,000."""
    offers = {"contracts": [TERM | {"max_blocks": 2}], "on_demand": [{"price": 3, "max_accelerators": 40}]}
    return {"demand": 20, **offers, "commitments": [{"annual_amount": amount}]}


def of_capex(amount: float) -> Given:
    """The smallest order is a lot of 20 at 10,000: 200,000."""
    return {**of_lots(), "budgets": [{"amount": amount, "covers": "capex"}]}


def of_spending(amount: float) -> Given:
    """Of 20, ten are there at no cost, and ten cost 300 a month: 3000, in 24 months 72,000."""
    fleet = {"fleet": [{"count": 10}], "power": [{"mw": 0.5}]}
    return {"demand": 20, **fleet, "contracts": [TERM], "budgets": [{"amount": amount}]}


def of_demand(demand: float) -> Given:
    """One workload of 2000, another of a hundredth of a block of 1000, at 3 an hour."""
    block = {"accelerators_per_block": 1000, "price": 300_000, "term_months": 12}
    workloads = [{"workload": "jobs"}, {"workload": "other"}]
    rows = [{"workload": "jobs", "month": 0, "amount": 2000}, {"workload": "other", "month": 0, "amount": demand}]
    return {"demand": rows, "workloads": workloads, "contracts": [block]}


def of_total(demand: float) -> Given:
    """All demand, against a block of 1000."""
    return {"demand": demand, "contracts": [{"accelerators_per_block": 1000, "price": 300_000, "term_months": 12}]}


def of_supply(demand: float) -> Given:
    """Ten are there and two blocks of ten can be had: 30."""
    fleet = {"fleet": [{"count": 10}], "power": [{"mw": 0.5}]}
    return {"demand": demand, **fleet, "contracts": [TERM | {"max_blocks": 2}]}


def of_hourly(price: float) -> Given:
    """A block of ten, for a hundred hours a month."""
    return {"demand": 20, "contracts": [{"term_months": 12, "price": price}]}


def of_space(price: float) -> Given:
    """Two MW of space, by the block."""
    let = {"sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 2, "price": price, "term_months": 12}
    return {"demand": 20, "contracts": [TERM], "outlets": [let], "power": [{"mw": 3}], "sites": [{}]}


def of_terms(table: str, column: str, value: int, months: int = 24) -> Given:
    """All contracts, or builds, with one term."""
    build = {"mw_per_block": 1, "capex_per_mw": 1e7, "lead_months": 12}
    rows = {"contracts": [TERM | {column: value}]} if table == "contracts" else {"builds": [build | {column: value}]}
    return {"months": months, "demand": 20, "contracts": [TERM], "sites": [{}], "power": [{"mw": 3}], **rows}


CASES: list[tuple[Callable[..., Given], Any, Any, str]] = [
    # Power: a hundred times what stands there; a fiftieth of it; a two-hundredth of what is there.
    (of_fleet, 1000, 1001, "power.mw"),
    (of_fleet, 0.2, 0.199, "sites.site"),
    (of_build, 0.5, 0.499, "builds.mw_per_block"),
    # Blocks of ten: 0.1 and 50 kW for each accelerator; 50 times the demand of 20.
    (lambda mw: of_block(mw_per_block=mw), 0.5, 0.501, "contracts.mw_per_block"),
    (
        lambda size: of_block(accelerators_per_block=size, price=300 * size),
        1000,
        1001,
        "contracts.accelerators_per_block",
    ),
    (lambda made: of_block(max_blocks=3, committed_blocks=made, earliest=-1), 3, 4, "contracts.committed_blocks"),
    (lambda most: of_lots(max_per_month=most), 20, 19, "purchases.max_per_month"),
    (lambda most: of_lots(max_total=most), 20, 19, "purchases.max_total"),
    # Demand: a hundredth of a block of 1000; a fifth of it in all; a hundred times the supply of 30.
    (of_demand, 10, 9.9, "workloads.workload"),
    (of_total, 200, 199, "workloads.workload"),
    (of_supply, 3000, 3001, "workloads.workload"),
    # Penalties: a thirtieth of 300, and 300 times 500; 2 % and a thousand times 30,000; a thousandth and 100 times.
    (of_work, 10, 9.9, "workloads.penalty"),
    (of_work, 150_000, 150_001, "workloads.penalty"),
    (lambda penalty: of_run(penalty=penalty), 600, 599, "training_runs.penalty"),
    (lambda penalty: of_run(penalty=penalty), 3e7, 3.01e7, "training_runs.penalty"),
    (lambda fee: of_run(target=20, lateness_penalty=fee), 30, 29.9, "training_runs.lateness_penalty"),
    (lambda fee: of_run(target=20, lateness_penalty=fee), 3e6, 3.01e6, "training_runs.lateness_penalty"),
    # A run of half a month: 0.05 months on 10 accelerators are 0.5 of work.
    (lambda work: of_run(work=work), 0.5, 0.49, "training_runs.work"),
    # Money: 60 months of 3000; a hundredth of 18,000 and a hundred times; a tenth of 200,000; a fiftieth and 500 times
    # 72,000.
    (lambda fee: of_block(upfront_per_block=fee), 180_000, 180_001, "contracts.upfront_per_block"),
    (of_deal, 180, 179, "commitments.annual_amount"),
    (of_deal, 1.8e6, 1.801e6, "commitments.annual_amount"),
    (of_capex, 20_000, 19_999, "budgets.amount"),
    (of_spending, 1440, 1439, "budgets.amount"),
    (of_spending, 3.6e7, 3.601e7, "budgets.amount"),
    # Prices: 0.05 and 100 an hour of ten accelerators and a hundred hours; 10,000 and a million a MW of two.
    (of_hourly, 50, 49.9, "contracts.price"),
    (of_hourly, 100_000, 100_001, "contracts.price"),
    (of_space, 20_000, 19_999, "outlets.price"),
    (of_space, 0, 1, "outlets.price"),
    (of_space, 2e6, 2.001e6, "outlets.price"),
    # Terms as if in years: up to 5, and lead times up to 3.
    (lambda months: of_terms("contracts", "term_months", months), 6, 5, "contracts.term_months"),
    (lambda months: of_terms("builds", "lead_months", months), 4, 3, "builds.lead_months"),
    (lambda horizon: of_terms("contracts", "term_months", 5, horizon), 23, 24, "contracts.term_months"),
]


def test_a_step_series_is_zero_before_its_first_row() -> None:
    """Tests the value of a series of 5 from month 2 and 7 from month 4."""
    assert [_value_at([(2, 5.0), (4, 7.0)], t) for t in range(6)] == [0, 0, 5, 5, 7, 7]
    assert _value_at([], 3) == 0


@pytest.mark.parametrize(("given", "inside", "beyond", "where"), CASES)
def test_a_warning_begins_just_beyond_its_threshold(
    given: Callable[..., Given], inside: float, beyond: float, where: str
) -> None:
    """Tests that the threshold itself is let pass, and that the warning beyond it is the only one."""
    assert warned(**given(inside)) == []
    assert warned(**given(beyond)) == [where]
