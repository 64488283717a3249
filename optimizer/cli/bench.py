"""``capopt bench``."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from optimizer.cli.exit_codes import OTHER, print_json
from optimizer.cli.options import Finite, solver_option

if TYPE_CHECKING:
    from rich.console import RenderableType

    from optimizer.bench.best_known import BestKnown
    from optimizer.bench.cases import Case
    from optimizer.bench.runs import Limits, Result

_SETS = ("smoke", "bench", "uncertain", "infeasible", "invalid")
_WIDTH = 150  # of the table, also where the terminal is narrower: no figure is left out
_SIZES = ("tiny", "small", "S", "M", "L", "XL")
_FILE = click.Path(path_type=Path)


@dataclass(frozen=True)
class Files:
    """Files that are read and written, other than instances."""

    output: Path | None
    against: Path | None
    page: Path | None
    update: bool

    def earlier(self) -> dict[str, Any] | None:
        """The record to compare with; a page without marks is an error at once."""
        from optimizer.bench.page import read_page
        from optimizer.bench.regression import read_record

        if self.page:
            read_page(self.page)
        return read_record(self.against) if self.against else None

    def publish(self, results: list[Result], record: dict[str, Any], earlier: dict[str, Any] | None) -> None:
        """Put the results into the page, and print how they differ from the earlier record."""
        from optimizer.bench.page import measured, put_into
        from optimizer.bench.regression import comparison

        if self.page:
            put_into(self.page, measured(results, record))
        for line in comparison(results, record, earlier) if earlier else ():
            click.echo(f"{self.against}: {line}", err=True)


@click.command(short_help="Solve the benchmark and compare with the best known results.")
@click.argument("instances", metavar="[INSTANCE]...", nargs=-1)
@click.option("--set", "sets", type=click.Choice(_SETS), multiple=True, help="Only this set (repeatable).")
@click.option("--random", "count", type=click.IntRange(min=1), help="Solve this number of random instances instead.")
@click.option("--size", type=click.Choice(_SIZES), help="With --random: their size.  [default: tiny]")
@click.option(
    "--gap",
    type=Finite(min=0),
    help="Relative gap to prove.  [default: that in sets.toml, else 0.001; with --random: 1e-6]",
)
@click.option(
    "--time-limit",
    type=Finite(min=0),
    default=600.0,
    show_default=True,
    help="Seconds for the solver, for each instance.",
)
@click.option("--threads", type=click.IntRange(1, 1024), help="Threads of the solver.  [default: it chooses]")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="Random seed of the solver; with --random, of the first instance.",
)
@solver_option
@click.option("-o", "--output", metavar="FILE.json", type=_FILE, help="Write the results there.")
@click.option(
    "--against", metavar="FILE.json", type=_FILE, help="Compare, to the last digit, with what -o wrote before."
)
@click.option("--page", metavar="FILE.md", type=_FILE, help="Put the results into this page, between its marks.")
@click.option("--update", is_flag=True, help="Write what is better than known to instances/best_known.csv.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def bench(
    instances: tuple[str, ...],
    sets: tuple[str, ...],
    count: int | None,
    size: str | None,
    gap: float | None,
    **rest: Any,
) -> int:
    """Solve the benchmark, each instance in its own process, and compare with the best known results.

    INSTANCE is a name in instances/sets.toml, a shipped example, a folder or a workbook; the default is the entire
    list. With --random, random instances are generated, solved, audited and solved again by other solvers.

    A search that ends by its gap is reproducible: the same seed, versions and number of cores give the same result, as
    -o FILE.json and later --against FILE.json show. One that ends by the time limit depends on the machine.

    Exit code 1 if a result is wrong or differs from the one it is compared with; never because of times.
    """
    from optimizer.bench.runs import Limits

    files = Files(rest["output"], rest["against"], rest["page"], rest["update"])
    if count and (instances or sets or files.against or files.page or files.update):
        raise click.UsageError("--random goes with none of INSTANCE, --set, --against, --page, --update.")
    if size and not count:
        raise click.UsageError("--size goes with --random.")
    chosen = (1e-6 if count else 1e-3) if gap is None else gap
    seed = 0 if count else rest["seed"]
    limits = Limits(chosen, rest["time_limit"], rest["threads"], seed, rest["solver"])
    if count:
        seeds = range(rest["seed"], rest["seed"] + count)
        return _campaign(seeds, size or "tiny", limits, files.output, rest["as_json"])
    from optimizer.bench.cases import find_cases

    cases = find_cases(instances, sets)
    if gap is not None:
        cases = [replace(case, gap=None) for case in cases]
    return _benchmark(cases, limits, files, rest["as_json"])


def _benchmark(cases: list[Case], limits: Limits, files: Files, as_json: bool) -> int:
    """Solve the cases one after the other; what is found so far is written after each."""
    from optimizer.bench.best_known import known_file, read_known
    from optimizer.bench.record import results_record, write_record
    from optimizer.bench.tables import results_table

    known, earlier = read_known(known_file()), files.earlier()
    results: list[Result] = []
    write_record(files.output, results_record(results, limits))
    for number, case in enumerate(cases, start=1):
        results.append(_judged(case, limits, known.get(case.name), earlier))
        write_record(files.output, results_record(results, limits))
        click.echo(f"{number}/{len(cases)} {case.name}: {results[-1].status}", err=True)
    if files.update:
        _update(known, results, limits)
    files.publish(results, results_record(results, limits), earlier)
    if as_json:
        print_json(results_record(results, limits))
    _show(results_table(results), err=as_json)
    return OTHER if any(result.problems for result in results) else 0


def _judged(case: Case, limits: Limits, known: BestKnown | None, earlier: dict[str, Any] | None) -> Result:
    from optimizer.bench.assess import assess
    from optimizer.bench.regression import differences
    from optimizer.bench.runs import run_case

    result = run_case(case, limits)
    result.known = asdict(known) if known else None
    result.problems = assess(case, result, known)
    for then in earlier["results"] if earlier else ():
        if then["instance"] == case.name:
            result.problems += differences(result, then)
    return result


def _update(known: dict[str, BestKnown], results: list[Result], limits: Limits) -> None:
    """Write what is better than known; never from a result that is wrong."""
    from optimizer.bench.best_known import improved, known_file, write_known
    from optimizer.bench.record import found_by, today

    changed = []
    for result in (one for one in results if not one.problems):
        entry = improved(known.get(result.instance), result, found_by(result, limits), today())
        if entry:
            known[result.instance] = entry
            changed.append(result.instance)
    if changed:
        write_known(known_file(), known)
    click.echo(f"{known_file().name}: {', '.join(changed) or 'nothing'} improved", err=True)


def _campaign(seeds: range, size: str, limits: Limits, output: Path | None, as_json: bool) -> int:
    """Try random instances one after the other; what is found so far is written now and then."""
    from optimizer.bench.campaign import Trial, run_campaign
    from optimizer.bench.record import campaign_record, write_record
    from optimizer.bench.tables import campaign_table, problem_lines

    trials: list[Trial] = []
    write_record(output, campaign_record(trials, size, limits))
    for trial in run_campaign(seeds, size, limits):
        trials.append(trial)
        for line in problem_lines([(f"seed {trial.seed}", trial.problems)]):
            click.echo(line.plain, err=True)
        if len(trials) % 10 == 0 or len(trials) == len(seeds):
            click.echo(f"{len(trials)}/{len(seeds)}", err=True)
            write_record(output, campaign_record(trials, size, limits))
    record = campaign_record(trials, size, limits)
    if as_json:
        print_json(record)
    _show(campaign_table(trials, size), err=as_json)
    return OTHER if any(trial.problems for trial in trials) else 0


def _show(table: RenderableType, err: bool) -> None:
    from rich.console import Console

    wide = Console(stderr=err).width
    Console(stderr=err, highlight=False, width=max(wide, _WIDTH)).print(table)
