"""Plans rolled forward and solved again: nothing is gained or lost, in one step or two, in any file format."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.generator import random_instance
from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.plan.plan import Plan
from optimizer.plan.roll import bound_of
from optimizer.schema import load_schema
from tests import rolls
from tests.command import inside
from tests.program.tiny import month, solved, tiny

CASES = [(37, False), (33, False), (18, False), (37, True), (15, True)]  # seeds, and whether all is divisible
SOLVE: dict[str, Any] = {"gap": 1e-6, "threads": 1, "time_limit": 20.0}


@cache
def _plan(seed: int, relax: bool) -> Plan:
    instance = random_instance(seed, "tiny")
    return optimizer.solve(rolls.divisible(instance) if relax else instance, **SOLVE)


@pytest.mark.parametrize(("seed", "relax"), CASES)
def test_rolling_gains_and_loses_nothing(seed: int, relax: bool) -> None:
    """Tests that the optimum of a rolled instance is what the plan has left, and that two steps are as one."""
    plan = _plan(seed, relax)
    last = plan.instance.head.months - 1
    for months in (1, last):
        assert rolls.disagreement(plan, months, **SOLVE) == ""
    assert rolls.steps_differ(plan, 1, last - 1) == []


@pytest.mark.parametrize(("seed", "relax"), [*CASES, (7, False)])
def test_decisions_done_as_planned_are_those_of_the_plan(seed: int, relax: bool) -> None:
    """Tests that a file with just what the plan decided gives the same instance as the plan itself."""
    plan = _plan(seed, relax)
    months = plan.instance.head.months - 1
    done = plan.decisions[plan.decisions["month"] < plan.instance.label(months)]
    places = plan.runs.set_index("run")[["pool", "accelerators"]]
    done = done.drop(columns=["accelerators"]).join(places, on="item")
    planned, really = (optimizer.roll(plan, months, decided=rows).instance for rows in (None, done))
    found, expected = rolls.tables_of(really), rolls.tables_of(planned)
    found["decided"] = expected["decided"]  # which has further columns here
    assert found == expected
    assert len(really.rows["decided"]) == len(planned.rows["decided"])


def test_every_kind_of_decision_is_rolled() -> None:
    """Tests that the plans above have decisions of every kind in the months that they are rolled by."""
    kinds: set[str] = set()
    for plan in (_plan(seed, relax) for seed, relax in CASES):
        before = plan.decisions["month"] < plan.instance.label(plan.instance.head.months - 1)
        kinds |= {*plan.decisions["decision"][before]}
    assert kinds == {*load_schema().tables["decided"].columns["decision"].choices}


def test_the_rest_of_a_plan_starts_the_search() -> None:
    """Tests that the decisions that a plan has left are a solution of the rolled instance, of what it has left."""
    # A lot of 10 in month 0 and another in month 2, 1000 each: in month 1 the second is worth 1000 / 1.1^(1/12).
    plan = _buying()
    later = optimizer.roll(plan, 1).instance
    again = optimizer.solve(later, gap=0.0, start=plan)
    assert again.objective == pytest.approx(rolls.remaining(plan, 1))
    assert again.objective == pytest.approx(1000 / 1.1 ** (1 / 12))
    assert again.decisions["month"].tolist() == [month(2)]


def _buying() -> Plan:
    """A plan that buys a lot of 10 in month 0 and another in month 2, 1000 each, of 4 months."""
    buy = {"unit_price": 100, "lot_size": 10}
    return solved(tiny(4, {"jobs": [10, 10, 20]}, purchases=[buy], head={"discount_rate": 0.1}))


def test_the_bound_of_a_plan_is_one_of_what_it_has_left() -> None:
    """Tests that a rolled instance has the plan's bound less what was paid, as seen from its first month."""
    # A bound of 1500 less the 1000 of month 0 is 500, a month later 500 x 1.1^(1/12).
    plan = _buying()
    loose = replace(plan, head={**plan.head, "bound": 1500.0})
    assert bound_of(loose, optimizer.roll(plan, 1).instance) == pytest.approx(500 * 1.1 ** (1 / 12))
    assert bound_of(loose, plan.instance) == pytest.approx(1500)
    again = optimizer.solve(optimizer.roll(plan, 1).instance, gap=1e-3, start=plan)
    assert again.status == "optimal"
    assert (again.head["solver"]["nodes"], again.head["solver"]["iterations"]) == (0, 0)  # it is within the gap


