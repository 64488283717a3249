"""A PostgreSQL server for tests: its own cluster in a temporary folder, on a Unix socket."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest

MISSING = "The service is tested with a real PostgreSQL, and none is installed here. Run make postgresql."
_OWNERS = ("postgres", "nobody")  # it refuses to run as root
_SETTINGS = ("fsync=off", "full_page_writes=off", "listen_addresses=", "max_connections=200")


def _folder_of_programs() -> Path:
    """Return the folder of the newest server that is installed; without one, tests fail with what to do."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    program = str(found[-1]) if found else shutil.which("initdb")
    if program is None:
        pytest.fail(MISSING, pytrace=False)
    return Path(program).parent


class PostgreSQL:
    """A server in a temporary folder."""

    def __init__(self, home: Path) -> None:
        self.home, self.data, self.programs = home, home / "data", _folder_of_programs()
        self.owner: dict[str, Any] = {}
        if os.getuid() == 0:
            known = {entry.pw_name: entry for entry in pwd.getpwall()}
            owner = next(known[name] for name in _OWNERS if name in known)
            os.chown(home, owner.pw_uid, owner.pw_gid)
            self.owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self._run("initdb", "-D", self.data, "-U", "capopt", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = " ".join(f"-c {setting}" for setting in _SETTINGS) + f" -k {self.home}"
        self._run("pg_ctl", "-D", self.data, "-o", options, "-l", self.home / "log", "-w", "-s", "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; ``immediate`` is as if the machine had failed."""
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "-s", "stop")

    def kill(self) -> None:
        """Kill it by SIGKILL, and wait until all its processes have noticed: before, it cannot be started again."""
        first = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
        had = [first, *first.children(recursive=True)]
        first.kill()
        psutil.wait_procs(had, timeout=60)

    def create(self, name: str) -> str:
        """Create a database; its SQLAlchemy address."""
        self._run("psql", "-h", self.home, "-U", "capopt", "-q", "-c", f'CREATE DATABASE "{name}"', "postgres")
        return f"postgresql+psycopg://capopt@/{name}?host={quote(str(self.home))}"

    def load(self, name: str, script: Path) -> str:
        """Create a database from the statements of a file; its SQLAlchemy address."""
        url = self.create(name)
        statements = script.read_text(encoding="utf-8")
        self._run("psql", *self._at(name), "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", given=statements)
        return url

    def dump(self, name: str) -> Path:
        """Write a database to a file as ``pg_dump --format=custom`` does."""
        self._run("pg_dump", *self._at(name), "--format=custom", "--file", self.home / f"{name}.dump")
        return self.home / f"{name}.dump"

    def restore(self, name: str, dump: Path) -> str:
        """Create a database from such a file, as ``pg_restore`` does; its SQLAlchemy address."""
        url = self.create(name)
        self._run("pg_restore", *self._at(name), "--clean", "--if-exists", dump)
        return url

    def _at(self, name: str) -> tuple[str, ...]:
        return "-h", str(self.home), "-U", "capopt", "-d", name

    def _run(self, program: str, *arguments: str | Path, given: str = "") -> None:
        done = subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.home,
            input=given,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            **self.owner,
        )
        assert done.returncode == 0, f"{program}: {done.stderr}"


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """Run a server for a block."""
    with tempfile.TemporaryDirectory(prefix="capopt-pg-", ignore_cleanup_errors=True) as home:
        server = PostgreSQL(Path(home))
        server.start()
        try:
            yield server
        finally:
            server.stop()
