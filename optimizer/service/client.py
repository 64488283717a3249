"""The library's calls against a server."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from optimizer import (
    CapoptError,
    Fault,
    Instance,
    InstanceError,
    NoFeasiblePlan,
    Plan,
    Progress,
    ServerError,
    StoppedWithoutPlan,
    load_plan,
)
from optimizer.interruption import Cancel, is_set
from optimizer.service.contents import pack, unpack

_ENDED = ("succeeded", "failed", "cancelled")
_LOOK = 0.05  # seconds between the first looks at a job
_LONGEST_LOOK = 1.0
_TRIES = 60  # of a request that the server cannot answer now, a second apart
_FAULT = ("where", "row", "column", "value", "problem", "nearest", "cell")


class Client:
    """A project on a server: instances are stored and jobs run there, plans come back.

    A connection that breaks, or a server that starts again, loses nothing: requests are repeated with the same key.

    Parameters
    ----------
    url : str
        Address of the server, such as ``https://plans.example``.
    token : str, optional
        Token of ``capopt token create``; by default that of the environment, ``CAPOPT_TOKEN``.
    project : str
        Project to work in; it is created if it does not exist.
    """

    def __init__(self, url: str, token: str | None = None, project: str = "default") -> None:
        secret = token or os.environ.get("CAPOPT_TOKEN", "")
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self.url, self.project = url.rstrip("/"), project
        self._http = httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=60.0)
        self._plans: dict[str, weakref.ref[Plan]] = {}
        try:
            if self._request("GET", f"/projects/{project}", (httpx.codes.NOT_FOUND,)) is None:
                made = self._request("POST", "/projects", (httpx.codes.CONFLICT,), json={"name": project})
                if made is None:  # by another client meanwhile, or by the first try of this one
                    self._request("GET", f"/projects/{project}")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Return the client; it is closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def __repr__(self) -> str:
        """Return the address and the project."""
        return f"<Client of project {self.project} on {self.url}>"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def add(self, instance: Instance) -> str:
        """Store an instance as the next version of the project, unless it is there already; return its hash.

        Raises
        ------
        InstanceError
            If the server finds errors in it.
        """
        with tempfile.TemporaryDirectory(prefix="capopt-") as work:
            data = pack(instance.save(Path(work) / "instance"))
        headers = {"Content-Type": "application/zip"}
        found = self._request("POST", f"/projects/{self.project}/instances", content=data, headers=headers)
        return str(found["hash"])

    def solve(
        self,
        instance: Instance,
        *,
        progress: Callable[[Progress], None] | None = None,
        cancel: Cancel | None = None,
        **options: object,
    ) -> Plan:
        """Solve an instance on the server; return its plan.

        Parameters
        ----------
        instance : Instance
            What to plan.
        progress : callable, optional
            Called with each report of progress.
        cancel : threading.Event or callable, optional
            Cancels the job, as Ctrl-C does: its best plan so far is returned.
        **options
            As for :func:`optimizer.solve`: ``gap``, ``time_limit`` in seconds, ``threads``, ``seed``, ``relax``,
            ``solver``.

        Raises
        ------
        NoFeasiblePlan
            If no plan meets all rules.
        StoppedWithoutPlan
            If the job ended before any plan was found.
        ServerError
            If the job failed, or the server refuses it or does not answer.
        """
        job = self.submit("solve", options, instance=self.add(instance))
        return self.plan(self.wait(job, progress, cancel))

    def whatif(
        self,
        plan: Plan,
        edits: Iterable[str],
        *,
        progress: Callable[[Progress], None] | None = None,
        cancel: Cancel | None = None,
        **options: object,
    ) -> Plan:
        """Solve again on the server with changed cells, such as ``contracts.lease.price*=1.1``; return the plan.

        Parameters
        ----------
        plan : Plan
            A plan of this client.
        edits : iterable of str
            The changes.
        progress, cancel
            As for :meth:`solve`.
        **options
            ``delay``, ``force``, ``forbid``, ``end`` (lists of str), ``gap``, ``time_limit``, ``threads``.

        Raises
        ------
        CapoptError
            As :meth:`solve` does.
        """
        job = self.submit("whatif", {**options, "set": list(edits)}, plan=self.job_of(plan))
        return self.plan(self.wait(job, progress, cancel))

    def explain(self, plan: Plan, *, cancel: Cancel | None = None, **options: object) -> Mapping[str, Any]:
        """Explain a plan of this client on the server; return the answer, as ``capopt explain --json`` prints it.

        Parameters
        ----------
        plan : Plan
            A plan of this client.
        cancel : threading.Event or callable, optional
            Cancels the job, as Ctrl-C does: what is answered until then is returned.
        **options
            ``quick``, ``offer``, ``more``, ``budget``, ``full``, ``gap``, ``time_limit``, ``threads``.

        Raises
        ------
        CapoptError
            As :meth:`solve` does.
        """
        job = self.submit("explain", options, plan=self.job_of(plan))
        found = self._request("GET", self._path(self.wait(job, cancel=cancel)))
        answer: Mapping[str, Any] = found["answer"]
        return answer

    def job_of(self, plan: Plan) -> str:
        """Return the job that made a plan of this client.

        Raises
        ------
        ServerError
            If it is not a plan of this client.
        """
        for job, known in self._plans.items():
            if known() is plan:
                return job
        raise ServerError("this plan is not one that this client has fetched; solve its instance with the client")

    def submit(self, kind: str, options: Mapping[str, object], **subject: str) -> str:
        """Submit a job of a kind on ``instance`` (hash) or ``plan`` (job); return its identifier."""
        body = {"kind": kind, "options": dict(options), **subject}
        headers = {"Idempotency-Key": uuid4().hex}
        return str(self._request("POST", f"/projects/{self.project}/jobs", json=body, headers=headers)["id"])

    def wait(self, job: str, progress: Callable[[Progress], None] | None = None, cancel: Cancel | None = None) -> str:
        """Wait until a job has ended; return its identifier. Ctrl-C and ``cancel`` cancel it, and its plan is kept.

        Raises
        ------
        CapoptError
            As :meth:`solve` does.
        """
        try:
            ended = self._end(job, progress, cancel)
        except KeyboardInterrupt:
            self._cancel(job)
            ended = self._end(job, progress, None)
        _raise_for(ended)
        return job

    def _end(self, job: str, progress: Callable[[Progress], None] | None, cancel: Cancel | None) -> Mapping[str, Any]:
        """Return a job as soon as it has ended; cancel it once the flag is set."""
        for one in self._looks(job, progress):
            if one["state"] in _ENDED:
                return one
            if cancel is not None and is_set(cancel):
                self._cancel(job)
                cancel = None
        raise AssertionError("looks never end")

    def _cancel(self, job: str) -> None:
        self._request("POST", f"{self._path(job)}/cancel")

    def plan(self, job: str) -> Plan:
        """Return the plan of a job, or its best one so far.

        Raises
        ------
        ServerError
            If it has none.
        """
        answer = self._send("GET", f"/projects/{self.project}/plans/{job}/plan.zip")
        with tempfile.TemporaryDirectory(prefix="capopt-") as work:
            found = load_plan(unpack(answer.content, Path(work) / "plan"))
        self._plans[job] = weakref.ref(found)
        return found

    def _looks(self, job: str, progress: Callable[[Progress], None] | None) -> Iterator[Mapping[str, Any]]:
        """Look at a job again and again, and pass on its reports of progress."""
        seen, pause = 0, _LOOK
        while True:
            found = self._request("GET", self._path(job))
            while progress is not None and seen < found["events"]:
                page = self._request("GET", f"{self._path(job)}/events", params={"after": seen, "limit": 1000})
                for event in page["items"]:
                    seen = event["number"]
                    if event["kind"] == "progress":
                        progress(Progress(**{key: event["data"].get(key) for key in Progress.__annotations__}))
            yield found
            time.sleep(pause)
            pause = min(1.1 * pause, _LONGEST_LOOK)

    def _path(self, job: str) -> str:
        return f"/projects/{self.project}/jobs/{job}"

    def _request(self, method: str, path: str, none: Collection[int] = (), **more: Any) -> Any:
        """Return the JSON of an answer; None for those with a status for which there is none."""
        answer = self._send(method, path, none, **more)
        return None if answer.status_code in none else answer.json()

    def _send(self, method: str, path: str, allowed: Collection[int] = (), **more: Any) -> httpx.Response:
        """Send a request; repeat it while the server does not answer or is busy."""
        for attempt in range(_TRIES):
            wait = 1.0
            try:
                answer = self._http.request(method, path, **more)
            except httpx.TransportError as error:
                last: Exception = error
                if attempt == 0 and isinstance(error, httpx.ConnectError):
                    wait = 0.2
            else:
                if answer.status_code not in (429, 503):
                    return answer if answer.is_success or answer.status_code in allowed else _refused(answer)
                last = _error_of(answer)
                with contextlib.suppress(ValueError):
                    wait = min(float(answer.headers.get("Retry-After", "1")), 30.0)
            time.sleep(wait)
        if isinstance(last, CapoptError):
            raise last
        raise ServerError(f"{self.url} does not answer: {last}") from None


def _refused(answer: httpx.Response) -> httpx.Response:
    raise _error_of(answer)


def _error_of(answer: httpx.Response) -> CapoptError:
    """Return a problem document as the error that it is."""
    try:
        document = answer.json()
    except ValueError:
        document = {"detail": answer.reason_phrase}
    faults = [one for one in document.get("faults", []) if "where" in one]
    if faults and document.get("kind") == "InstanceError":
        return InstanceError(
            [Fault(**{key: one[key] for key in _FAULT if key in one}) for one in faults], "the instance"
        )
    return ServerError(f"the server answers {answer.status_code}: {document.get('detail', document)}")


def _raise_for(job: Mapping[str, Any]) -> None:
    """Raise for a job that ended without a plan."""
    error = job["error"] or {}
    if job["result"] == "infeasible" and job["kind"] in ("solve", "whatif"):
        raise NoFeasiblePlan(error.get("conflict", ()), by_scenario=error.get("by_scenario"))
    if job["state"] == "failed":
        raise ServerError(f"job {job['id']} failed: {error.get('error', error)}")
    if job["result"] == "none" and job["kind"] in ("solve", "whatif"):
        raise StoppedWithoutPlan(error.get("error", f"job {job['id']} was stopped before any plan was found"))
