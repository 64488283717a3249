"""Random instances: legal, feasible, the same everywhere, and full of everything that the format allows."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest

import optimizer
from optimizer.cli import bench as command
from optimizer.cli.app import new
from optimizer.cli.exit_codes import run
from optimizer.errors import CapoptError
from optimizer.generator import FAMILIES, SIZES, create_random, random_frames, random_instance
from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import SETTINGS
from optimizer.schema import load_schema

Rows = dict[str, list[Any]]


# Scenarios need a program of their own; decisions from before the plan are drawn on request, so that seeds stay.
_NOT_DRAWN = ("scenarios", "risks", "changes", "decided")


@pytest.fixture(scope="module")
def frames() -> list[dict[str, Any]]:
    return [random_frames(seed) for seed in range(300)]


@pytest.fixture(scope="module")
def instances(frames: list[dict[str, Any]]) -> list[Instance]:
    """Reading raises an error with every error."""
    return [optimizer.read(drawn) for drawn in frames]


def test_no_faults(instances: list[Instance]) -> None:
    """Tests that 300 tiny instances are read without a fault, with about three warnings each."""
    assert [instance.head.name for instance in instances] == [f"random-tiny-{seed}" for seed in range(300)]
    # Odd data are drawn on purpose: lives of a few months in 120 of them, years of spend in plans of 3 months in 91.
    assert sum(len(instance.warnings) for instance in instances) < 1000


def test_a_past_changes_nothing_before_it() -> None:
    """Tests that decisions from before the plan are drawn on request alone, and are read without a fault."""
    drawn = [(random_frames(seed, "small"), random_frames(seed, "small", past=True)) for seed in range(20)]
    assert {kind for _, past in drawn for kind in past.get("decided", {"decision": []})["decision"]} == {
        "order_build",
        "buy",
        "commit_spend",
        "start_run",
    }
    for plain, past in drawn:
        assert "decided" not in plain
        optimizer.read(past)
        for table in ("builds", "purchases", "contracts", "commitments", "training_runs"):
            assert table not in plain or plain[table].equals(past[table])


@pytest.mark.parametrize("size", SIZES)
def test_every_size_is_read(size: str) -> None:
    """Tests that instances of every size are read without a fault and have as many months as the size says."""
    for seed in range(1 if size == "XL" else 5):
        low, high = SIZES[size].months
        assert low <= random_instance(seed, size).head.months <= high


def test_every_column_occurs(frames: list[dict[str, Any]]) -> None:
    """Tests that every table and column of the format, but for those that are not drawn, occurs in 200 instances."""
    seen = {(table, column) for drawn in frames[:200] for table, frame in drawn.items() for column in frame}
    schema = load_schema()
    wanted = {("instance", column) for column in schema.head.columns if column not in SETTINGS}
    tables = {name: table for name, table in schema.tables.items() if name not in _NOT_DRAWN}
    wanted |= {(name, column) for name, table in tables.items() for column in table.columns}
    assert wanted - seen == set()


def test_every_choice_and_flag_occurs(instances: list[Instance]) -> None:
    """Tests that every choice, and both values of every flag, occur in 300 instances."""
    for name, table in load_schema().tables.items():
        for column in table.columns.values():
            wanted = (
                set(column.choices) if column.type == "choice" else {True, False} if column.type == "flag" else None
            )
            if wanted is None or name in _NOT_DRAWN:
                continue
            found = {getattr(row, column.attribute) for instance in instances for row in instance.rows[name]}
            assert found == wanted, (name, column.name)


def test_every_quantity_of_every_item(instances: list[Instance]) -> None:
    """Tests that rules ask for every quantity of every kind of item that has it."""
    seen: set[tuple[str, str]] = set()
    for instance in instances:
        kinds = {"in_house": ["in_house"]}
        for target in load_schema().tables["rule_terms"].columns["item"].refers:
            table, column = target.split(".")
            for row in instance.rows[table]:
                kinds.setdefault(getattr(row, column), []).append(target)
        seen |= {(term.quantity, kind) for term in instance.rows["rule_terms"] for kind in kinds[term.item]}
    wanted = {(quantity.name, kind) for quantity in load_schema().quantities.values() for kind in quantity.items}
    assert wanted - seen == set()


def _either(instance: Instance, test: Callable[[Any], bool]) -> bool:
    """Whether a contract or outlet is so."""
    return any(test(row) for row in (*instance.rows["contracts"], *instance.rows["outlets"]))


AWKWARD: dict[str, Callable[[Instance], bool]] = {
    "an agreement that runs already": lambda i: _either(i, lambda r: bool(r.committed_blocks) and r.earliest < 0),
    "an agreement that starts within the plan": lambda i: _either(
        i, lambda r: bool(r.committed_blocks) and r.earliest > 0
    ),
    "an agreement of a fraction of a block": lambda i: _either(i, lambda r: (r.committed_blocks or 0) % 1 > 0),
    "lead months at the edge of the plan": lambda i: _either(i, lambda r: abs(r.lead_months - i.head.months) <= 1),
    "a least signature": lambda i: _either(i, lambda r: r.min_blocks > 1 and r.integer),
    "a least signature in part": lambda i: _either(i, lambda r: r.min_blocks > 0 and not r.integer),
    "an end within the plan": lambda i: _either(i, lambda r: r.ends_by is not None and r.ends_by < i.head.months),
    "a ramp of a fixed term": lambda i: _ramped(i, fixed=True),
    "a ramp of a terminable contract": lambda i: _ramped(i, fixed=False),
    "a renewal of an offer": lambda i: any(r.renews and r.committed_blocks is None for r in i.rows["contracts"]),
    "a renewal agreed already": lambda i: any(r.renews and r.committed_blocks for r in i.rows["contracts"]),
    "prices before the plan": lambda i: any(r.month < 0 for r in i.rows["prices"]),
    "power before the plan": lambda i: any(r.month < 0 for r in i.rows["power"]),
    "power that comes later": lambda i: any(r.month > 0 for r in _first(i, "power", "site")),
    "demand before the plan": lambda i: any(r.month < 0 for r in i.rows["demand"]),
    "demand that comes later": lambda i: any(r.month > 0 for r in _first(i, "demand", "workload")),
    "fleet that goes": lambda i: any(r.until is not None and r.until < i.head.months for r in i.rows["fleet"]),
    "a life shorter than the plan": lambda i: any(r.life_months < i.head.months for r in i.rows["purchases"]),
    "a build in part": lambda i: any(not r.integer for r in i.rows["builds"]),
    "a build after another": lambda i: any(r.after for r in i.rows["builds"]),
    "a rate under a commitment": lambda i: any(r.commitment for r in i.rows["on_demand"]),
    "a required commitment": lambda i: any(r.required for r in i.rows["commitments"]),
    "a run of several sizes": lambda i: any(len(r.sizes) > 1 for r in i.rows["training_runs"]),
    "a required run": lambda i: any(r.required for r in i.rows["training_runs"]),
    "a net budget": lambda i: any(r.net for r in i.rows["budgets"]),
    "a budget of a part of the plan": lambda i: any(r.from_ > 0 for r in i.rows["budgets"]),
    "a hard rule in total": lambda i: any(r.penalty is None and r.each == "total" for r in i.rows["rules"]),
    "a hard rule by month": lambda i: any(r.penalty is None and r.each == "month" for r in i.rows["rules"]),
    "a soft rule in total": lambda i: any(r.penalty is not None and r.each == "total" for r in i.rows["rules"]),
    "a soft equation": lambda i: any(r.penalty is not None and r.sense == "=" for r in i.rows["rules"]),
    "a hard equation": lambda i: any(r.penalty is None and r.sense == "=" for r in i.rows["rules"]),
}


def _ramped(instance: Instance, fixed: bool) -> bool:
    ramped = {row.contract for row in instance.rows["ramps"]}
    return any(r.contract in ramped and (r.term_months is not None) == fixed for r in instance.rows["contracts"])


def _first(instance: Instance, table: str, name: str) -> list[Any]:
    """First row of each step series."""
    rows: dict[str, Any] = {}
    for row in sorted(instance.rows[table], key=lambda row: int(row.month)):
        rows.setdefault(getattr(row, name), row)
    return list(rows.values())


@pytest.mark.parametrize("what", AWKWARD)
def test_awkward_values_occur(instances: list[Instance], what: str) -> None:
    """Tests that awkward values occur in 300 instances."""
    assert any(AWKWARD[what](instance) for instance in instances)


def test_every_policy_occurs(instances: list[Instance]) -> None:
    """Tests that both rules occur on each subject, of one member and of each, and of the own sites."""
    policies = [row for instance in instances for row in instance.rows["policies"]]
    seen = Counter((row.rule, row.subject, bool(row.member)) for row in policies)
    subjects = ("provider", "group", "site", "region", "tag")
    wanted = {
        (rule, subject, one) for rule in ("max_share", "survive") for subject in subjects for one in (True, False)
    }
    assert wanted - set(seen) == set()
    assert "in_house" in {row.member for row in policies}


def test_largest_is_large() -> None:
    """Tests that size L comes to 50,000 variables and more, without what can be left out."""
    assert len(optimizer.build(random_instance(0, "L")).columns) >= 50_000


def _digest(seed: int, size: str) -> str:
    drawn = random_frames(seed, size)
    plain = {name: dict(table) if name == "instance" else table.to_dict("list") for name, table in drawn.items()}
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:16]


# The digests of what was drawn when the generator was written. One that differs means that instances drawn before are
# lost: change it only with the generator, and on purpose.
DIGESTS = {
    (0, "tiny"): "610503fabfe6b522",
    (17, "tiny"): "3bdb3bb5240726fe",
    (1, "small"): "7f567bda9409ef57",
    (2, "S"): "325cfb0e16c31349",
    (3, "M"): "56293cc642d0552f",
    (0, "L"): "b77ffb7233ba4052",
}


@pytest.mark.parametrize(("seed", "size"), DIGESTS)
def test_the_same_on_every_machine(seed: int, size: str) -> None:
    """Tests that a seed gives what it gave on the machine where the digests were taken."""
    assert _digest(seed, size) == DIGESTS[seed, size]


def test_same_seed_same_instance() -> None:
    """Tests that a seed and a size give the same instance every time, and others another."""
    assert _digest(3, "small") == _digest(3, "small")
    assert len({_digest(3, "small"), _digest(4, "small"), _digest(3, "tiny")}) == 3


@pytest.mark.parametrize("family", FAMILIES)
def test_without_a_family(family: str) -> None:
    """Tests that a family is left out, and that what comes before it stays as it was."""
    for seed in range(6):
        drawn, full = random_frames(seed, "small", without=[family]), random_frames(seed, "small")
        assert family not in drawn
        optimizer.read(drawn)
        assert drawn["accelerators"].equals(full["accelerators"])
        assert drawn["instance"] == full["instance"]


def test_without_rules_leaves_out_their_terms() -> None:
    """Tests that the terms of rules go with them."""
    assert not {"rules", "rule_terms"} & set(random_frames(0, "S", without=["rules"]))


def test_with_risks() -> None:
    """Tests that risks leave the rest as it is but for recalls, and that all kinds and measures come."""
    kinds, measures, known = set(), set(), set()
    for seed in range(24):
        plain, drawn = random_frames(seed), random_frames(seed, risks=3)
        kinds |= {risk.split("-")[0] for risk in drawn["risks"]["risk"]}
        assert len({*drawn["risks"]["risk"]}) == 3
        measures.add(drawn["instance"].get("risk_measure", "none"))
        known |= {*drawn["risks"].get("known", pd.Series([None])).fillna("")}
        left = [name for name in drawn if name not in ("risks", "changes", "interruptions", "instance")]
        assert left == [name for name in plain if name not in ("interruptions", "instance")]
        assert all(plain[name].equals(drawn[name]) for name in left)
        assert plain["instance"].items() <= drawn["instance"].items()
        if seed < 6:
            optimizer.read(drawn)
    assert kinds == {"slip", "demand", "price", "recall"}
    assert measures == {"none", "cvar", "regret"}
    assert "" in known
    assert len(known) > 5


def test_arguments_are_checked() -> None:
    """Tests that a wrong seed, size or family is refused, all of them at once."""
    wrong = r"seed is -1.*risks is -2.*size is 'XXL'; expected one of tiny.*without names ramps, rats"
    with pytest.raises(ValueError, match=wrong):
        random_frames(-1, "XXL", without=["rats", "ramps", "builds"], risks=-2)


# ---------------------------------------------------------------- capopt new --random
@pytest.mark.parametrize("name", ["drawn", "drawn.xlsx"])
def test_new_random(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Tests that `capopt new --random` writes a folder or a workbook that holds the instance of the seed and size."""
    target = tmp_path / name
    assert run(new, [str(target), "--random", "--seed", "5", "--size", "small", "--risks", "2", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert all(Path(file).is_file() for file in result["files"])
    assert optimizer.read(target).hash == random_instance(5, "small", risks=2).hash


def test_new_random_takes_defaults(tmp_path: Path) -> None:
    """Tests that seed 0 and size tiny are the defaults."""
    assert run(new, [str(tmp_path / "drawn"), "--random"]) == 0
    assert optimizer.read(tmp_path / "drawn") == random_instance(0, "tiny")


@pytest.mark.parametrize(
    "arguments", [["--seed", "1"], ["--size", "S"], ["--random", "--blank"], ["--random", "--seed", "-1"]]
)
def test_new_random_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """Tests that options that do not go together are refused, and nothing is written."""
    assert run(new, [str(tmp_path / "drawn"), *arguments]) == 2
    assert "capopt: " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_new_random_overwrites_nothing(tmp_path: Path) -> None:
    """Tests that a folder that holds something is left as it is."""
    (tmp_path / "mine.csv").write_text("a\n", encoding="utf-8")
    with pytest.raises(CapoptError, match="is not empty"):
        create_random(tmp_path, 0, "tiny")
    assert [file.name for file in tmp_path.iterdir()] == ["mine.csv"]


def test_sizes_on_the_command_line() -> None:
    """Tests that the command line offers the sizes there are."""
    offered = [option.type for option in (*new.params, *command.bench.params) if option.name == "size"]
    assert [list(choice.choices) for choice in offered if isinstance(choice, click.Choice)] == [list(SIZES)] * 2
