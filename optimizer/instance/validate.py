"""All checks beyond single cells, as a table of sentences and functions; each reports all its errors."""

from __future__ import annotations

from collections.abc import Callable

from optimizer.instance import (
    check_decided,
    check_names,
    check_reserved,
    check_rows,
    check_scenarios,
    check_tables,
    check_terms,
)
from optimizer.instance.data import Data
from optimizer.instance.suspicious import suspicious
from optimizer.instance.suspicious_months import odd_dates

CHECKS: tuple[tuple[str, Callable[[Data], None]], ...] = (
    ("Required tables have rows.", check_names.needed_tables),
    ("No two rows of a table have the same key, unless they add up or count in order.", check_names.keys),
    ("A name that plans refer to by itself names one thing only.", check_names.unique_names),
    ("No name means every item.", check_reserved.every_item),
    ("No site has a slash in its name.", check_reserved.slashes),
    ("No contract or offer has the name of an own pool.", check_reserved.pool_names),
    ("The built-in provider is not listed.", check_reserved.built_in),
    ("Every reference names something that exists.", check_names.references),
    ("No row contradicts itself.", check_rows.rows),
    ("The minimum term of a terminable contract covers its ramp.", check_tables.ramps),
    ("Of a contract with a minimum take below 1 no ramp changes the price.", check_tables.metered),
    ("A contract renews one of the same provider.", check_tables.renewals),
    ("A contract requires another one.", check_tables.requirements),
    ("Only the price of a contract is interrupted.", check_tables.interruptions),
    ("What is required can be decided in the plan, or was decided before.", check_tables.required),
    ("No build waits for itself.", check_tables.waiting),
    ("What was decided before the plan is allowed by its item.", check_decided.decided),
    ("The member of a policy exists.", check_tables.members),
    ("The item of a rule's term has its quantity.", check_terms.rule_terms),
    ("An instance has scenarios or risks.", check_scenarios.either),
    ("Probabilities sum to 1, of the outcomes of a risk to at most 1.", check_scenarios.probabilities),
    ("No outcome is called as planned.", check_scenarios.outcomes),
    ("A change names a cell that exists, and a value that it takes.", check_scenarios.changes),
)


def validate(data: Data) -> None:
    """Run every check; look for suspicious values only if there is no error."""
    for _, check in CHECKS:
        check(data)
    if not data.faults:
        odd_dates(data)
        suspicious(data)
