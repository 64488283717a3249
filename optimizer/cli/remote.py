"""``--server``: where a command works, here or on a server, and which plans are there.

A plan folder that was written from a server has a file ``server.json``, which names the job that has the plan.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import click

from optimizer.cli.options import service_needed
from optimizer.errors import PlanFileError, ServerError

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan
    from optimizer.service.client import Client

RECORD = "server.json"
_HEAD = "plan.json"
_JOB = re.compile(r"[0-9a-f]{32}")


@dataclass
class Server:
    """The server of ``--server``, with the client once it is needed."""

    url: str
    project: str
    client: Client | None = None


def connected() -> Client | None:
    """Return the client of ``--server``, which is closed when the command ends; None without a server."""
    root = click.get_current_context().find_root()
    server: Server | None = root.obj
    if server is not None and server.client is None:
        with service_needed():
            from optimizer.service.client import Client
        server.client = Client(server.url, project=server.project)
        root.call_on_close(server.client.close)
    return None if server is None else server.client


def library() -> Client | ModuleType:
    """Return what has the functions of the library: the client of ``--server``, or the library itself."""
    import optimizer

    return connected() or optimizer


def is_job(plan: Path | str) -> bool:
    """Return whether a name is that of a job on the server of ``--server``."""
    named = click.get_current_context().find_root().obj is not None
    return named and bool(_JOB.fullmatch(str(plan))) and not Path(plan).exists()


def load(plan: Path) -> Plan:
    """Return a plan: of a folder, or of a job on the server of ``--server``."""
    from optimizer.plan.plan import load_plan

    client = connected()
    return client.plan(str(plan)) if client is not None and is_job(plan) else load_plan(plan)


def load_known(plan: Path) -> Plan:
    """Return a plan that is to be worked on: with ``--server``, one that the server has.

    Raises
    ------
    PlanFileError
        If the server does not have the plan of a folder; it says what to do.
    """
    loaded, client = load(plan), connected()
    if client is not None and not is_job(plan):
        client.know(loaded, _job_of(plan, client))
    return loaded


def with_origin(plan: Plan, origin: str) -> Plan:
    """Return a plan with where its instance was read from; the server of ``--server`` knows it as before."""
    found, client = replace(plan, origin=origin), connected()
    if client is not None:
        client.know(found, client.job_of(plan))
    return found


def keep_record(folder: Path, plan: Plan) -> None:
    """Note in a plan folder which job of the server has its plan; without a server, and of other plans, nothing."""
    client = connected()
    if client is None:
        return
    try:
        job = client.job_of(plan)
    except ServerError:
        return
    record = {"server": client.url, "project": client.project, "job": job, "plan": _fingerprint(folder)}
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def job_of(plan: Plan) -> str:
    """Return the job on the server of ``--server`` that has a plan."""
    client = connected()
    assert client is not None
    return client.job_of(plan)


def prefix() -> str:
    """Return how commands for the same place begin."""
    client = connected()
    project = "" if client is None or client.project == "default" else f" --project {shlex.quote(client.project)}"
    return "capopt" if client is None else f"capopt --server {shlex.quote(client.url)}{project}"


def refuse_here_only(**given: object) -> None:
    """Refuse options that servers do not have."""
    names = [name for name, value in given.items() if value is not None and value is not False]
    if names and click.get_current_context().find_root().obj is not None:
        raise click.UsageError(f"--{names[0]} works here alone: leave it out with --server.")


def _fingerprint(folder: Path) -> str:
    return hashlib.sha256((folder / _HEAD).read_bytes()).hexdigest()


def _job_of(folder: Path, client: Client) -> str:
    """Return the job that has the plan of a folder."""
    where = f"project {client.project} on {client.url}"
    remedy = (
        f"name the job that has it (capopt --server {client.url} explain JOB), solve its instance with --server, "
        "or work here: without --server, and without CAPOPT_SERVER in the environment"
    )
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        known = {name: str(found[name]) for name in ("server", "project", "job", "plan")}
    except (OSError, ValueError, KeyError, TypeError):
        raise PlanFileError(f"{folder} does not say which job of {where} has its plan; {remedy}") from None
    if (known["server"], known["project"]) != (client.url, client.project):
        other = f"project {known['project']} on {known['server']}"
        raise PlanFileError(f"the plan in {folder} is that of a job in {other}, not of {where}; {remedy}")
    if known["plan"] != _fingerprint(folder):
        raise PlanFileError(f"the plan in {folder} is not that of job {known['job']} any more; {remedy}")
    return known["job"]
