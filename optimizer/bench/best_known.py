"""The best known objective and bound of each instance: ``instances/best_known.csv``.

The marks are those of MIPLIB: ``=opt=`` proven optimum, ``=best=`` best known plan, ``=inf=`` proven infeasible.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from optimizer.bench.runs import Result
from optimizer.errors import CapoptError
from optimizer.files import write_file
from optimizer.instance.examples import examples_folder
from optimizer.solver.bound import bound_below

OPTIMAL, BEST, INFEASIBLE = "=opt=", "=best=", "=inf="
PROVEN = 1e-4  # relative gap below which an optimum counts as proven
TOLERANCE = 1e-6  # relative; below it, two amounts are the same


@dataclass(frozen=True)
class BestKnown:
    """An entry of the file.

    Attributes
    ----------
    instance : str
        Name.
    objective, bound, gap : float or None
        Of the best plan, and the best proven bound; None if unknown.
    mark : str
        ``=opt=``, ``=best=`` or ``=inf=``.
    found_by, when : str
        Versions and options of the run that last improved it, and its date.
    hash : str
        Hash of the content of the instance; ``""`` if it was not recorded, as for an infeasible one.
    """

    instance: str
    objective: float | None
    bound: float | None
    gap: float | None
    mark: str
    found_by: str
    when: str
    hash: str = ""


COLUMNS = tuple(field.name for field in fields(BestKnown))


def known_file() -> Path:
    """Path of the file of the best known values."""
    return examples_folder() / "best_known.csv"


def read_known(path: Path) -> dict[str, BestKnown]:
    """Read the entries by instance; empty if the file does not exist.

    Raises
    ------
    CapoptError
        If the file is invalid.
    """
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = {}
    for number, row in enumerate(rows, start=2):
        try:
            known[row["instance"]] = _entry(row)
        except (KeyError, TypeError, ValueError) as error:
            raise CapoptError(
                f"{path} row {number}: invalid ({error}); expected the columns {', '.join(COLUMNS)}"
            ) from None
    return known


def _entry(row: Mapping[str, str]) -> BestKnown:
    if row["mark"] not in (OPTIMAL, BEST, INFEASIBLE):
        raise ValueError(f"mark is {row['mark']!r}")
    objective, bound, gap = (float(row[name]) if row[name] else None for name in ("objective", "bound", "gap"))
    mark, found_by, when = (row[name] or "" for name in ("mark", "found_by", "when"))
    return BestKnown(row["instance"], objective, bound, gap, mark, found_by, when, row.get("hash") or "")


def write_known(path: Path, known: Mapping[str, BestKnown]) -> None:
    """Write all entries, in the order of their names."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for name in sorted(known):
        writer.writerow({column: "" if value is None else value for column, value in asdict(known[name]).items()})
    write_file(path, text.getvalue())


def holds_for(known: BestKnown, result: Result) -> bool:
    """Whether an entry is about the same content of the instance."""
    return not known.hash or not result.hash or known.hash == result.hash


def improved(known: BestKnown | None, result: Result, found_by: str, when: str) -> BestKnown | None:
    """Return the entry improved by a valid result; None if the result does not improve it.

    Raises
    ------
    BoundContradicted
        If the better objective of the two is below the better bound.
    """
    if known is not None and not holds_for(known, result):
        known = None
    if result.status == "infeasible":
        entry = BestKnown(result.instance, None, None, None, INFEASIBLE, found_by, when)
        return None if known is not None else entry
    if result.objective is None:
        return None
    old = (known.objective, known.bound) if known else (None, None)
    objective = result.objective if old[0] is None or _less(result.objective, old[0]) else old[0]
    bounds = [bound for bound in (result.bound, old[1]) if bound is not None]
    bound = bound_below(objective, max(bounds), turnover=1.0) if bounds else None
    if known and objective == old[0] and (bound is None or (old[1] is not None and not _less(old[1], bound))):
        return None
    gap = None if bound is None or objective == 0 else (objective - bound) / abs(objective)
    mark = OPTIMAL if gap is not None and gap <= PROVEN else BEST
    return BestKnown(result.instance, objective, bound, gap, mark, found_by, when, result.hash)


def _less(a: float, b: float) -> bool:
    """Whether one amount is less than another by more than rounding."""
    return a < b - 1e-9 * max(abs(a), abs(b))
