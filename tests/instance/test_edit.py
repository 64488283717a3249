"""Edits of an instance: how they are written, what they change, and what is refused."""

from __future__ import annotations

import pytest

import optimizer
from optimizer.errors import EditError
from optimizer.instance.edit import apply_edits, parse_delay, parse_edit
from optimizer.instance.instance import Instance
from optimizer.instance.name_suggestions import did_you_mean, suggestions
from tests.program.tiny import frames, tiny


@pytest.fixture(scope="module")
def small() -> Instance:
    """Two months with a step in demand, a lease and hours."""
    return tiny(
        3,
        {"jobs": [10, 10, 30], "more": [5]},
        contracts=[{"price": 3000, "min_term_months": 1}],
        on_demand=[{"price": 1, "max_accelerators": 5}],
        prices=[{"item": "hourly", "month": 1, "price": 2}],
    )


@pytest.mark.parametrize(
    ("edit", "table", "column", "values"),
    [
        ("contracts.lease.price=1e9", "contracts", "price", [1e9]),
        ("contracts.lease.price = 2_500", "contracts", "price", [2500]),
        ("contracts.lease.price*=0.5", "contracts", "price", [1500]),
        ("contracts.lease.lead_months+=2", "contracts", "lead_months", [2]),
        ("contracts.lease.latest=2030-02", "contracts", "latest", [1]),
        ("contracts.lease.integer=false", "contracts", "integer", [False]),
        ("on_demand.hourly.max_accelerators-=5", "on_demand", "max_accelerators", [0]),
        ("demand.jobs.amount*=2", "demand", "amount", [20, 60, 5]),
        ("demand.*.amount*=2", "demand", "amount", [20, 60, 10]),
        # In 2030-02 the row of 2030-01 still holds.
        ("demand.jobs@2030-02.amount=7", "demand", "amount", [7, 30, 5]),
        ("prices.hourly@2030-03.price=9", "prices", "price", [9]),
    ],
)
def test_edits_change_their_cells(small: Instance, edit: str, table: str, column: str, values: list[object]) -> None:
    """Tests that an edit changes the cells it names, and nothing else."""
    edited = apply_edits(small, [parse_edit(edit)])
    assert [getattr(row, column) for row in edited.rows[table]] == values
    for other, rows in small.rows.items():
        if other != table:
            assert edited.rows[other] == rows


def _unsorted() -> Instance:
    """Demand that grows in each of four months and power that does in three, their rows in no order."""
    given = frames(
        6, {"jobs": [1, 2, 3, 4]}, fleet=[{"count": 1}], power=[{"month": i, "mw": 5 + i} for i in (3, 0, 1)]
    )
    given["demand"] = given["demand"].iloc[[2, 0, 3, 1]]
    return optimizer.read(given)


@pytest.mark.parametrize(
    ("month", "held"),
    [("2030-01", "2030-01"), ("2030-02", "2030-02"), ("2030-03", "2030-03"), ("2030-06", "2030-04")],
)
def test_a_month_finds_its_row_in_any_order(month: str, held: str) -> None:
    """Tests that the row that holds in a month is edited whichever order the rows of the series have."""
    instance = _unsorted()
    assert [row.month for row in instance.rows["demand"]] == [2, 0, 3, 1]
    edited = apply_edits(instance, [parse_edit(f"demand.jobs@{month}.amount=99")])
    changed = [instance.label(row.month) for row in edited.rows["demand"] if row.amount == 99]
    assert changed == [held]
    assert [row.amount for row in edited.rows["demand"] if row.amount != 99] == [
        row.amount for row in instance.rows["demand"] if instance.label(row.month) != held
    ]


def test_a_delay_finds_what_is_still_to_come_in_any_order() -> None:
    """Tests that of power in no order only the rows after the first month move."""
    edited = apply_edits(_unsorted(), [parse_delay("power.hall=2")])
    assert [(row.month, row.mw) for row in edited.rows["power"]] == [(5, 8), (0, 5), (3, 6)]


