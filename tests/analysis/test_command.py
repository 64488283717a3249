"""``capopt explain``, ``whatif``, ``alternatives``, ``solve --elastic`` and ``audit --decisions`` from end to end."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.auditing import audit
from optimizer.cli.app import cli
from optimizer.cli.exit_codes import run
from optimizer.errors import PlanFileWarning, PlanNotSaved
from tests.command import Ended, capopt, environment
from tests.program.tiny import frames, solved, tiny

# Ten wanted in three months. A lease of ten costs 3000 a month, unserved work 1000 each, hours 5 x 100 = 500 each.
TABLES: dict[str, Any] = {
    "contracts": [{"price": 3000, "min_term_months": 1}, {"contract": "dear", "price": 6000, "min_term_months": 1}],
    "on_demand": [{"price": 5, "max_accelerators": 20}],
    "purchases": [{"unit_price": 1e6}],
    "power": [{"mw": 1}],
}
COST = 9000.0
UNBOUGHT = ["--set", "purchases.buy.max_total=0"]
IMPOSSIBLE: dict[str, Any] = {"fleet": [{"count": 10}], "workloads": [{"workload": "jobs", "min_service": 1}]}
Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a plan."""
    plan = solved(tiny(3, {"jobs": [10]}, **TABLES))
    assert plan.objective == pytest.approx(COST)
    return plan.save(tmp_path_factory.mktemp("made") / "plan")


@pytest.fixture
def plan(made: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may write into."""
    shutil.copytree(made, tmp_path / "plan")
    return tmp_path / "plan"


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command line inside this process, in the test's folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAPOPT_DEBUG", "1")  # leaves warnings and the last resort as they are

    def inside(*arguments: str | Path) -> Ended:
        code = run(cli, [str(one) for one in arguments])
        return Ended(code, *capsys.readouterr())

    return inside


def strict(text: str) -> Any:
    """JSON as the standard has it: no NaN, no infinity."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


# ---------------------------------------------------------------- explain a plan
def test_explain_tells_and_writes_all_tables(call: Run, plan: Path) -> None:
    """Tests that the four tables stand in the folder and are told, each with its title."""
    ended = call("explain", plan, "--threads", "1")
    assert ended.code == 0
    assert {path.stem for path in plan.glob("*.csv")} >= {"values", "steps", "offers", "deadlines"}
    for title in ("One more unit of demand costs", "Steps, each solved again", "Offers", "When to decide"):
        assert title in ended.out
    assert "offer 1 of 4: lease ..." in ended.err
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
    assert "When to decide" in ended.err


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
    assert "When to decide" not in ended.out
    assert pd.read_csv(plan / "offers.csv")["item"].tolist() == ["dear"]
    assert not (plan / "values.csv").exists()


def test_unknown_offers_are_told_at_once(call: Run, plan: Path) -> None:
    """Tests that all of them are told, with the nearest name, and that it ends with 2."""
    ended = call("explain", plan, "--offer", "leese", "--offer", "hourlie")
    assert ended.code == 2
    assert "no offer is called 'leese'. Did you mean 'lease'?" in ended.err
    assert "no offer is called 'hourlie'. Did you mean 'hourly'?" in ended.err


# ---------------------------------------------------------------- explain an instance
@pytest.fixture
def impossible(tmp_path: Path) -> Path:
    """An instance that wants 20 of a fleet of ten, all of it a must."""
    optimizer.read(frames(2, {"jobs": [20]}, **IMPOSSIBLE)).save(tmp_path / "impossible")
    return tmp_path / "impossible"


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


# ---------------------------------------------------------------- what if
@pytest.mark.parametrize(
    ("options", "cost"),
    [
        (["--set", "contracts.lease.price=4000"], 12_000),
        (["--set", "contracts.lease.price*=2"], 15_000),  # hours at 5000 a month
        (["--delay", "contracts.lease=1"], 11_000),  # a month of hours
        (["--force", "sign:lease@2030-02", "--forbid", "lease@2030-01"], 11_000),
        (["--forbid", "lease"], 15_000),
        (["--end", "lease@2030-03"], 11_000),
        (["--set", "contracts.*.max_blocks=0", "--set", "on_demand.hourly.max_accelerators=0"], 30_000),
    ],
)
def test_what_if(call: Run, plan: Path, options: list[str], cost: float) -> None:
    """Tests the cost of each kind of edit and hold, derived by hand."""
    ended = call("whatif", plan, *options, "--threads", "1", "--json")
    found = strict(ended.out)
    assert (ended.code, found["exit_code"]) == (0, 0)
    assert found["b"]["objective"] == pytest.approx(cost)
    assert found["difference"] == pytest.approx(cost - COST)
    assert "Net present cost" in ended.err


def test_what_is_held_is_told(call: Run, plan: Path) -> None:
    """Tests that decisions held are named in the comparison and in the plan that is written, which holds its audit."""
    ended = call("whatif", plan, "--end", "lease@2030-03", "-o", "ended", "--threads", "1")
    assert ended.code == 0
    assert "Fixed in what if: end lease@2030-03." in ended.out
    assert "what differs comes from the search" not in ended.out
    assert "Plan written to ended" in ended.out
    written = optimizer.load_plan("ended")
    assert audit(written).passed
    assert written.head["held"] == ["end lease@2030-03"]
    assert written.objective == pytest.approx(11_000)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--set", "contracts.leese.price=1"], "no contract is called 'leese'. Did you mean 'lease'?"),
        (["--set", "contract.lease.price=1"], "no table 'contract'. Did you mean 'contracts'?"),
        (["--set", "contracts.lease.prise=1"], "contracts has no column 'prise'. Did you mean 'price'?"),
        (["--set", "contracts.lease.price=-1"], "price"),
        (["--delay", "contracts.lease"], "is not a valid delay; expected table.item=months"),
        (["--delay", "workloads.jobs=1"], "workloads has no lead_months; delays work on power, builds"),
        (["--forbid", "leese"], "no such item to decide on. Did you mean 'lease'?"),
        (["--force", "sing:lease"], "no decision is called 'sing'. Did you mean 'sign'?"),
        (["--end", "lease"], "is nothing to end"),
        (["--sweep", "contracts.lease.price=1:2"], "is not a valid sweep; expected table.item.column=from:to:steps"),
        (["--sweep", "contracts.leese.price=1:2:2"], "no contract is called 'leese'. Did you mean 'lease'?"),
        (["--sweep", "contracts.lease.price=1:2:2", "-o", "swept"], "leave out --output"),
        ([], "Give at least one of --set"),
    ],
)
def test_wrong_what_ifs_are_refused(call: Run, plan: Path, options: list[str], message: str) -> None:
    """Tests that each ends with 2 and says what was expected."""
    ended = call("whatif", plan, *options)
    assert ended.code == 2
    assert message in ended.err
    assert ended.out == ""


