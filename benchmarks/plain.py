"""The plain formulation of ``tests/oracle`` as arrays; it sums the blocks started, month by month.

It has no variables for stocks, no tightened bounds, and natural units: as in a textbook.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from benchmarks.arrays import Floats, Matrix

MONEY = 1e6  # of the objective
SMALL = 1e-9  # coefficients of rows that solvers treat as zero


def write_plain(folder: Path, target: Path) -> None:
    """Write the arrays of the plain formulation of an instance, a folder of CSV files."""
    from tests.oracle import write

    frames = {file.stem: pd.read_csv(file, dtype=str, keep_default_na=False) for file in sorted(folder.glob("*.csv"))}
    head = tomllib.loads((folder / "instance.toml").read_text(encoding="utf-8"))
    world = write(frames | {"instance": head}, False)
    _arrays(world.program, world.present_cost(MONEY)).save(target)


def _arrays(program: Any, objective: Any) -> Matrix:
    """Arrays of the oracle's program; its rows are freed, since there can be tens of millions of non-zeros."""
    count = len(program.names)
    cost = np.zeros(count)
    cost[objective.indices] = objective.values
    sides = -np.array([row.constant for row in program.rows])
    senses = np.array(program.senses)
    matrix = _columns(program.rows, count)
    return Matrix(
        cost=cost,
        offset=objective.constant,
        lower=np.zeros(count),
        upper=np.array(program.uppers, dtype=float),
        integer=np.array(program.integer, dtype=bool),
        starts=matrix.indptr.astype(np.int64),
        indices=matrix.indices.astype(np.int64),
        values=matrix.data,
        row_lower=_where(senses != "<=", sides, -np.inf),
        row_upper=_where(senses != ">=", sides, np.inf),
        money=MONEY,
    )


def _columns(rows: list[Any], count: int) -> Any:
    """Rows as one matrix, column by column, without tiny coefficients."""
    lengths = np.array([len(row.indices) for row in rows], dtype=np.int64)
    indices = np.concatenate([row.indices for row in rows])
    values = np.concatenate([row.values for row in rows])
    rows.clear()
    matrix = csr_array((values, indices, np.concatenate([[0], np.cumsum(lengths)])), shape=(len(lengths), count))
    matrix.data[np.abs(matrix.data) <= SMALL] = 0.0
    matrix.eliminate_zeros()
    return matrix.tocsc()


def _where(kept: Any, sides: Floats, other: float) -> Floats:
    return np.where(kept, sides + 0.0, other)
