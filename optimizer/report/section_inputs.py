"""What a plan rests on: sources, assumptions, warnings and the tables of its instance; and where it comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from optimizer.format import count, counted, grouped, money, percent
from optimizer.instance.raw import number_text
from optimizer.report.document import Block, Grid, Prose, Section, Table
from optimizer.report.key_figures import audit_text, part, status
from optimizer.schema import load_schema

if TYPE_CHECKING:
    from optimizer.instance.instance import Head, Instance
    from optimizer.plan.plan import Plan

_ROWS = 60


def _tail(head: Head) -> str:
    """What contracts count with after the plan."""
    return f"{percent(head.tail_fraction)} of what they still cost" if head.tail_fraction else "nothing"


def inputs(plan: Plan) -> Section:
    """Inputs with their sources, assumptions and warnings."""
    head = plan.instance.head
    texts = [*_paragraphs(head.description), *(f"Sources: {text}" for text in _paragraphs(head.sources))]
    blocks: list[Block] = [Prose(texts or ["The instance has neither a description nor sources."])]
    blocks.append(warnings_table(plan))
    blocks.append(Table("Assumptions", Grid(("What", "Assumed"), _assumptions(plan), 2)))
    tables = [name for name, found in plan.instance.rows.items() if found]
    blocks += [Table(_caption(plan.instance, name), _table(plan.instance, name), folded=True) for name in tables]
    return Section("inputs", "Inputs, sources, assumptions", tuple(blocks))


def warnings_table(plan: Plan) -> Table:
    """Return the warnings of the plan."""
    rows = [(str(number), str(warning)) for number, warning in enumerate(plan.head.get("warnings") or [], 1)]
    return Table("Warnings", Grid(("No.", "Warning"), rows, 2), "There are no warnings.")


def _paragraphs(text: str) -> list[str]:
    """Paragraphs of a text; a single line break does not end one."""
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def _assumptions(plan: Plan) -> list[tuple[str, ...]]:
    head, rows = plan.instance.head, plan.instance.rows
    rate = f"discounted at {percent(head.discount_rate)} a year, effective" if head.discount_rate else "not discounted"
    empty = [name for name, table in load_schema().tables.items() if table.limits and not rows[name]]
    found: list[tuple[str, ...]] = [
        ("Money", f"nominal {head.currency}, in the month in which it is paid; {rate}, to {head.start}"),
        ("Months", f"{head.months}, of {number_text(head.hours_per_month)} hours billed and metered each"),
        ("Within a month", "what happens in a month happens at its start; quantities do not change within it"),
        ("Energy", "idle accelerators draw no power"),
        ("Work not served", "costs the penalty of its workload, which is part of the cost, but not cash"),
        ("After the last month", f"builds and purchases count with their residual value, contracts with {_tail(head)}"),
    ]
    if empty:
        found.append(("Not limited by", ", ".join(name.replace("_", " ") for name in empty) + ": none are given"))
    if plan.head.get("relaxed"):
        found.append(("Relaxed", "blocks and lots may be fractional, so this plan cannot be carried out as it is"))
    return found


def _caption(instance: Instance, table: str) -> str:
    number = len(instance.rows[table])
    meaning = load_schema().tables[table].meaning
    return f"{table}, {counted(number, 'row')}: {meaning}".replace("`", "")


def _table(instance: Instance, table: str) -> Grid:
    """A table of the instance, without the columns that are blank in all rows."""
    columns = load_schema().tables[table].columns
    rows = [dict(row) for row in instance.rows[table]]
    kept = [name for name in columns if any(row[name] not in (None, "", ()) for row in rows)]
    cells = [tuple(_cell(instance.cell(columns[name], row[name])) for name in kept) for row in rows[:_ROWS]]
    numbers = ("number", "integer")
    texts = next((i for i, name in enumerate(kept) if columns[name].type in numbers), len(kept))
    grid = Grid(tuple(kept), cells, max(texts, 1), source="the plan's folder instance")
    return replace(grid, left=len(rows) - len(cells))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number_text(value) if isinstance(value, float) else str(value)


# ---------------------------------------------------------------- where it comes from
def provenance(plan: Plan) -> Section:
    """Return what is needed to find this plan again."""
    return Section("provenance", "Where this plan comes from", provenance_tables(plan))


def provenance_tables(plan: Plan) -> list[Table]:
    """Return hash, status and proof of a plan, and options, versions, sizes and times of its search."""
    options, solver = part(plan, "options"), part(plan, "solver")
    facts = [
        ("Instance", plan.instance.head.name),
        ("Hash of its content", plan.instance.hash),
        ("Status", f"{plan.status}: {status(plan)}"),
        *_proof(plan),
    ]
    search = [
        *((f"Option {name.replace('_', ' ')}", _option(value)) for name, value in options.items()),
        *(("Solver: " + name.replace("_", " "), _option(value)) for name, value in solver.items()),
        *((f"Version of {name}", str(version)) for name, version in part(plan, "versions").items()),
        *((f"Size: {name.replace('_', ' ')}", count(value)) for name, value in part(plan, "size").items()),
        *((f"Seconds to {name}", grouped(value, 2)) for name, value in part(plan, "seconds").items()),
    ]
    peak = max(part(plan, "memory_mb").values(), default=0)
    search += [("Peak memory", f"{count(peak)} MB")] if peak else []
    columns, note = ("What", "Value"), "As the search recorded it; no audit can derive this from the plan."
    return [Table("Provenance", Grid(columns, facts, 2)), Table("The search", Grid(columns, search, 2, note))]


def _proof(plan: Plan) -> list[tuple[str, str]]:
    currency, verdict = plan.instance.head.currency, audit_text(plan)
    facts = [("Net present cost", money(plan.objective, currency, 7))]
    facts.append(("Proven bound", "none" if plan.bound is None else money(plan.bound, currency, 7)))
    facts.append(("Gap", "no bound proven" if plan.gap is None else percent(plan.gap)))
    facts += [("Audit", ", ".join(verdict))] if verdict else []
    return facts


def _option(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "chosen by the solver"
    return number_text(value) if isinstance(value, float) else str(value)
