"""Stochastic programs read from SMPS files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.smps import arrays_of as arrays_of_core
from benchmarks.smps import read_core, read_smps
from optimizer.solver import highs
from optimizer.solver.solution import Options
from optimizer.uncertainty.extensive_form import extensive_form
from optimizer.uncertainty.stochastic_program import OWN

FOLDER = Path(__file__).parents[1] / "data" / "smps"


@pytest.mark.parametrize(
    ("name", "scenarios", "expected"),
    [
        ("news", 3, -4.0),  # as derived in test_extensive_form.py; its probabilities add up to 0.75 and are made 1
        # Price and demand are independent, so that the mean price of 2.4 counts. A paper sells with probability 0.75
        # from the third on and 0.5 from the fifth, 2.4 x 0.5 > 1: 6 for 6 - 2.4 x (0.25 x 2 + 0.25 x 4 + 0.5 x 6).
        ("both", 6, -4.8),
        ("stages", 4, 13.375),  # as derived there, with an offset of 10
    ],
)
def test_optima(name: str, scenarios: int, expected: float) -> None:
    """Tests listed scenarios, a tree, independent elements and blocks by their optima."""
    program = read_smps(FOLDER / f"{name}.cor")
    assert len(program.scenarios) == scenarios
    assert highs.solve(extensive_form(program).arrays, Options(gap=0)).bound == pytest.approx(expected)


def test_nodes() -> None:
    """Tests that scenarios share the columns of the stages before they branch."""
    program = read_smps(FOLDER / "stages.cor")
    assert np.array(program.decisions).tolist() == [[0, 1, OWN], [0, 1, OWN], [0, 2, OWN], [0, 2, OWN]]
    assert program.scenarios[0].integer.tolist() == [True, True, False]


def test_bounds_and_ranges() -> None:
    """Tests every kind of bound, and ranges of all kinds of rows."""
    arrays = arrays_of_core(read_core(FOLDER / "bounds.mps"), {})
    inf = np.inf
    assert arrays.lower.tolist() == [2, -inf, 0, -inf, 3, -inf]
    assert arrays.upper.tolist() == [2, inf, 1, -1, inf, 7]
    assert arrays.integer.tolist() == [False, False, True, False, True, False]
    assert arrays.row_lower.tolist() == [5, 2, 5, 4]
    assert arrays.row_upper.tolist() == [8, 6, 6, 5]
    assert arrays.cost.tolist() == [1, 0, 0, 0, 0, 0]
    assert arrays.starts.tolist() == [0, 2, 4, 5, 6, 7, 8]


def test_other_distributions_are_refused() -> None:
    """Tests that a section that is not discrete is named."""
    with pytest.raises(ValueError, match="INDEP NORMAL"):
        read_smps(FOLDER / "normal.cor")
