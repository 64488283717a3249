"""Random instances of unusual shapes: many rows of one kind, many or few months, and transport-like ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.runs import draw
from optimizer.generator import SIZES

SEED = 7
_SIZE = "shape"
SHAPES: dict[str, tuple[str, dict[str, int]]] = {
    "S, 120 months": ("S", {"months": 120}),
    "S, 240 months": ("S", {"months": 240}),
    "S, 120 workloads": ("S", {"workloads": 120}),
    "S, 100 contracts": ("S", {"contracts": 100}),
    "M, 100 workloads": ("M", {"workloads": 100}),
    "M, 5 workloads, 72 months": ("M", {"workloads": 5, "months": 72}),
    "M, 80 contracts": ("M", {"contracts": 80}),
    "M, 60 hourly offers": ("M", {"offers": 60}),
    "M, 50 outlets": ("M", {"outlets": 50}),
    "M, 30 sites, 60 builds": ("M", {"sites": 30, "builds": 60}),
    "M, 60 purchases": ("M", {"purchases": 60}),
    "M, 30 runs": ("M", {"runs": 30}),
    "M, 40 budgets": ("M", {"budgets": 40}),
    "M, 20 policies": ("M", {"policies": 20}),
    "M, 40 own rules": ("M", {"rules": 40}),
    "M, 20 spend commitments": ("M", {"commitments": 20}),
    "M, 8 accelerators, 8 regions": ("M", {"kinds": 8, "regions": 8}),
    "M, 12 months": ("M", {"months": 12}),
    "transport: 150 workloads, 60 offers, 6 months": ("S", {"workloads": 150, "offers": 60, "months": 6}),
    "transport: 40 workloads, 40 offers, 36 months": ("S", {"workloads": 40, "offers": 40, "months": 36}),
}
"""Sizes that the shapes differ from, and how many of what they have."""


def draw_shapes(folder: Path) -> Iterator[tuple[str, str]]:
    """Draw an instance of each shape; yield its name and its folder."""
    for number, (name, (base, numbers)) in enumerate(SHAPES.items()):
        ranges: dict[str, Any] = {what: (count, count) for what, count in numbers.items()}
        SIZES[_SIZE] = replace(SIZES[base], **ranges)
        try:
            source = draw(folder / f"{_SIZE}-{number}", _SIZE, SEED)
        finally:
            del SIZES[_SIZE]
        yield name, str(source)
