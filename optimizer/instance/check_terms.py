"""Check the terms of the planner's own rules: the item has the quantity, and the name is unambiguous."""

from __future__ import annotations

from optimizer.instance.check_names import names_of
from optimizer.instance.data import BAD, Data
from optimizer.instance.raw import quoted
from optimizer.schema import IN_HOUSE, Quantity

_NOT_OF_SPACE = ("accelerators", "reference-accelerators")  # units of quantities that contracts of MW do not have


def rule_terms(data: Data) -> None:
    """Report terms whose item lacks the quantity or is ambiguous."""
    for table, record in data.records("rule_terms"):
        if not record.has("quantity", "item"):
            continue
        quantity, item = data.schema.quantities[record.values["quantity"]], record.values["item"]
        kinds = _kinds(data, item)
        fitting = [kind for kind in kinds if _has(data, quantity, kind, item)]
        if len(fitting) > 1:
            if any(_is_reported(data, kind, item) for kind in fitting):
                continue
            both = " and ".join(_noun(kind) for kind in fitting)
            problem = f"{quoted(item)} is the name of {both}, and either has {quantity.name}; rename one."
            data.fault(table, record, "item", problem)
        elif kinds and not fitting and not _unsure(data, quantity):
            data.fault(table, record, "quantity", _cannot(data, quantity, kinds, item))


def _is_reported(data: Data, kind: str, item: str) -> bool:
    """Whether the name of an item is already reported as a duplicate."""
    if kind == IN_HOUSE:
        return False
    table, column = kind.split(".")
    return any(r.values[column] == item and id(r) in data.doubtful for _, r in data.records(table))


def _kinds(data: Data, item: str) -> list[str]:
    """Columns that contain a name, such as ``contracts.contract``; ``in_house`` for the own sites together."""
    targets = data.schema.tables["rule_terms"].columns["item"].refers
    own = [IN_HOUSE] if item == IN_HOUSE else []
    return own + [target for target in targets if item in names_of(data, (target,)).known]


def _has(data: Data, quantity: Quantity, kind: str, item: str) -> bool:
    """Whether an item of a kind has a quantity."""
    if kind == "contracts.contract" and quantity.unit.startswith(_NOT_OF_SPACE) and _supplied(data, item) == "mw":
        return False
    sold = _sold(data, item) if kind == "outlets.outlet" else BAD
    return kind in quantity.items and (not quantity.sells or sold is BAD or sold == quantity.sells)


def _sold(data: Data, outlet: str) -> str:
    rows = (record.values for _, record in data.records("outlets"))
    return next((str(v["sells"]) for v in rows if v["outlet"] == outlet and v["sells"] is not BAD), BAD)


def _supplied(data: Data, contract: str) -> str:
    rows = (record.values for _, record in data.records("contracts"))
    return next((str(v["supplies"]) for v in rows if v["contract"] == contract and v["supplies"] is not BAD), BAD)


def _unsure(data: Data, quantity: Quantity) -> bool:
    """Whether the item may be in a table that could not be read, which is reported already."""
    return any(names_of(data, (kind,)).open for kind in quantity.items if kind != IN_HOUSE)


def _cannot(data: Data, quantity: Quantity, kinds: list[str], item: str) -> str:
    able = [other.name for other in data.schema.quantities.values() if any(_has(data, other, k, item) for k in kinds)]
    what = " and ".join(_noun(kind) for kind in kinds)
    if quantity.sells and "outlets.outlet" in kinds:
        what += f" that sells {_sold(data, item)}"
    if "contracts.contract" in kinds and _supplied(data, item) == "mw":
        what += " that supplies mw"
    name = item if kinds == [IN_HOUSE] else f"{quoted(item)}, {what}"
    return f"{quantity.name} is not available for {name}; expected one of {', '.join(able)}."


def _noun(kind: str) -> str:
    """``a contract``."""
    noun = "the own sites together" if kind == IN_HOUSE else kind.split(".")[1]
    return noun if " " in noun else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
