"""The parts of a running service as processes that can be killed and started again: for ``benchmarks.service``."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psutil

from tests.service.postgres import PostgreSQL, running

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 180.0  # seconds for a part to answer
_MARK = "CAPOPT_BENCHMARK"


class Parts:
    """A server with its workers and database.

    Parameters
    ----------
    home : Path
        Folder for everything.
    database : {"sqlite", "postgresql"}
        Kind of the database.
    workers : int
        Jobs at once.
    scheduler : bool
        Whether a scheduler and ``capopt worker`` run as processes of their own, connected by TLS.
    """

    def __init__(self, home: Path, database: str, workers: int, scheduler: bool) -> None:
        self.home, self.workers = home, workers
        self.mark, self.port = uuid4().hex, _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.ends = contextlib.ExitStack()
        self.postgresql: PostgreSQL | None = None
        self.database = f"sqlite:///{home / 'data' / 'service.db'}"
        if database == "postgresql":
            self.postgresql = self.ends.enter_context(running())
            self.database = self.postgresql.create("service")
        self.commands = self._commands(scheduler)

    def __enter__(self) -> Parts:
        """Start all parts, and wait until the service answers."""
        for name in self.commands:
            self.start(name)
        self.wait_ready()
        return self

    def __exit__(self, *_: object) -> None:
        """End all parts as an operator does, and kill what is left of them."""
        self.stop()
        for process in self.left():
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.ends.close()

    def _commands(self, scheduler: bool) -> dict[str, list[str]]:
        capopt = [sys.executable, "-m", "optimizer.cli"]
        where = ["--database", self.database]
        server = [*capopt, "serve", "--data", str(self.home / "data"), "--port", str(self.port), *where]
        if not scheduler:
            return {"server": [*server, "--workers", str(self.workers)]}
        folder, port = certificates(self.home / "tls"), str(_free_port())
        cluster = ["--cluster", f"tls://127.0.0.1:{port}", "--cluster-tls", str(folder)]
        files = [f"--tls-{one}" for one in ("ca-file", "cert", "key")]
        tls = [part for pair in zip(files, ("ca.pem", "cert.pem", "key.pem"), strict=True) for part in pair]
        dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port]
        return {
            "scheduler": [*dask, "--protocol", "tls", "--no-dashboard", *(_inside(folder, tls))],
            "server": [*server, *cluster],
            "workers": [*capopt, "worker", *cluster, *where, "--workers", str(self.workers)],
        }

    def start(self, name: str) -> None:
        """Start a part."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), _MARK: self.mark}
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self.commands[name], cwd=self.home, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def stop(self) -> None:
        """End all parts in good order."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.wait(_PATIENCE)

    def wait_ready(self) -> None:
        """Wait until the service answers."""
        with httpx.Client(base_url=self.address, timeout=30.0, trust_env=False) as client:
            wait_for(lambda: _is_ready(client))

    def names(self) -> list[str]:
        """Return the names of what can be killed."""
        return [*self.commands, *(["database"] if self.postgresql else []), "worker", "job"]

    def kill(self, name: str, chance: random.Random) -> bool:
        """Kill a part by SIGKILL and start it again where nobody else does; False if there is none now."""
        if name == "database":
            assert self.postgresql is not None
            self.postgresql.kill() if chance.random() < 0.5 else self.postgresql.stop("immediate")
            self.postgresql.start()
            return True
        if name in self.commands:
            self.processes[name].kill()
            self.processes[name].wait()
            self.start(name)
            return True
        found = self.found(name)
        if not found:
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            chance.choice(found).kill()
            return True
        return False

    def found(self, name: str) -> list[psutil.Process]:
        """Return the processes of workers, or those of jobs, in the order of their start."""
        home = self.processes["workers" if "workers" in self.commands else "server"]
        with contextlib.suppress(psutil.NoSuchProcess):
            below = psutil.Process(home.pid).children(recursive=True)
            return [one for one in below if (_is_worker(one) if name == "worker" else _is_job(one))]
        return []

    def left(self) -> list[psutil.Process]:
        """Return the processes that were started by any part and still run, whoever is their parent now."""
        found = []
        for one in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if one.environ().get(_MARK) == self.mark and one.status() != psutil.STATUS_ZOMBIE:
                    found.append(one)
        return found


@contextlib.contextmanager
def started(database: str, workers: int, scheduler: bool) -> Iterator[tuple[Parts, Path]]:
    """Start a service in a temporary folder, and end it."""
    with tempfile.TemporaryDirectory(prefix="capopt-service-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        with Parts(home, database, workers, scheduler) as parts:
            yield parts, home


def wait_for(until: Callable[[], object], seconds: float = _PATIENCE) -> None:
    """Wait until something is so; raise if it does not become so."""
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:g} s in vain")
        time.sleep(0.05)


def certificates(folder: Path) -> Path:
    """Write an authority and a certificate that it has signed, as the documentation of clusters does."""
    folder.mkdir(parents=True)
    for command in (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca-key.pem -out ca.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=node -keyout key.pem -out request.pem",
        "x509 -req -days 2 -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -out cert.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return folder


def _inside(folder: Path, words: list[str]) -> Iterator[str]:
    return (str(folder / word) if word.endswith(".pem") else word for word in words)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _is_worker(process: psutil.Process) -> bool:
    """Whether a process is a worker of Dask."""
    return "multiprocessing.spawn" in " ".join(process.cmdline())


def _is_job(process: psutil.Process) -> bool:
    """Whether a process is that of a job: it leads a group of its own."""
    with contextlib.suppress(ProcessLookupError):
        return bool(os.getpgid(process.pid) == process.pid)
    return False
