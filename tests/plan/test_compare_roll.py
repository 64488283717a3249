"""Plans with different starts, lined up by the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from optimizer.generator import random_instance
from optimizer.instance.instance import Instance
from optimizer.plan.compare import Comparison, compare
from optimizer.plan.compare_roll import _row, plan_from
from optimizer.plan.roll import roll
from tests.auditing.by_hand import by_hand
from tests.auditing.tampering import with_head
from tests.program.tiny import solved, tiny

# Lots of ten accelerators at 1000 each, delivered at once; what they do not do costs 100 a month by the hour.
LOTS = {"unit_price": 100, "lot_size": 10, "max_total": 20, "earliest": 0, "life_months": 100, "integer": True}
HOURLY = {"price": 0.3, "max_accelerators": 100}  # 30 an accelerator and month
FIRST = [10, 10, 20, 20, 20, 20]


def planned(jobs: Sequence[float], hourly: float = 0.3, **head: Any) -> Instance:
    """Jobs by month, done by accelerators that are bought, or by the hour."""
    offers = [{**HOURLY, "price": hourly}]
    return tiny(6, {"jobs": jobs}, purchases=[LOTS], on_demand=offers, head={"discount_rate": 0.2, **head})


def changes(found: Comparison) -> list[list[Any]]:
    """What was planned and decided since."""
    columns = ["change", "decision", "item", "month_planned", "month_decided", "blocks_planned", "blocks_decided"]
    return found.decided[columns].to_numpy().tolist()


def test_a_plan_that_was_only_rolled_does_not_differ() -> None:
    """Tests that after two months nothing differs but what was decided in them, as planned: a lot in the first month.

    A lot of 1000 does in six months what costs 10 x 30 x 6 = 1800 by the hour.
    """
    earlier = solved(planned(FIRST))
    later = solved(roll(earlier, 2).instance)
    found = compare(earlier, later, ("old", "new"))
    assert changes(found) == [["as planned", "buy", "buy", "2030-01", "2030-01", 1, 1]]
    assert found.difference == pytest.approx(0, abs=1e-6)
    assert found.decisions.empty
    assert found.inputs.empty
    assert any(note.startswith("The inputs are the same") for note in found.notes)
    assert "old is shown from 2030-03 on, with its present values as of then." in found.notes


def test_the_order_of_the_plans_does_not_matter() -> None:
    """Tests that the plan that starts earlier may be the second one."""
    earlier = solved(planned(FIRST))
    later = solved(roll(earlier, 2).instance)
    found = compare(later, earlier)
    assert changes(found) == [["as planned", "buy", "buy", "2030-01", "2030-01", 1, 1]]
    assert found.difference == pytest.approx(0, abs=1e-6)
    assert found.inputs.empty


def test_inputs_are_compared_with_those_rolled_forward() -> None:
    """Tests that of the later instance, only the price that was changed differs, and that its cost is the difference.

    At 0.01 by the hour, the second lot is not worth 1000 for four months of 10 accelerators at 1 each.
    """
    earlier = solved(planned(FIRST))
    base = roll(earlier, 2).instance
    later = solved(base.replace({"on_demand": base.on_demand.assign(price=0.01)}))
    found = compare(earlier, later)
    assert found.inputs[["table", "row", "column"]].to_numpy().tolist() == [["on_demand", "hourly", "price"]]
    # Left of the earlier plan: the second lot, 1000 at the start of the third month.
    hourly = sum(10 / 1.2 ** (t / 12) for t in range(4))
    assert found.a.objective == pytest.approx(1000)
    assert found.difference == pytest.approx(hourly - 1000)
    assert found.decisions[["change", "item", "month_a"]].to_numpy().tolist() == [["dropped", "buy", "2030-03"]]


def test_what_was_decided_otherwise_is_listed() -> None:
    """Tests that a lot more in another month is moved and resized, and one that was not planned is named."""
    earlier = solved(planned(FIRST))
    done = pd.DataFrame([{"month": "2030-02", "decision": "buy", "item": "buy", "blocks": 2}])
    base = roll(earlier, 2, decided=done).instance
    assert changes(compare(earlier, solved(base))) == [
        ["moved and resized", "buy", "buy", "2030-01", "2030-02", 1, 2],
    ]
    nothing = roll(earlier, 2).instance.replace({"decided": done.head(0)})
    assert changes(compare(earlier, solved(nothing))) == [["not done", "buy", "buy", "2030-01", "", 1, 0]]


def test_a_plan_without_its_first_months_keeps_its_proof() -> None:
    """Tests cost and bound as of the third month: discounting grows by 1.2 in twelve months."""
    plan = solved(planned(FIRST))
    rest = plan_from(plan, 2)
    growth, start = 1.2 ** (2 / 12), plan.instance.label(2)
    cash = plan.cash[plan.cash["month"] >= start]
    assert rest.objective == pytest.approx(cash["present_value"].sum() * growth)
    assert rest.bound == pytest.approx(rest.objective)
    assert (rest.instance.head.start, rest.instance.head.months) == (start, 4)
    assert rest.capacity["month"].min() == start


def test_what_is_over_by_then_is_not_missing() -> None:
    """Tests that a training run of one month, which the rolled instance does not have any more, is over."""
    runs = [{"work": 10, "sizes": "10", "required": True, "deadline": 0}]
    earlier = solved(tiny(4, {"jobs": [10]}, fleet=[{"count": 20}], training_runs=runs))
    later = solved(roll(earlier, 2).instance)
    assert changes(compare(earlier, later)) == [["over", "start_run", "big", "2030-01", "", 1, 0]]


@pytest.mark.parametrize(("seed", "months"), [(7, 1), (13, 2), (20, 1)])
def test_rolling_alone_changes_nothing(seed: int, months: int) -> None:
    """Tests random instances: rolled forward and solved near the plan, no decision, input or cost differs."""
    earlier = solved(random_instance(seed, "tiny"))
    later = solved(roll(earlier, months).instance, near=earlier, within=0.0)
    found = compare(earlier, later)
    assert (later.head["near"]["distance"], later.head["near"]["lost"]) == (0, [])
    assert found.difference == pytest.approx(0, abs=1e-6 * abs(later.objective))
    assert found.inputs.empty
    assert found.decisions[found.decisions["decision"] != "expire"].empty
    assert set(found.decided["change"]) <= {"as planned", "over"}


@pytest.mark.parametrize(
    ("starts", "blocks", "change", "later"),
    [
        ("2030-01", 2, "as planned", 0),
        ("2030-03", 2, "moved", 2),
        ("2030-03", 1, "moved and resized", 2),
        ("", 2, "as planned", 0),
    ],
)
def test_a_start_that_slipped_is_a_move(starts: str, blocks: float, change: str, later: int) -> None:
    """Tests a signature of the planned month whose blocks start in January as planned, or in March."""
    old = {"month": "2030-01", "blocks": 2.0, "starts": "2030-01", "party": "cloud"}
    new = {**old, "blocks": blocks, "starts": starts}
    row = _row(("sign", "lease"), old, new, solved(planned(FIRST)), None)
    assert (row["change"], row["months_later"]) == (change, later)


def test_what_is_proven_and_paid_before_is_counted_as_of_then() -> None:
    """Tests a bound of 121 below the cost at 21 % a year: after three months it is 121 x 1.21 ** (3 / 12) below."""
    plan = by_hand()
    open_plan = with_head(plan, bound=plan.objective - 121.0)
    rest = plan_from(open_plan, 3)
    left = plan.cash[plan.cash["month"] >= "2030-04"]
    months = left["month"].map(plan.instance.month_index) - 3
    assert rest.objective == pytest.approx(float((left["amount"] * 1.21 ** (-months / 12)).sum()))
    assert rest.bound is not None
    assert rest.objective - rest.bound == pytest.approx(121 * 1.21 ** (3 / 12), rel=1e-6)
    assert rest.head["gap"] == pytest.approx(121 * 1.21 ** (3 / 12) / rest.objective, rel=1e-6)
    assert all(table.index.tolist() == list(range(len(table))) for table in rest.tables.values())
    assert rest.tables["runs"].equals(plan.tables["runs"])
    unproven = plan_from(with_head(plan, bound=None), 3)
    assert (unproven.bound, unproven.head["gap"]) == (None, None)


@pytest.mark.parametrize(
    ("old", "new", "change", "party", "months"),
    [
        ({"month": "2030-01", "blocks": 2.0, "party": "cloud"}, None, "not done", "cloud", 0),
        (None, {"month": "2030-02", "blocks": 3.0, "party": "neo"}, "not planned", "neo", 0),
        (None, {"month": "2030-02", "blocks": 3.0, "party": None}, "not planned", "", 0),
        ({"month": "2030-01", "blocks": 2.0, "party": "a"}, {"month": "2030-04", "blocks": 2.0}, "moved", "a", 3),
    ],
)
def test_a_decision_of_one_plan_only(
    old: dict[str, Any] | None, new: dict[str, Any] | None, change: str, party: str, months: int
) -> None:
    """Tests what was planned and not done, or done and not planned, with its party and blank cells."""
    row = _row(("sign", "lease"), old, new, solved(planned(FIRST)), None)
    assert row == {
        "change": change,
        "decision": "sign",
        "item": "lease",
        "party": party,
        "months_later": months,
        "month_planned": old["month"] if old else "",
        "month_decided": new["month"] if new else "",
        "blocks_planned": old["blocks"] if old else 0.0,
        "blocks_decided": new["blocks"] if new else 0.0,
    }
