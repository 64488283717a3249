"""The plan folder as it is written: what is ours in it, whose plan it holds, and how a new one takes its place."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import itertools
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer import folders
from optimizer.carry import Kind
from optimizer.errors import PlanFileError, PlanNotSaved
from optimizer.files import uninterrupted, write_files
from optimizer.folders import ANY, NotPlaced, Placed, Superseded
from optimizer.format import DIGITS, guarded_table
from optimizer.instance.save import folder_contents, is_table_file
from optimizer.plan.tables import COLUMNS, EXPLAINED, UNCERTAIN

if TYPE_CHECKING:
    from optimizer.instance.instance import Instance
    from optimizer.plan.plan import Plan

HEAD_FILE = "plan.json"
INSTANCE_FOLDER = "instance"
FORMATS = ("csv", "parquet")
NO_PARQUET = "Parquet tables need pyarrow: pip install 'capopt[parquet]'"


def _is_ours(parts: tuple[str, ...]) -> bool:
    """Whether a path below a plan folder is one that capopt writes."""
    if len(parts) == 2:
        return parts[0] == INSTANCE_FOLDER and is_table_file(parts[1:])
    name, _, suffix = parts[0].rpartition(".")
    tables = (name in COLUMNS or name in UNCERTAIN) and suffix in FORMATS
    return len(parts) == 1 and (parts[0] == HEAD_FILE or tables or (name in EXPLAINED and suffix == "csv"))


def _misleads(parts: tuple[str, ...]) -> bool:
    """Whether a path that is not ours would be read as a part of the plan."""
    return _is_ours(parts) or (len(parts) == 2 and parts[0] == INSTANCE_FOLDER and parts[1].lower().endswith(".csv"))


KIND = Kind(HEAD_FILE, _is_ours, frozenset({INSTANCE_FOLDER}), _misleads)


@dataclass(frozen=True)
class Place:
    """A place for a plan, looked at before the search.

    Attributes
    ----------
    folder : Path
        The plan folder.
    expected : str
        What was there then and may be replaced.
    notes : tuple of str
        What was put in order there, in sentences.
    """

    folder: Path
    expected: str = ANY
    notes: tuple[str, ...] = ()


# ---------------------------------------------------------------- before the search
def prepare(
    target: Path,
    instance: Instance,
    tables: str = "csv",
    replace: bool = False,
    origin: str = "",
    began: float = math.inf,
) -> Place:
    """See, before the search, that a plan can be written to a folder.

    Parameters
    ----------
    target : Path
        Plan folder.
    instance : Instance
        What is to be planned.
    tables : {"csv", "parquet"}
        Format of the tables.
    replace : bool
        Whether another instance's plan, or one that another run writes in the meantime, may be replaced.
    origin : str
        Where the instance was read from, if it does not say so itself.
    began : float
        When this run began, in seconds since the epoch: what was written since then is another run's.

    Raises
    ------
    PlanFileError
        If the folder holds something else than a plan, or another instance's plan; or if Parquet cannot be written.
    OSError
        If the system refuses.
    """
    if tables == "parquet":
        _write_parquet(pd.DataFrame())
    home = target.resolve() if target.name in ("", "..") else target
    if not home.name:
        raise PlanFileError(f"{target} cannot be a plan folder; name a folder in it")
    notes = folders.recover(home, KIND)
    check_writable(home)
    folders.check_place(home)
    if not replace:
        refuse_another(home, instance, origin)
    expected = "" if _written_since(home, began) else folders.fingerprint(home, KIND)
    return Place(home, ANY if replace else expected, notes)


def _written_since(folder: Path, began: float) -> bool:
    """Whether a plan was written into a folder since a moment."""
    try:
        return (folder / HEAD_FILE).stat().st_mtime >= began
    except OSError:
        return False


def check_writable(target: Path) -> None:
    """Refuse a target that exists and is not a plan folder.

    Raises
    ------
    PlanFileError
        If ``target`` is a file, or a folder with something else in it than a plan.
    """
    if target.exists() and not target.is_dir():
        raise PlanFileError(f"{target} is a file; name a folder for the plan")
    if target.is_dir() and not (target / HEAD_FILE).is_file() and any(target.iterdir()):
        raise PlanFileError(f"{target} is not empty and holds no plan; name another folder for the plan")


def refuse_another(target: Path, instance: Instance, origin: str = "") -> None:
    """Refuse to replace the plan of another instance.

    Plans are of the same instance if its content is the same, or if it was read from the same place, or, where that is
    not known of one of them, if it has the same name.

    Raises
    ------
    PlanFileError
        If the folder holds the plan of another instance.
    """
    try:
        there = json.loads((target / HEAD_FILE).read_text(encoding="utf-8"))["instance"]
        name, content, source = there["name"], there["hash"], there.get("source", "")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return  # no plan, or one that cannot be read
    mine, its = origin or source_of(instance), _absolute(source, target)
    same = mine == its if mine and its else name == instance.head.name
    if content == instance.hash or same:
        return
    whose = f"the instance {name!r}" + (f" from {its}" if its else "")
    here = f"this one is {instance.head.name!r}" + (f" from {mine}" if mine else "")
    remedy = "name another folder (-o), give the instance a name of its own, or replace that plan (--replace)"
    raise PlanFileError(f"{target} holds the plan of another instance: {whose}; {here}. To keep both, {remedy}")


# ---------------------------------------------------------------- whose plan it is
def source_of(instance: Instance) -> str:
    """Where an instance was read from, as an absolute path; ``""`` if not from a file, or from a plan's own copy."""
    path = Path(instance.source) if instance.source else None
    try:
        if path is None or not path.exists() or (path.parent / HEAD_FILE).is_file():
            return ""
        return str(path.resolve())
    except OSError:
        return ""


