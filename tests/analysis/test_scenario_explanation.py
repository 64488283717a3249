"""Explanations of plans under uncertainty: marginal values, deadlines and steps, against figures derived by hand."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import optimizer
from optimizer.analysis.explanation import Explanation
from optimizer.analysis.own_decisions import check_decisions
from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.instance.examples import find_instance
from optimizer.plan.by_scenario import of_scenario, scenario_plan
from optimizer.plan.plan import Plan
from optimizer.report.whatif_tables import explanation_text
from tests.command import inside
from tests.uncertainty.tiny import newsvendor


@cache
def explained(name: str) -> Explanation:
    """The explanation of the optimal plan of a shipped instance."""
    return optimizer.explain(optimizer.solve(optimizer.read(find_instance(name)), gap=0.0))


def figures(table: pd.DataFrame, scenario: str, month: str, kind: str) -> list[float]:
    """One more and one fewer of a kind, 0 where no row is written."""
    rows = table[(table["month"] == month) & (table["kind"] == kind)]
    own = rows[rows["scenario"] == "*"] if scenario == "*" else rows[rows["scenario"] != "*"]
    own = own if scenario == "*" else of_scenario(own, scenario)
    return [float(own["held"].sum()), float(own["held_fewer"].sum())]


def test_values_of_two_stages() -> None:
    """Tests three blocks for a demand of 100 or, with 0.4, of 300: an accelerator on demand costs 5 x 600 = 3000.

    Only with high demand is all of it used: one more of demand costs 3000 there, one accelerator fewer too; neither one
    less of demand nor one more accelerator changes anything. Expected: 0.4 x 3000 = 1200.
    """
    values = explained("two-stage").values
    assert figures(values, "*", "2027-02", "demand") == pytest.approx([1200, 0])
    assert figures(values, "*", "2027-02", "accelerator") == pytest.approx([0, 1200])
    assert figures(values, "demand=high", "2027-02", "demand") == pytest.approx([3000, 0])
    assert figures(values, "demand=high", "2027-02", "accelerator") == pytest.approx([0, 3000])
    assert figures(values, "as planned", "2027-02", "demand") == [0, 0]
    assert set(values["month"]) == {"2027-02"}


def test_values_of_four_stages() -> None:
    """Tests two lots from February on, for a demand of 100 and 100 more each with 1/2 in February, March and April.

    In January all is on demand: 3000 for one more and one fewer. With u increases so far, lots serve 200: one more of
    demand costs 3000 if u is 1 or more, one fewer saves 3000 if u is 2 or more. February: u is 1 with 1/2; March: 1 or
    more with 3/4, 2 with 1/4; April: 1 or more with 7/8, 2 or more with 1/2.
    """
    values = explained("four-stage").values
    shares = {"2027-01": (1, 1), "2027-02": (1 / 2, 0), "2027-03": (3 / 4, 1 / 4), "2027-04": (7 / 8, 1 / 2)}
    for month, (more, fewer) in shares.items():
        assert figures(values, "*", month, "demand") == pytest.approx([3000 * more, 3000 * fewer])
    for month, (fewer, more) in list(shares.items())[1:]:  # of a lot the other way round
        assert figures(values, "*", month, "accelerator") == pytest.approx([3000 * more, 3000 * fewer])
    march = values[(values["month"] == "2027-03") & (values["kind"] == "demand")]
    groups = {(round(row["held"]), row["scenario"].count(";") + 1) for row in march[1:].to_dict("records")}
    assert groups == {(3000, 2), (3000, 4)}  # two and one of three increases by March, out of eight scenarios


def test_delays_cost_what_the_tables_say() -> None:
    """Tests a lease that cannot start later, at 540 for 300; and lots that are ordered in February at the earliest.

    No block signed: 0.6 x 300 + 0.4 x 900 = 540 (thousand). No lot in January: 300 + 1575, 412.5 more than 1462.5.
    """
    for name, costs in (("two-stage", 240_000), ("four-stage", 412_500)):
        (row,) = explained(name).deadlines.to_dict("records")
        assert (row["scenario"], row["month"]) == ("*", "2027-01")
        assert [row["delay_costs"], row["at_least"], row["at_most"]] == pytest.approx([costs] * 3)
    assert explained("two-stage").deadlines["last_month"].tolist() == ["2027-01"]


def test_steps_plan_all_scenarios_again() -> None:
    """Tests a tenth more demand, of 110 or 330: with 3 blocks 30 are missing, 0.4 x 30 x 3000 = 36,000 more.

    Four blocks cost 400,000, more than 336,000.
    """
    (row,) = explained("two-stage").steps.to_dict("records")
    assert [row["saves"], row["at_least"], row["at_most"]] == pytest.approx([-36_000] * 3)


def test_offers_have_proven_prices() -> None:
    """Tests the lease, the hours and the lot against the tables of the two instances, in thousands of dollars.

    Two stages: 540 without the lease, 300 with it; its first block saves 300 in both cases. The third block saves
    0.4 x 60 x price of an hour: hours at less than 100 / 24 take its place. Four stages: without lots 300 a month for
    100 + 50 u: 300 x (1 + 1.5 + 2 + 2.5) = 2100, 637.5 more than 1462.5; the first lot saves 3 x 300 in any case. In
    January nothing else serves 100 that cost 900 unserved, 15 dollars for each of 600 hours.
    """
    lease, hours = explained("two-stage").offers.to_dict("records")
    assert (lease["verdict"], lease["taken"], lease["reason"]) == ("partly", 3, "taken in all scenarios")
    assert [lease["worth"], lease["price_to_win"]] == pytest.approx([240_000, 300_000])
    assert (hours["verdict"], hours["reason"]) == ("rejected", "too expensive by 16.7 %")
    assert [hours["at_least"], hours["at_most"]] == pytest.approx([100 / 24] * 2)
    hours, lot = explained("four-stage").offers.to_dict("records")
    assert [lot["worth"], lot["price_to_win"]] == pytest.approx([637_500, 9000])
    assert [hours["at_least"], hours["price_to_win"], hours["at_most"]] == pytest.approx([15] * 3)
    assert all(row["proven"] for row in (lease, hours, lot))


def test_prices_by_risk() -> None:
    """Tests the lease by cvar, whose worst 0.3 count half, and that no price is given by regret.

    Without it 0.7 x 300 + 0.3 x 900 = 480 expected, 900 at worst: 690. One block at a price p saves 300 in both cases.
    """
    plan = optimizer.solve(newsvendor(0.3, risk_measure="cvar", risk_level=0.7), gap=0.0)
    found = optimizer.explain(plan, items=["lease"]).offers.iloc[0]
    assert [found["worth"], found["price_to_win"]] == pytest.approx([690 - 300, 300])
    plan = optimizer.solve(newsvendor(0.3, risk_measure="regret"), gap=0.0)
    explanation = optimizer.explain(plan, items=["lease"])
    row = explanation.offers.iloc[0]
    assert "capopt whatif" in row["reason"]
    # Without it the costs are 300 and 900, the regrets 200 and 600: half of 480 and of 600.
    assert row["worth"] == pytest.approx(540 - 245)


@pytest.mark.parametrize(
    ("head", "more", "fewer"),
    [
        # 2 blocks for 10 or, with 0.3, 30: costs 200 and 200 + 300; an accelerator on demand costs 30 a month.
        # The regrets are 100 and 200: half of the expected cost, 0.3 x 30, and half of the greatest regret, 30.
        ({"risk_measure": "regret"}, (0.3 * 30 + 30) / 2, (0.3 * 30 + 30) / 2),
        # The worst 0.3 are that scenario: all of its cost. 3 blocks are signed, so that one fewer saves nothing.
        ({"risk_measure": "cvar", "risk_level": 0.7, "risk_weight": 1}, 30, 0),
    ],
)
def test_values_are_of_the_measure_of_risk(head: dict[str, Any], more: float, fewer: float) -> None:
    """Tests what one more of demand costs, and one fewer saves, in the objective of a plan that minds risk."""
    plan = optimizer.solve(newsvendor(0.3, **head), gap=0.0)
    values = optimizer.explain(plan, quick=True).values
    assert figures(values, "*", plan.instance.label(1), "demand") == pytest.approx([more, fewer])


@pytest.mark.parametrize("seed", range(4))
def test_values_are_what_solving_again_with_one_unit_costs(seed: int) -> None:
    """Tests random demands and chances: each scenario solved again with its decisions and one more, or fewer."""
    rng = np.random.default_rng(seed)
    base, most = (int(amount) for amount in rng.integers(5, 60, 2))
    plan = optimizer.solve(newsvendor(float(rng.uniform(0.1, 0.9)), demands=(base, most)), gap=0.0)
    values = optimizer.explain(plan, quick=True).values
    expected = np.zeros(2)
    for row in plan.tables["scenarios"].to_dict("records"):
        own = scenario_plan(plan, row["scenario"])
        costs = np.array([_with_demand(own, step) for step in (0, 1, -1)])
        found = np.array([costs[1] - costs[0], costs[0] - costs[2]])
        if len(set(values["scenario"])) > 1:
            assert figures(values, row["scenario"], "2030-02", "demand") == pytest.approx(found)
        expected += row["probability"] * found
    assert figures(values, "*", "2030-02", "demand") == pytest.approx(expected)


def _with_demand(plan: Plan, step: int) -> float:
    """Cost of a plan's decisions with so much more demand in the second month."""
    instance = apply_edits(plan.instance, [parse_edit(f"demand.jobs@2030-02.amount+={step}")])
    decisions = plan.decisions[plan.decisions["decision"] != "expire"]
    return check_decisions(optimizer.solve(instance, gap=0.0), decisions, gap=0.0).objective


