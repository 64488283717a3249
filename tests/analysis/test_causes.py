"""What each changed input explains of the difference between two plans, derived by hand."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import optimizer
from optimizer.analysis import causes
from optimizer.errors import EditError
from optimizer.instance.instance import Instance
from optimizer.plan.compare import Comparison, compare
from optimizer.plan.plan import Plan
from optimizer.plan.roll import roll
from tests.command import inside
from tests.program.tiny import solved, tiny

PARTIES = [{"provider": "cloud"}, {"provider": "lab"}, {"provider": "other"}]
LOTS = {"unit_price": 100, "lot_size": 10, "max_total": 20, "earliest": 0, "life_months": 100, "integer": True}


def hourly(jobs: float, price: float, **given: Any) -> Instance:
    """Jobs of two months, by the hour: 100 times the price for an accelerator and month."""
    most = given.pop("max_accelerators", 100)
    return tiny(2, {"jobs": [jobs]}, on_demand=[{"price": price, "max_accelerators": most}], **given)


def explained(before: Plan, after: Plan, budget: float = 60.0) -> Comparison:
    """The comparison with its causes."""
    return optimizer.causes(compare(before, after, ("old", "new")), budget, threads=1)


def parts(found: Comparison) -> list[tuple[Any, ...]]:
    """Cause, part and number of cells."""
    rows = found.causes.to_dict("records")
    return [(row["cause"], pytest.approx(row["part"], abs=1e-6), row["cells"]) for row in rows]


def test_inputs_are_changed_in_the_order_of_the_tables() -> None:
    """Tests two changes: at 20 instead of 30, 10 jobs of two months cost 400, not 600; 10 jobs more cost 400 more."""
    found = explained(solved(hourly(10, 0.3)), solved(hourly(20, 0.2)))
    assert parts(found) == [("on_demand hourly price", -200, 1), ("demand jobs amount", 400, 1)]
    assert found.causes["part"].sum() == pytest.approx(found.difference)
    # Both plans and the one in between are proven, so that the intervals are as narrow.
    assert found.causes["at_least"].tolist() == pytest.approx([-200, 400])
    assert found.causes["at_most"].tolist() == pytest.approx([-200, 400])


def test_what_the_budget_leaves_open_is_one_part() -> None:
    """Tests that without any time, both inputs explain the difference of 800 - 600 together."""
    found = explained(solved(hourly(10, 0.3)), solved(hourly(20, 0.2)), budget=0.0)
    assert parts(found) == [("together: on_demand hourly price, demand jobs amount", 200, 2)]


def test_one_input_explains_everything() -> None:
    """Tests that a single changed input needs no search, even without time for one."""
    found = explained(solved(hourly(10, 0.3)), solved(hourly(10, 0.2)), budget=0.0)
    assert parts(found) == [("on_demand hourly price", -200, 1)]


def test_inputs_that_are_invalid_alone_are_changed_with_the_next() -> None:
    """Tests that a provider is removed with its lease, and that the price follows: 6000 dropped and 2 x 10 x 500 paid.

    Without the lease of 2 x 3000, 10 jobs of two months cost 500 each by the hour; at 400 it is 8000.
    """
    lease = {"contract": "b", "provider": "other", "price": 3000, "term_months": 2}
    before = hourly(10, 5, contracts=[lease], providers=PARTIES)
    found = explained(solved(before), solved(hourly(10, 4, providers=PARTIES[:2])))
    assert parts(found) == [("providers other, contracts b", 4000, 2), ("on_demand hourly price", -2000, 1)]
    first, second = found.causes.to_dict("records")
    assert (first["decisions"], first["moved"]) == (1, "b: sign of 1 in 2030-01 dropped")
    assert (first["table"], second["table"], second["item"], second["column"]) == ("", "on_demand", "hourly", "price")


def test_inputs_without_a_plan_alone_are_changed_with_the_next() -> None:
    """Tests that fewer accelerators by the hour, which cannot serve all jobs, go with the lower demand."""
    full = {"workloads": [{"workload": "jobs", "min_service": 1.0}]}
    before, after = hourly(20, 0.3, max_accelerators=20, **full), hourly(10, 0.2, max_accelerators=10, **full)
    found = explained(solved(before), solved(after))
    # 2 x 20 x 20 = 800 instead of 1200; then 2 x 10 x 20 = 400.
    assert parts(found) == [
        ("on_demand hourly price", -400, 1),
        ("on_demand hourly max_accelerators, demand jobs amount", -400, 2),
    ]


def test_inputs_explain_the_difference_across_a_roll() -> None:
    """Tests that rolling explains nothing, and that a price and a demand that changed since explain all.

    A lot of ten costs 1000, and ten accelerators by the hour 600 a month: the earlier plan buys one lot in the first
    month and one in the third.
    """
    lots = {"purchases": [LOTS], "on_demand": [{"price": 0.6, "max_accelerators": 100}]}
    earlier = solved(tiny(6, {"jobs": [10, 10, 20, 20, 20, 20]}, head={"discount_rate": 0.2}, **lots))
    base = roll(earlier, 2).instance
    jobs = base.demand.assign(amount=base.demand["amount"].where(base.demand["month"] != "2030-03", 30.0))
    later = solved(base.replace({"on_demand": base.on_demand.assign(price=0.01), "demand": jobs}))
    found = explained(earlier, later)
    months = sum(1 / 1.2 ** (t / 12) for t in range(4))
    # The second lot is dropped for ten accelerators at 1 a month; ten jobs more cost as much again.
    assert parts(found) == [
        ("on_demand hourly price", 10 * months - 1000, 1),
        ("demand jobs amount", 10 * months, 1),
    ]


def test_settings_for_people_explain_nothing() -> None:
    """Tests that a title is no cause, and that the rate of discounting is one."""
    before, after = hourly(10, 0.3), hourly(10, 0.3, head={"title": "New", "discount_rate": 1.0})
    found = explained(solved(before), solved(after))
    assert [row[0] for row in parts(found)] == ["instance discount_rate"]


def test_the_same_inputs_have_no_causes() -> None:
    """Tests that nothing is searched for, and that the table is empty."""
    plan = solved(hourly(10, 0.3))
    assert explained(plan, plan).causes.empty


def test_fixed_decisions_are_refused() -> None:
    """Tests that a plan with forbidden decisions is named."""
    lease = {"contract": "b", "provider": "cloud", "price": 3000, "term_months": 2}
    plan = solved(hourly(10, 5, contracts=[lease]))
    other = optimizer.WhatIf(plan)(forbid="sign:b")
    with pytest.raises(EditError, match="new has fixed decisions or added constraints"):
        explained(plan, other)


def test_the_command_prints_and_writes_causes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Tests the parts on the terminal, in JSON, on the page and in the workbook."""
    import openpyxl

    names = []
    for name, plan in (("old", solved(hourly(10, 0.3))), ("new", solved(hourly(20, 0.2)))):
        names.append(str(plan.save(tmp_path / name)))
    page, book = tmp_path / "page.html", tmp_path / "book.xlsx"
    done = inside(capfd, "compare", *names, "--budget", "60", "--html", str(page), "--xlsx", str(book), "--json")
    assert done.code == 0
    rows = json.loads(done.out)["comparisons"][0]["causes"]
    assert [(row["cause"], row["part"]) for row in rows] == [
        ("on_demand hourly price", pytest.approx(-200)),
        ("demand jobs amount", pytest.approx(400)),
    ]
    assert "Parts of the difference of the cost" in done.err
    assert "Why the cost differs" in page.read_text(encoding="utf-8")
    sheet = openpyxl.load_workbook(book)["causes"]
    assert [cell.value for cell in sheet["A"]][3:5] == ["on_demand hourly price", "demand jobs amount"]


def test_half_a_second_is_time_for_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that what is left of a budget is used to its end: with half a second left both inputs are examined."""
    monkeypatch.setattr(causes, "time", SimpleNamespace(perf_counter=lambda: 100.0))
    found = explained(solved(hourly(10, 0.3)), solved(hourly(20, 0.2)), budget=0.5)
    assert parts(found) == [("on_demand hourly price", -200, 1), ("demand jobs amount", 400, 1)]