def test_a_what_if_without_a_plan(call: Run, plan: Path) -> None:
    """Tests that edits that leave no plan end with 5, as one JSON object if asked for."""
    must = ["--set", "workloads.jobs.min_service=1", "--set", "demand.jobs.amount=99", *UNBOUGHT]
    ended = call("whatif", plan, *must, "--json")
    assert ended.code == strict(ended.out)["exit_code"] == 5


def test_a_sweep(call: Run, plan: Path) -> None:
    """Tests costs over a range of prices, with a decision held: the lease starts in the second month."""
    cell = ["--sweep", "contracts.lease.price=3000:5000:3"]
    found = strict(call("whatif", plan, *cell, "--forbid", "lease@2030-01", "--json", "--threads", "1").out)
    assert [row["objective"] for row in found["rows"]] == pytest.approx([11_000, 13_000, 15_000])
    assert found["rows"][0]["change"] is None
    ended = call("whatif", plan, *cell, "--threads", "1")
    assert ended.code == 0
    assert "Sweep of contracts.lease.price" in ended.out
    assert "+6 k" in ended.out  # 3 x 2000 more than the plan


def test_a_sweep_over_values_that_leave_no_plan(call: Run, plan: Path) -> None:
    """Tests that such a value has no figures but a note, and that others have theirs: 30 are 10 leased, 20 by hour."""
    must = ["--set", "workloads.jobs.min_service=1", "--set", "contracts.dear.max_blocks=0", *UNBOUGHT]
    ended = call("whatif", plan, *must, "--sweep", "demand.jobs.amount=30:40:2", "--json", "--threads", "1")
    rows = strict(ended.out)["rows"]
    assert rows[0]["objective"] == pytest.approx(3 * (3000 + 20 * 500))
    assert (rows[1]["objective"], rows[1]["note"]) == (None, "leaves no plan")
    assert "leaves no plan" in ended.err


