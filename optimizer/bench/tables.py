"""Results of the benchmark and of campaigns as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from optimizer.bench.campaign import Trial, counts
from optimizer.bench.runs import Result
from optimizer.format import grouped, money, percent_figure

# Phases that a column of seconds adds up.
_SECONDS = {
    "before s": ("read", "build", "compile"),
    "solve s": ("solve",),
    "after s": ("extract", "audit"),
    "all s": ("process",),
}


def results_table(results: Sequence[Result]) -> RenderableType:
    """One line per instance: its result, the best known objective, seconds, memory and nodes."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("instance", "set", "result"):
        table.add_column(name, no_wrap=True)
    for name in ("objective", "bound", "gap", "best known", "columns", "nodes", *_SECONDS, "MB"):
        table.add_column(name, justify="right", no_wrap=True)
    for result in results:
        table.add_row(*_cells(result), style="red" if result.problems else None)
    return Group(table, *problem_lines([(result.instance, result.problems) for result in results]))


def _cells(result: Result) -> list[str]:
    best = result.known or {}
    amounts = [
        _money(result.objective),
        _money(result.bound),
        "" if result.gap is None else percent_figure(result.gap, 4),
    ]
    known = f"{_money(best.get('objective'))} {best['mark']}".strip() if best else ""
    columns = grouped(result.size["columns"]) if "columns" in result.size else ""
    nodes = grouped(result.solver["nodes"]) if "nodes" in result.solver else ""
    seconds = [_seconds(result, phases) for phases in _SECONDS.values()]
    memory = "" if result.memory_mb is None else grouped(result.memory_mb)
    return [result.instance, result.set, result.status, *amounts, known, columns, nodes, *seconds, memory]


def _seconds(result: Result, phases: tuple[str, ...]) -> str:
    found = [result.seconds[name] for name in phases if name in result.seconds]
    return grouped(sum(found), 1) if found else ""


def _money(amount: float | None) -> str:
    return "" if amount is None else money(amount, digits=6)


def problem_lines(problems: Sequence[tuple[str, list[str]]]) -> list[Text]:
    """A line per problem."""
    return [Text(f"{name}: {problem}", style="red") for name, found in problems for problem in found]


def campaign_table(trials: Sequence[Trial], size: str) -> RenderableType:
    """Results of a campaign: counts by status, answers compared, tables used, and every failure."""
    found = counts(trials)
    table = Table(box=None, pad_edge=False, show_header=False)
    seeds = f"seeds {trials[0].seed} to {trials[-1].seed}" if trials else "no seeds"
    table.add_row("random instances", f"{grouped(found['instances'])} of size {size}, {seeds}")
    table.add_row("plans", ", ".join(f"{grouped(count)} {name}" for name, count in found["status"].items() if count))
    table.add_row("answers compared", ", ".join(f"{name} {grouped(count)}" for name, count in found["answers"].items()))
    table.add_row("tables used", ", ".join(f"{name} {grouped(count)}" for name, count in found["uses"].items()))
    table.add_row("largest program", f"{grouped(found['columns'])} columns")
    table.add_row("seconds", grouped(found["seconds"], 1))
    table.add_row("failures", grouped(found["failures"]))
    again = f"capopt new FOLDER --random --size {size} --seed"
    lines = problem_lines([(f"{again} {trial.seed}", trial.problems) for trial in trials])
    return Group(table, *lines)
