"""A program as arrays, whatever wrote it, and its way to HiGHS and to files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Matrix:
    """Minimise ``cost . x + offset``, rows and columns between bounds; ``money`` is what one unit of it is worth."""

    cost: Floats
    offset: float
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    starts: NDArray[np.int64]
    indices: NDArray[np.int64]
    values: Floats
    row_lower: Floats
    row_upper: Floats
    money: float = 1.0

    @property
    def size(self) -> dict[str, int]:
        """Columns, rows, nonzeros and integer columns."""
        counts = {"columns": len(self.cost), "rows": len(self.row_lower), "nonzeros": len(self.values)}
        return counts | {"integers": int(self.integer.sum())}

    def without_offset(self) -> Matrix:
        """The same with the offset on a column that is fixed at 1: readers of files differ on what an offset means."""
        if not self.offset:
            return self
        return replace(
            self,
            cost=np.append(self.cost, self.offset),
            offset=0.0,
            lower=np.append(self.lower, 1.0),
            upper=np.append(self.upper, 1.0),
            integer=np.append(self.integer, False),
            starts=np.append(self.starts, self.starts[-1]),
        )

    def save(self, path: Path) -> None:
        """Keep it in a file that :meth:`load` reads."""
        with path.open("wb") as file:
            np.savez(file, **vars(self))

    @classmethod
    def load(cls, path: Path) -> Matrix:
        """The arrays of a file."""
        with np.load(path) as found:
            arrays: dict[str, Any] = {name: found[name] if found[name].ndim else found[name].item() for name in found}
        return cls(**arrays)

    def by_row(self) -> Any:
        """The matrix, row by row."""
        shape = len(self.row_lower), len(self.cost)
        return csc_array((self.values, self.indices, self.starts), shape=shape).tocsr()

    def to_highs(self) -> highspy.Highs:
        """HiGHS with the program."""
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.cost), len(self.row_lower)
        lp.col_cost_, lp.offset_ = self.cost, self.offset
        lp.col_lower_, lp.col_upper_ = self.lower, self.upper
        lp.row_lower_, lp.row_upper_ = self.row_lower, self.row_upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = self.starts.astype(np.int32)
        lp.a_matrix_.index_ = self.indices.astype(np.int32)
        lp.a_matrix_.value_ = self.values
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[integer] for integer in self.integer.tolist()]
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        if highs.passModel(lp) == highspy.HighsStatus.kError:
            raise ValueError("HiGHS refuses the program")
        return highs

    def write(self, path: Path) -> None:
        """Write it as an MPS file."""
        if self.without_offset().to_highs().writeModel(str(path)) == highspy.HighsStatus.kError:
            raise ValueError(f"HiGHS cannot write {path}")
