"""Read stochastic programs from SMPS files: a core (.cor or .mps), its stages (.tim) and its scenarios (.sto).

Words are separated by blanks, so that names cannot contain them. Of the .sto file, independent elements, blocks and
scenarios are read, all of them discrete, which change coefficients, costs, right-hand sides or bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from math import prod
from pathlib import Path

import numpy as np

from optimizer.program.arrays import Arrays, by_column
from optimizer.uncertainty.stochastic_program import OWN, StochasticProgram

Key = tuple[str, str]  # column and row; RHS and row; kind of bound and column
Section = tuple[str, list[str]]  # its name, and the words of a line
_RHS = "RHS"
_BOUNDS = ("UP", "LO", "FX", "FR", "MI", "PL", "BV", "UI", "LI")


@dataclass
class Core:
    """The core of a stochastic program: an MPS file."""

    kinds: dict[str, str] = field(default_factory=dict)  # of rows, without the objective
    objective: str = ""
    columns: list[str] = field(default_factory=list)
    integer: set[str] = field(default_factory=set)
    terms: dict[Key, float] = field(default_factory=dict)
    sides: dict[str, float] = field(default_factory=dict)
    ranges: dict[str, float] = field(default_factory=dict)
    bounds: dict[Key, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """A scenario: its probability, changes, and node in each stage."""

    probability: float
    changes: dict[Key, float]
    nodes: tuple[str, ...]


def read_smps(core: Path) -> StochasticProgram:
    """Read the stochastic program of a core and of the files .tim and .sto next to it.

    Raises
    ------
    ValueError
        If a section is of a kind that is not read.
    """
    data = read_core(core)
    stages = _stages(core.with_suffix(".tim"), data)
    scenarios = _scenarios(core.with_suffix(".sto"), list(dict.fromkeys(stages.values())))
    order = list(dict.fromkeys(stages.values()))
    numbers: dict[tuple[str, str], int] = {}
    decisions = [
        np.array([_number(numbers, column, one.nodes[order.index(stages[column])]) for column in data.columns])
        for one in scenarios
    ]
    counts = np.bincount(np.concatenate(decisions), minlength=len(numbers))
    renumbered = np.where(counts > 1, np.cumsum(counts > 1) - 1, OWN)
    total = sum(one.probability for one in scenarios)
    return StochasticProgram(
        tuple(arrays_of(data, one.changes) for one in scenarios),
        np.array([one.probability / total for one in scenarios]),
        tuple(renumbered[numbers_of] for numbers_of in decisions),
    )


def _number(numbers: dict[tuple[str, str], int], column: str, node: str) -> int:
    return numbers.setdefault((column, node), len(numbers))


def _lines(path: Path) -> Iterator[Section]:
    """Lines of the sections of a file, without comments; the section's own line comes first."""
    section = ""
    for line in path.read_text(encoding="latin-1").splitlines():
        words = line.split()
        if not words or line.startswith("*"):
            continue
        if not line[0].isspace():
            section = words[0].upper()
        yield section, words


# ---------------------------------------------------------------- the core
def read_core(path: Path) -> Core:
    """Read an MPS file."""
    core, integer = Core(), False
    for section, words in _lines(path):
        if words[0].upper() == section and section != "RHS":
            continue
        if section == "ROWS":
            _add_row(core, *words[:2])
        elif section == "COLUMNS" and "'MARKER'" in words:
            integer = "'INTORG'" in words
        elif section == "COLUMNS":
            if words[0] not in core.columns[-1:]:
                core.columns.append(words[0])
                core.integer |= {words[0]} if integer else set()
            core.terms.update({(words[0], row): value for row, value in _pairs(words[1:])})
        elif section in ("RHS", "RANGES"):
            (core.sides if section == "RHS" else core.ranges).update(_pairs(words[len(words) % 2 :]))
        elif section == "BOUNDS":
            core.bounds[words[0], words[2]] = float(words[3]) if len(words) > 3 else 0.0
    return core


def _add_row(core: Core, kind: str, name: str) -> None:
    if kind != "N":
        core.kinds[name] = kind
    elif not core.objective:
        core.objective = name


def _pairs(words: list[str]) -> list[tuple[str, float]]:
    return [(name, float(value)) for name, value in zip(words[::2], words[1::2], strict=True)]


def arrays_of(core: Core, changes: dict[Key, float]) -> Arrays:
    """The program of a scenario."""
    sides = core.sides | {row: value for (first, row), value in changes.items() if first.upper().startswith(_RHS)}
    bounds = core.bounds | {key: value for key, value in changes.items() if key[0] in _BOUNDS}
    own = {key: value for key, value in changes.items() if key[0] in set(core.columns)}
    terms = [(row, column, value) for (column, row), value in (core.terms | own).items()]
    number, place = ({name: at for at, name in enumerate(names)} for names in (core.kinds, core.columns))
    cost = np.zeros(len(core.columns))
    for row, column, value in terms:
        if row == core.objective:
            cost[place[column]] += value
    inside = sorted((number[row], place[column], value) for row, column, value in terms if row in number)
    rows, columns, values = (np.array(one) for one in zip(*inside, strict=True))
    starts, indices, ordered = by_column(rows, columns, values.astype(float), len(cost))
    lower, upper, integer = _column_bounds(core, bounds)
    row_lower, row_upper = _row_bounds(core, sides)
    return Arrays(
        cost=cost,
        offset=-sides.get(core.objective, 0.0),
        lower=lower,
        upper=upper,
        integer=integer,
        starts=starts,
        indices=indices,
        values=ordered,
        row_lower=row_lower,
        row_upper=row_upper,
        columns=tuple(("column", name) for name in core.columns),
        rows=tuple(("row", name) for name in core.kinds),
    )


