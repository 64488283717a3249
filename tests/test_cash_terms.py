"""Cash terms are records of program.toml: each is booked, audited and shown, and no other place lists them."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import optimizer
from optimizer.auditing import prices
from optimizer.cash_terms import cash_terms, terms_of_kind
from optimizer.plan.plan import Plan
from optimizer.program import payments
from optimizer.program.ledger import Ledger
from optimizer.program.program_data import ProgramData
from optimizer.report.colours import ALARM, PALETTE, REST, term_colour, term_label
from optimizer.report.focus import write_focus
from optimizer.report.html import page
from optimizer.report.plan_document import plan_document
from optimizer.report.totals_by_period import Periods, cash_by_period
from optimizer.report.workbook import write_workbook
from optimizer.schema import load_schema, program_contents
from tests.program.tiny import paid, solved, tiny

TERMS = cash_terms()
PACKAGE = Path(optimizer.__file__).parent
KINDS = ("capex", "opex", "revenue", "penalty", "residual", "owed")
# Names that mean a cash term only: not also a table, a column, a variable, a source of capacity...
OWN_NAMES = {"fixed", "energy", "maintenance", "upfront", "termination", "lateness", "residual"}


# ---------------------------------------------------------------- records
@pytest.mark.parametrize("name", TERMS)
def test_a_cash_term_is_complete(name: str) -> None:
    """Tests that each term has a function that books it, one that prices it again, and all that reports need."""
    term = TERMS[name]
    assert getattr(payments, name).__doc__
    assert prices.PRICES[name].__doc__
    assert term.kind in KINDS
    assert term_colour(name) in {REST, ALARM, *(light for light, _ in PALETTE)}
    assert term.label
    assert term.group
    assert term.meaning.endswith(".")


@pytest.mark.parametrize("name", TERMS)
def test_a_cash_term_names_tables_and_columns_of_the_format(name: str) -> None:
    """Tests that items and parties are those of tables.toml, and that exactly penalties have no party."""
    term, tables = TERMS[name], load_schema().tables
    for table, party in term.items.items():
        assert party in (("",) if term.kind == "penalty" else ("in_house", *tables[table].columns))
    assert set(term.commits) <= set(term.items)
    assert bool(term.says) == (term.kind == "penalty")
    assert (term.focus is None) == (term.kind in ("penalty", "residual", "owed"))
    if term.focus is not None:
        assert bool(term.focus.split) == ("contracts" in term.items)


def test_nothing_else_is_priced() -> None:
    """Tests that the audit prices the declared terms and no others."""
    assert set(prices.PRICES) == set(TERMS)


def listed() -> Iterator[str]:
    """Places in the package where two or more names of terms stand in one literal, one of them a term only."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        nodes = ast.walk(ast.parse(text)) if any(f'"{name}"' in text for name in OWN_NAMES) else ()
        for node in nodes:
            if isinstance(node, (ast.Dict, ast.List, ast.Set, ast.Tuple)):
                parts = node.keys if isinstance(node, ast.Dict) else node.elts
                names = {part.value for part in parts if isinstance(part, ast.Constant)} & set(TERMS)
                if len(names) > 1 and names & OWN_NAMES:
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}"


def test_no_other_place_lists_terms() -> None:
    """Tests that no tuple, list, set or dictionary of the package has the names of several cash terms."""
    assert set(TERMS) >= OWN_NAMES
    assert list(listed()) == []


def test_an_unknown_term_has_a_label_and_a_colour() -> None:
    """Tests that a workbook can show a term that other software wrote."""
    assert (term_label("late_fee"), term_colour("late_fee")) == ("late fee", REST)


# ---------------------------------------------------------------- a term that is made up
INSURANCE = {
    "kind": "opex",
    "items": {"contracts": "provider"},
    "commits": ["contracts"],
    "label": "insurance",
    "group": "Contracts",
    "colour": "brown",
    "focus": {"category": "Purchase", "frequency": "Recurring", "split": "price"},
    "meaning": "Insurance of contracts: 7 for each block and month.",
}
LEASE = {"price": 100, "term_months": 2, "max_blocks": 9}


def _book(m: ProgramData, ledger: Ledger) -> None:
    """Book 7 for each block in force, by month."""
    for agreement in m.index.agreements.values():
        for t in agreement.months:
            ledger.add(
                payments._agreement_account("insurance", agreement), m.col["in_force"][agreement.name, t], t, 7.0
            )


