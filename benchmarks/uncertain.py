"""Plans under uncertainty, side by side with other ways to find them: ``python -m benchmarks.uncertain``.

Random instances with random scenarios (:mod:`benchmarks.scenarios`). The package's search, the extensive form on HiGHS
and on SCIP, and mpi-sppy each have a process of their own and the same limit, and stop when they have proven the gap.
Needs the extra ``benchmarks``, and MPICH.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from math import inf, isfinite
from pathlib import Path
from statistics import median
from typing import Any

import click

from benchmarks.contenders import OF_SCENARIOS, Task
from benchmarks.runs import in_process
from benchmarks.scenarios import with_scenarios
from benchmarks.summary import contradictions
from benchmarks.trace import Run, relative_gap
from optimizer.generator import random_instance

_ALL = ",".join(OF_SCENARIOS)


def cases_of(_context: Any, _option: Any, text: str) -> list[tuple[str, int]]:
    """Parse sizes and numbers of scenarios: ``S-5,M-20``."""
    found = [case.split("-") for case in text.split(",")]
    if any(len(case) != len(("S", "5")) or not case[1].isdigit() for case in found):
        raise click.BadParameter(f"{text!r}; expected size and number of scenarios, such as S-5,M-20")
    return [(size, int(count)) for size, count in found]


def campaign(
    cases: Sequence[tuple[str, int]],
    seeds: Sequence[int],
    contenders: Sequence[str],
    settings: tuple[float, int, float],
    log: Callable[[str], None],
) -> Iterator[Run]:
    """Run the contenders on each instance by turns; ``settings`` are limit in seconds, threads and gap."""
    for size, count in cases:
        for seed in seeds:
            name = f"{size}, {count} scenarios-{seed}"
            with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
                home = Path(folder)
                with_scenarios(random_instance(seed, size), count, seed).save(home / "instance")
                for contender in contenders:
                    (home / contender).mkdir()
                    run = in_process(Task(contender, name, home / "instance", home, home / contender, *settings))
                    log(f"{name:22} {OF_SCENARIOS[contender]:32} {_figures([run], *settings[::2])} {run.note}")
                    yield run


def _figures(runs: Sequence[Run], limit: float, gap: float) -> str:
    """Return median seconds to the gap, processor seconds and gap at the end of runs, as cells of a table."""
    reached = [run.seconds_to(gap) for run in runs]
    seconds = median(inf if one is None or one > limit else one for one in reached)
    ended = median(relative_gap(*run.last(limit)) for run in runs)
    used = median(run.processor_seconds if run.points else inf for run in runs)
    cells = (
        f"{seconds:.1f}" if isfinite(seconds) else f"more than {limit:g}",
        f"{used:.0f}" if isfinite(used) else "",
        f"{ended:.2%}" if isfinite(ended) else "none",
    )
    return " | ".join(cells)


def table(runs: Sequence[Run], limit: float, gap: float, threads: int) -> str:
    """Return a Markdown table with a row for each case and contender."""
    seeds = len({run.instance.rsplit("-", 1)[1] for run in runs})
    lines = [
        f"Medians over {seeds} seed(s); {threads} cores and {limit:g} s for each. Seconds of the search to a proven gap"
        f" of {gap:.1%}, processor seconds of the process with all that it starts, and gap at the end.",
        "",
        "| instance | contender | seconds | processor seconds | gap at the end |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for case in dict.fromkeys(run.instance.rsplit("-", 1)[0] for run in runs):
        for contender in dict.fromkeys(run.contender for run in runs):
            group = [run for run in runs if run.contender == contender and run.instance.rsplit("-", 1)[0] == case]
            lines += [f"| {case} | {OF_SCENARIOS[contender]} | {_figures(group, limit, gap)} |"] if group else []
    return "\n".join(lines)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--cases", default="S-5,S-20,S-100,M-20", callback=cases_of, help="Sizes and numbers of scenarios.")
@click.option("--seeds", default=5, type=click.IntRange(min=1), help="Instances of each case.")
@click.option("--first", default=0, type=click.IntRange(min=0), help="First seed.")
@click.option("--time-limit", default=300.0, type=click.FloatRange(min=0, min_open=True), help="Seconds of a search.")
@click.option("--threads", default=2, type=click.IntRange(min=1), help="Cores of a search.")
@click.option("--gap", default=0.01, type=click.FloatRange(min=0), help="Target relative gap.")
@click.option("--contenders", default=_ALL, help="Who takes part, with commas.")
@click.option("--out", default="build/uncertain.jsonl", type=click.Path(path_type=Path), help="Results, a run a line.")
def main(
    cases: list[tuple[str, int]],
    seeds: int,
    first: int,
    time_limit: float,
    threads: int,
    gap: float,
    contenders: str,
    out: Path,
) -> None:
    """Compare searches for plans under uncertainty on the same random instances, in one run."""
    chosen = contenders.split(",")
    unknown = [name for name in chosen if name not in OF_SCENARIOS]
    if unknown:
        raise click.UsageError(f"no contender {', '.join(unknown)}; there are {_ALL}")
    out.parent.mkdir(parents=True, exist_ok=True)
    runs: list[Run] = []
    with out.open("w", encoding="utf-8") as file:
        numbers = range(first, first + seeds)
        for run in campaign(
            cases, numbers, chosen, (time_limit, threads, gap), lambda text: click.echo(text, err=True)
        ):
            runs.append(run)
            file.write(json.dumps(run.to_dict()) + "\n")
            file.flush()
    click.echo(table(runs, time_limit, gap, threads))
    wrong = contradictions(runs)
    if wrong:
        raise click.ClickException("; ".join(wrong))


if __name__ == "__main__":
    main()
