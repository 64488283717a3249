"""Reports of plans under uncertainty: the plan of two risks, whose figures are worked out by hand.

Of month 0, x blocks signed for month 1 cost 100 x, and 300 for each that is missing if demand is high, with 0.4: 300 at
x = 3. Month 1 knows the demand and signs 3 or 1 blocks for month 2: 0.4 x 300 + 0.6 x 100 = 180. Expected: 480.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

import optimizer
from optimizer.errors import EditError, PlanFileError
from optimizer.plan.by_scenario import scenario_plan
from optimizer.plan.compare_uncertain import compare_uncertain
from optimizer.report.chart_fan import by_scenario, quantiles, spread
from optimizer.report.charts import Chart
from optimizer.report.document import Branches, Document, Findings, KeyFigures, Table
from optimizer.report.html import page
from optimizer.report.moves import Tree, moves_of_now
from optimizer.report.section_information import information_table, learn_sentence
from optimizer.report.section_now import now_tables
from optimizer.report.section_scenarios import hurting_sentences, scenario_grid
from optimizer.report.summary_uncertain import summary_uncertain
from optimizer.report.uncertain_document import shown_scenarios, uncertain_document
from optimizer.report.validate_tables import check_cells
from optimizer.report.workbook import write_workbook
from tests.command import capopt
from tests.program.tiny import month
from tests.report.uncertain_plan import two_risks, uncertain_plan


@pytest.fixture(scope="module")
def document() -> Document:
    return uncertain_document(uncertain_plan())


def changed(table: str, **cells: Any) -> optimizer.Plan:
    """The plan with other cells in a table."""
    plan = uncertain_plan()
    return replace(plan, tables={**plan.tables, table: plan.tables[table].assign(**cells)})


def test_what_to_do_now() -> None:
    """Tests that 3 blocks are wanted by the 2 of 4 scenarios with high demand; by all of them it is without regret."""
    sure, others = now_tables(uncertain_plan())
    assert (sure.grid.rows, sure.empty.startswith("No-regret moves: none")) == ([], True)
    (row,) = others.grid.rows
    assert row[:4] == (month(0), "Sign lease (cloud)", month(1), "3")
    assert row[-2:] == ("300", "2 of 4, 40 %")
    sure, others = now_tables(changed("robustness", scenarios="*", probability=1.0))
    assert ([row[1] for row in sure.grid.rows], others.grid.rows) == (["Sign lease (cloud)"], [])


def test_scenarios_that_were_not_examined() -> None:
    """Tests that moves are without regret in the scenarios that were examined alone, and unknown without any."""
    nan = float("nan")
    some = changed("scenarios", alone_cost=[600.0, 600.0, nan, nan])
    sure, _ = now_tables(some)
    assert [row[1] for row in sure.grid.rows] == ["Sign lease (cloud)"]
    assert sure.caption.endswith("of the 2 that were examined, 40 %")
    sure, others = now_tables(changed("scenarios", alone_cost=nan))
    assert ("unknown" in sure.empty, len(others.grid.rows)) == (True, 1)


def test_costs_that_depend_on_the_scenario() -> None:
    """Tests one move for a decision whose cost and start differ between scenarios."""
    plan = uncertain_plan()
    row = plan.decisions[plan.decisions["scenario"] == "*"].iloc[0]
    names = plan.tables["scenarios"]["scenario"].tolist()
    rows = plan.decisions.iloc[:0].copy()
    for number, name in enumerate(names):
        rows.loc[number] = row.to_dict() | {"scenario": name, "committed_cost": 100.0 * (number + 1)}
    (move,) = moves_of_now(replace(plan, tables={**plan.tables, "decisions": rows}))
    assert (move.costs, move.blocks, move.cells[-1]) == ((100.0, 400.0), 3.0, "100 to 400")


def test_what_each_risk_is_worth_to_know() -> None:
    """Tests 120 of 480 for demand, nothing for the hourly price, and the sentence where that is not proven."""
    rows = information_table(uncertain_plan()).grid.rows
    assert [row[:2] for row in rows] == [("demand", "120"), ("hourly", "nothing"), ("all of them", "120")]
    assert rows[0][2] == "25 %"
    assert learn_sentence(uncertain_plan()) == (
        "Worth learning about first is demand: knowing its outcome at once saves 120 USD."
    )
    unproven = changed("information", at_least=[100.0, -5.0], at_most=[130.0, 110.0])
    assert learn_sentence(unproven).endswith("It is not proven that hourly would not save as much.")
    assert information_table(unproven).grid.rows[1][1] == "at most 110"
    unranked = changed("information", at_least=[-20.0, -5.0], at_most=[130.0, 110.0])
    assert learn_sentence(unranked) == (
        "No risk is proven to be worth learning about first: to know one of them saves at most 130 USD. "
        "A smaller gap of the plan ranks them: capopt solve --gap."
    )
    assert "Nothing is proven" in learn_sentence(changed("information", at_least=np.nan, at_most=np.nan))


def test_scenarios_that_hurt_most() -> None:
    """Tests 600 of high demand, 120 over the 480 expected, then 400, 200 over its own best plan, in words."""
    first, *rows = hurting_sentences(uncertain_plan())
    assert first == "3 scenarios cost most:"
    assert rows[0] == (
        "Demand triples; hourly prices double (20 %): 600 USD, +120 against the expected cost, without regret."
    )
    assert rows[2].endswith("400 USD, -80 against the expected cost, regret at most 200.")
    assert [row[3:6] for row in scenario_grid(uncertain_plan()).rows] == [("600", "600", "0")] * 2 + [
        ("400", "200", "200")
    ] * 2


def test_decisions_of_each_case() -> None:
    """Tests the tree: 3 blocks, then 3 or 1 when demand is known, and nothing when the price is."""
    tree = Tree(uncertain_plan())
    blocks = {node: [(move.month, move.blocks) for move in tree.moves(node)] for node in tree.nodes}
    assert blocks == {"1": [(month(0), 3)], "2": [(month(1), 3)], "3": [(month(1), 1)]} | {node: [] for node in "4567"}
    assert [tree.children(node) for node in ("", "1", "2")] == [["1"], ["2", "3"], ["4", "5"]]


def test_quantiles_by_probability() -> None:
    """Tests values 1, 2 and 3 of probabilities 0.5, 0.3 and 0.2: half of all are at most 1, 0.75 at most 2."""
    found = quantiles(np.array([[3.0, 1.0], [1.0, 3.0], [2.0, 2.0]]), np.array([0.2, 0.5, 0.3]))
    assert found[:, 0].tolist() == [1, 1, 1, 2, 3]
    assert found[:, 1].tolist() == [1, 2, 2, 3, 3]


def test_the_range_over_time() -> None:
    """Tests money out by month: 300 for the blocks of month 1, then 300 or 100; the expected 180 on top of 300."""
    sums = by_scenario(uncertain_plan(), "cash", "amount").cumsum(axis=1)
    found = dict(spread(uncertain_plan(), sums))
    assert found["Lowest"] == pytest.approx([0, 300, 400])
    assert found["Highest"] == pytest.approx([0, 300, 600])
    assert found["Expected"] == pytest.approx([0, 300, 480])
    assert found["Median"] == pytest.approx([0, 300, 400])


def test_sections_in_their_order(document: Document) -> None:
    """Tests the sections of all scenarios, then those of single ones, then the inputs, with names of their own."""
    anchors = [section.anchor for section in document.sections]
    assert anchors[:7] == ["now", "information", "scenarios", "tree", "range", "why", "s1-headline"]
    assert anchors[-2:] == ["inputs", "provenance"]
    assert len(set(anchors)) == len(anchors)
    assert {section.choice for section in document.sections} == {"", *document.choices}
    keys = [block.key for section in document.sections for block in section.blocks if isinstance(block, Chart)]
    assert len(set(keys)) == len(keys)
    targets = {target for section in document.sections for block in section.blocks if isinstance(block, Findings)
               for _, target in block.items}  # fmt: skip
    assert targets <= set(anchors)
    gaps = [section.choice for section in document.sections for block in section.blocks
            if isinstance(block, KeyFigures) and "Gap" in [figure[0] for figure in block.figures]]  # fmt: skip
    assert gaps == [""]


def test_scenarios_in_detail() -> None:
    """Tests middle cost, as planned, costliest and cheapest, each once: 400 is the middle, as 0.4 is above it."""
    assert shown_scenarios(uncertain_plan()) == ["hourly=dear", "as planned", "demand=high + hourly=dear"]


def test_page_and_terminal_agree(document: Document) -> None:
    """Tests that each key figure, and every cell of the tables of now and of risks, is in the terminal's summary."""
    text = " ".join(summary_uncertain(uncertain_plan(), width=300).split())
    blocks = [block for section in document.sections[:2] for block in section.blocks]
    values = [figure[1] for block in blocks if isinstance(block, KeyFigures) for figure in block.figures]
    cells = [cell for block in blocks if isinstance(block, Table) for row in block.grid.rows for cell in row]
    assert len(values) >= 6
    for value in (*values, *cells):
        assert value in text
    assert learn_sentence(uncertain_plan()) in text


