"""Edits of an instance: how they are written, what they change, and what is refused."""

from __future__ import annotations

import pytest

import optimizer
from optimizer.errors import EditError
from optimizer.instance.edit import Edit, apply_edits, parse_delay, parse_edit
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
        ("contracts.lease.price+=250.5", "contracts", "price", [3250.5]),
        ("contracts.lease.price-=250.5", "contracts", "price", [2749.5]),
        ("contracts.lease.lead_months+=2", "contracts", "lead_months", [2]),
        ("contracts.lease.max_blocks=", "contracts", "max_blocks", [1]),  # its default
        ("contracts.*.lead_months=3", "contracts", "lead_months", [3]),
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


PARTS = "expected table.item.column=value, such as contracts.bridge.price*=0.9"
NOT_BY_MONTH = "is not a step series by month; leave out @2030-01"
BLANK_CELL = "the cell is blank; set it with = first"
NUMBERS = "*= needs a number and a column of numbers"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        *((text, f"{text!r} is not a valid edit; {PARTS}") for text in ("lease=3", "contracts.lease=3", "a.b.c", "")),
        ("contract.lease.price=1", "'contract.lease.price=1': no table 'contract'. Did you mean 'contracts'?"),
        (
            "contracts.lease.prize=1",
            "'contracts.lease.prize=1': contracts has no column 'prize'. Did you mean 'price'?",
        ),
        # A month is no part of a name.
        ("demand.jobs/2030-01.amount=1", "demand.jobs/2030-01.amount=1: no workload is called 'jobs/2030-01'."),
        (
            "contracts.leese.price=1",
            "contracts.leese.price=1: no contract is called 'leese'. Did you mean 'lease'?",
        ),
        *(
            (f"{row}@2030-01.{end}", f"'{row}@2030-01.{end}': {table} {NOT_BY_MONTH}")
            # A ramp goes by the age of a block: no month of the plan is a row of it.
            for table, row, end in (
                ("contracts", "contracts.lease", "price=1"),
                ("ramps", "ramps.lease", "price_fraction=1"),
            )
        ),
        *(
            (
                f"demand.jobs@{month}.amount=1",
                f"'demand.jobs@{month}.amount=1': {month} is not a month; expected YYYY-MM, such as "
                "demand.jobs@2027-03",
            )
            for month in ("2030-13", "2030-00")
        ),
        ("contracts.lease.price*=1,250", f"contracts.lease.price*=1,250: {NUMBERS}; 1,250 can mean 1250 or 1.25"),
        (
            "demand.jobs@2029-12.amount=1",
            "demand.jobs@2029-12.amount=1: no row applies in 2029-12; name a later month, or leave out @2029-12",
        ),
        ("contracts.lease.price*=high", f"contracts.lease.price*=high: {NUMBERS}"),
        ("contracts.lease.region*=2", f"contracts.lease.region*=2: {NUMBERS}"),
        *(
            (f"contracts.lease.term_months{how}2", f"contracts.lease.term_months{how}2: {BLANK_CELL}")
            for how in ("*=", "+=", "-=")
        ),
        (
            "builds.hall.mw_per_block=1",
            "builds.hall.mw_per_block=1: the instance has no builds; put a row into that table first",
        ),
        *(
            (edit, f"{edit}: expected an integer number of months, such as prices.hourly.month+=6")
            for edit in ("prices.hourly.month+=1.5", "prices.hourly.month-=soon", "prices.hourly@2030-02.month+=1")
        ),
    ],
)  # fmt: skip
def test_edits_that_make_no_sense_are_refused(small: Instance, edit: str, message: str) -> None:
    """Tests that each message says what is wrong and what was expected."""
    with pytest.raises(EditError) as caught:
        apply_edits(small, [parse_edit(edit)])
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("demand.jobs.amount=7", Edit("demand", "jobs", "amount", "=", "7")),
        (" demand.jobs.amount  *=  1.5 ", Edit("demand", "jobs", "amount", "*=", "1.5")),
        ("demand.jobs@2030-12.amount+=7", Edit("demand", "jobs", "amount", "+=", "7", "2030-12")),
        ("demand.jobs@2030-01.amount=", Edit("demand", "jobs", "amount", "=", "", "2030-01")),
        ("demand.a.b@c.amount-=7=8", Edit("demand", "a.b@c", "amount", "-=", "7=8")),
        ("demand.a@2030-1.amount=7", Edit("demand", "a@2030-1", "amount", "=", "7")),
        ("contracts.*.price*=2", Edit("contracts", "*", "price", "*=", "2")),
    ],
)
def test_the_parts_of_an_edit(text: str, edit: Edit) -> None:
    """Tests table, item, column, how, value and month, and that an edit prints itself without blanks."""
    assert parse_edit(text) == edit
    assert parse_edit(str(edit)) == edit
    assert "  " not in str(edit)


