"""The plan: a head and tables, saved as a folder and loaded again."""

from __future__ import annotations

import json
import os
import shlex
import warnings
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import CapoptError, PlanFileError, PlanFileWarning
from optimizer.folders import fingerprint, restore
from optimizer.format import grouped, percent_figure, unguarded
from optimizer.instance.instance import Instance
from optimizer.plan.by_scenario import HEADS, refuse_uncertain
from optimizer.plan.folder import (
    FORMATS,
    HEAD_FILE,
    INSTANCE_FOLDER,
    KIND,
    NO_PARQUET,
    Place,
    check_writable,
    refuse_another,
    take_origin,
    write_plan,
)
from optimizer.plan.tables import (
    BY_SCENARIO,
    COLUMNS,
    EXPLAINED,
    SCENARIO,
    UNCERTAIN,
    column_names,
    make_table,
    text_columns,
)

# Tables of an explained plan, with their columns of text and of numbers or flags.
_TRIES = 20  # readings of a folder that others write


@dataclass(frozen=True)
class Plan:
    """An allocation plan: what to do, what runs where, what it costs, and what is proven about it.

    Attributes
    ----------
    head : dict
        Content of ``plan.json``: status, objective, bound, gap, seconds and memory by phase, versions, options.
    tables : dict of str to DataFrame
        The plan's tables by name; each is an attribute too: ``plan.decisions``, ``plan.cash``...
    instance : Instance
        The instance it plans.
    explained : dict of str to DataFrame
        Tables by name, as in ``EXPLAINED``, where the plan has been explained.
    origin : str
        Where its instance was read from, as an absolute path; ``""`` if the instance has it or it is unknown.
    """

    head: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    instance: Instance
    explained: dict[str, pd.DataFrame] = field(default_factory=dict)
    origin: str = ""

    @property
    def objective(self) -> float:
        """Net present cost, in the instance's currency; the sum of ``cash.present_value``."""
        return _figure(self.head, "objective")

    @property
    def bound(self) -> float | None:
        """Proven lower bound on the net present cost of any plan; None if nothing is proven."""
        return None if self.head["bound"] is None else _figure(self.head, "bound")

    @property
    def gap(self) -> float | None:
        """Relative gap between objective and bound; None if nothing is proven."""
        return None if self.head["gap"] is None else _figure(self.head, "gap")

    @property
    def status(self) -> str:
        """``optimal`` (within the target gap) or ``feasible`` (a larger gap)."""
        return str(self.head["status"])

    @property
    def decisions(self) -> pd.DataFrame:
        """What to order, buy, sign, hand back and lease out, and when."""
        return self.tables["decisions"]

    @property
    def capacity(self) -> pd.DataFrame:
        """Accelerators by month and pool: used, leased out and idle."""
        return self.tables["capacity"]

    @property
    def allocation(self) -> pd.DataFrame:
        """What runs where, month by month."""
        return self.tables["allocation"]

    @property
    def leases(self) -> pd.DataFrame:
        """Which pool's accelerators cover which outlet, month by month."""
        return self.tables["leases"]

    @property
    def runs(self) -> pd.DataFrame:
        """Training runs: where, at what size, from when to when, and how late."""
        return self.tables["runs"]

    @property
    def outages(self) -> pd.DataFrame:
        """What critical work would run where if a member of a policy were lost."""
        return self.tables["outages"]

    @property
    def rules(self) -> pd.DataFrame:
        """The planner's own rules: value, slack, violation and shadow price of each constraint."""
        return self.tables["rules"]

    @property
    def service(self) -> pd.DataFrame:
        """Demand, served and unserved, by month and workload."""
        return self.tables["service"]

    @property
    def power(self) -> pd.DataFrame:
        """Facility MW by month and site: available, used, leased out."""
        return self.tables["power"]

    @property
    def cash(self) -> pd.DataFrame:
        """Money by month, term, item and party; money out is positive."""
        return self.tables["cash"]

    @property
    def obligations(self) -> pd.DataFrame:
        """What is still to be paid for what is signed and ordered, by month and item."""
        return self.tables["obligations"]

    def __repr__(self) -> str:
        """One line: name, status, objective and gap."""
        gap = "nothing proven" if self.gap is None else f"gap {percent_figure(self.gap, 3)}"
        name = self.instance.head.name
        return f"<Plan {name}: {self.status}, {grouped(self.objective, 2)} {self.instance.head.currency}, {gap}>"

    def save(self, folder: str | Path, tables: str = "csv", replace: bool = False) -> Path:
        """Write the plan folder at once: an earlier plan there is complete until the new one is.

        Files in it that capopt does not write, such as notes and reports, are in the new one too.

        Parameters
        ----------
        folder : str or Path
            Where to; made if missing. A folder that holds something else than a plan is refused.
        tables : {"csv", "parquet"}
            Format of the tables.
        replace : bool
            Whether the plan of another instance may be replaced.

        Raises
        ------
        PlanNotSaved
            If it cannot be written there; it says where the plan is kept instead.
        PlanFileError
            If the folder holds something else than a plan, or the plan of another instance.
        """
        target = Path(folder)
        check_writable(target)
        if tables not in FORMATS:
            raise PlanFileError(f"tables = {tables!r}; expected one of {', '.join(FORMATS)}")
        if not replace:
            refuse_another(target, self.instance, self.origin)
        return write_plan(self, Place(target), tables).folder