def _price(case: prices.Priced) -> Iterator[tuple[str, Any]]:
    """Price 7 for each active block."""
    return ((name, 7.0 * stock.active) for name, stock in case.stocks.items())


@pytest.fixture
def insured(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A further cash term: its record, the function that books it and the one that prices it again."""
    monkeypatch.setitem(program_contents()["terms"], "insurance", INSURANCE)
    monkeypatch.setattr(payments, "insurance", _book, raising=False)
    monkeypatch.setitem(prices.PRICES, "insurance", _price)
    cash_terms.cache_clear()
    yield
    monkeypatch.undo()
    cash_terms.cache_clear()


@pytest.mark.usefixtures("insured")
def test_a_new_term_needs_a_record_and_two_functions(tmp_path: Path) -> None:
    """Tests that objective, cash table, audit, headline, commitments, reports and FOCUS all have a new term."""
    # A block of 10 accelerators for two months: 2 x (100 + 7). The commitment of 12 x 110 a year counts 2 of 12 months,
    # 220; 214 are paid, so 6 are short.
    deal = {"annual_amount": 12 * 110, "required": True, "earliest": 0, "latest": 0}
    plan = solved(tiny(2, {"jobs": [10]}, contracts=[LEASE], commitments=[deal]))
    assert plan.objective == pytest.approx(220)
    assert (paid(plan, "insurance"), paid(plan, "shortfall")) == ({0: 7, 1: 7}, {1: 6})
    assert plan.head["headline"]["cash_out"] == pytest.approx(220)
    assert cash_by_period(plan, Periods("2030-01", 2)).loc["all", "Contracts"] == pytest.approx(220)
    text = page(plan_document(plan))
    assert ">insurance<" in text
    summary = openpyxl.load_workbook(write_workbook(plan, tmp_path / "plan.xlsx"))["summary"]
    assert "insurance" in {cell.value for row in summary.iter_rows() for cell in row}
    write_focus(plan, tmp_path)
    with (tmp_path / "cost_and_usage.csv").open(encoding="utf-8") as file:
        charges = [row for row in csv.DictReader(file) if row["x_CashTerm"] == "insurance"]
    assert [(float(row["BilledCost"]), row["ChargeDescription"], row["x_Party"]) for row in charges] == [
        (7.0, "Insurance of lease, planned", "cloud")
    ] * 2


@pytest.mark.usefixtures("insured")
@pytest.mark.parametrize(("amount", "cost"), [(214, 214), (213, 107 + 10 * 1000)])
def test_a_budget_counts_a_new_term(amount: float, cost: float) -> None:
    """Tests that the two months of lease and insurance, 214, need a budget of as much."""
    # With less, the lease starts in the second month, and the work of the first one is missed.
    plan = solved(tiny(2, {"jobs": [10]}, contracts=[LEASE | {"integer": True}], budgets=[{"amount": amount}]))
    assert plan.objective == pytest.approx(cost)


@pytest.mark.usefixtures("insured")
def test_an_own_rule_on_spend_counts_a_new_term() -> None:
    """Tests that spend on the contract is 107 in a month, so that 106 in a month leave all work missed."""
    rule = {"sense": "<=", "rhs": 106, "each": "month"}
    term = {"quantity": "spend", "item": "lease", "coefficient": 1}
    plan = solved(tiny(2, {"jobs": [10]}, contracts=[LEASE], rules=[rule], rule_terms=[term]))
    assert plan.objective == pytest.approx(2 * 10 * 1000)


@pytest.mark.usefixtures("insured")
def test_the_audit_notices_a_wrong_new_term() -> None:
    """Tests that a payment of the new term that is too low is a violation."""
    plan = solved(tiny(2, {"jobs": [10]}, contracts=[LEASE]))
    cash = plan.cash.copy()
    cash.loc[cash["term"] == "insurance", "amount"] = 6.0
    wrong: Plan = replace(plan, tables={**plan.tables, "cash": cash})
    found = {(one.rule, one.item) for one in optimizer.audit(wrong).violations}
    assert ("cash", "lease") in found


def test_budget_kinds_are_the_declared_ones() -> None:
    """Tests the terms of each kind; the oracle of the tests lists capex and penalties by itself."""
    from tests.oracle.rules import CAPEX, PENALTIES

    assert (set(terms_of_kind("capex")), set(terms_of_kind("penalty"))) == (CAPEX, PENALTIES)
