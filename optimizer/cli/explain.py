"""The command ``capopt explain``."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from optimizer.cli.exit_codes import print_json
from optimizer.cli.options import (
    budget_of,
    budget_option,
    full_option,
    gap_option,
    json_option,
    limit_option,
    show,
    threads_option,
    width,
)
from optimizer.cli.remote import is_job, job_of, keep_record, library, load_known, prefix

if TYPE_CHECKING:
    from optimizer.analysis.explanation import Explanation
    from optimizer.plan.plan import Plan

_WHY_NOT, _UNLIMITED = 120.0, 1e9  # seconds for an instance


@click.command(short_help="Show why a plan is optimal, or why there is no plan.")
@click.argument("plan", metavar="PLAN|INSTANCE")
@click.option("--quick", is_flag=True, help="Marginal values and deadlines only, without further searches.")
@click.option("--offer", "items", multiple=True, metavar="NAME", help="Explain this offer only (repeatable).")
@budget_option("Seconds in all; the most useful answers come first. [default: 60; of an instance, 120]")
@full_option
@click.option("--more", is_flag=True, help="Continue from the tables in the plan folder.")
@click.option(
    "--tighten",
    is_flag=True,
    help="First search on for a tenth of the plan's gap, in half of the budget; rewrite the plan.",
)
@gap_option
@limit_option
@threads_option
@json_option
def explain(
    plan: str,
    quick: bool,
    items: tuple[str, ...],
    budget: float | None,
    full: bool,
    more: bool,
    tighten: bool,
    time_limit: float | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Explain why a plan is optimal; for an instance, why it has no plan.

    Of a plan: the value of one more MW, accelerator, unit of demand or of budget, which offers were taken and the
    break-even prices of the others, by when decisions are due, what handing back earlier or later costs, what it
    costs if a site slips, demand grows faster or a lessor leaves, the no-regret decisions of this month, and the cost
    of less exposure to a provider or owner. The tables are written into the plan folder, and its report then includes
    them.

    What is needed first is examined first: marginal values and deadlines, the offers nearest to being taken or
    dropped, hand-backs, events, exposure, steps. When the budget ends, or on Ctrl-C or SIGTERM, all that is known is
    written: proven intervals, and "not examined yet" where nothing is known. Exit code 0: everything was examined to
    its end; 3: not, and --more continues; 1: an error left a question open, and all others are written.
    Where the gap of the plan leaves prices open, the output begins with that; --tighten narrows it first.

    Of a plan under uncertainty: marginal values, deadlines, offers and steps, over all scenarios and where they differ.

    Of an instance without a plan: all conflicts with the table rows they come from, and the cheapest repairs, each
    proven by a plan (exit 5). If the budget ends a search, the results until then are printed.
    """
    if not ((Path(plan) / "plan.json").is_file() or is_job(plan)):
        _refuse_of_instance(plan, quick or bool(items) or more or tighten, time_limit)
        return _why_not(plan, _seconds_for_instance(budget, full), as_json, **options)
    loaded = load_known(Path(plan))
    _known_offers(loaded, items)
    search = {"budget": budget_of(budget, full), **_given(options | {"time_limit": time_limit})}
    found = _explained(loaded, plan, quick=quick, items=items, more=more, tighten=tighten, **search)
    if found.stopped and not found.tables:
        raise KeyboardInterrupt
    written: list[Path] = [] if is_job(plan) else found.save(plan)
    if written:
        keep_record(Path(plan), found.plan)
    return _shown(found, plan, written, as_json)


