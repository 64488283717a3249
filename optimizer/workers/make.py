"""Make workers: on this machine, or those of a cluster."""

from __future__ import annotations

import os
from importlib.util import find_spec

from optimizer.workers.workers import LocalWorkers, Workers


def make_workers(count: int | None = None, cluster: str | None = None, *, processes: bool = False) -> Workers:
    """Return workers.

    Parameters
    ----------
    count : int, optional
        Number of workers on this machine; by default that of the processor's cores.
    cluster : str, optional
        Address of a Dask scheduler, ``tcp://HOST:PORT``, whose workers are used instead.
    processes : bool
        Whether several workers on this machine are processes, for work that takes longer in the interpreter than in
        solvers; they take seconds to start. Without the package ``distributed`` they are threads.

    Raises
    ------
    SolverError
        If the cluster cannot be used; the message says why, and what to do.
    """
    number = count or os.cpu_count() or 1
    if cluster is None and not (processes and number > 1 and find_spec("distributed")):
        return LocalWorkers(number)
    from optimizer.workers.dask import DaskWorkers  # long to import

    return DaskWorkers(cluster, number)
