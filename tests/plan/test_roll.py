"""Plans rolled forward and solved again: nothing is gained or lost, in one step or two, in any file format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.generator import random_instance
from optimizer.plan.plan import Plan
from tests import rolls
from tests.command import capopt
from tests.program.tiny import month, solved, tiny

NOT_YET = ("contracts", "outlets", "training_runs", "commitments")  # families with decisions that cannot be rolled
SOLVE: dict[str, Any] = {"gap": 1e-6, "threads": 1, "time_limit": 20.0}


def _plan(seed: int, relax: bool) -> Plan:
    instance = random_instance(seed, "tiny", without=NOT_YET)
    return optimizer.solve(rolls.divisible(instance) if relax else instance, **SOLVE)


@pytest.mark.parametrize("relax", [False, True])
@pytest.mark.parametrize("seed", [3, 5, 7, 9])
def test_rolling_gains_and_loses_nothing(seed: int, relax: bool) -> None:
    """Tests that the optimum of a rolled instance is what the plan has left, and that two steps are as one."""
    plan = _plan(seed, relax)
    last = plan.instance.head.months - 1
    for months in (1, last):
        assert rolls.disagreement(plan, months, **SOLVE) == ""
    assert rolls.steps_differ(plan, 1, last - 1) == []


def test_the_rest_of_a_plan_starts_the_search() -> None:
    """Tests that the decisions that a plan has left are a solution of the rolled instance, of what it has left."""
    # A lot of 10 in month 0 and another in month 2, 1000 each: in month 1 the second is worth 1000 / 1.1^(1/12).
    buy = {"unit_price": 100, "lot_size": 10}
    plan = solved(tiny(4, {"jobs": [10, 10, 20]}, purchases=[buy], head={"discount_rate": 0.1}))
    later = optimizer.roll(plan, 1).instance
    again = optimizer.solve(later, gap=0.0, start=plan)
    assert again.objective == pytest.approx(rolls.remaining(plan, 1))
    assert again.objective == pytest.approx(1000 / 1.1 ** (1 / 12))
    assert again.decisions["month"].tolist() == [month(2)]


def test_the_command_writes_an_instance(tmp_path: Path) -> None:
    """Tests the files, what is printed, the JSON object and the refusals of `capopt roll`."""
    plan = solved(tiny(4, {"jobs": [10, 10, 20]}, purchases=[{"unit_price": 100, "lot_size": 10}]))
    plan.save(tmp_path / "p")
    done = capopt("roll", "p", "--months", "1", "-o", "later.xlsx", cwd=tmp_path)
    assert done.code == 0
    assert "decided: added, 1 decision until 2030-01\n" in done.out
    assert done.out.endswith("Next: capopt solve later.xlsx --start p\n")
    assert optimizer.read(tmp_path / "later.xlsx") == optimizer.roll(plan, 1).instance
    found = capopt("roll", "p", "--months", "2", "-o", "later", "--json", "--extend", "1", cwd=tmp_path)
    assert (found.json["start"], found.json["months"]) == (month(2), 3)
    assert {"table", "item", "how", "text"} == {*found.json["changes"][0]}
    taken = capopt("roll", "p", "--months", "1", "-o", "later.xlsx", cwd=tmp_path)
    assert (taken.code, taken.err) == (1, "capopt: later.xlsx exists already; name a new one, or remove it first\n")
    late = capopt("roll", "p", "--months", "4", "-o", "new", cwd=tmp_path)
    assert (late.code, late.err) == (2, "capopt: months is 4, but the plan has 4 months: expected 1 to 3\n")
    assert not (tmp_path / "new").exists()


def test_what_was_really_done_is_read_from_a_workbook(tmp_path: Path) -> None:
    """Tests `--decided` with a sheet of a workbook, and the place of an error in it."""
    plan = solved(tiny(4, {"jobs": [10, 10, 20]}, purchases=[{"unit_price": 100, "lot_size": 10}]))
    plan.save(tmp_path / "p")
    optimizer.roll(plan, 1).instance.save(tmp_path / "done.xlsx")
    done = capopt("roll", "p", "--months", "1", "-o", "later", "--decided", "done.xlsx", cwd=tmp_path)
    assert done.code == 0, done.err
    assert optimizer.read(tmp_path / "later").rows["decided"] == optimizer.roll(plan, 1).instance.rows["decided"]
    (tmp_path / "done.csv").write_text("month,decision,item,blokcs\n2030-01,buy,bye,1\n", encoding="utf-8")
    wrong = capopt("roll", "p", "--months", "1", "-o", "other", "--decided", "done.csv", cwd=tmp_path)
    assert wrong.code == 2
    assert "done.csv, row 1, column blokcs" in wrong.err
    assert "done.csv, row 2, column item: " in wrong.err
