"""Cells that are impossible by the tables alone, word by word: what is wanted against all that can be had, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.analysis.prechecks import prechecks
from optimizer.program.build import build
from tests.program.tiny import tiny

RUN: dict[str, Any] = {"work": 99, "sizes": "5;10", "required": True, "penalty": 7}
FLEET: dict[str, Any] = {"fleet": [{"count": 10}]}
TWO_SITES = FLEET | {"sites": [{}, {"site": "shed", "region": "there"}]}
WINDOW = "training_runs row 1, columns work, sizes and deadline: run big"


def remarks(months: int, demand: Any = None, **given: Any) -> list[str]:
    """The remarks on an instance."""
    return list(prechecks(build(tiny(months, demand or {"jobs": [1]}, **given))))


@pytest.mark.parametrize(
    ("run", "text"),
    [
        # 99 on 10 accelerators take 10 months, and on 5 twenty.
        ({"release": 1, "deadline": 9}, f"{WINDOW} takes 10 months at the least, and its window has 9."),
        ({"release": 1, "deadline": 10}, ""),
        (
            {"release": 3, "deadline": 15},
            f"{WINDOW} takes 10 months at the least, and its window has 9 of the plan, which ends before its deadline.",
        ),
        (
            {"release": 14, "deadline": 15},
            f"{WINDOW} takes 10 months at the least, and its window has 0 of the plan, which ends before its deadline.",
        ),
        (
            {"release": 2, "deadline": 11, "sizes": "20"},
            f"{WINDOW} must be run, and no pool is large enough for long enough in its window.",
        ),
        ({"release": 2, "deadline": 3, "work": 5, "sizes": "10"}, ""),
        (
            {"regions": "there"},
            "training_runs row 1, columns class, regions and exclude: run big must be run, and nothing there is or can"
            " be leased or bought can do it.",
        ),
        ({"regions": "there", "required": False}, ""),
    ],
)
def test_a_run_that_cannot_be_placed(run: dict[str, Any], text: str) -> None:
    """Tests windows at their limit in a plan of twelve months, sizes, and regions without a pool."""
    assert remarks(12, **TWO_SITES, training_runs=[RUN | run]) == [text][: bool(text)]


def test_each_run_is_looked_at() -> None:
    """Tests that a run that need not be run, one that can be placed and two that cannot are told apart."""
    runs = [
        RUN | {"run": "free", "required": False},
        RUN | {"run": "fits", "work": 5},
        RUN | {"run": "none", "regions": "there"},
        RUN | {"run": "late"},
    ]
    found = remarks(6, **TWO_SITES, training_runs=runs)
    assert [one.partition(",")[0] for one in found] == ["training_runs row 3", "training_runs row 4"]
    assert "run late takes 10 months at the least, and its window has 6" in found[1]


@pytest.mark.parametrize(
    ("fleet", "least", "months"),
    [
        ([{"count": 10}], "", ""),
        ([{"count": 10, "until": 3}], "", ""),
        ([{"count": 10, "until": 2}], "1", "2030-03"),
        ([{"count": 6}, {"count": 4, "until": 1}], "7", "2030-02 to 2030-03"),
        ([{"count": 10.5, "until": 2}], "1", "2030-03"),
    ],
)
def test_a_run_under_way_in_a_pool_that_shrinks(fleet: list[dict[str, Any]], least: str, months: str) -> None:
    """Tests 50 of work on 10 accelerators from month -2, in months 0 to 2, with the fleet and one that can be had."""
    made = {"month": -2, "decision": "start_run", "item": "big", "pool": "hall/gpu", "accelerators": 10}
    bought = {"month": -9, "decision": "buy", "item": "buy", "blocks": 1}
    given: dict[str, Any] = {"purchases": [{"unit_price": 1, "max_total": 1, "life_months": 1}]}
    given |= {"fleet": fleet, "training_runs": [RUN | {"work": 50, "sizes": "10"}], "decided": [bought, made]}
    text = (
        "decided row 2, columns pool and accelerators: run big was placed before the plan on 10 accelerators of "
        f"hall/gpu, and it can have {least} at the most for such runs in {months}."
    )
    assert remarks(5, **given) == [text][: bool(least)]


def test_a_spend_commitment_that_cannot_start() -> None:
    """Tests that one that must be taken has a month to start in, and that one that need not be taken is left out."""
    late = {"annual_amount": 1, "earliest": 5}
    deals = [
        late | {"commitment": "free"},
        late | {"commitment": "due", "earliest": 2, "required": True},
        late | {"required": True},
    ]
    assert remarks(3, **FLEET, commitments=deals) == [
        "commitments row 3, columns earliest and latest: spend commitment deal must be taken, and cannot start in any"
        " month of the plan."
    ]


# ---------------------------------------------------------------- work
MUST = [{"workload": "jobs", "min_service": 0.5}]
WING = {"capex_per_mw": 1, "mw_per_block": 0.002, "max_blocks": 2, "lead_months": 1}
SPACE = {"contract": "space", "supplies": "mw", "site": "hall", "accelerator": "", "region": "", "price": 1}
SPACE |= {"accelerators_per_block": "", "mw_per_block": 0.001, "max_blocks": 3, "term_months": 2, "lead_months": 1}
HALF = {"capacity_fraction": 0.5}


@pytest.mark.parametrize(
    ("given", "most"),
    [
        # Half of what is wanted in each month must be served: at most what is there, for 10 accelerators of 1 kW.
        (FLEET, [10, 10, 10]),
        ({"fleet": [{"count": 10}, {"count": 5, "until": 2}]}, [15, 15, 10]),
        ({**FLEET, "throughput": [{"factor": 0.8}]}, [8, 8, 8]),
        ({**FLEET, "contracts": [{"price": 1, "term_months": 1, "max_blocks": 2, "lead_months": 1}]}, [10, 30, 30]),
        ({"on_demand": [{"price": 1, "max_accelerators": 7}]}, [7, 7, 7]),
        (
            {
                "on_demand": [{"price": 1, "max_accelerators": 8}],
                "interruptions": [HALF | {"item": "hourly", "from": 1}],
            },
            [8, 4, 4],
        ),
        ({**FLEET, "power": [{"mw": 0.004}, {"month": 2, "mw": 0.006}]}, [4, 4, 6]),
        ({**FLEET, "power": [{"mw": 0.004}], "builds": [WING]}, [4, 8, 8]),
        ({**FLEET, "power": [{"mw": 0.004}], "builds": [WING | {"earliest": 1}]}, [4, 4, 8]),
        ({**FLEET, "power": [{"mw": 0.004}], "contracts": [SPACE]}, [4, 7, 7]),
        (
            {**FLEET, "power": [{"mw": 0.004}], "interruptions": [HALF | {"item": "hall", "from": 1, "to": 1}]},
            [4, 2, 4],
        ),
        ({**FLEET, "sites": [{"pue": 2}], "power": [{"mw": 0.008}]}, [4, 4, 4]),
        ({"purchases": [{"unit_price": 1, "max_total": 6, "lead_months": 1}]}, [0, 6, 6]),
    ],
)
def test_all_that_can_be_had(given: dict[str, Any], most: list[float]) -> None:
    """Tests fleets, leases, hours, purchases and power of each source, month by month."""
    for t, amount in enumerate(most):
        every = [0.0, 0.0, 0.0]
        every[t] = 2 * amount
        assert remarks(3, {"jobs": every}, **given, workloads=MUST) == []
        every[t] = 2 * amount + 1
        where = f"2030-0{t + 1}"
        text = f"{amount + 0.5:g} must be served in {where}, and all there is or can be had does {amount:g} (short in"
        assert remarks(3, {"jobs": every}, **given, workloads=MUST) == [
            f"workloads row 1, column min_service: {text} {where})."
        ]


def test_the_worst_month_is_shown() -> None:
    """Tests 11, 15 and 10 of 10, of the second of two workloads."""
    both = [{"workload": "free"}, {"workload": "jobs", "min_service": 1}]
    assert remarks(3, {"free": [50], "jobs": [11, 15, 10]}, **FLEET, workloads=both) == [
        "workloads row 2, column min_service: 15 must be served in 2030-02, and all there is or can be had does 10 "
        "(short in 2030-01 to 2030-02)."
    ]
