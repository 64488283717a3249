"""The summary of a plan under uncertainty on a terminal: what to do now, what it costs, which scenarios hurt most."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from optimizer.format import count, counted, grouped, money, percent
from optimizer.plan.by_scenario import EVERY, of_scenario
from optimizer.plan.tables import SCENARIO
from optimizer.report.document import Grid, KeyFigures, Table
from optimizer.report.key_figures import status
from optimizer.report.steps import VERBS, steps, steps_grid
from optimizer.report.terminal import draw, plain

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.plan.plan import Plan

_STEPS, _HURTING, _NODES, _WARNINGS = 15, 3, 12, 20  # rows of a table
_ROUNDING = 1e-9  # of a probability
KeyFigure = tuple[str, str, str]


def summary_uncertain(plan: Plan, where: str = "", width: int = 100) -> str:
    """Return the summary as plain text; parameters as for :func:`render_uncertain`."""
    return plain(render_uncertain(plan, where, width), width)


def render_uncertain(plan: Plan, where: str = "", width: int = 100) -> Group:
    """Return the summary for a console.

    Parameters
    ----------
    plan : Plan
        Plan under uncertainty.
    where : str
        Where it was written; ``""`` leaves that line out.
    width : int
        Characters in a line; from 60.
    """
    head = plan.instance.head
    title = Text(head.name, style="bold")
    months, number = counted(head.months, "month"), counted(len(plan.tables["scenarios"]), "scenario")
    title.append(f"{f': {head.title}' if head.title else ''} ({months} from {head.start}, {number})", "not bold")
    blocks: list[Any] = [
        KeyFigures(_figures(plan)),
        now_table(plan),
        robust_table(plan),
        hurting_table(plan),
        _nodes_table(plan),
    ]
    rows = [(str(warning),) for warning in plan.head.get("warnings") or []]
    warnings = Table("Warnings", Grid(("Warning",), rows, source="plan.json"))
    parts: list[RenderableType] = [title, "", *draw(blocks, width), *draw([warnings], width, _WARNINGS)]
    return Group(*parts, *([Text.assemble(("Plan written to ", "bold"), where)] if where else []))


def _figures(plan: Plan) -> list[KeyFigure]:
    head, currency = plan.head, plan.instance.head.currency
    level = percent(head["risk"]["level"])
    found = [("Expected cost", money(head["expected_cost"], currency), "net present cost over all scenarios")]
    if head["risk"]["measure"] != "none":
        measure = f"{percent(head['risk']['weight'])} {head['risk']['measure']}, the rest expected cost"
        found.append(("Objective", money(plan.objective, currency), measure))
    found += [_gap(plan), ("Worst cost", money(head["worst_cost"], currency), _worst(plan))]
    found.append(("CVaR", money(head["cvar"], currency), f"mean cost of the worst scenarios beyond {level}"))
    found += [*_planning(plan), *_knowing(plan)]
    passed = "passed" if head["audit"]["passed"] else "failed"
    return [*found, ("Audit", passed, f"{grouped(head['audit']['checks'])} checks, every scenario with its own data")]


def _gap(plan: Plan) -> KeyFigure:
    if plan.bound is None or plan.gap is None:
        return "Gap", "unknown", f"no bound is proven; {status(plan)}"
    bound = money(plan.bound, plan.instance.head.currency)
    return "Gap", percent(plan.gap), f"no plan is proven to be below {bound}; {status(plan)}"


def _worst(plan: Plan) -> str:
    by_cost = plan.tables["scenarios"].sort_values("cost", kind="stable")
    return f"if {by_cost[SCENARIO].iloc[-1]} comes"


def _planning(plan: Plan) -> list[KeyFigure]:
    """What it costs to plan with the base data alone: between what is proven of it, or why it is not known."""
    value, meaning = plan.head["vss"], "more with what the base data alone decide now"
    if value["why"]:
        return [("Base data alone", "unknown", value["why"])]
    return [("Base data alone", text, meaning) for text in _between(plan, value)]


def _knowing(plan: Plan) -> list[KeyFigure]:
    """What it costs not to know which scenario comes: between what is proven of it."""
    between = _between(plan, plan.head["evpi"])
    return [("Cost of not knowing", text, "expected value of perfect information") for text in between]


def _between(plan: Plan, value: dict[str, Any]) -> list[str]:
    """Return an amount with what is proven of it; nothing if one side is open."""
    if value["at_most"] is None or value["at_least"] is None:
        return []
    least, most = (money(value[key], plan.instance.head.currency) for key in ("at_least", "at_most"))
    return [least if least == most else f"{least} to {most}"]


def now_table(plan: Plan) -> Table:
    """Return the decisions before anything is known, which are the same in every scenario."""
    nodes = plan.tables["nodes"]
    later = nodes.loc[nodes["scenarios"] != EVERY, "month"]
    shared = of_scenario(plan.decisions, plan.tables["scenarios"][SCENARIO].iloc[0])
    until = later.min() if len(later) else plan.instance.label(plan.instance.head.months)
    rows: pd.DataFrame = shared[(shared["month"] < until) & (shared["decision"] != "expire")]
    of_all = replace(plan, tables={**plan.tables, "decisions": rows.reset_index(drop=True)})
    known = f"before {until}, when the first outcome is known" if len(later) else "which nothing that is known changes"
    none = f"No decisions {known}." if len(later) else "No decisions."
    return Table(f"What to do whatever happens, {known}", steps_grid(of_all, steps(of_all), _STEPS), none)


def robust_table(plan: Plan) -> Table:
    """Return how likely the scenarios are whose own best plans take the decisions of now too, the surest first."""
    table, listed = plan.tables["robustness"], plan.tables["scenarios"]
    known = float(listed.loc[listed["alone_cost"].notna(), "probability"].sum())
    first = (
        table.sort_values("probability", ascending=False, kind="stable").head(_STEPS) if known > 0 else table.head(0)
    )
    rows = [
        (row["month"], f"{VERBS[row['decision']]} {row['item']}", count(row["blocks"]), percent(row["probability"]))
        for row in first.to_dict("records")
    ]
    left = len(table) - len(rows) if known > 0 else 0
    columns = ("Month", "Step", "Blocks", "Also best in")
    grid = Grid(columns, rows, 2, source="the plan's table robustness", left=left)
    part = "" if known > 1 - _ROUNDING else f", of {percent(known)} that were examined"
    none = "No-regret moves: none to examine." if known > 0 else "No-regret moves: no scenario was examined alone."
    return Table(f"No-regret moves: probability that a scenario's own best plan has them too{part}", grid, none)


def hurting_table(plan: Plan) -> Table:
    """Return the scenarios that cost most."""
    table, currency = plan.tables["scenarios"], plan.instance.head.currency
    worst = table.sort_values("cost", ascending=False, kind="stable").head(_HURTING)
    rows = [
        (
            row[SCENARIO],
            row["changes"],
            percent(row["probability"]),
            money(row["cost"], currency),
            money(row["cost"] - plan.head["expected_cost"], currency),
        )
        for row in worst.to_dict("records")
    ]
    columns = ("Scenario", "What comes", "Probability", "Cost", "Over expected")
    return Table("Scenarios that cost most", Grid(columns, rows, 2, source="the plan's table scenarios"))


def _nodes_table(plan: Plan) -> Table:
    """Return what becomes known, and when."""
    nodes = plan.tables["nodes"]
    rows = [
        (row["month"], row["known"], percent(row["probability"]))
        for row in nodes[nodes["scenarios"] != EVERY].head(_NODES).to_dict("records")
    ]
    left = max(int((nodes["scenarios"] != EVERY).sum()) - len(rows), 0)
    grid = Grid(("From", "What is known", "Probability"), rows, 2, source="the plan's table nodes", left=left)
    return Table("What becomes known", grid, "Nothing becomes known within the plan: all decisions are one schedule.")
