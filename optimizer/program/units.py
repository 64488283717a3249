"""Units of the program: powers of ten that keep its coefficients within a few orders of magnitude.

An instance can be about eight accelerators or about eight million. Solvers work with absolute tolerances, so the
program is written in units that make typical quantities about ten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.program.index import Index


@dataclass(frozen=True)
class Units:
    """What one unit of the program is: accelerators (and reference-accelerators), facility MW, money."""

    accelerators: float
    mw: float
    money: float


def _power_of_ten(sizes: Iterable[float], typical: float) -> float:
    """Power of ten that brings the median of the positive sizes near ``typical``."""
    positive = np.array([size for size in sizes if 0 < size < np.inf])
    if not positive.size:
        return 1.0
    return float(10.0 ** np.round(np.median(np.log10(positive)) - np.log10(typical)))


def choose_units(index: Index) -> Units:
    """Units that suit the data of an instance."""
    stocks = [row.count for row in index.rows["fleet"]] + [row.max_accelerators for row in index.rows["on_demand"]]
    stocks += [a.row.accelerators_per_block * max(a.most_blocks, 1.0) for a in index.agreements.values()]
    stocks += [float(amounts.max()) for amounts in index.demand.values()]
    accelerators = _power_of_ten(stocks, 10)
    megawatts = [float(supply.max()) for supply in index.supply.values()]
    megawatts += [row.mw_per_block * max(row.max_blocks, 1) for row in index.builds.values()]
    space = [agreement for agreement in index.agreements.values() if agreement.supplies_mw]
    megawatts += [agreement.row.mw_per_block * max(agreement.most_blocks, 1.0) for agreement in space]
    return Units(accelerators, _power_of_ten(megawatts, 10), _power_of_ten(_costs(index, accelerators), 10))


def common_units(every: Sequence[Units]) -> Units:
    """Units that suit several programs: of each quantity the median of theirs."""

    def median(sizes: Iterable[float]) -> float:
        return sorted(sizes)[len(every) // 2]

    return Units(
        median(one.accelerators for one in every), median(one.mw for one in every), median(one.money for one in every)
    )


def _costs(index: Index, accelerators: float) -> list[float]:
    """Typical money per unit of the program's variables."""
    costs = [row.penalty * accelerators for row in index.workloads.values()]
    costs += [row.price * index.hours * accelerators for row in index.offers.values()]
    costs += [agreement.start_price(0) * max(agreement.term, 1) for agreement in index.agreements.values()]
    costs += [row.unit_price * row.lot_size for row in index.purchases.values()]
    return costs + [row.capex_per_mw * row.mw_per_block for row in index.builds.values()]
