"""Make workers: on this machine, or those of a cluster."""

from __future__ import annotations

from optimizer.workers.workers import LocalWorkers, Workers


def make_workers(count: int | None = None, cluster: str | None = None) -> Workers:
    """Return workers.

    Parameters
    ----------
    count : int, optional
        Number of workers on this machine; by default that of the processor's cores.
    cluster : str, optional
        Address of a Dask scheduler, ``tcp://HOST:PORT``, whose workers are used instead.

    Raises
    ------
    SolverError
        If the cluster cannot be used; the message says why, and what to do.
    """
    if cluster is None:
        return LocalWorkers(count)
    from optimizer.workers.dask import DaskWorkers  # long to import

    return DaskWorkers(cluster)
