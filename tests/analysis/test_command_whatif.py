"""``capopt whatif`` and ``alternatives``, ``solve --elastic`` and ``audit --decisions`` from end to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import optimizer
from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.auditing import audit
from tests.analysis.commands import COST, UNBOUGHT, Run, strict
from tests.command import capopt
from tests.program.tiny import frames


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
    assert "any difference comes from the search" not in ended.out
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


def test_a_sweep_within_a_budget(call: Run, plan: Path) -> None:
    """Tests that a spent budget leaves all values open (exit 3), and that all there is has no budget."""
    cell = ["--sweep", "contracts.lease.price=3000:5000:3"]
    ended = call("whatif", plan, *cell, "--budget", "0", "--json")
    found = strict(ended.out)
    assert (ended.code, found["exit_code"]) == (3, 3)
    assert [(row["value"], row["objective"], row["note"]) for row in found["rows"]] == [
        (value, None, NOT_EXAMINED) for value in (3000, 4000, 5000)
    ]
    ended = call("whatif", plan, *cell, "--full", "--json", "--threads", "1")
    assert ended.code == 0
    assert [row["objective"] for row in strict(ended.out)["rows"]] == pytest.approx([9000, 12_000, 15_000])
    places = [ended.err.index(f"value {value}; ") for value in (3000, 5000, 4000)]
    assert places == sorted(places)


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


def test_alternatives_within_a_budget(call: Run, plan: Path) -> None:
    """Tests that a spent budget leaves the most of every decision open, and ends with 3."""
    ended = call("alternatives", plan, "--within", "70%", "--plans", "1", "--budget", "0", "--json")
    found = strict(ended.out)
    assert (ended.code, found["exit_code"], found["plans"]) == (3, 3, [])
    assert {(row["least"], row["most"]) for row in found["first"]} == {(0, None)}
    assert found["unfinished"] == 2 * (len(found["first"]) + len(found["ranges"])) + 1
    assert NOT_EXAMINED in ended.err


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
    assert "share that must be served: 100 % → 50 %" in " ".join(ended.out.split())
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