# ---------------------------------------------------------------- alternatives
def test_alternatives(call: Run, plan: Path) -> None:
    """Tests that within 70 % (9000 to 15000 by the hour) other plans are found, written, and told in both forms."""
    ended = call("alternatives", plan, "--within", "70%", "--plans", "1", "-o", "others", "--threads", "1", "--json")
    found = strict(ended.out)
    assert (ended.code, found["within"]) == (0, pytest.approx(0.7))
    assert len(found["plans"]) == 1
    assert found["plans"][0]["objective"] <= 1.7 * COST + 1e-6
    assert audit(optimizer.load_plan("others/1")).passed
    (lease,) = (row for row in found["first"] if row["item"] == "lease")
    assert (lease["least"], lease["plan"], lease["no_regret"]) == (0, 1, False)
    assert "Decisions of the first month" in ended.err


def test_alternatives_need_a_share(call: Run, plan: Path) -> None:
    """Tests that what is no share is refused with an example."""
    ended = call("alternatives", plan, "--within", "much")
    assert ended.code == 2
    assert "expected a share such as 1% or 0.01" in ended.err


# ---------------------------------------------------------------- elastic plans
def test_an_elastic_plan_is_marked(tmp_path: Path, impossible: Path) -> None:
    """Tests that it is written, says in plan.json and on the terminal what was given up, and ends with 5."""
    ended = capopt("solve", impossible, "--elastic", "--gap", "0", "--threads", "1", "-o", "least", cwd=tmp_path)
    assert ended.code == 5
    head = json.loads((tmp_path / "least" / "plan.json").read_text("utf-8"))
    assert head["elastic"] == ["workloads.jobs.min_service=0.5"]
    assert head["objective"] == pytest.approx(20_000)
    assert "No plan meets all rules; this one is for the instance with the cheapest repair made." in ended.out
    assert "share that must be served: 100 % → 50 %" in ended.out
    assert audit(optimizer.load_plan(tmp_path / "least")).passed


def test_elastic_changes_nothing_where_there_is_a_plan(call: Run, tmp_path: Path) -> None:
    """Tests that a plan that meets all rules is no elastic one."""
    optimizer.read(frames(2, {"jobs": [10]}, fleet=[{"count": 10}])).save(tmp_path / "fine")
    ended = call("solve", "fine", "--elastic", "--json", "--threads", "1")
    assert (ended.code, strict(ended.out).get("elastic")) == (0, None)


# ---------------------------------------------------------------- own decisions
def own(folder: Path, *rows: str) -> Path:
    """A file of decisions."""
    path = folder / "mine.csv"
    path.write_text("\n".join(["month,decision,item,blocks", *rows]) + "\n", "utf-8")
    return path


def test_own_decisions_are_priced(call: Run, plan: Path, tmp_path: Path) -> None:
    """Tests that the lease from the second month on, and hours before, cost 2000 more; as text and as JSON."""
    mine = own(tmp_path, "2030-02,sign,lease,1")
    found = strict(call("audit", plan, "--decisions", mine, "--json").out)
    assert (found["exit_code"], found["difference"]) == (0, pytest.approx(2000))
    assert found["decisions"][0]["item"] == "lease"
    ended = call("audit", plan, "--decisions", mine)
    assert ended.code == 0
    assert "+2 k" in ended.out


def test_wrong_decisions_are_all_told(call: Run, plan: Path, tmp_path: Path) -> None:
    """Tests that every wrong row is told with its number, and that it ends with 2."""
    ended = call("audit", plan, "--decisions", own(tmp_path, "2030-01,sign,leese,1", "2031-01,sign,lease,1"))
    assert ended.code == 2
    assert "row 2: sign leese: there is no such item to decide on. Did you mean 'lease'?" in ended.err
    assert "row 3: sign lease is not possible in 2031-01" in ended.err


def test_decisions_that_break_a_rule(call: Run, plan: Path, tmp_path: Path) -> None:
    """Tests that two blocks of a lease of one end with 5 and name the limit."""
    ended = call("audit", plan, "--decisions", own(tmp_path, "2030-01,sign,lease,2"))
    assert ended.code == 5
    assert "at most 1 block" in ended.err
    assert "contracts.csv row 2" in ended.err
