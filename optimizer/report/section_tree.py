"""What becomes known when, and what is decided then in each case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.format import counted, month_cell, month_text, percent, shown
from optimizer.plan.by_scenario import SEPARATOR
from optimizer.report.document import Block, Branch, Branches, Grid, Prose, Table
from optimizer.report.moves import Tree

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

NOTHING_KNOWN = "Nothing becomes known within the plan: all decisions are one schedule."
_OPEN, _FIRST = 12, 8  # nodes up to which all are shown at once, or those of the second level
_MOST = 60  # decisions of a node
_NAMES = 3  # scenarios that are named


def tree_blocks(plan: Plan) -> list[Block]:
    """Return the blocks of the section."""
    tree = Tree(plan)
    if len(tree.nodes) == 1:
        return [Prose([NOTHING_KNOWN]), _branches(plan, tree)]
    text = "Each case lists what becomes known, how likely it is, and what is decided from then on until more is known."
    return [Prose([text]), _branches(plan, tree)]


def _branches(plan: Plan, tree: Tree) -> Branches:
    levels = len(tree.nodes) if len(tree.nodes) <= _OPEN else 1
    roots = tree.children("")
    if levels == 1 and sum(len(tree.children(node)) for node in roots) <= _FIRST:
        levels = 2
    branches = tuple(_branch(plan, tree, node, levels) for node in roots)
    return Branches("Decisions of each case", branches)


def _branch(plan: Plan, tree: Tree, node: str, levels: int) -> Branch:
    """Return a node with its decisions and all below it; so many ``levels`` are open."""
    row, children = tree.nodes[node], tree.children(node)
    known = "; ".join(shown(one, 60) for one in row["known"].split(SEPARATOR) if one)
    title = f"From {month_text(row['month'])}: {known or ('nothing new' if row['parent'] else 'nothing known yet')}"
    none = "Nothing is decided in this case." if not children else "Nothing is decided until more is known."
    table = Table(f"Decisions of case {node}", _grid(plan, tree, node), none)
    detail = f"{percent(row['probability'])}, {_scenarios(row['members'])}"
    return Branch(title, detail, table, tuple(_branch(plan, tree, one, levels - 1) for one in children), levels > 0)


def _scenarios(members: list[str]) -> str:
    return shown(members[0], 60) if len(members) == 1 else counted(len(members), "scenario")


def _grid(plan: Plan, tree: Tree, node: str) -> Grid:
    rows = [(month_cell(move.month), move.text, move.runs, *move.cells) for move in tree.moves(node)]
    columns = ("Month", "Step", "Runs", "Blocks", "Accelerators", "MW", f"Commits, {plan.instance.head.currency}")
    return Grid(columns, rows, 3, source="the plan's table decisions").head(_MOST)


def nodes_table(plan: Plan, most: int) -> Table:
    """Return what becomes known, and when."""
    nodes = plan.tables["nodes"]
    later = nodes[nodes["parent"] != ""] if (nodes["parent"] != "").any() else nodes[nodes["known"] != ""]
    rows = [
        (month_cell(row["month"]), row["known"], percent(row["probability"]))
        for row in later.head(most).to_dict("records")
    ]
    source = "the plan's table nodes"
    grid = Grid(("From", "What is known", "Probability"), rows, 2, source=source, left=len(later) - len(rows))
    return Table("What becomes known", grid, NOTHING_KNOWN)
