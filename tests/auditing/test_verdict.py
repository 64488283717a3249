"""How the audit compares: tolerances, figures in words, and its verdict."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.auditing.verdict import LISTED, RELATIVE, Audit, Findings, Violation, rounding, total
from optimizer.format import distinguished

LABELS = ("2030-01", "2030-02", "2030-03")


@pytest.mark.parametrize(
    ("cells", "share"),
    [
        ([1.23456789, 2.0], 1e-8),  # nine digits
        ([123456.789], 1e-8),
        ([1.234567891], 1e-11),  # ten
        ([1.0, 1.23456789012], 1e-11),
        ([], 1e-8),
    ],
)
def test_rounding_by_the_digits_of_cells(cells: list[float], share: float) -> None:
    """Tests that cells of nine digits may be off by more than cells of twelve."""
    assert rounding(np.array(cells)) == share


@pytest.mark.parametrize(
    ("cells", "amount", "error"),
    [
        # Half of the last of nine digits: of 2.5 and 40 these are 1e-8 and 1e-7; and 1e-13 of 42.5.
        ([2.5, 40.0], 42.5, 0.501 * 1.1e-7 + 42.5e-13),
        ([2.5, -40.0, 0.0], -37.5, 0.501 * 1.1e-7 + 42.5e-13),
        # Of twelve digits 1e-11 and 1e-10.
        ([2.12345678901, 40.0], 42.12345678901, 0.501 * 1.1e-10 + 42.12345678901e-13),
        ([], 0.0, 0.0),
    ],
)
def test_a_sum_may_be_off_by_half_of_each_last_digit(cells: list[float], amount: float, error: float) -> None:
    """Tests the sum and its tolerance, without the cells that are zero."""
    assert total(np.array(cells)) == pytest.approx((amount, error), rel=1e-9, abs=0.0)


@pytest.mark.parametrize(
    ("one", "other", "texts"),
    [
        (1.0, 2.0, ("1", "2")),
        (5.0, 5.0, ("5", "5")),
        (1.23456, 1.23457, ("1.23456", "1.23457")),
        (1.00000000000001, 1.00000000000002, ("1.00000000000001", "1.00000000000002")),
    ],
)
def test_figures_have_the_digits_that_tell_them_apart(one: float, other: float, texts: tuple[str, str]) -> None:
    """Tests figures that differ early, late, not at all, and beyond what is usually shown."""
    assert distinguished(one, other) == texts


@pytest.mark.parametrize(
    ("found", "sense", "allowed", "bad"),
    [
        (11.0, "<=", 10.0, True),
        (9.0, "<=", 10.0, False),
        (9.0, ">=", 10.0, True),
        (11.0, ">=", 10.0, False),
        (11.0, "=", 10.0, True),
        (9.0, "=", 10.0, True),
        (10.0, "=", 10.0, False),
        (float("nan"), "<=", 10.0, True),
        (float("nan"), "=", 10.0, True),
        (10.0 * (1 + 0.9 * RELATIVE), "<=", 10.0, False),
        (10.0 * (1 + 1.1 * RELATIVE), "<=", 10.0, True),
        (-10.0 * (1 + 0.9 * RELATIVE), ">=", -10.0, False),
        (-10.0 * (1 + 1.1 * RELATIVE), ">=", -10.0, True),
    ],
)
def test_figures_are_compared_up_to_a_share_of_their_size(found: float, sense: str, allowed: float, bad: bool) -> None:
    """Tests each sense on both sides of its tolerance; what is no number never holds."""
    findings = Findings(LABELS, "a_rule")
    findings.compare([found], sense, [allowed], "blocks", ["x"], ["2030-02"])
    assert (len(findings.violations), findings.checks) == (int(bad), 1)


def test_tolerances_can_be_absolute_or_of_larger_figures() -> None:
    """Tests the floor, and figures that the compared ones are parts of."""
    findings = Findings(LABELS, "a_rule")
    findings.compare([0.4], "<=", [0.0], "blocks", ["x"], ["2030-02"], floor=0.5)
    findings.compare([RELATIVE * 0.9e6], "<=", [0.0], "blocks", ["x"], ["2030-02"], relative_to=1e6)
    assert not findings.violations
    findings.compare([0.6], "<=", [0.0], "blocks", ["x"], ["2030-02"], floor=0.5)
    findings.compare([RELATIVE * 1.1e6], "<=", [0.0], "blocks", ["x"], ["2030-02"], relative_to=1e6)
    assert (len(findings.violations), findings.checks) == (2, 4)


def test_violations_have_their_item_and_month() -> None:
    """Tests figures of items by months, where the labels are those of the plan, and single conditions."""
    findings = Findings(LABELS, "a_rule")
    findings.compare([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "<=", [[1.0, 2.0, 2.5], [3.0, 5.0, 6.0]], "on", ["x", "y"])
    findings.that(True, "x", "2030-01", "a", "b")
    findings.that(False, "z", "", "a", "b")
    findings.rows(["p", "q"], ["2030-01", "2030-02"], np.array([True, False]), lambda row: (f"has {row}", f"not {row}"))
    assert findings.checks == 6 + 2 + 2
    assert findings.violations == [
        Violation("a_rule", "x", "2030-03", "3 on", "at most 2.5 allowed"),
        Violation("a_rule", "y", "2030-01", "4 on", "at most 3 allowed"),
        Violation("a_rule", "z", "", "a", "b"),
        Violation("a_rule", "q", "2030-02", "has 1", "not 1"),
    ]


def test_a_verdict_counts_and_lists() -> None:
    """Tests both verdicts in words, the violations that are listed, and the form for JSON."""
    bad = [
        Violation("a_rule" if n < 100 else "other", f"item-{n}", "2030-01", "has 2", "at most 1") for n in range(102)
    ]
    failed = Audit(tuple(bad), 5000)
    assert not failed.passed
    lines = failed.text().splitlines()
    assert lines[0] == "The plan fails its audit: 102 of 5,000 checks."
    assert len(lines) == 22
    assert lines[1] == f"  {bad[0]}"
    assert lines[-1] == "  and 82 more"
    assert str(failed) == failed.text(20)
    assert failed.text(102).splitlines()[-1] == f"  {bad[-1]}"
    found = failed.to_dict()
    assert (found["violation_count"], found["checks"], found["passed"]) == (102, 5000, False)
    assert found["by_rule"] == {"a_rule": 100, "other": 2}
    assert [one["item"] for one in found["violations"]] == [one.item for one in bad[:LISTED]]
    assert found["violations"][0]["text"] == str(bad[0])
    passed = Audit((), 5000)
    assert passed.passed
    assert passed.text().startswith("The plan passes its audit: 5,000 checks.\nNot audited, because it does not follow")


def test_violations_found_elsewhere_are_added_once() -> None:
    """Tests that the same rule, item and month are listed and counted once."""
    one, same = Violation("a_rule", "x", "2030-01", "2", "1"), Violation("a_rule", "x", "2030-01", "3", "1")
    other = Violation("a_rule", "x", "2030-02", "2", "1")
    audit = Audit((one,), 10)
    assert audit.with_violations([same]) is audit
    more = audit.with_violations([same, other])
    assert (more.violations, more.checks) == ((one, other), 11)
