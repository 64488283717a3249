"""The instances of the benchmark, by set, as ``instances/sets.toml`` lists them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.errors import CapoptError
from optimizer.instance.examples import examples_folder, find_instance

SETS = ("smoke", "bench", "uncertain", "infeasible", "invalid")
SETS_FILE = "sets.toml"


@dataclass(frozen=True)
class Case:
    """An instance to solve.

    Attributes
    ----------
    name : str
        Name in the list, or as given.
    path : Path
        Folder or workbook.
    set : str
        ``smoke``, ``bench``, ``uncertain``, ``infeasible`` or ``invalid``; ``""`` if it is not in the list.
    gap : float or None
        Relative gap at which its search ends; None: the common one.
    """

    name: str
    path: Path
    set: str = ""
    gap: float | None = None

    def expected(self) -> dict[str, Any]:
        """Expected messages, from ``expected.toml`` in the folder of the instance.

        Either ``faults``: all errors, as they are reported; or ``conflict``: the possible conflicts, each with its
        ``rows``.
        """
        file = self.path / "expected.toml"
        return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def find_cases(names: Sequence[str], sets: Sequence[str]) -> list[Case]:
    """Find the requested instances.

    Parameters
    ----------
    names : sequence of str
        Names in the list, shipped examples, folders or workbooks; if empty, all of the list.
    sets : sequence of str
        Keep only these sets of the list.

    Raises
    ------
    CapoptError
        If the list is missing, or none of it is selected.
    InstanceError
        If a name is neither in the list nor an instance.
    """
    listed = _listed() if not names or (examples_folder() / SETS_FILE).is_file() else {}
    known = listed | {str(case.path.resolve()): case for case in listed.values()}
    found = [
        known.get(name) or known.get(str(Path(name).resolve())) or Case(name, find_instance(name)) for name in names
    ]
    chosen = [case for case in found or listed.values() if not sets or case.set in sets]
    if not chosen:
        raise CapoptError(f"no instance of {', '.join(sets) or 'the list'} is selected in {SETS_FILE}")
    return chosen


def _listed() -> dict[str, Case]:
    path = examples_folder() / SETS_FILE
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["instances"]
        cases = [
            Case(name, path.parent / entry.get("folder", name), entry["set"], entry.get("gap"))
            for name, entry in entries.items()
        ]
    except (OSError, tomllib.TOMLDecodeError, KeyError, AttributeError) as error:
        raise CapoptError(f"{path} is not a valid list of instances ({error}); name instances instead") from None
    wrong = [f"{case.name} has set {case.set!r}" for case in cases if case.set not in SETS]
    if wrong:
        raise CapoptError(f"{path}: {'; '.join(wrong)}; expected one of {', '.join(SETS)}")
    wrong = [f"{case.name} has gap {case.gap!r}" for case in cases if not _is_gap(case.gap)]
    if wrong:
        raise CapoptError(f"{path}: {'; '.join(wrong)}; expected a number from 0 to 1, such as 0.01 for 1 %, or no gap")
    return {case.name: case for case in cases}


def _is_gap(gap: Any) -> bool:
    """Whether a value is a gap or absent; TOML has nan, too."""
    return gap is None or (isinstance(gap, int | float) and not isinstance(gap, bool) and 0 <= gap <= 1)
