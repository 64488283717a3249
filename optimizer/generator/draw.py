"""Random draws that are the same on every machine: all of them come from numpy's stream of doubles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def nice(value: float, digits: int = 3) -> float:
    """Round a number to few significant digits."""
    return float(f"{value:.{digits}g}")


class Draw:
    """A stream of random draws.

    Parameters
    ----------
    *path : int
        Keys of the stream: the seed, and the family of tables.
    """

    def __init__(self, *path: int) -> None:
        self._stream = np.random.Generator(np.random.PCG64(np.random.SeedSequence(path)))

    def share(self) -> float:
        """Draw a share from 0 to below 1."""
        return float(self._stream.random())

    def chance(self, probability: float) -> bool:
        """Draw whether an event of this probability happens."""
        return self.share() < probability

    def integer(self, low: int, high: int) -> int:
        """Draw an integer from ``low`` to ``high``, both included; ``low`` if ``high`` is less."""
        return low + int(self.share() * max(high - low + 1, 1))

    def between(self, low: float, high: float, digits: int = 3) -> float:
        """Draw a number with few significant digits."""
        return nice(low + (high - low) * self.share(), digits)

    def pick(self, items: Sequence[T]) -> T:
        """Draw one of the items."""
        return items[self.integer(0, len(items) - 1)]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """Draw ``count`` of the items, in their order; all if there are fewer."""
        keys = [(self.share(), i) for i in range(len(items))]
        return [items[i] for i in sorted(i for _, i in sorted(keys)[:count])]

    def maybe(self, probability: float, low: float, high: float) -> float | None:
        """Draw a number, or a blank."""
        return self.between(low, high) if self.chance(probability) else None

    def maybe_integer(self, probability: float, low: int, high: int) -> int | None:
        """Draw an integer, or a blank."""
        return self.integer(low, high) if self.chance(probability) else None
