"""Contracts and outlets: one mechanism in two directions, in the start / hand-back form.

Both are interval systems: blocks that start in a month, less those that expire or are handed back. State variables with
one balance row a month keep the matrix sparse, whatever the length of terms and ramps.
"""

from __future__ import annotations

from typing import Any

from optimizer.program.agreement import Agreement
from optimizer.program.index import Index
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row, Term


def sets(index: Index) -> dict[str, list[Any]]:
    """Index sets of this room."""
    every = index.agreements
    active = [(name, t) for name, a in every.items() for t in a.months]
    firm = [(name, t) for name, a in every.items() if a.hand_backs and a.term > 0 for t in a.months]
    started = [(name, s) for name, a in every.items() for s in a.starts]
    given = [(name, one.month) for name, a in every.items() for one in a.given if 0 <= one.month < a.horizon]
    signed = [(name, s) for name, s in started if every[name].least_blocks > 0]
    ramped = [(name, t) for name, t in active if every[name].ramped and not every[name].is_outlet]
    options = [(name, t) for name, t in active if not every[name].is_outlet and every[name].row.requires is not None]
    contract_months = [(name, t) for name, t in active if name in index.pools]
    leased = [
        (outlet, pool, t)
        for outlet, pools in index.lendable.items()
        for pool in pools
        for t in every[outlet].months
        if index.possible[pool][t]
    ]
    return {
        "started": started,
        "ended": [(name, e) for name, a in every.items() for e in a.hand_backs],
        "in_force": active,
        "delivered": ramped,
        "firm": firm,
        "signed": signed,
        "option_open": options,
        "leased": leased,
        "active_balance": active,
        "delivered_balance": ramped,
        "firm_balance": firm,
        "minimum_term": firm,
        "signature_least": signed,
        "signature_most": signed,
        "renewal": [(n, s) for n, s in dict.fromkeys((*started, *given)) if _renews(every[n])],
        "option_active": options,
        "option_required": options,
        "contract_capacity": contract_months,
        "outlet_cover": [(name, t) for name, t in active if name in index.lendable],
    }


def _renews(agreement: Agreement) -> bool:
    """Whether it is a contract that renews another one."""
    return not agreement.is_outlet and agreement.row.renews is not None


def limits_started(m: ProgramData, name: str, s: int) -> tuple[float, float]:
    """Bounds of ``started``: what is committed exactly, else at most ``max_blocks``."""
    agreement = m.index.agreements[name]
    return (agreement.committed or 0.0), agreement.most_blocks


def limits_in_force(m: ProgramData, name: str, t: int) -> tuple[float, float]:
    """Bounds of ``in_force``: at most ``max_blocks``."""
    return 0.0, m.index.agreements[name].most_blocks


def integer_started(index: Index, name: str, s: int) -> bool:
    """Whether ``started`` is an integer; what is committed is given, not chosen."""
    return bool(index.agreements[name].row.integer) and index.agreements[name].committed is None


def integer_ended(index: Index, name: str, e: int) -> bool:
    """Whether ``ended`` is an integer."""
    return bool(index.agreements[name].row.integer)


def blocks_started(m: ProgramData, agreement: Agreement, s: int) -> Row | Term:
    """Blocks that start in a month: a column, what was signed before the plan, or both."""
    return _with(agreement.given_in(s), m.col["started"].get((agreement.name, s), 0.0))


def _with(constant: float, term: Term) -> Row | Term:
    """A constant and a term; the term alone where the constant is 0."""
    return Row(constant, term) if constant else term


def blocks_ended(m: ProgramData, agreement: Agreement, e: int) -> Row | Term:
    """Blocks that end in a month, the first without them: expired, handed back, or run out at ``ends_by``."""
    if agreement.fixed:
        return blocks_started(m, agreement, e - agreement.term)
    if agreement.row.ends_by is not None and e == agreement.row.ends_by + 1:
        return blocks_active(m, agreement, e - 1)
    return _with(agreement.returned.get(e, 0.0), m.col["ended"].get((agreement.name, e), 0.0))


def blocks_active(m: ProgramData, agreement: Agreement, t: int) -> Term:
    """Blocks active in a month, which can lie before the plan."""
    if t < 0:
        return agreement.active_before(t)
    return m.col["in_force"].get((agreement.name, t), 0.0)


def active_balance(m: ProgramData, name: str, t: int) -> Row:
    """Blocks active are those started less those ended.

    ``in_force[c,t] = in_force[c,t-1] + started[c,t] - ending[c,t]`` for each agreement and month, where ``ending`` is
    ``started[c,t-term]`` of a fixed term, else ``ended[c,t]``, and all blocks in the month after ``ends_by``.
    """
    agreement = m.index.agreements[name]
    stock = Row(blocks_active(m, agreement, t - 1), blocks_started(m, agreement, t))
    return Row(m.col["in_force"][name, t]).equals(stock.less(blocks_ended(m, agreement, t)))


