"""Conflicts that remain after the other edits of a repair: reasons for edits that no conflict has explained so far.

A budget that is raised just enough for the signed agreements can be too small for work that must be served. It would
not be if it were raised without limit, so that the first conflicts do not name it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import replace

from optimizer.analysis.diagnosis import Reason
from optimizer.analysis.reasons import reasons_of
from optimizer.instance.edit import Edit
from optimizer.program.build import Program
from optimizer.program.compile import compile_program
from optimizer.solver.elastic import Cell, make_elastic
from optimizer.solver.hitting_sets import find_one
from optimizer.solver.solution import Options

_WITH = "With the rest of the repair made: "


def residual_conflicts(
    program: Program, edits: Mapping[Cell, Edit], named: Collection[Cell], options: Options, until: float
) -> tuple[tuple[Reason, ...], bool]:
    """Find a conflict for each cell of a repair that no conflict names yet, with all other edits made.

    Returns
    -------
    tuple of Reason, bool
        The conflicts, and whether one was found for every such cell.
    """
    found: list[Reason] = []
    missing = 0
    for cell in edits:
        if cell in named or len(edits) < 2:
            continue
        missing += 1
        left = until - time.perf_counter()
        if left <= 0:
            continue
        others = [edit for other, edit in edits.items() if other != cell]
        edited = program.with_edits(others)
        loosened = make_elastic(edited, compile_program(edited, relax=options.relax))
        one = find_one(loosened, left)
        if one is not None:
            missing -= 1
            found += [_with_prefix(reason) for reason in reasons_of(edited, loosened, [one])]
    return tuple(found), not missing


def _with_prefix(reason: Reason) -> Reason:
    return replace(reason, text=_WITH + reason.text)
