"""Errors that capopt raises, all with messages in the terms of planners.

::

    CapoptError                    exit 1
    ├── InstanceError              exit 2   the instance is invalid; has all errors found
    │   └── UnsupportedInstance    exit 2   legal data that this version cannot plan with yet
    ├── EditError                  exit 2   an invalid edit of an instance
    ├── FixingError                  exit 2   a decision that cannot be forced, forbidden or ended
    ├── AdditionError              exit 2   a constraint or change of the program that cannot be applied
    ├── PlanFileError              exit 2   a plan folder is missing, incomplete or invalid, or another instance's
    │   └── PlanNotSaved           exit 1   a plan cannot be written to its folder; names where it is kept instead
    ├── PlanNotCompleted           exit 1   no plan can be made of the solution found; names where it is kept
    ├── AuditFailed                exit 4   a plan breaks a rule or its amounts are inconsistent
    ├── NoFeasiblePlan             exit 5   proven: no plan meets all rules; has the conflict
    ├── StoppedWithoutPlan         exit 130 stopped (time limit or Ctrl-C) before any plan was found
    ├── ServerError                exit 1   a server refuses a request, does not answer, or a job on it failed
    └── SolverError                exit 1   the solver failed or refused an option
        └── BoundContradicted      exit 1   a plan costs less than what is proven for every plan
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Protocol

from optimizer.format import grouped


@dataclass(frozen=True)
class Fault:
    """One error or suspicious value in an instance.

    Attributes
    ----------
    where : str
        File (``contracts.csv``), sheet or table.
    row : int or None
        Row as an editor or spreadsheet counts it: the header is row 1. None for an entire table.
    column : str
        Column name, ``""`` for an entire row or table.
    value : str
        The value as found.
    problem : str
        What was found and what is expected.
    nearest : str
        Nearest valid value, ``""`` where there is none.
    cell : str
        Cell in a workbook (``D7``), ``""`` elsewhere.
    """

    where: str
    row: int | None = None
    column: str = ""
    value: str = ""
    problem: str = ""
    nearest: str = ""
    cell: str = ""

    def __str__(self) -> str:
        place = [self.where]
        if self.cell:
            place.append(f"cell {self.cell}")
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column:
            place.append(f"column {self.column}")
        text = f"{', '.join(place)}: {self.problem}"
        return f"{text} Did you mean {self.nearest!r}?" if self.nearest else text

    def to_dict(self) -> dict[str, Any]:
        """Return the parts, and the text, for JSON."""
        return {**asdict(self), "text": str(self)}


class PlanLike(Protocol):
    """The plan that an error carries: an :class:`optimizer.Plan`, which this module cannot import."""

    @property
    def objective(self) -> float:
        """Net present cost."""

    @property
    def bound(self) -> float | None:
        """Proven bound."""

    @property
    def status(self) -> str:
        """Status of the search."""

    def save(self, folder: str | Path, tables: str = "csv", replace: bool = False) -> Path:
        """Write the plan folder."""


class CapoptError(Exception):
    """Base class of all errors of capopt; ``exit_code`` is the exit code of the command line.

    Errors can be pickled, so that a pool of processes can raise them.
    """

    exit_code = 1

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)

    def to_dict(self) -> dict[str, Any]:
        """Return the message, the kind, the exit code and what the error has more, for JSON."""
        return {"error": str(self), "kind": type(self).__name__, "exit_code": self.exit_code}

    @staticmethod
    def from_dict(found: Mapping[str, Any]) -> CapoptError:
        """Return the error that :meth:`to_dict` has written, of its kind and with its message."""
        kept = {name: value for name, value in found.items() if name not in ("error", "kind", "exit_code")}
        attributes = {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
        if "faults" in kept:
            names = [part.name for part in fields(Fault)]
            attributes["faults"] = tuple(Fault(**{name: one[name] for name in names}) for one in kept["faults"])
        defaults = {"by_scenario": {}, "irreducible": True, "interrupted": False}
        return _restored(_kinds()[found["kind"]], (found["error"],), {**defaults, **attributes})

    @staticmethod
    def is_kind(name: str) -> bool:
        """Return whether a name is that of a kind of these errors."""
        return name in _kinds()


def _kinds() -> dict[str, type[CapoptError]]:
    """Return all kinds of errors by name."""
    kinds: list[type[CapoptError]] = [CapoptError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return {kind.__name__: kind for kind in kinds}


def _restored(kind: type[CapoptError], args: tuple[Any, ...], attributes: dict[str, Any]) -> CapoptError:
    """Restore a pickled error without calling its constructor, which would make the message a second time."""
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(attributes)
    return error


class InstanceError(CapoptError):
    """The instance is invalid.

    Attributes
    ----------
    faults : tuple of Fault
        All errors found.
    """

    exit_code = 2

    def __init__(self, faults: Iterable[Fault], what: str = "the instance") -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"{count} error{'s' if count != 1 else ''} in {what}:\n{lines}")

    def to_dict(self) -> dict[str, Any]:
        """Return the error with its faults."""
        return {**super().to_dict(), "faults": [fault.to_dict() for fault in self.faults]}


class UnsupportedInstance(InstanceError):
    """Valid data that this version cannot plan with yet; the instance is not solved without it."""


class EditError(CapoptError):
    """An edit that is invalid, or names something that does not exist."""

    exit_code = 2


class FixingError(CapoptError):
    """A decision that cannot be forced, forbidden or ended."""

    exit_code = 2


class AdditionError(CapoptError):
    """An addition to a program, or a change of its Pyomo model, that cannot be applied; the message names it."""

    exit_code = 2


class PlanFileError(CapoptError):
    """A plan folder is missing, incomplete or invalid, or contains the plan of another instance."""

    exit_code = 2


class PlanFileWarning(UserWarning):
    """A part of a plan folder that is left out, such as a table that an earlier version wrote with fewer columns."""


class PlanNotSaved(PlanFileError):
    """A plan that was found cannot be written to its folder.

    Attributes
    ----------
    kept : str
        Where the complete plan is instead; ``""`` if it could not be written anywhere.
    """

    exit_code = 1

    def __init__(self, target: object, why: Exception, kept: object = None, what: str = "the plan") -> None:
        self.kept = str(kept or "")
        reason = (why.strerror if isinstance(why, OSError) else None) or str(why) or type(why).__name__
        place = f"The plan is kept, complete, in {kept}: move it from there when the place is free"
        lost = "It could be kept nowhere else: make room and solve again"
        super().__init__(f"{what} cannot be written to {target}: {reason}. {place if kept else lost}")

    def to_dict(self) -> dict[str, Any]:
        """Return the error with where the plan is kept."""
        return {**super().to_dict(), "kept": self.kept}


class PlanNotCompleted(CapoptError):
    """No plan can be made of the solution found by a search, because of an unexpected error (``__cause__``).

    Attributes
    ----------
    columns : dict of str to float
        The solution: the values of the program's columns that are not 0, in the program's units.
    instance : Instance
        The instance that was solved.
    kept : str
        Where they are kept; ``""`` if they are not.
    """

    def __init__(self, why: BaseException, columns: dict[str, float], instance: object, kept: object = None) -> None:
        self.columns, self.instance, self.kept = columns, instance, str(kept or "")
        first = (str(why).strip().splitlines() or [""])[0]
        text = f"the search found a solution, but no plan can be made of it: {type(why).__name__}: {first}. "
        place = f"Its decisions are kept in {kept} (solution.csv, the instance, and the error): report this with them. "
        remedy = f"Solve {self._instance_of(kept)} again, with another seed (--seed 1) or solver."
        super().__init__(text + (place if kept else "This is a bug: report it. ") + remedy)

    def to_dict(self) -> dict[str, Any]:
        """Return the error with where the solution is kept."""
        return {**super().to_dict(), "kept": self.kept}

    @staticmethod
    def _instance_of(kept: object) -> str:
        return f"{kept}/instance" if kept else "the instance"


class AuditFailed(CapoptError):
    """A plan breaks a rule or its amounts are inconsistent.

    Attributes
    ----------
    violations : tuple
        The audit's violations; see :class:`optimizer.auditing.Violation`.
    kept : str
        Where the failed plan is kept for inspection; ``""`` if it is not.
    plan : Plan or None
        The failed plan, if available.
    """

    exit_code = 4

    def __init__(self, violations: Iterable[object], kept: str = "", plan: PlanLike | None = None) -> None:
        self.plan = plan
        self.violations = tuple(violations)
        self.kept = kept
        lines = "\n".join(f"  {violation}" for violation in self.violations)
        place = f"\nThe failed plan is kept in {kept}." if kept else ""
        count = len(self.violations)
        super().__init__(f"the plan fails its audit in {count} place{'s' if count != 1 else ''}:\n{lines}{place}")

    def to_dict(self) -> dict[str, Any]:
        """Return the error with its violations, and where the plan is kept."""
        found = [
            asdict(one) if is_dataclass(one) and not isinstance(one, type) else str(one) for one in self.violations
        ]
        return {**super().to_dict(), "violations": found, "kept": self.kept}


class ServerError(CapoptError):
    """A server refuses a request or does not answer, or a job on it failed."""


class NoFeasiblePlan(CapoptError):
    """No plan meets all rules; proven, and confirmed with presolve off.

    Attributes
    ----------
    conflict : tuple of str
        Rules that cannot all be met, each named by table and row.
    irreducible : bool
        Whether it is proven that the others can be met if any one of them is removed.
    by_scenario : dict of str to tuple of str
        Under uncertainty, where scenarios have no plan of their own: these in words, with what conflicts in them.
    note : str
        In tables of what-ifs, the reason for missing figures.
    """

    exit_code = 5
    note = "leaves no plan"

    def __init__(
        self,
        conflict: Iterable[str],
        irreducible: bool = True,
        by_scenario: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self.by_scenario = {name: tuple(rows) for name, rows in (by_scenario or {}).items()}
        rows = [f"{name}: {row}" for name, own in self.by_scenario.items() for row in own]
        self.conflict, self.irreducible = (*conflict, *rows), irreducible
        doubt = "" if irreducible else " (not proven irreducible in the time: some may not matter)"
        conflicts = self.by_scenario or {"": self.conflict}
        found = "".join(_conflict_text(name, own, doubt) for name, own in conflicts.items())
        remedy = "All conflicts and the cheapest repairs: capopt explain, or optimizer.diagnose."
        super().__init__(f"no plan meets all rules.{found or ' '}{remedy}")

    def to_dict(self) -> dict[str, Any]:
        """Return the error with its conflict, under uncertainty by scenario too."""
        by_scenario = {"by_scenario": self.by_scenario} if self.by_scenario else {}
        return {**super().to_dict(), "conflict": list(self.conflict), **by_scenario}


def _conflict_text(name: str, rows: Sequence[str], doubt: str) -> str:
    """Return what cannot hold together, in a scenario if it is one."""
    if not rows:
        return f" In {name} there is none; the time was too short to say why.\n" if name else ""
    lines = "\n".join(f"  {row}" for row in rows)
    return f" {f'In {name} these' if name else 'These'} cannot hold together{doubt}:\n{lines}\n"


class StoppedWithoutPlan(CapoptError):
    """Stopped by the time limit, by Ctrl-C or by ``cancel`` before any plan was found.

    Parameters
    ----------
    message : str
        Message.
    interrupted : bool
        Whether it was Ctrl-C or ``cancel``.

    Attributes
    ----------
    note : str
        In tables of what-ifs, the reason for missing figures.
    """

    exit_code = 130
    note = "not found in time"

    def __init__(self, message: str = "", interrupted: bool = False) -> None:
        self.interrupted = interrupted
        super().__init__(message)


class SolverError(CapoptError):
    """The solver failed, or refused an option."""


class BoundContradicted(SolverError):
    """A plan costs less than the proven bound of all plans: the plan or the proof is wrong.

    Attributes
    ----------
    objective, bound : float
        Cost of the plan, and the proven bound.
    currency : str
        Unit of both.
    kept : str
        Where the plan is kept for inspection; ``""`` if it is not.
    plan : Plan or None
        The plan, if available: audited, without a bound.
    """

    def __init__(
        self, objective: float, bound: float, currency: str = "", kept: str = "", plan: PlanLike | None = None
    ) -> None:
        self.objective, self.bound, self.currency, self.kept, self.plan = objective, bound, currency, kept, plan
        unit = f" {currency}" if currency else ""
        cost, least = f"{grouped(objective, 2)}{unit}", f"{grouped(bound, 2)}{unit}"
        text = f"the plan costs {cost}, less than the {least} proven for every plan: "
        text += (
            "the plan or the proof is wrong. Solve again with another solver (scip) or seed; if it stays so, report it."
        )
        super().__init__(f"{text}\nThe plan is kept in {kept}." if kept else text)