def delivered_balance(m: ProgramData, name: str, t: int) -> Row:
    """Blocks delivered follow the steps of the ramp.

    ``delivered[c,t] = delivered[c,t-1] + sum(step[c,j] started[c,t-j] over j) - full_capacity[c] ending[c,t]`` for each
    contract with a ramp and month; ``ending`` is ``started[c,t-term]``, ``ended[c,t]`` or ``in_force[c,t-1]``.
    """
    agreement = m.index.agreements[name]
    before = m.col["delivered"].get((name, t - 1), 0.0)
    if t == 0:
        before = agreement.delivered_before
    stock = Row(before).add(-agreement.full_capacity, blocks_ended(m, agreement, t))
    for age, step in agreement.capacity_steps:
        stock.add(step, blocks_started(m, agreement, t - age))
    return Row(m.col["delivered"][name, t]).equals(stock)


def firm_balance(m: ProgramData, name: str, t: int) -> Row:
    """Blocks within their minimum term are those started in it.

    ``firm[c,t] = firm[c,t-1] + started[c,t] - started[c,t-term]`` for each terminable agreement with a minimum term and
    month.
    """
    agreement = m.index.agreements[name]
    stock = Row(blocks_started(m, agreement, t))
    if t == agreement.months[0]:
        firm = (one.blocks for one in agreement.given if one.month < t < one.month + agreement.term)
        stock.add(1, float(sum(firm)))
    else:
        stock.add(1, m.col["firm"][name, t - 1]).less(blocks_started(m, agreement, t - agreement.term))
    return Row(m.col["firm"][name, t]).equals(stock)


def minimum_term(m: ProgramData, name: str, t: int) -> Row:
    """No early end: ``firm[c,t] <= in_force[c,t]`` for each terminable agreement with a minimum term and month."""
    return Row(m.col["firm"][name, t]).at_most(m.col["in_force"][name, t])


def signature_least(m: ProgramData, name: str, s: int) -> Row:
    """``min_blocks[c] signed[c,s] <= started[c,s]`` for each agreement with a minimum that matters and start month."""
    least = Row().add(m.index.agreements[name].least_blocks, m.col["signed"][name, s])
    return least.at_most(m.col["started"][name, s])


def signature_most(m: ProgramData, name: str, s: int) -> Row:
    """``started[c,s] <= max_blocks[c] signed[c,s]`` for each agreement with a minimum that matters and start month."""
    most = Row().add(m.index.agreements[name].most_blocks, m.col["signed"][name, s])
    return Row(m.col["started"][name, s]).at_most(most)


def renewal(m: ProgramData, name: str, s: int) -> Row:
    """Blocks renew blocks that end in the same month.

    ``started[c,s] <= ending[renews[c],s]`` for each contract with ``renews`` and start month; ``ending`` is
    ``started[c,s-term]``, ``ended[c,s]`` or ``in_force[c,s-1]``.
    """
    renewed = m.index.agreements[m.index.agreements[name].row.renews]
    return Row(blocks_started(m, m.index.agreements[name], s)).at_most(blocks_ended(m, renewed, s))


def option_active(m: ProgramData, name: str, t: int) -> Row:
    """``in_force[c,t] <= max_blocks[c] option_open[c,t]`` for each contract with ``requires`` and month."""
    most = Row().add(m.index.agreements[name].most_blocks, m.col["option_open"][name, t])
    return Row(m.col["in_force"][name, t]).at_most(most)


def option_required(m: ProgramData, name: str, t: int) -> Row:
    """An option needs the blocks that it requires.

    ``requires_blocks[c] option_open[c,t] <= in_force[requires[c],t]`` for each contract with ``requires`` and month.
    """
    row = m.index.agreements[name].row
    needed = Row().add(float(row.requires_blocks), m.col["option_open"][name, t])
    return needed.at_most(m.col["in_force"].get((row.requires, t), 0.0))


def contract_capacity(m: ProgramData, pool: str, t: int) -> Row:
    """Accelerators in use are delivered.

    ``used[c,t] <= available[c,t] accelerators_per_block[c] delivered[c,t]`` for each contract and month; without a
    ramp, ``delivered`` is ``in_force``; without interruptions, ``available`` is 1.
    """
    agreement = m.index.agreements[pool]
    delivered = m.col["delivered" if agreement.ramped else "in_force"][pool, t]
    per_block = m.index.share_left(pool, t) * agreement.row.accelerators_per_block / m.units.accelerators
    return Row(m.col["used"].get((pool, t), 0.0)).at_most(Row().add(per_block, delivered))


def outlet_cover(m: ProgramData, outlet: str, t: int) -> Row:
    """What is leased out covers the outlet.

    ``sum(leased[o,p,t] over p) = accelerators_per_block[o] in_force[o,t]`` for each outlet of accelerators and month,
    over the pools that may cover it.
    """
    per_block = m.index.agreements[outlet].row.accelerators_per_block / m.units.accelerators
    leased = Row(*(m.col["leased"].get((outlet, pool, t), 0.0) for pool in m.index.lendable[outlet]))
    return leased.equals(Row().add(per_block, m.col["in_force"][outlet, t]))
