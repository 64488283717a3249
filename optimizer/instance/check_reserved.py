"""Names that would be taken for something else: an own pool, the built-in provider, every item."""

from __future__ import annotations

from optimizer.instance.data import Data
from optimizer.instance.raw import quoted
from optimizer.schema import IN_HOUSE

EVERY = "*"  # what edits and changes write for every item


def every_item(data: Data) -> None:
    """Report names that are ``*``, which means every item in edits and changes."""
    for table in data.tables.values():
        for column in table.spec.columns.values():
            if column.type == "name":
                for record in table.records:
                    if record.values[column.name] == EVERY:
                        data.doubtful.add(id(record))
                        data.fault(table, record, column.name, "'*' means every item; give it a name of its own.")


def slashes(data: Data) -> None:
    """Report sites with ``/`` in their names: ``a/b`` with ``c`` and ``a`` with ``b/c`` would be one pool."""
    for table, record in data.records("sites"):
        name = record.values["site"]
        if isinstance(name, str) and "/" in name:
            data.doubtful.add(id(record))
            instead = quoted(name.replace("/", "-"))
            problem = f"{quoted(name)} contains a slash, which separates site and accelerator in the names of own pools"
            data.fault(table, record, "site", f"{problem}; call it {instead}, here and where it is named.")


def pool_names(data: Data) -> None:
    """No contract or offer is called ``site/accelerator``."""
    pairs = {
        f"{record.values['site']}/{record.values['accelerator']}"
        for _, record in data.records("fleet", "purchases")
        if record.has("site", "accelerator")
    }
    for table, record in data.records("contracts", "on_demand"):
        column = table.spec.key[0]
        if record.values[column] in pairs:
            data.doubtful.add(id(record))
            problem = f"{quoted(record.values[column])} is the name of the accelerators at an own site."
            data.fault(table, record, column, problem)


def built_in(data: Data) -> None:
    """Report a provider called ``in_house``, which is built in."""
    for table, record in data.records("providers"):
        if record.values["provider"] == IN_HOUSE:
            data.doubtful.add(id(record))
            data.fault(table, record, "provider", f"{IN_HOUSE!r} is built in: the planner's own sites; remove the row.")
