"""The scenarios of an instance: from its table ``scenarios``, or as combinations of the outcomes of its risks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from optimizer.errors import Fault, InstanceError
from optimizer.instance.changes import ChangeError, Placed, changed_rows
from optimizer.instance.instance import Instance
from optimizer.instance.known_too_late import known_too_late
from optimizer.instance.notes import HEAD
from optimizer.instance.raw import quoted
from optimizer.instance.read import raw_head, raw_table, understood
from optimizer.instance.scenario import AS_PLANNED, Outcome, Scenario
from optimizer.schema import load_schema

_LONGEST = 60  # characters of names that are made of outcomes
_ROUNDING = 1e-9  # of a sum of probabilities
SETTINGS = frozenset(["risk_measure", "risk_weight", "risk_level", "max_scenarios", "seed"])  # of the head


@dataclass(frozen=True)
class Future:
    """A scenario without its data.

    Attributes
    ----------
    name, probability, title, outcomes
        As of :class:`optimizer.instance.scenario.Scenario`.
    """

    name: str
    probability: float
    title: str
    outcomes: tuple[Outcome, ...]


def is_uncertain(instance: Instance) -> bool:
    """Whether an instance has scenarios or risks."""
    return bool(instance.rows["scenarios"] or instance.rows["risks"])


def scenarios(instance: Instance, draw: int | None = None, seed: int | None = None) -> list[Scenario]:
    """Return the scenarios of an instance, each with its own data, checked.

    Combinations of risks that are more than ``max_scenarios`` are drawn at random by ``seed``; equal ones are merged.

    Parameters
    ----------
    instance : Instance
        With rows in ``scenarios`` or ``risks``.
    draw : int, optional
        Draw so many at random instead; equal ones are merged.
    seed : int, optional
        Seed of the draw; by default that of the instance.

    Raises
    ------
    InstanceError
        If the data of a scenario are invalid; it carries every error found, with the scenario.
    ValueError
        If the instance has neither scenarios nor risks, or ``draw`` is less than 1.
    """
    return with_data(instance, futures(instance, draw, seed))


def with_data(instance: Instance, found: Iterable[Future]) -> list[Scenario]:
    """Return scenarios with their data, as :func:`scenarios` does."""
    made: list[Scenario] = []
    faults: list[tuple[str, Fault]] = []
    for future in found:
        try:
            own = scenario_instance(instance, future.outcomes)
        except InstanceError as error:
            faults.extend((future.name, fault) for fault in error.faults)
        else:
            made.append(Scenario(future.name, future.probability, future.title, future.outcomes, own))
    if faults:
        raise InstanceError(_named(faults), f"instance {instance.source}")
    return made


def check_scenarios(instance: Instance) -> tuple[Fault, ...]:
    """Warnings on the scenarios of an instance that its base data do not have.

    Raises
    ------
    InstanceError
        If the data of a scenario are invalid.
    """
    found, known = scenarios(instance), {_place(fault) for fault in instance.warnings}
    every = [(one.name, fault) for one in found for fault in one.instance.warnings if _place(fault) not in known]
    every = [(name, fault) for name, fault in every if fault.where != HEAD]  # which no scenario changes
    return (*_named(every), *known_too_late(instance))


def _place(fault: Fault) -> tuple[Any, ...]:
    return fault.where, fault.row, fault.column


def _content(fault: Fault) -> tuple[Any, ...]:
    return *_place(fault), fault.problem


def _named(faults: Iterable[tuple[str, Fault]]) -> list[Fault]:
    """Faults of scenarios, each once, with the scenarios that have it."""
    names: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    first: dict[tuple[Any, ...], Fault] = {}
    for name, fault in faults:
        names[_content(fault)].append(name)
        first.setdefault(_content(fault), fault)
    return [replace(fault, problem=f"{_in_scenarios(names[key])}: {fault.problem}") for key, fault in first.items()]


def _in_scenarios(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"in scenario {quoted(names[0])}{more}"


# ---------------------------------------------------------------- data of a scenario
def scenario_instance(instance: Instance, outcomes: Iterable[Outcome]) -> Instance:
    """Return the base data with the changes of outcomes, checked; it has no scenarios.

    Raises
    ------
    InstanceError
        If it is invalid.
    """
    return _checked(instance, _changes_of(instance, outcomes))


def unchecked_instance(instance: Instance, outcomes: Iterable[Outcome]) -> Instance:
    """Return what :func:`scenario_instance` does, without checks and warnings, of outcomes that were checked before."""
    return replace(_with_changes(instance, _changes_of(instance, outcomes)), warnings=(), places={}, notes={})


def _changes_of(instance: Instance, outcomes: Iterable[Outcome]) -> dict[str, list[Placed]]:
    """Return the rows of tables that the changes of outcomes alter."""
    come = {(one.risk, one.name) for one in outcomes}
    owners = ((row.risk or "", row.outcome or row.scenario) for row in instance.rows["changes"])
    try:
        return changed_rows(instance, [place for place, owner in enumerate(owners) if owner in come])
    except ChangeError as error:
        where, rows = instance.places.get("changes", ("changes", ()))
        row = rows[error.place] if error.place < len(rows) else None
        raise InstanceError([Fault(where, row, error.column, problem=error.problem)], "scenario") from None


def _with_changes(instance: Instance, changed: Mapping[str, list[Placed]]) -> Instance:
    """Return an instance with changed rows and without scenarios."""
    plain = {key: column.default for key, column in load_schema().head.columns.items() if _is_of_scenarios(key)}
    rows = {name: () if _is_of_scenarios(name) else instance.rows[name] for name in load_schema().tables}
    rows |= {name: tuple(row for _, row in placed) for name, placed in changed.items()}
    return replace(instance, head=replace(instance.head, **plain), rows=MappingProxyType(rows))


def _checked(instance: Instance, changed: Mapping[str, list[Placed]]) -> Instance:
    """Instance with changed rows and without scenarios, read again."""
    own = _with_changes(instance, changed)
    raw = raw_head(own)
    raw.source = instance.source
    raw.altered = {(row.table, row.key) for row in instance.rows["changes"]}
    for name, there in own.rows.items():
        if there:
            origins = [place for place, _ in changed[name]] if name in changed else range(len(there))
            raw.tables[name] = _placed(own, instance, name, origins)
    return replace(understood(raw), notes=instance.notes)


def _placed(own: Instance, base: Instance, name: str, origins: Iterable[int]) -> Any:
    """Raw cells of a table, each row with the number of the row that it was made of."""
    table = raw_table(own, name)
    where, numbers = base.places.get(name, (name, ()))
    table.where = where
    table.rows = [
        (numbers[origin] if origin < len(numbers) else origin + 2, cells)
        for origin, (_, cells) in zip(origins, table.rows, strict=True)
    ]
    return table


def _is_of_scenarios(name: str) -> bool:
    """Whether a table or a setting is about scenarios."""
    tables = load_schema().tables
    return bool(tables[name].uncovered) if name in tables else name in SETTINGS


# ---------------------------------------------------------------- which there are
def futures(instance: Instance, draw: int | None = None, seed: int | None = None) -> list[Future]:
    """Return the scenarios of an instance without their data, as :func:`scenarios` lists them."""
    return futures_in_order(instance, draw, seed)[0]


def futures_in_order(
    instance: Instance, draw: int | None = None, seed: int | None = None
) -> tuple[list[Future], list[int]]:
    """Return the scenarios without their data, and the place in this list of each draw, as they were drawn.

    Where nothing is drawn each scenario comes once.
    """
    if not is_uncertain(instance):
        raise ValueError(f"instance {instance.head.name!r} has neither scenarios nor risks")
    if draw is not None and draw < 1:
        raise ValueError(f"draw is {draw}; expected 1 or more")
    number = instance.head.seed if seed is None else seed
    if instance.rows["scenarios"]:
        return _of_table(instance, draw, number)
    return _of_risks(instance, draw, number)


def is_drawn(instance: Instance) -> bool:
    """Whether the combinations of risks are so many that some of them are drawn."""
    return _combinations(risk_outcomes(instance)) > instance.head.max_scenarios


def _of_table(instance: Instance, draw: int | None, seed: int) -> tuple[list[Future], list[int]]:
    rows = [row for row in instance.rows["scenarios"] if row.probability > 0]
    chances = _normal([row.probability for row in rows])
    order = list(range(len(rows)))
    if draw is not None:
        drawn = np.random.default_rng(seed).choice(len(rows), size=draw, p=chances).tolist()
        counts, order = _merged(drawn)
        rows, chances = [rows[i] for i in counts], [count / draw for count in counts.values()]
    found = [
        Future(row.scenario, chance, row.title, (Outcome("", row.scenario, row.known),))
        for row, chance in zip(rows, chances, strict=True)
    ]
    return found, order


Drawn = TypeVar("Drawn", int, tuple[int, ...])


def _merged(drawn: Sequence[Drawn]) -> tuple[dict[Drawn, int], list[int]]:
    """Return how often each was drawn, in ascending order, and the place of each draw among these."""
    counts = Counter(drawn)
    places = {one: place for place, one in enumerate(sorted(counts))}
    return {one: counts[one] for one in places}, [places[one] for one in drawn]


def _normal(chances: Sequence[float]) -> list[float]:
    total = sum(chances)
    return [chance / total for chance in chances]


Choice = tuple[Outcome, float, str]  # an outcome, its probability and its title


def risk_outcomes(instance: Instance) -> dict[str, list[Choice]]:
    """Outcomes of each risk that have a probability; *as planned* is the last."""
    found: dict[str, list[Choice]] = defaultdict(list)
    for row in instance.rows["risks"]:
        found[row.risk].append((Outcome(row.risk, row.outcome, row.known), row.probability, row.title))
    for risk, choices in found.items():
        rest = 1 - sum(chance for _, chance, _ in choices)
        if rest > _ROUNDING:
            choices.append((Outcome(risk, AS_PLANNED), rest, ""))
    return {risk: [choice for choice in choices if choice[1] > 0] for risk, choices in found.items()}


def _combinations(risks: Mapping[str, Sequence[Choice]]) -> int:
    return prod(map(len, risks.values()))


def _of_risks(instance: Instance, draw: int | None, seed: int) -> tuple[list[Future], list[int]]:
    risks = risk_outcomes(instance)
    if draw is None and _combinations(risks) > instance.head.max_scenarios:
        draw = instance.head.max_scenarios
    choices = list(risks.values())
    if draw is None:
        chosen = {places: prod(one[at][1] for one, at in zip(choices, places, strict=True)) for places in _all(choices)}
        chosen = dict(zip(chosen, _normal(list(chosen.values())), strict=True))
        order = list(range(len(chosen)))
    else:
        counts, order = _merged(_drawn(choices, draw, seed))
        chosen = {places: count / draw for places, count in counts.items()}
    picked = [[one[at] for one, at in zip(choices, places, strict=True)] for places in chosen]
    names = _names([[outcome for outcome, _, _ in one] for one in picked])
    found = [
        Future(name, chance, _title(one), tuple(outcome for outcome, _, _ in one))
        for name, chance, one in zip(names, chosen.values(), picked, strict=True)
    ]
    return found, order


def _all(choices: Sequence[Sequence[Choice]]) -> Iterable[tuple[int, ...]]:
    return product(*(range(len(one)) for one in choices))


def _drawn(choices: Sequence[Sequence[Choice]], draw: int, seed: int) -> list[tuple[int, ...]]:
    """Random combinations, as they were drawn."""
    random = np.random.default_rng(seed)
    each = [random.choice(len(one), size=draw, p=_normal([chance for _, chance, _ in one])) for one in choices]
    return [tuple(int(at) for at in places) for places in zip(*each, strict=True)]


def _names(every: Sequence[Sequence[Outcome]]) -> list[str]:
    """Names made of the outcomes that come; numbers where one would be long."""
    come = [[one for one in outcomes if one.name != AS_PLANNED] for outcomes in every]
    names = [" + ".join(f"{one.risk}={one.name}" for one in outcomes) or AS_PLANNED for outcomes in come]
    if len(set(names)) == len(names) and max(map(len, names)) <= _LONGEST:
        return names
    width = len(str(len(names)))
    return [f"s{number:0{width}}" for number in range(1, len(names) + 1)]


def _title(picked: Sequence[Choice]) -> str:
    come = [title or f"{one.risk}: {one.name}" for one, _, title in picked if one.name != AS_PLANNED]
    return "; ".join(come) or AS_PLANNED
