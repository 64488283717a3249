"""The programs of the scenarios of a tree, compiled, with the columns that they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.instance.notice import notice_of
from optimizer.program.arrays import Arrays
from optimizer.program.build import Program, build_together
from optimizer.program.compile import compile_program
from optimizer.program.index import Index
from optimizer.uncertainty.stochastic_program import StochasticProgram
from optimizer.uncertainty.tree import Decision, Sharing, Tree, share


@dataclass(frozen=True)
class ScenarioPrograms:
    """Programs of scenarios in the same units.

    Attributes
    ----------
    tree : Tree
        Scenarios and what is known of them.
    programs : list of Program
        Program of each scenario.
    alone : list of Arrays
        The same compiled.
    arrays : list of Arrays
        The same with decisions that another scenario of the node does not allow fixed at 0.
    sharing : Sharing
        Columns that are one decision.
    """

    tree: Tree
    programs: list[Program]
    alone: list[Arrays]
    arrays: list[Arrays]
    sharing: Sharing

    @property
    def money(self) -> float:
        """Unit of money of the programs."""
        return self.programs[0].units.money

    @property
    def stochastic(self) -> StochasticProgram:
        """All of them as one program."""
        return StochasticProgram(tuple(self.arrays), self.tree.probabilities, self.sharing.ids)

    def with_tree(self, tree: Tree) -> ScenarioPrograms:
        """Return the same programs, which share the decisions of another tree of the same scenarios."""
        return _sharing(tree, self.programs, self.alone)


def scenario_programs(tree: Tree, relax: bool = False) -> ScenarioPrograms:
    """Build and compile the programs of the scenarios of a tree.

    Raises
    ------
    UnsupportedInstance
        If a scenario uses tables that this version does not cover.
    """
    programs = build_together(scenario.instance for scenario in tree.scenarios)
    compiled = [compile_program(program, relax=relax) for program in programs]
    return _sharing(tree, programs, compiled)


def _sharing(tree: Tree, programs: list[Program], compiled: list[Arrays]) -> ScenarioPrograms:
    """Return programs that share the decisions of a tree's nodes."""
    sharing = share(tree, [decisions_of(program) for program in programs], [len(one.columns) for one in compiled])
    arrays = [
        replace(one, upper=np.where(closed, 0.0, one.upper))
        for one, closed in zip(compiled, sharing.closed, strict=True)
    ]
    return ScenarioPrograms(tree, programs, compiled, arrays, sharing)


def decisions_of(program: Program) -> dict[int, Decision]:
    """What the columns of a program decide, and in which month, by their numbers.

    What was agreed before the plan is no decision of it.
    """
    index, found = program.index, {}
    for family, decide in _DECIDE.items():
        for key, column in program.parts.col[family].items():
            decision = decide(index, family, key)
            if decision is not None:
                found[column] = decision
    return found


def _at_start(index: Index, family: str, key: Any) -> Decision:
    """Orders, runs and spend commitments are decided in the month in which they start."""
    *item, start = key
    return Decision(family, tuple(item), start)


def _stock(index: Index, family: str, key: Any) -> Decision:
    """Blocks ordered so far follow from the orders up to the month, which scenarios of a node share."""
    return Decision(family, (key[0],), key[1], is_given=True)


def _signature(index: Index, family: str, key: Any) -> Decision | None:
    """Blocks are signed ``lead_months`` before they start; ``signed`` follows from their number."""
    name, start = key
    agreement = index.agreements[name]
    if agreement.committed is not None:
        return None
    return Decision(family, (name,), start - int(agreement.row.lead_months), is_given=family == "signed")


def _hand_back(index: Index, family: str, key: Any) -> Decision:
    """Blocks are handed back with notice, and a month before the first without them at the latest."""
    name, end = key
    return Decision(family, (name,), end - notice_of(index.agreements[name].row))


_DECIDE: dict[str, Callable[[Index, str, Any], Decision | None]] = {
    "ordered": _at_start,
    "built": _stock,
    "bought": _at_start,
    "started": _signature,
    "signed": _signature,
    "ended": _hand_back,
    "committed": _at_start,
    "placed": _at_start,
}
