"""The command ``capopt serve``."""

from __future__ import annotations

from pathlib import Path

import click

from optimizer.cli.exit_codes import print_json
from optimizer.cli.options import data_option, database_option, json_option, service_needed, tls_option


@click.command(short_help="Serve plans to browsers and other programs.")
@data_option
@database_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port; 0 for a free one.")
@click.option(
    "--workers", type=click.IntRange(1, 1024), metavar="N", default=2, show_default=True, help="Jobs at once."
)
@click.option(
    "--cluster", metavar="tcp://HOST:PORT", default="", help="Scheduler of a Dask cluster that runs the jobs instead."
)
@tls_option
@json_option
def serve(
    data: Path,
    database: str,
    host: str,
    port: int,
    workers: int,
    cluster: str,
    cluster_tls: Path | None,
    as_json: bool,
) -> int:
    """Serve projects, instances, jobs and plans on this machine, until Ctrl-C or SIGTERM."""
    with service_needed():
        from optimizer.service.serve import serve as run
        from optimizer.service.settings import Settings
    settings = Settings(data, database, cluster, cluster_tls, host, port, workers)

    def announce(address: str) -> None:
        if as_json:
            print_json({"address": address, "data": str(data)})
        click.echo(f"Serving on {address}, data in {data}. Ctrl-C ends it.", err=as_json)

    try:
        run(settings, announce)
    except KeyboardInterrupt:
        click.echo("Stopped. Jobs that wait or run go on when it is started again.", err=True)
    return 0
