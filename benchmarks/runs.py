"""Run every contender on every instance, each in its own process."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.contenders import Task, perform
from benchmarks.plain import write_plain
from benchmarks.trace import Run

BUILD_LIMIT = 900.0  # seconds for everything except the solver
MEMORY_LIMIT = 6.0  # GB of one process: a run that exceeds it fails, and the next one starts
_NO_MEMORY = ("MemoryError", "bad_alloc", "Unable to allocate", "insufficient memory")


def draw(target: Path, size: str, seed: int) -> Path:
    """Draw a random instance into a folder."""
    from optimizer.generator import create_random

    create_random(target, seed, size)
    return target


def campaign(
    sizes: Sequence[str],
    seeds: int,
    contenders: Sequence[str],
    limit: float,
    threads: int,
    gap: float,
    log: Callable[[str], None],
) -> Iterator[Run]:
    """All runs, one instance after the other, its contenders side by side."""
    for size in sizes:
        for seed in range(seeds):
            name = f"{size}-{seed}"
            with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
                home = Path(folder)
                instance = draw(home / "instance", size, seed)
                plain, written, trouble = home / "plain.npz", (0.0, 0.0), ""
                if any(contender.startswith("plain") for contender in contenders):
                    written, trouble = _written(instance, plain, threads)
                    log(f"{name:8} {'plain':16} {trouble or f'written in {written[0]:.1f} s, {written[1]:.0f} MB'}")
                for contender in contenders:
                    (home / contender).mkdir()
                    task = Task(contender, name, instance, plain, home / contender, limit, threads, gap, *written)
                    if contender.startswith("plain") and trouble:
                        yield Run(contender, name, note=trouble)
                        continue
                    run = in_process(task)
                    log(f"{name:8} {contender:16} {run.status:8} {run.note}")
                    yield run


def _written(instance: Path, plain: Path, threads: int) -> tuple[tuple[float, float], str]:
    """Write the plain formulation in a process of its own; its seconds and MB, or why not."""
    answer, trouble = _child({"write": [str(instance), str(plain)]}, BUILD_LIMIT, threads)
    return ((answer["seconds"], answer["memory_mb"]) if answer else (0.0, 0.0)), trouble


def in_process(task: Task) -> Run:
    """Do a task in a process of its own; one that fails or hangs is a failed run with its reason."""
    words = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(task).items()}
    answer, trouble = _child({"task": words}, BUILD_LIMIT + task.limit, task.threads)
    if answer is None:
        return Run(task.contender, task.instance, note=trouble)
    return Run(**{**answer, "points": [tuple(point) for point in answer["points"]]})


def _child(order: dict[str, Any], seconds: float, threads: int) -> tuple[dict[str, Any] | None, str]:
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "POLARS_MAX_THREADS": str(threads)}
    command = [sys.executable, "-m", "benchmarks.runs", json.dumps(order)]
    root = Path(__file__).resolve().parent.parent
    try:
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return None, f"not done after {seconds:g} s"
    if done.returncode:
        if any(words in done.stderr for words in _NO_MEMORY):
            return None, f"needs more than {MEMORY_LIMIT:g} GB of memory"
        last = [line for line in done.stderr.splitlines() if line.strip()][-1:]
        return None, last[0] if last else f"ended with {done.returncode}"
    return json.loads(done.stdout.splitlines()[-1]), ""


def main() -> None:
    """What a child process does: one order in JSON on its command line, the answer in JSON on its last line."""
    order = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_DATA, (int(MEMORY_LIMIT * 2**30),) * 2)
    if "write" in order:
        instance, plain = map(Path, order["write"])
        began = time.perf_counter()
        write_plain(instance, plain)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": time.perf_counter() - began, "memory_mb": peak}))
        return
    task = order["task"]
    paths = {name: Path(task[name]) for name in ("folder", "plain", "scratch")}
    print("\n" + json.dumps(perform(Task(**{**task, **paths})).to_dict()))


if __name__ == "__main__":
    main()
