"""Mutation testing: ``python -m benchmarks.mutants`` draws faults by seed and lists those that no test notices.

Cosmic Ray makes the mutations. Each one is tried in a clone of the repository's last commit, with the tests that run
the mutated line: which ones these are is measured first, with coverage contexts. Everything is kept in
``build/mutants``, so that a second call continues where the first one ended.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "mutants"
ROOMS = "program,plan,instance,solver,explain,diagnosis,report"
STARTUP = 30.0  # seconds until a test command has imported everything, on a busy machine
SLOWDOWN = 6.0  # a mutant whose tests take this many times their seconds is killed
Place = tuple[int, int]  # line, from 1, and column


# ---------------------------------------------------------------- tests by the lines that they run
def clone(name: str) -> Path:
    """Clone the last commit into ``build/mutants/name``."""
    folder = BUILD / name
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--shared", str(ROOT), str(folder)], check=True)
    return folder


def measure(folder: Path, tests: list[str]) -> None:
    """Run tests in a clone, with coverage by test and the seconds of each."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "logical", "--cov=optimizer", "--cov-context=test"]
    command += ["--cov-report=", f"--junitxml={BUILD / 'tests.xml'}", "-o", "junit_family=xunit1", *tests]
    subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, check=True)
    shutil.copy(folder / ".coverage", BUILD / "coverage.sqlite")


