"""An explanation as a whole: asked of the plan, shown, saved, loaded, ended by Ctrl-C."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import optimizer
from optimizer.analysis.alternatives import find_alternatives
from optimizer.analysis.diagnose import diagnose
from optimizer.analysis.events import Answer, events_table, usual_events
from optimizer.analysis.explanation import Explanation, explain
from optimizer.analysis.interruptible_queries import InterruptibleWhatIf
from optimizer.analysis.marginal_values import values_table
from optimizer.analysis.offer_list import offers
from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.analysis.steps import steps_table, usual_steps
from optimizer.analysis.verdict import Verdict
from optimizer.errors import PlanFileError, StoppedWithoutPlan
from optimizer.plan.plan import Plan
from optimizer.plan.tables import EXPLAINED, plain_rows
from optimizer.report.whatif_tables import explanation_text
from optimizer.solver.solution import Options, Stop
from tests.program.tiny import solved, tiny

# Names that a reader of CSV could take for something else.
LEASES = [
    {"contract": "NA", "price": 3000, "term_months": 3},
    {"contract": "007", "price": 6000, "term_months": 1},
]


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Ten wanted in three months, served by a lease whose name is NA."""
    bought = [{"purchase": "1e5", "unit_price": 1e6}]
    return solved(tiny(3, {"jobs": [10]}, contracts=LEASES, purchases=bought, power=[{"mw": 1}]))


@pytest.fixture(scope="module")
def found(plan: Plan) -> Explanation:
    """All about it."""
    return optimizer.explain(plan, threads=1)


def test_a_plan_explains_itself(found: Explanation, plan: Plan) -> None:
    """Tests that optimizer.explain(plan) works out all tables, with the worth of the lease: 3 x 6000 - 3 x 3000."""
    assert list(found.tables) == list(EXPLAINED)
    assert found.offers.set_index("item").loc["NA", "worth"] == pytest.approx(9000)
    assert list(optimizer.explain(plan, quick=True).tables) == ["values", "deadlines"]
    assert optimizer.explain(plan, items=["007"]).offers["item"].tolist() == ["007"]


def test_it_shows_itself(found: Explanation, plan: Plan) -> None:
    """Tests the line that stands for it, and its text in the width asked for."""
    told = ", ".join(f"{name} {len(table)}" for name, table in found.tables.items())
    assert told.startswith("values ")
    assert repr(found) == f"<Explanation of tiny: {told}>"
    assert repr(Explanation(plan)) == "<Explanation of tiny: nothing>"
    text = explanation_text(found, 80)
    assert "Deadlines" in text
    assert "Sign NA" in text
    assert max(map(len, text.splitlines())) <= 80


def test_it_begins_with_what_the_gap_leaves_open(found: Explanation, plan: Plan) -> None:
    """Tests that a plan of 9000 with a gap of a tenth says first that its prices are open, and what narrows them."""
    loose = replace(plan, head={**plan.head, "bound": 8100.0, "gap": 0.1, "seconds": {"solve": 12.3}})
    offers_open = found.offers.assign(proven=[False] * 2 + [True])
    text = " ".join(explanation_text(replace(found, plan=loose, offers=offers_open), 80).split())
    assert text.startswith("The gap of this plan is 900 USD: smaller differences may come from the search alone.")
    assert "2 of 3 break-even prices are not proven to 0.1 %" in text
    more = "capopt explain --tighten searches on to 1 %, which is likely to take longer than the 12 s of its search."
    assert more in text
    assert not explanation_text(found, 80).startswith("The gap")


def test_a_diagnosis_shows_itself() -> None:
    """Tests the line that stands for a diagnosis: half of what must be served can be, at 2 x 10 x 1000."""
    must = [{"workload": "jobs", "min_service": 1}]
    impossible = tiny(2, {"jobs": [20]}, fleet=[{"count": 10}], workloads=must)
    told = repr(diagnose(impossible, gap=0.0, threads=1))
    assert told.startswith("<Diagnosis: ")
    assert told.endswith("repair ['workloads.jobs.min_service=0.5'], 20,000.00 USD with it>")
    assert repr(diagnose(tiny(1, {"jobs": [1]}, fleet=[{"count": 10}]))) == "<Diagnosis: feasible>"


