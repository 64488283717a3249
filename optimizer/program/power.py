"""Builds and the power of sites."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from optimizer.program.decided import ordered_by
from optimizer.program.index import Index
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row, Term
from optimizer.program.stock import delivered_blocks
from optimizer.schema import IN_HOUSE


def sets(index: Index) -> dict[str, list[Any]]:
    """Index sets of this room."""
    orders = [(name, t) for name, months in index.build_orders.items() for t in months]
    followers = [key for key in orders if index.builds[key[0]].after is not None]
    metered = [(name, t) for name, a in index.agreements.items() if a.is_metered for t in a.months]
    return {
        "ordered": orders,
        "built": orders,
        "build_stock": orders,
        "build_after": followers,
        "drawn": metered,
        "billed": metered,
        "drawn_delivered": metered,
        "billed_drawn": metered,
        "billed_least": metered,
        "site_power": [(site, t) for site in index.sites for t in range(index.horizon)],
    }


def limits_built(m: ProgramData, build: str, t: int) -> tuple[float, float]:
    """Bounds of ``built``: at most ``max_blocks``, less what was ordered before the plan."""
    before = ordered_by(m.index.orders_before[build], -1)
    return 0.0, max(0.0, float(m.index.builds[build].max_blocks) - before)


def integer_built(index: Index, build: str, t: int) -> bool:
    """Whether ``built`` is an integer."""
    return bool(index.builds[build].integer)


def built_by(m: ProgramData, build: str, t: int) -> Row:
    """Blocks ordered by the end of a month: before the plan, and in it."""
    return Row(ordered_by(m.index.orders_before[build], t), _built(m, build, t))


def _built(m: ProgramData, build: str, t: int) -> Term:
    """Blocks ordered in the plan by the end of a month: a column, or 0 before the first order month."""
    months = m.index.build_orders[build]
    if not months or t < months[0]:
        return 0.0
    return m.col["built"][build, min(t, months[-1])]


def build_stock(m: ProgramData, build: str, t: int) -> Row:
    """Blocks ordered so far: ``built[b,t] = built[b,t-1] + ordered[b,t]`` for each build and order month."""
    return Row(m.col["built"][build, t]).equals(Row(_built(m, build, t - 1), m.col["ordered"][build, t]))


def build_after(m: ProgramData, build: str, t: int) -> Row:
    """The share ordered of a build is at most that of the one it follows.

    ``built[b,t] / max_blocks[b] <= built[after[b],t] / max_blocks[after[b]]`` for each build with ``after`` and order
    month.
    """
    ahead = m.index.builds[build].after
    most, most_ahead = float(m.index.builds[build].max_blocks), float(m.index.builds[ahead].max_blocks)
    if most == 0:
        return Row(m.col["built"][build, t]).at_most(0.0)  # and nothing was ordered before
    share_ahead = Row().add(1 / most_ahead if most_ahead else 0.0, built_by(m, ahead, t))
    return Row().add(1 / most, built_by(m, build, t)).at_most(share_ahead)


def site_contents(index: Index) -> dict[str, dict[str, list[str]]]:
    """Pools, builds, outlets of MW and contracts of MW of each site."""
    contents: dict[str, dict[str, list[str]]] = {site: defaultdict(list) for site in index.sites}
    for name, pool in index.pools.items():
        if pool.source == IN_HOUSE:
            contents[pool.place]["pools"].append(name)
    for name, row in index.builds.items():
        contents[row.site]["builds"].append(name)
    for name, agreement in index.agreements.items():
        if agreement.is_outlet and agreement.row.sells == "mw":
            contents[agreement.row.site]["outlets"].append(name)
        elif agreement.supplies_mw:
            contents[agreement.row.site]["contracts"].append(name)
    return contents


def leased_out(m: ProgramData, site: str, t: int) -> Row:
    """MW of a site that its outlets of powered space take."""
    row, agreements = Row(), m.index.agreements
    for outlet in m.contents[site]["outlets"]:
        row.add(agreements[outlet].row.mw_per_block / m.units.mw, m.col["in_force"].get((outlet, t), 0.0))
    return row


def contracted(m: ProgramData, contract: str, t: int) -> Row:
    """MW that a contract delivers, as far as interruptions leave them."""
    per_block = m.index.agreements[contract].row.mw_per_block * m.index.share_left(contract, t) / m.units.mw
    return Row().add(per_block, delivered_blocks(m, contract, t))


def drawn_delivered(m: ProgramData, contract: str, t: int) -> Row:
    """What is drawn is delivered.

    ``drawn[c,t] <= available[c,t] mw_per_block[c] delivered[c,t]`` for each contract with a minimum take below 1 and
    month; without a ramp, ``delivered`` is ``in_force``.
    """
    return Row(m.col["drawn"][contract, t]).at_most(contracted(m, contract, t))


def billed_drawn(m: ProgramData, contract: str, t: int) -> Row:
    """``drawn[c,t] <= billed[c,t]`` for each contract with a minimum take below 1 and month."""
    return Row(m.col["drawn"][contract, t]).at_most(m.col["billed"][contract, t])


def billed_least(m: ProgramData, contract: str, t: int) -> Row:
    """The minimum take is billed.

    ``minimum_take[c] available[c,t] mw_per_block[c] delivered[c,t] <= billed[c,t]`` for each contract with a minimum
    take below 1 and month; without a ramp, ``delivered`` is ``in_force``.
    """
    least = contracted(m, contract, t).times(m.index.agreements[contract].take)
    return least.at_most(m.col["billed"][contract, t])


def supplied(m: ProgramData, site: str, t: int, lost: Collection[str] = (), *, metered: bool = False) -> Row:
    """MW of a site: supplied, of energised builds and contracts not lost, as far as interruptions leave them.

    Of contracts with a minimum take below 1 what is drawn if ``metered``, else all that they deliver.
    """
    row = Row(float(m.index.supply[site][t]) / m.units.mw)
    for build in m.contents[site]["builds"]:
        spec = m.index.builds[build]
        row.add(spec.mw_per_block / m.units.mw, built_by(m, build, t - spec.lead_months))
    for contract in m.contents[site]["contracts"]:
        if contract in lost:
            continue
        if metered and m.index.agreements[contract].is_metered:
            row.add(1.0, m.col["drawn"].get((contract, t), 0.0))
        else:
            coefficients, columns, constant = contracted(m, contract, t).parts()
            row.add_all(coefficients, columns).add(constant, 1.0)
    left = m.index.share_left(site, t)
    return row.times(left) if left else Row(0.0)


def site_power(m: ProgramData, site: str, t: int) -> Row:
    """Power in use and leased out is at most what is there.

    ``sum(mw[p] used[p,t]) + sum(mw_per_block[o] in_force[o,t]) <=
    available[i,t] (supply[i,t] + sum(mw_per_block[b] built[b,t-lead]) + sum(available[c,t] mw_per_block[c]
    delivered[c,t]))`` for each site and month, over its pools, outlets of MW, builds and contracts of MW; ``available``
    is 1 without interruptions, ``delivered`` is ``in_force`` without a ramp; of contracts with a minimum take below 1
    ``drawn`` counts.
    """
    drawn = leased_out(m, site, t)
    for pool in m.contents[site]["pools"]:
        drawn.add(m.index.pools[pool].mw * m.units.accelerators / m.units.mw, m.col["used"].get((pool, t), 0.0))
    return drawn.at_most(supplied(m, site, t, metered=True))
