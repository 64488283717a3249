"""The program of an edited instance."""

from __future__ import annotations

from collections.abc import Iterable

from optimizer.instance.edit import Edit, apply_edits
from optimizer.program.build import Program, build


def rebuilt(program: Program, edits: Iterable[Edit]) -> Program:
    """The program of a program's instance after some edits, with what was added to it.

    Raises
    ------
    InstanceError
        If the edited instance is broken.
    AdditionError
        If what was added counts a variable that the edits take away.
    """
    return build(apply_edits(program.instance, edits), program.added)
