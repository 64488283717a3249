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
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from compileall import compile_dir
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from difflib import ndiff
from functools import cached_property
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any
from xml.etree import ElementTree

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "mutants"
ROOMS = "program,plan,auditing,instance,solver,solving,analysis,report"
STARTUP = 30.0  # seconds until tests are collected, on a busy machine
SLOWDOWN = 6.0  # a mutant whose tests take this many times their seconds is killed
TOO_LONG = "too long"
# What takes long to import is imported once, before the forks that run tests.
LIBRARIES = (
    *("highspy", "jinja2", "numpy", "openpyxl", "pandas", "playwright.sync_api", "plotly.graph_objects"),
    *("pyomo.environ", "pyscipopt", "pytest", "rich.console", "rich.table", "scipy.optimize", "scipy.sparse"),
    *("xlsxwriter", "click.testing", "cosmic_ray.plugins"),
)
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
        are the tests that run anything of the innermost function around them, or of the module. What a fixture runs
        counts for all tests of the file in which it is measured, as the first test alone is measured with it.
        """
        found = self._running(module, range(first, last + 1))
        for span in [] if found else self._around(module, first, last):
            found = found or self._running(module, span)
        return sorted(found, key=lambda test: (self.seconds.get(test, 0.0), test))

    def _running(self, module: str, lines: range) -> set[str]:
        contexts = self.data.contexts_by_lineno(str(self.folder / module))
        found = {context.rpartition("|")[::2] for line in lines for context in contexts.get(line, ())}
        fixed = {test.partition("::")[0] for test, phase in found if phase == "setup"}
        shared = {test for test in self.seconds if test.partition("::")[0] in fixed}
        return ({test for test, _ in found} | shared) - {""}

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

    def of(self, mutant: Mutant) -> list[str]:
        """Ids of the tests that run the line of a mutant, quickest first."""
        return self.tests(mutant.module, mutant.first, mutant.last)

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
    occurrence: int

    @property
    def name(self) -> str:
        """A name that says which mutation it is."""
        return f"{self.module}:{self.first} {self.operator.removeprefix('core/')} {self.occurrence}"


def draw(folder: Path, rooms: list[str], count: int, seed: int) -> list[Mutant]:
    """Draw mutants: first a place in the code, then one of the changes that can be made there."""
    places: dict[Any, list[Mutant]] = defaultdict(list)
    with contextlib.chdir(folder):
        for path in sorted(path for room in rooms for path in Path("optimizer", room).rglob("*.py")):
            spans = list(idle_spans(path))
            for begin, end, mutant in mutations(path):
                if not any(a <= begin and end <= b for a, b in spans):
                    places[mutant.module, begin, end].append(mutant)
    listed, random = list(places.values()), np.random.default_rng(seed)
    chosen = random.permutation(len(listed))[:count].tolist()
    return [listed[place][random.integers(len(listed[place]))] for place in chosen]


def mutations(path: Path) -> Iterator[tuple[Place, Place, Mutant]]:
    """Yield all mutations of a module, with the beginning and the end of what each changes."""
    from cosmic_ray.ast import ast_nodes, get_ast_from_path
    from cosmic_ray.plugins import get_operator, operator_names

    nodes = list(ast_nodes(get_ast_from_path(path)))
    for name in operator_names():
        if name == "core/no_op" or get_operator(name).arguments():
            continue
        operator = get_operator(name)()
        positions = (position for node in nodes for position in operator.mutation_positions(node))
        for number, (begin, end) in enumerate(positions):
            yield begin, end, Mutant(str(path), begin[0], end[0], name, number)


def idle_spans(path: Path) -> Iterator[tuple[Place, Place]]:
    """Spans of a module that nothing runs: type annotations, and imports for them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        parts = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            parts.append(node)
        for part in parts:
            if isinstance(part, ast.expr | ast.stmt):
                yield (part.lineno, part.col_offset), (part.end_lineno or 0, part.end_col_offset or 0)


# ---------------------------------------------------------------- trying them
class FirstFailure:
    """Pytest's plugin that writes the first test that fails into a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Write the test of a failed report."""
        if report.failed:
            self.path.write_text(report.nodeid, encoding="utf-8")


def start_worker(folders: Any) -> None:
    """Take a clone for a worker process, and import what its forks need, except the package itself."""
    folder = folders.get()
    os.chdir(folder)
    os.environ["PYTHONPATH"] = str(folder)
    # Bytecode is compared with its source by a hash: neither size nor time hides a mutation.
    compile_dir(folder / "optimizer", quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    for library in LIBRARIES:
        import_module(library)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("benchmarks", "optimizer", "tests")]:
        del sys.modules[name]


def run_tests(tests: list[str], failure: Path) -> None:
    """Run tests in a fork, which leads the group of what they start, and end it with the exit code of pytest."""
    import pytest

    os.setpgrp()
    output = os.open(failure.with_name(".output"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests], plugins=[FirstFailure(failure)]))


def killer(tests: list[str], seconds: float) -> str:
    """Return the test that fails first, or else what ended them; an empty text if they pass."""
    failure = Path.cwd() / ".failure"
    failure.unlink(missing_ok=True)
    process = get_context("fork").Process(target=run_tests, args=(tests, failure))
    process.start()
    process.join(seconds)
    late = process.is_alive()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid or 0, signal.SIGKILL)
    process.join()
    if process.exitcode == 0 or late:
        return TOO_LONG if late else ""
    return failure.read_text(encoding="utf-8") if failure.is_file() else f"exit code {process.exitcode}"


