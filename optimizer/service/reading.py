"""Read uploads in processes with limits of memory and time, forked from one that has loaded the library."""

from __future__ import annotations

import json
import resource
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from optimizer import CapoptError, Instance, InstanceError, mark_workbook, read
from optimizer.format import grouped
from optimizer.service import forks
from optimizer.service.contents import pack, unpack
from optimizer.service.uploads import Refused, UploadLimits, kind_of, parse_tables

_STOP = 1.0  # seconds to end
XLSX = "upload.xlsx"


@dataclass(frozen=True)
class Reading:
    """What an upload contains.

    Attributes
    ----------
    about : dict
        ``hash``, ``name``, ``title``, ``start``, ``months``, ``currency`` and ``tables`` (rows by table) of a valid
        instance; empty otherwise.
    faults, warnings : list of dict
        Errors and warnings as the library finds them.
    error : str
        The errors as text.
    folder : bytes
        Zip of the folder of a valid instance.
    marked : bytes
        Copy of an invalid workbook, with its errors marked.
    """

    about: dict[str, Any] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    folder: bytes = b""
    marked: bytes = b""


def read_upload(data: bytes, limits: UploadLimits) -> Reading:
    """Read an upload in a process of its own.

    Raises
    ------
    Refused
        If the upload is beyond a limit, of another kind, or made to do harm.
    """
    here, there = forks.pipe(duplex=True)
    process = forks.start(_serve, there, limits)
    there.close()
    try:
        here.send_bytes(data)
        if not here.poll(limits.seconds):
            raise Refused(413, f"reading the upload takes more than {limits.seconds:g} s")
        about = json.loads(here.recv_bytes())
        if "status" in about:
            raise Refused(about["status"], about["why"])
        return Reading(**about, folder=here.recv_bytes(), marked=here.recv_bytes())
    except (EOFError, ConnectionError):
        process.join(_STOP)
        why = f"reading the upload ended with exit code {process.exitcode}: it takes more memory or time than allowed"
        raise Refused(413, why) from None
    finally:
        here.close()
        process.kill()
        process.join(_STOP)


def _serve(there: Connection, limits: UploadLimits) -> None:
    """Read one upload from a pipe, in a process that may take little memory and time, and answer on the pipe."""
    _limit(limits)
    try:
        found = _read(there.recv_bytes(), limits)
    except Refused as error:
        there.send_bytes(json.dumps({"status": error.status, "why": error.why}).encode())
        return
    except MemoryError:
        why = f"reading the upload takes more than {grouped(limits.memory_mb)} MiB of memory"
        there.send_bytes(json.dumps({"status": 413, "why": why}).encode())
        return
    about = {key: value for key, value in vars(found).items() if not isinstance(value, bytes)}
    for part in (json.dumps(about).encode(), found.folder, found.marked):
        there.send_bytes(part)


def _limit(limits: UploadLimits) -> None:
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for kind, most in (
        (resource.RLIMIT_AS, taken + limits.memory_mb * 2**20),
        (resource.RLIMIT_CPU, int(limits.seconds) + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def _read(data: bytes, limits: UploadLimits) -> Reading:
    kind = kind_of(data, limits)
    with tempfile.TemporaryDirectory(prefix="capopt-upload-") as work:
        folder = Path(work)
        try:
            return _valid(read(_source(kind, data, folder, limits)), folder)
        except InstanceError as error:
            marked = _marked(error, folder) if kind == "workbook" else b""
            return Reading(faults=[one.to_dict() for one in error.faults], error=str(error), marked=marked)


def _source(kind: str, data: bytes, folder: Path, limits: UploadLimits) -> str | Mapping[str, Any]:
    """Write an upload where the library can read it."""
    if kind == "workbook":
        (folder / XLSX).write_bytes(data)
        return str(folder / XLSX)
    if kind == "folder":
        unpack(data, folder / "upload")
        found = sorted((folder / "upload").rglob("instance.toml"))
        if len(found) > 1:
            raise Refused(422, f"the archive has {len(found)} files instance.toml; expected one instance")
        return str(found[0].parent)
    import pandas as pd

    tables = parse_tables(data, limits)
    return {name: pd.DataFrame(rows, dtype=object) if name != "instance" else rows for name, rows in tables.items()}


def reading_of(instance: Instance) -> Reading:
    """Return an instance as if it had been uploaded."""
    with tempfile.TemporaryDirectory(prefix="capopt-") as work:
        return _valid(instance, Path(work))


def _valid(instance: Instance, folder: Path) -> Reading:
    instance.save(folder / "instance")
    return Reading(
        about=describe(instance),
        warnings=[one.to_dict() for one in instance.warnings],
        folder=pack(folder / "instance"),
    )


def describe(instance: Instance) -> dict[str, Any]:
    """Return what lists of instances show."""
    head = instance.head
    return {
        "hash": instance.hash,
        "name": head.name,
        "title": head.title or "",
        "start": head.start,
        "months": head.months,
        "currency": head.currency,
        "tables": {name: len(rows) for name, rows in instance.rows.items() if rows},
    }


def _marked(error: InstanceError, folder: Path) -> bytes:
    target = folder / "marked.xlsx"
    try:
        mark_workbook(folder / XLSX, error.faults, target)
    except CapoptError:
        return b""
    return target.read_bytes() if target.exists() else b""
