"""Labels of rows and bounds for planners: a sentence, its figures and the table rows that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optimizer.format import counted, in_full
from optimizer.program.build import Program
from optimizer.program.figures import figure_of
from optimizer.program.placement import months_of
from optimizer.program.row_names import family_of, key_of
from optimizer.schema import IN_HOUSE, load_schema, program_contents

_SPANS = 3  # spans of months that are listed


@dataclass(frozen=True)
class Label:
    """Sentence of one row or bound, with its sources.

    Attributes
    ----------
    family : str
        Name of its family.
    says : str
        A sentence in which ``{month}`` stands for the month, if it has one.
    month : int or None
        Month it is about.
    figure : str
        Its figures; ``""`` if it has none.
    sources : tuple of str
        Table rows it comes from, such as ``contracts.csv row 3``.
    defines : bool
        Whether it only defines a quantity.
    names : tuple of str
        The names in its index, ``{month}`` in place of months.
    """

    family: str
    says: str
    month: int | None = None
    figure: str = ""
    sources: tuple[str, ...] = ()
    defines: bool = False
    names: tuple[str, ...] = ()


def label(program: Program, component: Any) -> str:
    """Return the sentence of a constraint, or of the bounds of a variable, with its table rows.

    Parameters
    ----------
    program : Program
        The program the component belongs to.
    component : ConstraintData, VarData or str
        A row, or a column for its bounds; a row that was added to the arrays is its own sentence.
    """
    return sentences(program, [label_of(program, component)])[0]


def sentences(program: Program, labels: Iterable[Label]) -> list[str]:
    """Return labels as sentences; those that differ only in their month become one, with their span of months."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[int]] = {}
    for one in labels:
        months = groups.setdefault((one.says, one.figure, one.sources), [])
        months += [] if one.month is None else [one.month]
    return [_sentence(program, *key, months) for key, months in groups.items()]


def _sentence(program: Program, says: str, figure: str, sources: tuple[str, ...], months: list[int]) -> str:
    text = says.replace("{month}", month_span(program, months)) + (f": {figure}" if figure else "")
    return f"{text} ({'; '.join(sources)})" if sources else text


def month_span(program: Program, months: Iterable[int]) -> str:
    """Format months as spans, ``2027-02 to 2027-04, 2027-08``; only the first few if there are many."""
    spans: list[list[int]] = []
    for t in sorted(set(months)):
        if spans and t == spans[-1][-1] + 1:
            spans[-1][1:] = [t]
        else:
            spans.append([t])
    texts = [" to ".join(program.instance.label(t) for t in span) for span in spans]
    rest = len(texts) - _SPANS
    return ", ".join(texts[:_SPANS]) + (f" and {rest} more times" if rest > 0 else "")


def label_of(program: Program, component: Any) -> Label:
    """Return the label of a constraint, or of the bounds of a variable."""
    if isinstance(component, str):
        return Label("", component)
    contents = program_contents()
    family = family_of(component)
    if not family:
        return Label("", f"{component.name} (added to the program)")
    entry, key = contents["constraints"].get(family) or contents["variables"][family], key_of(component)
    month = next((part for kind, part in zip(entry["index"], key, strict=True) if kind == "month"), None)
    names = ["{month}" if kind == "month" else str(part) for kind, part in zip(entry["index"], key, strict=True)]
    figure = figure_of(program.index, family, key)
    says, sources = str(entry["says"]).format(*names), _sources(program, entry, names, month)
    return Label(family, says, month, figure, sources, bool(entry.get("defines", False)), tuple(names))


def agreed_label(program: Program, name: str) -> Label:
    """Return the label of a contract or outlet of which blocks are agreed before the plan."""
    agreement = program.index.agreements[name]
    table = next(table for table in load_schema().agreements if name in program.instance.named[table])
    source = program.instance.place(table, list(program.instance.named[table]).index(name))
    blocks = float(sum(one.blocks for one in agreement.given) - sum(agreement.returned.values()))
    figure = f"{counted(blocks, 'block')} agreed"
    text = f"{table[:-1]} {name} runs since before the plan"
    return Label("started", text, None, figure, (source, *_decided(program, name)))


def _decided(program: Program, name: str) -> list[str]:
    """Return the rows of `decided` about an item."""
    rows = enumerate(program.instance.rows["decided"])
    return [program.instance.place("decided", place) for place, row in rows if row.item == name]


def occupied_labels(program: Program, labels: Iterable[Label]) -> list[Label]:
    """Return labels of the runs placed before the plan that occupy a pool in a month of which labels limit the use."""
    limits = {(one.names[0], one.month) for one in labels if one.family in _STOCKS and one.month is not None}
    occupied = program.index.occupied_before
    return [
        _occupied_label(program, pool, t) for pool, t in sorted(limits) if pool in occupied and occupied[pool][t] > 0
    ]