def test_the_page(document: Document) -> None:
    """Tests that ids are unique, that every choice can be chosen, and that the tree is nested as its nodes are."""
    text = page(document)
    ids = re.findall(r'\bid="([^"]+)"', text.split("<script", 1)[0])
    assert len(set(ids)) == len(ids)
    assert re.findall(r'<option value="([^"]+)"', text) == list(document.choices)
    (tree,) = [block for block in document.sections[3].blocks if isinstance(block, Branches)]
    assert len(tree.roots[0].children) == 2
    assert text.count('<summary><span class="name">') == 7
    plain = page(replace(document, sections=document.sections[:2], choices={}))
    assert "<select" not in plain


def test_a_plan_of_one_schedule() -> None:
    """Tests that nothing known within the plan is said, and that all decisions are of now."""
    instance = two_risks()
    never = instance.replace({"risks": instance.frame("risks").assign(known=None)})
    plan = optimizer.solve(never, gap=0.0)
    sure, others = now_tables(plan)
    assert others.caption.endswith("as nothing that is known changes it")
    assert len(sure.grid.rows) + len(others.grid.rows) == len(moves_of_now(plan))
    assert "Nothing becomes known within the plan" in page(uncertain_document(plan))


def test_broken_cells_are_refused() -> None:
    """Tests that figures that may be unknown are accepted, and others refused with their place."""
    check_cells(changed("scenarios", alone_cost=float("nan")))
    with pytest.raises(PlanFileError, match="scenarios, row 2, column cost"):
        check_cells(changed("scenarios", cost=float("inf")))
    with pytest.raises(PlanFileError, match="capacity, row 2, column used"):
        check_cells(changed("capacity", used=float("nan")))


