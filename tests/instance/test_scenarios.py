"""Scenarios: which there are, how likely they are, what their data are, and what is invalid in them."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.errors import InstanceError
from optimizer.instance.instance import Instance
from optimizer.instance.scenario import AS_PLANNED, Outcome, Scenario
from optimizer.instance.scenarios import scenarios
from tests.program.tiny import frames, month

TWO = [{"scenario": "calm", "probability": 0.75}, {"scenario": "storm", "probability": 0.25, "known": 2}]


def changed(*changes: dict[str, Any], months: int = 6, **given: Any) -> Instance:
    """An instance with the scenarios calm and storm, and changes of storm."""
    rows = [{"scenario": "storm", **change} for change in changes]
    demand = given.pop("demand", {"jobs": [10, 20, 20, 40]})
    given.setdefault("fleet", [{"count": 5}])
    return optimizer.read(frames(months, demand, **given, scenarios=TWO, changes=rows))


def storm(instance: Instance) -> Instance:
    """Data of the scenario that changes."""
    (found,) = (one.instance for one in scenarios(instance) if one.name == "storm")
    return found


def series(instance: Instance, table: str = "demand", column: str = "amount") -> list[tuple[int, float]]:
    return [(row.month, getattr(row, column)) for row in instance.rows[table]]


def change(how: str, value: object, table: str = "demand", column: str = "amount", **more: object) -> dict[str, Any]:
    return {"table": table, "key": "*", "column": column, "how": how, "value": value, **more}


def problems(*changes: dict[str, Any], **given: Any) -> list[tuple[str, str, str]]:
    """Column, problem and nearest value of the errors of an instance with changes."""
    with pytest.raises(InstanceError) as caught:
        changed(*changes, **given)
    assert {fault.where for fault in caught.value.faults} == {"changes"}
    return [(fault.column, fault.problem, fault.nearest) for fault in caught.value.faults]


# ---------------------------------------------------------------- which there are
def test_the_scenarios_of_a_table() -> None:
    """Tests names, probabilities, what is known when, and that one of probability 0 is dropped."""
    rows = [*TWO, {"scenario": "never", "probability": 0}]
    found = scenarios(optimizer.read(frames(3, {"jobs": [1]}, fleet=[{"count": 1}], scenarios=rows)))
    assert [(one.name, one.probability, one.outcomes) for one in found] == [
        ("calm", 0.75, (Outcome("", "calm", None),)),
        ("storm", 0.25, (Outcome("", "storm", 2),)),
    ]


def risky(*risks: tuple[str, str, float], **head: Any) -> Instance:
    rows = [{"risk": risk, "outcome": outcome, "probability": chance} for risk, outcome, chance in risks]
    return optimizer.read(frames(3, {"jobs": [1]}, fleet=[{"count": 1}], risks=rows, head=head))


def test_the_product_of_risks() -> None:
    """Tests two risks: one as planned with 1 - 0.2 - 0.3 = 0.5, the other with outcomes of 0.4 and 0.6 and never so."""
    found = scenarios(risky(("site", "late", 0.2), ("site", "never", 0.3), ("wind", "low", 0.4), ("wind", "high", 0.6)))
    assert {one.name: round(one.probability, 12) for one in found} == {
        "site=late + wind=low": 0.08,
        "site=late + wind=high": 0.12,
        "site=never + wind=low": 0.12,
        "site=never + wind=high": 0.18,
        "wind=low": 0.2,
        "wind=high": 0.3,
    }
    assert found[4].outcomes == (Outcome("site", AS_PLANNED), Outcome("wind", "low"))


def test_an_outcome_of_probability_0_is_dropped() -> None:
    """Tests that it is in no scenario, and that nothing but as planned is one scenario."""
    (only,) = scenarios(risky(("site", "late", 0.0)))
    assert (only.name, only.probability) == (AS_PLANNED, 1.0)


def test_too_many_combinations_are_drawn() -> None:
    """Tests that 3 risks of 2 outcomes each, 8 combinations, give at most 5 scenarios, in shares of fifths."""
    risks = [(f"r{i}", "bad", 0.5) for i in range(3)]
    found = scenarios(risky(*risks, max_scenarios=5))
    assert 2 <= len(found) <= 5
    assert sum(one.probability for one in found) == pytest.approx(1)
    assert all((one.probability * 5) == pytest.approx(round(one.probability * 5)) for one in found)
    assert len({one.outcomes for one in found}) == len(found)
    again, other = scenarios(risky(*risks, max_scenarios=5)), scenarios(risky(*risks, max_scenarios=5, seed=1))
    assert weights(again) == weights(found) != weights(other)
    assert len(scenarios(risky(*risks, max_scenarios=8))) == 8


def weights(found: list[Scenario]) -> dict[str, float]:
    return {one.name: one.probability for one in found}


def test_a_large_draw_comes_near_the_probabilities() -> None:
    """Tests 4,000 draws: the share of an outcome of 0.2 is within 5 standard errors of 0.0063."""
    drawn = scenarios(risky(("site", "late", 0.2)), draw=4000, seed=7)
    assert weights(drawn)["site=late"] == pytest.approx(0.2, abs=0.032)


def test_long_names_become_numbers() -> None:
    """Tests that scenarios of many risks have short names, and their outcomes in the title."""
    found = scenarios(risky(*((f"risk-number-{i}", "outcome", 0.5) for i in range(4))))
    assert [one.name for one in found][:2] == ["s01", "s02"]
    assert found[0].title.startswith("risk-number-0: outcome; risk-number-1: outcome")
    assert found[-1].title == AS_PLANNED


# ---------------------------------------------------------------- their data
def test_a_scenario_is_an_instance_of_its_own() -> None:
    """Tests that its data have no scenarios, the changes only in the scenario that they belong to."""
    calm, other = (one.instance for one in scenarios(changed(change("multiply", 2), head={"risk_measure": "cvar"})))
    assert (calm.rows["scenarios"], calm.rows["changes"], calm.head.risk_measure) == ((), (), "none")
    assert series(calm) == [(0, 10), (1, 20), (3, 40)]
    assert series(other) == [(0, 20), (1, 40), (3, 80)]


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        ({"from": 2}, [(0, 10), (1, 20), (2, 25), (3, 45)]),
        ({"to": 1}, [(0, 15), (1, 25), (2, 20), (3, 40)]),
        ({"from": 2, "to": 2}, [(0, 10), (1, 20), (2, 25), (3, 40)]),
        ({"from": 2, "to": 4}, [(0, 10), (1, 20), (2, 25), (3, 45), (5, 40)]),
        ({"from": 3, "to": 9}, [(0, 10), (1, 20), (3, 45), (10, 40)]),
        ({"from": -9, "to": -1}, [(0, 10), (1, 20), (3, 40)]),
    ],
)
def test_months_of_a_step_series(months: dict[str, Any], expected: list[tuple[int, float]]) -> None:
    """Tests that the values that hold in the months change, and the series goes on as before afterwards."""
    assert series(storm(changed({**change("add", 5), **months}, months=12))) == expected


def test_months_before_the_first_row_stay() -> None:
    """Tests that a series that begins in month 2 stays 0 before it, whatever is added."""
    demand = [{"workload": "jobs", "month": 2, "amount": 7}]
    found = changed(change("add", 1), demand=demand, workloads=[{"workload": "jobs"}])
    assert series(storm(found)) == [(2, 8)]


def test_each_series_by_itself() -> None:
    """Tests that months of one item do not end with a row of another, and that others stay."""
    demand = {"jobs": [10, 20], "more": [1, 1, 2]}
    found = storm(changed({**change("set", 5, key="jobs", to=2), "from": 2}, demand=demand))
    by_name = [(row.workload, row.month, row.amount) for row in found.rows["demand"]]
    assert by_name == [
        ("jobs", 0, 10),
        ("jobs", 1, 20),
        ("jobs", 2, 5),
        ("jobs", 3, 20),
        ("more", 0, 1),
        ("more", 2, 2),
    ]


def test_changes_are_made_in_order() -> None:
    """Tests 10 x 2 + 5 = 25, and the other way round (10 + 5) x 2 = 30; the hash sees the order."""
    twice, more = change("multiply", 2), change("add", 5)
    first, second = changed(twice, more), changed(more, twice)
    assert (series(storm(first))[0], series(storm(second))[0]) == ((0, 25), (0, 30))
    assert first.hash != second.hash


def test_a_delay_of_a_lead_time() -> None:
    """Tests that a delay adds to lead months, and leaves when the order can be made."""
    builds = [{"capex_per_mw": 1, "lead_months": 2}]
    (row,) = storm(changed(change("delay", 3, "builds", "lead_months", key="wing"), builds=builds)).rows["builds"]
    assert (row.lead_months, row.earliest) == (5, 0)


def test_a_delay_of_a_step_series() -> None:
    """Tests that rows after the first month move, with all their columns, from a month on if one is given."""
    power = [{"month": t, "mw": 10 + t, "price_per_mwh": t} for t in (0, 1, 3)]
    moved = storm(changed(change("delay", 2, "power", "mw", key="hall"), power=power))
    assert [(row.month, row.mw, row.price_per_mwh) for row in moved.rows["power"]] == [
        (0, 10, 0),
        (3, 11, 1),
        (5, 13, 3),
    ]
    late = storm(changed(change("delay", 2, "power", "mw", key="hall", **{"from": 2}), power=power))
    assert series(late, "power", "mw") == [(0, 10), (1, 11), (5, 13)]


def test_batches_are_named_as_in_edits() -> None:
    """Tests that a batch is named by site and kind, and by its last month if that is needed."""
    fleet = [{"count": 5}, {"count": 7, "until": 4}]
    one = storm(changed(change("set", 0, "fleet", "count", key=f"hall/gpu/{month(4)}"), fleet=fleet))
    both = storm(changed(change("multiply", 2, "fleet", "count", key="hall/gpu"), fleet=fleet))
    assert [[row.count for row in found.rows["fleet"]] for found in (one, both)] == [[5, 0], [10, 14]]


def test_values_of_every_type_are_set() -> None:
    """Tests a month, a flag, a choice and a number with its thousands grouped."""
    contract = {"price": 1, "min_term_months": 1}
    rows = [
        change("set", value, "contracts", column, key="lease")
        for column, value in (
            ("ends_by", month(3)),
            ("sublease", "yes"),
            ("per", "accelerator_month"),
            ("price", "1,250,000"),
        )
    ]
    (row,) = storm(changed(*rows, contracts=[contract])).rows["contracts"]
    assert (row.ends_by, row.sublease, row.per, row.price) == (3, True, "accelerator_month", 1250000)


# ---------------------------------------------------------------- what is invalid
def test_an_invalid_scenario_is_named() -> None:
    """Tests that a value out of bounds is reported at the row that it changes, with the scenario."""
    with pytest.raises(InstanceError) as caught:
        changed({**change("add", -30, key="jobs", to=2), "from": 1})
    (fault,) = caught.value.faults
    assert (fault.where, fault.row, fault.column) == ("demand", 2, "amount")
    assert fault.problem.startswith("in scenario 'storm': expected at least 0")


def test_a_blank_cell_cannot_be_multiplied() -> None:
    """Tests that the row of the change is named, with what to do."""
    found = problems(change("multiply", 2, "purchases", "max_total", key="buy"), purchases=[{"unit_price": 1}])
    assert found == [
        (
            "key",
            "in scenario 'storm': max_total of 'buy' is blank, so that there is nothing to multiply; set it first.",
            "",
        )
    ]


def test_an_integer_stays_one() -> None:
    """Tests that 3 months times 1.5 are refused."""
    builds = [{"capex_per_mw": 1, "lead_months": 3}]
    (found,) = problems(change("multiply", 1.5, "builds", "lead_months", key="wing"), builds=builds)
    assert found[:2] == ("value", "in scenario 'storm': lead_months would be 4.5, but must be an integer.")


@pytest.mark.parametrize(
    ("wrong", "column", "nearest"),
    [
        (change("multiply", 2, table="demnd"), "table", "demand"),
        (change("multiply", 2, table="scenarios"), "table", ""),
        (change("multiply", 2, table="builds", column="max_blocks"), "table", ""),
        (change("multiply", 2, key="jbos"), "key", "jobs"),
        (change("multiply", 2, column="amout"), "column", "amount"),
        (change("set", "jobs", column="workload"), "column", ""),
        (change("set", month(1), column="month"), "column", ""),
        (change("multiply", 2, table="workloads", column="regions"), "how", ""),
        (change("multiply", "double"), "value", ""),
        (change("delay", 1.5), "value", ""),
        (change("delay", 1, to=3), "to", ""),
        (change("delay", 1, table="workloads", column="penalty"), "how", ""),
        (change("delay", 1, table="purchases", column="unit_price"), "column", "lead_months"),
        (change("delay", 1, table="purchases", column="lead_months", **{"from": 1}), "from", ""),
        (change("multiply", 2, table="purchases", column="unit_price", to=1), "to", ""),
        ({**change("multiply", 2), "scenario": "strom"}, "scenario", "storm"),
        ({**change("multiply", 2), "scenario": None}, "scenario", ""),
    ],
)
def test_a_change_that_is_wrong(wrong: dict[str, Any], column: str, nearest: str) -> None:
    """Tests that a cell that does not exist, or takes no such change, is named with the nearest valid value."""
    ((found, _, near),) = problems(wrong, purchases=[{"unit_price": 1}])
    assert (found, near) == (column, nearest)


def test_scenarios_or_risks() -> None:
    """Tests that both tables are an error, and a change of a scenario and an outcome another."""
    risks = [{"risk": "site", "outcome": "late", "probability": 0.5}]
    with pytest.raises(InstanceError, match="an instance has scenarios or risks, but both tables have rows"):
        changed(risks=risks)
    with pytest.raises(InstanceError, match="Leave scenario blank, or the other two"):
        changed({**change("add", 1), "risk": "site", "outcome": "late"}, risks=risks)


def test_an_outcome_belongs_to_its_risk() -> None:
    """Tests that an outcome of another risk is refused, with the nearest of this one."""
    risks = [("site", "late", 0.5), ("wind", "low", 0.5)]
    rows = [{"risk": risk, "outcome": outcome, "probability": chance} for risk, outcome, chance in risks]
    wrong = {**change("add", 1), "risk": "site", "outcome": "low"}
    with pytest.raises(InstanceError) as caught:
        optimizer.read(frames(3, {"jobs": [1]}, fleet=[{"count": 1}], risks=rows, changes=[wrong]))
    ((column, problem, near),) = [(fault.column, fault.problem, fault.nearest) for fault in caught.value.faults]
    assert (column, problem, near) == ("outcome", "'site' has no outcome 'low'.", "late")


@pytest.mark.parametrize(
    ("risks", "problem"),
    [
        ([("site", "late", 0.7), ("site", "never", 0.4)], "the probabilities of 'site' sum to 1.1"),
        ([("site", AS_PLANNED, 0.4)], "is what is left where no outcome of a risk comes"),
        ([("site", "late", 0.2), ("site", "late", 0.2)], "'site, late' duplicates row 1"),
    ],
)
def test_risks_that_are_wrong(risks: list[tuple[str, str, float]], problem: str) -> None:
    """Tests sums of probabilities above 1, the name of what is left, and an outcome that is there twice."""
    with pytest.raises(InstanceError) as caught:
        risky(*risks)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("risk_measure", "var"), ("risk_weight", 1.5), ("risk_level", 1), ("max_scenarios", 0), ("seed", -1)],
)
def test_settings_have_bounds(setting: str, value: object) -> None:
    """Tests that each setting is refused outside its range, and has its default where it is blank."""
    with pytest.raises(InstanceError) as caught:
        risky(("site", "late", 0.5), **{setting: value})
    assert [fault.column for fault in caught.value.faults] == [setting]
    head = risky(("site", "late", 0.5)).head
    assert (head.risk_measure, head.risk_weight, head.risk_level, head.max_scenarios, head.seed) == (
        *("none", 0.5, 0.9),
        *(64, 0),
    )


# ---------------------------------------------------------------- what is odd
def test_warnings_of_a_scenario_name_it() -> None:
    """Tests that a price that is odd in one scenario only is a warning with its name."""
    contract = {"price": 100, "min_term_months": 1, "accelerators_per_block": 1, "per": "accelerator_hour"}
    rows = [{**contract, "price": 3}]
    found = changed(change("multiply", 1000, "contracts", "price", key="lease"), contracts=rows).warnings
    assert any(warning.problem.startswith("in scenario 'storm': ") for warning in found)


@pytest.mark.parametrize(("key", "expected"), [("recall", []), ("*", []), (None, ["capacity_fraction"])])
def test_an_interruption_that_only_a_scenario_has(key: str | None, expected: list[str]) -> None:
    """Tests that one without effect is warned of in no scenario, if a scenario gives it one."""
    recall = {"interruption": "recall", "item": "lease", "from": 3, "capacity_fraction": 1}
    changes = [{"table": "interruptions", "key": key, "column": "capacity_fraction", "how": "set", "value": 0}]
    instance = changed(
        *(changes if key else []),
        contracts=[{"contract": "lease", "price": 9e5, "term_months": 6}],
        interruptions=[recall],
    )
    assert [fault.column for fault in instance.warnings if fault.where == "interruptions"] == expected


def test_a_measure_of_risk_needs_scenarios() -> None:
    """Tests that a setting without effect is a warning."""
    found = optimizer.read(frames(1, {"jobs": [1]}, fleet=[{"count": 1}], head={"risk_measure": "cvar"}))
    assert any("no effect without rows in scenarios or risks" in str(warning) for warning in found.warnings)


def test_what_is_known_after_the_plan() -> None:
    """Tests a warning where the month lies after the last one of the plan."""
    rows = [{"risk": "site", "outcome": "late", "probability": 0.5, "known": 3}]
    found = optimizer.read(frames(3, {"jobs": [1]}, fleet=[{"count": 1}], risks=rows))
    assert [(one.column, one.where) for one in found.warnings if one.column == "known"] == [("known", "risks")]