def test_a_delay_adds_to_the_lead_time(small: Instance) -> None:
    """Tests that a delay of two months is two more months of lead."""
    edited = apply_edits(small, [parse_delay("contracts.lease=2"), parse_delay("contracts.lease=1")])
    assert edited.rows["contracts"][0].lead_months == 3


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ("lease=3", "'lease=3' is not a valid edit; expected table.item.column=value"),
        ("contract.lease.price=1", "no table 'contract'. Did you mean 'contracts'?"),
        ("contracts.lease.prize=1", "contracts has no column 'prize'. Did you mean 'price'?"),
        ("demand.jobs/2030-01.amount=1", "no workload is called 'jobs/2030-01'."),  # a month is no part of a name
        ("contracts.leese.price=1", "no contract is called 'leese'. Did you mean 'lease'?"),
        ("contracts.lease@2030-01.price=1", "contracts is not a step series by month; leave out @2030-01"),
        # A ramp goes by the age of a block: no month of the plan is a row of it.
        ("ramps.lease@2030-01.price_fraction=1", "ramps is not a step series by month; leave out @2030-01"),
        ("demand.jobs@2030-13.amount=1", "2030-13 is not a month; expected YYYY-MM"),
        ("demand.jobs@2030-00.amount=1", "2030-00 is not a month; expected YYYY-MM"),
        ("contracts.lease.price*=1,250", "*= needs a number and a column of numbers; 1,250 can mean 1250 or 1.25"),
        ("demand.jobs@2029-12.amount=1", "no row applies in 2029-12"),
        ("contracts.lease.price*=high", "*= needs a number and a column of numbers"),
        ("contracts.lease.region*=2", "*= needs a number and a column of numbers"),
        ("contracts.lease.term_months+=2", "the cell is blank; set it with = first"),
        ("builds.hall.mw_per_block=1", "the instance has no builds"),
    ],
)
def test_edits_that_make_no_sense_are_refused(small: Instance, edit: str, message: str) -> None:
    """Tests that each message says what is wrong and what was expected."""
    with pytest.raises(EditError) as caught:
        apply_edits(small, [parse_edit(edit)])
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("delay", "message"),
    [
        ("lease=2", "is not a valid delay; expected table.item=months"),
        ("contracts.lease=soon", "is not a valid delay; expected table.item=months"),
        ("workloads.jobs=2", "workloads has no lead_months; delays work on"),
    ],
)
def test_delays_that_make_no_sense_are_refused(delay: str, message: str) -> None:
    """Tests that each message says what is wrong and what was expected."""
    with pytest.raises(EditError) as caught:
        parse_delay(delay)
    assert message in str(caught.value)


def test_an_edited_instance_is_checked_as_a_whole(small: Instance) -> None:
    """Tests that an edit to an illegal value is reported as by the reader."""
    with pytest.raises(optimizer.InstanceError, match="column price: expected at least 0"):
        apply_edits(small, [parse_edit("contracts.lease.price=-1")])


def test_a_delay_of_a_step_series_moves_what_is_still_to_come() -> None:
    """Tests that power that comes in the third month comes in the fifth, and that what is there stays."""
    site = tiny(6, {"jobs": [1]}, power=[{"mw": 1}, {"month": 2, "mw": 5}])
    for edit in (parse_delay("power.hall=2"), parse_edit("power.hall.month+=2")):
        assert [(row.month, row.mw) for row in apply_edits(site, [edit]).rows["power"]] == [(0, 1), (4, 5)]
    earlier = apply_edits(site, [parse_edit("power.hall.month-=1")])
    assert [row.month for row in earlier.rows["power"]] == [0, 1]
    with pytest.raises(EditError, match="expected an integer number of months"):
        apply_edits(site, [parse_edit("power.hall.month+=1.5")])


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("nebius", ["nebius-flex", "nebius-flex-2"]),
        ("Nebius Flex", ["nebius-flex", "nebius-flex-2"]),
        ("flex", ["nebius-flex", "nebius-flex-2"]),
        ("ne", []),
        ("azur", ["azure"]),
        ("microsoft", ["azure"]),
        ("oracle", []),
    ],
)
def test_unknown_names_lead_to_near_and_containing_ones(value: str, names: list[str]) -> None:
    """Tests that a misspelling, three letters or more of a name, and the name of its party lead to it."""
    assert suggestions(value, ["azure", "nebius-flex-2", "nebius-flex"], {"azure": "microsoft"}) == names


def test_several_names_are_offered_in_one_question() -> None:
    """Tests that at most three names are offered, the shortest first, and that nothing is offered for nothing alike."""
    names = ["flex-one", "flex-two", "flex-three", "flex-4"]
    assert did_you_mean("flex", names) == " Did you mean 'flex-4', 'flex-one' or 'flex-two'?"
    assert did_you_mean("azure", names) == ""


def test_an_edit_offers_the_contracts_of_a_party() -> None:
    """Tests that the name of a provider offers its contracts, whatever they are called."""
    lease = tiny(1, {"jobs": [1]}, contracts=[{"contract": "lease", "provider": "cloud", "price": 1, "term_months": 1}])
    with pytest.raises(EditError, match=r"no contract is called 'cloud'\. Did you mean 'lease'"):
        apply_edits(lease, [parse_edit("contracts.cloud.price=2")])


def test_an_edit_offers_a_longer_name() -> None:
    """Tests that the beginning of a contract's name is enough for the message to offer it."""
    lease = tiny(1, {"jobs": [1]}, contracts=[{"contract": "nebius-b200-flex", "price": 1, "term_months": 1}])
    with pytest.raises(EditError, match=r"no contract is called 'nebius'\. Did you mean 'nebius-b200-flex'"):
        apply_edits(lease, [parse_edit("contracts.nebius.price=2")])
