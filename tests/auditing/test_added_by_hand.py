"""Constraints that were added to the program of the plan written by hand: what they come to, and what they allow."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.plan.plan import Plan
from tests.auditing.by_hand import by_hand
from tests.auditing.tampering import change, named, violations, with_head

# Variables and what they are in the plan: family, index, value.
FAMILIES: list[tuple[str, list[Any], float]] = [
    ("one", [], 1),
    ("ordered", ["wing", "2030-03"], 0),
    ("ordered", ["wing", "2030-04"], 1),
    ("built", ["wing", "2030-03"], 0),
    ("built", ["wing", "2030-06"], 1),
    ("bought", ["buy", "2030-02"], 1),
    ("installed", ["buy", "2030-03"], 0),
    ("installed", ["buy", "2030-04"], 1),  # a lot of ten, two months after its order
    ("started", ["firm", "2030-02"], 1),
    ("started", ["let", "2030-01"], 1),  # agreed already, but in the plan
    ("ended", ["lease", "2030-03"], 0),
    ("ended", ["lease", "2030-04"], 1),  # the first month without the block
    ("in_force", ["lease", "2030-03"], 2),
    ("in_force", ["lease", "2030-04"], 1),
    ("delivered", ["firm", "2030-02"], 0.2),
    ("delivered", ["firm", "2030-03"], 1),
    ("firm", ["lease", "2030-01"], 0),  # its minimum term of a month was the one before the plan
    ("firm", ["let", "2030-01"], 1),
    ("firm", ["let", "2030-02"], 0),
    ("signed", ["space", "2030-01"], 1),
    ("signed", ["space", "2030-02"], 0),
    ("option_open", ["lease", "2030-02"], 1),
    ("option_open", ["firm", "2030-05"], 0),
    ("allocated", ["jobs", "hall/gpu", "2030-05"], 10),
    ("allocated", ["jobs", "lease", "2030-05"], 0),  # those ten are of the run
    ("leased", ["let", "lease", "2030-02"], 5),
    ("used", ["lease", "2030-01"], 5),  # leased out
    ("used", ["lease", "2030-05"], 10),
    ("unserved", ["jobs", "2030-01"], 10),
    ("placed", ["big", "lease", 10, "2030-05"], 1),
    ("placed", ["big", "lease", 20, "2030-05"], 0),
    ("placed", ["big", "firm", 10, "2030-05"], 0),
    ("placed", ["big", "lease", 10, "2030-06"], 0),
    ("not_run", ["small"], 1),
    ("not_run", ["big"], 0),
    ("committed", ["deal", "2030-03"], 1),
    ("running", ["deal", "2030-02"], 0),
    ("running", ["deal", "2030-06"], 1),
    ("spent", ["cloud", "2030-03"], 120),  # 5 + 40, 25 and 50
    ("reference_capacity", ["2030-01"], 20),  # what is taken by the hour does not count
    ("reference_capacity", ["2030-04"], 30),
    ("emergency", ["care", "cloud", "jobs", "lease", "2030-01"], 2.25),
    ("over", ["mine", "2030-05"], 6),
    ("under", ["all", "2030-06"], 0),
]


def _added(*terms: dict[str, Any], value: float, variables: Any = (), **sides: Any) -> Plan:
    """The plan by hand, with a constraint that its head says was added to its program."""
    one = {"name": "more", "terms": [*terms], "at_least": None, "at_most": None, "value": value, **sides}
    return with_head(by_hand(), added={"constraints": [one], "variables": [*variables]})


def _term(family: str, index: Any, coefficient: float = 3.0) -> dict[str, Any]:
    return {"variable": family, "index": index, "coefficient": coefficient}


@pytest.mark.parametrize(("family", "index", "value"), FAMILIES)
def test_the_tables_give_every_variable(family: str, index: list[Any], value: float) -> None:
    """Tests that three times a variable is what the tables give, and that another value is named."""
    assert named(_added(_term(family, index), value=3 * value)) == set()
    for wrong in (3 * value * 1.001 + 0.001, -3 * value - 0.001):
        assert named(_added(_term(family, index), value=wrong)) == {("added_constraint", "more", "")}


@pytest.mark.parametrize(
    ("family", "index"),
    [("over", ["all", "2030-06"]), ("under", ["mine", "2030-05"]), ("shortfall", ["deal", "2030-03"])],
)
def test_what_the_tables_do_not_determine_is_not_checked(family: str, index: list[Any]) -> None:
    """Tests the other side of a rule, and the shortfall of a year: any value passes, in a sum with others too."""
    sure = _term("in_force", ["lease", "2030-03"])
    assert named(_added(sure, _term(family, index), value=77.0)) == set()


def test_terms_are_added_up_with_variables_of_its_own() -> None:
    """Tests 2 x 2 blocks - 4 x 1.5 of an added variable + 10: 8."""
    own = {"name": "mine", "at_least": None, "at_most": None, "integer": False, "value": 1.5}
    terms = (_term("in_force", ["lease", "2030-03"], 2.0), _term("mine", None, -4.0), _term("one", [], 10.0))
    assert named(_added(*terms, value=8.0, variables=[own])) == set()
    assert named(_added(*terms, value=8.1, variables=[own])) == {("added_constraint", "more", "")}


@pytest.mark.parametrize(
    ("sides", "text"),
    [
        ({"at_least": 2.9, "at_most": 3.1}, None),
        ({"at_least": 3.0}, None),
        ({"at_least": 3.000005}, None),  # up to a millionth of 3, of the side and of the block: about 9e-6
        ({"at_least": 3.00002}, "more: comes to 3, at least 3.00002 required (added_constraint)"),
        ({"at_most": 3.0}, None),
        ({"at_most": 2.999995}, None),
        ({"at_most": 2.99998}, "more: comes to 3, at most 2.99998 allowed (added_constraint)"),
        ({"at_least": -1e101, "at_most": 2}, "more: comes to 3, at most 2 allowed (added_constraint)"),
    ],
)
def test_a_constraint_lies_between_its_sides(sides: dict[str, Any], text: str | None) -> None:
    """Tests both sides of a block three times, up to their tolerance."""
    found = violations(_added(_term("bought", ["buy", "2030-02"]), value=3.0, **sides))
    assert [str(one) for one in found] == ([] if text is None else [text])


def test_an_amount_may_be_off_by_its_kind() -> None:
    """Tests that of the plan's largest figure a billionth is let pass: 30 accelerators or 18 of work, not blocks."""
    # A millionth of a block; half a cent of money; a billionth of 20 accelerators is 2e-8, as of 20 of work.
    for family, index, off in (
        ("ordered", ["wing", "2030-03"], 1e-6),
        ("allocated", ["jobs", "lease", "2030-05"], 2e-8),
    ):
        assert named(_added(_term(family, index), value=3 * off * 0.9)) == set()
        assert named(_added(_term(family, index), value=3 * off * 1.1)) == {("added_constraint", "more", "")}


