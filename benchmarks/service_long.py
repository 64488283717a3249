"""Long jobs: many readers, cancelling, and restarts of each part meanwhile. For ``benchmarks.service``."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from functools import partial
from statistics import median, quantiles
from typing import Any

import click
import httpx

import optimizer
from benchmarks.service_parts import started, wait_for
from optimizer.generator import random_instance
from optimizer.service.client import Client

PROJECT = "benchmark"
LONG: dict[str, Any] = {"gap": 0.0, "threads": 1}
_OPTIONS: dict[str, dict[str, Any]] = {
    "explain": {"budget": 600.0, "threads": 1},
    "whatif": {"set": ["contracts.contract-1.price*=1.1"], "gap": 0.0, "time_limit": 600.0, "threads": 1},
    "sweep": {"cell": "contracts.contract-1.price", "values": [1400.0, 1600.0, 1800.0], "budget": 600.0, "threads": 1},
    "alternatives": {"budget": 600.0, "threads": 1},
    "simulate": {"draw": 1000},
}
_ENDED = ("succeeded", "failed", "cancelled")
_BETWEEN = 0.1  # seconds between two other requests


def long_instance() -> optimizer.Instance:
    """Return an instance whose search takes minutes."""
    return random_instance(3, "M")


async def read(client: httpx.AsyncClient, path: str) -> list[int]:
    """Follow the events of a job to its end; their numbers."""
    numbers = []
    async with client.stream("GET", path, headers={"Accept": "text/event-stream"}) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data:"):
                event = json.loads(line.removeprefix("data:"))
                numbers.append(event["number"])
                if event["kind"] == "state" and event["data"]["state"] in _ENDED:
                    break
    return numbers


async def look(client: httpx.AsyncClient, paths: list[str], readers: list[asyncio.Task[list[int]]]) -> list[float]:
    """Send other requests until all readers are done; the seconds of each answer."""
    seconds: list[float] = []
    while not all(reader.done() for reader in readers):
        for path in paths:
            began = time.perf_counter()
            (await client.get(path)).raise_for_status()
            seconds.append(time.perf_counter() - began)
        await asyncio.sleep(_BETWEEN)
    return seconds


async def follow(address: str, jobs: list[str], count: int) -> tuple[list[list[int]], list[float]]:
    """Read the events of jobs by so many readers, and look at the jobs meanwhile; numbers, and seconds of answers."""
    limits = httpx.Limits(max_connections=count + 10)
    base = f"{address}/api/v1/projects/{PROJECT}/jobs"
    async with httpx.AsyncClient(timeout=120.0, limits=limits, trust_env=False) as client:
        paths = [f"{base}/{jobs[number % len(jobs)]}/events" for number in range(count)]
        tasks = [asyncio.create_task(read(client, path)) for path in paths]
        seconds = await look(client, [f"{address}/healthz", f"{base}/{jobs[0]}"], tasks)
        return [task.result() for task in tasks], seconds


def measure_readers(count: int, jobs: int, seconds: float, workers: int) -> tuple[int, int, list[float]]:
    """Let readers follow jobs to their ends; numbers of events read and missing, and seconds of other answers."""
    with started("sqlite", workers, scheduler=False) as (parts, _), Client(parts.address, project=PROJECT) as client:
        given = client.add(long_instance())
        options = {**LONG, "time_limit": seconds}
        ids = [client.submit("solve", options, instance=given) for _ in range(jobs)]
        found, answers = asyncio.run(follow(parts.address, ids, count))
        totals = [client._request("GET", client._path(one))["events"] for one in ids]
    missing = sum(
        len({*range(1, totals[number % jobs] + 1)} ^ {*numbers}) + len(numbers) - len({*numbers})
        for number, numbers in enumerate(found)
    )
    return sum(map(len, found)), missing, answers


@click.command("readers")
@click.option("--readers", "count", default=200, help="Readers of live progress.")
@click.option("--jobs", default=2, help="Jobs that they follow.")
@click.option("--seconds", default=20.0, help="Time limit of each job.")
@click.option("--workers", default=2, help="Jobs at once.")
def readers(count: int, jobs: int, seconds: float, workers: int) -> None:
    """Follow running jobs by many readers; fail if any event is missing or comes twice."""
    events, missing, answers = measure_readers(count, jobs, seconds, workers)
    late = quantiles(answers, n=20)[-1]
    print(f"{count} readers of {jobs} jobs: {events} events read, {missing} missing or twice")
    print(f"{len(answers)} other answers meanwhile: {median(answers):.3f} s (median), {late:.3f} s (95 %)")
    if missing:
        raise SystemExit(1)


def cancelled(client: Client, job: str) -> float:
    """Cancel a job; the seconds until it has ended."""
    began = time.monotonic()
    client._request("POST", f"{client._path(job)}/cancel")
    wait_for(partial(_has, client, job, *_ENDED))
    return time.monotonic() - began


def _has(client: Client, job: str, *values: str) -> bool:
    """Whether a job has one of some states or phases."""
    found = client._request("GET", client._path(job))
    return found["state"] in values or found["phase"] in values


def _has_reached(client: Client, job: str, phase: str) -> bool:
    """Whether a job is in a state or phase, or was in that phase: building takes less than the time of a look."""
    return _has(client, job, phase) or phase in [one["phase"] for one in _data(client, job, "progress")]


@click.command("cancel")
@click.option("--phases", default="queued,start,build,solve", help="In which phases a solve is cancelled.")
@click.option("--kinds", default=",".join((*_OPTIONS, "uncertain")), help="Other jobs, cancelled after a while.")
@click.option("--seconds", default=3.0, help="Seconds that these run before.")
@click.option("--database", default="sqlite", type=click.Choice(["sqlite", "postgresql"]))
def cancel(phases: str, kinds: str, seconds: float, database: str) -> None:
    """Cancel a job in each phase, and of each kind; the seconds until it has ended, and what is kept."""
    with started(database, 1, scheduler=False) as (parts, _), Client(parts.address, project=PROJECT) as client:
        given = client.add(long_instance())
        for phase in filter(None, phases.split(",")):
            others = [client.submit("solve", LONG, instance=given)] if phase == "queued" else []
            job = client.submit("solve", LONG, instance=given)
            wait_for(partial(_has_reached, client, job, phase))
            _print_cancelled(client, job, f"solve, once it has reached {phase}")
            for other in others:
                cancelled(client, other)
        uncertain = client.add(random_instance(1, "S", risks=2))
        plans = _plans_to_work_on(client, {"plan": given, "uncertain": uncertain}) if kinds else {}
        for kind in filter(None, kinds.split(",")):
            if kind == "uncertain":
                job = client.submit("solve", {"gap": 0.0, "threads": 1}, instance=uncertain)
            else:
                job = client.submit(kind, _OPTIONS[kind], plan=plans["uncertain" if kind == "simulate" else "plan"])
            wait_for(partial(_has, client, job, "running"))
            time.sleep(seconds)
            _print_cancelled(client, job, f"{kind}, after {seconds:g} s")


def _plans_to_work_on(client: Client, instances: dict[str, str]) -> dict[str, str]:
    """Return the jobs of plans that other jobs work on, found in a minute each at most."""
    options = {"gap": 0.05, "threads": 1, "time_limit": 60.0}
    return {name: client.wait(client.submit("solve", options, instance=one)) for name, one in instances.items()}


def _print_cancelled(client: Client, job: str, name: str) -> None:
    if _has(client, job, *_ENDED):
        print(f"{name}: it had ended by itself", flush=True)
        return
    seconds = cancelled(client, job)
    found = client._request("GET", client._path(job))
    kept = [text for text, there in (("plan", found["result"] == "feasible"), ("answer", found["answer"])) if there]
    print(
        f"{name}: {found['state']} {seconds:.2f} s after the request; kept: {', '.join(kept) or 'nothing'}", flush=True
    )


_RUNS = {"server": 1, "database": 1, "scheduler": 2, "workers": 2, "worker": 2, "job": 2}
"""How often a job is run in all if a part is killed once."""


def outlives(client: Client, job: str, kill: Callable[[], object], runs: int, seconds: float) -> tuple[float, float]:
    """Kill a part when a job has a plan, let the job run on, and stop it; costs of the plans before and after."""
    wait_for(lambda: _data(client, job, "incumbent"))
    before = _data(client, job, "incumbent")[-1]["objective"]
    kill()
    known = client._request("GET", client._path(job))["events"]
    wait_for(lambda: _states(client, job).count("running") == runs)
    wait_for(lambda: client._request("GET", client._path(job))["events"] > known)
    time.sleep(seconds)
    cancelled(client, job)
    return before, client.plan(job).objective


def _states(client: Client, job: str) -> list[str]:
    return [one["state"] for one in _data(client, job, "state")]


def _data(client: Client, job: str, kind: str) -> list[dict[str, Any]]:
    page = client._request("GET", f"{client._path(job)}/events", params={"limit": 1000})
    return [one["data"] for one in page["items"] if one["kind"] == kind]


@click.command("restarts")
@click.option("--parts", "names", default=",".join(_RUNS), help="Parts, in turn.")
@click.option("--seconds", default=60.0, help="Seconds that each job runs on.")
@click.option(
    "--database", default="postgresql", type=click.Choice(["sqlite", "postgresql"]), help="SQLite has no part."
)
def restarts(names: str, seconds: float, database: str) -> None:
    """Kill each part during a job that takes long; fail if its plan is worse than the one it had before."""
    worse = False
    with started(database, 1, scheduler=True) as (parts, _), Client(parts.address, project=PROJECT) as client:
        given = client.add(long_instance())
        for name in names.split(","):
            if name not in parts.names():
                continue
            job = client.submit("solve", LONG, instance=given)
            kill = partial(parts.kill, name, random.Random(0))
            before, after = outlives(client, job, kill, _RUNS[name], seconds)
            worse |= after > before * (1 + 1e-9)
            print(f"{name}: {before:.2f} before, {after:.2f} in the end; {' '.join(_states(client, job))}", flush=True)
    if worse:
        raise SystemExit(1)
