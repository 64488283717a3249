"""The command: ``python -m benchmarks``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click

from benchmarks import options
from benchmarks.contenders import CONTENDERS
from benchmarks.runs import campaign
from benchmarks.summary import contradictions, gaps_down_to, plot, put_into, table
from benchmarks.trace import GAPS, Run

PACKAGES = ("capopt", "highspy", "pyomo", "linopy", "pyscipopt", "pulp")


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--sizes", default="S,M,L", callback=options.sizes, help="Sizes of the random instances, with commas.")
@click.option("--seeds", default=5, type=click.IntRange(min=1), help="Instances of each size.")
@click.option("--time-limit", default=60.0, type=click.FloatRange(min=0, min_open=True), help="Seconds of a solver.")
@click.option("--threads", default=1, type=click.IntRange(min=1), help="Threads of a solver.")
@click.option("--gap", default=GAPS[-1], type=click.FloatRange(min=0), help="Target relative gap of the solvers.")
@click.option("--contenders", default=",".join(CONTENDERS), help="Who takes part, with commas.")
@click.option("--out", default="build/benchmarks.jsonl", type=click.Path(path_type=Path), help="Results, a run a line.")
@click.option("--readme", type=click.Path(path_type=Path, exists=True), help="Page to put the table into.")
@click.option("--plot", "drawing", type=click.Path(path_type=Path), help="SVG file for the performance profile.")
def main(
    sizes: list[str], seeds: int, time_limit: float, threads: int, gap: float, contenders: str, **files: Any
) -> None:
    """Compare capopt with the plain formulation and other solvers on the same random instances, in one run.

    Needs the extra: pip install 'capopt[benchmarks]'.
    """
    chosen = contenders.split(",")
    unknown = [name for name in chosen if name not in CONTENDERS]
    if unknown:
        raise click.UsageError(f"no contender {', '.join(unknown)}; there are {', '.join(CONTENDERS)}")
    out: Path = files["out"]
    out.parent.mkdir(parents=True, exist_ok=True)
    about = _about(seeds, threads, gap)
    runs: list[Run] = []
    with out.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"about": about, "time_limit": time_limit}) + "\n")
        for run in campaign(sizes, seeds, chosen, time_limit, threads, gap, lambda text: click.echo(text, err=True)):
            runs.append(run)
            file.write(json.dumps(run.to_dict()) + "\n")
            file.flush()
    text = table(runs, time_limit, about)
    click.echo(text)
    if files["readme"]:
        put_into(files["readme"], text)
    if files["drawing"]:
        plot(runs, gaps_down_to(gap), files["drawing"])
    wrong = contradictions(runs)
    if wrong:
        raise click.ClickException("; ".join(wrong))


def _about(seeds: int, threads: int, gap: float) -> dict[str, Any]:
    from optimizer.bench.machine import machine

    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    today = datetime.now(UTC).date().isoformat()
    return {**machine(), "seeds": seeds, "threads": threads, "gap": gap, "versions": ", ".join(found), "date": today}


if __name__ == "__main__":
    main()
