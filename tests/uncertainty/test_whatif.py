"""What-ifs of plans under uncertainty: the base data edited, and all scenarios planned again."""

from __future__ import annotations

from pathlib import Path

import pytest

import optimizer
from optimizer.errors import EditError
from optimizer.instance.edit import parse_delay, parse_edit
from optimizer.report.uncertain_comparison import compare_uncertain
from optimizer.uncertainty.whatif import what_if
from tests.command import inside
from tests.program.tiny import month
from tests.uncertainty.tiny import newsvendor


def test_edits_change_the_base_data_before_their_scenarios_are_made() -> None:
    """Tests x blocks at 160 and missing ones at 300, of which 3 are wanted with 0.4, else 1; then other edits.

    1 block: 160 + 0.4 x 600 = 400, 3: 480. With high demand at 0.1: 1 block at 100 costs 100 + 0.1 x 600 = 160. A lease
    that is signed two months ahead cannot start within the plan: 300 x (1 or 3) on demand.
    """
    instance, none = newsvendor(0.4), pytest.approx(0.6 * 300 + 0.4 * 900)
    plan = optimizer.solve(instance, gap=0.0)
    dearer = what_if(instance, [parse_edit("contracts.lease.price=160")], gap=0.0)
    assert dearer.objective == pytest.approx(400)
    found = compare_uncertain(plan, dearer)
    (row,) = found["decisions"]
    assert row == {"month": month(0), "decision": "sign", "item": "lease", "a": 3, "b": 1}
    costs = {one["scenario"]: (one["a"], one["b"]) for one in found["scenarios"]}
    assert costs["demand=high"] == pytest.approx((300, 760))
    assert found["figures"]["worst_cost"] == pytest.approx({"a": 300, "b": 760})
    assert what_if(instance, [parse_edit("risks.demand.probability=0.1")], gap=0.0).objective == pytest.approx(160)
    assert what_if(instance, [parse_delay("contracts.lease=1")], gap=0.0).objective == none
    with pytest.raises(EditError, match="leese"):
        what_if(instance, [parse_edit("contracts.leese.price=1")])


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Tests --set with the plan written, --sweep, and the refusal of fixed decisions, on the command line."""
    optimizer.solve(newsvendor(0.4), gap=0.0).save(tmp_path / "plan")
    monkeypatch.chdir(tmp_path)
    done = inside(capfd, "whatif", "plan", "--set", "contracts.lease.price=160", "-o", "other", "--json")
    assert (done.code, done.json["figures"]["objective"]["b"]) == (0, pytest.approx(400))
    assert optimizer.load_plan(tmp_path / "other").objective == pytest.approx(400)
    assert "Sign lease" in done.err
    swept = inside(capfd, "whatif", "plan", "--sweep", "contracts.lease.price=50:250:3", "--json")
    # 3 at 50; 1 at 150 and 240 for what is missing; 1 at 250 and 240.
    assert [row["objective"] for row in swept.json["rows"]] == pytest.approx([150, 390, 490])
    refused = inside(capfd, "whatif", "plan", "--forbid", "lease")
    assert (refused.code, "max_blocks=0" in refused.err) == (2, True)