def test_the_bound_of_another_problem_is_none() -> None:
    """Tests that nothing is known of an instance that was changed since, nor from a plan that is bound to more."""
    plan, unknown = _buying(), -float("inf")
    later = optimizer.roll(plan, 1).instance
    cheaper = apply_edits(later, [parse_edit("purchases.buy.unit_price=50")])
    assert bound_of(plan, cheaper) == unknown
    assert bound_of(plan, optimizer.roll(plan, 1, extend=1).instance) == unknown
    assert bound_of(optimizer.solve(later, gap=0.0), plan.instance) == unknown
    for key, value in (("held", ["forbid buy"]), ("elastic", {"cost": 1}), ("added", {"constraints": [{"name": "x"}]})):
        assert bound_of(replace(plan, head={**plan.head, key: value}), later) == unknown
    assert bound_of(replace(plan, head={**plan.head, "bound": None}), later) == unknown


def test_the_command_writes_an_instance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Tests the files, what is printed, the JSON object and the refusals of `capopt roll`."""
    plan = solved(tiny(4, {"jobs": [10, 10, 20]}, purchases=[{"unit_price": 100, "lot_size": 10}]))
    plan.save(tmp_path / "p")
    monkeypatch.chdir(tmp_path)
    done = inside(capfd, "roll", "p", "--months", "1", "-o", "later.xlsx")
    assert done.code == 0
    assert "decided: added, 1 decision until 2030-01\n" in done.out
    assert done.out.endswith("Next: capopt solve later.xlsx --start p\n")
    assert optimizer.read(tmp_path / "later.xlsx") == optimizer.roll(plan, 1).instance
    found = inside(capfd, "roll", "p", "--months", "2", "-o", "later", "--json", "--extend", "1")
    assert (found.json["start"], found.json["months"]) == (month(2), 3)
    assert {"table", "item", "how", "text"} == {*found.json["changes"][0]}
    taken = inside(capfd, "roll", "p", "--months", "1", "-o", "later.xlsx")
    assert (taken.code, taken.err) == (1, "capopt: later.xlsx exists already; name a new one, or remove it first\n")
    late = inside(capfd, "roll", "p", "--months", "4", "-o", "new")
    assert (late.code, late.err) == (2, "capopt: months is 4, but the plan has 4 months: expected 1 to 3\n")
    assert not (tmp_path / "new").exists()


def test_what_was_really_done_is_read_from_a_workbook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Tests `--decided` with a sheet of a workbook, and the place of an error in it."""
    plan = solved(tiny(4, {"jobs": [10, 10, 20]}, purchases=[{"unit_price": 100, "lot_size": 10}]))
    plan.save(tmp_path / "p")
    monkeypatch.chdir(tmp_path)
    optimizer.roll(plan, 1).instance.save(tmp_path / "done.xlsx")
    done = inside(capfd, "roll", "p", "--months", "1", "-o", "later", "--decided", "done.xlsx")
    assert done.code == 0, done.err
    assert optimizer.read(tmp_path / "later").rows["decided"] == optimizer.roll(plan, 1).instance.rows["decided"]
    (tmp_path / "done.csv").write_text("month,decision,item,blokcs\n2030-01,buy,bye,1\n", encoding="utf-8")
    wrong = inside(capfd, "roll", "p", "--months", "1", "-o", "other", "--decided", "done.csv")
    assert wrong.code == 2
    assert "done.csv, row 1, column blokcs" in wrong.err
    assert "done.csv, row 2, column item: " in wrong.err
