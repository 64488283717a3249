"""What rows and bounds of the program say to a planner, with the figures and the table rows they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from optimizer.program.build import Program
from optimizer.schema import IN_HOUSE, program_contents


@dataclass(frozen=True)
class Label:
    """What one row or bound says.

    Attributes
    ----------
    family : str
        Name of its family.
    says : str
        A sentence in which ``{month}`` stands for the month, if it has one.
    month : int or None
        Month it is about.
    figure : str
        The figures behind it, ``""`` without any.
    sources : tuple of str
        Table rows it comes from, such as ``contracts.csv row 3``.
    defines : bool
        Whether it only says what a quantity is.
    """

    family: str
    says: str
    month: int | None = None
    figure: str = ""
    sources: tuple[str, ...] = ()
    defines: bool = False


def label(program: Program, component: Any) -> str:
    """Sentence for a constraint, or for the bounds of a variable, and the table rows behind it.

    Parameters
    ----------
    program : Program
        The program the component belongs to.
    component : ConstraintData, VarData or str
        A row, or a column whose bounds are meant; a row that was added to the arrays says it itself.
    """
    return told(program, [label_of(program, component)])[0]


def told(program: Program, labels: Iterable[Label]) -> list[str]:
    """Labels as sentences; those that differ in their month only are told once, with their span of months."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[int]] = {}
    for one in labels:
        months = groups.setdefault((one.says, one.figure, one.sources), [])
        months += [] if one.month is None else [one.month]
    return [_sentence(program, *key, months) for key, months in groups.items()]


def _sentence(program: Program, says: str, figure: str, sources: tuple[str, ...], months: list[int]) -> str:
    span = ""
    if months:
        first, last = program.instance.label(min(months)), program.instance.label(max(months))
        span = first if first == last else f"{first} to {last}"
    text = says.replace("{month}", span) + (f": {figure}" if figure else "")
    return f"{text} ({'; '.join(sources)})" if sources else text


def label_of(program: Program, component: Any) -> Label:
    """Label of a constraint, or of the bounds of a variable."""
    if isinstance(component, str):
        return Label("", component)
    contents = program_contents()
    family = component.parent_component().local_name
    entry = contents["constraints"].get(family) or contents["variables"].get(family)
    if entry is None:
        return Label("", f"{component.name} (added to the model)")
    index = component.index()
    key = () if index is None else index if isinstance(index, tuple) else (index,)
    month = next((part for kind, part in zip(entry["index"], key, strict=True) if kind == "month"), None)
    names = ["{month}" if kind == "month" else str(part) for kind, part in zip(entry["index"], key, strict=True)]
    figure = _FIGURES[family](program.index, *key) if family in _FIGURES else ""
    says, sources = str(entry["says"]).format(*names), _sources(program, entry, names, month)
    return Label(family, says, month, figure, sources, bool(entry.get("defines", False)))


# ---------------------------------------------------------------- figures
def _number(value: float) -> str:
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"


def _served(ix: Any, workload: str, t: int) -> str:
    share, wanted = ix.workloads[workload].min_service, float(ix.demand[workload][t])
    return f"at least {_number(share * wanted)} of {_number(wanted)} reference-accelerators"


def _stock(ix: Any, pool: str, t: int) -> str:
    if pool in ix.offers:
        return f"at most {_number(ix.offers[pool].max_accelerators)} accelerators"
    return f"{_number(float(ix.fleet[pool][t]))} accelerators of the fleet" if pool in ix.fleet else ""


def _blocks(ix: Any, name: str, _: int) -> str:
    agreement = ix.agreements[name]
    if agreement.committed is not None:
        return f"{_number(agreement.committed)} blocks are agreed"
    row = agreement.row
    size = (
        f"{_number(row.accelerators_per_block)} accelerators"
        if row.accelerators_per_block
        else f"{_number(row.mw_per_block)} MW"
    )
    return f"at most {_number(agreement.most_blocks)} blocks of {size}"


def _critical(ix: Any, policy: str, _: str, workload: str, t: int) -> str:
    need = ix.policies[policy].limit * ix.workloads[workload].critical * float(ix.demand[workload][t])
    return f"{_number(need)} reference-accelerators"


_FIGURES: dict[str, Callable[..., str]] = {
    "unserved": _served,
    "demand_met": lambda ix, name, t: f"{_number(float(ix.demand[name][t]))} reference-accelerators are wanted",
    "used": _stock,
    "in_house_capacity": _stock,
    "in_force": _blocks,
    "started": _blocks,
    "site_power": lambda ix, site, t: f"{_number(float(ix.supply[site][t]))} MW supplied, builds apart",
    "budget_limit": lambda ix, name: _number(next(r.amount for r in ix.rows["budgets"] if r.budget == name)),
    "share_limit": lambda ix, policy, *_: f"limit {_number(ix.policies[policy].limit)}",
    "outage_demand": _critical,
    "own_rule": lambda ix, rule, _: f"{ix.own_rules[rule].sense} {_number(ix.own_rules[rule].rhs)}",
    "built": lambda ix, build, _: f"{_number(ix.builds[build].max_blocks)} blocks",
}


# ---------------------------------------------------------------- table rows
_AT_SITES = ("sites", "power", "fleet", "builds", "purchases")


def _agreed(program: Program) -> tuple[str, ...]:
    """Rows of what was agreed before the plan."""
    carried = [name for name, agreement in program.index.agreements.items() if agreement.carried]
    rows = [(t, i) for t in ("contracts", "outlets") for n in carried for i in _places(program, t, "agreement", n)]
    return tuple(program.instance.place(table, i) for table, i in rows)


def _sources(program: Program, entry: Any, names: list[str], month: int | None) -> tuple[str, ...]:
    """Table rows that a component comes from: those that name its item; of a step series, the one that holds then."""
    if not names:
        return _agreed(program)
    found = []
    for table, position in entry.get("tables", {}).items():
        places = _places(program, table, entry["index"][position], names[position])
        if table in ("demand", "power") and month is not None:
            before = [i for i in places if program.instance.rows[table][i].month <= month]
            places = [max(before, key=lambda i: program.instance.rows[table][i].month)] if before else []
        if places:
            more = f" and {len(places) - 3} more" if len(places) > 3 else ""
            found.append(", ".join(program.instance.place(table, i) for i in places[:3]) + more)
    return tuple(found)


def _places(program: Program, table: str, kind: str, name: str) -> list[int]:
    """Rows of a table that a name of the index stands for: of a site or an own pool, those at it (and of its kind)."""
    rows = program.instance.rows[table]
    own = kind == "site" or (kind == "pool" and program.index.pools[name].source == IN_HOUSE)
    if not own or table not in _AT_SITES:
        return [i for i, row in enumerate(rows) if _first(row) == name]
    site, _, accelerator = name.partition("/")
    here = [i for i, row in enumerate(rows) if row.site == site]
    return [i for i in here if not accelerator or rows[i].accelerator == accelerator]


def _first(row: Any) -> Any:
    """First cell of a row: what names it or what it belongs to."""
    return next(iter(row))[1]


def telling(labels: Iterable[Label]) -> list[Label]:
    """Labels without those that only say what a quantity is; all of them where nothing else is left."""
    every = list(labels)
    return [one for one in every if not one.defines] or every


def needs(one: Label) -> bool:
    """Whether a label says what is needed, rather than what limits it."""
    agreed = one.family == "started" and "agreed" in one.figure
    return agreed or one.family in ("unserved", "demand_met", "outage_demand", "not_run", "outlet_cover", "renewal")
