"""What an audit finds: violations, the verdict, and the comparing of figures within a tolerance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.format import distinguished, grouped

Names = Sequence[str] | NDArray[Any] | str

RELATIVE = 1e-6
"""Two figures agree if they differ by less than this share of the larger one (or of the sum they are a part of)..."""

FLOOR = 1e-9
"""...or by less than this share of the largest figure of their kind in the plan: accelerators, work, MW, money."""

BLOCK = 1e-6
"""Blocks and lots are counted as they are: a millionth of one is tolerated."""

HALF_CENT = 0.005
"""...and limits on money by half a cent, where that is less: a limit of one dollar holds in a plan of billions too."""

LARGEST = 1e100
"""Numbers from here on count as none: no figure of a plan is as large."""

LISTED = 100
"""Maximum violations in the JSON form; ``violation_count`` is their number."""

_DIGITS, _FEW_DIGITS = 12, 9  # of the cells of a table, as written here and as other software may write them

NOT_AUDITED = {
    "stopped": "why the search ended",
    "options": "options",
    "size": "size of the program",
    "solver": "nodes and iterations",
    "seconds": "seconds",
    "memory_mb": "memory",
    "versions": "versions",
    "warnings": "warnings",
}
"""Parts of the head that do not follow from the tables and the instance: at most their kind is checked."""

_EXCESS: dict[str, Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]] = {
    "<=": lambda left, right: left - right,
    ">=": lambda left, right: right - left,
    "=": lambda left, right: np.abs(left - right),
}
_WORDS = {"<=": "at most {} allowed", ">=": "at least {} required", "=": "{} expected"}


@dataclass(frozen=True)
class Violation:
    """One place in which a plan breaks a rule or a figure of it is wrong.

    Attributes
    ----------
    rule : str
        Name of the rule, such as ``max_blocks``; its sentence stands in :data:`optimizer.auditing.RULES`.
    item : str
        Contract, pool, workload, site, table... that it is about.
    month : str
        ``YYYY-MM``, ``""`` where no one month is meant.
    found : str
        What the plan has, in words.
    allowed : str
        What it may or should have, in words.
    """

    rule: str
    item: str
    month: str
    found: str
    allowed: str

    def __str__(self) -> str:
        place = " ".join(part for part in (self.month, self.item) if part)
        return f"{place or 'plan'}: {self.found}, {self.allowed} ({self.rule})"


@dataclass(frozen=True)
class Audit:
    """The verdict on a plan.

    Attributes
    ----------
    violations : tuple of Violation
        Everything found wrong, rule by rule.
    checks : int
        Single comparisons made.
    """

    violations: tuple[Violation, ...]
    checks: int

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.violations

    def with_violations(self, more: Sequence[Violation]) -> Audit:
        """The same with violations that were found elsewhere, but for those that stand here already."""
        known = {(one.rule, one.item, one.month) for one in self.violations}
        fresh = [one for one in more if (one.rule, one.item, one.month) not in known]
        return Audit((*self.violations, *fresh), self.checks + len(fresh)) if fresh else self

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Audit:
        """Return the verdict that :meth:`to_dict` has written with all violations."""
        names = [field.name for field in fields(Violation)]
        return cls(tuple(Violation(*(one[name] for name in names)) for one in found["violations"]), found["checks"])

    def to_dict(self, most: int | None = LISTED) -> dict[str, Any]:
        """For JSON: verdict, number of checks, violations by rule, and the first hundred (or all: None) in full."""
        listed = [vars(violation) | {"text": str(violation)} for violation in self.violations[:most]]
        return {
            "passed": self.passed,
            "checks": self.checks,
            "violation_count": len(self.violations),
            "by_rule": dict(Counter(violation.rule for violation in self.violations)),
            "violations": listed,
            "not_audited": list(NOT_AUDITED),
        }

    def text(self, most: int = 20) -> str:
        """For people: the verdict and the first ``most`` violations, one a line."""
        if self.passed:
            return f"The plan passes its audit: {grouped(self.checks)} checks.\n{_left_out()}"
        count = len(self.violations)
        lines = [f"The plan fails its audit: {grouped(count)} of {grouped(self.checks)} checks."]
        lines += [f"  {violation}" for violation in self.violations[:most]]
        return "\n".join(lines + ([f"  and {grouped(count - most)} more"] if count > most else []))

    def __str__(self) -> str:
        return self.text()


def _left_out() -> str:
    """What a verdict does not vouch for."""
    return f"Not audited, because it does not follow from the tables: {', '.join(NOT_AUDITED.values())}."


@dataclass
class Findings:
    """Collects violations of the rule that is being checked, and counts the comparisons.

    Attributes
    ----------
    labels : sequence of str
        Months of the plan, and the one after it, as ``YYYY-MM``.
    rule : str
        Rule being checked.
    """

    labels: Sequence[str]
    rule: str = ""
    checks: int = 0
    violations: list[Violation] = field(default_factory=list)

    def add(self, item: str, month: str, found: str, allowed: str) -> None:
        """Note a violation of the current rule."""
        self.violations.append(Violation(self.rule, item, month, found, allowed))

    def that(self, holds: bool, item: str, month: str, found: str, allowed: str) -> None:
        """Check one condition."""
        self.checks += 1
        if not holds:
            self.add(item, month, found, allowed)

    def compare(
        self,
        found: ArrayLike,
        sense: str,
        allowed: ArrayLike,
        what: Names,
        items: Names,
        months: Names | None = None,
        *,
        floor: float | NDArray[Any] = 0.0,
        relative_to: float | NDArray[Any] = 0.0,
    ) -> None:
        """Compare figures one by one.

        Parameters
        ----------
        found, allowed : array
            What the plan has, and what it may or should have; with two dimensions, items by months.
        sense : {"=", "<=", ">="}
            What is demanded of ``found`` towards ``allowed``.
        what : str or sequence of str
            What the figures are: ``"blocks active"``; one for all, or one by item.
        items, months : sequence of str, or one str
            Whose figures they are; ``months`` is left out for items by months.
        floor : float or array
            Absolute tolerance, in addition to the relative one.
        relative_to : array
            Figures that the compared ones are parts or differences of: the tolerance is relative to these too.
        """
        left, right = np.atleast_1d(np.asarray(found, float)), np.asarray(allowed, float)
        excess = _EXCESS[sense](left, right)
        size = np.maximum(np.maximum(np.abs(left), np.abs(right)), np.abs(relative_to))
        holds = excess <= RELATIVE * size + floor  # not where one of them is NaN
        self.checks += excess.size
        if holds.all():
            return
        left, right = np.broadcast_arrays(left, right)
        names, labels, texts = self._places(left.shape, items, months, what)
        for place in zip(*np.nonzero(~holds), strict=True):
            one, other = distinguished(float(left[place]), float(right[place]))
            self.add(names[place], labels[place], f"{one} {texts[place]}", _WORDS[sense].format(other))

    def _places(
        self, shape: tuple[int, ...], items: Names, months: Names | None, what: Names
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Item, month and description of every figure."""
        labels = np.asarray(self.labels[: shape[-1]] if months is None else months, dtype=object)
        by_item = (np.asarray(part, dtype=object) for part in (items, what))
        names, texts = (part.reshape(-1, 1) if len(shape) > 1 else part for part in by_item)
        return np.broadcast_to(names, shape), np.broadcast_to(labels, shape), np.broadcast_to(texts, shape)

    def rows(self, items: Names, months: Names, holds: NDArray[Any], texts: Callable[[int], tuple[str, str]]) -> None:
        """Check a condition row by row; ``texts`` returns what a row has and what is expected."""
        self.checks += len(holds)
        for row in np.flatnonzero(~holds).tolist():
            self.add(items[row], months[row], *texts(row))


def rounding(cells: NDArray[Any]) -> float:
    """Share of its size by which a figure that cells add up to may be off: they have twelve digits, or just nine."""
    return 1e-8 if _digits(cells) == _FEW_DIGITS else 1e-11


def total(cells: NDArray[Any]) -> tuple[float, float]:
    """Sum of cells, and by how much it may be off: half of the last digit of each, and the noise of adding up."""
    sizes = np.abs(cells[cells != 0])
    last = 10.0 ** (np.floor(np.log10(sizes)) - _digits(cells) + 1)
    return float(cells.sum()), 0.501 * float(last.sum()) + 1e-13 * float(sizes.sum())


def _digits(cells: NDArray[Any]) -> int:
    """Digits to which cells are rounded."""
    few = all(float(f"{cell:.{_FEW_DIGITS}g}") == cell for cell in cells.tolist())
    return _FEW_DIGITS if few else _DIGITS
