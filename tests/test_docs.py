"""The documentation: what it shows works, what there is stands in it, and its links lead somewhere."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

import optimizer
from optimizer.cli import reference as commands
from optimizer.instance.reference import reference
from optimizer.plan import reference as plan_reference
from optimizer.plan.tables import TABLES
from optimizer.schema import load_schema, program_contents
from tests.command import COMMAND, ROOT, environment, inside
from tests.program.tiny import solved, tiny

README = (ROOT / "README.md").read_text(encoding="utf-8")
PLAN_PAGE = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "instances").rglob("*.md"),
    *(ROOT / "models").rglob("*.md"),
]
_NAME = re.compile(r"`([a-z_]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def blocks(text: str, language: str) -> list[str]:
    """What stands in the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def prose(text: str) -> str:
    """A page without its fenced blocks and code."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def sections(text: str) -> dict[str, str]:
    """Text below each heading of the second level."""
    parts = re.split(r"^## +(.+)$", re.sub(r"^# .+$", "", text, flags=re.MULTILINE), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def first_cells(text: str) -> list[str]:
    """Names in the first column of the tables of a text, in their order."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
    return [name for cell in rows for name in _NAME.findall(cell)]


# ---------------------------------------------------------------- what the README shows
def test_commands_of_the_readme_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Tests that every command shown works in a fresh folder, in the order shown."""
    lines = [line for block in blocks(README, "console") for line in block.splitlines()]
    assert len(lines) > 12
    monkeypatch.chdir(tmp_path)
    for line in lines:
        assert line.startswith("$ capopt ")
        arguments = shlex.split(line.removeprefix("$ capopt "))
        if "bridge-lease" in arguments and arguments[0] == "solve":
            arguments += ["--gap", "0.3", "--time-limit", "60"]  # the real gap takes a minute or more
        done = inside(capfd, *arguments)
        assert done.code == 0, line + done.err
    for name in ("first-steps", "cheaper", "bridge-lease", "my-plan"):
        assert optimizer.load_plan(tmp_path / "plans" / name).head["audit"]["passed"]
    assert "<html" in (tmp_path / "first-steps.html").read_text(encoding="utf-8")
    assert (tmp_path / "first-steps.xlsx").stat().st_size > 0


def test_python_of_the_library_page_runs(tmp_path: Path) -> None:
    """Tests that the library as shown works, one block after the other, and that what it says comes true."""
    (tmp_path / "instances").symlink_to(ROOT / "instances")
    told = (
        "import json; names = ('plan', 'cheaper', 'late', 'rushed', 'ended')\n"
        "print(json.dumps({name: globals()[name].objective for name in names}))"
    )
    page = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    code = "\n".join([*blocks(page, "python"), told])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cost = json.loads(done.stdout.splitlines()[-1])
    # Worked out on the example's own page; its plan pays four block-months, of which a tenth of 600,000 each is saved.
    assert cost["plan"] == pytest.approx(2_695_200)
    assert cost["cheaper"] == pytest.approx(2_695_200 - 240_000)
    # A month later, two blocks in November would stay in December: one block from November on is best, 2832.4 there.
    assert cost["late"] == pytest.approx(2_832_400)
    assert cost["rushed"] > cost["plan"]
    assert cost["ended"] > cost["plan"]


def test_the_readme_is_short() -> None:
    """Tests that what it is, for whom, how to install it and the first plan stand in few words."""
    start = README[: README.index("$ capopt solve first-steps")]
    assert len(prose(start).split()) < 300
    for words in ("AI compute", "planners", "pip install", "make demo", "Python 3.11"):
        assert words in start


def test_targets_of_the_makefile_are_told() -> None:
    """Tests that the make targets that pages speak of exist, and that make help tells each of them."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    spoken = {name for page in PAGES for name in re.findall(r"`?make ([a-z]+)`", page.read_text(encoding="utf-8"))}
    assert spoken <= targets
    assert set(re.findall(r"^## make ([a-z]+) ", makefile, re.MULTILINE)) == targets - {"help"}


