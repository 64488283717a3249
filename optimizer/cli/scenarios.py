"""The command ``capopt scenarios``: which futures an instance has, drawn or reduced, and an instance of them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from optimizer.cli.exit_codes import print_json
from optimizer.errors import CapoptError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optimizer.instance.instance import Instance
    from optimizer.instance.scenario import Outcome, Scenario
    from optimizer.uncertainty.reduction import Reduction


@click.command(short_help="List, draw or reduce the scenarios of an instance.")
@click.argument("instance")
@click.option("--draw", type=click.IntRange(1, 100_000), metavar="N", help="Draw N at random; equal ones are merged.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the draw.  [default: that of the instance]")
@click.option(
    "--reduce",
    "keep",
    type=click.IntRange(min=1),
    metavar="K",
    help="Keep K, by fast forward selection; the others' probabilities go to the nearest.",
)
@click.option(
    "-o",
    "--output",
    metavar="DIR|FILE.xlsx",
    type=click.Path(path_type=Path),
    help="Write an instance with a table of these scenarios in place of its own.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def scenarios(
    instance: str, draw: int | None, seed: int | None, keep: int | None, output: Path | None, as_json: bool
) -> int:
    """List the scenarios of an instance: its own, or the combinations of the outcomes of its risks.

    More combinations than `max_scenarios` are drawn at random by the `seed` of the instance.
    """
    from optimizer.instance.examples import find_instance
    from optimizer.instance.read import read
    from optimizer.instance.scenarios import futures, is_drawn, is_uncertain
    from optimizer.instance.scenarios import scenarios as make_scenarios
    from optimizer.instance.template import refuse_existing

    if output is not None:
        refuse_existing(output)
    found = read(find_instance(instance))
    if not is_uncertain(found):
        raise CapoptError(f"{found.head.name} has no scenarios: its tables scenarios and risks have no rows; add some")
    needs_data = keep is not None or output is not None
    every: Sequence[Any] = make_scenarios(found, draw, seed) if needs_data else futures(found, draw, seed)
    reduction = _reduced(every, keep)
    kept = every if reduction is None else reduction.scenarios
    drawn = draw is not None or is_drawn(found)
    details: dict[str, Any] = {"scenarios": [_details(found, one) for one in kept], "drawn": drawn}
    if reduction is not None:
        details |= {"of": len(every), "distance": reduction.distance, "relative_distance": reduction.relative}
    lines = _lines(len(every), drawn, reduction)
    if output is not None:
        lines += _write(found, kept, output, details)
    if as_json:
        print_json(details)
    _print(found, kept, lines, as_json)
    return 0


def _reduced(every: Sequence[Scenario], keep: int | None) -> Reduction | None:
    from optimizer.uncertainty.reduction import reduce_scenarios

    return None if keep is None else reduce_scenarios(every, keep)


def _details(instance: Instance, one: Any) -> dict[str, Any]:
    """A scenario as JSON."""
    come = [_outcome(instance, outcome) for outcome in one.outcomes]
    return {"scenario": one.name, "probability": one.probability, "title": one.title, "outcomes": come}


def _outcome(instance: Instance, outcome: Outcome) -> dict[str, str | None]:
    known = None if outcome.known is None else instance.label(outcome.known)
    return {"risk": outcome.risk or None, "outcome": outcome.name, "known": known}


def _lines(count: int, drawn: bool, reduction: Reduction | None) -> list[str]:
    """What was drawn, and what was kept."""
    found = [f"{count} scenarios were drawn at random, equal ones merged."] if drawn else []
    if reduction is not None:
        share = f"{100 * reduction.relative:.3g} % of that of the best single scenario"
        kept = f"Kept {len(reduction.scenarios)} of {count} by fast forward selection"
        found.append(f"{kept}; the Kantorovich distance to all is {reduction.distance:.4g}, {share}.")
    return found


def _write(instance: Instance, kept: Sequence[Scenario], output: Path, details: dict[str, Any]) -> list[str]:
    """Write the instance of the scenarios; what is to be said about it."""
    from optimizer.instance.scenario_tables import with_scenarios

    listed = with_scenarios(instance, kept)
    listed.instance.save(output)
    details |= {"written": str(output), "exact": listed.is_exact}
    lines = [f"Wrote {output}. Next: capopt validate {shlex.quote(str(output))}"]
    if not listed.is_exact:
        lines.append(
            "warning: a table of scenarios has one month `known` for each, which cannot say what becomes known of "
            "several risks one after the other; some pairs are distinguished later than before."
        )
    return lines


def _print(instance: Instance, kept: Sequence[Any], lines: Sequence[str], err: bool) -> None:
    from rich.console import Console

    from optimizer.report.document import Grid, Table
    from optimizer.report.terminal import draw_table

    rows = [(one.name, _known(instance, one.outcomes), one.title, f"{100 * one.probability:.4g} %") for one in kept]
    grid = Grid(("Scenario", "Known", "What comes", "Probability"), rows, 3)
    console = Console(stderr=err, highlight=False)
    width = min(console.width, 140) if console.is_terminal else 120
    screen = Console(stderr=err, highlight=False, width=width)
    for part in draw_table(Table(f"Scenarios of {instance.head.name}", grid), width):
        screen.print(part)
    for line in lines:
        click.echo(line, err=err)


def _known(instance: Instance, outcomes: Sequence[Outcome]) -> str:
    """Months in which the outcomes become known."""
    months = sorted({outcome.known for outcome in outcomes if outcome.known is not None})
    return ", ".join(map(instance.label, months)) or "not before it is over"
