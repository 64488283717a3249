"""Options of the commands that are lists separated by commas."""

from __future__ import annotations

from typing import Any

import click

from optimizer.generator import SIZES


def sizes(_context: Any, _option: Any, text: str) -> list[str]:
    """Parse sizes of random instances; ``""`` gives an empty list."""
    found = [size.strip() for size in text.split(",") if size.strip()]
    unknown = [size for size in found if size not in SIZES]
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}: not a valid size; expected one of {', '.join(SIZES)}")
    return found


def seeds(_context: Any, _option: Any, text: str) -> list[int]:
    """Parse seeds of random instances."""
    found = [seed.strip() for seed in text.split(",") if seed.strip()]
    wrong = [seed for seed in found if not (seed.isascii() and seed.isdigit())]
    if wrong:
        raise click.BadParameter(f"{', '.join(wrong)}: expected integers of 0 or more, separated by commas")
    return [int(seed) for seed in found]
