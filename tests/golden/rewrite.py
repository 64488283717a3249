"""Writes the golden files anew: ``python -m tests.golden.rewrite``. Check every changed row by eye."""

from __future__ import annotations

import io
from pathlib import Path

import pyomo.environ as pyo
from pyomo.repn.plugins.lp_writer import LPWriter

import optimizer
from tests.golden.cases import CASES

FOLDER = Path(__file__).parent


def rows_of(family: str) -> str:
    """The rows of a family in its case, with the bounds of the variables in them, as an LP file."""
    program = optimizer.build(CASES[family]())
    model = program.model
    for component in model.component_objects((pyo.Constraint, pyo.Objective)):
        if component.local_name != family:
            component.deactivate()
    model.nothing = pyo.Objective(expr=model.one)
    text = io.StringIO()
    LPWriter().write(model, text, symbolic_solver_labels=True)
    return text.getvalue()


def rewrite() -> None:
    """Write one file per family, and remove those of families that are gone."""
    for file in FOLDER.glob("*.lp"):
        file.unlink()
    for family in CASES:
        (FOLDER / f"{family}.lp").write_text(rows_of(family), encoding="utf-8")


if __name__ == "__main__":
    rewrite()
