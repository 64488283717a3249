"""What the commands here are told in lists with commas."""

from __future__ import annotations

from typing import Any

import click

from optimizer.generator import SIZES


def sizes(_context: Any, _option: Any, text: str) -> list[str]:
    """Sizes of random instances; none of ``""``."""
    found = [size.strip() for size in text.split(",") if size.strip()]
    unknown = [size for size in found if size not in SIZES]
    if unknown:
        raise click.BadParameter(f"no size {', '.join(unknown)}; there are {', '.join(SIZES)}")
    return found


def seeds(_context: Any, _option: Any, text: str) -> list[int]:
    """Seeds of random instances."""
    found = [seed.strip() for seed in text.split(",") if seed.strip()]
    wrong = [seed for seed in found if not (seed.isascii() and seed.isdigit())]
    if wrong:
        raise click.BadParameter(f"{', '.join(wrong)}: whole numbers from 0 on expected, with commas between them")
    return [int(seed) for seed in found]
