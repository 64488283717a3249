"""The audit as a whole: it stands alone, misses no figure and no rule, and passes good plans."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import optimizer
import optimizer.auditing as room
from optimizer.auditing import RULES, Audit, audit
from optimizer.errors import NoFeasiblePlan
from optimizer.generator import random_instance
from optimizer.instance.examples import find_instance
from optimizer.plan.plan import load_plan
from optimizer.plan.tables import COLUMNS
from tests.auditing.everything import everything
from tests.auditing.tampering import change
from tests.auditing.test_head import HEADS
from tests.auditing.test_stricter import CASES
from tests.auditing.test_tampered import CELLS, ROWS

ALLOWED = ("optimizer.instance", "optimizer.format", "optimizer.schema", "optimizer.cash_terms", "optimizer.auditing")


def test_every_rule_is_broken_somewhere() -> None:
    """Tests that every rule of the audit is named by a test that breaks it, and says what it demands."""
    broken = {cell[-1] for cell in CELLS} | {row[-1] for row in ROWS} | {case.rule for case in CASES}
    broken |= {rule for _, rule, _ in HEADS} | {
        "duplicates",
        "tables",
        "added_constraint",
        "requires",
        "near",
        *("node_decisions", "scenario_costs", "scenario_list", "risk_measure", "robust_decisions", "known_risks"),
    }  # by tests of their own
    assert broken == set(RULES)
    assert all(sentence.endswith(".") for sentence in RULES.values())


def test_shares_no_code_with_the_program() -> None:
    """Tests that the audit imports, of this package, the instance and the format only."""
    for path in Path(room.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not name.startswith("optimizer") or name.startswith(ALLOWED), f"{path.name} imports {name}"


def test_needs_no_solver(tmp_path: Path) -> None:
    """Tests that a plan is loaded and audited without Pyomo, HiGHS, SciPy or the program."""
    folder = everything().save(tmp_path / "plan")
    lines = (
        "import sys",
        "from optimizer.auditing import audit",
        "from optimizer.plan.plan import load_plan",
        f"assert audit(load_plan({str(folder)!r})).passed",
        "barred = ('pyomo', 'highspy', 'scipy', 'optimizer.program', 'optimizer.solver', 'optimizer.plan.extract')",
        "print(sorted(name for name in sys.modules if name.startswith(barred)))",
    )
    ran = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in COLUMNS.items() for c in columns])
def test_every_cell_counts(table: str, column: str) -> None:
    """Tests that no cell of a plan can be changed unseen: shadow prices here are penalties, or 0 as there is slack."""
    frame = everything().tables[table]
    for row in {0, len(frame) // 2, len(frame) - 1}:
        wrong: Any = "nothing" if frame[column].dtype == object else lambda cell: cell * 1.00001 + 0.001
        assert not audit(change(everything(), table, row, **{column: wrong})).passed


@pytest.mark.parametrize("name", ["first-steps", "landlord", "bridge-lease"])
def test_examples_pass(name: str, tmp_path: Path) -> None:
    """Tests that plans of the examples pass, also once they are written and loaded again."""
    plan = optimizer.solve(optimizer.read(find_instance(name)), gap=0.02, time_limit=120, threads=1)
    verdict = audit(load_plan(plan.save(tmp_path / name)))
    assert verdict.passed, verdict.text()


@pytest.mark.parametrize("relax", [False, True])
def test_random_plans_pass(relax: bool, tmp_path: Path) -> None:
    """Tests that plans of random instances that use every table pass, also once they are written and loaded again."""
    passed = 0
    for seed in range(12):
        try:
            plan = optimizer.solve(random_instance(seed), time_limit=20, threads=1, relax=relax)
        except NoFeasiblePlan:
            continue
        verdict = audit(load_plan(plan.save(tmp_path / f"plan-{seed}")))
        assert verdict.passed, f"seed {seed}: {verdict.text()}"
        passed += 1
    assert passed >= 9


def test_tables_that_are_not_needed() -> None:
    """Tests that tables of runs, rules and outages can be missing where the instance has none of these."""
    plan = optimizer.solve(optimizer.read(find_instance("first-steps")), threads=1)
    for name in ("runs", "rules", "outages"):
        del plan.tables[name]
    assert audit(plan).passed


def test_forms_of_the_verdict() -> None:
    """Tests that a verdict tells what is wrong to people, in so many lines, and to programs, rule by rule."""
    assert audit(everything()).text().startswith("The plan passes its audit: ")
    # A cell of the first two rows of the service table is wrong, twice by a factor of two.
    wrong = change(change(everything(), "service", 0, demand=1.0), "service", 1, demand=1.0)
    verdict = audit(wrong)
    assert not verdict.passed
    assert verdict.to_dict()["by_rule"] == {"service": 2, "headline": 1}  # the share not served follows from them
    assert verdict.to_dict()["violation_count"] == 3
    assert verdict.text().splitlines()[1] == "  2030-01 jobs: 1 in service.demand, 60 expected (service)"
    assert verdict.text(most=1).splitlines()[-1] == "  and 2 more"
    assert Audit((), 5).to_dict() == {
        "passed": True,
        "checks": 5,
        "violation_count": 0,
        "by_rule": {},
        "violations": [],
        "not_audited": ["stopped", "options", "size", "solver", "seconds", "memory_mb", "versions", "warnings"],
    }
