"""The section on inputs and where a plan comes from: entire tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from optimizer.plan.plan import Plan
from optimizer.report.document import Prose, Table
from optimizer.report.section_inputs import inputs, provenance, provenance_tables, warnings_table
from tests.report.coast import coast_plan
from tests.report.plans import small_plan


def _with(head: dict[str, Any] | None = None, tables: dict[str, pd.DataFrame] | None = None, **settings: Any) -> Plan:
    plan = coast_plan()
    return replace(plan, head={**plan.head, **(head or {})}, instance=plan.instance.replace(tables, **settings))


def _table(plan: Plan, caption: str) -> Table:
    """The first table of the section whose caption begins so."""
    return next(b for b in inputs(plan).blocks if isinstance(b, Table) and b.caption.startswith(caption))


def _assumed(plan: Plan) -> dict[str, str]:
    return {row[0]: row[1] for row in _table(plan, "Assumptions").grid.rows}


def test_sources_are_paragraphs() -> None:
    """Tests that blank lines end paragraphs, line breaks do not, and that without any there is a sentence."""
    plan = _with(description=" One\n line.\n\n \n\nTwo.", sources="Here.\n\nThere.")
    (prose, *_) = inputs(plan).blocks
    assert isinstance(prose, Prose)
    assert prose.paragraphs == ["One line.", "Two.", "Sources: Here.", "Sources: There."]
    (prose, *_) = inputs(_with(description="", sources="")).blocks
    assert isinstance(prose, Prose)
    assert prose.paragraphs == ["The instance has neither a description nor sources."]


def test_warnings_are_numbered() -> None:
    """Tests two warnings, and the sentence where there are none."""
    table = warnings_table(_with({"warnings": ["First.", "Second."]}))
    assert (table.grid.columns, table.grid.rows) == (("No.", "Warning"), [("1", "First."), ("2", "Second.")])
    assert (warnings_table(_with()).grid.rows, table.empty) == ([], "There are no warnings.")


def test_assumptions() -> None:
    """Tests what is assumed of money, months and the end, and which limits there are none of."""
    plain = _assumed(_with(discount_rate=0))
    assert plain["Money"] == "nominal USD, in the month in which it is paid; not discounted, to 2026-11"
    assert plain["Months"] == "5, of 730 hours billed and metered each"
    assert plain["After the last month"] == (
        "builds and purchases count with their residual value, contracts with nothing"
    )
    assert "Relaxed" not in plain
    assert plain["Not limited by"] == "budgets, policies, rules: none are given"
    more = _with({"relaxed": True}, discount_rate=0.08, tail_fraction=0.25, hours_per_month=720.5, currency="CHF")
    found = _assumed(more)
    assert found["Money"].startswith("nominal CHF")
    assert found["Money"].endswith("discounted at 8 % a year, effective, to 2026-11")
    assert found["Months"] == "5, of 720.5 hours billed and metered each"
    assert found["After the last month"].endswith("contracts with 25 % of what they still cost")
    assert found["Relaxed"] == "blocks and lots may be fractional, so this plan cannot be carried out as it is"


@pytest.mark.parametrize(("rows", "notes"), [(60, ""), (61, "1 more row in the plan's folder instance.")])
def test_long_tables_are_cut(rows: int, notes: str) -> None:
    """Tests that sixty rows of a table are shown."""
    table = pd.DataFrame({"provider": [f"p{n}" for n in range(rows - 4)]})
    known = coast_plan().instance.frame("providers")
    found = _table(_with(tables={"providers": pd.concat([known, table])}), "providers")
    assert found.caption.startswith(f"providers, {rows} rows: ")
    assert (len(found.grid.rows), found.grid.notes, found.folded) == (60, notes, True)


def test_blank_columns_are_left_out() -> None:
    """Tests which columns a table has, how many of them are texts, and cells of all types."""
    grid = _table(_with(), "providers").grid
    assert grid.columns[:2] == ("provider", "kind")
    assert "display_name" not in grid.columns
    power = _table(_with(), "power").grid
    assert (power.columns[:3], power.texts) == (("site", "month", "mw"), 2)
    assert [row[:3] for row in power.rows] == [("north", "2026-11", "2"), ("south", "2027-01", "4")]
    contracts = _table(_with(), "contracts").grid
    cells = dict(zip(contracts.columns, contracts.rows[1], strict=True))
    assert (cells["price"], cells["integer"], cells["sublease"], cells["accelerators_per_block"]) == (
        *("9000000", "yes", "no", "40"),
    )
    assert "site" not in contracts.columns
    assert contracts.columns[contracts.texts] == "accelerators_per_block"
    numbers = pd.DataFrame({"site": ["north"], "month": ["2026-11"], "mw": [1.5]})
    changed = _with(tables={"power": numbers})
    assert _table(changed, "power, 1 row: ").grid.rows[0][2] == "1.5"


def test_where_a_plan_comes_from() -> None:
    """Tests all facts and all that the search recorded, in order."""
    plan = small_plan()
    facts, search = provenance_tables(plan)
    objective = plan.objective
    assert facts.grid.rows[:3] == [
        ("Instance", "harbour"),
        ("Hash of its content", plan.instance.hash),
        (
            "Status",
            "feasible: not within the target gap of 0.1 %: the time limit was reached",
        ),
    ]
    # 11.6 M less the residual value, each month discounted by 0.99.
    assert facts.grid.rows[3][0] == "Net present cost"
    assert float(facts.grid.rows[3][1].split()[0]) * 1e6 == pytest.approx(objective, abs=5)
    assert float(facts.grid.rows[4][1].split()[0]) * 1e6 == pytest.approx(objective - 1e5, abs=5)
    assert facts.grid.rows[6] == ("Audit", "passed, 4,321 checks, from the tables alone")
    assert search.grid.rows == [
        ("Option gap", "0.001"),
        ("Option time limit", "60"),
        ("Option threads", "chosen by the solver"),
        ("Option seed", "7"),
        ("Option relax", "no"),
        ("Solver: name", "HiGHS"),
        ("Solver: nodes", "12"),
        ("Version of capopt", "0.1.0"),
        ("Size: rows", "1,234"),
        ("Seconds to build", "0.50"),
        ("Peak memory", "120 MB"),
    ]
    assert provenance(plan).blocks == [facts, search]


def test_what_is_not_proven_is_not_shown() -> None:
    """Tests a plan without bound, audit and memory, and the peak of the memory of several phases."""
    facts, search = provenance_tables(_with({"bound": None, "gap": None}))
    assert facts.grid.rows[3:] == [
        ("Net present cost", "48.28 M USD"),
        ("Proven bound", "none"),
        ("Gap", "no bound proven"),
    ]
    assert search.grid.rows == []
    (_, memory) = provenance_tables(_with({"memory_mb": {"build": 120.0, "solve": 250.0, "audit": 90.0}}))
    assert memory.grid.rows == [("Peak memory", "250 MB")]
