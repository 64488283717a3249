"""Warnings on training runs, dates and names, at both sides of every limit: a plan of 24 months from 2030-01."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.instance.warned import TERM, USUAL, at, warned

Row = dict[str, Any]
RUN = {"work": 100, "sizes": "10;20", "penalty": 1e4}  # 10 months on 10 accelerators of factor 1, 5 on 20


def _warned(*runs: Row, factor: float = 1, **given: Any) -> list[str]:
    """Warnings of runs at a fleet of 20 accelerators and a lease of 10 of a kind that no run can use."""
    rows = [{**RUN, "run": f"run-{n}", **run} for n, run in enumerate(runs, 1)]
    throughput = [{"factor": factor}, {"class": "other", "accelerator": "old"}]
    kinds = [{}, {"accelerator": "old"}]
    contracts = [{**USUAL, "accelerator": "old"}]
    workloads = [{"workload": "jobs", "class": "other"}]
    demand = [{"workload": "jobs", "month": 0, "amount": 20}]
    tables = {"throughput": throughput, "accelerators": kinds, "contracts": contracts, "workloads": workloads}
    fleet = {"fleet": [{"count": 20}], "power": [{"mw": 0.5}]}
    return warned(**{"training_runs": rows, "demand": demand, **tables, **fleet, **given})


OVER = "the run is over: its deadline lies before the plan, so it cannot be run and costs nothing. "
OVER += "Remove the row, or give it a later deadline."
NOT_RUN, INFEASIBLE = "It counts as not run.", "Since it is required, the instance is infeasible."


def _late(months: int, then: str = NOT_RUN) -> list[str]:
    problem = f"the plan ends in 2031-12, before the run can start. Set months to {months} or more, or remove the row."
    return at("training_runs 2 release", f"{problem} {then}")


def _short(least: str, window: str, then: str = NOT_RUN) -> list[str]:
    problem = f"the run takes {least} at least, and {window} between release and deadline. Give it a longer window or "
    return at("training_runs 2 deadline", f"{problem}larger sizes. {then}")


def _cut(rest: str, text: str) -> list[str]:
    problem = f"the plan ends in 2031-12, before this deadline, and leaves {rest} of the run's window"
    return at("training_runs 2 deadline", f"{problem}{text}")


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({}, []),
        ({"deadline": -1}, at("training_runs 2 deadline", OVER)),
        ({"release": -9, "deadline": -4}, at("training_runs 2 deadline", OVER)),
        # Five months at least: months 0 to 4, also where work could begin before the plan; 3 to 7; 19 to 23.
        ({"deadline": 4}, []),
        ({"release": -3, "deadline": 4}, []),
        ({"release": -3, "deadline": 3}, _short("5 months", "4 months lie")),
        ({"deadline": 0}, _short("5 months", "1 month lies")),
        ({"release": 3, "deadline": 7}, []),
        ({"release": 3, "deadline": 6}, _short("5 months", "4 months lie")),
        ({"release": 3, "deadline": 6, "required": True}, _short("5 months", "4 months lie", INFEASIBLE)),
        ({"release": 19}, []),
        ({"release": 20}, _short("5 months", "4 months lie")),
        ({"work": 20, "deadline": 0}, []),
        ({"work": 20.5, "deadline": 0}, _short("2 months", "1 month lies")),
        ({"work": 20 + 1e-8, "deadline": 0}, []),
        ({"work": 20, "release": 23}, []),
        ({"work": 20, "release": 24, "deadline": 30}, _late(25)),
        ({"work": 20, "release": 27, "deadline": 30, "required": True}, _late(28, INFEASIBLE)),
        (
            {"release": 19, "deadline": 24},
            _cut("5 months", ": to be run, it must be done by then. Set months to 25 to plan all of it."),
        ),
        (
            {"release": 20, "deadline": 30},
            _cut(
                "4 months",
                f"; it takes 5 months at least. {NOT_RUN} Set months to 31 to plan all of it (25 at least).",
            ),
        ),
        (
            {"release": 23, "deadline": 30, "required": True},
            _cut(
                "1 month",
                f"; it takes 5 months at least. {INFEASIBLE} Set months to 31 to plan all of it (28 at least).",
            ),
        ),
    ],
)
def test_windows_of_runs(window: Row, expected: list[str]) -> None:
    """Tests windows that are just long enough, or a month too short, in the second of two runs."""
    assert _warned({}, window) == expected


def _small(months: str, work: str) -> list[str]:
    problem = f"it takes {months} months on the fewest accelerators. Work is in reference-accelerator-months; if this "
    return at("training_runs 2 work", f"{problem}is in thousands, write {work}; keep it if it is correct.")


@pytest.mark.parametrize(
    ("factor", "work", "expected"),
    [
        (1, 0.5, []),  # a twentieth of a month on ten accelerators
        (1, 0.4, _small("0.04", "400")),
        (2, 1, []),
        (2, 0.9, _small("0.045", "900")),
        (2, 0.5, _small("0.025", "500")),
    ],
)
def test_sizes_of_runs(factor: float, work: float, expected: list[str]) -> None:
    """Tests runs of a twentieth of a month, and shorter ones, on accelerators that are worth one, or two."""
    assert _warned({}, {"work": work, "penalty": 50 * work}, factor=factor) == expected


REMEDY = "Widen its regions or exclude, give it another class, or add such capacity (not on demand)."


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        ({}, ""),
        ({"regions": "here"}, ""),
        ({"class": "none"}, "no capacity has accelerators for the class 'none'"),
        ({"regions": "there"}, "no capacity for the class 'any' is in there"),
        ({"exclude": "cloud"}, ""),
        ({"exclude": "in_house"}, "all of it is excluded by in_house"),
    ],
)
def test_places_of_runs(run: Row, reason: str) -> None:
    """Tests that on-demand capacity alone, of another region, does not run a run."""
    throughput = [{}, {"class": "other", "accelerator": "old"}, {"class": "none", "accelerator": "new"}]
    hourly = [{"price": 4, "max_accelerators": 50, "region": "there"}]
    kinds = [{}, {"accelerator": "old"}, {"accelerator": "new"}]
    found = _warned({}, run, throughput=throughput, accelerators=kinds, on_demand=hourly)
    assert found == at("training_runs 2 run", *[f"'run-2' can never be run: {reason}. {REMEDY}"] * bool(reason))


# ---------------------------------------------------------------- dates and names
def _read_as(day: str) -> str:
    return f"the date {day} is read as {day[:7]}. Write {day[:7]}, or its first day."


@pytest.mark.parametrize(
    ("days", "odd"),
    [
        ([date(2030, 1, 1), date(2030, 2, 1)], []),
        ([date(2030, 1, 31), date(2030, 2, 28)], []),
        ([date(2030, 1, 31), "2030-02"], [0]),  # one alone says nothing
        ([date(2030, 1, 31), date(2030, 2, 27)], [0, 1]),
        (["2030-01", date(2030, 2, 28)], [1]),
        (["2030-01", "2030-02"], []),
    ],
)
def test_dates_in_a_column(days: list[Any], odd: list[int]) -> None:
    """Tests that several dates, all last days of their months, say what they mean, and that others are warned of."""
    demand = [{"workload": "jobs", "month": day, "amount": 20 + n} for n, day in enumerate(days)]
    found = warned(workloads=[{"workload": "jobs"}], demand=demand)
    assert found == [f"demand {n + 1} month: {_read_as(str(days[n]))}" for n in odd]


def test_a_date_in_the_head() -> None:
    """Tests a start on a day that is not the first one."""
    found = warned(head={"start": date(2030, 1, 31)})
    assert found == [f"instance None start: {_read_as('2030-01-31')}"]


CASE = "are two names. They differ in upper and lower case."


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"contracts": [USUAL, {**TERM, "contract": "Usual"}]},
            ["contracts 2 contract: 'Usual' and 'usual' in contracts row 1"],
        ),
        # Contracts and offers have one set of names, as prices name both.
        (
            {"on_demand": [{"offer": "USUAL", "price": 4, "max_accelerators": 50}]},
            ["on_demand 1 offer: 'USUAL' and 'usual' in contracts row 1"],
        ),
        # So have all that plans decide on or report by item.
        ({"demand": {"USUAL": [20]}}, ["workloads 1 workload: 'USUAL' and 'usual' in contracts row 1"]),
        # Sites and providers are never taken for one another, nor are providers and regions.
        ({"sites": [{"site": "Cloud", "region": "CLOUD"}], "power": [{"site": "Cloud", "mw": 1}]}, []),
        ({"sites": [{"site": "Any"}], "power": [{"site": "Any", "mw": 1}]}, []),
    ],
)  # fmt: skip
def test_names_that_look_alike(given: dict[str, Any], expected: list[str]) -> None:
    """Tests names that stand for one another, and names that never do."""
    assert warned(**given) == [f"{text} {CASE}" for text in expected]
