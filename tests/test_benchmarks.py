"""The comparison with other solvers: what it reads from logs, its figures, and a run on a tiny instance."""

from __future__ import annotations

import subprocess
from collections.abc import Hashable
from pathlib import Path

import pytest
from click.testing import CliRunner

import optimizer
from benchmarks import answers, breakeven, relaxations, rolls, values
from benchmarks.runs import campaign
from benchmarks.shapes import SHAPES, draw_shapes
from benchmarks.summary import BEGIN, END, contradictions, gaps_down_to, profile, put_into, table
from benchmarks.trace import Run, cbc_points, highs_points, shifted_mean
from optimizer.analysis.offer_list import offers
from optimizer.generator import SIZES
from optimizer.instance.examples import find_example
from tests.program.tiny import solved, tiny

HIGHS = """
Src  Proc. InQueue |  Leaves   Expl. | BestBound       BestSol              Gap |   Cuts   InLp Confl. | LpIters  Time

 R       0       0         0   0.00%   100             110                9.09%        0      0      0       274  1.5s
         0       0         0   0.00%   104.5           110                5.00%       87     22      4       302  2.0s
"""
CBC = """Continuous objective value is 100 - 0.50 seconds
Cbc0012I Integer solution of 110 found by DiveCoefficient after 0 iterations and 0 nodes (1.50 seconds)
Cbc0013I At root node, 9 cuts changed objective from 100 to 104.5 in 4 passes
Cbc0001I Search completed - best objective 108, took 33 iterations and 0 nodes (2.00 seconds)
"""


def test_logs_are_read() -> None:
    """Tests times, incumbents and bounds of a log of HiGHS and of one of CBC, proven within the ratio asked for."""
    assert highs_points(HIGHS) == [(1.5, 110, 100), (2.0, 110, 104.5)]
    expected = [(0.5, None, 100), (1.5, 110, None), (1.5, None, 104.5), (2.0, 108, 97.2)]
    assert cbc_points(CBC, ratio=0.1) == [pytest.approx(point) for point in expected]


def test_figures_of_a_run() -> None:
    """Tests time to a gap, the gap at the end, the primal integral and the shifted mean."""
    # Until second 2 nothing (1 each second), then 1 - 100/125 = 0.2 for 3 seconds, then 0 for 5: 2.6. The gap is
    # 25/125 = 20 % at second 2, and at second 5 (100 - 99.5) / 100 = 0.5 %.
    run = Run("capopt", "S-0", points=[(2.0, 125.0, 100.0 - 0.5), (5.0, 100.0, None)])
    assert run.primal_integral(100.0, 10.0) == pytest.approx(2.6)
    assert [run.seconds_to(gap) for gap in (0.25, 0.01, 0.001)] == [2.0, 5.0, None]
    assert run.last(3.0) == (125.0, 99.5)
    # (1 + 1)(7 + 1) = 16, its root 4, less 1.
    assert shifted_mean([1.0, 7.0], 1.0) == pytest.approx(3.0)


def test_a_contradiction_is_reported() -> None:
    """Tests that a bound above another's incumbent is reported, and that the profile counts factors of the fastest."""
    one = Run("capopt", "S-0", points=[(1.0, 100.0, 100.0)])
    other = Run("plain-scip", "S-0", points=[(4.0, 101.0, 101.0)])
    assert contradictions([one, other]) == ["S-0: plain-scip proves 101, but a plan of 100 was found"]
    assert profile([one, other], 0.01) == {"capopt": [(1.0, 1.0)], "plain-scip": [(4.0, 1.0)]}


