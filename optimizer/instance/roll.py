"""An instance some months later: the same data and end, what was decided, and what limits over a window have left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any

from optimizer.errors import Fault, InstanceError
from optimizer.format import counted
from optimizer.instance.check_decided import IGNORED
from optimizer.instance.instance import Cell, Instance
from optimizer.instance.notes import HEAD, TOP, Notes
from optimizer.instance.raw import Raw, RawTable, number_text
from optimizer.instance.read import understood as checked
from optimizer.instance.roll_decided import TABLE, Decided, Decision, first_month, keeps_price
from optimizer.instance.roll_lapsed import Lapsed, find_lapsed
from optimizer.schema import Column, Table, load_schema

_YEAR = 12
_FROM_TABLES = 1_000_000  # row numbers from here on are of rows that are not in the planner's file


@dataclass(frozen=True)
class Past:
    """What was decided and used in the months before those of a rolled instance.

    Attributes
    ----------
    decided : tuple of Decision
        What was decided in these months.
    used : mapping of (str, str) to float
        By table and name of a limit over a window: what these months count of it.
    paid : mapping of str to sequence of float
        By spend commitment: what counts towards it in each of these months.
    where : str
        File of the rows of ``decided`` that have a row number.
    faults : tuple of Fault
        Errors found in that file.
    """

    decided: tuple[Decision, ...] = ()
    used: Mapping[tuple[str, str], float] = field(default_factory=dict)
    paid: Mapping[str, Sequence[float]] = field(default_factory=dict)
    where: str = ""
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Change:
    """A difference between an instance and the one that it was rolled from.

    Attributes
    ----------
    table, item : str
        What differs; ``item`` is ``""`` for an entire table.
    how : str
        ``dropped``, ``changed`` or ``added``.
    text : str
        What it was, what it is, and why.
    """

    table: str
    item: str
    how: str
    text: str

    def __str__(self) -> str:
        return f"{' '.join(part for part in (self.table, self.item) if part)}: {self.how}, {self.text}"


def roll_instance(
    instance: Instance, months: int, past: Past, extend: int = 0, source: str = ""
) -> tuple[Instance, tuple[Change, ...]]:
    """Return an instance so many months later, with what differs.

    Parameters
    ----------
    instance : Instance
        It stays as it is.
    months : int
        How many months later, fewer than it has.
    past : Past
        What was decided and used in these months.
    extend : int
        Months added at the end; step series hold their last value in them.
    source : str
        Sentence on where it comes from, added to ``sources`` of its head.

    Raises
    ------
    InstanceError
        If the rolled instance is invalid, because what was decided is; it carries every error found.
    """
    return _Roll(instance, months, past, extend).rolled(source)


class _Roll:
    def __init__(self, instance: Instance, months: int, past: Past, extend: int) -> None:
        self.instance, self.start, self.past, self.extend = instance, months, past, extend
        self.end = instance.head.months
        rows = (row for row in instance.rows[TABLE] if row.decision != IGNORED)
        before = (Decision(_cells(instance, row), None, dict(row)) for row in rows)
        self.decided = Decided(instance, months, [*before, *past.decided])
        self.lapsed: Lapsed = find_lapsed(instance, self.decided, months)
        self.cells: dict[tuple[str, int], dict[str, Cell]] = {}  # cells that change, by table and position
        self.changes: list[Change] = []

    def rolled(self, source: str) -> tuple[Instance, tuple[Change, ...]]:
        """Return the rolled instance and what differs."""
        self._list_lapsed()
        self._fix_prices()
        self._take_off()
        superseded = self._superseded()
        raw = Raw(source=f"{self.instance.head.name}, rolled forward", head_where=HEAD, head=self._head(source))
        for name, table in load_schema().tables.items():
            if name == TABLE:
                continue
            kept = [i for i in range(len(self.instance.rows[name])) if not self._goes(name, i, superseded)]
            if kept:
                raw.tables[name] = self._table(table, kept)
            self._keep_notes(raw, name, kept)
        self._add_decided(raw)
        raw.notes |= {name: notes for name, notes in self.instance.notes.items() if name not in load_schema().tables}
        raw.faults += self.past.faults
        return self._read(raw), tuple(self.changes)

    def _read(self, raw: Raw) -> Instance:
        """Return the instance of raw cells; errors are placed in the planner's file where they are of its rows."""
        try:
            return checked(raw)
        except InstanceError as error:
            raise InstanceError([_placed(fault) for fault in error.faults], raw.source) from None

    def _say(self, table: str, item: str, how: str, text: str) -> None:
        self.changes.append(Change(table, item, how, text))

    def _label(self, month: int) -> str:
        return self.instance.label(month)

    def _goes(self, table: str, position: int, superseded: set[tuple[str, int]]) -> bool:
        return (table, position) in self.lapsed or (table, position) in superseded

    # ------------------------------------------------------------------ rows
    def _list_lapsed(self) -> None:
        for (name, position), reason in self.lapsed.reasons.items():
            if reason:
                self._say(name, _item(name, self.instance.rows[name][position]), "dropped", reason)
        for name in load_schema().tables:
            about = sum(table == name and not reason for (table, _), reason in self.lapsed.reasons.items())
            if about:
                self._say(name, "", "dropped", f"{counted(about, 'row')} about what is dropped")

    def _fix_prices(self) -> None:
        """Give an agreed term that has begun its price: that of its start, or of the first month."""
        for name in load_schema().agreements:
            column = load_schema().tables[name].price
            for position, row in enumerate(self.instance.rows[name]):
                item = _item(name, row)
                if (name, position) in self.lapsed or row.committed_blocks is None or row.earliest >= self.start:
                    continue
                self.cells[name, position] = {"earliest": self._label(row.earliest)}
                if keeps_price(row):
                    price = self.decided.price_at(item, row.price, max(row.earliest, 0))
                    self.cells[name, position][column] = price
                    self._drop_prices(name, item, row.price, price)

    def _drop_prices(self, name: str, item: str, was: float, price: float) -> None:
        rows = [i for i, row in enumerate(self.instance.rows["prices"]) if row.item == item]
        for position in rows:
            self.lapsed.reasons["prices", position] = ""
        if rows:
            text = f"its price is the agreed one, {number_text(price)} (before {number_text(was)}); its prices go"
            self._say(name, item, "changed", text)

    def _take_off(self) -> None:
        """Take what was used off limits over a window that has begun."""
        faults = []
        for (name, item), used in self.past.used.items():
            table = load_schema().tables[name]
            column = next(one for one in table.columns.values() if one.left)
            position = next(i for i, row in enumerate(self.instance.rows[name]) if _item(name, row) == item)
            if (name, position) in self.lapsed:
                continue
            row = self.instance.rows[name][position]
            was = float(getattr(row, column.attribute))
            left = was - used
            cells = self.cells.setdefault((name, position), {})
            if used:
                cells[column.name] = left
                until = self._label(self.start - 1)
                text = f"{number_text(used)} of its {column.name} {number_text(was)} counts until {until}"
                self._say(name, item, "changed", f"{text}; {number_text(left)} is left")
            if left < 0 <= was and column.name == "amount" and not row.net:
                faults.append(self._overspent(name, position, column, used, was))
        if faults:
            raise InstanceError(faults, f"{self.instance.head.name}, rolled forward")

    def _overspent(self, name: str, position: int, column: Column, used: float, was: float) -> Fault:
        where, rows = self.instance.places.get(name, (name, ()))
        item = _item(name, self.instance.rows[name][position])
        problem = (
            f"{number_text(used)} was spent of {item!r} until {self._label(self.start - 1)}, "
            f"{number_text(used - was)} more than its amount. Correct what was done, or raise the amount."
        )
        row = rows[position] if position < len(rows) else None
        return Fault(where, row, column.name, number_text(was), problem)

    def _superseded(self) -> set[tuple[str, int]]:
        """Return the rows of step series that another one replaces by the first month."""
        found: set[tuple[str, int]] = set()
        for name in load_schema().names(lambda table: table.step):
            rows = self.instance.rows[name]
            begun = [i for i, row in enumerate(rows) if (name, i) not in self.lapsed and row.month <= self.start]
            last = {_item(name, rows[i]): i for i in sorted(begun, key=lambda i: rows[i].month)}
            older = {(name, i) for i in begun} - {(name, i) for i in last.values()}
            if older:
                self._say(name, "", "dropped", f"{counted(len(older), 'row')} that later ones have replaced")
            found |= older
        return found

    # ------------------------------------------------------------------ cells
    def _table(self, table: Table, kept: list[int]) -> RawTable:
        """Return the raw cells of rows that stay."""
        rows, columns = self.instance.rows[table.name], list(table.columns.values())
        ends = self._fixed_end(table)
        cells = []
        for position in kept:
            own = self.cells.get((table.name, position), {})
            row = rows[position]
            cells.append([self._cell(column, row, own, ends(row)) for column in columns])
        header = [column.name for column in columns]
        return RawTable(table.name, table.name, header, list(enumerate(cells, start=1)), header_row=None)

    def _cell(self, column: Column, row: Any, own: Mapping[str, Cell], ends: str) -> Cell:
        if column.name in own:
            return own[column.name]
        value = getattr(row, column.attribute)
        if column.default == "@first" and value is not None and value <= self.start:
            return None
        if column.name == ends:
            return self._label(value)
        return self.instance.written(column, row)

    def _fixed_end(self, table: Table) -> Any:
        """Return a function of a row: the column with the end of a window that a longer plan does not move, if any."""
        left = [column for column in table.columns.values() if column.left]

        def ends(row: Any) -> str:
            if not self.extend or not left or getattr(row, "each", "total") != "total":
                return ""
            return table.window[1]

        return ends

    def _head(self, source: str) -> dict[str, Any]:
        head = dict(vars(self.instance.head))
        head["start"], head["months"] = self._label(self.start), self.end - self.start + self.extend
        head["sources"] = " ".join(part for part in (head["sources"].strip(), source) if part)
        if self.extend:
            until = self._label(self.end + self.extend - 1)
            text = f"{counted(self.extend, 'month')} more, until {until}: step series keep their last value, "
            text += "limits over a window their last month"
            self._say(HEAD, "months", "changed", text)
        return head

    def _keep_notes(self, raw: Raw, name: str, kept: list[int]) -> None:
        """Keep the notes of a table with the rows that stay."""
        notes = self.instance.notes.get(name)
        if notes is None:
            return
        before = [0, *accumulate(int(i in set(kept)) for i in range(len(self.instance.rows[name])))]
        rows = tuple((at if at == TOP else before[min(at, len(before) - 1)], cells) for at, cells in notes.rows)
        columns = {key: tuple(cells[i] for i in kept if i < len(cells)) for key, cells in notes.columns.items()}
        raw.notes[name] = Notes(rows, columns)

    # ------------------------------------------------------------------ decided
    def _add_decided(self, raw: Raw) -> None:
        """Add everything decided that is not over, each with its agreed price."""
        over: list[Decision] = []
        for name in load_schema().names(lambda table: table.decisions):
            for position, row in enumerate(self.instance.rows[name]):
                agreed = getattr(row, "committed_blocks", None) is not None
                if (name, position) in self.lapsed:
                    over += self.decided.about(name, _item(name, row))
                elif not agreed:
                    over += self.decided.over(name, row)
        kept = [one for one in self.decided.rows if not any(one is other for other in over)]
        if over:
            self._say(TABLE, "", "dropped", f"{counted(len(over), 'row')} of which nothing is left")
        if self.past.decided:
            until = self._label(self.start - 1)
            self._say(TABLE, "", "added", f"{counted(len(self.past.decided), 'decision')} until {until}")
        if kept:
            raw.tables[TABLE] = self._decided_table(kept)

    def _decided_table(self, kept: list[Decision]) -> RawTable:
        columns = list(load_schema().tables[TABLE].columns)
        columns += [name for one in kept for name in one.cells if name not in columns]
        header = list(dict.fromkeys(columns))
        found = RawTable(TABLE, self.past.where or TABLE, header, header_row=1 if self.past.where else None)
        for number, one in enumerate(kept, start=_FROM_TABLES):
            cells = {**one.cells, **self._agreed(one)}
            found.rows.append((number if one.row is None else one.row, [cells.get(name) for name in header]))
        return found

    def _agreed(self, one: Decision) -> dict[str, Cell]:
        """Return the cells that a decision gets: its agreed price, and what was paid in the current year."""
        if one.decision == "commit_spend":
            return self._spent(one)
        if one.cells.get("price") not in (None, ""):
            return {}
        price = self.decided.agreed_price(one)
        return {} if price is None else {"price": price}

    def _spent(self, one: Decision) -> dict[str, Cell]:
        """Return what was paid in the year of a spend commitment that is under way."""
        _, row = self.decided.row_of(one)
        if row is None:
            return {}
        begun = first_month(one, row)
        year = begun + _YEAR * ((self.start - begun) // _YEAR)
        paid = sum(self.past.paid.get(one.item, [0.0] * self.start)[max(year, 0) : self.start])
        before = float(one.spent or 0.0) if year < 0 else 0.0
        current = begun <= year < self.start and year < begun + _YEAR * row.years
        return {"spent": paid + before if current else None}


def _cells(instance: Instance, row: Any) -> dict[str, Cell]:
    """Return the cells of a row of `decided` as in a file."""
    columns = load_schema().tables[TABLE].columns
    cells = {name: instance.cell(columns[name], value) for name, value in row}
    return {name: None if cell == "" else cell for name, cell in cells.items()}


def _item(table: str, row: Any) -> str:
    """Return the name by which a row is known: its own, or that of the item that it is about."""
    spec = load_schema().tables[table]
    key = (spec.name_column,) if spec.name_column else spec.key[:1] if not spec.adds else spec.key[:2]
    return "/".join(str(getattr(row, spec.columns[name].attribute)) for name in key)


def _placed(fault: Fault) -> Fault:
    """Return an error of a row that is not of the planner's file without the file and the row."""
    if fault.row is None or fault.row < _FROM_TABLES:
        return fault
    return replace(fault, where=TABLE, row=None)
