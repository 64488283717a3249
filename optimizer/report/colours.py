"""Colours of a report: the same party has the same one in every chart, on light and on dark.

The colours of parties differ for colour-blind readers, and stand out from the page in both themes; tests
measure both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from optimizer.cash_terms import cash_terms
from optimizer.format import shown
from optimizer.schema import IN_HOUSE

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

# On light and on dark, in the order in which they are given out.
_NAMED = {
    "blue": ("#0e3ca1", "#577ed3"),
    "orange": ("#dc7110", "#ec9652"),
    "green": ("#3fa48d", "#7bcbb5"),
    "purple": ("#975fa9", "#cf8ef0"),
    "sky": ("#5693f9", "#afccff"),
    "olive": ("#453e08", "#bbdd3d"),
    "violet": ("#7d2be6", "#594bf5"),
    "brown": ("#7e5a03", "#d8643a"),
    "plum": ("#773f5a", "#b48d9b"),
    "wine": ("#450368", "#c51a42"),
}
PALETTE = tuple(_NAMED.values())
# Shades of the first colour for the planner's own sites, the largest first.
SITE_SHADES = (PALETTE[0], ("#4e70bd", "#8aa5e2"), ("#869fd6", "#b3c5ee"), ("#b4c3e6", "#3c5894"))
INK, PAPER, GRID, MUTED, REST, ALARM = "#18212b", "#fffffe", "#dfe4e9", "#5b6876", "#7d8894", "#b3261e"
DARK = {
    **dict(PALETTE),
    **dict(SITE_SHADES),
    INK: "#e8edf2",
    PAPER: "#141a21",
    GRID: "#2d3742",
    MUTED: "#a3b0bd",
    REST: "#6b7783",
    ALARM: "#ff7a6b",
}
# No party can have these names.
OTHERS, PENALTIES = "\0others", "\0penalties"
_TEXTS = {IN_HOUSE: "in-house", OTHERS: "other parties", PENALTIES: "penalties"}


class Colours:
    """Which colour and which name each party of a plan has.

    The planner's own sites come first, then parties by the money that passes, then by name. There are ten colours;
    parties beyond share a grey.

    Parameters
    ----------
    plan : Plan
        The plan to draw.
    """

    def __init__(self, plan: Plan) -> None:
        money = plan.cash["amount"].abs().groupby(plan.cash["party"]).sum()
        parties = {str(party) for table in (plan.cash, plan.capacity, plan.decisions) for party in table["party"]}
        parties |= {row.provider for row in plan.instance.rows["providers"]}
        parties -= {"", IN_HOUSE}
        ranked = sorted(parties, key=lambda party: (-float(money.get(party, 0.0)), party))
        self.parties = [IN_HOUSE, *ranked]
        self._colours = {party: light for party, (light, _) in zip(self.parties, PALETTE, strict=False)}

    @property
    def others(self) -> list[str]:
        """Parties that share the grey."""
        return self.parties[len(PALETTE) :]

    def of(self, name: str) -> str:
        """Colour of a party or of a name that :meth:`group` gives."""
        return self._colours.get(name, REST)

    def pattern(self, name: str) -> str:
        """How what is not one party is hatched: penalties, which nobody is paid, and all other parties together."""
        return {PENALTIES: "\\", OTHERS: "."}.get(name, "")

    def group(self, party: str) -> str:
        """The party, or the group that it belongs to: penalties, or other parties."""
        if party == "":
            return PENALTIES
        return party if party in self._colours else OTHERS

    def order(self, names: Iterable[str]) -> list[str]:
        """Names that :meth:`group` gives, in the order of charts."""
        ranks = {name: rank for rank, name in enumerate([*self._colours, OTHERS, PENALTIES])}
        return sorted(set(names), key=lambda name: ranks[name])


def term_label(term: str) -> str:
    """Return the label of a cash term; the name of a term that is not declared."""
    return cash_terms()[term].label if term in cash_terms() else term.replace("_", " ")


def term_colour(term: str) -> str:
    """Return the colour of a cash term; grey for a term that is not declared."""
    colour = cash_terms()[term].colour if term in cash_terms() else "grey"
    return {"grey": REST, "red": ALARM}.get(colour) or _NAMED[colour][0]


def party_text(party: str) -> str:
    """A party's name for people."""
    return _TEXTS.get(party) or shown(party)


def whose(party: str) -> str:
    """A party in a sentence: with whom something is."""
    return "the own sites" if party == IN_HOUSE else shown(party_text(party), 40)
