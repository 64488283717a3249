"""What was added to a program, as ``plan.json`` carries it: by family and index, months as YYYY-MM, natural units."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, isfinite
from typing import Any

from optimizer.errors import PlanFileError
from optimizer.instance.instance import Instance
from optimizer.program.added import Added, AddedConstraint, AddedVariable, Part, Term
from optimizer.program.build import Program, build
from optimizer.schema import program_contents

KEY = "added"  # in the head; only of plans to whose program something was added


def to_head(added: Added, values: Iterable[float], instance: Instance) -> dict[str, Any]:
    """What a plan's head holds of all that was added.

    Parameters
    ----------
    added : Added
        What was added.
    values : iterable of float
        What each constraint comes to in the plan.
    instance : Instance
        Whose months they are.
    """
    pairs = zip(added.constraints, values, strict=True)
    return {
        "constraints": [
            {
                "name": one.name,
                "terms": [_term_to_head(term, instance) for term in one.terms],
                "at_least": _side(one.low),
                "at_most": _side(one.high),
                "value": float(value),
            }
            for one, value in pairs
        ],
        "variables": [
            {
                "name": one.name,
                "at_least": _side(one.low),
                "at_most": _side(one.high),
                "integer": one.integer,
                "value": one.value,
            }
            for one in added.variables
        ],
    }


def _side(side: float) -> float | None:
    return float(side) if isfinite(side) else None


def _term_to_head(term: Term, instance: Instance) -> dict[str, Any]:
    if not term.family:
        return {"variable": term.key[0], "index": None, "coefficient": term.coefficient}
    kinds = program_contents()["variables"][term.family]["index"]
    index = [instance.label(int(p)) if kind == "month" else p for kind, p in zip(kinds, term.key, strict=True)]
    return {"variable": term.family, "index": index, "coefficient": term.coefficient}


def program_of(plan: Any) -> Program:
    """Build the program that a plan was made of: of its instance, with what was added."""
    return build(plan.instance, added_in(plan))


def added_in(plan: Any) -> Added:
    """Return what was added to the program that a plan was made of.

    Raises
    ------
    PlanFileError
        If the head cannot be understood.
    """
    found = plan.head.get(KEY)
    if not found:
        return Added()
    try:
        return _added(found, plan.instance)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        what = f"plan.json: {KEY} cannot be understood ({type(error).__name__}: {error})"
        raise PlanFileError(f"{what}; solve the instance again, with the constraints added to its program") from None


def _added(found: dict[str, Any], instance: Instance) -> Added:
    added = Added(
        tuple(_constraint(one, instance) for one in found["constraints"]), tuple(map(_variable, found["variables"]))
    )
    known = {one.name for one in added.variables}
    terms = [term for one in added.constraints for term in one.terms]
    unknown = [str(term.key[0]) for term in terms if not term.family and term.key[0] not in known]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not one of its variables")
    return added


def _constraint(one: dict[str, Any], instance: Instance) -> AddedConstraint:
    terms = tuple(_term_from_head(term, instance) for term in one["terms"])
    return AddedConstraint(str(one["name"]), terms, _number(one["at_least"], -inf), _number(one["at_most"], inf))


def _variable(one: dict[str, Any]) -> AddedVariable:
    value = None if one["value"] is None else float(one["value"])
    low, high = _number(one["at_least"], -inf), _number(one["at_most"], inf)
    return AddedVariable(str(one["name"]), low, high, bool(one["integer"]), value)


def _number(value: Any, missing: float) -> float:
    return missing if value is None else float(value)


def _term_from_head(term: dict[str, Any], instance: Instance) -> Term:
    name, coefficient = str(term["variable"]), float(term["coefficient"])
    if term["index"] is None:
        return Term("", (name,), coefficient)
    kinds = program_contents()["variables"][name]["index"]
    pairs = zip(kinds, term["index"], strict=True)
    return Term(name, tuple(_part(kind, part, instance) for kind, part in pairs), coefficient)


def _part(kind: str, part: Any, instance: Instance) -> Part:
    if kind == "month":
        return instance.month_index(part)
    return float(part) if kind == "size" else str(part)
