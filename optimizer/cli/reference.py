"""The command line as a page for people, written from the commands' own help.

``python -m optimizer.cli.reference docs/commands.md`` brings the page up to date.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

import click

from optimizer.cli import cli

_INTRODUCTION = """\
# Commands

<!-- Written from the commands' own help by `make docs`; changes belong there. -->

`INSTANCE` is a folder, an `.xlsx` workbook or the name of a shipped example. `PLAN` is a folder that `capopt solve`
wrote. With `--json` a command prints one JSON object on standard output, an error too, and everything for people goes
to standard error. [Exit codes](#exit-codes) are the same for all commands. Ctrl-C or SIGTERM ends a search
and keeps the best plan so far.

## On a server

`capopt --server URL --project NAME solve INSTANCE` solves on a server of `capopt serve` and writes the plan here, as
without it. `CAPOPT_SERVER` and `CAPOPT_TOKEN` name the server and a token of `capopt token create`.

## Solvers

`capopt solve --solver` and `optimizer.solve(..., solver=...)` choose the solver:

| solver | description |
| --- | --- |
| `highs` | HiGHS, the default |
| `scip` | SCIP, in one thread: a second opinion. HiGHS mostly proves a smaller gap in the same time; \
SCIP sometimes finds the better plan |

With both, HiGHS solves the linear program that remains with the integers fixed and confirms infeasibility, and
the same audit checks the plan.

## Exit codes

| exit code | meaning |
| --- | --- |
| 0 | done; a plan within the target gap |
| 3 | a plan with a larger gap: stopped by the time limit or Ctrl-C |
| 2 | invalid input |
| 4 | audit failed |
| 5 | no feasible plan, with the conflicting rules; with `--elastic`, a plan with the cheapest repair |
| 130 | stopped before any plan was found |
| 1 | anything else, such as a plan that could not be written to its folder: the message says where it is kept |
"""


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join([_INTRODUCTION, *(_section(name, command) for name, command in leaf_commands())])


def leaf_commands() -> list[tuple[str, click.Command]]:
    """Return all commands by how they are called, those of groups such as ``token create`` in place of the group."""
    found = []
    for name, command in sorted(cli.commands.items()):
        within = command.commands if isinstance(command, click.Group) else {"": command}
        found += [(f"{name} {one}".strip(), within[one]) for one in sorted(within)]
    return found


def _section(name: str, command: click.Command) -> str:
    """A command: how it is called, what it does, its options."""
    context = click.Context(command, info_name=f"capopt {name}", max_content_width=1000)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    options = [_option(one, context) for one in command.params if isinstance(one, click.Option)]
    says = inspect.cleandoc(command.help or "")
    examples = (command.epilog or "").replace("\b\n", "").strip()
    shown = f"\n```text\n{examples}\n```\n" if examples else ""
    lines = "".join(f"- {line}\n" for line in options)
    return f"## capopt {name}\n\n```text\n{usage}\n```\n\n{says}\n\n{lines}{shown}"


def _option(option: click.Option, context: click.Context) -> str:
    names, says = option.get_help_record(context) or ("", "")
    names = re.sub(r"(FLOAT|INTEGER) RANGE", "NUMBER", names)
    says = re.sub(r"\s+", " ", says).replace("[", "\\[").replace("<", "&lt;")
    return f"`{names}`: {says}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
