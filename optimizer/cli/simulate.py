"""The command ``capopt simulate``: what the decisions of now cost in many draws of what may come."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from optimizer.cli.exit_codes import print_json, undisturbed
from optimizer.cli.options import Finite, cluster_of, cluster_option, json_option, show, width, workers_option
from optimizer.cli.remote import connected, load_known, refuse_here_only

if TYPE_CHECKING:
    from optimizer.instance.instance import Instance
    from optimizer.plan.plan import Plan
    from optimizer.uncertainty.simulation import Simulation


@click.command(short_help="Keep the decisions of now in many draws of the risks.")
@click.argument("plans", metavar="PLAN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--draw",
    type=click.IntRange(1, 100_000),
    metavar="N",
    help="Draw N at random. [default: all scenarios; 1,000 draws where combinations are more than max_scenarios]",
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the draws. [default: that of the instance plus 1]")
@click.option("--instance", metavar="INSTANCE", help="Whose risks come. [default: of the first plan that has some]")
@click.option(
    "--gap", type=Finite(min=0), default=0.01, show_default=True, help="Relative gap at which a search in a draw ends."
)
@click.option("--time-limit", type=Finite(min=0), default=60.0, show_default=True, help="Seconds of each search.")
@workers_option
@cluster_option
@click.option(
    "-o",
    "--output",
    metavar="DIR|FILE.xlsx",
    type=click.Path(path_type=Path),
    help="Also write the tables: as CSV files into a folder, or as a workbook.",
)
@json_option
def simulate(
    plans: tuple[Path, ...],
    draw: int | None,
    seed: int | None,
    instance: str | None,
    workers: int | None,
    cluster: str | None,
    output: Path | None,
    as_json: bool,
    **search: Any,
) -> int:
    """Keep what plans decide before anything is known, and plan the rest again in each draw of the risks.

    Several plans are examined in the same draws, so that their differences are much less random than their costs. A
    plan of one future can be among them: it shows what planning with the base data alone costs.

    In a draw the rest is planned as if it were known which one it is as soon as anything is known. The costs are thus
    no more than those of planning month by month.

    Ctrl-C or SIGTERM ends it with the draws that are examined until then (exit 3). Exit code 0: every draw was examined
    within the gap; 3: not; 5: a plan can be kept in none of them.
    """
    from optimizer.instance.template import refuse_existing
    from optimizer.report.simulation_files import write_simulation

    refuse_here_only(workers=workers, cluster=cluster)
    if output is not None:
        refuse_existing(output)
    loaded = _named(plans, [load_known(plan) for plan in plans])
    source = None if instance is None else _read(instance)
    found = _simulated(loaded, draw, seed, source, {"workers": workers, "cluster": cluster}, search)
    with undisturbed():
        written = [] if output is None else write_simulation(found, output)
        code = _exit_code(found)
        if as_json:
            print_json({"exit_code": code, **found.to_dict(), "written": [str(path) for path in written]})
        _print(found, as_json)
        if written:
            click.echo(f"Wrote {', '.join(path.name for path in written)} ({output}).", err=as_json)
    return code


def _simulated(
    plans: dict[str, Plan],
    draw: int | None,
    seed: int | None,
    source: Instance | None,
    here: dict[str, Any],
    search: dict[str, Any],
) -> Simulation:
    """Simulate on this machine or cluster, or on a server."""
    from optimizer.report.progress import follow
    from optimizer.report.simulation_progress import follow_simulation
    from optimizer.uncertainty.simulate import simulate as run

    client = connected()
    if client is not None:
        with follow("") as progress:
            return client.simulate(plans, draw, seed, instance=source, progress=progress, **search)
    places = {"workers": here["workers"], "cluster": cluster_of(here["workers"], here["cluster"])}
    with follow_simulation() as on_draw:
        return run(plans, draw, seed, instance=source, on_draw=on_draw, **places, **search)


def _named(paths: tuple[Path, ...], plans: list[Plan]) -> dict[str, Plan]:
    from optimizer.cli.compare import names_of

    return dict(zip(names_of(paths), plans, strict=True))


def _read(name: str) -> Instance:
    from optimizer.instance.examples import find_instance
    from optimizer.instance.read import read

    return read(find_instance(name))


def _exit_code(found: Simulation) -> int:
    from optimizer.errors import NoFeasiblePlan

    if (found.plans["infeasible"] >= 1).any():
        return NoFeasiblePlan.exit_code
    return 0 if found.is_complete and not found.stopped else 3


def _print(found: Simulation, err: bool) -> None:
    from optimizer.report.simulation import render_simulation

    show(render_simulation(found, width(err)), err)