def test_the_plan_of_one_scenario() -> None:
    """Tests that it is audited as a plan of one future, and the nearest name for an unknown one."""
    plan = scenario_plan(uncertain_plan(), "demand=high")
    assert plan.objective == pytest.approx(600)
    assert optimizer.audit(plan).passed
    with pytest.raises(EditError, match=r"no scenario 'demand=hgh'. Did you mean 'demand=high'"):
        scenario_plan(uncertain_plan(), "demand=hgh")
    with pytest.raises(EditError, match="no scenario 'demand=high'"):
        scenario_plan(plan, "demand=high")


def test_the_command(tmp_path: Path) -> None:
    """Tests the page of all scenarios, that of one of them, and the message for an unknown one."""
    uncertain_plan().save(tmp_path / "plan")
    assert capopt("report", "plan", "--html", "all.html", cwd=tmp_path).code == 0
    assert "What to do now" in (tmp_path / "all.html").read_text(encoding="utf-8")
    one = capopt("report", "plan", "--scenario", "as planned", "--html", "one.html", cwd=tmp_path)
    assert (one.code, "What to do now" in (tmp_path / "one.html").read_text(encoding="utf-8")) == (0, False)
    wrong = capopt("report", "plan", "--scenario", "as plannd", "--html", "no.html", cwd=tmp_path)
    assert (wrong.code, "Did you mean 'as planned'?" in wrong.err) == (2, True)