def test_a_run_out_of_memory_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a formulation that does not fit into memory is a failed run with its reason, and that others go on."""
    reply = subprocess.CompletedProcess(
        [], 1, "", "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 9 GiB"
    )
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: reply)
    found = list(campaign(["tiny"], 1, ["plain-highs", "plain-scip"], 1.0, 1, 1e-3, print))
    assert [run.note for run in found] == ["needs more than 6 GB of memory"] * 2


def test_contenders_agree_on_a_tiny_instance(tmp_path: Path) -> None:
    """Tests that capopt, the plain formulation and SCIP prove the same cost, each in its own process."""
    chosen = ["capopt", "plain-highs", "plain-pyomo", "compiled-scip"]
    runs = list(campaign(["tiny"], 1, chosen, 30.0, 1, 1e-3, print))
    assert [(run.contender, run.status, run.note) for run in runs] == [(name, "solved", "") for name in chosen]
    assert contradictions(runs) == []
    costs = [run.last()[0] for run in runs]
    assert costs == [pytest.approx(costs[0], rel=2e-3)] * len(chosen)  # the target gap of each is 0.1 %
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    about = {
        "seeds": 1,
        "threads": 1,
        "gap": 1e-3,
        "processor": "p",
        "cores": 2,
        "system": "s",
        "versions": "v",
        "date": "d",
    }
    put_into(page, table(runs, 30.0, about))
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n1 random")
    assert text.endswith(f"p, 2 cores, s; v; d.\n{END}\nafter\n")
    assert text.count("| tiny |") == len(chosen)


def test_searches_are_listed_down_to_their_target_gap() -> None:
    """Tests that searches for 1 % are listed to 1 %, with the time until their end, and others to each gap above."""
    assert gaps_down_to(0.001) == [0.01, 0.005, 0.001]
    assert gaps_down_to(0.01) == [0.01]
    assert gaps_down_to(0.0002) == [0.01, 0.005, 0.001, 0.0002]
    # (2 + 1)(5 + 1)(11 + 1) = 216, its cube root 6, less 1; and to 1 %, (1 + 1)(3 + 1)(7 + 1) = 64, its root 4, less 1.
    runs = [
        Run("capopt", f"S-{seed}", "solved", solve_seconds=over, points=[(seconds, 100.0, 99.5)])
        for seed, (seconds, over) in enumerate([(1.0, 2.0), (3.0, 5.0), (7.0, 11.0)])
    ]
    about = {"seeds": 3, "threads": 2, "gap": 0.01, "processor": "p", "cores": 2, "system": "s", "versions": "v"}
    lines = table(runs, 60.0, {**about, "date": "d"}).splitlines()
    assert "target gap 1 %." in lines[0]
    assert lines[2].startswith("| size | contender | 1 % | search over | gap at the end |")
    assert lines[4].startswith("| S | capopt | 3.0 (3/3) | 5.0 | 0.50% |")


def test_relaxations_are_measured(tmp_path: Path) -> None:
    """Tests a relaxation: its size, its parts, and that the three ways to solve it agree; the page gets the table."""
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n", encoding="utf-8")
    words = ["first-steps", "--sizes", "", "--rounds", "1", "--solves", "1", "--page", str(page)]
    result = CliRunner().invoke(relaxations.main, words)
    assert result.exit_code == 0, result.output
    solver, around = page.read_text(encoding="utf-8").split("\n\n")[:3:2]
    size = optimizer.solve(optimizer.read(find_example("first-steps")), relax=True, threads=1).head["size"]
    for text in (solver, around):
        head, _, row = text.removeprefix(BEGIN).strip().splitlines()
        assert head.count("|") == row.count("|")
        assert row.startswith("| first-steps |")
    assert f" | {size['columns']:,} | {size['nonzeros']:,} | " in solver


def test_shapes_are_drawn_with_their_numbers(tmp_path: Path) -> None:
    """Tests that twenty shapes are listed, that the first has its 120 months, and that sizes are left as they were."""
    before = dict(SIZES)
    name, source = next(draw_shapes(tmp_path))
    assert (name, len(SHAPES)) == ("S, 120 months", 20)
    assert optimizer.read(source).head.months == 120
    assert before == SIZES


def test_figures_of_a_relaxation() -> None:
    """Tests what is around a solver for a million non-zeros, the ratio to HiGHS by itself, and who is near the best."""
    # 0.05 + 0.15 s for 100,000 non-zeros are 2 for a million; (0.2 + 0.8) / 1.25 = 0.8; 5 MB / 100,000 are 50 bytes.
    # Simplex takes 0.8, the interior point method 0.75, so that simplex is 7 % slower; then 0.7, and it is 14 % slower.
    ways = [{"simplex": 0.8, "highs": 1.25, "ipx": ipx} for ipx in (0.75, 0.7)]
    around = {"read": 0.05, "build": 0.15}
    found = [relaxations.Measured("x", 9, 100_000, around, way, memory=5_000_000) for way in ways]
    assert found[0].solver_cells() == ["x", "9", "100,000", "0.80", "1.25", "0.75", "0.80"]
    assert found[0].around_cells() == ["x", "0.050", "0.150", "0.200", "2.0", "50"]
    text = relaxations.table(found)
    assert "or within 10 % of it, in 1 of 2. All that capopt does takes 0.80 times" in text
    assert text.endswith("a million non-zeros take 2.0 s (median).")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nosuch", "--sizes", ""], "nosuch: neither a folder or workbook nor a shipped example"),
        (["--sizes", "M,Q"], "Q: not a valid size; expected one of tiny, small, S, M, L, XL"),
        (["--seeds", "1,x"], "x: expected integers of 0 or more"),
        (["--sizes", ""], "nothing to measure"),
    ],
)
def test_wrong_words_are_refused(words: list[str], message: str) -> None:
    """Tests that what cannot be measured is refused in words, before anything is drawn."""
    found = CliRunner().invoke(relaxations.main, words)
    assert found.exit_code == 2
    assert message in found.output


def test_marginal_values_are_what_solving_again_gives() -> None:
    """Tests values of a shipped and a random instance, most of them with two different sides, against cold solves."""
    found = [
        one
        for name, plan in [*values.plans(["first-steps"], ["S"], [1], 5.0)]
        for one in values.checked(plan, 8, seed=1)
    ]
    assert len(found) == 16
    assert sum(one.row["held"] != one.row["held_fewer"] for one in found) >= 4
    assert [one for one in found if not one.agrees] == []


def test_rolled_instances_are_timed() -> None:
    """Tests the line of each rolled instance, solved cold and from its plan, and that of the medians."""
    found = CliRunner().invoke(rolls.main, ["--sizes", "tiny", "--seeds", "15,18", "--time-limit", "20"])
    assert found.exit_code == 0, found.output
    *each, last = found.output.splitlines()
    assert [line.partition(":")[0] for line in each] == ["tiny-15", "tiny-18"]
    assert last.startswith("2 rolled instances, medians: cold ")


@pytest.mark.parametrize(
    ("is_taken", "factor", "expected"),
    [
        (False, 1.005 * 10 / 12, "holds"),
        (True, 1.005 * 10 / 12, "wrong"),
        (True, 0.995 * 10 / 12, "holds"),
        (False, 0.995 * 10 / 12, "wrong"),
    ],
)
def test_a_claim_on_a_price_is_tested(is_taken: bool, factor: float, expected: str) -> None:
    """Tests that a lease at 12000 that saves penalties of 10000 is worth 5 / 6 of its price, and nothing else."""
    plan = solved(tiny(1, {"jobs": [10]}, contracts=[{"price": 12_000, "term_months": 1}]))
    offer = next(offers(plan))
    assert breakeven.verdict(plan, offer, is_taken, factor, 1e-9, 10.0) == expected


def test_the_ends_of_break_even_prices_are_tested() -> None:
    """Tests a run on a tiny instance: nothing is wrong."""
    done = CliRunner().invoke(breakeven.main, ["--sizes", "tiny", "--seeds", "1", "--count", "4", "--budget", "10"])
    assert done.exit_code == 0, done.output
    assert "wrong 0" in done.output


@pytest.mark.parametrize(
    ("table", "verdict", "ends", "proven", "narrow"),
    [
        ("contracts", "rejected", (None, 99.0), True, False),  # at 100, above what it may cost
        ("contracts", "rejected", (90.0, 100.0), False, False),
        ("contracts", "partly", (101.0, 103.0), True, True),
        ("contracts", "taken", (101.0, 104.0), True, False),
        ("outlets", "taken", (None, 99.0), True, False),  # an outlet is worth it above its break-even price
        ("outlets", "rejected", (101.0, None), True, False),
        ("outlets", "rejected", (None, None), False, False),
    ],
)
def test_what_an_explanation_proves_is_counted(
    table: str, verdict: str, ends: tuple[float | None, float | None], proven: bool, narrow: bool
) -> None:
    """Tests verdicts on an offer at 100 by the interval of its break-even price, and whether that is within 2 %."""
    row: dict[Hashable, object] = {"table": table, "verdict": verdict, "price": 100.0, "proven": False}
    row |= {"at_least": ends[0], "at_most": ends[1]}
    assert (answers.is_proven(row), answers.is_narrow(row)) == (proven, narrow)
    assert answers.is_proven({**row, "proven": True})
    assert answers.is_narrow({**row, "proven": True})


def test_an_explanation_is_measured(tmp_path: Path) -> None:
    """Tests the lines of a plan of one offer, all of which is proven: a lease of 3000 that saves 10,000."""
    solved(tiny(1, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 1}])).save(tmp_path / "one")
    done = CliRunner().invoke(answers.main, [str(tmp_path / "one"), "--budget", "20"])
    assert done.exit_code == 0, done.output
    assert "medians: 100% of the verdicts, 100% of the prices to 2 %" in done.output
