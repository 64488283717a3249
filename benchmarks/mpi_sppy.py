"""mpi-sppy on the scenarios of an instance: progressive hedging with a Lagrangian and an xhat cylinder, on HiGHS.

Each cylinder is a process: ``mpiexec -np 3 python -m benchmarks.mpi_sppy FOLDER PREFIX GAP SECONDS``. The scenarios are
the package's programs through Pyomo. The Lagrangian bound adds up what HiGHS proves of each scenario, to a gap of half
the target. Decisions that do not count for all scenarios (:func:`optimizer.uncertainty.tree.share`) are fixed at 0.
HiGHS has no quadratic objectives with integers: the proximal terms are linearised. The penalty of a decision is its
cost, and at least a tenth of the median cost.
"""

from __future__ import annotations

import csv
import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.trace import Point, Run
from optimizer.uncertainty.programs import ScenarioPrograms
from optimizer.uncertainty.stochastic_program import OWN

CYLINDERS = 3
_BOUND, _PLAN = "LagrangianOuterBound", "XhatShuffleInnerBound"
_SHARE_OF_GAP = 0.5  # gap of a scenario's program
_LEAST = 0.1  # penalty, as a share of the median cost
_BUILDING = 900.0  # seconds at most
_TICK = 0.5
_LIBRARIES = ("libmpi.so.12", "libmpich.so.12")  # MPICH's own name, which mpi4py looks for, and Debian's


