"""``capopt explain`` from end to end."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import optimizer
from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.errors import PlanFileWarning, PlanNotSaved
from optimizer.plan.tables import EXPLAINED
from tests.analysis.commands import COST, TABLES, Run, strict
from tests.command import capopt, environment
from tests.program.tiny import frames, solved, tiny


# ---------------------------------------------------------------- explain a plan
def test_explain_tells_and_writes_all_tables(call: Run, plan: Path) -> None:
    """Tests that the four tables stand in the folder and are told, each with its title."""
    ended = call("explain", plan, "--threads", "1")
    assert ended.code == 0
    assert {path.stem for path in plan.glob("*.csv")} >= {"values", "steps", "offers", "deadlines"}
    for title in ("Worth: one more", "Steps: ", "Offers", "Deadlines"):
        assert title in ended.out
    assert [f"offer {number} of 4: " in ended.err for number in range(1, 5)] == [True] * 4
    assert "of 4: lease ..." in ended.err
    offers = pd.read_csv(plan / "offers.csv").set_index("item")
    # Hours at 5000 a month are the alternative to the lease: worth 3 x 2000, and it wins up to 5000.
    assert offers.loc["lease", "worth"] == pytest.approx(6000)
    assert offers.loc["lease", "price_to_win"] == pytest.approx(5000, rel=1e-3)
    assert offers.loc["dear", "reason"] == "too expensive by 50.0 %"


def test_explain_as_json_is_one_object(call: Run, plan: Path) -> None:
    """Tests that all four tables stand in it, that no limit is null, and that prose goes to standard error."""
    ended = call("explain", plan, "--json", "--threads", "1")
    found = strict(ended.out)
    assert {"values", "steps", "offers", "deadlines"} < set(found)
    offers = {row["item"]: row for row in found["offers"]}
    assert offers["buy"]["possible"] is None
    assert offers["buy"]["proven"] is True
    steps = {row["step"]: row["saves"] for row in found["steps"]}
    # A tenth more demand: one more by the hour costs 500 in each of three months.
    assert steps["demand.jobs.amount*=1.1"] == pytest.approx(-1500)
    assert "Deadlines" in ended.err


def test_a_spent_budget_says_what_is_open_and_more_goes_on(call: Run, plan: Path) -> None:
    """Tests that without any time all tables are valid, and that what continues gives the tables of all there is."""
    full = strict(call("explain", plan, "--full", "--json", "--threads", "1").out)
    for path in plan.glob("*.csv"):
        if path.stem in EXPLAINED:
            path.unlink()
    ended = call("explain", plan, "--budget", "0", "--json")
    found = strict(ended.out)
    assert (ended.code, found["exit_code"]) == (3, 3)
    assert {row["reason"] for row in found["offers"]} == {NOT_EXAMINED}
    assert {row["note"] for row in found["steps"]} == {NOT_EXAMINED}
    assert found["deadlines"][0]["delay_note"] == NOT_EXAMINED
    assert found["first"] == found["values"] == []
    assert len(found["unfinished"]) > 10
    assert f"capopt explain {plan} --more" in ended.err
    again = call("explain", plan, "--more", "--json", "--threads", "1")
    assert again.code == 0
    more = strict(again.out)
    assert {name: more[name] for name in EXPLAINED} == {name: full[name] for name in EXPLAINED}
    assert more["unfinished"] == []


def test_more_asks_nothing_twice(call: Run, plan: Path) -> None:
    """Tests that what was examined to its end is not examined again, and stands in the tables as before."""
    before = strict(call("explain", plan, "--json", "--threads", "1").out)
    ended = call("explain", plan, "--more", "--json", "--threads", "1")
    after = strict(ended.out)
    assert ended.code == 0
    for name in EXPLAINED:
        for old, new in zip(before[name], after[name], strict=True):
            assert new == pytest.approx(old, nan_ok=True)
    assert " ... " not in ended.err
    assert "offer 1 of 4" not in ended.err


def test_limits_that_contradict_each_other_are_refused(call: Run, plan: Path, impossible: Path) -> None:
    """Tests that each ends with 2 and says what to leave out."""
    for arguments, text in (
        (["explain", plan, "--full", "--budget", "5"], "leave out --budget"),
        (["alternatives", plan, "--full", "--budget", "5"], "leave out --budget"),
        (["whatif", plan, "--set", "contracts.lease.price=1", "--budget", "5"], "are for --sweep"),
        (["explain", impossible, "--full", "--budget", "5"], "leave out --budget"),
        (["explain", impossible, "--time-limit", "5"], "give --budget"),
        (["explain", impossible, "--more"], "need a plan folder"),
    ):
        ended = call(*arguments)
        assert (ended.code, text in ended.err) == (2, True), ended.err


def test_a_gap_is_tightened_first_and_the_plan_written(call: Run, tmp_path: Path) -> None:
    """Tests that a plan of 3000 of which 2000 are proven is proven in the folder, and keeps its own target gap."""
    plan = solved(tiny(1, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 1}]))
    given = {**plan.head["options"], "gap": 0.2}
    loose = replace(plan, head={**plan.head, "bound": 2000.0, "gap": 1 / 3, "status": "feasible", "options": given})
    loose.save(tmp_path / "loose")
    ended = call("explain", tmp_path / "loose", "--tighten", "--quick", "--threads", "1")
    assert ended.code == 0
    assert "the plan itself, from its gap of 33.3 % to 3.33 % ..." in ended.err
    assert "its gap is 0 % now ..." in ended.err
    again = optimizer.load_plan(tmp_path / "loose")
    assert (again.objective, again.bound) == pytest.approx((3000, 3000))
    assert (again.status, again.head["options"]["gap"]) == ("optimal", 0.2)
    assert "values" in again.explained
    assert "no gap to tighten" in call("explain", tmp_path / "loose", "--tighten", "--quick").err


def test_explain_quick_searches_nothing(call: Run, plan: Path) -> None:
    """Tests that only values and dates are written, and that the cost of a delay is left open."""
    ended = call("explain", plan, "--quick", "--json")
    found = strict(ended.out)
    assert found["steps"] == found["offers"] == []
    assert not (plan / "offers.csv").exists()
    assert {row["delay_costs"] for row in found["deadlines"]} == {None}
    assert {Path(name).name for name in found["written"]} == {"values.csv", "deadlines.csv"}


def test_a_quick_explanation_keeps_what_a_delay_costs(call: Run, plan: Path) -> None:
    """Tests that an earlier, fuller table of deadlines is not lost, and that asking for one offer keeps the others."""
    call("explain", plan, "--threads", "1")
    before = {name: (plan / f"{name}.csv").read_text("utf-8") for name in ("deadlines", "offers")}
    assert call("explain", plan, "--quick").code == 0
    assert call("explain", plan, "--offer", "dear", "--threads", "1").code == 0
    assert {name: (plan / f"{name}.csv").read_text("utf-8") for name in before} == before
    # A month of hours in place of the lease that is signed first: 5000 - 3000.
    assert pd.read_csv(plan / "deadlines.csv")["delay_costs"][0] == pytest.approx(2000)


def test_tables_do_not_go_to_another_plan(plan: Path) -> None:
    """Tests that what was worked out for a plan that was replaced meanwhile is kept with that plan, elsewhere."""
    found = optimizer.explain(optimizer.load_plan(plan), quick=True)
    solved(tiny(3, {"jobs": [20]}, **TABLES)).save(plan)
    with pytest.raises(PlanNotSaved, match="it holds another plan by now") as caught:
        found.save(plan)
    assert not (plan / "values.csv").exists()
    assert caught.value.kept == str(plan.with_name("plan-2"))
    kept = optimizer.load_plan(caught.value.kept)
    assert kept.objective == pytest.approx(COST)
    assert set(kept.explained) == {"values", "deadlines"}


def test_who_works_in_the_folder_stays_in_it(call: Run, plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that an explanation of the working folder goes into that folder itself."""
    monkeypatch.chdir(plan)
    before = plan.stat().st_ino
    assert call("explain", ".", "--quick").code == 0
    assert Path.cwd().stat().st_ino == before
    assert set(optimizer.load_plan(".").explained) == {"values", "deadlines"}


