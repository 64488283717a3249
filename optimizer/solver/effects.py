"""What an edit of a cell changes in the program: rows, bounds and cash terms, by table and column.

An edit that is not in this table, or that makes something possible that was not (or the other way round), changes the
shape of the program, which is then built anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from optimizer.instance.batches import rows_by_key
from optimizer.instance.instance import Instance
from optimizer.program.index import Index
from optimizer.schema import IN_HOUSE, load_schema

Reach = Callable[[Index, Index, str], set[str]]  # index before and after, item -> names that are touched
_PEOPLE = ("name", "title", "description", "sources")  # keys of the head that mean nothing to the program


@dataclass(frozen=True)
class Effect:
    """What changes with a column.

    Attributes
    ----------
    rows, bounds : mapping of str to int or None
        Families of constraints and of variables, with the position in their index that names the item; None: all of it.
    terms : tuple of str
        Cash terms that are booked anew.
    quantities : tuple of str
        Quantities of the planner's own rules that are measured anew.
    reach : callable, optional
        Names of what is touched, where that is not the edited item alone.
    """

    rows: Mapping[str, int | None] = field(default_factory=dict)
    bounds: Mapping[str, int | None] = field(default_factory=dict)
    terms: tuple[str, ...] = ()
    quantities: tuple[str, ...] = ()
    reach: Reach | None = None


Touched = tuple[Effect, set[str]]  # what an edit changes, and the names it changes it for


def _sites_with(old: Index, new: Index, accelerator: str) -> set[str]:
    """Own sites where a kind of accelerator stands."""
    pools = new.pools.values()
    return {pool.place for pool in pools if pool.source == IN_HOUSE and pool.accelerator == accelerator}


def _served_otherwise(old: Index, new: Index, item: str) -> set[str]:
    """Workloads that get other work out of some pool."""
    return {pair[0] for pair, rate in new.yields.items() if rate != old.yields.get(pair)}


def _and_site(old: Index, new: Index, item: str) -> set[str]:
    """A build or outlet, and its site."""
    row = new.builds[item] if item in new.builds else new.agreements[item].row
    return {item, row.site} if row.site else {item}


_STOCK: dict[str, int | None] = {"outage_capacity": 2, "reference_balance": None, "share_limit": None}
_BLOCKS = Effect(rows={"signature_most": 0}, bounds={"started": 0, "in_force": 0})
_LEAST = Effect(rows={"signature_least": 0})
_AGREED = Effect(
    rows={"active_balance": 0, "delivered_balance": 0, "firm_balance": 0, "renewal": None},
    bounds={"started": 0, "in_force": 0},
    terms=("upfront", "contract", "termination", "lease_out"),
)
_YIELD = Effect(rows={"demand_met": 0, "outage_demand": 2}, quantities=("served",), reach=_served_otherwise)
_SITE: dict[str, int | None] = {"site_power": 0, "outage_power": 2}
_MW, _CAPACITY, _LEASED = ("mw",), ("capacity",), ("leased",)
EFFECTS: dict[tuple[str, str], Effect] = {
    ("accelerators", "kw"): Effect(rows=_SITE, terms=("energy",), quantities=_MW, reach=_sites_with),
    ("accelerators", "reference"): Effect(rows={"reference_balance": None, "share_limit": None}),
    ("throughput", "factor"): _YIELD,
    ("sites", "pue"): Effect(rows=_SITE, terms=("energy",), quantities=_MW),
    ("sites", "availability"): _YIELD,
    ("demand", "amount"): Effect(rows={"demand_met": 0, "outage_demand": 2}, bounds={"unserved": 0}),
    ("power", "mw"): Effect(rows={"site_power": 0, "outage_power": 2}),
    ("power", "price_per_mwh"): Effect(terms=("energy",)),
    ("fleet", "count"): Effect(rows={"in_house_capacity": 0, **_STOCK}, bounds={"used": 0}, quantities=_CAPACITY),
    ("prices", "price"): Effect(terms=("contract", "termination", "lease_out", "on_demand", "purchase", "residual")),
    ("contracts", "accelerators_per_block"): Effect(
        rows={"contract_capacity": 0, **_STOCK}, terms=("contract", "termination"), quantities=_CAPACITY
    ),
    ("contracts", "mw_per_block"): Effect(terms=("contract", "termination"), quantities=_MW),
    ("contracts", "availability"): _YIELD,
    ("contracts", "min_blocks"): _LEAST,
    ("contracts", "committed_blocks"): _AGREED,
    ("ramps", "capacity_fraction"): Effect(rows={"delivered_balance": 0}),
    ("ramps", "price_fraction"): Effect(terms=("contract", "termination")),
    ("contracts", "price"): Effect(terms=("contract", "termination")),
    ("contracts", "termination_fee_months"): Effect(terms=("termination",)),
    ("contracts", "upfront_per_block"): Effect(terms=("upfront",)),
    ("contracts", "max_blocks"): _BLOCKS,
    ("outlets", "accelerators_per_block"): Effect(
        rows={"outlet_cover": 0}, terms=("lease_out", "termination"), quantities=_LEASED
    ),
    ("outlets", "mw_per_block"): Effect(
        rows=_SITE, terms=("lease_out", "termination"), quantities=_MW, reach=_and_site
    ),
    ("outlets", "min_blocks"): _LEAST,
    ("outlets", "committed_blocks"): _AGREED,
    ("outlets", "price"): Effect(terms=("lease_out", "termination")),
    ("outlets", "termination_fee_months"): Effect(terms=("termination",)),
    ("outlets", "upfront_per_block"): Effect(terms=("lease_out",)),
    ("outlets", "max_blocks"): _BLOCKS,
    ("on_demand", "price"): Effect(terms=("on_demand",)),
    ("on_demand", "availability"): _YIELD,
    ("on_demand", "max_accelerators"): Effect(
        rows={"rate_holds": 0, **_STOCK}, bounds={"used": 0}, quantities=_CAPACITY
    ),
    ("purchases", "lot_size"): Effect(
        rows={"in_house_capacity": None, "purchase_total": 0, **_STOCK, "outage_capacity": None},
        bounds={"bought": 0},
        terms=("purchase", "maintenance", "residual"),
        quantities=_CAPACITY,
    ),
    ("purchases", "unit_price"): Effect(terms=("purchase", "residual")),
    ("purchases", "deposit_fraction"): Effect(terms=("purchase", "residual")),
    ("purchases", "maintenance_per_month"): Effect(terms=("maintenance",)),
    ("purchases", "residual_fraction"): Effect(terms=("residual",)),
    ("purchases", "max_per_month"): Effect(bounds={"bought": 0}),
    ("purchases", "max_total"): Effect(rows={"purchase_total": 0}, bounds={"bought": 0}),
    ("builds", "mw_per_block"): Effect(
        rows=_SITE, terms=("build", "fixed", "residual"), quantities=_MW, reach=_and_site
    ),
    ("builds", "life_months"): Effect(terms=("residual",)),
    ("builds", "capex_per_mw"): Effect(terms=("build", "residual")),
    ("builds", "fixed_cost_per_mw_month"): Effect(terms=("fixed",)),
    ("builds", "residual_fraction"): Effect(terms=("residual",)),
    ("builds", "max_blocks"): Effect(rows={"build_after": None}, bounds={"built": 0}),
    ("workloads", "penalty"): Effect(terms=("unserved",)),
    ("workloads", "min_service"): Effect(bounds={"unserved": 0}),
    ("workloads", "critical"): Effect(rows={"outage_demand": 2}),
    ("training_runs", "work"): Effect(),  # matters by the months it takes, which the shape tells
    ("training_runs", "penalty"): Effect(terms=("not_run",)),
    ("training_runs", "lateness_penalty"): Effect(terms=("lateness",)),
    ("budgets", "amount"): Effect(rows={"budget_limit": 0}),
    ("policies", "limit"): Effect(rows={"share_limit": 0, "outage_demand": 0}),
    ("rules", "rhs"): Effect(rows={"own_rule": 0}),
    ("rule_terms", "coefficient"): Effect(rows={"own_rule": 0}),
    ("rules", "penalty"): Effect(terms=("violation",)),
    ("commitments", "annual_amount"): Effect(rows={"commitment_year": 0, "commitment_total": 0}),
}
_SERIES = {"demand": "amount", "power": "mw", "prices": "price"}
_FREE = ("title", "description", "vendor", "latitude", "longitude")


@dataclass(frozen=True)
class Change:
    """An item of a table with the effects of what was edited about it."""

    table: str
    item: str
    effect: Effect

    def touched(self, old: Index, new: Index) -> set[str]:
        """Names of what is touched."""
        reach = self.effect.reach
        return reach(old, new, self.item) if reach else {self.item}


def changes(old: Instance, new: Instance) -> list[Change] | None:
    """Every edit between two instances by item; None if one of them changes the shape of the program."""
    if _head(old) != _head(new):
        return None
    found: list[Change] = []
    for table in load_schema().tables:
        before, after = old.rows[table], new.rows[table]
        if before == after:
            continue
        step = _step_changes(table, before, after) if table in _SERIES else _cell_changes(table, before, after)
        if step is None:
            return None
        found += step
    return found


def _head(instance: Instance) -> dict[str, Any]:
    return {key: value for key, value in vars(instance.head).items() if key not in _PEOPLE}


def _step_changes(table: str, before: Any, after: Any) -> list[Change]:
    """Items of a step series whose rows differ."""
    key = load_schema().tables[table].key[0]
    values = [column for column in load_schema().tables[table].columns if (table, column) in EFFECTS]
    found = []
    for column in values:
        old, new = (_series(rows, key, column) for rows in (before, after))
        items = [item for item in dict.fromkeys([*old, *new]) if old.get(item) != new.get(item)]
        found += [Change(table, item, EFFECTS[table, column]) for item in items]
    return found


def _series(rows: Any, key: str, value: str) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        found.setdefault(getattr(row, key), []).append((row.month, getattr(row, value)))
    return {item: sorted(points) for item, points in found.items()}


def _cell_changes(table: str, before: Any, after: Any) -> list[Change] | None:
    """Cells that differ; None if rows were added or taken away, or a cell changes the shape of the program."""
    spec = load_schema().tables[table]
    old, new = rows_by_key(spec, before), rows_by_key(spec, after)
    if old.keys() != new.keys():
        return None
    found = []
    for key, cells in new.items():
        edited = [column for column, value in cells.items() if value != old[key][column] and column not in _FREE]
        item = "/".join(key[:2]) if table == "fleet" else str(key[0])
        for column in edited:
            effect = EFFECTS.get((table, column))
            if effect is None or (cells[column] is None) != (old[key][column] is None):
                return None
            found.append(Change(table, item, effect))
    return found