def _occupied_label(program: Program, pool: str, t: int) -> Label:
    index, runs = program.index, dict[str, str]()
    for at, row in enumerate(program.instance.rows["decided"]):
        if row.decision == "start_run" and row.pool == pool and t in months_of(index, index.runs_before[row.item]):
            runs[row.item] = program.instance.place("decided", at)
    says = f"{few([*runs])}, placed before the plan, run in {pool} in {{month}}"
    figure = f"{in_full(float(index.occupied_before[pool][t]))} accelerators"
    return Label("pool_use", says, t, figure, (few([*runs.values()]),), names=(pool, "{month}"))


# ---------------------------------------------------------------- table rows
def _agreed(program: Program) -> tuple[str, ...]:
    """Return the table rows of agreements from before the plan."""
    carried = [name for name, agreement in program.index.agreements.items() if agreement.given]
    rows = [(t, i) for t in load_schema().agreements for n in carried for i in _places(program, t, "agreement", n)]
    decided = (place for name in carried for place in _decided(program, name))
    return (*(program.instance.place(table, i) for table, i in rows), *decided)


def _sources(program: Program, entry: Any, names: list[str], month: int | None) -> tuple[str, ...]:
    """Return the table rows of a component: those that name its item; of a step series, the one in force."""
    if not names:
        return _agreed(program)
    found = []
    for table, position in entry.get("tables", {}).items():
        places = _places(program, table, entry["index"][position], names[position])
        if load_schema().tables[table].step == "month" and month is not None:
            before = [i for i in places if program.instance.rows[table][i].month <= month]
            places = [max(before, key=lambda i: program.instance.rows[table][i].month)] if before else []
        if places:
            more = f" and {len(places) - 3} more" if len(places) > 3 else ""
            found.append(", ".join(program.instance.place(table, i) for i in places[:3]) + more)
    return tuple(found)


def _places(program: Program, table: str, kind: str, name: str) -> list[int]:
    """Return the rows of a table for a name of the index: for a site or an own pool, those at it (and of its kind)."""
    rows, spec = program.instance.rows[table], load_schema().tables[table]
    own = kind == "site" or (kind == "pool" and program.index.pools[name].source == IN_HOUSE)
    if not own or not (spec.site_column or spec.name_column == "site"):
        return [i for i, row in enumerate(rows) if _first(row) == name]
    site, _, accelerator = name.partition("/")
    here = [i for i, row in enumerate(rows) if row.site == site]
    return [i for i in here if not accelerator or rows[i].accelerator == accelerator]


def _first(row: Any) -> Any:
    """Return the first cell of a row: its name or that of its item."""
    return next(iter(row))[1]


def without_definitions(labels: Iterable[Label]) -> list[Label]:
    """Return labels without definitions of quantities; all of them if there are no others."""
    every = list(labels)
    return [one for one in every if not one.defines] or every


def merge_labels(labels: Iterable[Label]) -> list[Label]:
    """Merge labels that say the same about many things into one that names a few of them."""
    groups: dict[tuple[Any, ...], list[Label]] = {}
    for one in labels:
        groups.setdefault((one.family, _without(one.names, _VARIES.get(one.family, 0))), []).append(one)
    found: list[Label] = []
    for (family, _), group in groups.items():
        place = _VARIES.get(family, 0)
        named = family and len(group[0].names) > place
        things = list(dict.fromkeys(one.names[place] for one in group)) if named else []
        found += _joined(group, things, place) if len(things) >= _MANY else group
    return found


def _without(names: tuple[str, ...], place: int) -> tuple[str, ...]:
    return (*names[:place], *names[place + 1 :])


def _joined(group: list[Label], things: list[str], place: int) -> list[Label]:
    """Return one label per month for many things, with a few of their table rows and no figures."""
    names = list(group[0].names)
    names[place] = few(things)
    contents = program_contents()
    entry = contents["constraints"].get(group[0].family) or contents["variables"][group[0].family]
    sources = list(dict.fromkeys(source for one in group for source in one.sources))
    one = replace(group[0], says=str(entry["says"]).format(*names), figure="", sources=(few(sources),))
    return [replace(one, month=t) for t in dict.fromkeys(label.month for label in group)]


def few(texts: Sequence[str], most: int = 3) -> str:
    """Return the first few texts, and the number of the others."""
    rest = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {rest} more" if rest > 0 else "")


_MANY = 3  # things with the same label that are merged
_VARIES = {"outage_capacity": 2, "outage_power": 2, "outage_demand": 2, "share_limit": 1}  # which name differs
_STOCKS = ("used", "in_house_capacity", "contract_capacity")  # what limits the use of a pool
_NEEDS = ("unserved", "demand_met", "outage_demand", "not_run", "run_once", "outlet_cover", "renewal")


def needs(one: Label) -> bool:
    """Return whether a label is a requirement rather than a limit."""
    occupied = one.family == "pool_use" and not one.defines
    occupied = one.family == "pool_use" and not one.defines
    return occupied or one.family in _NEEDS or (one.family == "started" and "agreed" in one.figure)