def test_a_working_folder_that_is_gone_does_not_matter(plan: Path, tmp_path: Path) -> None:
    """Tests that a command run from a deleted folder writes where it was told to, or says what is wrong."""
    gone = tmp_path / "gone"
    gone.mkdir()
    code = f"import os; os.rmdir({str(gone)!r}); from optimizer.cli import main; main()"
    calls = (["explain", str(plan), "--quick"], 0), (["solve", "first-steps"], 1)
    for arguments, expected in calls:
        gone.mkdir(exist_ok=True)
        call = [sys.executable, "-c", code, *arguments]
        done = subprocess.run(call, cwd=gone, env=environment(), capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == expected, done.stderr
        assert "Traceback" not in done.stderr
    assert "the working folder has been deleted; change into an existing one" in done.stderr
    assert set(optimizer.load_plan(plan).explained) == {"values", "deadlines"}


def test_tables_of_an_earlier_version_are_left_out(call: Run, plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that explained tables that lack a newer column stop no command, are named, and can be made again."""
    assert call("explain", plan, "--quick").code == 0
    before = pd.read_csv(plan / "deadlines.csv")
    before.drop(columns="delay_note").to_csv(plan / "deadlines.csv", index=False)
    text = "deadlines.csv lacks delay_note. These tables are left out; explain the plan again"
    with pytest.warns(PlanFileWarning, match=text):
        loaded = optimizer.load_plan(plan)
    assert set(loaded.explained) == {"values"}
    monkeypatch.delenv("CAPOPT_DEBUG")
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # which the command line replaces
    commands = (
        ["audit", plan],
        ["report", plan, "--html", "r.html"],
        ["compare", plan, plan],
        ["explain", plan, "--quick"],
    )
    for arguments in commands:
        ended = call(*arguments)
        assert ended.code == 0, ended.err
        assert ended.err.count("warning: ") == ended.err.count(text) >= 1
    pd.testing.assert_frame_equal(pd.read_csv(plan / "deadlines.csv"), before)
    ended = call("audit", plan)
    assert (ended.code, text in ended.err) == (0, False)


def test_explain_one_offer_only(call: Run, plan: Path) -> None:
    """Tests that with --offer nothing else is searched for, told or written."""
    ended = call("explain", plan, "--offer", "dear", "--threads", "1")
    assert ended.code == 0
    assert "dear" in ended.out
    assert "hourly" not in ended.out
    assert "Deadlines" not in ended.out
    assert pd.read_csv(plan / "offers.csv")["item"].tolist() == ["dear"]
    assert not (plan / "values.csv").exists()


def test_unknown_offers_are_told_at_once(call: Run, plan: Path) -> None:
    """Tests that all of them are told, with the nearest name, and that it ends with 2."""
    ended = call("explain", plan, "--offer", "leese", "--offer", "hourlie")
    assert ended.code == 2
    assert "no offer is called 'leese'. Did you mean 'lease'?" in ended.err
    assert "no offer is called 'hourlie'. Did you mean 'hourly'?" in ended.err


# ---------------------------------------------------------------- explain an instance


def test_why_there_is_no_plan(call: Run, impossible: Path) -> None:
    """Tests that reason, table row, repair and its cost are told: half unserved, 10 x 1000 in two months; exit 5."""
    ended = call("explain", impossible, "--gap", "0", "--threads", "1")
    assert ended.code == 5
    for part in ("workloads.csv row 2", "share that must be served: 100 % → 50 %", "costs 20,000"):
        assert part in ended.out


def test_why_there_is_no_plan_as_json(call: Run, impossible: Path) -> None:
    """Tests that the object holds the reasons with their sources, the repair, its cost and the exit code."""
    ended = call("explain", impossible, "--gap", "0", "--threads", "1", "--json")
    found = strict(ended.out)
    assert (ended.code, found["exit_code"], found["feasible"]) == (5, 5, False)
    assert "workloads.csv row 2" in found["reasons"][0]["sources"]
    assert found["repair"] == ["workloads.jobs.min_service=0.5"]
    assert found["repaired_objective"] == pytest.approx(20_000)


def test_an_instance_that_has_a_plan_is_told_so(tmp_path: Path) -> None:
    """Tests that a process of its own ends with 0, and that searches about a plan are refused for an instance."""
    optimizer.read(frames(2, {"jobs": [10]}, fleet=[{"count": 10}])).save(tmp_path / "fine")
    ended = capopt("explain", "fine", cwd=tmp_path)
    assert (ended.code, ended.out) == (0, "There is a plan that meets all rules.\n")
    refused = capopt("explain", "fine", "--quick", cwd=tmp_path)
    assert refused.code == 2
    assert "solve it first" in refused.err