class Coverage:
    """Tests by the lines that they run, as measured in a clone."""

    def __init__(self, folder: Path) -> None:
        from coverage import CoverageData

        self.folder, self.data = folder, CoverageData(str(BUILD / "coverage.sqlite"))
        self.data.read()

    @cached_property
    def seconds(self) -> dict[str, float]:
        """Seconds of each test, by its id."""
        cases = ElementTree.parse(BUILD / "tests.xml").iter("testcase")
        return {f"{case.get('file')}::{case.get('name')}": float(case.get("time", 0.0)) for case in cases}

    def tests(self, module: str, first: int, last: int) -> list[str]:
        """Ids of the tests that run any of some lines of a module, quickest first.

        Of lines that run when the module is imported, such as constants and decorators, and of continued lines, these
        are the tests that run anything of the innermost function around them, or of the module.
        """
        found = self._running(module, range(first, last + 1))
        for span in [] if found else self._around(module, first, last):
            found = found or self._running(module, span)
        return sorted(found, key=lambda test: (self.seconds.get(test, 0.0), test))

    def _running(self, module: str, lines: range) -> set[str]:
        contexts = self.data.contexts_by_lineno(str(self.folder / module))
        return {context.partition("|")[0] for line in lines for context in contexts.get(line, ())} - {""}

    def _around(self, module: str, first: int, last: int) -> list[range]:
        """Lines of the innermost function around some lines; of the module, if no function is around them."""
        text = (self.folder / module).read_text(encoding="utf-8")
        functions = [
            one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        begins = {one: min([one.lineno, *(mark.lineno for mark in one.decorator_list)]) for one in functions}
        spans = [range(begins[one], (one.end_lineno or 0) + 1) for one in functions]
        around = [span for span in spans if span.start <= first and last < span.stop]
        return [min(around, key=len)] if around else [range(1, text.count("\n") + 2)]

    def within(self, tests: list[str], budget: float) -> list[str]:
        """The quickest of some tests, which together take at most ``budget`` seconds."""
        total = np.cumsum([self.seconds.get(test, 0.0) for test in tests])
        return tests[: int(np.searchsorted(total, budget, side="right"))] or tests[:1]


# ---------------------------------------------------------------- mutations
@dataclass(frozen=True)
class Mutant:
    """One mutation: where, and by which operator of Cosmic Ray, with its number in the module."""

    module: str
    first: int
    last: int
    operator: str
    arguments: dict[str, Any]
    occurrence: int

    @property
    def name(self) -> str:
        """A name that says which mutation it is."""
        return f"{self.module}:{self.first} {self.operator.removeprefix('core/')} {self.occurrence}"


def draw(folder: Path, rooms: list[str], count: int, seed: int) -> list[Mutant]:
    """Draw mutants: first a place in the code, then one of the changes that can be made there."""
    from cosmic_ray.commands.init import _all_work_items as all_work_items

    places: dict[Any, list[Mutant]] = defaultdict(list)
    with contextlib.chdir(folder):
        for path in sorted(path for room in rooms for path in Path("optimizer", room).rglob("*.py")):
            spans = list(annotation_spans(path))
            for item in all_work_items([path], {}):
                one = item.mutations[0]
                begin, end = one.start_pos, one.end_pos
                if one.operator_name != "core/no_op" and not any(a <= begin and end <= b for a, b in spans):
                    mutant = Mutant(str(path), begin[0], end[0], one.operator_name, one.operator_args, one.occurrence)
                    places[str(path), begin, end].append(mutant)
    listed, random = list(places.values()), np.random.default_rng(seed)
    chosen = random.permutation(len(listed))[:count].tolist()
    return [listed[place][random.integers(len(listed[place]))] for place in chosen]


def annotation_spans(path: Path) -> Iterator[tuple[Place, Place]]:
    """Spans of the type annotations in a module: nothing runs them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(part, ast.expr):
                yield (part.lineno, part.col_offset), (part.end_lineno or 0, part.end_col_offset or 0)


# ---------------------------------------------------------------- trying them
def start_worker(folders: Any) -> None:
    """Take a clone for a worker process, which imports its package from there."""
    folder = folders.get()
    os.chdir(folder)
    os.environ.update(PYTHONPATH=str(folder), PYTHONDONTWRITEBYTECODE="1")


def attempt(mutant: Mutant, tests: list[str], seconds: float) -> dict[str, Any]:
    """Make a mutation in the worker's clone, run tests, and take the mutation back."""
    from cosmic_ray.mutating import mutate_and_test
    from cosmic_ray.work_item import MutationSpec

    place = Path.cwd() / ".tests"
    place.write_text("\n".join(tests) + "\n", encoding="utf-8")
    command = f"{sys.executable} -m pytest -x -q --no-header -p no:cacheprovider @{place}"
    spec = MutationSpec(
        mutant.module, mutant.operator, mutant.occurrence, (mutant.first, 0), (mutant.last, 1), mutant.arguments
    )
    result = mutate_and_test([spec], command, STARTUP + SLOWDOWN * seconds)
    outcome = "no mutation" if result.test_outcome is None else str(result.test_outcome.value)
    return {
        "name": mutant.name,
        **asdict(mutant),
        "outcome": outcome,
        "tests": len(tests),
        "diff": result.diff or result.output or "",
    }


def try_all(todo: list[Mutant], coverage: Coverage, clones: list[Path], budget: float) -> Iterator[dict[str, Any]]:
    """Try mutants in as many processes as there are clones."""
    from multiprocessing import Manager

    with Manager() as manager:
        folders = manager.Queue()
        for folder in clones:
            folders.put(folder)
        with ProcessPoolExecutor(len(clones), initializer=start_worker, initargs=(folders,)) as pool:
            jobs = []
            for mutant in todo:
                tests = coverage.within(coverage.tests(mutant.module, mutant.first, mutant.last), budget)
                if not tests:
                    yield {"name": mutant.name, **asdict(mutant), "outcome": "not run", "tests": 0, "diff": ""}
                    continue
                seconds = sum(coverage.seconds.get(test, 0.0) for test in tests)
                jobs.append(pool.submit(attempt, mutant, tests, seconds))
            for job in as_completed(jobs):
                yield job.result()


# ---------------------------------------------------------------- the command
def kept(path: Path) -> dict[str, dict[str, Any]]:
    """Results of earlier calls, by the names of the mutants."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = [json.loads(line) for line in lines]
    return {one["name"]: one for one in found}


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--count", default=300, type=click.IntRange(min=1), help="Mutants to draw.")
@click.option("--seed", default=0, help="Seed of the draw.")
@click.option("--rooms", default=ROOMS, help="Rooms of optimizer/ to mutate, with commas.")
@click.option("--workers", default=os.cpu_count() or 1, type=click.IntRange(min=1), help="Mutants at a time.")
@click.option("--budget", default=120.0, help="Seconds of tests for one mutant at most, the quickest tests first.")
@click.option("--tests", default="tests", help="Test files and folders to measure, with spaces.")
@click.option("--again", is_flag=True, help="Start over: forget the measured coverage and earlier results.")
def main(count: int, seed: int, rooms: str, workers: int, budget: float, tests: str, again: bool) -> None:
    """Draw mutants of the last commit and list those that survive the tests."""
    if again:
        shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    base = BUILD / "base"
    if not (BUILD / "coverage.sqlite").is_file():
        measure(clone("base"), tests.split())
    record = BUILD / f"results-{seed}.jsonl"
    done = kept(record)
    drawn = draw(base, rooms.split(","), count, seed)
    todo = [one for one in drawn if one.name not in done]
    clones = [clone(f"worker-{number}") for number in range(workers)]
    for folder in clones:  # the code that was measured, whatever was committed since
        commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=base, text=True).strip()
        subprocess.run(["git", "checkout", "--quiet", commit], cwd=folder, check=True)
    for result in try_all(todo, Coverage(base), clones, budget):
        with record.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
        click.echo(f"{result['outcome']:12} {result['name']}", err=True)
    report(list(kept(record).values()))


def report(results: list[dict[str, Any]]) -> None:
    """Print how many mutants survived, with the change of each."""
    alive = [one for one in results if one["outcome"] in ("survived", "not run")]
    for one in sorted(alive, key=lambda one: (one["module"], one["first"])):
        lines = [line for line in one["diff"].splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        click.echo(f"{one['name']} ({one['outcome']}, {one['tests']} tests)")
        click.echo("".join(f"    {line}\n" for line in lines), nl=False)
    share = len(alive) / len(results) if results else 0.0
    click.echo(f"{len(results)} mutants, {len(alive)} survived ({share:.1%})")


if __name__ == "__main__":
    main()
