"""What a planner adds to a program: linear constraints, and variables of their own, in natural units and by name.

It is data, so that it goes where the plan goes: into what-ifs, explanations, the diagnosis and the plan folder. A term
names a variable by family and key, as in ``program.toml``, so that it means the same in the program of an edited
instance, whose units and column numbers can be others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Any

from optimizer.errors import AdditionError
from optimizer.instance.name_suggestions import did_you_mean
from optimizer.program.program_data import Name, ProgramData, key_parts
from optimizer.program.row import ONE, Row
from optimizer.schema import program_contents

Part = str | int | float
_OWN = ""  # family of variables that were added


@dataclass(frozen=True)
class AddedVariable:
    """A variable of a planner's own.

    Attributes
    ----------
    name : str
        Its name.
    low, high : float
        Bounds, infinite where there is none.
    integer : bool
        Whether it is an integer.
    value : float or None
        What it is in the plan that carries it; None without one.
    """

    name: str
    low: float = -inf
    high: float = inf
    integer: bool = False
    value: float | None = None


@dataclass(frozen=True)
class Term:
    """A coefficient of a variable, per natural unit: accelerators, blocks, lots, money.

    Attributes
    ----------
    family : str
        Family of the variable, as in ``program.toml``; ``""`` for an added one.
    key : tuple
        Its index, months by number; for an added one its name.
    coefficient : float
        The coefficient.
    """

    family: str
    key: tuple[Part, ...]
    coefficient: float

    def __str__(self) -> str:
        names = ", ".join(map(str, self.key))
        return f"{self.family}[{names}]" if self.family else names


@dataclass(frozen=True)
class AddedConstraint:
    """A linear constraint of a planner's own: ``low <= coefficients . variables <= high``.

    Attributes
    ----------
    name : str
        Its name.
    terms : tuple of Term
        Coefficients and variables.
    low, high : float
        The sides, infinite where there is none.
    """

    name: str
    terms: tuple[Term, ...]
    low: float = -inf
    high: float = inf


@dataclass(frozen=True)
class Added:
    """All that was added to a program.

    Attributes
    ----------
    constraints : tuple of AddedConstraint
        Constraints.
    variables : tuple of AddedVariable
        Variables in them that are not the program's.
    """

    constraints: tuple[AddedConstraint, ...] = ()
    variables: tuple[AddedVariable, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.constraints or self.variables)

    def with_values(self, values: Iterable[float]) -> Added:
        """The same with what the variables are in a plan."""
        pairs = zip(self.variables, values, strict=True)
        return replace(self, variables=tuple(replace(one, value=float(value)) for one, value in pairs))


@dataclass(frozen=True)
class ScaledRow:
    """An added constraint as a row of the program.

    Attributes
    ----------
    row : Row
        In the program's units, divided by ``scale``.
    scale : float
        Power of ten near the coefficients.
    constant : float
        What the row has more than the constraint, in its scale: the column fixed at 1, where there is no other.
    """

    row: Row
    scale: float
    constant: float = 0.0


def scaled_rows(m: ProgramData, added: Added) -> list[ScaledRow]:
    """Return the rows of added constraints; added variables are numbered after those of the program.

    Raises
    ------
    AdditionError
        If one counts a variable that the program does not have.
    """
    first = len(m.names)
    own = {variable.name: first + place for place, variable in enumerate(added.variables)}
    return [_scaled(m, own, constraint) for constraint in added.constraints]


def _scaled(m: ProgramData, own: Mapping[str, int], constraint: AddedConstraint) -> ScaledRow:
    row = Row()
    for term in constraint.terms:
        number = own[str(term.key[0])] if term.family == _OWN else column_of(m, term, constraint.name)
        if number is not None:
            row.add(term.coefficient * unit_of(m, term.family, term.key), number)
    scale = row.typical()
    row.coefficients = [coefficient / scale for coefficient in row.coefficients]
    row.low, row.high = constraint.low / scale, constraint.high / scale
    if row.columns:
        return ScaledRow(row, scale)
    row.add(1.0, ONE)  # so that a comparison of numbers still reaches the solver under its name
    row.low, row.high = row.low + 1.0, row.high + 1.0
    return ScaledRow(row, scale, 1.0)


def column_of(m: ProgramData, term: Term, name: str) -> int | None:
    """Number of the column that a term counts; None where the program has none since it is 0.

    Raises
    ------
    AdditionError
        If the program does not have it, and it need not be 0.
    """
    if term.family == "one":
        return ONE
    found = m.col.get(term.family, {}).get(index_of(term.key))
    if found is None and term.family == "built" and term.key[0] in m.index.builds:  # after the last order it stays
        before = [t for build, t in m.col["built"] if build == term.key[0] and t < term.key[1]]
        return m.col["built"][term.key[0], max(before)] if before else None
    entry = program_contents()["variables"].get(term.family, {})
    if found is None and entry.get("absent") != 0:
        raise AdditionError(
            f"constraint {name}, which was added to the program, has the variable {variable_text(m, term)}, which "
            "the program does not have. "
            "Ask without the edit, or solve the instance without the constraint."
        )
    return found


def index_of(key: tuple[Part, ...]) -> Any:
    """Key of a family of columns for the parts of an index."""
    return key if len(key) > 1 else key[0] if key else None


def unit_of(m: ProgramData, family: str, key: tuple[Part, ...]) -> float:
    """How many natural units one unit of a variable is."""
    if family == _OWN:
        return 1.0
    unit = program_contents()["variables"][family]["unit"]
    if unit == "money":
        return m.units.money
    if unit == "scale of the row":
        return m.rule_scale.get((str(key[0]), int(key[1])), 1.0)
    return m.units.accelerators if unit in ("accelerators", "reference-accelerators") else 1.0


def variable_text(m: ProgramData, term: Term) -> str:
    """Format a variable: ``started of lease, 2030-01``."""
    kinds = program_contents()["variables"][term.family]["index"]
    label = m.index.instance.label
    pairs = zip(kinds, term.key, strict=True)
    return f"{term.family} of " + ", ".join(label(int(p)) if kind == "month" else str(p) for kind, p in pairs)


# ---------------------------------------------------------------- what a planner writes
def written_constraint(
    m: ProgramData, name: str, terms: Mapping[tuple[Part, ...], float], low: float | None, high: float | None
) -> AddedConstraint:
    """Return a constraint from what a planner writes, each variable as its family and index.

    Raises
    ------
    AdditionError
        If a variable does not exist, a number is not finite, or nothing is required.
    """
    where = f"constraint {name!r}"
    if not name.strip():
        raise AdditionError("a constraint needs a name; found none")
    sides = [side for side in (low, high) if side is not None]
    if not sides or not all(map(isfinite, sides)) or (len(sides) == 2 and sides[0] > sides[1]):
        raise AdditionError(
            f"{where}: at_least is {low}, at_most is {high}; expected one of them or both, finite, in order"
        )
    if not terms:
        raise AdditionError(f"{where} counts nothing; expected variables with coefficients")
    found = tuple(_written_term(m, where, key, coefficient) for key, coefficient in terms.items())
    return AddedConstraint(name, found, -inf if low is None else float(low), inf if high is None else float(high))


def _written_term(m: ProgramData, where: str, variable: tuple[Part, ...], coefficient: float) -> Term:
    """A term, of a variable that the program has."""
    family, *parts = variable if isinstance(variable, tuple) else (variable,)
    if family not in m.col:
        hint = did_you_mean(str(family), m.col)
        raise AdditionError(f"{where}: no family of variables is called {family!r}.{hint}")
    kinds = program_contents()["variables"][family]["index"]
    if len(parts) != len(kinds):
        raise AdditionError(f"{where}: {family} is indexed by {', '.join(kinds)}; found {tuple(parts)}")
    key = tuple(_index_part(m, where, kind, part) for kind, part in zip(kinds, parts, strict=True))
    if index_of(key) not in m.col[family]:
        names = [", ".join(map(str, key_parts(one))) for one in m.col[family]]
        text = ", ".join(map(str, key))
        raise AdditionError(f"{where}: the program has no {family} of {tuple(parts)}.{did_you_mean(text, names)}")
    if not isfinite(coefficient):
        raise AdditionError(
            f"{where}: the coefficient of {family} of {tuple(parts)} is {coefficient}; expected a number"
        )
    return Term(str(family), key, float(coefficient))


def _index_part(m: ProgramData, where: str, kind: str, part: Part) -> Part:
    """A part of an index: months by number or as YYYY-MM."""
    if kind != "month":
        return part
    try:
        return m.index.instance.month_index(part) if isinstance(part, str) else int(part)
    except (TypeError, ValueError):
        raise AdditionError(f"{where}: month {part!r}; expected YYYY-MM, or months from the plan's start") from None


def term_of(m: ProgramData, name: Name, coefficient: float) -> Term:
    """A term from a column of the program and its coefficient in the program's units."""
    family, key = name
    parts = key_parts(key)
    return Term(family, parts, coefficient / unit_of(m, family, parts))
