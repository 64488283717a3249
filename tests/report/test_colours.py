"""Colours of a report: stand out from the page, and can be told apart by colour-blind readers."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from optimizer.plan.tables import make_table
from optimizer.report.colours import DARK, INK, MUTED, OTHERS, PALETTE, PAPER, PENALTIES, Colours, party_text
from tests.report.plans import large_plan, small_plan

Floats = NDArray[np.float64]
# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
_DEUTERANOPIA = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
_PROTANOPIA = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
# Ottosson (2020): linear RGB to cone responses, and their cube roots to lightness and two opponent colours.
_CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
_OPPONENTS = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def linear(colour: str) -> Floats:
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    dark, light = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def perceived(colour: str, blindness: list[list[float]] | None) -> Floats:
    seen = linear(colour)
    if blindness:
        seen = np.clip(np.array(blindness) @ seen, 0, 1)
    found: Floats = np.array(_OPPONENTS) @ np.cbrt(np.array(_CONES) @ seen)
    return found


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("blindness", [None, _DEUTERANOPIA, _PROTANOPIA])
def test_parties_can_be_told_apart(theme: int, blindness: list[list[float]] | None) -> None:
    """Tests that any two colours of parties are 0.09 apart in OKLab; 0.02 is what a trained eye just sees."""
    seen = [perceived(pair[theme], blindness) for pair in PALETTE]
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2)) >= 0.09


@pytest.mark.parametrize("colour", [*(light for light, _ in PALETTE), INK, MUTED])
def test_colours_stand_out_from_the_page(colour: str) -> None:
    """Tests that colours have a contrast of 3 to the page, as WCAG 2 asks of graphics, and text one of 4.5."""
    least = 4.5 if colour in (INK, MUTED) else 3
    assert contrast(colour, PAPER) >= least
    assert contrast(DARK[colour], DARK[PAPER]) >= least


def test_colours_go_by_money_then_by_name() -> None:
    """Tests that the own sites come first, then parties by the money that passes, either way, then by name."""
    plan = small_plan()
    # The cloud gets 2.619 M, neo 1.2 M, the lab pays 0.3 M.
    assert Colours(plan).parties == ["in_house", "cloud", "neo", "lab"]
    plan = replace(plan, tables=plan.tables | {"cash": make_table("cash", [])})
    assert Colours(plan).parties == ["in_house", "cloud", "lab", "neo"]


def test_parties_beyond_the_colours_share_a_grey() -> None:
    """Tests that parties after the tenth are shown as others, in their own hatch, and penalties in another."""
    colours = Colours(large_plan(12))
    assert colours.group("party-08") == "party-08"
    assert colours.group("party-09") == OTHERS
    assert colours.others == [f"party-{i:02}" for i in range(9, 30)]
    assert colours.order([PENALTIES, OTHERS, "party-03", "in_house"]) == ["in_house", "party-03", OTHERS, PENALTIES]
    assert len({colours.pattern(name) for name in ("party-03", OTHERS, PENALTIES)}) == 3
    assert [party_text(name) for name in (OTHERS, PENALTIES, "in_house")] == ["other parties", "penalties", "in-house"]
