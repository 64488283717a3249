"""The plain formulation as arrays: the one of ``tests/oracle``, which sums what was started when, month by month.

It has no variables for stocks, no tightened bounds, and natural units: what a planner would write from the textbook.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import highspy
import numpy as np
import pandas as pd

from benchmarks.arrays import Matrix

MONEY = 1e6  # of the objective


def write_plain(folder: Path, target: Path) -> None:
    """Write the plain formulation of an instance, a folder of CSV files, as an MPS file."""
    from tests.oracle import write
    from tests.oracle.world import quicksum

    frames = {file.stem: pd.read_csv(file, dtype=str, keep_default_na=False) for file in sorted(folder.glob("*.csv"))}
    head = tomllib.loads((folder / "instance.toml").read_text(encoding="utf-8"))
    world = write(frames | {"instance": head}, False)
    rate = world.tables.rate
    flows = [(1 + rate) ** (-flow.month / 12) / MONEY * flow.amount for flow in world.flows]
    world.model.setObjective(quicksum(flows), "minimize")
    world.model.writeProblem(str(target), genericnames=True, verbose=False)


def read_plain(path: Path) -> Matrix:
    """Arrays of an MPS file."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    if highs.readModel(str(path)) == highspy.HighsStatus.kError:
        raise ValueError(f"HiGHS cannot read {path}")
    lp = highs.getLp()
    highs.ensureColwise()
    matrix = lp.a_matrix_
    whole = [kind == highspy.HighsVarType.kInteger for kind in lp.integrality_] or [False] * lp.num_col_
    return Matrix(
        cost=np.array(lp.col_cost_),
        offset=lp.offset_,
        lower=np.array(lp.col_lower_),
        upper=np.array(lp.col_upper_),
        integer=np.array(whole, dtype=bool),
        starts=np.array(matrix.start_, dtype=np.int64),
        indices=np.array(matrix.index_, dtype=np.int64),
        values=np.array(matrix.value_),
        row_lower=np.array(lp.row_lower_),
        row_upper=np.array(lp.row_upper_),
        money=MONEY,
    )
