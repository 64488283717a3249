"""All conflicts and all minimal repairs of families of conflicts that are known: no program is solved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from optimizer.solver import hitting_sets
from optimizer.solver.cell_conflicts import CellConflict
from optimizer.solver.elastic import Cell
from optimizer.solver.hitting_sets import Conflicts, find_conflicts, find_one
from optimizer.solver.iis import Conflict

Cells = frozenset[Cell]


def cells(names: str) -> Cells:
    """Cells with names of one letter; those of capital letters are budgets."""
    return frozenset(("budgets" if name.isupper() else "rules", name, "of") for name in names)


def names(some: Cells) -> str:
    """Names of cells, in order."""
    return "".join(sorted(name for _, name, _ in some))


class Known:
    """Conflicts of fractions and of integers that are known, in place of searches for them."""

    fractions: Sequence[Cells]
    integers: Sequence[Cells]
    irreducible = True
    unknown = False  # whether no set of cells is proven to be sufficient
    lost = False  # whether time ends before a conflict is described

    def __init__(self, *_: object) -> None:
        self.every = frozenset().union(*self.fractions, *self.integers)

    def _left(self, given_up: Collection[Cell], integral: bool) -> list[Cells]:
        return [one for one in [*self.fractions, *(self.integers if integral else ())] if one.isdisjoint(given_up)]

    def clashing(self, given_up: Collection[Cell], integral: bool) -> list[Cell] | None:
        """All cells that are kept, if some of them clash."""
        return sorted(self.every - set(given_up)) if self._left(given_up, integral) else None

    def conflict(self, kept: list[Cell]) -> CellConflict | None:
        """The first of the minimal conflicts among some cells."""
        every = [*self.fractions, *self.integers]
        first = next(one for one in every if one in minimal(every) and one <= set(kept))
        found = CellConflict(Conflict((), (), irreducible=self.irreducible), first, (frozenset(), frozenset()))
        return None if self.lost else found

    def possible(self, given_up: Collection[Cell]) -> bool | None:
        """Whether some cells are sufficient."""
        return None if self.unknown else not self._left(given_up, True)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> type[Known]:
    """Conflicts for one test."""
    made = type("Made", (Known,), {"fractions": (), "integers": ()})
    monkeypatch.setattr(hitting_sets, "ConflictRefiner", made)
    return made


def searched(repair: Collection[Cell] = (), integer: bool = True, seconds: float = 60.0) -> tuple[Conflicts, list[str]]:
    """The conflicts that are found, and the lines that report them."""
    lines: list[str] = []
    program: Any = SimpleNamespace(plain=SimpleNamespace(integer=np.array([False, integer])))
    return find_conflicts(program, repair, seconds, lines.append), lines


def minimal(sets: Collection[Cells]) -> set[Cells]:
    """Those of some sets that contain no other of them."""
    return {one for one in sets if not any(other < one for other in sets)}


@pytest.mark.parametrize("seed", range(12))
def test_all_minimal_conflicts_and_repairs_are_found(seed: int, known: type[Known]) -> None:
    """Tests random conflicts against all sets of cells, from no repair, a repair with more than it needs, and none."""
    chance = np.random.default_rng(seed)
    drawn = [cells("".join(chance.choice(list("abcdEF"), size=chance.integers(1, 4), replace=False))) for _ in range(4)]
    known.fractions, known.integers = drawn[:2], drawn[2:]
    every = [frozenset(some) for size in range(7) for some in combinations(sorted(cells("abcdEF")), size)]
    enough = minimal([one for one in every if not any(one.isdisjoint(conflict) for conflict in drawn)])
    repair = [(), frozenset().union(*drawn), drawn[0]][seed % 3]  # the last hits one conflict for sure
    found, lines = searched(repair)
    assert {one.cells for one in found.found} == minimal(drawn)
    assert (set(found.sufficient), len(found.sufficient), found.complete) == (enough, len(enough), True)
    count = len(found.found)
    assert lines == [f"{n} conflict{'' if n == 1 else 's'} found so far" for n in range(1, count + 1)]


def test_conflicts_of_fractions_come_first(known: type[Known]) -> None:
    """Tests that one of integers is searched for where fractions are feasible, and not before."""
    known.fractions, known.integers = [cells("ab")], [cells("cd"), cells("ae")]
    found, _ = searched()
    # Each of a and b resolves all of fractions. With a given up cd is left; with b and one of these, ae.
    assert [names(one.cells) for one in found.found] == ["ab", "cd", "ae"]
    assert sorted(map(names, found.sufficient)) == ["ac", "ad", "bce", "bde"]


@pytest.mark.parametrize(
    ("repair", "first"),
    [
        ("aB", "B"),  # either is sufficient: the budget, which costs only money, remains
        ("Ba", "B"),
        ("ac", "a"),  # c alone is not
        ("c", "B"),  # not sufficient: it is not one of them
    ],
)
def test_a_known_repair_is_reduced(known: type[Known], repair: str, first: str) -> None:
    """Tests which cells of a repair remain where a and a budget stand against each other."""
    known.fractions = [cells("aB")]
    found, _ = searched(cells(repair))
    assert names(found.sufficient[0]) == first
    assert sorted(map(names, found.sufficient)) == ["B", "a"]


@pytest.mark.parametrize(("count", "listed", "complete"), [(12, 12, True), (13, 12, False)])
def test_twelve_conflicts_end_the_search(known: type[Known], count: int, listed: int, complete: bool) -> None:
    """Tests conflicts of one cell each, all of which a repair must resolve: no thirteenth is searched for."""
    known.fractions = [cells(name) for name in "abcdefghijklmno"[:count]]
    found, _ = searched(cells("abcdefghijklmno"[:count]))
    assert (len(found.found), found.complete) == (listed, complete)


@pytest.mark.parametrize(("count", "listed", "complete"), [(8, 8, True), (9, 9, False), (10, 9, False)])
def test_few_conflicts_are_searched_for_beyond_the_repair(
    known: type[Known], count: int, listed: int, complete: bool
) -> None:
    """Tests that after the conflict that the repair must resolve, eight more that block other repairs suffice."""
    known.fractions = [cells(f"z{name}") for name in "abcdefghijkl"[:count]]
    found, _ = searched(cells("z"))
    assert (len(found.found), found.complete) == (listed, complete)
    assert [names(one) for one in found.sufficient] == ["z", *(["abcdefgh"] if complete else [])]


@pytest.mark.parametrize(("count", "complete"), [(149, True), (150, False)])
def test_large_trees_are_cut(known: type[Known], count: int, complete: bool) -> None:
    """Tests that with the root and 149 branches all are followed, and with one more none."""
    known.fractions = [frozenset(("rules", f"{n:03}", "rhs") for n in range(count))]
    found, _ = searched()
    assert (len(found.found), len(found.sufficient), found.complete) == (1, count if complete else 0, complete)


@pytest.mark.parametrize("changed", [{"irreducible": False}, {"unknown": True}, {"lost": True}])
@pytest.mark.parametrize("family", ["fractions", "integers"])
def test_doubts_leave_the_search_incomplete(known: type[Known], changed: dict[str, bool], family: str) -> None:
    """Tests conflicts that may name too much or are lost in time, and repairs that are not proven to be sufficient."""
    setattr(known, family, [cells("ab")])
    assert searched()[0].complete
    for name, value in changed.items():
        setattr(known, name, value)
    found, _ = searched()
    assert not found.complete
    assert len(found.found) == (0 if known.lost else 1)
    assert sorted(map(names, found.sufficient)) == ([] if known.lost or known.unknown else ["a", "b"])


def test_no_time_finds_nothing(known: type[Known]) -> None:
    """Tests that the search ends at once."""
    known.fractions = [cells("ab")]
    found, lines = searched(seconds=-1.0)
    assert (found.found, found.sufficient, found.complete, lines) == ([], [], False, [])


@pytest.mark.parametrize(
    ("fractions", "integers", "integer", "first"),
    [
        ("ab", "c", True, "ab"),
        ("", "c", True, "c"),
        ("", "c", False, None),  # without integers there is nothing more to search for
        ("", "", True, None),
    ],
)
def test_one_conflict(known: type[Known], fractions: str, integers: str, integer: bool, first: str | None) -> None:
    """Tests that one of fractions is preferred, and that integers are considered where there are some."""
    known.fractions, known.integers = ([cells(one)] if one else [] for one in (fractions, integers))
    program: Any = SimpleNamespace(plain=SimpleNamespace(integer=np.array([False, integer])))
    found = find_one(program, 60.0)
    assert (None if found is None else names(found.cells)) == first
