"""The program as data: numbered columns and rows, and the lookups that the rules of its families read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Any

from optimizer.program.columns import ColumnKind
from optimizer.program.index import Index
from optimizer.program.ledger import Entries
from optimizer.program.row import Row
from optimizer.program.units import Units

Name = tuple[str, Any]  # family and key of a column or row; the key of what has no index is None


class ProgramData:
    """Numbered columns and rows of a program; every rule receives it as ``m``.

    Attributes
    ----------
    index : Index
        Months, pools, agreements and eligibility.
    units : Units
        Size of one unit of the program.
    names : list of (str, key)
        Family and key of every column, by its number. Column 0 is fixed at 1.
    lower, upper : list of float
        Bounds of the columns.
    integer : list of bool
        Whether columns are integer.
    col : dict of str to dict
        Numbers of the columns, by family and key.
    rows : dict of str to dict
        Rows, by family and key.
    entries : Entries
        The ledger.
    """

    entries: Entries
    # Lookups, gathered once so that rules need not search; see the functions that build them.
    budgets: dict[str, Any]
    contents: dict[str, Any]
    columns_by_workload: dict[Any, Any]
    columns_by_pool: dict[Any, Any]
    leases_by_pool: dict[Any, Any]
    placements_by_pool: dict[Any, Any]
    placements_of: dict[str, Any]
    emergency_columns_by_pool: dict[Any, Any]
    emergency_columns_by_workload: dict[Any, Any]
    terms_of: dict[str, Any]
    months_wanted: dict[str, list[int]]
    counted: dict[str, Any]
    quantities: Any

    def __init__(self, index: Index, units: Units) -> None:
        self.index, self.units = index, units
        self.names: list[Name] = [("one", None)]
        self.lower, self.upper, self.integer = [1.0], [1.0], [False]
        self.col: dict[str, dict[Any, int]] = {}
        self.rows: dict[str, dict[Any, Row]] = {}
        self.rule_scale: dict[tuple[str, int], float] = {}
        self.rule_value: dict[tuple[str, int], tuple[list[float], list[int], float]] = {}

    def add_columns(self, family: str, keys: Iterable[Any], kind: ColumnKind) -> None:
        """Add a family of columns.

        Parameters
        ----------
        family : str
            Its name.
        keys : iterable
            Its keys: tuples, or plain names.
        kind : ColumnKind
            Bounds and integrality.

        Raises
        ------
        LookupError
            If a bound that is declared as a number is another one by key.
        """
        listed, first = list(dict.fromkeys(keys)), len(self.names)
        self.col[family] = dict(zip(listed, range(first, first + len(listed)), strict=True))
        self.names += [(family, key) for key in listed]
        lower, upper = self._bounds(family, kind, listed)
        self.lower += lower
        self.upper += upper
        if kind.integer_of is None:
            self.integer += [bool(kind.integer)] * len(listed)
        else:
            self.integer += [kind.integer_of(self.index, *key_parts(key)) for key in listed]

    def _bounds(self, family: str, kind: ColumnKind, keys: list[Any]) -> tuple[list[float], list[float]]:
        """Least and most of the columns of a family."""
        limits = kind.limits
        if limits is None:
            return [float(kind.lower or 0.0)] * len(keys), [inf if kind.upper is None else kind.upper] * len(keys)
        pairs = [limits(self, *key) if key.__class__ is tuple else limits(self, key) for key in keys]
        lower = [-inf if low is None else low for low, _ in pairs]
        upper = [inf if high is None else high for _, high in pairs]
        for declared, found in ((kind.lower, lower), (kind.upper, upper)):
            if declared is not None and not {declared}.issuperset(found):
                raise LookupError(f"{limits.__name__} gives other bounds of {family} than {declared:g}, as declared")
        return lower, upper

    def stretch(self, family: str) -> slice:
        """Numbers of the columns of a family as built, which follow one another."""
        numbers = self.col[family]
        first = next(iter(numbers.values()), 0)
        return slice(first, first + len(numbers))

    def add_rows(self, family: str, keys: Iterable[Any], rule: Callable[..., Row]) -> None:
        """Add a family of rows: ``rule`` gives the row of each key, called with the program."""
        listed = dict.fromkeys(keys)
        self.rows[family] = {key: rule(self, *key) if key.__class__ is tuple else rule(self, key) for key in listed}


def key_parts(key: Any) -> tuple[Any, ...]:
    """Return a key as a tuple; an empty one for a component without index."""
    return key if key.__class__ is tuple else () if key is None else (key,)
