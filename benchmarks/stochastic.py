"""Solve the stochastic programs of a folder of SMPS files, and print plan, bound and time of each.

python -m benchmarks.stochastic FOLDER [--gap 0.01] [--seconds 600] [--workers 2] [--method decomposition]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.smps import read_smps
from optimizer.solver.solution import Options
from optimizer.uncertainty.solve_stochastic import DECOMPOSITION, EXTENSIVE, solve_stochastic
from optimizer.uncertainty.stochastic_program import RiskMeasure
from optimizer.workers.workers import LocalWorkers


def main() -> None:
    """Print a line for each core in the folder."""
    parser = argparse.ArgumentParser(description="Solve the stochastic programs of a folder of SMPS files.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gap", type=float, default=0.01)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--bundle-size", type=int, default=1)
    parser.add_argument("--method", choices=(EXTENSIVE, DECOMPOSITION))
    given = parser.parse_args()
    workers = LocalWorkers(given.workers)
    print("program             scenarios      objective          bound     gap  rounds  seconds")
    for core in sorted(path for end in ("*.cor", "*.mps") for path in given.folder.glob(end)):
        program, began = read_smps(core), time.perf_counter()
        options = Options(gap=given.gap, time_limit=given.seconds, threads=given.workers)
        found = solve_stochastic(
            program, RiskMeasure(), options, workers, method=given.method, bundle_size=given.bundle_size
        )
        gap = (found.objective - found.bound) / abs(found.objective) if found.objective else 0.0
        print(
            f"{core.stem:20s}{len(program.scenarios):9d}{found.objective:15.3f}{found.bound:15.3f}{gap:8.2%}"
            f"{found.rounds:8d}{time.perf_counter() - began:9.1f}",
            flush=True,
        )
    workers.close()


if __name__ == "__main__":
    main()
