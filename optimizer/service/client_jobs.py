"""Jobs of a project on a server, from the outside: submitted, followed, and their plans and answers fetched."""

from __future__ import annotations

import tempfile
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from optimizer import CapoptError, Plan, Progress, ServerError, StoppedWithoutPlan, load_plan
from optimizer.interruption import Cancel, is_set
from optimizer.service.connection import Connection
from optimizer.service.contents import unpack

OnProgress = Callable[[Progress], None]
OnStep = Callable[[str], None]
_ENDED = ("succeeded", "failed", "cancelled")
_LOOK = 0.05  # seconds between the first looks at a job
_LONGEST_LOOK = 1.0


class JobClient:
    """Jobs of a project on a server; see :class:`optimizer.Client`."""

    def __init__(self, url: str, token: str | None = None, project: str = "default") -> None:
        self._server = Connection(url, token)
        self.url, self.project = self._server.url, project
        self._jobs: dict[int, tuple[weakref.ref[Plan], str]] = {}  # by the identity of a plan
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
        self._server.close()

    def job_of(self, plan: Plan) -> str:
        """Return the job that made a plan of this client.

        Raises
        ------
        ServerError
            If it is not a plan of this client.
        """
        known, job = self._jobs.get(id(plan), (None, ""))
        if known is not None and known() is plan:
            return job
        raise ServerError("this plan is not one that this client has fetched; solve its instance with the client")

    def know(self, plan: Plan, job: str) -> None:
        """Take a plan that is at hand for that of a job, as if this client had fetched it."""
        self._jobs[id(plan)] = weakref.ref(plan), job

    def submit(self, kind: str, options: Mapping[str, object], **subject: str) -> str:
        """Submit a job of a kind on ``instance`` (hash) or ``plan`` (job); return its identifier."""
        given = {name: value for name, value in options.items() if value is not None}
        body = {"kind": kind, "options": given, **subject}
        headers = {"Idempotency-Key": uuid4().hex}
        return str(self._request("POST", f"/projects/{self.project}/jobs", json=body, headers=headers)["id"])

    def wait(
        self,
        job: str,
        progress: OnProgress | None = None,
        on_step: OnStep | None = None,
        cancel: Cancel | None = None,
    ) -> str:
        """Wait until a job has ended; return its identifier.

        Ctrl-C and ``cancel`` cancel the job, and what it has found is kept.

        Raises
        ------
        CapoptError
            As :meth:`optimizer.Client.solve` does.
        """
        try:
            ended = self._end(job, progress, on_step, cancel)
        except KeyboardInterrupt:
            self._cancel(job)
            ended = self._end(job)
        _raise_for(ended)
        return job

    def plan(self, job: str) -> Plan:
        """Return the plan of a job, or its best one so far.

        Raises
        ------
        ServerError
            If it has none.
        """
        found = self._folder(f"/projects/{self.project}/plans/{job}/plan.zip")
        self.know(found, job)
        return found

    def _answer(
        self,
        job: str,
        progress: OnProgress | None = None,
        on_step: OnStep | None = None,
        cancel: Cancel | None = None,
    ) -> Mapping[str, Any]:
        """Return the answer of a job once it has ended."""
        ended = self.wait(job, progress, on_step, cancel)
        answer: Mapping[str, Any] = self._request("GET", self._path(ended))["answer"]
        return answer

    def _end(
        self,
        job: str,
        progress: OnProgress | None = None,
        on_step: OnStep | None = None,
        cancel: Cancel | None = None,
    ) -> Mapping[str, Any]:
        """Return a job as soon as it has ended; cancel it once the flag is set."""
        for one in self._looks(job, progress, on_step):
            if one["state"] in _ENDED:
                return one
            if cancel is not None and is_set(cancel):
                self._cancel(job)
                cancel = None
        raise AssertionError("looks never end")

    def _cancel(self, job: str) -> None:
        """Cancel a job, unless it has ended meanwhile."""
        self._request("POST", f"{self._path(job)}/cancel", (httpx.codes.CONFLICT,))

    def _further(self, job: str) -> Iterator[Plan]:
        """Yield the further plans of a job."""
        for number in count(1):
            yield self._folder(f"/projects/{self.project}/plans/{job}/alternatives/{number}.zip")

    def _folder(self, path: str) -> Plan:
        answer = self._server.send("GET", path)
        with tempfile.TemporaryDirectory(prefix="capopt-") as work:
            found = load_plan(unpack(answer.content, Path(work) / "plan"))
        return replace(found, origin="")  # which is a folder of the server

    def _looks(self, job: str, progress: OnProgress | None, on_step: OnStep | None) -> Iterator[Mapping[str, Any]]:
        """Look at a job again and again, and pass on its reports of progress."""
        seen, pause = 0, _LOOK
        while True:
            found = self._request("GET", self._path(job))
            while (progress or on_step) and seen < found["events"]:
                page = self._request("GET", f"{self._path(job)}/events", params={"after": seen, "limit": 1000})
                for event in page["items"]:
                    seen = event["number"]
                    if event["kind"] == "progress" and progress is not None:
                        known = {
                            key: event["data"].get(key) for key in Progress.__annotations__ if key in event["data"]
                        }
                        progress(Progress(**known))
                    if event["kind"] == "step" and on_step is not None:
                        on_step(event["data"]["text"])
            yield found
            time.sleep(pause)
            pause = min(1.1 * pause, _LONGEST_LOOK)

    def _path(self, job: str) -> str:
        return f"/projects/{self.project}/jobs/{job}"

    def _request(self, method: str, path: str, none: Iterable[int] = (), **more: Any) -> Any:
        return self._server.request(method, path, tuple(none), **more)


def _raise_for(job: Mapping[str, Any]) -> None:
    """Raise for a job that ended without a plan and without an answer, as the library does."""
    error = job["error"] or {}
    if job["result"] in ("optimal", "feasible") or job["answer"] is not None:
        return
    if CapoptError.is_kind(error.get("kind", "")):
        raise CapoptError.from_dict(error)
    if job["state"] == "failed":
        raise ServerError(f"job {job['id']} failed: {error.get('error', error)}")
    raise StoppedWithoutPlan(error.get("error", f"job {job['id']} was stopped before it had found anything"), True)
