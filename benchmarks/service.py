"""What the service stands: many short jobs while its parts are killed, many readers, and what it costs for a small job.

python -m benchmarks.service kills [--jobs 1000] [--clients 20] [--kills 50] [--database postgresql] [--scheduler]
python -m benchmarks.service readers [--readers 200] [--seconds 20]
python -m benchmarks.service overhead [--repeats 20]
python -m benchmarks.service cancel
python -m benchmarks.service restarts [--seconds 60] [--database sqlite]

``kills`` starts ``capopt serve`` on the loopback address. Client threads solve small instances on it while a seeded
killer sends SIGKILL to the server, workers, processes of jobs, scheduler and PostgreSQL, each of which starts again.
In the end every accepted job has ended once, every plan is that of ``capopt solve``, and no process is left.
"""

from __future__ import annotations

import logging
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from statistics import median, quantiles
from typing import Any

import click
import httpx
import psutil

import optimizer
from benchmarks.service_long import PROJECT, cancel, readers, restarts
from benchmarks.service_parts import Parts, started, wait_for
from optimizer.generator import random_instance
from optimizer.instance.examples import find_example
from optimizer.service.client import Client

INSTANCES = ("first-steps", "two-stage")
RANDOM = (1, 2)  # seeds of tiny random instances
OPTIONS: Mapping[str, Any] = {"gap": 0.0, "threads": 1}
_ENDED = ("succeeded", "failed", "cancelled")


@dataclass
class Load:
    """Jobs as clients have seen them: the name of the instance of each accepted job, seconds of each, and errors."""

    accepted: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def references(folder: Path, count: int) -> dict[str, optimizer.Plan]:
    """Return the plans of small instances as ``capopt solve`` writes them."""
    found, sources = {}, {name: find_example(name) for name in INSTANCES}
    for seed in RANDOM:
        sources[f"tiny-{seed}"] = random_instance(seed, "tiny").save(folder / f"tiny-{seed}")
    for name, source in [*sources.items()][:count]:
        plan = folder / "plans" / name
        words = ["solve", str(source), "-o", str(plan), "--gap", "0", "--threads", "1"]
        subprocess.run([sys.executable, "-m", "optimizer.cli", *words], check=True, capture_output=True)
        found[name] = optimizer.load_plan(plan)
    return found


def run_clients(parts: Parts, jobs: int, clients: int, expected: dict[str, optimizer.Plan], killer: Killer) -> Load:
    """Solve so many jobs from so many threads; the killer acts meanwhile."""
    load, numbers = Load(), SimpleQueue[int]()
    for number in range(jobs):
        numbers.put(number)
    names = list(expected)

    def work() -> None:
        try:
            with Client(parts.address, project=PROJECT) as client:
                hashes = {name: client.add(plan.instance) for name, plan in expected.items()}
                while True:
                    number = numbers.get_nowait()
                    _solve(client, names[number % len(names)], hashes, expected, load)
        except Empty:
            return
        except Exception as error:
            logging.exception("a client has failed")
            load.faults.append(f"a client failed: {error!r}")

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    killer.follow(load, jobs, threads)
    for thread in threads:
        thread.join()
    return load


def _solve(client: Client, name: str, hashes: dict[str, str], expected: dict[str, optimizer.Plan], load: Load) -> None:
    """Solve one instance, and compare its plan with that of the command."""
    began = time.monotonic()
    job = client.submit("solve", OPTIONS, instance=hashes[name])
    load.accepted[job] = name
    plan = client.plan(client.wait(job))
    load.seconds.append(time.monotonic() - began)
    load.faults += differences(job, plan, expected[name])


def differences(job: str, plan: optimizer.Plan, expected: optimizer.Plan) -> list[str]:
    """Return how a plan differs from the one that is expected."""
    if plan.objective != expected.objective:
        return [f"job {job}: its plan costs {plan.objective!r}, that of capopt solve {expected.objective!r}"]
    tables = {name: table.to_csv() for name, table in plan.tables.items()}
    others = {name: table.to_csv() for name, table in expected.tables.items()}
    differ = sorted(name for name in tables.keys() | others.keys() if tables.get(name) != others.get(name))
    return [f"job {job}: its plan differs from that of capopt solve in {', '.join(differ)}"] if differ else []


class Killer:
    """Kills parts at random, spread evenly over the jobs that have ended."""

    def __init__(self, parts: Parts, kills: int, seed: int) -> None:
        self.parts, self.kills, self.chance = parts, kills, random.Random(seed)
        self.killed: Counter[str] = Counter()

    def follow(self, load: Load, jobs: int, threads: list[threading.Thread]) -> None:
        """Kill as jobs end, until all clients are done."""
        times = sorted(self.chance.uniform(0, 0.9 * jobs) for _ in range(self.kills))
        for at in times:
            while len(load.seconds) < at and any(thread.is_alive() for thread in threads):
                time.sleep(0.05)
            if not any(thread.is_alive() for thread in threads):
                return
            time.sleep(self.chance.uniform(0, 0.5))
            name = self._one_of(self.parts.names())
            self.killed[name] += 1

    def _one_of(self, names: list[str]) -> str:
        """Kill one of the parts that are there now."""
        while True:
            name = self.chance.choice(names)
            if self.parts.kill(name, self.chance):
                return name
            time.sleep(0.02)


