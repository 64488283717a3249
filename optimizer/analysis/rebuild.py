"""Rebuild of a program after edits of its instance."""

from __future__ import annotations

from collections.abc import Iterable

from optimizer.instance.edit import Edit, apply_edits
from optimizer.program.build import Program, build


def rebuild_program(program: Program, edits: Iterable[Edit]) -> Program:
    """Build the program of the edited instance, with the constraints that were added to the original program.

    Raises
    ------
    InstanceError
        If the edited instance is invalid.
    AdditionError
        If an added constraint refers to a variable that the edits remove.
    """
    return build(apply_edits(program.instance, edits), program.added)