DELAY = "is not a valid delay; expected table.item=months, such as builds.texas=6"


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("contracts.lease=2", Edit("contracts", "lease", "lead_months", "+=", "2")),
        (" contracts.a.b=c = +12 ", Edit("contracts", "a.b=c", "lead_months", "+=", "+12")),
        ("builds.wing=-3", Edit("builds", "wing", "lead_months", "+=", "-3")),
        ("power.hall=6", Edit("power", "hall", "month", "+=", "6")),
        ("lease=2", f"'lease=2' {DELAY}"),
        ("contracts.lease", f"'contracts.lease' {DELAY}"),
        *((f"contracts.lease={months}", f"'contracts.lease={months}' {DELAY}") for months in ("soon", "1.5", "")),
        ("contract.lease=2", "'contract.lease=2': no table 'contract'. Did you mean 'contracts'?"),
        (
            "workloads.jobs=2",
            "'workloads.jobs=2': workloads has no lead_months; delays work on power, builds, purchases, contracts, "
            "prices, outlets, demand",
        ),
    ],
)
def test_delays(text: str, edit: Edit | str) -> None:
    """Tests months of lead, rows of a step series that move, and what is refused, with what it says."""
    if isinstance(edit, Edit):
        assert parse_delay(text) == edit
        return
    with pytest.raises(EditError) as caught:
        parse_delay(text)
    assert str(caught.value) == edit


def test_an_edited_instance_is_checked_as_a_whole(small: Instance) -> None:
    """Tests that an edit to an illegal value is reported as by the reader."""
    with pytest.raises(optimizer.InstanceError, match="column price: expected at least 0"):
        apply_edits(small, [parse_edit("contracts.lease.price=-1")])


@pytest.mark.parametrize(
    ("edit", "months"),
    [
        (parse_delay("power.hall=2"), [0, 4, 10]),
        (parse_edit("power.hall.month+=2"), [0, 4, 10]),
        (parse_edit("power.hall.month-=1"), [0, 1, 7]),
        (parse_delay("power.hall=0"), [0, 2, 8]),
        (parse_delay("power.hall=16"), [0, 18, 24]),
        (parse_edit("power.hall@2030-03.month=2030-02"), [0, 1, 8]),
    ],
)
def test_a_delay_of_a_step_series_moves_what_is_still_to_come(edit: Edit, months: list[int]) -> None:
    """Tests that power that comes later moves, also into another year, and that what is there stays, as another site's.

    A single row can be set to a month.
    """
    sites = [{}, {"site": "barn"}]
    power = [{"mw": 1}, {"month": 2, "mw": 5}, {"site": "barn", "month": 3, "mw": 7}, {"month": 8, "mw": 9}]
    rows = apply_edits(tiny(30, {"jobs": [1]}, sites=sites, power=power), [edit]).rows["power"]
    assert [row.month for row in rows if row.site == "hall"] == months
    assert [(row.month, row.mw) for row in rows if row.site == "barn"] == [(3, 7)]


def test_a_delay_moves_signed_blocks_of_its_own_contract_alone() -> None:
    """Tests blocks that start in the plan's first month or later, one of another contract, and months taken away."""
    lease = {"price": 3000, "min_term_months": 1, "max_blocks": 9}
    signed = [("lease", 0), ("other", 3), ("lease", -1), ("lease", 11)]
    rows = [{"month": -3, "decision": "sign", "item": name, "starts": start} for name, start in signed]
    instance = tiny(24, {"jobs": [1]}, contracts=[lease, {**lease, "contract": "other"}], decided=rows)
    later = apply_edits(instance, [parse_delay("contracts.lease=2")])
    assert [row.starts for row in later.rows["decided"]] == [2, 3, -1, 13]
    assert [row.lead_months for row in later.rows["contracts"]] == [2, 0]
    earlier = apply_edits(
        later, [parse_edit("contracts.*.lead_months-=0"), parse_edit("contracts.lease.lead_months-=2")]
    )
    assert [row.starts for row in earlier.rows["decided"]] == [0, 3, -1, 11]
    assert earlier == instance
    # A lead time that is set has not changed.
    assert (
        apply_edits(instance, [parse_edit("contracts.lease.lead_months=1")]).rows["decided"] == instance.rows["decided"]
    )


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
