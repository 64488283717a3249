"""The command ``capopt worker``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from optimizer.cli.options import json_option, service_needed, tls_option


@click.command(short_help="Run jobs of a service on this machine.")
@click.option("--cluster", metavar="tcp://HOST:PORT", required=True, help="Scheduler of the cluster.")
@click.option(
    "--database", metavar="URL", required=True, envvar="CAPOPT_DATABASE", help="Database of the service, PostgreSQL."
)
@click.option("--workers", type=click.IntRange(1, 1024), metavar="N", help="Jobs at once. [default: the cores]")
@tls_option
@json_option
def worker(cluster: str, database: str, workers: int | None, cluster_tls: Path | None, as_json: bool) -> int:
    """Run jobs of a service on this machine, until Ctrl-C or SIGTERM.

    The scheduler is one of Dask: dask scheduler. Start capopt serve with the same --cluster and --database.
    """
    with service_needed():
        from optimizer.service.cluster import refuse_open_cluster, work
        from optimizer.service.settings import Settings
    settings = Settings(Path(), database, cluster, cluster_tls, workers=workers or os.cpu_count() or 1)
    refused = refuse_open_cluster(settings)
    if refused:
        raise click.UsageError(refused)
    click.echo(f"Working for {cluster}, {settings.workers} at once. Ctrl-C ends it.", err=as_json)
    work(settings)
    return 0