def test_an_explained_plan_is_saved_and_loaded(found: Explanation, plan: Plan, tmp_path: Path) -> None:
    """Tests that the tables come back as they were, names such as NA and 007 too, and go along with the plan."""
    found.save(plan.save(tmp_path / "plan"))
    loaded = optimizer.load_plan(tmp_path / "plan")
    again = optimizer.load_plan(loaded.save(tmp_path / "again"))
    for one in (loaded, again):
        assert list(one.explained) == list(EXPLAINED)
        for name, table in found.tables.items():
            assert_frame_equal(one.explained[name], table, check_dtype=False, rtol=1e-9)
    assert set(loaded.explained["offers"]["item"]) == {"NA", "007", "1e5"}
    assert loaded.explained["offers"]["proven"].dtype == bool
    plan.save(tmp_path / "plan")
    assert optimizer.load_plan(tmp_path / "plan").explained == {}


@pytest.mark.parametrize("content", ['"item\n1', 'item,table\n"lease', ""])
def test_a_broken_table_is_told(plan: Plan, tmp_path: Path, content: str) -> None:
    """Tests that the message names the file and what to do."""
    folder = plan.save(tmp_path / "plan")
    (folder / "offers.csv").write_text(content, encoding="utf-8")
    with pytest.raises(PlanFileError, match=r"offers\.csv.* delete .* and explain the plan again"):
        optimizer.load_plan(folder)


def test_figures_that_are_none_are_none_in_json() -> None:
    """Tests that what is missing or endless is None, and that flags and numbers are plain."""
    table = pd.DataFrame({"a": [float("nan"), float("inf"), 1.5], "b": [True, False, True], "c": ["x", "", None]})
    rows = plain_rows(table)
    assert [row["a"] for row in rows] == [None, None, 1.5]
    assert [row["b"] for row in rows] == [True, False, True]
    assert rows[2]["c"] is None


def test_usual_steps_hold_for_any_name() -> None:
    """Tests that a site whose name looks like an edit is stepped up as any other."""
    name = "a.mw+=1.b"
    plan = solved(tiny(1, {"jobs": [1]}, sites=[{"site": name}], power=[{"site": name, "mw": 5}]))
    ask = optimizer.WhatIf(plan, gap=0, threads=1)
    assert ask.ask([usual_steps(plan)[0]]).instance.rows["power"][0].mw == 6


def test_what_only_helps_costs_nothing() -> None:
    """Tests that one more MW is proven to cost no more, whatever the gap; that a tenth more demand is not."""
    plan = solved(tiny(1, {"jobs": [10]}, contracts=[{"price": 300, "term_months": 1}], power=[{"mw": 5}]))
    loose = replace(plan, head={**plan.head, "bound": plan.objective - 100})
    ask = optimizer.WhatIf(loose, gap=0, threads=1)
    table = steps_table(ask, loose, ["power.hall.mw+=1", "power.hall.mw-=1", "demand.jobs.amount*=1.1"])
    # The tenth more, one accelerator, is not served: 1000.
    assert table["at_least"].tolist() == pytest.approx([0, -100, -1100])


