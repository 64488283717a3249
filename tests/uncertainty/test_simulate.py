"""Simulations: solved by hand, the same as plans where these say it, fair samples, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.errors import CapoptError, InstanceError, StoppedWithoutPlan
from optimizer.generator import create_random
from optimizer.instance.examples import find_instance
from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import futures_in_order, scenario_instance, unchecked_instance
from optimizer.plan.plan import Plan
from optimizer.uncertainty.decided_now import decided_before
from optimizer.uncertainty.simulation import Simulation
from tests.command import inside
from tests.program.tiny import month
from tests.uncertainty.tiny import LOT, MISSING, growing, newsvendor, risk

T_OF_49 = 2.009575  # 97.5 % quantile of Student's t with 49 degrees of freedom, from a printed table


def base_plan(instance: Instance) -> Plan:
    """Plan of the base data alone."""
    return optimizer.solve(scenario_instance(instance, ()), gap=0.0)


def both(instance: Instance) -> dict[str, Plan]:
    return {"base": base_plan(instance), "risk": optimizer.solve(instance, gap=0.0)}


def column(found: Simulation, table: str, name: str) -> list[Any]:
    return found.tables[table][name].tolist()


# ---------------------------------------------------------------- solved by hand
def test_all_scenarios() -> None:
    """Tests costs of 1 block for the base data, and of 3 under uncertainty, with a high demand of probability 0.4.

    1 block costs 100, and 2 x 300 more if demand is high: 340 on average; 3 blocks cost 300 in any case.
    """
    found = optimizer.simulate(both(newsvendor(0.4)), gap=0.0)
    assert column(found, "plans", "mean") == pytest.approx([340, 300])
    assert column(found, "plans", "bound") == pytest.approx([340, 300])
    assert column(found, "plans", "worst") == pytest.approx([700, 300])
    assert column(found, "plans", "median") == pytest.approx([100, 300])
    assert column(found, "plans", "p95") == pytest.approx([700, 300])
    assert column(found, "plans", "cvar") == pytest.approx([700, 300])
    # Root of 0.6 x 240^2 + 0.4 x 360^2.
    assert column(found, "plans", "deviation") == pytest.approx([86_400**0.5, 0])
    (difference,) = found.differences.to_dict("records")
    assert [difference[name] for name in ("mean", "at_least", "at_most")] == pytest.approx([-40] * 3)
    assert [difference[name] for name in ("cheaper", "more_expensive")] == pytest.approx([0.4, 0.6])
    assert pd.isna(difference["low"])
    assert found.is_complete
    assert (found.until, found.examined) == (1, 2)


def test_random_draws() -> None:
    """Tests mean and interval against the formulas, from the number of draws with high demand."""
    instance = newsvendor(0.4)
    found = optimizer.simulate(both(instance), 50, seed=3, gap=0.0)
    futures, order = futures_in_order(instance, 50, 3)
    high = sum(futures[place].name == "demand=high" for place in order)
    share = high / 50
    assert 0 < high < 50
    half = T_OF_49 * 600 * (share * (1 - share) * 50 / 49) ** 0.5 / 50**0.5
    mean = 100 + 600 * share
    assert found.mean_cost() == pytest.approx((mean, mean - half, mean + half), rel=1e-6)
    # The difference is 300 less what the base plan costs: the same interval, around 300 - mean.
    (difference,) = found.differences.to_dict("records")
    expected = [300 - mean, 300 - mean - half, 300 - mean + half]
    assert [difference[name] for name in ("mean", "low", "high")] == pytest.approx(expected, rel=1e-6)
    assert sum(column(found, "draws", "probability")) == pytest.approx(2)
    assert len(found.results) == 2  # equal draws are solved once


def test_what_becomes_known_later_is_known_too_early() -> None:
    """Tests lots of month 0 kept, and the others ordered as if the path were known, against trying all of them."""
    plan = optimizer.solve(growing((1, 2, 3)), gap=0.0)
    first = {item: blocks for item, blocks in decided_before(plan, 1).items() if blocks}
    lots = sum(first.values())

    def cost(path: tuple[int, ...]) -> float:
        wanted = [1, 1 + path[0], 1 + path[0] + path[1], 1 + sum(path)]
        orders = product([lots], range(4), range(4))
        stocks = ([0, one, one + two, one + two + three] for one, two, three in orders)
        return min(
            LOT * stock[-1] + MISSING * sum(max(want - there, 0) for want, there in zip(wanted, stock, strict=True))
            for stock in stocks
        )

    expected = sum(cost(path) for path in product((0, 1), repeat=3)) / 8
    found = optimizer.simulate(plan, gap=0.0)
    assert found.mean_cost().mean == pytest.approx(expected)
    assert expected < plan.objective - 1  # of the plan, which learns month by month


def test_two_stages_cost_what_the_plan_says() -> None:
    """Tests that the mean over all scenarios is the expected cost where all becomes known at once, by scenario too."""
    plan = optimizer.solve(growing((2, 2, 2)), gap=0.0)
    found = optimizer.simulate(plan, gap=0.0)
    assert found.mean_cost().mean == pytest.approx(plan.head["expected_cost"])
    costs = dict(zip(column(found, "draws", "draw"), column(found, "draws", "cost"), strict=True))
    table = plan.tables["scenarios"]
    assert costs == pytest.approx(dict(zip(table["scenario"], table["cost"], strict=True)))


def late(probability: float) -> Instance:
    """The newsvendor, whose lease may take so long that it would start after the plan."""
    instance = newsvendor(0.4)
    longer = {"risk": "delay", "outcome": "long", "table": "contracts", "key": "lease", "column": "lead_months"}
    changes = pd.concat([instance.changes, pd.DataFrame([{**longer, "how": "set", "value": 3}])], ignore_index=True)
    risks = pd.DataFrame([risk("demand", "high", 0.4, 1), risk("delay", "long", probability, 1)])
    return instance.replace({"risks": risks.assign(known=month(1)), "changes": changes})


def test_draws_that_do_not_allow_a_decision_are_counted_and_named() -> None:
    """Tests a lease that is signed with the base data and cannot be signed in a quarter of the draws."""
    found = optimizer.simulate(both(late(0.25)), gap=0.0)
    assert column(found, "plans", "infeasible") == pytest.approx([0.25, 0])
    assert column(found, "plans", "mean")[0] == pytest.approx(340)  # of the other draws, as above
    lost = found.draws[found.draws["status"] == "infeasible"]
    assert sorted(lost["draw"]) == ["delay=long", "demand=high + delay=long"]
    assert set(lost["why"]) == {f"lease in {month(0)} is not possible"}
    (difference,) = found.differences.to_dict("records")
    assert difference["share"] == pytest.approx(0.75)
    # Nothing is signed under uncertainty, because a scenario does not allow it: 300 or 900 for what is missing.
    assert difference["mean"] == pytest.approx(0.6 * 300 + 0.4 * 900 - 340)
    assert found.is_complete


def test_rules_that_cannot_be_met_are_counted() -> None:
    """Tests a plan of the base data where all work must be served and nothing can be rented: 3 blocks are needed."""
    instance = newsvendor(0.4)
    workloads = instance.workloads.assign(min_service=1.0)
    instance = instance.replace({"workloads": workloads, "on_demand": instance.on_demand.head(0)})
    found = optimizer.simulate(both(instance), gap=0.0)
    assert column(found, "plans", "infeasible") == pytest.approx([0.4, 0])
    assert set(found.draws["why"]) == {"", "the rules cannot be met with these decisions"}


def test_unserved_work() -> None:
    """Tests shares of unserved work without anything to rent: 20 of 30 in the high case with 1 block, else none."""
    instance = newsvendor(0.4)
    instance = instance.replace({"on_demand": instance.on_demand.head(0)})
    plans = {"base": base_plan(instance)}
    found = optimizer.simulate(plans, instance=instance, gap=0.0)
    assert column(found, "plans", "worst_unserved_share") == pytest.approx([2 / 3])
    assert column(found, "plans", "unserved_share") == pytest.approx([0.4 * 2 / 3])


@pytest.mark.parametrize("relax", [False, True])
@pytest.mark.parametrize("seed", [1, 4, 9])
def test_all_decisions_kept_cost_what_the_plan_costs(seed: int, relax: bool, tmp_path: Path) -> None:
    """Tests every kind of decision of random instances: nothing becomes known, so that operation alone is planned."""
    create_random(tmp_path / "one", seed, "small")
    instance = optimizer.read(tmp_path / "one")
    plan = optimizer.solve(instance, relax=relax, threads=1)
    plan.save(tmp_path / "plan")
    risky = instance.replace({"scenarios": pd.DataFrame({"scenario": ["same"], "probability": [1.0]})})
    found = optimizer.simulate(optimizer.load_plan(tmp_path / "plan"), instance=risky)
    assert found.mean_cost().mean == pytest.approx(plan.objective, rel=1e-6)
    assert found.until == instance.head.months


def test_more_workers_find_the_same() -> None:
    """Tests one, two and four workers."""
    plans = both(growing((1, 2, 3)))
    first, *others = [optimizer.simulate(plans, 40, gap=0.0, workers=count) for count in (1, 2, 4)]
    for other in others:
        pd.testing.assert_frame_equal(other.draws, first.draws)


# ---------------------------------------------------------------- interruption
def test_ctrl_c_keeps_a_fair_sample() -> None:
    """Tests that only the draws before the first one that was not examined count."""
    instance = growing((1, 2, 3))
    plan = base_plan(instance)

    def interrupt(found: Simulation) -> None:
        if len(found.results) == 3:
            raise KeyboardInterrupt

    found = optimizer.simulate(plan, 60, instance=instance, gap=0.0, on_draw=interrupt)
    _, order = futures_in_order(instance, 60, 1)
    seen: list[int] = []
    for place in order:
        if place not in seen and len({*seen}) == 3:
            break
        seen.append(place)
    assert found.stopped
    assert not found.is_complete
    assert found.examined == len(seen) < 60
    shares = [seen.count(place) / len(seen) for place in dict.fromkeys(seen)]
    assert column(found, "draws", "probability") == pytest.approx(shares)


def test_ctrl_c_before_the_first_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that nothing is reported then."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("optimizer.workers.workers.LocalWorkers.map", interrupt)
    with pytest.raises(StoppedWithoutPlan, match="before the first draw"):
        optimizer.simulate(base_plan(newsvendor(0.4)), instance=newsvendor(0.4))


# ---------------------------------------------------------------- refused
def test_what_cannot_be_compared_is_refused() -> None:
    """Tests the messages, each with what to do."""
    instance = newsvendor(0.4)
    plan = base_plan(instance)
    with pytest.raises(CapoptError, match="no plan was made of an instance with scenarios"):
        optimizer.simulate(plan)
    with pytest.raises(CapoptError, match="tiny has no scenarios"):
        optimizer.simulate(plan, instance=plan.instance)
    with pytest.raises(CapoptError, match="plan 1: its number of months is 2; expected 4"):
        optimizer.simulate(plan, instance=growing((1, 2, 3)))
    with pytest.raises(CapoptError, match="outcomes are known from 2030-01 on"):
        optimizer.simulate(plan, instance=newsvendor(0.4, known=0))
    program = optimizer.build(plan.instance)
    program.add_constraint("few", {("started", "lease", month(1)): 1}, at_most=2)
    with pytest.raises(CapoptError, match="constraints that were added"):
        optimizer.simulate(optimizer.solve(program), instance=instance)
    other = replace(plan, tables={**plan.tables, "decisions": plan.decisions.assign(item="leas")})
    with pytest.raises(CapoptError, match="decides on 'leas' before anything is known: there is no such item"):
        optimizer.simulate(other, instance=instance)


def test_a_draw_with_invalid_data_is_named() -> None:
    """Tests that a change which makes the data of a draw invalid is an error, not an infeasible draw."""
    instance = newsvendor(0.01, max_scenarios=1)  # which is as planned, the only one that is checked when it is read
    wrong = instance.replace({"changes": instance.changes.assign(how="add", value=-50)})
    with pytest.raises(InstanceError, match="in scenario 'demand=high'"):
        optimizer.simulate(base_plan(wrong), 1000, instance=wrong)


@pytest.mark.parametrize("name", ["four-stage", "bridge-lease-risks"])
def test_draws_have_the_data_that_were_checked(name: str) -> None:
    """Tests that the data of draws, made without checks, are those of scenarios, of which checks are a part."""
    instance = optimizer.read(find_instance(name))
    for future in futures_in_order(instance, 5, 1)[0]:
        checked, unchecked = (make(instance, future.outcomes) for make in (scenario_instance, unchecked_instance))
        assert checked.head == unchecked.head
        assert {table: tuple(rows) for table, rows in checked.rows.items()} == dict(unchecked.rows)


def test_notes_on_plans_that_are_hard_to_compare() -> None:
    """Tests notes on other data and on relaxed plans."""
    instance = newsvendor(0.4)
    other = scenario_instance(instance, ()).replace({"contracts": instance.contracts.assign(price=90)})
    plan = optimizer.solve(other, relax=True)
    found = optimizer.simulate({"cheap": plan}, instance=instance, gap=0.0)
    assert found.notes == (
        "plan cheap was made with other data; its decisions are kept in those of tiny",
        "plan cheap is relaxed: blocks and lots are fractional in all draws",
    )
    assert found.mean_cost().mean == pytest.approx(340)  # in the data of the instance


# ---------------------------------------------------------------- the command
@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder with the instance and its plans."""
    instance = newsvendor(0.4)
    instance.save(tmp_path / "risky")
    for name, plan in both(instance).items():
        plan.save(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Tests the summary, and the tables that it writes."""
    done = inside(capfd, "simulate", "base", "risk", "-o", "out", "--gap", "0")
    assert done.code == 0
    for text in ("all 2 scenarios", "Cost less that of base", "demand: high", "Wrote plans.csv, differences.csv"):
        assert text in done.out
    assert pd.read_csv(folder / "out" / "plans.csv")["mean"].tolist() == pytest.approx([340, 300])
    assert len(pd.read_csv(folder / "out" / "draws.csv")) == 4
    assert inside(capfd, "simulate", "risk", "-o", "out").code == 1  # which is not empty


def test_the_command_writes_a_workbook(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Tests its sheets, and the figures of one."""
    done = inside(capfd, "simulate", "base", "--instance", "risky", "--draw", "20", "-o", "out.xlsx", "--json")
    assert done.code == 0
    sheets = pd.read_excel(folder / "out.xlsx", sheet_name=None, header=None)
    assert list(sheets) == ["index", "plans", "draws"]
    assert done.json["sampled"] is True
    assert done.json["draws_examined"] == 20
    assert done.json["plans"][0]["mean"] in sheets["plans"].to_numpy()


def test_a_plan_that_no_draw_allows(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Tests the exit code of infeasible instances."""
    late(1.0).save(folder / "late")
    done = inside(capfd, "simulate", "base", "--instance", "late")
    assert done.code == 5
    assert "lease in 2030-01 is not possible" in done.out


def test_a_search_that_finds_nothing_in_time(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Tests that draws without a plan are counted, and the exit code of larger gaps."""
    done = inside(capfd, "simulate", "base", "--instance", "risky", "--time-limit", "0", "--json")
    assert done.code == 3
    assert [row["none"] for row in done.json["plans"]] == [1]
    assert done.json["plans"][0]["mean"] is None
