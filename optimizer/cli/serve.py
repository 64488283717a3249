"""The command ``capopt serve``."""

from __future__ import annotations

from pathlib import Path

import click

from optimizer.cli.exit_codes import print_json
from optimizer.cli.options import json_option

_NEEDS = "this command needs more packages; install them: pip install 'capopt[service]'"


@click.command(short_help="Serve plans to browsers and other programs.")
@click.option(
    "--data",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("capopt-data"),
    show_default=True,
    help="Folder of the database, unless --database names one, and of the work of jobs.",
)
@click.option(
    "--database",
    metavar="URL",
    default="",
    envvar="CAPOPT_DATABASE",
    help="Database, such as postgresql+psycopg://USER@HOST/NAME. [default: SQLite in DIR]",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port; 0 for a free one.")
@json_option
def serve(data: Path, database: str, host: str, port: int, as_json: bool) -> int:
    """Serve projects, instances, jobs and plans on this machine, until Ctrl-C or SIGTERM."""
    try:
        from optimizer.service.serve import serve as run
        from optimizer.service.settings import Settings
    except ModuleNotFoundError as error:
        raise click.UsageError(f"{error.name} is not installed: {_NEEDS}") from None
    settings = Settings(data, database, host=host, port=port)

    def announce(address: str) -> None:
        if as_json:
            print_json({"address": address, "data": str(data)})
        click.echo(f"Serving on {address}, data in {data}. Ctrl-C ends it.", err=as_json)

    run(settings, announce)
    return 0