def test_ctrl_c_ends_all_searches(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that an interrupted search ends an explanation, whether it held a plan or not, and a slow one does not."""
    ask = InterruptibleWhatIf(plan, threads=1)
    found = ask.live.solve(ask.options)
    for values in (found.values, None):
        stopped = replace(found, values=values, stop=Stop.INTERRUPTED)
        monkeypatch.setattr(ask.live, "solve", lambda *_, one=stopped, **__: one)
        for query in (ask.ask, ask.ask_cost):
            with pytest.raises(KeyboardInterrupt):
                query([])
    monkeypatch.setattr(ask.live, "solve", lambda *_, **__: replace(found, values=None, stop=Stop.TIME_LIMIT))
    with pytest.raises(StoppedWithoutPlan):
        ask.ask([])


def test_ctrl_c_keeps_what_is_worked_out(plan: Plan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests that the first offer is kept when the search on the second is interrupted, with what was known before."""
    names = [offer.item for offer in offers(plan)][:2]
    complete = explain(plan, items=names, gap=0, threads=1).offers
    row = Verdict.row

    def second_stopped(verdict: Verdict) -> tuple[Any, ...]:
        if verdict.offer.item == names[1]:
            raise KeyboardInterrupt
        return row(verdict)

    monkeypatch.setattr(Verdict, "row", second_stopped)
    found = explain(plan, items=names, gap=0, threads=1)
    assert found.stopped == f"offer 2 of 2: {names[1]}"
    assert found.unfinished == (found.stopped,)
    assert found.offers["reason"][0] == complete["reason"][0]
    assert found.offers["reason"][1] == f"too expensive by at least 49.9 %; its break-even price is {NOT_EXAMINED}"
    earlier = replace(plan, explained={"offers": complete})
    again = explain(earlier, items=names, gap=0, threads=1)
    again.save(tmp_path)
    assert_frame_equal(again.offers, complete)
    assert list(pd.read_csv(tmp_path / "offers.csv", dtype=str, keep_default_na=False)["item"]) == names


def test_ctrl_c_ends_what_is_left(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that after Ctrl-C in the first search nothing more is begun: marginal values and dates are there."""
    begun: list[str] = []

    def interrupted(*_: object) -> Plan:
        raise KeyboardInterrupt

    monkeypatch.setattr(InterruptibleWhatIf, "ask", interrupted)
    found = explain(plan, gap=0, threads=1, on_step=begun.append)
    assert list(found.tables) == ["values", "deadlines"]
    assert found.deadlines["delay_note"].tolist() == [NOT_EXAMINED] * len(found.deadlines)
    assert found.stopped == begun[-1]
    assert [line for line in begun if "to come" not in line] == ["marginal values", found.stopped]


def test_ctrl_c_keeps_the_events_come_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests that Ctrl-C in the second event keeps the first, beside the second as known before, and no first month."""
    sites = {"sites": [{"site": "hall"}], "power": [{"site": "hall", "mw": 1}, {"site": "hall", "month": 1, "mw": 2}]}
    plan = solved(tiny(3, {"jobs": [5, 10, 10]}, **sites, on_demand=[{"price": 5, "max_accelerators": 20}]))
    events = usual_events(plan)
    assert [event.kind for event in events] == ["slip", "growth"]
    earlier = replace(plan, explained={"events": events_table(plan, [Answer(event, None, "old") for event in events])})
    ask = InterruptibleWhatIf.ask

    def second_stopped(self: InterruptibleWhatIf, edits: Any, *rest: Any, **more: Any) -> Plan:
        if tuple(edits) == events[1].edits:
            raise KeyboardInterrupt
        return ask(self, edits, *rest, **more)

    monkeypatch.setattr(InterruptibleWhatIf, "ask", second_stopped)
    found = explain(earlier, gap=0, threads=1)
    assert found.stopped == f"event 2 of 2: {events[1]}"
    assert set(found.tables) == {"values", "deadlines", "offers", "exits", "events"}
    found.save(tmp_path)
    table = pd.read_csv(tmp_path / "events.csv", dtype=str, keep_default_na=False)
    assert table[["kind", "note"]].to_numpy().tolist() == [["growth", "old"], ["slip", ""]]


def test_marginal_values_and_alternatives_hold_what_is_held() -> None:
    """Tests that no alternative signs a lease that is forbidden, and that marginal values do not count on it."""
    lease = {"contracts": [{"price": 3000, "min_term_months": 1}], "on_demand": [{"price": 5, "max_accelerators": 10}]}
    first = optimizer.WhatIf(solved(tiny(3, {"jobs": [12]}, **lease)), gap=0, threads=1)
    without = first(forbid="sign:lease")
    found = find_alternatives(without, 0.5, 1, gap=0, threads=1)
    signed = found.ranges[found.ranges["kind"] == "sign"]
    assert signed[["least", "plan", "most"]].to_numpy().tolist() == [[0.0, 0.0, 0.0]]
    assert all(other.head["held"] == ["forbid sign:lease"] for other in found.plans)
    # Of twelve wanted, hours serve ten: one more wanted goes unserved at 1000. With the lease an hour would do, at 500.
    values = values_table(without, Options(threads=1))
    demand = values[values["kind"] == "demand"]
    assert demand["relaxed"].tolist() == pytest.approx([1000.0] * 3)
