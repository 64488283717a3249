"""Explanations, sweeps and alternatives on a terminal; plans with something given up."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from optimizer.analysis.alternatives_found import FIRST_COLUMNS, RANGE_COLUMNS, Alternatives
from optimizer.analysis.explanation import Explanation
from optimizer.report.summary import summary
from optimizer.report.whatif_tables import alternatives_text, explanation_text, sweep_table
from tests.report.explained_plan import COLUMNS, explanation
from tests.report.plans import small_plan


def lines(what: Any, width: int = 100) -> str:
    """What a console of that width prints."""
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(what)
    return captured.get()


def row(text: str, start: str) -> str:
    """The line that begins so, its spaces made single."""
    return next(" ".join(line.split()) for line in text.splitlines() if line.strip().startswith(start))


def test_worth_is_told_by_the_month() -> None:
    """Tests averages over twelve months, 24000, 36000 and 2400 / 12, and both sides in the month of highest worth."""
    text = explanation_text(explanation(small_plan()), 100)
    assert row(text, "hall") == "hall 2026-05 2 k 24 k 3 k 18 k 30 k 200"
    assert row(text, "half") == "half 2026-06 0.25 0.5 0.125"
    assert "for ranking only" in " ".join(text.split())


def test_steps_offers_and_deadlines_are_told() -> None:
    """Tests a step without a plan, a price in doubt, a notice, and that blank means until the end."""
    text = explanation_text(explanation(small_plan()), 120)
    assert row(text, "1 more MW") == "1 more MW at hall 20 k to 30 k"
    assert row(text, "10 % more in") == "10 % more in budget half leaves no plan"
    assert (
        row(text.split("Offers")[1], "lease") == "lease neo taken all of it is worth its price 2 of 2 5 M 200 k 250 k"
    )
    assert row(text, "fixed").startswith("fixed cloud rejected too expensive by at most")
    assert row(text, "buy") == "buy in-house partly more of it is not 3 1.5 M to 2.5 M 1 M"
    assert row(text, "2026-01") == "2026-01 Order annex in-house 2026-05 2026-08 1 60 k to 80 k"
    assert row(text, "2026-02") == "2026-02 Give notice: hand back lease neo 2026-04 the end 1 leaves no plan"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    """Tests that no line is longer, and that verdicts and prices are there at any width."""
    text = explanation_text(explanation(small_plan()), width)
    assert max(map(len, text.splitlines())) <= width
    for word in ("rejected", "at least 250 k", "Possible", "60 k to 80 k"):
        assert word in text


def test_empty_tables_say_so() -> None:
    """Tests that a table that was worked out and is empty is shown, and one that was not asked for is not."""
    empty: dict[str, Any] = {name: pd.DataFrame(columns=COLUMNS[name]) for name in ("values", "deadlines")}
    text = explanation_text(Explanation(small_plan(), **empty))
    assert "No limit binds in this plan" in text
    assert "There is nothing to decide." in text
    assert "offers" not in text.lower()


def test_a_sweep_is_a_table_with_bars() -> None:
    """Tests differences with signs against the plan, and a value that leaves no plan."""
    plan = small_plan()
    costs = [plan.objective + 1000, plan.objective - 2e6, float("nan")]
    rows = list(zip([1, 2.5, 3], costs, [0.001, 0.0, None], ["", "", "leaves no plan"], strict=True))
    text = lines(sweep_table(pd.DataFrame(rows, columns=["value", "objective", "gap", "note"]), "a.b.c", plan))
    assert "Sweep of a.b.c" in text
    assert "+1 k" in row(text, "1 ")
    assert "-2 M" in row(text, "2.5")
    assert row(text, "3") == "3 leaves no plan"


def test_alternatives_are_told() -> None:
    """Tests ranges and decisions of the first month in words."""
    plan = small_plan()
    ranges = [("sign", "neo", 0.0, 1.0, 2.0, "blocks", 0.0, 2.0), ("sign", "none", 0.0, 0.0, 0.0, "blocks", 0.0, 0.0)]
    ranges.append(("lease_out", "lab", 0.0, 1.0, 1.0, "blocks", 0.0, 1.0))
    first = [("2026-01", "sign", "lease", "neo", 1.0, 1.0, 2.0, True)]
    first.append(("2026-01", "lease_out", "space", "lab", 1.0, 0.0, 1.0, False))
    found = Alternatives(
        0.01, pd.DataFrame(ranges, columns=RANGE_COLUMNS), pd.DataFrame(first, columns=FIRST_COLUMNS), (plan,)
    )
    text = lines(alternatives_text(found, plan))
    assert "at most 1 % more" in text
    assert row(text, "Party") == "Party What At least Plan At most"  # no plan of the kind lies outside
    assert row(text, "neo") == "neo Sign, blocks 0 1 2"
    assert "none" not in text
    assert row(text, "lab") == "lab Lease out, blocks 0 1 1"
    assert row(text, "Lease out space") == "Lease out space 0 1 1"
    assert row(text, "Sign lease") == "Sign lease no regret 1 1 2"
    assert "Of two figures" not in text


def test_ends_of_ranges_that_are_not_known_exactly_are_intervals() -> None:
    """Tests that the proven and the found amount of an end are printed, the smaller one first, and explained."""
    plan, first = small_plan(), pd.DataFrame([], columns=FIRST_COLUMNS)
    ranges = [("used", "neo", 100.0, 200.0, 400.0, "accelerator-months", 150.0, 300.0)]
    ranges.append(("used", "lab", 0.0, 0.0, float("nan"), "accelerator-months", 0.0, 5.0))
    found = Alternatives(0.01, pd.DataFrame(ranges, columns=RANGE_COLUMNS), first, ())
    text = lines(alternatives_text(found, plan))
    assert row(text, "neo") == "neo In use, accelerator-months 100 to 150 200 300 to 400"
    assert row(text, "lab") == "lab In use, accelerator-months 0 0 not examined yet"
    assert "the outer one is proven" in text


def test_a_plan_with_something_given_up_says_so() -> None:
    """Tests that the summary names it before anything else, and that other summaries do not speak of it."""
    plan = small_plan()
    elastic = replace(plan, head={**plan.head, "elastic": ["budgets.half.amount=5e6", "rules.own.rhs=3"]})
    text = summary(elastic)
    assert text.splitlines()[1].startswith("No plan meets all rules; this one is for the instance with the cheapest")
    assert row(text, "budgets.half").startswith("budgets.half.amount=5e6")
    output = [{"what": "own rule own, at most", "before": "2", "after": "3", "edit": "rules.own.rhs=3"}]
    worded = replace(elastic, head={**elastic.head, "given_up": output})
    assert row(summary(worded), "own rule").startswith("own rule own, at most 2 3")
    assert "Given up" not in summary(plan)
    repairs = "Other repairs at about the same cost"
    instead = replace(elastic, head={**elastic.head, "other_repairs": [{"text": "rules.own.rhs=4. It costs 1 USD."}]})
    assert "rules.own.rhs=4. It costs 1 USD." in summary(instead).split(repairs)[1]
    assert repairs not in summary(elastic)