# ---------------------------------------------------------------- commands
def test_the_page_of_commands_is_up_to_date() -> None:
    """Tests that docs/commands.md is what `make docs` writes: every command, every option."""
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == commands.page(), "run `make docs`"


@pytest.mark.parametrize(("name", "command"), commands.leaf_commands())
def test_a_command_stands_in_the_readme_with_its_options_in_docs(name: str, command: click.Command) -> None:
    """Tests that the readme has each command or its group, and the page of commands each of its options."""
    group = name.split(maxsplit=1)[0]
    assert f"`capopt {group}" in README, f"README.md: a row for `capopt {group}` is missing in its table of commands"
    told = sections(commands.page())[f"capopt {name}"]
    for option in command.params:
        if isinstance(option, click.Option):
            assert all(text in told for text in option.opts)


def test_exit_codes_stand_in_docs_and_in_help() -> None:
    """Tests that both tell the exit codes that errors have."""
    from optimizer import errors

    codes = {one.exit_code for one in vars(errors).values() if isinstance(one, type) and hasattr(one, "exit_code")}
    told = sections(commands.page())["Exit codes"]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", told, re.MULTILINE)} == codes | {0, 3}
    helped = subprocess.run([*COMMAND, "--help"], env=environment(), capture_output=True, text=True, check=True).stdout
    assert all(re.search(rf"\b{code} [a-z]", helped) for code in codes | {0, 3})


# ---------------------------------------------------------------- formats
def test_the_page_of_the_instance_format_is_up_to_date() -> None:
    """Tests that docs/instance-format.md is what `make docs` writes."""
    assert (ROOT / "docs" / "instance-format.md").read_text(encoding="utf-8") == reference(), "run `make docs`"
    for table in load_schema().tables:
        assert f"## {table}\n" in reference()


def test_the_tables_of_the_page_of_plans_are_up_to_date() -> None:
    """Tests that docs/plan.md has the columns of every table as `make docs` writes them, each with a meaning."""
    assert plan_reference.page(PLAN_PAGE) == PLAN_PAGE, "run `make docs`"
    assert set(TABLES) <= set(sections(PLAN_PAGE))
    for name, table in TABLES.items():
        assert plan_reference.columns_text(table) in sections(PLAN_PAGE)[name]
        assert all(column.meaning for column in table.columns.values())


def test_cash_terms_and_decisions_are_told() -> None:
    """Tests that docs/plan.md names exactly the terms of the objective, and every kind of decision."""
    from optimizer.report.steps import VERBS

    told = sections(PLAN_PAGE)
    assert set(first_cells(told["cash"][told["cash"].index("\n| term |") :])) == set(program_contents()["terms"])
    row = next(line for line in told["decisions"].splitlines() if line.startswith("| `decision`"))
    assert _NAME.findall(row)[1:] == list(VERBS)


def test_the_head_is_told_key_by_key() -> None:
    """Tests that docs/plan.md tells every key of plan.json and of its headline, in their order."""
    plan = solved(tiny(1, {"jobs": [10]}, contracts=[{"price": 100, "term_months": 1}]))
    told, headline = sections(PLAN_PAGE)["plan.json"].split("The headline:")
    keys = first_cells(told)
    assert set(keys) == {
        *plan.head,
        "elastic",
        "given_up",
        "conflicts",
        "other_repairs",
    }  # some only where something was given up
    assert first_cells(headline) == list(plan.head["headline"])


# ---------------------------------------------------------------- links
@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    """Tests that every link to a file or a heading of this project finds it."""
    for target in _LINK.findall(prose(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = page.parent / path if path else page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked.read_text(encoding="utf-8")), target


def anchors(text: str) -> set[str]:
    """Headings as links name them."""
    heads = re.findall(r"^#+ +(.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_example_has_a_page() -> None:
    """Tests that a planner can read about each example that has a name of its own."""
    named = [path.parent for path in (ROOT / "instances").glob("*/instance.toml") if "random" not in path.parent.name]
    assert named
    assert [path.name for path in named if not (path / "README.md").is_file()] == []