def origin_of(plan: Plan) -> str:
    """Where a plan's instance was read from, as an absolute path; ``""`` if that is not known."""
    return plan.origin or source_of(plan.instance)


def take_origin(head: dict[str, Any], folder: Path) -> str:
    """Take out of a head as it was read where the instance came from, as an absolute path."""
    about = head.get("instance")
    return _absolute(about.pop("source", ""), folder) if isinstance(about, dict) else ""


def _absolute(source: Any, folder: Path) -> str:
    """Return the source in a head, which is relative to the plan folder, as an absolute path."""
    return os.path.realpath(Path(os.path.realpath(folder), source)) if isinstance(source, str) and source else ""


def written_head(plan: Plan, folder: Path) -> dict[str, Any]:
    """The head as it is written into a folder: with where the instance was read from, as a path from there."""
    origin, about = origin_of(plan), plan.head.get("instance")
    if not origin or not isinstance(about, dict):
        return plan.head
    try:
        source = Path(os.path.relpath(origin, os.path.realpath(folder))).as_posix()
    except ValueError:  # on another drive
        source = origin
    return {**plan.head, "instance": {**about, "source": source}}


# ---------------------------------------------------------------- writing
def contents(plan: Plan, folder: Path, tables: str, strict: bool = True) -> dict[str, bytes]:
    """Return the files of a plan folder by their paths in it.

    Unless ``strict``, values of the head that JSON cannot represent are written as text or ``NaN``.
    """
    found = {f"{INSTANCE_FOLDER}/{name}": data for name, data in folder_contents(plan.instance).items()}
    found |= {f"{name}.csv": table_bytes(table) for name, table in plan.explained.items()}
    write = table_bytes if tables == "csv" else _write_parquet
    found |= {f"{name}.{tables}": write(table) for name, table in plan.tables.items()}
    head = json.dumps(written_head(plan, folder), indent=2, allow_nan=not strict, default=None if strict else str)
    return {**found, HEAD_FILE: f"{head}\n".encode()}


