"""A planner's own decisions: priced, checked, refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import optimizer
from optimizer.analysis.own_decisions import check_decisions, read_decisions
from optimizer.errors import EditError, NoFeasiblePlan
from optimizer.plan.plan import Plan
from tests.program.tiny import decided, solved, tiny


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Ten wanted in three months: a lease of ten at 3000 a month is best, at 9000."""
    return solved(tiny(3, {"jobs": [10]}, contracts=[{"price": 3000, "min_term_months": 1}]))


def mine(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    """A table of decisions."""
    return pd.DataFrame(rows, columns=["month", "decision", "item", "blocks"])


def test_own_decisions_are_priced(plan: Plan) -> None:
    """Tests that a lease in the last two months only costs a month of penalties: 10 x 1000 + 2 x 3000."""
    found = check_decisions(plan, mine(("2030-02", "sign", "lease", 1)), gap=0, threads=1)
    assert found.objective == pytest.approx(16_000)
    assert decided(found) == [(1, "sign", "lease", 1)]


def test_deciding_nothing_is_a_decision_too(plan: Plan) -> None:
    """Tests that without any decision all work stays unserved: 3 x 10 x 1000."""
    assert check_decisions(plan, mine(), gap=0, threads=1).objective == pytest.approx(30_000)


def test_what_is_not_in_the_table_is_not_decided() -> None:
    """Tests that beside an agreed lease no other contract, purchase or build is taken that the table lacks."""
    # The agreed lease costs 50 a month; 10 stay unserved at 1000, though a lease of 300 and a purchase could do it.
    agreed = {"contract": "old", "price": 50, "committed_blocks": 1, "earliest": 0, "term_months": 12}
    plan = solved(
        tiny(
            2,
            {"jobs": [20]},
            contracts=[agreed, {"price": 300, "term_months": 2}, {"contract": "more", "price": 900, "term_months": 1}],
            purchases=[{"unit_price": 1000, "max_total": 5}],
            power=[{"mw": 1}],
        )
    )
    assert plan.objective == pytest.approx(2 * 50 + 2 * 300)
    assert check_decisions(plan, mine(), gap=0, threads=1).objective == pytest.approx(2 * 50 + 2 * 10 * 1000)
    one = check_decisions(plan, mine(("2030-02", "sign", "more", 1)), gap=0, threads=1)
    assert one.objective == pytest.approx(2 * 50 + 10 * 1000 + 900)


def test_the_plans_own_decisions_cost_what_the_plan_costs(plan: Plan) -> None:
    """Tests that the table of a plan is priced as the plan is."""
    assert check_decisions(plan, plan.decisions, gap=0, threads=1).objective == pytest.approx(plan.objective)


def test_decisions_that_break_a_rule_are_told_why(plan: Plan) -> None:
    """Tests that two blocks of a lease of one are refused by its limit."""
    with pytest.raises(NoFeasiblePlan, match="at most 1 block"):
        check_decisions(plan, mine(("2030-01", "sign", "lease", 2)), threads=1)


def test_months_of_a_file_are_read_as_those_of_an_instance(tmp_path: Path) -> None:
    """Tests that months in other spellings are refused with every month that they can mean, all rows together."""
    path = tmp_path / "mine.csv"
    path.write_text(
        "month,decision,item,blocks\nOct-26,sign,lease,1\n2030-01,sign,lease,1\n12/01/2030,sign,lease,1\n",
        encoding="utf-8",
    )
    with pytest.raises(EditError) as caught:
        read_decisions(path)
    assert str(caught.value).splitlines() == [
        f"{path}, column month:",
        "  row 2: expected a month YYYY-MM, found 'Oct-26', 2026-10 if 26 is the year and no day. "
        "Did you mean '2026-10'?",
        "  row 4: expected a month YYYY-MM, found '12/01/2030', which can mean 2030-12 (month first) or 2030-01 "
        "(day first). Write the intended one.",
    ]


def test_decisions_that_cannot_be_are_all_told(plan: Plan) -> None:
    """Tests that unknown decisions, items and months are told together, each with its row."""
    wrong = mine(("2030-01", "sign", "leese", 1), ("2031-01", "sign", "lease", 1), ("soon", "sing", "lease", 1))
    with pytest.raises(EditError) as caught:
        check_decisions(plan, wrong)
    lines = str(caught.value).splitlines()
    assert lines[0] == "3 decisions cannot be made:"
    assert lines[1].strip() == "row 2: sign leese: there is no such item to decide on. Did you mean 'lease'?"
    assert lines[2].strip() == "row 3: sign lease is not possible in 2031-01"
    assert lines[3].strip() == "row 4: sing lease: no decision is called 'sing'. Did you mean 'sign'?"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("month,decision,item\n2030-01,sign,lease\n", "lacks the columns blocks"),
        (
            "month,decision,item,blocks\n2030-01,sign,lease,many\n",
            "column blocks, row 2: a number, 0 or more, expected",
        ),
        ("month,decision,item,blocks\n2030-01,sign,lease,-1\n", "column blocks, row 2: a number, 0 or more, expected"),
    ],
)
def test_files_that_are_no_decisions_are_refused(tmp_path: Path, text: str, message: str) -> None:
    """Tests that the message says what is wrong with the file."""
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EditError, match=message):
        read_decisions(path)


def test_training_runs_start_when_told() -> None:
    """Tests that a run of one month started in the second costs nothing more where it has no target."""
    run = {"work": 10, "sizes": "10", "penalty": 5000}
    plan = optimizer.solve(tiny(3, {"jobs": [0]}, fleet=[{"count": 10}], training_runs=[run]), gap=0, threads=1)
    found = check_decisions(plan, mine(("2030-02", "start_run", "big", 1)), gap=0, threads=1)
    assert found.runs["starts"].tolist() == ["2030-02"]
    assert check_decisions(plan, mine(), gap=0, threads=1).objective == pytest.approx(5000)
