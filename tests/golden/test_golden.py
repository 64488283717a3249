"""The rows of every constraint family, as checked by eye and kept in ``<family>.lp``."""

from __future__ import annotations

import re

import pytest
from pyomo.repn.tests.lp_diff import lp_diff

import optimizer
from optimizer.program.units import Units
from optimizer.schema import program_contents
from tests.golden.cases import CASES
from tests.golden.rewrite import FOLDER, rows_of

FAMILIES = list(program_contents()["constraints"])


def test_every_family_has_its_golden_file() -> None:
    """Tests that each constraint family has a case and a file, and that there are no others."""
    assert sorted(CASES) == sorted(FAMILIES)
    assert sorted(file.stem for file in FOLDER.glob("*.lp")) == sorted(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_rows_of_a_family_are_as_checked_by_eye(family: str) -> None:
    """Tests that a family reads as its golden file; if it is meant to change: ``python -m tests.golden.rewrite``."""
    kept = (FOLDER / f"{family}.lp").read_text(encoding="utf-8")
    base, built = lp_diff(kept, rows_of(family))
    assert built == base
    assert len(re.findall(rf"^c_[eul]_{family}\(", kept, flags=re.MULTILINE)) > 0


@pytest.mark.parametrize("family", FAMILIES)
def test_the_cases_are_in_natural_units(family: str) -> None:
    """Tests that the figures of a golden file are those of its instance."""
    assert optimizer.build(CASES[family]()).units == Units(accelerators=1.0, mw=1.0, money=1.0)
