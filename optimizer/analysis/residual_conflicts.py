"""What still clashes with the rest of a repair made: why something is given up that stands behind no conflict so far.

A budget that is raised just as far as what is agreed asks can be too small for work that must be served; raised as far
as one likes it would not be.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import replace

from optimizer.analysis.diagnosis import Reason
from optimizer.analysis.reasons import reasons_of
from optimizer.instance.edit import Edit, apply_edits
from optimizer.program.build import Program, build
from optimizer.program.compile import compile_program
from optimizer.solver.elastic import Cell, make_elastic
from optimizer.solver.hitting_sets import find_one
from optimizer.solver.solution import Options

_WITH = "With the rest of the repair made: "


def residual_conflicts(
    program: Program, edits: Mapping[Cell, Edit], named: Collection[Cell], options: Options, until: float
) -> tuple[tuple[Reason, ...], bool]:
    """A conflict for each cell of a repair that is not named yet: what clashes if all but that is given up.

    Returns
    -------
    tuple of Reason, bool
        The conflicts, and whether there is one for every such cell.
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
        edited = build(apply_edits(program.instance, others), program.added)
        loosened = make_elastic(edited, compile_program(edited, relax=options.relax))
        one = find_one(loosened, left)
        if one is not None:
            missing -= 1
            found += [_said(reason) for reason in reasons_of(edited, loosened, [one])]
    return tuple(found), not missing


def _said(reason: Reason) -> Reason:
    return replace(reason, text=_WITH + reason.text)