def test_the_workbook(tmp_path: Path) -> None:
    """Tests 480 expected as a formula, the moves of now, every table with its scenarios, and 4 charts."""
    write_workbook(uncertain_plan(), tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    summary = book["summary"]
    labels = {row[0].value: row[1].value for row in summary.iter_rows(max_col=2) if row[0].value}
    assert labels["Expected cost"] == "=SUMPRODUCT(plan_scenarios[probability],plan_scenarios[cost])"
    assert (labels["Cost of not knowing, at most"], labels["Base data alone cost more, at least"]) == pytest.approx(
        (120, 40)
    )
    assert labels["Sign lease (cloud)"] == datetime(2030, 1, 1)
    assert labels["demand"] == pytest.approx(120)
    assert len(summary._charts) == 4
    for name, table in uncertain_plan().tables.items():
        cells = list(book[name].iter_rows(min_row=3, values_only=True))
        assert cells[0] == tuple(table.columns)
        assert len(cells) == len(table) + 1
    # Money out so far, the second of three groups of 8 columns: expected 480 in the third month, of 400 to 600.
    row = [cell.value for cell in book["over_time"][7]]
    assert row[9] == pytest.approx(400)
    assert row[15:17] == pytest.approx([600, 480])
    values = openpyxl.load_workbook(tmp_path / "book.xlsx", data_only=True)["summary"]
    assert next(row[1].value for row in values.iter_rows() if row[0].value == "Expected cost") == pytest.approx(480)


def test_comparison_with_a_plan_of_one_future(tmp_path: Path) -> None:
    """Tests the plan of the base data: 1 block now and 200 as planned, against 3 blocks and 400."""
    base = optimizer.solve(scenario_plan(uncertain_plan(), "as planned").instance, gap=0.0)
    base.save(tmp_path / "base")
    uncertain_plan().save(tmp_path / "risky")
    files = ["--html", "page.html", "--xlsx", "book.xlsx"]
    done = capopt("compare", "base", "risky", "--json", *files, cwd=tmp_path)
    (found,) = done.json["comparisons"]
    assert (done.code, found["difference"]) == (0, pytest.approx(280))  # 480 expected less 200
    (moved,) = found["decisions"]
    assert (moved["change"], moved["item"], moved["blocks_a"], moved["blocks_b"]) == ("resized", "lease", 1, 3)
    costs = {row["scenario"]: (row["cost_a"], row["cost_b"]) for row in found["scenarios"]}
    assert costs["as planned"] == pytest.approx((200, 400))
    assert (costs["demand=high"][0], costs["demand=high"][1]) == (None, pytest.approx(600))
    assert "plans for one future" in done.err
    assert (tmp_path / "page.html").is_file()
    assert openpyxl.load_workbook(tmp_path / "book.xlsx").sheetnames == [
        *("index", "figures", "decisions", "scenarios", "inputs")
    ]
    assert capopt("compare", "base", "risky", "--budget", "1", cwd=tmp_path).code == 2


def test_comparison_of_two_plans_under_uncertainty() -> None:
    """Tests the same plan twice, and with a demand of 20 in the first case: 2 blocks twice instead of 3."""
    same = compare_uncertain(uncertain_plan(), uncertain_plan())
    assert (same.difference, len(same.decisions), len(same.inputs)) == (0.0, 0, 0)
    assert not same.scenarios["cost_difference"].any()
    instance = two_risks()
    changes = instance.frame("changes")
    changes["value"] = changes["value"].astype(object).mask(changes["column"] == "amount", "20")
    other = optimizer.solve(instance.replace({"changes": changes}), gap=0.0)
    found = compare_uncertain(uncertain_plan(), other)
    # 200 for month 1, then 0.4 x 200 + 0.6 x 100 = 140 for month 2.
    assert found.difference == pytest.approx(340 - 480)
    assert found.decisions["change"].tolist() == ["resized"]
    assert found.inputs["table"].tolist() == ["changes"]


def test_export_of_one_scenario(tmp_path: Path) -> None:
    """Tests that a FOCUS export takes one scenario, and names what to do without it."""
    uncertain_plan().save(tmp_path / "plan")
    refused = capopt("export", "plan", "--focus", "out", cwd=tmp_path)
    assert (refused.code, "--scenario NAME" in refused.err) == (2, True)
    assert capopt("export", "plan", "--focus", "out", "--scenario", "as planned", cwd=tmp_path).code == 0
    assert list((tmp_path / "out").glob("*.csv"))
