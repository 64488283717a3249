"""Solutions that no plan could be made of: kept in a folder, with the instance and the error."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from optimizer.carry import Kind
from optimizer.errors import AuditFailed, BoundContradicted, PlanNotCompleted
from optimizer.instance.instance import Instance
from optimizer.instance.save import folder_contents
from optimizer.plan.folder import INSTANCE_FOLDER, keep_files, table_bytes
from optimizer.program.arrays import Arrays, Floats
from optimizer.program.row_names import name_of

_SOLUTION_FILE, _ERROR_FILE = "solution.csv", "error.txt"
_KIND = Kind(_SOLUTION_FILE, lambda parts: parts[0] in (_SOLUTION_FILE, _ERROR_FILE, INSTANCE_FOLDER))


@contextmanager
def solution_kept(instance: Instance, arrays: Arrays, values: Floats | None) -> Iterator[None]:
    """Attach the solution of a search to an unexpected error of a block that makes a plan of it.

    Raises
    ------
    PlanNotCompleted
        For every error, except where there is no solution or the error has the plan.
    """
    try:
        yield
    except (AuditFailed, BoundContradicted):
        raise
    except Exception as error:
        if values is None:
            raise
        raise not_completed(instance, arrays, values, error) from error


def not_completed(instance: Instance, arrays: Arrays, values: Floats, error: BaseException) -> PlanNotCompleted:
    """Return the error that has a solution of which no plan can be made."""
    pairs = zip(arrays.columns, values.tolist(), strict=True)
    return PlanNotCompleted(error, {name_of(column): value for column, value in pairs if value}, instance)


def keep_solution(failure: PlanNotCompleted, target: Path) -> PlanNotCompleted:
    """Write the solution of an error to a folder next to a plan folder; return the error that names it."""
    assert failure.__cause__ is not None
    table = pd.DataFrame({"column": failure.columns.keys(), "value": failure.columns.values()})
    why = "".join(traceback.format_exception(failure.__cause__))
    assert isinstance(failure.instance, Instance)
    files = {f"{INSTANCE_FOLDER}/{name}": data for name, data in folder_contents(failure.instance).items()}
    files |= {_SOLUTION_FILE: table_bytes(table), _ERROR_FILE: why.encode()}
    kept = keep_files(lambda _: files, target.with_name(f"{target.name}.unfinished"), _KIND)
    return PlanNotCompleted(failure.__cause__, failure.columns, failure.instance, kept)