def _explained(loaded: Plan, folder: str, **options: Any) -> Explanation:
    """Explain a plan; one whose gap was tightened is written into its folder, if it is in one."""
    from optimizer.plan.folder import prepare, write_plan
    from optimizer.report.progress import narrate

    place = None
    if options["tighten"] and loaded.gap and not is_job(folder):
        place = prepare(Path(folder), loaded.instance, origin=loaded.origin)
    with narrate(loaded.instance.head.currency) as (say, progress):
        found: Explanation = library().explain(loaded, on_step=say, progress=progress, **options)
    if place is not None and (found.plan.objective, found.plan.bound) != (loaded.objective, loaded.bound):
        tables = "parquet" if (Path(folder) / "decisions.parquet").exists() else "csv"
        for note in write_plan(replace(found.plan, origin=loaded.origin), place, tables).notes:
            click.echo(f"capopt: {note}.", err=True)
    return found


def _shown(found: Explanation, plan: str, written: list[Path], as_json: bool) -> int:
    """Print an explanation, and return the exit code."""
    from optimizer.errors import CapoptError
    from optimizer.report.whatif_tables import render_explanation

    code = CapoptError.exit_code if found.failed else 0 if found.is_complete else 3
    if as_json:
        print_json({"plan": plan, "exit_code": code, "written": [str(path) for path in written], **found.to_dict()})
    show(render_explanation(found, width(as_json)), as_json)
    if written:
        click.echo(f"Wrote {', '.join(path.name for path in written)} into {plan}.", err=as_json)
    else:
        click.echo(f"The tables are with job {job_of(found.plan)}.", err=as_json)
    _say_open(plan if written else job_of(found.plan), found)
    return code


def _refuse_of_instance(name: str, of_plan: bool, time_limit: float | None) -> None:
    """Refuse options of a plan for an instance."""
    if of_plan:
        raise click.UsageError(
            f"--quick, --offer, --more and --tighten need a plan folder, and {name} contains no plan; solve it first."
        )
    if time_limit is not None:
        raise click.UsageError("--time-limit is for the searches about a plan; for an instance, give --budget.")


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def _seconds_for_instance(budget: float | None, full: bool) -> float:
    if full and budget is not None:
        raise click.UsageError("--full has no budget: leave out --budget.")
    return _UNLIMITED if full else _WHY_NOT if budget is None else budget


def _say_open(plan: str, found: Explanation) -> None:
    """Say what was stopped, what failed and how much is open, and how to go on."""
    from optimizer.format import counted

    if found.stopped:
        click.echo(f"Stopped by Ctrl-C at {found.stopped}. The results until then are kept.", err=True)
    for question, message in found.failed.items():
        click.echo(f"Not examined, {question}: {message}", err=True)
    if found.is_complete:
        return
    number = counted(len(found.unfinished), "question")
    text = f"{number} not examined to the end: the tables contain what is proven of each. To continue"
    click.echo(f"{text}: {prefix()} explain {shlex.quote(plan)} --more", err=True)


def _why_not(name: str, seconds: float, as_json: bool, **settings: Any) -> int:
    from optimizer.errors import NoFeasiblePlan
    from optimizer.instance.examples import find_instance
    from optimizer.instance.read import read
    from optimizer.report.progress import narrate

    instance = read(find_instance(name))
    options: dict[str, Any] = {"gap": 1e-3, **_given(settings), "time_limit": seconds}
    with narrate(instance.head.currency) as (say, progress):
        found = library().diagnose(instance, **options, on_step=say, progress=progress)
    code = 0 if found.feasible else NoFeasiblePlan.exit_code
    if as_json:
        print_json({"instance": name, "exit_code": code, **found.to_dict()})
    click.echo(found.text(), err=as_json)
    return code


def _known_offers(plan: Plan, items: tuple[str, ...]) -> None:
    from optimizer.analysis.offer_list import offers
    from optimizer.instance.name_suggestions import did_you_mean

    parties = {offer.item: offer.party for offer in offers(plan)}
    unknown = [item for item in items if item not in parties]
    wrong = [f"no offer is called {item!r}.{did_you_mean(item, parties, parties)}" for item in unknown]
    if wrong:
        raise click.UsageError("\n  ".join(wrong))
