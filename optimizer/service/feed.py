"""Live events for any number of readers: one look at the database serves them all, and takes nothing from anybody."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.concurrency import run_in_threadpool

from optimizer.service import events
from optimizer.service.database import Database
from optimizer.service.records import ENDED, Job, JobEvent

_TICK = 0.1  # seconds between two looks
_LOOK = 10.0  # seconds after which a reader looks by itself
_PAGE = 1000
_RETRY = 0.5  # seconds until the database is tried again

Found = TypeVar("Found")
log = logging.getLogger("capopt.service")


class Feed:
    """Follows the jobs that have readers."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.readers: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.task: asyncio.Task[None] | None = None
        self.early = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Look at once, from any thread: a job has ended."""
        if self.loop is not None:
            with contextlib.suppress(RuntimeError):  # it is closed: the server ends
                self.loop.call_soon_threadsafe(self.early.set)

    async def follow(self, job_id: str, after: int) -> AsyncIterator[JobEvent]:
        """Yield the events of a job after a number as they come, until the job has ended or is deleted."""
        news = asyncio.Event()
        self.readers[job_id].add(news)
        self._watch()
        try:
            while True:
                found = await self._look(self._page, job_id, after)
                for event in found:
                    after = event.number
                    yield event
                    if event.kind == "state" and event.data["state"] in ENDED:
                        return
                if len(found) < _PAGE:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(news.wait(), _LOOK)
                    news.clear()
                    if not await self._look(self._exists, job_id):
                        return
        finally:
            self.readers[job_id].discard(news)
            if not self.readers[job_id]:
                del self.readers[job_id]

    def stop(self) -> None:
        """Let all readers go."""
        if self.task is not None:
            self.task.cancel()

    def _watch(self) -> None:
        self.loop = asyncio.get_running_loop()
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._loop())

    async def _loop(self) -> None:
        """Wake the readers of jobs that have new events."""
        known: dict[str, int | None] = {}
        while self.readers:
            counts = await self._look(self._counts, list(self.readers))
            for job_id, count in counts.items():
                if known.get(job_id, -1) != count:
                    for news in self.readers.get(job_id, ()):
                        news.set()
            known |= counts
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.early.wait(), _TICK)
            self.early.clear()

    async def _look(self, look: Callable[..., Found], *what: Any) -> Found:
        """Read from the database; while it does not answer, try again: readers wait."""
        while True:
            try:
                return await run_in_threadpool(look, *what)
            except (DBAPIError, PoolTimeout) as error:
                log.warning("the events of jobs could not be read; it is tried again: %s", error)
                await asyncio.sleep(_RETRY)

    def _counts(self, job_ids: list[str]) -> dict[str, int | None]:
        with self.database.reading() as session:
            rows = session.execute(select(Job.id, Job.events).where(Job.id.in_(job_ids))).all()
            found = {row[0]: row[1] for row in rows}
        return {job_id: found.get(job_id) for job_id in job_ids}

    def _page(self, job_id: str, after: int) -> Sequence[JobEvent]:
        with self.database.reading() as session:
            return events.page(session, job_id, after, _PAGE)

    def _exists(self, job_id: str) -> bool:
        with self.database.reading() as session:
            return session.get(Job, job_id) is not None