@pytest.mark.parametrize("family", ["over", "under"])
def test_a_violation_that_is_counted_can_be_larger(family: str) -> None:
    """Tests that the violation and its penalty may be more where an added constraint counts them, and only there."""
    row = by_hand().tables["rules"].query("rule == 'mine' and month == '2030-05'").index[0]
    cash = by_hand().cash.query("term == 'violation' and month == '2030-05'").index[0]
    more = change(
        change(by_hand(), "rules", row, violation=7.0), "cash", cash, amount=14.0, present_value=14 / 1.21 ** (4 / 12)
    )
    for month, allowed in (("2030-05", True), ("2030-06", False)):
        one = {"name": "more", "terms": [_term(family, ["mine", month])], "at_least": None, "at_most": 99, "value": 21}
        found = named(with_head(more, added={"constraints": [one], "variables": []}))
        assert (("own_rules", "mine", "2030-05") not in found) is allowed
        assert ("cash", "mine", "2030-05") not in found


@pytest.mark.parametrize(
    "broken", [{"terms": [_term("in_force", ["lease", "2040-01"])]}, {"value": "much"}, {"terms": 3}, {"at_least": "x"}]
)
def test_what_is_not_understood_is_named(broken: dict[str, Any]) -> None:
    """Tests a month outside the plan, and what is no number or no list of terms."""
    one = {"name": "more", "terms": [], "at_least": None, "at_most": 1.0, "value": 0.0, **broken}
    found = named(with_head(by_hand(), added={"constraints": [one], "variables": []}))
    assert ("added_constraint", "added", "") in found