def _column_bounds(core: Core, bounds: dict[Key, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    place = {name: at for at, name in enumerate(core.columns)}
    lower, upper = np.zeros(len(place)), np.full(len(place), np.inf)
    integer = np.array([name in core.integer for name in core.columns], dtype=bool)
    for (kind, name), value in bounds.items():
        at = place[name]
        integer[at] |= kind in ("BV", "UI", "LI")
        if kind in ("FX", "LO", "LI"):
            lower[at] = value
        if kind in ("FR", "MI") or (kind == "UP" and value < 0 and lower[at] == 0):
            lower[at] = -np.inf
        if kind in ("FX", "UP", "UI"):
            upper[at] = value
        if kind == "BV":
            lower[at], upper[at] = 0, 1
    return lower, upper, integer


def _row_bounds(core: Core, sides: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    side = np.array([sides.get(name, 0.0) for name in core.kinds])
    kinds = np.array(list(core.kinds.values()))
    spread = np.array([core.ranges.get(name, np.nan) for name in core.kinds])
    least, most = np.where(kinds == "L", -np.inf, side), np.where(kinds == "G", np.inf, side)
    least = np.where(~np.isnan(spread) & (kinds == "L"), side - np.abs(spread), least)
    most = np.where(~np.isnan(spread) & (kinds == "G"), side + np.abs(spread), most)
    equal = ~np.isnan(spread) & (kinds == "E")
    return np.where(equal, side + np.minimum(spread, 0), least), np.where(equal, side + np.maximum(spread, 0), most)


# ---------------------------------------------------------------- stages and scenarios
def _stages(path: Path, core: Core) -> dict[str, str]:
    """Stage of each column: that of the last column of the .tim file which is not after it."""
    firsts = {words[0]: words[2] for section, words in _lines(path) if section == "PERIODS" and len(words) > 2}
    stage, found = next(iter(firsts.values())), {}
    for column in core.columns:
        stage = firsts.get(column, stage)
        found[column] = stage
    return found


def _scenarios(path: Path, stages: list[str]) -> list[Scenario]:
    """Scenarios of a .sto file."""
    lines = [(section, words) for section, words in _lines(path) if section not in ("STOCH", "NAME", "ENDATA")]
    kinds = {section for section, _ in lines}
    if kinds == {"SCENARIOS"}:
        return _listed([words for _, words in lines[1:]], stages)
    if kinds <= {"INDEP", "BLOCKS"}:
        return _combined(lines, stages)
    raise ValueError(f"{path.name} has sections {', '.join(sorted(kinds))}; expected SCENARIOS, or INDEP and BLOCKS")


def _listed(lines: list[list[str]], stages: list[str]) -> list[Scenario]:
    """Scenarios that branch from others."""
    found: dict[str, Scenario] = {}
    name = ""
    for words in lines:
        if words[0] == "SC":
            _, name, parent, probability, stage = words
            branch = stages.index(stage)
            before = found.get(parent.strip("'"))
            nodes = before.nodes if before else ("ROOT",) * len(stages)
            changes = dict(before.changes) if before else {}
            found[name] = Scenario(float(probability), changes, (*nodes[:branch], *(name,) * (len(stages) - branch)))
        else:
            found[name].changes.update(_changes(words))
    return list(found.values())


def _changes(words: list[str]) -> dict[Key, float]:
    """Changes of a line: of a bound, or of one or two coefficients or right-hand sides."""
    if words[0] in _BOUNDS and len(words) == 4:
        return {(words[0], words[2]): float(words[3])}
    return {(words[0], row): value for row, value in _pairs(words[1:])}


@dataclass
class _Element:
    """Outcomes of what is independent of all else, known in a stage: their probabilities and changes."""

    stage: int
    outcomes: list[tuple[float, dict[Key, float]]] = field(default_factory=list)


def _combined(lines: list[Section], stages: list[str]) -> list[Scenario]:
    """Scenarios of all combinations of independent elements."""
    elements: dict[tuple[str, ...], _Element] = {}
    for section, words in lines:
        if words[0] == section:
            if "DISCRETE" not in words[1:2]:
                raise ValueError(f"section {' '.join(words)} is not discrete")
        elif section == "INDEP":
            stage = stages.index(words[3]) if len(words) == 5 else 1
            element = elements.setdefault((words[0], words[1]), _Element(stage))
            element.outcomes.append((float(words[-1]), _changes(words[:3])))
        elif words[0] == "BL":
            element = elements.setdefault((words[1],), _Element(stages.index(words[2])))
            element.outcomes.append((float(words[3]), {}))
        else:
            element.outcomes[-1][1].update(_changes(words))
    found = []
    for choice in product(*(range(len(element.outcomes)) for element in elements.values())):
        chosen = [(one.stage, one.outcomes[place], place) for one, place in zip(elements.values(), choice, strict=True)]
        changes: dict[Key, float] = {}
        for _, (_, more), _ in chosen:
            changes.update(more)
        nodes = (str([place for known, _, place in chosen if known <= stage]) for stage in range(len(stages)))
        found.append(Scenario(prod(outcome[0] for _, outcome, _ in chosen), changes, tuple(nodes)))
    return found