def table_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV, in which no text is a formula."""
    return guarded_table(table).to_csv(index=False, float_format=f"%.{DIGITS}g", lineterminator="\n").encode()


def _write_parquet(table: pd.DataFrame) -> bytes:
    content = io.BytesIO()
    try:
        table.to_parquet(content, index=False)
    except ImportError as error:
        raise PlanFileError(NO_PARQUET) from error
    return content.getvalue()


def write_plan(plan: Plan, place: Place, tables: str = "csv") -> Placed:
    """Write a plan to its place; where that is not possible, it is kept, complete, somewhere else.

    Returns
    -------
    Placed
        Where it is. That is next to its place, with a note, where another run has written a plan there since the
        place was looked at.

    Raises
    ------
    PlanNotSaved
        If it could not be written to its place; it says where it is kept.
    """
    target = place.folder
    try:
        with uninterrupted():
            placed = folders.replace_folder(target, contents(plan, target, tables), KIND, place.expected)
    except NotPlaced as error:
        kept = _shown(error.kept, target)
        if not isinstance(error.why, Superseded):
            raise PlanNotSaved(target, error.why, kept) from error
        note = f"{target} was written by another run in the meantime and is left as it is; this plan is in {kept}"
        return Placed(kept, (*place.notes, note))
    except Exception as error:
        raise PlanNotSaved(target, error, _kept_elsewhere(plan, target)) from error
    return Placed(placed.folder, (*place.notes, *placed.notes))


def _shown(path: Path, target: Path) -> Path:
    """A path next to a target, as the target was named."""
    return target.with_name(path.name) if os.path.realpath(target.parent) == str(path.parent) else path


def _kept_elsewhere(plan: Plan, target: Path) -> Path | None:
    """Keep a plan that cannot be written where it was to go; return where, None if it could be written nowhere."""
    return keep_files(lambda path: contents(plan, path, "csv", strict=False), target, KIND, _numbered)


def _free(wanted: Path) -> Path:
    """Return a path if it is free, otherwise with a number."""
    return _numbered(wanted) if os.path.lexists(wanted) else wanted


def _numbered(wanted: Path) -> Path:
    """Return a free path: the wanted one with a number."""
    return next(path for n in itertools.count(2) if not os.path.lexists(path := wanted.with_name(f"{wanted.name}-{n}")))


def keep_files(
    files: Callable[[Path], Mapping[str, bytes]], target: Path, kind: Kind, name: Callable[[Path], Path] = _free
) -> Path | None:
    """Write files to a new folder at a target, or else in another place that can be written.

    Parameters
    ----------
    files : callable
        Contents of the new folder, by its path.
    target : Path
        Its path and name.
    kind : Kind
        Kind of the new folder.
    name : callable
        Derives a free path from the one wanted.

    Returns
    -------
    Path or None
        The new folder; None if it could be written nowhere.
    """
    for home in _other_places(target):
        with contextlib.suppress(Exception), uninterrupted():  # the caller reports that nothing could be kept
            path = name(home / target.name)
            try:
                return folders.replace_folder(path, files(path), kind, "").folder
            except NotPlaced as error:
                return error.kept
    return None


def _other_places(target: Path) -> Iterator[Path]:
    """Folders to try, one after the other."""
    yield target.parent
    with contextlib.suppress(OSError):
        yield Path.cwd()
    yield Path(tempfile.gettempdir())


def keep_failed(plan: Plan, target: Path, tables: str, why: str) -> str:
    """Keep a plan that is not to be relied on, in a folder of its own next to its place; returns where."""
    path = target.with_name(f"{target.name}.{why}")
    place = Place(_free(path), "")
    try:
        return str(write_plan(plan, place, tables).folder)
    except PlanNotSaved as error:
        return error.kept


def write_explained(plan: Plan, folder: Path, found: Mapping[str, pd.DataFrame]) -> None:
    """Write tables that explain a plan into its folder, all at once.

    Raises
    ------
    PlanNotSaved
        If they cannot be written there, or the folder holds another plan by now: the plan with them is kept elsewhere.
    """
    data = {f"{name}.csv": table_bytes(table) for name, table in found.items()}
    expected = folders.fingerprint(folder, KIND)
    try:
        with uninterrupted():
            if expected and not _holds(folder, plan):
                raise Superseded(0, "it holds another plan by now", str(folder))
            if expected and not _works_in(folder):
                folders.update_folder(folder, data, KIND, expected)
            else:
                write_files(folder, data)
    except OSError as error:
        explained = dataclasses.replace(plan, explained={**plan.explained, **found})
        kept = _kept_elsewhere(explained, folder)
        raise PlanNotSaved(folder, error, kept, "what was worked out") from error


def _holds(folder: Path, plan: Plan) -> bool:
    """Whether a folder holds this plan."""
    try:
        head = json.loads((folder / HEAD_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    take_origin(head, folder)
    return bool(head == json.loads(json.dumps(plan.head)))


def _works_in(folder: Path) -> bool:
    """Whether the working folder is this one or below it: who works there is to stay there."""
    try:
        here = Path(os.path.realpath(Path.cwd()))
    except OSError:  # it is gone
        return False
    return here.is_relative_to(os.path.realpath(folder))
