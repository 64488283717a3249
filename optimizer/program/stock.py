"""What stands in a pool, as terms of a row: shared by policies and by the planner's own rules."""

from __future__ import annotations

from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row, Term
from optimizer.schema import IN_HOUSE


def add_capacity(m: ProgramData, row: Row, coefficient: float, pool: str, t: int) -> Row:
    """Add ``coefficient x`` the accelerators there in a pool in a month, in natural units."""
    index = m.index
    source = index.pools[pool].source
    coefficient *= index.share_left(pool, t)
    if source == IN_HOUSE:
        row.add(coefficient, float(index.fleet[pool][t]))
        for purchase in index.purchases_of.get(pool, []):
            row.add(coefficient * index.purchases[purchase].lot_size, m.col["installed"].get((purchase, t), 0.0))
        return row
    if source == "contract":
        return row.add(coefficient * index.agreements[pool].row.accelerators_per_block, delivered_blocks(m, pool, t))
    offer = index.offers[pool]
    if offer.commitment is None:
        return row.add(coefficient, float(offer.max_accelerators))
    return row.add(coefficient * offer.max_accelerators, m.col["running"].get((offer.commitment, t), 0.0))


def delivered_blocks(m: ProgramData, contract: str, t: int) -> Term:
    """Blocks of a contract delivered in a month: a column, or 0."""
    family = "delivered" if m.index.agreements[contract].ramped else "in_force"
    return m.col[family].get((contract, t), 0.0)


def add_used(m: ProgramData, row: Row, coefficient: float, pool: str, t: int) -> Row:
    """Add ``coefficient x`` the accelerators of a pool that do workloads and training runs, in natural units."""
    working, (_, taken) = m.columns_by_pool.get((pool, t), ()), m.placements_by_pool.get((pool, t), ((), ()))
    row.add_all([coefficient * m.units.accelerators] * len(working), working)
    if pool in m.index.occupied_before:
        row.add(coefficient, float(m.index.occupied_before[pool][t]))
    return row.add_all([coefficient * m.names[column][1][2] for column in taken], taken)


def add_leased(m: ProgramData, row: Row, coefficient: float, pool: str, t: int) -> Row:
    """Add ``coefficient x`` the accelerators leased out of a pool, in the program's units."""
    leases = m.leases_by_pool.get((pool, t), [])
    return row.add_all([coefficient] * len(leases), leases)