def attempt(mutant: Mutant, tests: list[str], seconds: float) -> dict[str, Any]:
    """Make a mutation in the worker's clone, run tests, and take the mutation back."""
    from cosmic_ray.mutating import use_mutation
    from cosmic_ray.plugins import get_operator

    operator = get_operator(mutant.operator)()
    known = {"name": mutant.name, **asdict(mutant), "killer": "", "tests": len(tests), "diff": []}
    with contextlib.ExitStack() as stack:
        change = use_mutation(Path(mutant.module), operator, mutant.occurrence)
        try:
            before, after = stack.enter_context(change)
        except AttributeError:  # of Cosmic Ray, at an exception with a dotted name
            return {**known, "outcome": "no mutation"}
        by = killer(tests, STARTUP + SLOWDOWN * seconds)
    diff = [line for line in ndiff(before.splitlines(), after.splitlines()) if line[:2] in ("- ", "+ ")]
    return {**known, "outcome": "killed" if by else "survived", "killer": by, "diff": diff}


class Workers:
    """Processes that try mutants, each in a clone of its own."""

    def __init__(self, coverage: Coverage, clones: list[Path]) -> None:
        self.coverage = coverage
        folders = get_context("fork").SimpleQueue()
        for folder in clones:
            folders.put(folder)
        self.pool = ProcessPoolExecutor(len(clones), get_context("fork"), initializer=start_worker, initargs=(folders,))

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown()

    def try_all(self, todo: list[Mutant], budget: float) -> Iterator[dict[str, Any]]:
        """Try mutants with the quickest of their tests, up to a number of seconds each."""
        jobs = []
        for mutant in todo:
            tests = self.coverage.within(self.coverage.of(mutant), budget)
            if tests:
                seconds = sum(self.coverage.seconds.get(test, 0.0) for test in tests)
                jobs.append(self.pool.submit(attempt, mutant, tests, seconds))
            else:
                yield {
                    "name": mutant.name,
                    **asdict(mutant),
                    "outcome": "not run",
                    "killer": "",
                    "tests": 0,
                    "diff": [],
                }
        for job in as_completed(jobs):
            yield job.result()

    def failing(self, tests: list[str]) -> str:
        """Return what ends some tests without a mutation; an empty text if they pass."""
        seconds = sum(self.coverage.seconds.get(test, 0.0) for test in tests)
        return self.pool.submit(killer, tests, STARTUP + SLOWDOWN * seconds).result()


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
@click.option("--budget", default=45.0, help="Seconds of tests for one mutant, the quickest tests first.")
@click.option("--patience", default=900.0, help="Seconds of tests, at the end, for one that has survived these.")
@click.option("--tests", default="tests", help="Test files and folders to measure, with spaces.")
@click.option("--again", is_flag=True, help="Start over: forget the measured coverage and earlier results.")
def main(
    count: int, seed: int, rooms: str, workers: int, budget: float, patience: float, tests: str, again: bool
) -> None:
    """Draw mutants of the last commit and list those that survive the tests."""
    if again:
        shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    base = BUILD / "base"
    if not (BUILD / "coverage.sqlite").is_file():
        measure(clone("base"), tests.split())
    record = BUILD / f"results-{seed}.jsonl"
    drawn = draw(base, rooms.split(","), count, seed)
    clones = [clone(f"worker-{number}") for number in range(workers)]
    for folder in clones:  # the code that was measured, whatever was committed since
        commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=base, text=True).strip()
        subprocess.run(["git", "checkout", "--quiet", commit], cwd=folder, check=True)
    coverage = Coverage(base)
    with Workers(coverage, clones) as started:
        for seconds in (budget, patience):
            done = kept(record)
            todo = [one for one in drawn if is_open(done.get(one.name), coverage.within(coverage.of(one), seconds))]
            for result in started.try_all(todo, seconds):
                write(record, [result], "a")
                click.echo(f"{result['outcome']:12} {result['name']}", err=True)
        forget(record, started)
    report(list(kept(record).values()))


def is_open(result: dict[str, Any] | None, tests: list[str]) -> bool:
    """Whether a mutant has not been tried, or has survived fewer tests than these."""
    return result is None or (result["outcome"] == "survived" and result["tests"] < len(tests))


def write(record: Path, results: Iterable[dict[str, Any]], mode: str) -> None:
    """Write results, one a line."""
    with record.open(mode, encoding="utf-8") as file:
        file.writelines(json.dumps(result) + "\n" for result in results)


def forget(record: Path, workers: Workers) -> None:
    """Forget the mutants that were killed by a test that fails without any mutation too; the next call tries them."""
    killers = sorted({one["killer"] for one in kept(record).values() if "::" in one["killer"]})
    while killers and (failing := workers.failing(killers)):
        click.echo(f"without a mutation: {failing}", err=True)
        write(record, [one for one in kept(record).values() if one["killer"] != failing], "w")
        killers = [test for test in killers if test != failing] if failing in killers else []


def report(results: list[dict[str, Any]]) -> None:
    """Print how many mutants survived, with the change of each."""
    results = [one for one in results if one["outcome"] != "no mutation"]
    alive = [one for one in results if one["outcome"] != "killed"]
    for one in sorted(alive, key=lambda one: (one["module"], one["first"])):
        click.echo(f"{one['name']} ({one['outcome']}, {one['tests']} tests)")
        click.echo("".join(f"    {line}\n" for line in one["diff"]), nl=False)
    share = len(alive) / len(results) if results else 0.0
    click.echo(f"{len(results)} mutants, {len(alive)} survived ({share:.1%})")


if __name__ == "__main__":
    main()