def _figure(head: dict[str, Any], key: str) -> float:
    """Return a figure of the head."""
    value = head[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PlanFileError(f"{HEAD_FILE}: {key} is {value!r}; expected a number")
    return float(value)


def load_plan(folder: str | Path) -> Plan:
    """Load a plan folder.

    Parameters
    ----------
    folder : str or Path
        As written by :meth:`Plan.save`.

    Raises
    ------
    PlanFileError
        If the folder, its head or one of its tables is missing or invalid.
    InstanceError
        If the copy of the instance in it is invalid.

    Warns
    -----
    PlanFileWarning
        If an earlier version explained the plan and its tables lack columns; these tables are left out.
    """
    source = Path(folder)
    restore(source, KIND)
    for _ in range(_TRIES):
        before = _state(source)
        try:
            plan = _load(source)
        except CapoptError:
            if _state(source) == before:
                raise
        else:
            if _state(source) == before:
                return plan
    raise PlanFileError(f"{source} is written over and over by other runs; load it when they have ended")


def _state(source: Path) -> object:
    """Return a value that changes when a folder is replaced while it is read."""
    try:
        return os.stat(source).st_ino, fingerprint(source, KIND)
    except OSError:
        return None


def load_plan_of_one_future(folder: str | Path) -> Plan:
    """Load a plan folder as :func:`load_plan` does, and refuse a plan under uncertainty.

    Raises
    ------
    UnsupportedInstance
        If it is one.
    """
    plan = load_plan(folder)
    refuse_uncertain(plan, "this")
    return plan


_AGAIN = "solve the instance again, or take the file from a copy"


def _load(source: Path) -> Plan:
    from optimizer.instance.read import read
    from optimizer.plan.hand_backs import by_notice

    if not (source / HEAD_FILE).is_file():
        raise PlanFileError(
            f"{source} is not a plan folder: it has no {HEAD_FILE}; name a folder that capopt solve wrote"
        )
    try:
        head = json.loads((source / HEAD_FILE).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError, OSError) as error:
        raise PlanFileError(f"{source / HEAD_FILE} cannot be read: {error}; {_AGAIN}") from error
    missing = [key for key in ("objective", "bound", "gap", "status") if not isinstance(head, dict) or key not in head]
    if missing:
        raise PlanFileError(f"{source / HEAD_FILE} lacks {', '.join(missing)}; {_AGAIN}")
    if HEADS in head:
        return _load_uncertain(source, head)
    tables = {name: _read_table(source, name) for name in COLUMNS}
    instance, explained = read(source / INSTANCE_FOLDER), _read_explained(source)
    tables["decisions"] = by_notice(tables["decisions"], instance)
    return Plan(head, tables, instance, explained, take_origin(head, source))


def _load_uncertain(source: Path, head: dict[str, Any]) -> Plan:
    from optimizer.instance.read import read

    tables = {name: _read_table(source, name, (SCENARIO,)) for name in COLUMNS}
    tables.update({name: _read_table(source, name) for name in UNCERTAIN})
    instance, explained = read(source / INSTANCE_FOLDER), _read_explained(source, BY_SCENARIO)
    return Plan(head, tables, instance, explained, take_origin(head, source))


def _read_explained(source: Path, by_scenario: Collection[str] = ()) -> dict[str, pd.DataFrame]:
    """Read the tables that ``capopt explain`` wrote; leave out those of an earlier version, which lack columns.

    Those named in ``by_scenario`` have a leading column ``scenario``.
    """
    found: dict[str, pd.DataFrame] = {}
    old: list[str] = []
    for name, columns in EXPLAINED.items():
        path = source / f"{name}.csv"
        if path.is_file():
            try:
                table = pd.read_csv(path, dtype=str, keep_default_na=False)
                missing = sorted({*columns, *([SCENARIO] if name in by_scenario else [])} - {*table.columns})
                if missing:
                    old.append(f"{name}.csv lacks {', '.join(missing)}")
                    continue
                numbers = {*columns} - {*text_columns(name)}
                plain = table.assign(**{column: table[column].map(unguarded) for column in {*table} - numbers})
                found[name] = plain.assign(**{column: _unquoted(table[column]) for column in numbers})
            except (ValueError, OSError, pd.errors.ParserError) as error:
                raise PlanFileError(f"{path} cannot be read: {error}; delete it and explain the plan again") from error
    if old:
        _warn_of_old_tables(source, old)
    return found


def _warn_of_old_tables(source: Path, old: list[str]) -> None:
    text = f"{source} was explained by an earlier version of capopt: {'; '.join(old)}. These tables are left out"
    remedy = f"explain the plan again to make them (capopt explain {shlex.quote(str(source))})"
    warnings.warn(f"{text}; {remedy}.", PlanFileWarning, stacklevel=4)


def _unquoted(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of numbers or flags that was read as text; a blank is missing."""
    if len(column) and column.isin(["True", "False"]).all():
        return column == "True"
    return pd.to_numeric(column.mask(column == ""))


def _read_table(source: Path, name: str, leading: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a table; text columns that lead its own come first."""
    frame = _read_file(source, name, dict.fromkeys((*leading, *text_columns(name)), str))
    columns = column_names(name)
    _check_columns(source / f"{name}.csv", frame, (*leading, *columns))
    try:
        blank = {} if name in COLUMNS else {one: _unquoted(frame[one]) for one in {*columns} - {*text_columns(name)}}
        table = make_table(name, {column: blank.get(column, frame[column]) for column in columns})
    except ValueError as error:
        raise PlanFileError(f"{source / name}.csv cannot be read: {error}; {_AGAIN}") from error
    for place, column in enumerate(leading):
        table.insert(place, column, frame[column].astype(object))
    return table


def _check_columns(path: Path, frame: pd.DataFrame, columns: tuple[str, ...]) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise PlanFileError(f"{path}: column {', '.join(missing)} is missing; {_AGAIN}")


def _read_file(source: Path, name: str, types: Any) -> pd.DataFrame:
    """Read the file of a table; ``types`` of columns as pandas takes them."""
    parquet, csv = source / f"{name}.parquet", source / f"{name}.csv"
    try:
        if parquet.is_file():
            return pd.read_parquet(parquet)
        table = pd.read_csv(csv, dtype=types, keep_default_na=False, na_values={})
        return table.assign(**{name: table[name].map(unguarded) for name in types if name in table})
    except FileNotFoundError as error:
        raise PlanFileError(f"{source}: table {name} is missing; {_AGAIN}") from error
    except ImportError as error:
        raise PlanFileError(NO_PARQUET) from error
    except (ValueError, OSError, pd.errors.ParserError) as error:
        raise PlanFileError(f"{csv} cannot be read: {error}; {_AGAIN}") from error