def test_the_command_goes_on_from_its_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Tests tables in the folder, read back with their scenarios, --more, a report with them, and what is refused."""
    optimizer.solve(newsvendor(0.4), gap=0.0).save(tmp_path / "plan")
    monkeypatch.chdir(tmp_path)
    done = inside(capfd, "explain", "plan")
    assert (done.code, "all scenarios" in done.out, "Not given" in done.out) == (0, True, True)
    plan = optimizer.load_plan(tmp_path / "plan")
    assert plan.explained["values"].columns[0] == plan.explained["deadlines"].columns[0] == "scenario"
    again = inside(capfd, "explain", "plan", "--more", "--budget", "0", "--json")
    assert (again.code, again.json["deadlines"][0]["delay_costs"]) == (0, pytest.approx(240))
    assert inside(capfd, "report", "plan", "--html", "page.html", "--xlsx", "book.xlsx").code == 0
    assert "Worth: where scenarios differ" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert pd.read_excel(tmp_path / "book.xlsx", "values", header=None).isin(["scenario"]).any(axis=None)
    refused = inside(capfd, "explain", "plan", "--tighten")
    assert (refused.code, "smaller gap (--gap)" in refused.err) == (2, True)


def test_nothing_is_examined_without_time() -> None:
    """Tests a budget that is spent: the decisions stand there, what is open is named."""
    found = optimizer.explain(optimizer.solve(newsvendor(0.4), gap=0.0), budget=0.0)
    assert not found.is_complete
    assert found.deadlines["delay_note"].tolist() == ["not examined yet"]
    assert "not examined yet" in explanation_text(found)