def run_cylinders(folder: Path, scratch: Path, gap: float, seconds: float) -> tuple[list[Point], float, float]:
    """Run mpi-sppy until its cylinders have proven the gap or the time is over; return points, and building and search.

    Parameters
    ----------
    folder : Path
        The instance.
    scratch : Path
        Where its files may be put.
    gap, seconds : float
        Target relative gap, and limit of the search.
    """
    prefix, began = scratch / "trace-", time.perf_counter()
    command = ["mpiexec", "-np", str(CYLINDERS), sys.executable, "-m", "benchmarks.mpi_sppy"]
    with (scratch / "mpi-sppy.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*command, str(folder), str(prefix), str(gap), str(seconds)],
            cwd=scratch, env=_environment(scratch), stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        since = began
        while process.poll() is None and time.perf_counter() - since < (_BUILDING if since == began else seconds):
            time.sleep(_TICK)
            if since == began and Path(f"{prefix}{_BOUND}.csv").is_file():
                since = time.perf_counter()
            if Run("", "", points=points_of(prefix, seconds)).seconds_to(gap) is not None:
                break
        _end(process)
    if process.returncode > 0 and not points_of(prefix, seconds):
        raise RuntimeError(f"mpi-sppy ended with {process.returncode}: see its log")
    return points_of(prefix, seconds), since - began, time.perf_counter() - since


def _environment(scratch: Path) -> dict[str, str]:
    """Return the environment of the cylinders, in which they find these modules, and MPICH under its own name.

    mpi-sppy writes logs where it runs.
    """
    own, debian = _LIBRARIES
    there = next(iter(sorted(Path("/usr/lib").glob(f"*/{debian}"))), None)
    if there is not None:
        (scratch / own).symlink_to(there)
    before = {"LD_LIBRARY_PATH": scratch, "PYTHONPATH": Path(__file__).resolve().parent.parent}
    paths = {name: os.pathsep.join(filter(None, [str(one), os.environ.get(name)])) for name, one in before.items()}
    return os.environ | paths


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the launcher, which ends the cylinders, and what it has left."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def points_of(prefix: Path, limit: float) -> list[Point]:
    """Return plans and bounds that the cylinders have sent within the limit, by time."""
    found: list[Point] = []
    for name in (_PLAN, _BOUND):
        file = Path(f"{prefix}{name}.csv")
        if not file.is_file():
            continue
        rows = [
            row for row in csv.reader(file.read_text(encoding="utf-8").splitlines()[1:]) if len(row) == len(("", ""))
        ]
        for seconds, value in rows:
            pair = (float(value), None) if name == _PLAN else (None, float(value))
            found.append((float(seconds), *pair))
    return sorted((point for point in found if point[0] <= limit), key=lambda point: point[0])


def models(programs: ScenarioPrograms) -> dict[str, Any]:
    """Return the Pyomo model of each scenario, with its root node and probability.

    Raises
    ------
    ValueError
        If decisions are shared below the root of the tree: its xhat cylinder fixes those of the first stage alone.
    """
    from mpisppy.utils import sputils

    if any(node != 0 for _, node in programs.sharing.decisions):
        raise ValueError("scenarios share decisions after the first of them are known; expected two stages")
    found, order = {}, np.arange(len(programs.sharing.decisions))
    parts = zip(programs.programs, programs.arrays, programs.sharing.ids, programs.sharing.closed, strict=True)
    for (program, arrays, ids, closed), scenario in zip(parts, programs.tree.scenarios, strict=True):
        model = program.to_pyomo()
        for column in np.flatnonzero(closed).tolist():
            model.columns[column].fix(0.0)
        places = np.full(len(order), OWN)
        places[ids[ids != OWN]] = np.flatnonzero(ids != OWN)
        shared = [model.columns[place] for place in places.tolist()]
        unused = np.flatnonzero(np.bincount(arrays.term_columns, minlength=len(ids))[places] == 0)
        _use(model, [shared[decision] for decision in unused.tolist()])
        sputils.attach_root_node(model, 0, shared)
        model._mpisppy_probability = scenario.probability
        model.penalties = _penalties(np.abs(arrays.cost[places]))
        found[scenario.name] = model
    return found


def _use(model: Any, variables: list[Any]) -> None:
    """Give variables that are in no row one of their own: mpi-sppy refuses what its solver does not know."""
    from pyomo.environ import Constraint

    model.unused = Constraint(range(len(variables)), rule=lambda _, place: variables[place] >= variables[place].lb)


def _penalties(cost: Any) -> list[float]:
    """Return the penalties of decisions."""
    least = _LEAST * median(cost[cost > 0].tolist() or [1.0])
    return [max(float(one), least) for one in cost]


def _rho(model: Any) -> list[tuple[int, float]]:
    """Return the penalties as the hub wants them."""
    variables = model._mpisppy_node_list[0].nonant_vardata_list
    return [(id(variable), one) for variable, one in zip(variables, model.penalties, strict=True)]


def _config(prefix: str, gap: float, seconds: float) -> Any:
    """Return the options of the cylinders."""
    from mpisppy.utils import config

    cfg: Any = config.Config()
    for name in ("popular_args", "ph_args", "two_sided_args", "lagrangian_args", "xhatshuffle_args", "gapper_args"):
        getattr(cfg, name)()
    cfg.add_mipgap_specs()
    given = {
        "solver_name": "appsi_highs", "max_solver_threads": 1, "default_rho": 1.0, "max_iterations": 10**6,
        "time_limit": seconds, "rel_gap": gap, "linearize_proximal_terms": True, "trace_prefix": prefix,
        "iter0_mipgap": _SHARE_OF_GAP * gap, "iterk_mipgap": _SHARE_OF_GAP * gap, "turn_off_names_check": True,
    }  # fmt: skip
    for name, value in given.items():
        cfg[name] = value
    return cfg


def main(folder: str, prefix: str, gap: float, seconds: float) -> None:
    """Run the cylinder of this process; its points go to files that begin with the prefix."""
    from mpisppy.spin_the_wheel import WheelSpinner
    from mpisppy.utils import cfg_vanilla

    import optimizer
    from optimizer.uncertainty.programs import scenario_programs
    from optimizer.uncertainty.tree import make_tree

    instance = optimizer.read(folder)
    made = models(scenario_programs(make_tree(optimizer.scenarios(instance), instance.head.months)))
    gc.collect()
    cfg = _config(prefix, gap, seconds)
    parts = (cfg, made.__getitem__, lambda *_: None, list(made))
    hub = cfg_vanilla.ph_hub(*parts, rho_setter=_rho)
    spokes = [cfg_vanilla.lagrangian_spoke(*parts, rho_setter=_rho), cfg_vanilla.xhatshuffle_spoke(*parts)]
    WheelSpinner(hub, spokes).spin()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
