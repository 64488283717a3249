"""What rows and bounds say to a planner."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo
import pytest

import optimizer
from optimizer.program.build import Program
from optimizer.program.labels import label, label_of, sentences
from optimizer.schema import program_contents
from tests.program.rich import rich_frames
from tests.program.tiny import tiny


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    folder = optimizer.read(rich_frames()).save(tmp_path_factory.mktemp("rich") / "rich")
    return optimizer.build(optimizer.read(folder))


def test_every_row_and_bound_says_something(program: Program) -> None:
    """Tests that each row and variable has a sentence without gaps that names its item and month."""
    contents = program_contents()
    for component in program.model.component_data_objects((pyo.Constraint, pyo.Var)):
        sentence = label(program, component)
        assert sentence[0].isalnum()
        assert not {"{", "}"} & set(sentence)
        family, index = component.parent_component().local_name, component.index()
        entry = contents["constraints"].get(family) or contents["variables"][family]
        parts = index if isinstance(index, tuple) else (index,)
        for kind, part in zip(entry["index"], parts, strict=False):
            wanted = program.instance.label(part) if kind == "month" else str(part)
            assert kind == "size" or wanted in sentence


SENTENCES: list[tuple[str, Any, str]] = [
    (
        "demand_met",
        ("chat", 3),
        "demand of workload chat in 2030-04 is served or counted as unserved: 1,300 reference-accelerators are wanted "
        "(workloads.csv row 2; demand.csv row 3)",
    ),
    (
        "site_power",
        ("hall", 4),
        "the power of hall in 2030-05: 1.3 MW supplied, builds apart "
        "(sites.csv row 2; power.csv row 3; builds.csv row 2)",
    ),
    ("budget_limit", "early", "budget early: at most 900,000 (budgets.csv row 3)"),
    (
        "in_house_capacity",
        ("hall/gpu", 5),
        "no more of hall/gpu is installed in 2030-06: 300 accelerators of the fleet "
        "(fleet.csv row 2, fleet.csv row 3; purchases.csv row 2)",
    ),
    (
        "share_limit",
        ("spread", "neo", 0),
        "policy spread allows neo a share of all capacity in 2030-01: at most 60 % (policies.csv row 2)",
    ),
    ("own_rule", ("most", 2), "own rule most in 2030-03: at most 500 (rules.csv row 2; rule_terms.csv row 2)"),
]


@pytest.mark.parametrize(("family", "key", "sentence"), SENTENCES)
def test_a_sentence_has_its_figures_and_rows(program: Program, family: str, key: Any, sentence: str) -> None:
    """Tests sentences with the figure that matters and the table rows behind it, of step series the one in force."""
    assert label(program, getattr(program.model, family)[key]) == sentence


def test_months_in_a_row_are_told_once(program: Program) -> None:
    """Tests that sentences that differ in their month only become one with its spans of months."""
    rows = [program.model.own_rule["most", t] for t in (1, 4, 2)]
    rows.append(program.model.demand_met["study", 2])
    lines = sentences(program, [label_of(program, row) for row in rows])
    assert lines[0].startswith("own rule most in 2030-02 to 2030-03, 2030-05: at most 500 (rules.csv row 2")
    assert lines[1].startswith("demand of workload study in 2030-03")
    assert len(lines) == 2


def test_what_was_added_says_its_name(program: Program) -> None:
    """Tests a constraint of the user's own, and a row that was added to the arrays as text."""
    program.model.wish = pyo.Constraint(expr=program.model.one <= 1)
    assert label(program, program.model.wish) == "wish (added to the program)"
    assert label(program, "contract lease is not signed") == "contract lease is not signed"


def test_blocks_of_powered_space_are_told_in_mw() -> None:
    """Tests that an outlet of MW has blocks of MW, and a contract blocks of accelerators."""
    let = {"sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 2, "price": 1, "term_months": 1}
    lease = {"price": 1, "term_months": 1, "max_blocks": 4}
    space = optimizer.build(
        tiny(1, {"jobs": [1]}, sites=[{}], power=[{"mw": 5}], outlets=[let | {"max_blocks": 3}], contracts=[lease])
    )
    started = {key[0]: label(space, variable) for key, variable in space.model.started.items()}
    assert "at most 3 blocks of 2 MW" in started["let"]
    assert "at most 4 blocks of 10 accelerators" in started["lease"]