def check(parts: Parts, load: Load) -> tuple[list[str], Counter[str]]:
    """Return what is wrong with the jobs that the service has, and how often jobs were lost and taken up again."""
    faults, again = [], Counter[str]()
    with httpx.Client(base_url=f"{parts.address}/api/v1/projects/{PROJECT}", timeout=60.0, trust_env=False) as client:
        found = {job["id"]: job for job in pages(client, "/jobs")}
        if found.keys() != load.accepted.keys():
            extra, lost = found.keys() - load.accepted.keys(), load.accepted.keys() - found.keys()
            faults.append(f"{len(lost)} accepted jobs are lost, {len(extra)} were made that no client knows")
        for job_id, job in found.items():
            again += Counter(losses=job["losses"], crashes=job["crashes"])
            events = [*pages(client, f"/jobs/{job_id}/events", "after", "number")]
            faults += _wrong_events(job, events)
            states = [one["data"]["state"] for one in events if one["kind"] == "state"]
            again["runs"] += states.count("running")
    return faults, again


def _wrong_events(job: Mapping[str, Any], events: list[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with the events of a job that must have succeeded once."""
    states = [one["data"]["state"] for one in events if one["kind"] == "state"]
    ends = [state for state in states if state in _ENDED]
    if (job["state"], ends, states[-1:]) != ("succeeded", ["succeeded"], ["succeeded"]):
        yield f"job {job['id']} is {job['state']}, and its states were {', '.join(states)}: {job['error']}"
    numbers = [one["number"] for one in events]
    if numbers != list(range(1, len(events) + 1)):
        yield f"job {job['id']} has events {numbers}"


def pages(client: httpx.Client, path: str, cursor: str = "cursor", key: str = "") -> Iterator[Mapping[str, Any]]:
    """Yield the items of all pages of a list."""
    params: dict[str, Any] = {"limit": 1000}
    while True:
        page = client.get(path, params=params).raise_for_status().json()
        yield from page["items"]
        if not page["next"]:
            return
        params[cursor] = page["next"]


def overhead(repeats: int) -> tuple[float, float, float]:
    """Return median seconds of a small solve by the library, as a job, and by the client, side by side."""
    instance = optimizer.read(find_example(INSTANCES[0]))
    library, job, remote = [], [], []
    with started("sqlite", 1, scheduler=False) as (parts, _), Client(parts.address, project=PROJECT) as client:
        given = client.add(instance)
        client.solve(instance, **OPTIONS)
        for _ in range(repeats):
            began = time.perf_counter()
            optimizer.solve(instance, **OPTIONS)
            library.append(time.perf_counter() - began)
            began = time.perf_counter()
            client.wait(client.submit("solve", OPTIONS, instance=given))
            job.append(time.perf_counter() - began)
            began = time.perf_counter()
            client.solve(instance, **OPTIONS)
            remote.append(time.perf_counter() - began)
    return median(library), median(job), median(remote)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def main() -> None:
    """Measure the service."""


database_option = click.option("--database", default="sqlite", type=click.Choice(["sqlite", "postgresql"]))
workers_option = click.option("--workers", default=4, help="Jobs at once.")


@main.command("kills")
@click.option("--jobs", default=1000, help="Jobs in all.")
@click.option("--clients", default=20, help="Threads that submit them.")
@click.option("--kills", default=50, help="Parts that are killed.")
@click.option("--seed", default=1, help="Of the killer.")
@click.option("--instances", default=4, type=click.IntRange(1, 4), help="Instances that are solved.")
@workers_option
@database_option
@click.option("--scheduler", is_flag=True, help="Run a scheduler and capopt worker as processes of their own, by TLS.")
def kills_command(
    jobs: int, clients: int, kills: int, seed: int, instances: int, workers: int, database: str, scheduler: bool
) -> None:
    """Solve many short jobs while parts are killed; fail if any job is lost, ends twice or has another plan."""
    before = psutil.getloadavg()[0]
    with started(database, workers, scheduler) as (parts, home):
        expected = references(home, instances)
        killer, began = Killer(parts, kills, seed), time.monotonic()
        load = run_clients(parts, jobs, clients, expected, killer)
        seconds = time.monotonic() - began
        parts.wait_ready()
        faults, again = check(parts, load)
        parts.stop()
        left = _left(parts)
    faults += load.faults + ([f"{len(left)} processes are left: {left}"] if left else [])
    by_part = ", ".join(f"{name} {count}" for name, count in sorted(killer.killed.items()))
    print(f"{database}, {workers} workers, {clients} clients, load of the machine {before:.1f} before")
    print(f"{len(load.accepted)} jobs accepted, {killer.killed.total()} kills: {by_part}")
    print(f"{again['runs']} runs; {again['losses']} lost with their worker, {again['crashes']} with their process")
    print(f"{seconds:.0f} s, {len(load.accepted) / seconds:.2f} jobs a second; {_times(load.seconds)}")
    print("\n".join(faults) or "every job has ended once with the plan of capopt solve, and no process is left")
    if faults:
        raise SystemExit(1)


def _left(parts: Parts) -> list[str]:
    """Return the commands of the processes that are still there after a while."""
    try:
        wait_for(lambda: not parts.left(), 20.0)
    except TimeoutError:
        return [" ".join(one.cmdline())[:80] for one in parts.left()]
    return []


def _times(seconds: list[float]) -> str:
    if len(seconds) < 2:
        return "too few jobs for a distribution of their times"
    return f"a job takes {median(seconds):.2f} s (median), {quantiles(seconds, n=20)[-1]:.2f} s (95 %)"


@main.command("overhead")
@click.option("--repeats", default=20)
def overhead_command(repeats: int) -> None:
    """Solve a small instance by the library and by the service in turn."""
    load = psutil.getloadavg()[0]
    library, job, remote = overhead(repeats)
    print(f"load of the machine {load:.1f} before; medians of {repeats}: library {library:.3f} s")
    print(f"job {job:.3f} s, {job - library:.3f} more; client.solve {remote:.3f} s, {remote - library:.3f} more")


main.add_command(readers)
main.add_command(cancel)
main.add_command(restarts)

if __name__ == "__main__":
    main()
